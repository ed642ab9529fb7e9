/* SPDX-License-Identifier: Apache-2.0 */
#include "state/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

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
held(int fd, const char *path, struct err *err)
{
	long pid = holder(fd);

	close(fd);
	if (pid > 0)
		return err_code(err, EXIT_ENV,
			"another tgraph (process %ld) is running here: it holds %s",
			pid, path);
	return err_code(err, EXIT_ENV,
		"another tgraph is running here: it holds %s", path);
}

int
lock_take(const char *path, bool wait, void (*waiting)(void *, long),
	void *ctx, int *out, struct err *err)
{
	char text[32];
	int n, fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);

	if (fd < 0)
		return err_code(err, EXIT_ENV, "open %s: %s", path,
		                strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 &&
	    (errno == EWOULDBLOCK || errno == EINTR)) {
		if (!wait)
			return held(fd, path, err);
		if (waiting)
			waiting(ctx, holder(fd));
		if (flock(fd, LOCK_EX) < 0 && errno == EINTR) {
			close(fd);
			return err_code(err, EXIT_INTERRUPTED,
				"interrupted while waiting for %s", path);
		}
	}
	/* A file system without locks: two writers at once would spoil each
	 * other's journal, and the checksums tell that. */
	n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)n, 0) < 0)
		n = 0; /* only the name in a message is lost */
	*out = fd;
	return 0;
}
