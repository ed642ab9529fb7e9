/* SPDX-License-Identifier: Apache-2.0 */
/* What changes names and files without opening them. */
#include <fcntl.h>
#include <sys/types.h>

#include "observe/preload/note.h"
#include "observe/preload/wrap.h"

#define CHANGE(name, kind, params, dirfd, ...) \
	WRAP(int, name, params) \
	{ \
		uint64_t tail = log_end(); \
		int r = CALL(name, -1, __VA_ARGS__); \
		note_write(kind, dirfd, path, ERROR(r), tail); \
		return r; \
	}
#define NEW OBSERVE_WRITE
#define TOUCHED OBSERVE_TOUCH
#define HERE AT_FDCWD

CHANGE(unlink, NEW, (const char *path), HERE, path)
CHANGE(unlinkat, NEW, (int d, const char *path, int flags), d, d, path, flags)
CHANGE(remove, NEW, (const char *path), HERE, path)
CHANGE(rmdir, NEW, (const char *path), HERE, path)
CHANGE(mkdir, NEW, (const char *path, mode_t mode), HERE, path, mode)
CHANGE(mkdirat, NEW, (int d, const char *path, mode_t mode), d, d, path, mode)
CHANGE(mknod, NEW, (const char *path, mode_t mode, dev_t dev), HERE, path,
	mode, dev)
CHANGE(mknodat, NEW, (int d, const char *path, mode_t mode, dev_t dev), d, d,
	path, mode, dev)
CHANGE(__xmknod, NEW, (int v, const char *path, mode_t mode, dev_t *dev), HERE,
	v, path, mode, dev)
CHANGE(__xmknodat, NEW, (int v, int d, const char *path, mode_t mode,
	dev_t *dev), d, v, d, path, mode, dev)
CHANGE(mkfifo, NEW, (const char *path, mode_t mode), HERE, path, mode)
CHANGE(mkfifoat, NEW, (int d, const char *path, mode_t mode), d, d, path, mode)
CHANGE(symlink, NEW, (const char *to, const char *path), HERE, to, path)
CHANGE(symlinkat, NEW, (const char *to, int d, const char *path), d, to, d,
	path)
CHANGE(truncate, TOUCHED, (const char *path, off_t n), HERE, path, n)
CHANGE(truncate64, TOUCHED, (const char *path, off_t n), HERE, path, n)
CHANGE(chmod, TOUCHED, (const char *path, mode_t mode), HERE, path, mode)
CHANGE(fchmodat, TOUCHED, (int d, const char *path, mode_t mode, int flags), d,
	d, path, mode, flags)
CHANGE(chown, TOUCHED, (const char *path, uid_t u, gid_t g), HERE, path, u, g)
CHANGE(lchown, TOUCHED, (const char *path, uid_t u, gid_t g), HERE, path, u, g)
CHANGE(fchownat, TOUCHED, (int d, const char *path, uid_t u, gid_t g,
	int flags), d, d, path, u, g, flags)
CHANGE(utime, TOUCHED, (const char *path, const void *t), HERE, path, t)
CHANGE(utimes, TOUCHED, (const char *path, const void *t), HERE, path, t)
CHANGE(lutimes, TOUCHED, (const char *path, const void *t), HERE, path, t)
CHANGE(futimesat, TOUCHED, (int d, const char *path, const void *t), d, d,
	path, t)
CHANGE(setxattr, TOUCHED, (const char *path, const char *name, const void *p,
	size_t n, int flags), HERE, path, name, p, n, flags)
CHANGE(lsetxattr, TOUCHED, (const char *path, const char *name, const void *p,
	size_t n, int flags), HERE, path, name, p, n, flags)
CHANGE(removexattr, TOUCHED, (const char *path, const char *name), HERE, path,
	name)
CHANGE(lremovexattr, TOUCHED, (const char *path, const char *name), HERE, path,
	name)

/* touch(1) gives no path for a file that it has open. */
WRAP(int, utimensat, (int d, const char *path, const void *t, int flags))
{
	uint64_t tail = log_end();
	int r = CALL(utimensat, -1, d, path, t, flags);

	if (path)
		note_write(OBSERVE_TOUCH, d, path, ERROR(r), tail);
	return r;
}

/* The old name's content is found under the new one from then on: that it was
 * read comes before. */
#define MOVE(name, params, od, nd, gone, ...) \
	WRAP(int, name, params) \
	{ \
		uint64_t tail = log_end(); \
		struct observe_record read = { .kind = OBSERVE_READ }; \
		int r = CALL(name, -1, __VA_ARGS__); \
		if (r < 0) { \
			note_look(od, old, OBSERVE_NOFOLLOW, errno, NULL); \
			return r; \
		} \
		note(&read, od, old); \
		if (gone) \
			note_move(od, old, 0, log_end()); \
		note_move(nd, new, 0, tail); \
		return r; \
	}

MOVE(rename, (const char *old, const char *new), HERE, HERE, 1, old, new)
MOVE(renameat, (int od, const char *old, int nd, const char *new), od, nd, 1,
	od, old, nd, new)
MOVE(renameat2, (int od, const char *old, int nd, const char *new,
	unsigned flags), od, nd, 1, od, old, nd, new, flags)
MOVE(link, (const char *old, const char *new), HERE, HERE, 0, old, new)
MOVE(linkat, (int od, const char *old, int nd, const char *new, int flags), od,
	nd, 0, od, old, nd, new, flags)
