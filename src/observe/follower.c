/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "observe/format.h"
#include "observe/read.h"
#include "util/os.h"
#include "util/path.h"

extern char **environ;

enum { WAITING = 64 };

/* A socket that is found by a name without a file; below 0: it can't be. */
static int
listen_at(uint64_t name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0), n;

	if (fd < 0)
		return -1;
	n = snprintf(at.sun_path + 1, sizeof(at.sun_path) - 1,
	             OBSERVE_FOLLOWER "%016" PRIx64, name);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
	    bind(fd, (struct sockaddr *)&at, (socklen_t)(offsetof(
	    struct sockaddr_un, sun_path) + 1 + (size_t)n)) == 0 &&
	    listen(fd, WAITING) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool
spawn(struct observe_follower *f, const char *program, int sock, int life)
{
	char *const words[] = { (char *)program, NULL };
	posix_spawn_file_actions_t actions;
	int r;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return false;
	r = posix_spawn_file_actions_adddup2(&actions, life, 1);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, sock, 0);
	if (r == 0)
		r = posix_spawn(&f->pid, program, &actions, NULL, words,
		                environ);
	posix_spawn_file_actions_destroy(&actions);
	return r == 0;
}

void
observe_follower_start(struct observe_follower *f, const char *library)
{
	struct str dir = path_dir(str_of(library));
	uint64_t name = ((uint64_t)os_now() << 16) ^ (uint64_t)getpid();
	struct buf program = { 0 };
	int life[2] = { -1, -1 }, sock = -1;

	buf_addf(&program, "%.*s/tgraph-follow", (int)dir.n, dir.p);
	/* (A descriptor below 2 would be in the way of the two.) */
	if (access(program.p, X_OK) == 0 && pipe(life) == 0 && life[0] > 1 &&
	    life[1] > 1 && fcntl(life[0], F_SETFD, FD_CLOEXEC) == 0 &&
	    fcntl(life[1], F_SETFD, FD_CLOEXEC) == 0 &&
	    (sock = listen_at(name)) > 1 && spawn(f, program.p, sock, life[0])) {
		f->name = name;
		f->life = life[1];
		life[1] = -1;
	}
	if (sock >= 0)
		close(sock);
	for (int i = 0; i < 2; i++)
		if (life[i] >= 0)
			close(life[i]);
	buf_release(&program);
}

void
observe_follower_stop(struct observe_follower *f)
{
	if (!f->name)
		return;
	close(f->life);
	while (waitpid(f->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	*f = (struct observe_follower){ 0 };
}

void
observe_follow(const struct observe_log *log, const struct observe_follower *f)
{
	ssize_t n = f->name ? pwrite(log->fd, &f->name, sizeof(f->name),
		offsetof(struct observe_header, follower)) : 0;

	(void)n;        /* then they are not followed, which is seen */
}
