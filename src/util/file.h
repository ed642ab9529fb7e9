/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_UTIL_FILE_H
#define TG_UTIL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/str.h"

/* Appends the whole file. 1 done, 0 no such file (ENOENT, ENOTDIR), -1 error. */
int file_read(const char *path, struct buf *out, struct err *err);

/* A file mapped privately, writable copy-on-write. Release with unmap. */
struct file_map {
	void *p;
	size_t n;
};
/* 1 mapped, 0 no such file or empty, -1 error. */
int file_map(const char *path, struct file_map *m, struct err *err);
void file_unmap(struct file_map *m);

/* A file on its way: written beside the one that it is to become. */
struct file_temp {
	int fd;
	struct buf name;
};
/* Makes path.tmpXXXX. The directory must exist. 0, -1 error. */
int file_temp_open(struct file_temp *t, const char *path, struct err *err);
/* Ends what open began: renames it over path; or, if ok is false (errno says
 * why), removes it. sync: fsync before the rename. 0 renamed, -1 error: path is
 * as it was, the temporary file is gone. */
int file_temp_close(struct file_temp *t, const char *path, bool ok, bool sync,
	struct err *err);

/* Writes path.tmpXXXX and renames it over path: the file is at every instant
 * the old one or the new one. sync: fsync before the rename. The directory
 * must exist. -1: nothing was changed, the temporary file is gone. */
int file_write(const char *path, const void *p, size_t n, bool sync,
	struct err *err);
/* The same, but leaves the file alone if it already holds these bytes. 1
 * written, 0 was equal, -1 error. */
int file_write_if_changed(const char *path, const void *p, size_t n,
	struct err *err);
/* The umask of this process. It can only be read by setting it: for an instant
 * it is 022. */
mode_t file_umask(void);
/* write(2) until all is written; -1 with errno set. */
int write_all(int fd, const void *p, size_t n);

/* mkdir -p. */
int dir_make(const char *path, struct err *err);
/* The same, but a last directory that is new is for its owner alone. -1 too where
 * the umask leaves none to him. */
int dir_make_private(const char *path, struct err *err);
/* mkdir -p of everything before the last slash. */
int dir_make_parent(const char *path, struct err *err);
/* Removes path and all below it, not following symlinks. No error if it does
 * not exist. */
int dir_remove(const char *path, struct err *err);

/* What decides that a file is unchanged without reading it. All zero: there
 * is no such file. */
struct file_sig {
	int64_t mtime_ns, ctime_ns;
	uint64_t size, ino, dev;
	uint32_t mode;          /* type and permission bits */
	uint32_t pad;
};

/* 1 exists, 0 does not (ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG), -1 any other
 * error (errno). Symlinks are followed. */
int file_sig(int dirfd, const char *path, struct file_sig *sig);
void file_sig_of(const struct stat *st, struct file_sig *sig);
/* When it was made, in nanoseconds. false: the system does not say. */
bool file_born(int dirfd, const char *path, int64_t *ns);

static inline bool
file_sig_eq(const struct file_sig *a, const struct file_sig *b)
{
	return a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns &&
	       a->size == b->size && a->ino == b->ino && a->dev == b->dev &&
	       a->mode == b->mode;
}

#endif
