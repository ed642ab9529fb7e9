/* SPDX-License-Identifier: Apache-2.0 */
/* System calls that programs make by number, through libc. */
#include <fcntl.h>
#include <stdbool.h>
#include <sys/types.h>

#include "observe/preload/note.h"
#include "observe/preload/opening.h"
#include "observe/preload/sys.h"
#include "observe/preload/wrap.h"

/* The arguments of one. */
struct call {
	long n, v[6];
};

#define TEXT(i) ((const char *)c->v[i])
#define INT(i) ((int)c->v[i])

/* How the call opens a file, if it does. */
static bool
opens(const struct call *c, int *dirfd, const char **path, int *flags)
{
	*dirfd = AT_FDCWD;
	switch (c->n) {
#ifdef SYS_open
	case SYS_open:
		*path = TEXT(0);
		*flags = INT(1);
		return true;
	case SYS_creat:
		*path = TEXT(0);
		*flags = O_CREAT | O_TRUNC | O_WRONLY;
		return true;
#endif
#ifdef SYS_openat2
	case SYS_openat2:
		*dirfd = INT(0);
		*path = TEXT(1);
		*flags = (int)*(const uint64_t *)c->v[2];
		return true;
#endif
	case SYS_openat:
		*dirfd = INT(0);
		*path = TEXT(1);
		*flags = INT(2);
		return true;
	}
	return false;
}

static void
tell_statx(const struct call *c, int error)
{
	if (!(INT(2) & AT_EMPTY_PATH) || (TEXT(1) && *TEXT(1)))
		note_look(INT(0), TEXT(1), INT(2) & AT_SYMLINK_NOFOLLOW
		          ? OBSERVE_NOFOLLOW : 0, error, NULL);
}

static void
tell_stat(const struct call *c, int error)
{
	switch (c->n) {
	case SYS_newfstatat:
		if (!(INT(3) & AT_EMPTY_PATH) || (TEXT(1) && *TEXT(1)))
			note_look(INT(0), TEXT(1),
			          INT(3) & AT_SYMLINK_NOFOLLOW
			          ? OBSERVE_NOFOLLOW : 0, error,
			          (const struct stat *)c->v[2]);
		break;
#ifdef SYS_stat
	case SYS_stat:
	case SYS_lstat:
		note_look(AT_FDCWD, TEXT(0), c->n == SYS_lstat
		          ? OBSERVE_NOFOLLOW : 0, error,
		          (const struct stat *)c->v[1]);
		break;
#endif
	case SYS_statx:
		tell_statx(c, error);
		break;
	}
}

static void
tell_look(const struct call *c, int error)
{
	switch (c->n) {
	case SYS_faccessat:
#ifdef SYS_faccessat2
	case SYS_faccessat2:
#endif
		note_look(INT(0), TEXT(1), 0, error, NULL);
		break;
	case SYS_readlinkat:
		note_look(INT(0), TEXT(1), OBSERVE_NOFOLLOW, error, NULL);
		break;
#ifdef SYS_access
	case SYS_access:
		note_look(AT_FDCWD, TEXT(0), 0, error, NULL);
		break;
	case SYS_readlink:
		note_look(AT_FDCWD, TEXT(0), OBSERVE_NOFOLLOW, error, NULL);
		break;
#endif
	case SYS_getdents64:
		if (error == 0)
			note_fd(OBSERVE_LIST, 0, INT(0));
		break;
	default:
		tell_stat(c, error);
		break;
	}
}

static void
tell_change(const struct call *c, int error, uint64_t tail)
{
	switch (c->n) {
#ifdef SYS_unlink
	case SYS_unlink:
	case SYS_rmdir:
	case SYS_mkdir:
		note_write(OBSERVE_WRITE, AT_FDCWD, TEXT(0), error, tail);
		break;
	case SYS_rename:
	case SYS_link:
	case SYS_symlink:
		note_move(AT_FDCWD, TEXT(1), error, tail);
		break;
#endif
	case SYS_unlinkat:
	case SYS_mkdirat:
		note_write(OBSERVE_WRITE, INT(0), TEXT(1), error, tail);
		break;
#ifdef SYS_renameat
	case SYS_renameat:
#endif
	case SYS_renameat2:
	case SYS_linkat:
		note_move(INT(2), TEXT(3), error, tail);
		break;
	}
}

static void
tell_rest(const struct call *c, int error)
{
	switch (c->n) {
	case SYS_chdir:
	case SYS_fchdir:
		if (error == 0)
			process_chdir();
		break;
	case SYS_chroot:
		note_blind("changes its root directory");
		break;
#ifdef SYS_io_uring_setup
	case SYS_io_uring_setup:
		if (error == 0)
			note_blind("uses io_uring");
		break;
#endif
	case SYS_seccomp:
		note_blind("installs a filter of system calls");
		break;
	}
}

WRAP(long, syscall, (long number, ...))
{
	struct call c = { .n = number };
	struct opening o = { 0 };
	const char *path = NULL;
	int dirfd, flags, error;
	uint64_t tail;
	bool open;
	va_list ap;
	long r;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		c.v[i] = va_arg(ap, long);
	va_end(ap);
	open = opens(&c, &dirfd, &path, &flags);
	if (number == SYS_execve || number == SYS_execveat)
		note_blind("starts a program by a system call of its own");
	if (open)
		o = open_begins(dirfd, path, flags);
	o.tail = tail = log_end();
	r = CALL(syscall, -1, number, c.v[0], c.v[1], c.v[2], c.v[3], c.v[4],
	         c.v[5]);
	error = r < 0 ? errno : 0;
	if (open) {
		open_ends(&o, dirfd, path, flags, (int)r);
		return r;
	}
	tell_look(&c, error);
	tell_change(&c, error, tail);
	tell_rest(&c, error);
	return r;
}
