/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "observe/follow/internal.h"
#include "observe/preload/log.h"
#include "observe/preload/sys.h"

enum { PAGE = 4096 };

/* What was done to see nothing more: what is mounted anew may be served by the
 * very program that waits for us. */
static bool blind;

static void
cannot(const char *what)
{
	note_cannot(what);
	blind = true;
}

/* ---- what is in the program's memory ---- */

static long
copy(pid_t tid, uint64_t from, void *to, size_t n)
{
	struct iovec here = { to, n }, there = { (void *)(uintptr_t)from, n };

	return sys6(SYS_process_vm_readv, tid, (long)&here, 1, (long)&there, 1,
	            0);
}

/* Text of the program; false: there is none that can be read. */
static bool
read_text(pid_t tid, uint64_t from, char *text, size_t size)
{
	size_t n = 0;

	while (n < size) {
		size_t part = PAGE - (from + n) % PAGE;
		long r = copy(tid, from + n, text + n,
		              part < size - n ? part : size - n);

		/* A wrong address is the program's own business. */
		if (r == -EPERM)
			cannot("may not be looked into");
		if (r <= 0)
			return false;
		for (long i = 0; i < r; i++)
			if (!text[n + (size_t)i])
				return true;
		n += (size_t)r;
	}
	return false;
}

/* Is it what the library does for itself, in what it is loaded into, or is loaded
 * from? */
static bool
is_own(const char *path)
{
	return text_eq(text_base(path), "libtgraph-observe.so") ||
	       text_eq(path, log_file.path);
}

/* A path of the program as an absolute one. */
static bool
read_path(const struct called *c, int dirfd, int arg, char *path)
{
	char text[PATH_SIZE];
	size_t n;

	if (!read_text(c->tid, c->v[arg], text, sizeof(text)) || !*text)
		return false;
	if (*text == '/') {
		text_copy(path, text, text_len(text));
		return !is_own(path);
	}
	n = file_of(c->tid, "cwd", dirfd == AT_FDCWD ? -1 : dirfd, path,
	            PATH_SIZE);
	if (n == 0 || n + text_len(text) + 2 > PATH_SIZE) {
		note_cannot("is in a directory without a path");
		return false;
	}
	path[n] = '/';
	text_copy(path + n + 1, text, text_len(text));
	return true;
}

/* ---- opening ---- */

static void
opens_to_write(const struct called *c, const char *path, int flags, int error)
{
	if (error == 0)
		note_event(OBSERVE_TOUCH, 0, 0, path);
	else if (error == ENOENT && flags & O_CREAT)
		note_later(c->tid, path, true, false);
	else
		note_event(OBSERVE_TOUCH, 0, error, path);
}

static void
opens(const struct called *c, int dirfd, int arg, int flags)
{
	char path[PATH_SIZE];
	int how = flags & O_ACCMODE, error;
	bool absent;

	if ((flags & O_TMPFILE) == O_TMPFILE || !read_path(c, dirfd, arg, path))
		return;
	if (flags & O_PATH || (flags & O_DIRECTORY && how == O_RDONLY)) {
		note_looked(path, !(flags & O_NOFOLLOW), false);
		return;
	}
	error = file_access(path, F_OK);
	absent = error == ENOENT;
	if (flags & O_CREAT && flags & O_EXCL && !error)
		error = EEXIST;
	if (how != O_RDONLY || flags & (O_CREAT | O_TRUNC))
		opens_to_write(c, path, flags, error);
	if (how == O_WRONLY || flags & O_TRUNC || error == EEXIST ||
	    (absent && flags & O_CREAT))
		return;
	if (!error)
		error = file_access(path, R_OK);
	note_event(OBSERVE_READ, 0, error, path);
}

/* ---- names ---- */

static void
looks(const struct called *c, int dirfd, int arg, bool follow, bool stat)
{
	char path[PATH_SIZE];

	if (read_path(c, dirfd, arg, path))
		note_looked(path, follow, stat);
}

static void
touches(const struct called *c, int dirfd, int arg)
{
	char path[PATH_SIZE];

	if (c->v[arg] && read_path(c, dirfd, arg, path))
		note_event(OBSERVE_TOUCH, 0, file_access(path, F_OK), path);
}

