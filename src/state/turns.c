/* SPDX-License-Identifier: Apache-2.0 */
#include "state/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "util/os.h"
#include "util/process.h"

/* What runs beside each other have done, and who does what. */

bool
state_may_catch_up(const struct state *s)
{
	return os_now() >= s->priv->catch_due;
}

bool
state_catch_up(struct state *s)
{
	struct state_private *p = s->priv;
	uint64_t now = beside_news(s);
	int64_t began = os_now(), ended;

	if (now == p->news)
		return false;
	p->news = now;
	if (is_guest(s))
		learn_all(s);
	beside_learn(s, false);
	ended = os_now();
	p->catch_due = ended + 10 * (ended - began);
	return true;
}

/* ---- turns ---- */

static int
turns_file(struct state_private *p)
{
	struct buf path = { 0 };

	if (p->turns_fd < 0) {
		/* Whatever the state: its outputs are the directory's. */
		buf_addf(&path, "%s/turns", p->dir);
		p->turns_fd = open(path.p, O_RDWR | O_CREAT | O_CLOEXEC |
		                   O_NOCTTY, 0666);
		buf_release(&path);
	}
	return p->turns_fd;
}

static struct flock
turn_of(uint64_t id, short type)
{
	return (struct flock){
		.l_type = type, .l_whence = SEEK_SET,
		.l_start = (off_t)(id >> 2), .l_len = 1,
	};
}

bool
state_take(struct state *s, uint64_t id, long *pid)
{
	struct flock lock = turn_of(id, F_WRLCK);
	int fd = turns_file(s->priv);
	long other = 0;

	if (pid)
		*pid = 0;
	/* A file system without locks has runs wait for each other's ends no
	 * more than for each other's steps. */
	if (fd < 0 || fcntl(fd, F_SETLK, &lock) == 0 ||
	    (errno != EACCES && errno != EAGAIN))
		return true;
	lock = turn_of(id, F_WRLCK);
	if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
		other = (long)lock.l_pid;
	if (pid)
		*pid = other;
	return other > 0 && process_is_above((pid_t)other);
}

void
state_give(struct state *s, uint64_t id)
{
	struct flock lock = turn_of(id, F_UNLCK);

	if (s->priv->turns_fd >= 0)
		fcntl(s->priv->turns_fd, F_SETLK, &lock);
}
