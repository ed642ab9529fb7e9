/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#else
#include <spawn.h>
#endif

#include "exec/signals.h"

static bool
may_run(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH);
}

bool
spawn_find(const char *name, struct buf *out)
{
	const char *at = getenv("PATH");
	size_t n;

	buf_clear(out);
	if (strchr(name, '/')) {
		buf_adds(out, name);
		return true;
	}
	while (at) {
		n = strcspn(at, ":");
		buf_clear(out);
		buf_add(out, at, n);
		if (n)
			buf_addc(out, '/');
		buf_adds(out, name);
		if (may_run(out->p))
			return true;
		at = at[n] ? at + n + 1 : NULL;
	}
	return false;
}

#ifdef __linux__

/* posix_spawn asks about every signal and maps a stack: a third of what it
 * takes to start a small program. Here the child has our memory until exec:
 * it calls nothing but the system, with all signals blocked until it has
 * no handler of ours. */

static bool
put_fd(int fd, int at)
{
	return fd == at ? fcntl(fd, F_SETFD, 0) == 0 : dup2(fd, at) == at;
}

_Noreturn static void
in_child(const char *path, const struct spawn *s, pid_t parent,
	volatile int *error)
{
	sigset_t none;
	bool ok = true;

	/* Whoever is killed cannot end it. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127);
	if (s->out >= 0)
		ok = setpgid(0, 0) == 0 && put_fd(s->in, STDIN_FILENO) &&
		     put_fd(s->out, STDOUT_FILENO) &&
		     put_fd(s->out, STDERR_FILENO);
	for (int i = 0; i < 2; i++)
		if (s->keep[i] >= 0 && !put_fd(s->keep[i], s->keep[i]))
			ok = false;
	if (s->begun)
		s->begun(s->ctx, getpid());
	signals_child();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (ok)
		execve(path, s->argv, s->env);
	*error = errno;
	_exit(127);
}

int
spawn_path(pid_t *pid, const char *path, const struct spawn *s)
{
	volatile int error = 0;
	sigset_t all, before;
	pid_t parent = getpid(), made;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	made = vfork();
	if (made == 0)
		in_child(path, s, parent, &error);
	if (made < 0)
		error = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (made > 0 && error) {
		while (waitpid(made, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	*pid = made;
	return error;
}

#else

int
spawn_path(pid_t *pid, const char *path, const struct spawn *s)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	short flags = POSIX_SPAWN_SETSIGMASK;
	sigset_t none;
	int e;

	posix_spawn_file_actions_init(&fa);
	posix_spawnattr_init(&attr);
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&attr, &none);
	if (s->out >= 0) {
		posix_spawn_file_actions_adddup2(&fa, s->in, 0);
		posix_spawn_file_actions_adddup2(&fa, s->out, 1);
		posix_spawn_file_actions_adddup2(&fa, s->out, 2);
		flags |= POSIX_SPAWN_SETPGROUP;
	}
	for (int i = 0; i < 2; i++)
		if (s->keep[i] >= 0)
			posix_spawn_file_actions_adddup2(&fa, s->keep[i],
			                                 s->keep[i]);
	posix_spawnattr_setflags(&attr, flags);
	e = posix_spawn(pid, path, &fa, &attr, s->argv, s->env);
	if (e == 0 && s->begun)
		s->begun(s->ctx, *pid);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	return e;
}

#endif
