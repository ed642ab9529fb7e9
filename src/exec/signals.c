/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"

/* A handler has no argument of ours: the one place for file-scope state. */
static int fds[2] = { -1, -1 };
static struct sigaction before[4];

static const int signals[] = { SIGCHLD, SIGINT, SIGTERM, SIGHUP };

_Static_assert(countof(before) == countof(signals), "one for each");

static void
handler(int sig)
{
	int saved = errno;
	unsigned char byte = (unsigned char)sig;

	/* A full pipe wakes the reader as well; what matters is there. */
	if (write(fds[1], &byte, 1) < 0)
		byte = 0;
	errno = saved;
}

static int
prepare(int fd)
{
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -1;
	return fcntl(fd, F_SETFL, O_NONBLOCK);
}

int
signals_open(struct err *err)
{
	struct sigaction sa = { .sa_handler = handler };

	if (pipe(fds) < 0 || prepare(fds[0]) < 0 || prepare(fds[1]) < 0)
		return err_set(err, "pipe: %s", strerror(errno));
	sigfillset(&sa.sa_mask);
	sa.sa_flags = SA_RESTART;
	for (size_t i = 0; i < countof(signals); i++) {
		sigaction(signals[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN || signals[i] == SIGCHLD)
			sigaction(signals[i], &sa, NULL);
	}
	return fds[0];
}

int
signals_next(void)
{
	unsigned char byte;

	return read(fds[0], &byte, 1) == 1 ? byte : 0;
}

void
signals_child(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };

	if (fds[0] < 0)
		return;
	for (size_t i = 0; i < countof(signals); i++)
		if (before[i].sa_handler != SIG_IGN || signals[i] == SIGCHLD)
			sigaction(signals[i], &sa, NULL);
}

void
signals_close(void)
{
	if (fds[0] < 0)
		return;
	for (size_t i = 0; i < countof(signals); i++)
		sigaction(signals[i], &before[i], NULL);
	close(fds[0]);
	close(fds[1]);
	fds[0] = fds[1] = -1;
}
