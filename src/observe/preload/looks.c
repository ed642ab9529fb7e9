/* SPDX-License-Identifier: Apache-2.0 */
/* What looks paths up and lists directories. */
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <sys/types.h>

#include "observe/preload/note.h"
#include "observe/preload/sys.h"
#include "observe/preload/wrap.h"

/* ---- stat ---- */

#define STAT(name, nofollow, params, dirfd, ...) \
	WRAP(int, name, params) \
	{ \
		int r = CALL(name, -1, __VA_ARGS__); \
		note_look(dirfd, path, nofollow, ERROR(r), \
		          (const struct stat *)st); \
		return r; \
	}
#define NOFOLLOW(flags) \
	((flags) & AT_SYMLINK_NOFOLLOW ? OBSERVE_NOFOLLOW : 0)

STAT(stat, 0, (const char *path, void *st), AT_FDCWD, path, st)
STAT(stat64, 0, (const char *path, void *st), AT_FDCWD, path, st)
STAT(lstat, OBSERVE_NOFOLLOW, (const char *path, void *st), AT_FDCWD, path, st)
STAT(lstat64, OBSERVE_NOFOLLOW, (const char *path, void *st), AT_FDCWD, path,
	st)
STAT(__xstat, 0, (int v, const char *path, void *st), AT_FDCWD, v, path, st)
STAT(__xstat64, 0, (int v, const char *path, void *st), AT_FDCWD, v, path, st)
STAT(__lxstat, OBSERVE_NOFOLLOW, (int v, const char *path, void *st), AT_FDCWD,
	v, path, st)
STAT(__lxstat64, OBSERVE_NOFOLLOW, (int v, const char *path, void *st),
	AT_FDCWD, v, path, st)

/* An empty path is the descriptor itself. */
#define STATAT(name, params, ...) \
	WRAP(int, name, params) \
	{ \
		int r = CALL(name, -1, __VA_ARGS__); \
		if (!(flags & AT_EMPTY_PATH) || (path && *path)) \
			note_look(dirfd, path, NOFOLLOW(flags), ERROR(r), \
			          (const struct stat *)st); \
		return r; \
	}

STATAT(fstatat, (int dirfd, const char *path, void *st, int flags), dirfd,
	path, st, flags)
STATAT(fstatat64, (int dirfd, const char *path, void *st, int flags), dirfd,
	path, st, flags)
STATAT(__fxstatat, (int v, int dirfd, const char *path, void *st, int flags),
	v, dirfd, path, st, flags)
STATAT(__fxstatat64, (int v, int dirfd, const char *path, void *st, int flags),
	v, dirfd, path, st, flags)

WRAP(int, statx, (int dirfd, const char *path, int flags, unsigned mask,
	void *stx))
{
	int r = CALL(statx, -1, dirfd, path, flags, mask, stx);
	const struct statx *x = stx;
	struct stat st = { 0 };

	if (flags & AT_EMPTY_PATH && !(path && *path))
		return r;
	if (r == 0) {
		st.st_mode = x->stx_mode;
		st.st_size = (off_t)x->stx_size;
	}
	/* Who asks for nothing but times and the like has no mode. */
	note_look(dirfd, path, NOFOLLOW(flags), ERROR(r),
	          r == 0 && x->stx_mask & STATX_TYPE &&
	          x->stx_mask & STATX_MODE && x->stx_mask & STATX_SIZE
	          ? &st : NULL);
	return r;
}

/* ---- other looks ---- */

#define LOOK(type, name, nofollow, params, dirfd, ...) \
	WRAP(type, name, params) \
	{ \
		type r = CALL(name, -1, __VA_ARGS__); \
		note_look(dirfd, path, nofollow, ERROR(r), NULL); \
		return r; \
	}

WRAP(int, access, (const char *path, int how))
{
	int r = CALL(access, -1, path, how), error = ERROR(r);

	/* (There is no such file. Nor may there be anything to be read.) */
	if (error && error != EFAULT && text_starts(path, OBSERVE_QUIET)) {
		const char *said = process_said(path);

		if (said && text_starts(said, OBSERVE_SAY_FIND)) {
			note_path(OBSERVE_FIND, 0, said +
			          sizeof(OBSERVE_SAY_FIND) - 1);
			return 0;
		}
		if (said && text_starts(said, OBSERVE_SAY_ENV)) {
			note_variable(said + sizeof(OBSERVE_SAY_ENV) - 1);
			return 0;
		}
		if (said ? process_say(said) : process_take_key(path +
		    sizeof(OBSERVE_QUIET) - 1))
			return 0;
	}
	note_look(AT_FDCWD, path, 0, error, NULL);
	return r;
}

LOOK(int, eaccess, 0, (const char *path, int how), AT_FDCWD, path, how)
LOOK(int, euidaccess, 0, (const char *path, int how), AT_FDCWD, path, how)
LOOK(int, faccessat, NOFOLLOW(flags), (int dirfd, const char *path, int how,
	int flags), dirfd, dirfd, path, how, flags)
LOOK(ssize_t, readlink, OBSERVE_NOFOLLOW, (const char *path, char *b,
	size_t n), AT_FDCWD, path, b, n)
LOOK(ssize_t, readlinkat, OBSERVE_NOFOLLOW, (int dirfd, const char *path,
	char *b, size_t n), dirfd, dirfd, path, b, n)
LOOK(ssize_t, __readlink_chk, OBSERVE_NOFOLLOW, (const char *path, char *b,
	size_t n, size_t most), AT_FDCWD, path, b, n, most)
