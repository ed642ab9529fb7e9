/* SPDX-License-Identifier: Apache-2.0 */
/* What opens files. */
#include <fcntl.h>
#include <stdbool.h>

#include "observe/preload/note.h"
#include "observe/preload/opening.h"
#include "observe/preload/sys.h"
#include "observe/preload/wrap.h"

static bool
has_mode(int flags)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
}

struct opening
open_begins(int dirfd, const char *path, int flags)
{
	struct opening o = { 0 };

	if (!(flags & O_CREAT) || flags & O_TRUNC || !path || !process_on())
		return o;
	o.made = flags & O_EXCL ||
	         SYS4(SYS_faccessat, dirfd, path, 0, 0) == -ENOENT;
	return o;
}

void
open_ends(const struct opening *o, int dirfd, const char *path, int flags,
	int fd)
{
	struct observe_record r = { .error = (uint16_t)ERROR(fd) };
	int how = flags & O_ACCMODE;
	bool new = flags & O_TRUNC || o->made;

	if (!process_on() || (flags & O_TMPFILE) == O_TMPFILE)
		return;
	if (flags & O_PATH || (flags & O_DIRECTORY && how == O_RDONLY)) {
		note_look(dirfd, path, flags & O_NOFOLLOW ? OBSERVE_NOFOLLOW
		          : 0, r.error, NULL);
		return;
	}
	if (how != O_RDONLY || flags & (O_CREAT | O_TRUNC))
		note_write(new ? OBSERVE_WRITE : OBSERVE_TOUCH, dirfd, path,
		           r.error, o->tail);
	if (how == O_WRONLY || new)
		return;
	r.kind = OBSERVE_READ;
	note(&r, dirfd, path);
}

#define OPEN(name, params, last, dirfd, ...) \
	WRAP(int, name, params) \
	{ \
		struct opening o; \
		mode_t mode = 0; \
		va_list ap; \
		int fd; \
		va_start(ap, last); \
		if (has_mode(flags)) \
			mode = (mode_t)va_arg(ap, int); \
		va_end(ap); \
		o = open_begins(dirfd, path, flags); \
		o.tail = log_end(); \
		fd = CALL(name, -1, __VA_ARGS__, mode); \
		open_ends(&o, dirfd, path, flags, fd); \
		return fd; \
	}

OPEN(open, (const char *path, int flags, ...), flags, AT_FDCWD, path, flags)
OPEN(open64, (const char *path, int flags, ...), flags, AT_FDCWD, path, flags)
OPEN(__open, (const char *path, int flags, ...), flags, AT_FDCWD, path, flags)
OPEN(__open64, (const char *path, int flags, ...), flags, AT_FDCWD, path,
	flags)
OPEN(openat, (int dirfd, const char *path, int flags, ...), flags, dirfd,
	dirfd, path, flags)
OPEN(openat64, (int dirfd, const char *path, int flags, ...), flags, dirfd,
	dirfd, path, flags)

/* Without a mode: the fortified ones, and creat. */
#define OPEN_2(name, params, dirfd, flags, ...) \
	WRAP(int, name, params) \
	{ \
		struct opening o = open_begins(dirfd, path, flags); \
		int fd; \
		o.tail = log_end(); \
		fd = CALL(name, -1, __VA_ARGS__); \
		open_ends(&o, dirfd, path, flags, fd); \
		return fd; \
	}

OPEN_2(__open_2, (const char *path, int flags), AT_FDCWD, flags, path, flags)
OPEN_2(__open64_2, (const char *path, int flags), AT_FDCWD, flags, path, flags)
OPEN_2(__openat_2, (int dirfd, const char *path, int flags), dirfd, flags,
	dirfd, path, flags)
OPEN_2(__openat64_2, (int dirfd, const char *path, int flags), dirfd, flags,
	dirfd, path, flags)
OPEN_2(creat, (const char *path, mode_t mode), AT_FDCWD,
	O_CREAT | O_WRONLY | O_TRUNC, path, mode)
OPEN_2(creat64, (const char *path, mode_t mode), AT_FDCWD,
	O_CREAT | O_WRONLY | O_TRUNC, path, mode)

struct how {
	uint64_t flags, mode, resolve;
};

OPEN_2(openat2, (int dirfd, const char *path, const struct how *h, size_t n),
	dirfd, (int)h->flags, dirfd, path, h, n)

/* ---- streams ---- */

static int
mode_flags(const char *mode)
{
	int flags = 0;

	if (!mode)
		return 0;
	for (const char *m = mode; *m && *m != ','; m++) {
		if (*m == '+')
			flags = (flags & ~O_ACCMODE) | O_RDWR;
		else if (*m == 'w')
			flags |= O_WRONLY | O_CREAT | O_TRUNC;
		else if (*m == 'a')
			flags |= O_WRONLY | O_CREAT;
		else if (*m == 'x')
			flags |= O_EXCL;
	}
	return flags;
}

#define FOPEN(name, params, ...) \
	WRAP(void *, name, params) \
	{ \
		int flags = mode_flags(mode); \
		struct opening o = open_begins(AT_FDCWD, path, flags); \
		void *f; \
		o.tail = log_end(); \
		f = CALL(name, NULL, __VA_ARGS__); \
		open_ends(&o, AT_FDCWD, path, flags, f ? 0 : -1); \
		return f; \
	}

FOPEN(fopen, (const char *path, const char *mode), path, mode)
FOPEN(fopen64, (const char *path, const char *mode), path, mode)
FOPEN(freopen, (const char *path, const char *mode, void *f0), path, mode, f0)
FOPEN(freopen64, (const char *path, const char *mode, void *f0), path, mode,
	f0)

/* ---- names made up ---- */

#define TEMPORARY(name, params, ...) \
	WRAP(int, name, params) \
	{ \
		uint64_t tail = log_end(); \
		int fd = CALL(name, -1, __VA_ARGS__); \
		if (fd >= 0) \
			note_write(OBSERVE_WRITE, AT_FDCWD, path, 0, tail); \
		return fd; \
	}

TEMPORARY(mkstemp, (char *path), path)
TEMPORARY(mkstemp64, (char *path), path)
TEMPORARY(mkostemp, (char *path, int flags), path, flags)
TEMPORARY(mkostemp64, (char *path, int flags), path, flags)
TEMPORARY(mkstemps, (char *path, int n), path, n)
TEMPORARY(mkstemps64, (char *path, int n), path, n)
TEMPORARY(mkostemps, (char *path, int n, int flags), path, n, flags)
TEMPORARY(mkostemps64, (char *path, int n, int flags), path, n, flags)

WRAP(char *, mkdtemp, (char *path))
{
	uint64_t tail = log_end();
	char *p = CALL(mkdtemp, NULL, path);

	if (p)
		note_write(OBSERVE_WRITE, AT_FDCWD, p, 0, tail);
	return p;
}
