/* SPDX-License-Identifier: Apache-2.0 */
#include "state/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "util/process.h"

/* flock, and not fcntl's locks: those are given up when any descriptor of the
 * file is closed, and do not keep two states of one process apart. */

static long
holder(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	return strtol(text, NULL, 10);
}

static int
held(long pid, const char *path, struct err *err)
{
	if (pid > 0)
		return err_code(err, EXIT_ENV,
			"another tgraph (process %ld) is running here: it holds %s",
			pid, path);
	return err_code(err, EXIT_ENV,
		"another tgraph is running here: it holds %s", path);
}

/* Waits for the lock, or not. 0 it is taken; 1 it is held by a process that
 * waits for us: one that started us, or that one. */
static int
wait_lock(int fd, const char *path, bool wait, void (*waiting)(void *, long),
	void *ctx, struct err *err)
{
	long pid;

	if (flock(fd, LOCK_EX | LOCK_NB) == 0 ||
	    (errno != EWOULDBLOCK && errno != EINTR))
		/* Or a file system without locks: two writers at once would
		 * spoil each other's journal, and the checksums tell that. */
		return 0;
	pid = holder(fd);
	if (pid > 0 && process_is_above((pid_t)pid))
		return 1;
	if (!wait)
		return held(pid, path, err);
	if (waiting)
		waiting(ctx, pid);
	if (flock(fd, LOCK_EX) < 0 && errno == EINTR)
		return err_code(err, EXIT_INTERRUPTED,
			"interrupted while waiting for %s", path);
	return 0;
}

long
lock_holder(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	long pid = fd < 0 ? -1 : holder(fd);

	if (fd >= 0)
		close(fd);
	return pid;
}

int
lock_take(const char *path, bool wait, void (*waiting)(void *, long),
	void *ctx, int *out, struct err *err)
{
	char text[32];
	int n, r, fd;

	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
	if (fd < 0)
		return err_code(err, EXIT_ENV, "open %s: %s", path,
		                strerror(errno));
	r = wait_lock(fd, path, wait, waiting, ctx, err);
	if (r != 0) {
		close(fd);
		return r;
	}
	n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)n, 0) < 0)
		n = 0; /* only the name in a message is lost */
	*out = fd;
	return 0;
}

int
lock_try(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 &&
	    (errno == EWOULDBLOCK || errno == EINTR)) {
		close(fd);
		return -1;
	}
	return fd;
}