LOOK(ssize_t, __readlinkat_chk, OBSERVE_NOFOLLOW, (int dirfd, const char *path,
	char *b, size_t n, size_t most), dirfd, dirfd, path, b, n, most)
LOOK(int, statfs, 0, (const char *path, void *b), AT_FDCWD, path, b)
LOOK(int, statfs64, 0, (const char *path, void *b), AT_FDCWD, path, b)
LOOK(int, statvfs, 0, (const char *path, void *b), AT_FDCWD, path, b)
LOOK(int, statvfs64, 0, (const char *path, void *b), AT_FDCWD, path, b)
LOOK(long, pathconf, 0, (const char *path, int name), AT_FDCWD, path, name)
LOOK(ssize_t, getxattr, 0, (const char *path, const char *name, void *b,
	size_t n), AT_FDCWD, path, name, b, n)
LOOK(ssize_t, lgetxattr, OBSERVE_NOFOLLOW, (const char *path, const char *name,
	void *b, size_t n), AT_FDCWD, path, name, b, n)
LOOK(ssize_t, listxattr, 0, (const char *path, char *b, size_t n), AT_FDCWD,
	path, b, n)
LOOK(ssize_t, llistxattr, OBSERVE_NOFOLLOW, (const char *path, char *b,
	size_t n), AT_FDCWD, path, b, n)
LOOK(int, inotify_add_watch, 0, (int fd, const char *path, uint32_t mask),
	AT_FDCWD, fd, path, mask)

/* The links on the way are found by who reads the log. */
#define REALPATH(name, params, ...) \
	WRAP(char *, name, params) \
	{ \
		char *p = CALL(name, NULL, __VA_ARGS__); \
		note_look(AT_FDCWD, path, 0, p ? 0 : errno, NULL); \
		return p; \
	}

REALPATH(realpath, (const char *path, char *out), path, out)
REALPATH(__realpath_chk, (const char *path, char *out, size_t n), path, out, n)
REALPATH(canonicalize_file_name, (const char *path), path)

/* ---- directories ---- */

static void
tell_list(enum observe_kind kind, int dirfd, const char *path, int error)
{
	struct observe_record r = {
		.kind = (uint8_t)kind, .error = (uint16_t)error,
	};

	if (error)
		note_look(dirfd, path, 0, error, NULL);
	else
		note(&r, dirfd, path);
}

WRAP(void *, opendir, (const char *path))
{
	void *d = CALL(opendir, NULL, path);

	tell_list(OBSERVE_LIST, AT_FDCWD, path, d ? 0 : errno);
	return d;
}

WRAP(void *, fdopendir, (int fd))
{
	void *d = CALL(fdopendir, NULL, fd);

	if (d)
		note_fd(OBSERVE_LIST, 0, fd);
	return d;
}

#define GETDENTS(type, name, params, ...) \
	WRAP(type, name, params) \
	{ \
		type r = CALL(name, -1, __VA_ARGS__); \
		if (r >= 0) \
			note_fd(OBSERVE_LIST, 0, fd); \
		return r; \
	}

GETDENTS(ssize_t, getdents64, (int fd, void *b, size_t n), fd, b, n)
GETDENTS(ssize_t, getdirentries, (int fd, char *b, size_t n, off_t *base), fd,
	b, n, base)
GETDENTS(ssize_t, getdirentries64, (int fd, char *b, size_t n, off_t *base),
	fd, b, n, base)

#define SCANDIR(name, params, dirfd, ...) \
	WRAP(int, name, params) \
	{ \
		int r = CALL(name, -1, __VA_ARGS__); \
		tell_list(OBSERVE_LIST, dirfd, path, ERROR(r)); \
		return r; \
	}

SCANDIR(scandir, (const char *path, void *list, void *filter, void *cmp),
	AT_FDCWD, path, list, filter, cmp)
SCANDIR(scandir64, (const char *path, void *list, void *filter, void *cmp),
	AT_FDCWD, path, list, filter, cmp)
SCANDIR(scandirat, (int dirfd, const char *path, void *list, void *filter,
	void *cmp), dirfd, dirfd, path, list, filter, cmp)
SCANDIR(scandirat64, (int dirfd, const char *path, void *list, void *filter,
	void *cmp), dirfd, dirfd, path, list, filter, cmp)

#define WALK(name, params, ...) \
	WRAP(int, name, params) \
	{ \
		tell_list(OBSERVE_TREE, AT_FDCWD, path, 0); \
		return CALL(name, -1, __VA_ARGS__); \
	}

WALK(ftw, (const char *path, void *fn, int n), path, fn, n)
WALK(ftw64, (const char *path, void *fn, int n), path, fn, n)
WALK(nftw, (const char *path, void *fn, int n, int flags), path, fn, n, flags)
WALK(nftw64, (const char *path, void *fn, int n, int flags), path, fn, n,
	flags)

#define FTS(name) \
	WRAP(void *, name, (char *const *paths, int options, void *cmp)) \
	{ \
		for (char *const *p = paths; p && *p; p++) \
			tell_list(OBSERVE_TREE, AT_FDCWD, *p, 0); \
		return CALL(name, NULL, paths, options, cmp); \
	}

FTS(fts_open)
FTS(fts64_open)

#define GLOB(name) \
	WRAP(int, name, (const char *pattern, int flags, void *fn, void *out)) \
	{ \
		tell_list(OBSERVE_GLOB, AT_FDCWD, pattern, 0); \
		return CALL(name, GLOB_ABORTED, pattern, flags, fn, out); \
	}

GLOB(glob)
GLOB(glob64)
