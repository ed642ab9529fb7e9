/* SPDX-License-Identifier: Apache-2.0 */
#include "state/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/arena.h"
#include "util/mem.h"
#include "util/os.h"

static int
cannot_read(const char *path, struct digest *out)
{
	int saved = errno;
	int64_t now[2] = { os_wall(), os_now() };
	struct digester d;

	digest_begin(&d);
	digest_add_field(&d, "unreadable", 10);
	digest_add_field(&d, path, strlen(path));
	digest_add_field(&d, now, sizeof(now));
	*out = digest_end(&d);
	errno = saved;
	return -1;
}

static int
listing_digest(int fd, struct digest *out)
{
	struct arena a = { 0 };
	struct str *names = NULL;
	size_t n = 0, cap = 0;
	struct dirent *e;
	struct digester d;
	DIR *dir = fdopendir(fd);
	int saved;

	if (!dir) {
		close(fd);
		return -1;
	}
	for (errno = 0; (e = readdir(dir)); errno = 0) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		names = vec_grow(names, &cap, n + 1, sizeof(*names));
		names[n++] = arena_dup(&a, str_of(e->d_name));
	}
	saved = errno;
	if (n)
		qsort(names, n, sizeof(*names), str_cmp_qsort);
	digest_begin(&d);
	digest_add_field(&d, "directory", 9);
	for (size_t i = 0; i < n; i++)
		digest_add_field(&d, names[i].p, names[i].n);
	*out = digest_end(&d);
	closedir(dir);
	free(names);
	arena_release(&a);
	errno = saved;
	return saved ? -1 : 0;
}

/* A device, pipe or socket: what it is, and not what comes out of it. */
static void
special_digest(const struct stat *st, struct digest *out)
{
	uint64_t what[2] = { st->st_mode & S_IFMT, (uint64_t)st->st_rdev };
	struct digester d;

	digest_begin(&d);
	digest_add_field(&d, "special", 7);
	digest_add_field(&d, what, sizeof(what));
	*out = digest_end(&d);
}

/* The same as read_once, for a directory with all that is below it. */
static int
read_below(const struct clock *c, const char *path, struct file_sig *sig,
	struct digest *digest, bool *racy, int64_t now)
{
	struct file_sig after;
	struct stat st;

	if (below_sig(path, sig) < 0 || below_digest(path, digest) < 0)
		return -1;
	if (stat(path, &st) < 0)
		return 2;
	file_sig_of(&st, &after);
	if (below_sig(path, &after) < 0)
		return -1;
	*racy = clock_racy(c, path, sig, now);
	return file_sig_eq(sig, &after) ? 1 : 2;
}

/* 1 done; 0 gone; -1 errno; 2 changed while it was read. */
static int
read_once(const struct clock *c, const char *path, bool below,
	struct file_sig *sig, struct digest *digest, bool *racy)
{
	struct stat st, after;
	struct file_sig again;
	int64_t now;
	int fd, r;

	*sig = (struct file_sig){ 0 };
	*digest = (struct digest){ 0 };
	*racy = false;
	if (stat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ||
		       errno == ENAMETOOLONG ? 0 : -1;
	file_sig_of(&st, sig);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
		/* Its times change with use; only the rest counts. */
		special_digest(&st, digest);
		sig->mtime_ns = sig->ctime_ns = 0;
		sig->size = 0;
		*racy = true;
		return 1;
	}
	now = os_wall();
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? 2 : -1;
	if (fstat(fd, &st) < 0) {
		close(fd);
		return -1;
	}
	file_sig_of(&st, sig);
	if (S_ISDIR(st.st_mode) && below) {
		close(fd);
		return read_below(c, path, sig, digest, racy, now);
	}
	if (S_ISDIR(st.st_mode)) {
		r = listing_digest(fd, digest);
		if (r == 0 && stat(path, &after) < 0)
			return 2;
	} else {
		r = digest_fd(fd, digest, NULL, NULL);
		if (r == 0 && fstat(fd, &after) < 0)
			r = -1;
		close(fd);
	}
	if (r < 0)
		return -1;
	file_sig_of(&after, &again);
	*racy = clock_racy(c, path, sig, now);
	return file_sig_eq(sig, &again) ? 1 : 2;
}

int
content_digest(const struct clock *c, const char *path, bool below,
	struct file_sig *sig, struct digest *digest, bool *racy)
{
	int r = 2;

	for (int tries = 0; r == 2 && tries < 4; tries++)
		r = read_once(c, path, below, sig, digest, racy);
	if (r == 2) {
		/* Somebody goes on writing it. */
		errno = EBUSY;
		r = -1;
	}
	return r < 0 ? cannot_read(path, digest) : r;
}