static int
look(const char *path)
{
	uint32_t mode;
	uint64_t size;

	return file_look(path, false, &mode, &size);
}

/* A name is given to something, or taken away. */
static void
changes(const struct called *c, int dirfd, int arg, bool made)
{
	char path[PATH_SIZE];
	int error;

	if (!read_path(c, dirfd, arg, path))
		return;
	error = look(path);
	if ((error == 0) == made)
		note_event(OBSERVE_WRITE, 0, made ? EEXIST : error, path);
	else
		note_later(c->tid, path, made, false);
}

/* Another name is given to something (gone: in the place of its own). What had
 * that name can't be told from it: then it is as it was left. */
static void
moves(const struct called *c, const int dirfd[2], const int arg[2], bool gone)
{
	char old[PATH_SIZE], new[PATH_SIZE];

	if (!read_path(c, dirfd[0], arg[0], old) ||
	    !read_path(c, dirfd[1], arg[1], new))
		return;
	if (look(old) != 0) {
		note_looked(old, false, false);
		return;
	}
	note_event(OBSERVE_READ, 0, 0, old);
	if (look(new) == 0)
		note_event(OBSERVE_TOUCH, 0, 0, new);
	else
		note_later(c->tid, new, true, true);
	if (gone)
		note_later(c->tid, old, false, true);
}

static void
lists(const struct called *c)
{
	char path[PATH_SIZE];

	if (file_of(c->tid, "", (int)c->v[0], path, sizeof(path)))
		note_event(OBSERVE_LIST, 0, 0, path);
}

/* ---- programs ---- */

static void
executes(const struct called *c, int dirfd, int arg, bool by_fd)
{
	char path[PATH_SIZE];
	uint32_t mode = 0;
	uint64_t size;
	int error;

	if (by_fd ? !file_of(c->tid, "", dirfd, path, sizeof(path))
	          : !read_path(c, dirfd, arg, path))
		return;
	error = file_look(path, true, &mode, &size);
	if (!error && !S_ISREG(mode))
		error = EACCES;
	if (!error)
		error = file_access(path, X_OK);
	if (error) {
		note_looked(path, true, false);
		return;
	}
	/* The filter keeps the rights from it, unless all are there. */
	if (mode & (S_ISUID | S_ISGID) && SYS0(SYS_geteuid) != 0)
		note_cannot("starts a program that changes its user");
	note_event(OBSERVE_READ, 0, 0, path);
	note_looked(path, true, false);
	note_program(file_process(c->tid));
}

/* ---- all ---- */

static void
leaves(const struct called *c)
{
	pid_t pid = (pid_t)c->v[0], group = (pid_t)c->v[1];

	if (c->n == SYS_setsid)
		pid = group = 0;
	note_left(group ? group : pid ? pid : file_process(c->tid));
}

static bool
on_open(const struct called *c)
{
	uint64_t flags = 0;

	switch (c->n) {
#ifdef SYS_open
	case SYS_open:
		opens(c, AT_FDCWD, 0, (int)c->v[1]);
		return true;
	case SYS_creat:
		opens(c, AT_FDCWD, 0, O_CREAT | O_WRONLY | O_TRUNC);
		return true;
#endif
	case SYS_openat:
		opens(c, (int)c->v[0], 1, (int)c->v[2]);
		return true;
	case SYS_openat2:
		if (copy(c->tid, c->v[2], &flags, sizeof(flags)) > 0)
			opens(c, (int)c->v[0], 1, (int)flags);
		return true;
	}
	return false;
}

