/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>

#include "observe/follow/internal.h"
#include "observe/preload/sys.h"

#ifndef SECCOMP_USER_NOTIF_FLAG_CONTINUE
#define SECCOMP_USER_NOTIF_FLAG_CONTINUE (1UL << 0)
#endif

/* The kernel's structs may have grown. */
union told {
	struct seccomp_notif n;
	char space[512];
};

union answer {
	struct seccomp_notif_resp r;
	char space[512];
};

/* The call is done as it was meant, whatever has been seen of it. */
static void
go_on(int fd, uint64_t id)
{
	static union answer a;

	memset(&a, 0, sizeof(a));
	a.r.id = id;
	a.r.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	SYS3(SYS_ioctl, fd, SECCOMP_IOCTL_NOTIF_SEND, &a);
}

static bool
is_left(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	long r;

	do {
		r = SYS4(SYS_ppoll, &p, 1, 0, 0);
	} while (r == -EINTR || r == -EAGAIN);
	return r > 0 && p.revents & POLLIN;
}

void
serve(int fd)
{
	static union told t;

	while (is_left(fd)) {
		struct called c;

		memset(&t, 0, sizeof(t));
		/* It may have been killed meanwhile. */
		if (SYS3(SYS_ioctl, fd, SECCOMP_IOCTL_NOTIF_RECV, &t) < 0)
			continue;
		c.tid = (pid_t)t.n.pid;
		c.n = t.n.data.nr;
		for (int i = 0; i < 6; i++)
			c.v[i] = t.n.data.args[i];
		call_begins(&c);
		go_on(fd, t.n.id);
	}
	note_settle(0);
}
