/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "util/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util/mem.h"

static bool
absent(int e)
{
	return e == ENOENT || e == ENOTDIR || e == ELOOP || e == ENAMETOOLONG;
}

int
file_read(const char *path, struct buf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	ssize_t n;

	if (fd < 0) {
		if (absent(errno))
			return 0;
		return err_set(err, "open %s: %s", path, strerror(errno));
	}
	if (fstat(fd, &st) == 0 && st.st_size > 0)
		buf_reserve(out, (size_t)st.st_size + 1);
	for (;;) {
		buf_reserve(out, 4096);
		n = read(fd, out->p + out->n, out->cap - out->n - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		out->n += (size_t)n;
	}
	out->p[out->n] = '\0';
	if (n < 0)
		err_set(err, "read %s: %s", path, strerror(errno));
	close(fd);
	return n < 0 ? -1 : 1;
}

int
file_map(const char *path, struct file_map *m, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	*m = (struct file_map){ 0 };
	if (fd < 0) {
		if (absent(errno))
			return 0;
		return err_set(err, "open %s: %s", path, strerror(errno));
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
		close(fd);
		return 0;
	}
	m->n = (size_t)st.st_size;
	m->p = mmap(NULL, m->n, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (m->p == MAP_FAILED) {
		m->p = NULL;
		err_set(err, "mmap %s: %s", path, strerror(errno));
	}
	close(fd);
	return m->p ? 1 : -1;
}

void
file_unmap(struct file_map *m)
{
	if (m->p)
		munmap(m->p, m->n);
	*m = (struct file_map){ 0 };
}

int
write_all(int fd, const void *p, size_t n)
{
	const char *s = p;

	while (n) {
		ssize_t w = write(fd, s, n);

		if (w < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		s += w;
		n -= (size_t)w;
	}
	return 0;
}

/* Opens path.tmpXXXXXX beside path; the name is put in tmp. */
static int
open_temp(const char *path, mode_t mode, struct buf *tmp, struct err *err)
{
	int fd;

	buf_addf(tmp, "%s.tmpXXXXXX", path);
	fd = mkostemp(tmp->p, O_CLOEXEC);
	if (fd < 0)
		return err_set(err, "create %s: %s", path, strerror(errno));
	if (fchmod(fd, mode) < 0)
		mode = 0; /* some file systems know no modes */
	return fd;
}

mode_t
file_umask(void)
{
	mode_t mask = umask(022);

	umask(mask);
	return mask;
}

static mode_t
mode_new(void)
{
	return 0666 & ~file_umask();
}

/* Ends what open_temp began: closes fd and renames, or removes the file. */
static int
commit_temp(int fd, struct buf *tmp, const char *path, bool ok, struct err *err)
{
	if (close(fd) < 0)
		ok = false;
	if (ok && rename(tmp->p, path) < 0)
		ok = false;
	if (!ok) {
		err_set(err, "write %s: %s", path, strerror(errno));
		unlink(tmp->p);
	}
	buf_release(tmp);
	return ok ? 0 : -1;
}

int
file_temp_open(struct file_temp *t, const char *path, struct err *err)
{
	*t = (struct file_temp){ .fd = -1 };
	t->fd = open_temp(path, mode_new(), &t->name, err);
	if (t->fd < 0)
		buf_release(&t->name);
	return t->fd < 0 ? -1 : 0;
}

int
file_temp_close(struct file_temp *t, const char *path, bool ok, bool sync,
	struct err *err)
{
	ok = ok && (!sync || fsync(t->fd) == 0);
	return commit_temp(t->fd, &t->name, path, ok, err);
}

int
file_write(const char *path, const void *p, size_t n, bool sync,
	struct err *err)
{
	struct file_temp t;

	if (file_temp_open(&t, path, err) < 0)
		return -1;
	return file_temp_close(&t, path, write_all(t.fd, p, n) == 0, sync, err);
}

int
file_write_if_changed(const char *path, const void *p, size_t n,
	struct err *err)
{
	struct buf old = { 0 };
	bool same = file_read(path, &old, NULL) == 1 && old.n == n &&
	            (n == 0 || memcmp(old.p, p, n) == 0);

	buf_release(&old);
	if (same)
		return 0;
	return file_write(path, p, n, false, err) < 0 ? -1 : 1;
}

/* mkdir, but a directory that is there is as good. */
static int
make_one(const char *path, mode_t mode)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return 0;
	if (errno != EEXIST)
		return -1;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	errno = ENOTDIR;
	return -1;
}

static int
make_path(const char *path, mode_t last, struct err *err)
{
	char *p, *s;
	int r, first = 0;

	if (make_one(path, last) == 0)
		return 0;
	p = xstrdup(path);
	for (s = p + 1; (s = strchr(s, '/')); s++) {
		*s = '\0';
		if (mkdir(p, 0777) < 0 && errno != EEXIST && !first)
			first = errno;
		*s = '/';
	}
	r = make_one(p, last);
	/* Why one above it could not be made is why. */
	if (r < 0)
		err_set(err, "mkdir %s: %s", path,
		        strerror(errno == ENOENT && first ? first : errno));
	free(p);
	return r;
}

int
dir_make(const char *path, struct err *err)
{
	return make_path(path, 0777, err);
}

int
dir_make_private(const char *path, struct err *err)
{
	bool there = access(path, F_OK) == 0;
	mode_t mask;

	if (make_path(path, 0700, err) < 0)
		return -1;
	if (there || access(path, R_OK | W_OK | X_OK) == 0)
		return 0;
	/* What is left so would be in the way of those who come later. */
	rmdir(path);
	mask = umask(0);
	umask(mask);
	return err_set(err, "mkdir %s: the umask (%04o) leaves its owner no "
	               "right to it", path, (unsigned)mask);
}

int
dir_make_parent(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	int r;

	if (!slash || slash == path)
		return 0;
	dir = xmemdup0(path, (size_t)(slash - path));
	r = dir_make(dir, err);
	free(dir);
	return r;
}

static int
remove_at(int dirfd, const char *name)
{
	struct dirent *e;
	int fd;
	DIR *d;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -1;
	fd = openat(dirfd, name,
	            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -1;
	}
	while ((e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (remove_at(fd, e->d_name) < 0) {
			int saved = errno;

			closedir(d);
			errno = saved;
			return -1;
		}
	}
	closedir(d);
	return unlinkat(dirfd, name, AT_REMOVEDIR);
}

int
dir_remove(const char *path, struct err *err)
{
	if (remove_at(AT_FDCWD, path) < 0)
		return err_set(err, "remove %s: %s", path, strerror(errno));
	return 0;
}

#ifdef __APPLE__
#define st_mtim st_mtimespec
#define st_ctim st_ctimespec
#endif

void
file_sig_of(const struct stat *st, struct file_sig *sig)
{
	*sig = (struct file_sig){
		.mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 +
		            st->st_mtim.tv_nsec,
		.ctime_ns = (int64_t)st->st_ctim.tv_sec * 1000000000 +
		            st->st_ctim.tv_nsec,
		.size = (uint64_t)st->st_size,
		.ino = (uint64_t)st->st_ino,
		.dev = (uint64_t)st->st_dev,
		.mode = (uint32_t)st->st_mode,
	};
}

#if defined(__APPLE__)

bool
file_born(int dirfd, const char *path, int64_t *ns)
{
	struct stat st;

	if (fstatat(dirfd, path, &st, 0) < 0)
		return false;
	*ns = (int64_t)st.st_birthtimespec.tv_sec * 1000000000 +
	      st.st_birthtimespec.tv_nsec;
	return true;
}

#elif defined(STATX_BTIME)

bool
file_born(int dirfd, const char *path, int64_t *ns)
{
	struct statx st;

	if (statx(dirfd, path, 0, STATX_BTIME, &st) < 0 ||
	    !(st.stx_mask & STATX_BTIME))
		return false;
	*ns = (int64_t)st.stx_btime.tv_sec * 1000000000 +
	      st.stx_btime.tv_nsec;
	return true;
}

#else

bool
file_born(int dirfd, const char *path, int64_t *ns)
{
	(void)dirfd;
	(void)path;
	(void)ns;
	return false;
}

#endif

int
file_sig(int dirfd, const char *path, struct file_sig *sig)
{
	struct stat st;

	if (fstatat(dirfd, path, &st, 0) < 0) {
		*sig = (struct file_sig){ 0 };
		return absent(errno) ? 0 : -1;
	}
	file_sig_of(&st, sig);
	return 1;
}