static bool
on_look(const struct called *c)
{
	int here = (int)c->v[0];

	switch (c->n) {
#ifdef SYS_stat
	case SYS_stat:
	case SYS_lstat:
		looks(c, AT_FDCWD, 0, c->n == SYS_stat, true);
		return true;
	case SYS_access:
		looks(c, AT_FDCWD, 0, true, false);
		return true;
	case SYS_readlink:
		looks(c, AT_FDCWD, 0, false, false);
		return true;
	case SYS_getdents:
#endif
	case SYS_getdents64:
		lists(c);
		return true;
	case SYS_newfstatat:
		looks(c, here, 1, !(c->v[3] & AT_SYMLINK_NOFOLLOW), true);
		return true;
	case SYS_statx:
		looks(c, here, 1, !(c->v[2] & AT_SYMLINK_NOFOLLOW), true);
		return true;
	case SYS_faccessat:
	case SYS_faccessat2:
		looks(c, here, 1, true, false);
		return true;
	case SYS_readlinkat:
		looks(c, here, 1, false, false);
		return true;
	case SYS_chdir:
	case SYS_statfs:
	case SYS_getxattr:
		looks(c, AT_FDCWD, 0, true, false);
		return true;
	case SYS_lgetxattr:
		looks(c, AT_FDCWD, 0, false, false);
		return true;
	case SYS_inotify_add_watch:
		looks(c, AT_FDCWD, 1, true, false);
		return true;
	}
	return false;
}

static bool
on_name(const struct called *c)
{
	static const int here[] = { AT_FDCWD, AT_FDCWD };
	const int at[] = { (int)c->v[0], (int)c->v[2] };

	switch (c->n) {
#ifdef SYS_unlink
	case SYS_unlink:
	case SYS_rmdir:
		changes(c, AT_FDCWD, 0, false);
		return true;
	case SYS_mkdir:
	case SYS_mknod:
		changes(c, AT_FDCWD, 0, true);
		return true;
	case SYS_symlink:
		changes(c, AT_FDCWD, 1, true);
		return true;
	case SYS_rename:
	case SYS_link:
		moves(c, here, (const int[]){ 0, 1 }, c->n == SYS_rename);
		return true;
#endif
	case SYS_unlinkat:
		changes(c, (int)c->v[0], 1, false);
		return true;
	case SYS_mkdirat:
	case SYS_mknodat:
		changes(c, (int)c->v[0], 1, true);
		return true;
	case SYS_symlinkat:
		changes(c, (int)c->v[1], 2, true);
		return true;
#ifdef SYS_renameat
	case SYS_renameat:
#endif
	case SYS_renameat2:
	case SYS_linkat:
		moves(c, at, (const int[]){ 1, 3 }, c->n != SYS_linkat);
		return true;
	}
	return false;
}

static bool
on_touch(const struct called *c)
{
	switch (c->n) {
#ifdef SYS_chmod
	case SYS_chmod:
	case SYS_chown:
	case SYS_lchown:
	case SYS_utime:
	case SYS_utimes:
#endif
	case SYS_truncate:
	case SYS_setxattr:
	case SYS_lsetxattr:
	case SYS_removexattr:
	case SYS_lremovexattr:
		touches(c, AT_FDCWD, 0);
		return true;
#ifdef SYS_futimesat
	case SYS_futimesat:
#endif
#ifdef SYS_fchmodat2
	case SYS_fchmodat2:
#endif
	case SYS_fchmodat:
	case SYS_fchownat:
	case SYS_utimensat:
		touches(c, (int)c->v[0], 1);
		return true;
	}
	return false;
}

static void
on_rest(const struct called *c)
{
	switch (c->n) {
	case SYS_execve:
		executes(c, AT_FDCWD, 0, false);
		break;
	case SYS_execveat:
		executes(c, (int)c->v[0], 1, c->v[4] & AT_EMPTY_PATH);
		break;
	case SYS_setsid:
	case SYS_setpgid:
		leaves(c);
		break;
	case SYS_chroot:
	case SYS_pivot_root:
		cannot("changes its root directory");
		break;
	case SYS_mount:
		cannot("mounts a file system");
		break;
	case SYS_unshare:
	case SYS_setns:
		cannot("enters a namespace");
		break;
	case SYS_open_by_handle_at:
		cannot("opens files without a path");
		break;
	case SYS_fanotify_init:
		cannot("watches a file system");
		break;
	case SYS_io_uring_setup:
		cannot("uses io_uring");
		break;
	}
}

void
call_begins(const struct called *c)
{
	if (blind)
		return;
	note_settle(c->tid);
	/* One that does nothing but execute another is that other. */
	if (c->n != SYS_execve && c->n != SYS_execveat)
		note_begun(c->tid);
	if (!on_open(c) && !on_look(c) && !on_name(c) && !on_touch(c))
		on_rest(c);
}
