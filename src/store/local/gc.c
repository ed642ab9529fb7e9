/* SPDX-License-Identifier: Apache-2.0 */
#include "store/local/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/entry.h"
#include "store/store.h"
#include "util/mem.h"
#include "util/os.h"

/* A temporary file older than this was left by somebody who is gone. */
static const int64_t STALE_NS = INT64_C(3600) * 1000000000;

struct found {
	uint32_t path;          /* in text */
	uint64_t size;
	int64_t mtime;
	bool blob, temp;
};

struct finds {
	struct found *p;
	size_t n, cap;
	struct buf text;
};

static void
finds_release(struct finds *f)
{
	free(f->p);
	buf_release(&f->text);
}

static void
keep_find(struct finds *f, int dirfd, const char *dir, const char *name,
	bool blob)
{
	struct file_sig sig;
	struct found *e;

	if (name[0] == '.' || file_sig(dirfd, name, &sig) != 1 ||
	    !S_ISREG(sig.mode))
		return;
	f->p = vec_grow(f->p, &f->cap, f->n + 1, sizeof(*f->p));
	e = &f->p[f->n++];
	*e = (struct found){
		.path = (uint32_t)f->text.n, .size = sig.size,
		.mtime = sig.mtime_ns, .blob = blob,
		.temp = strstr(name, ".tmp") != NULL,
	};
	buf_addf(&f->text, "%s/%s", dir, name);
	buf_addc(&f->text, '\0');
}

static void
find_in(struct finds *f, const char *dir, bool blob, int depth)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	struct buf sub = { 0 };

	while (d && (e = readdir(d))) {
		if (depth == 0) {
			keep_find(f, dirfd(d), dir, e->d_name, blob);
		} else if (e->d_name[0] != '.') {
			buf_clear(&sub);
			buf_addf(&sub, "%s/%s", dir, e->d_name);
			find_in(f, sub.p, blob, depth - 1);
		}
	}
	if (d)
		closedir(d);
	buf_release(&sub);
}

/* All files of the store. -1: it cannot be read. */
static int
walk_store(const struct local *l, struct finds *f, struct err *err)
{
	static const char *const kinds[] = { "ac", "cas" };
	struct buf dir = { 0 };
	int r = access(l->dir, R_OK | X_OK);

	if (r < 0)
		err_set(err, "cache %s: %s", l->dir, strerror(errno));
	for (size_t i = 0; i < countof(kinds) && r == 0; i++) {
		buf_clear(&dir);
		buf_addf(&dir, "%s/%s", l->dir, kinds[i]);
		find_in(f, dir.p, i == 1, 1);
	}
	buf_release(&dir);
	return r;
}

static const char *
found_path(const struct finds *f, size_t i)
{
	return f->text.p + f->p[i].path;
}

/* ---- the size file ---- */

/* Who may write the size file and remove things. -1: somebody else does. */
static int
lock_store(const struct local *l, bool wait)
{
	struct buf path = { 0 };
	int fd;

	buf_addf(&path, "%s/lock", l->dir);
	fd = open(path.p, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	buf_release(&path);
	if (fd >= 0 && flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) < 0 &&
	    (errno == EWOULDBLOCK || errno == EINTR)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* false: not known. */
static bool
read_size(const struct local *l, uint64_t *size)
{
	struct buf path = { 0 }, text = { 0 };
	char *end;
	bool ok;

	buf_addf(&path, "%s/size", l->dir);
	ok = file_read(path.p, &text, NULL) == 1 && text.n > 0;
	if (ok) {
		*size = strtoull(text.p, &end, 10);
		ok = end != text.p && *end == '\n';
	}
	buf_release(&path);
	buf_release(&text);
	return ok;
}

static void
write_size(const struct local *l, uint64_t size)
{
	struct buf path = { 0 }, text = { 0 };

	buf_addf(&path, "%s/size", l->dir);
	buf_addf(&text, "%llu\n", (unsigned long long)size);
	/* If it fails, the next one to add will count. */
	if (file_write(path.p, text.p, text.n, false, NULL) < 0)
		unlink(path.p);
	buf_release(&path);
	buf_release(&text);
}

/* ---- removing ---- */

static int
older(const void *a, const void *b)
{
	int64_t x = ((const struct found *)a)->mtime;
	int64_t y = ((const struct found *)b)->mtime;

	return (x > y) - (x < y);
}

/* Removes the oldest until at most limit bytes are left; returns them. */
static uint64_t
shrink_store(const struct local *l, struct finds *f, uint64_t limit,
	uint64_t *freed)
{
	int64_t now = os_wall();
	uint64_t total = 0;

	for (size_t i = 0; i < f->n; i++)
		total += f->p[i].size;
	if (f->n)
		qsort(f->p, f->n, sizeof(*f->p), older);
	*freed = 0;
	for (size_t i = 0; i < f->n; i++) {
		struct found *e = &f->p[i];

		if (e->temp ? now - e->mtime < STALE_NS : total <= limit)
			continue;
		if (unlink(found_path(f, i)) < 0 && errno != ENOENT)
			continue;
		total -= e->size;
		*freed += e->size;
	}
	write_size(l, total);
	return total;
}

void
local_account(struct local *l)
{
	struct finds f = { 0 };
	uint64_t size = 0, freed;
	int fd = lock_store(l, false);
	bool known;

	if (fd < 0)
		return; /* added is kept for the next time */
	known = read_size(l, &size);
	size += l->added;
	if (known && size <= l->limit)
		write_size(l, size);
	else if (walk_store(l, &f, NULL) == 0)
		/* Somewhat below, or the next would have to do it again. */
		shrink_store(l, &f, l->limit - (known ? l->limit / 10 : 0),
		             &freed);
	l->added = 0;
	close(fd);
	finds_release(&f);
}

int
local_gc(struct store_backend *b, uint64_t limit, uint64_t *freed,
	struct err *err)
{
	struct local *l = local_of(b);
	struct finds f = { 0 };
	int fd, r;

	*freed = 0;
	if (b->read_only)
		return err_set(err, "cache %s: opened to read only", l->dir);
	fd = lock_store(l, true);
	r = walk_store(l, &f, err);
	if (r == 0) {
		shrink_store(l, &f, limit ? limit : l->limit, freed);
		l->added = 0;
	}
	if (fd >= 0)
		close(fd);
	finds_release(&f);
	return r;
}

/* ---- for -t cache ---- */

int
local_stats(struct store_backend *b, struct store_stats *out,
	struct err *err)
{
	struct local *l = local_of(b);
	struct finds f = { 0 };
	int r = walk_store(l, &f, err);

	*out = (struct store_stats){ .limit = l->limit };
	for (size_t i = 0; i < f.n; i++) {
		if (f.p[i].temp)
			continue;
		if (f.p[i].blob)
			out->blobs++;
		else
			out->actions++;
		out->blob_bytes += f.p[i].size;
	}
	finds_release(&f);
	return r;
}

static bool
entry_ok(const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	struct buf file = { 0 };
	struct digest action;
	struct entry e = { 0 };
	bool ok = digest_parse(&action, name, strlen(name)) &&
	          file_read(path, &file, NULL) == 1 &&
	          entry_unpack(&e, &action, file.p, file.n);

	entry_release(&e);
	buf_release(&file);
	return ok;
}

int
local_verify(struct store_backend *b, uint64_t *checked, uint64_t *bad,
	struct err *err)
{
	struct local *l = local_of(b);
	struct finds f = { 0 };
	int r = walk_store(l, &f, err);

	*checked = *bad = 0;
	for (size_t i = 0; i < f.n; i++) {
		const char *path = found_path(&f, i);
		bool ok;

		if (f.p[i].temp)
			continue;
		ok = f.p[i].blob ? blob_check(path, strrchr(path, '/') + 1) != 0
		                 : entry_ok(path) || access(path, F_OK) < 0;
		++*checked;
		if (ok)
			continue;
		++*bad;
		if (!b->read_only && unlink(path) < 0 && errno != ENOENT)
			r = err_set(err, "remove %s: %s", path,
			            strerror(errno));
	}
	finds_release(&f);
	return r;
}

int
local_clear(struct store_backend *b, struct err *err)
{
	struct local *l = local_of(b);
	struct finds f = { 0 };
	int fd, r;

	if (b->read_only)
		return err_set(err, "cache %s: opened to read only", l->dir);
	fd = lock_store(l, true);
	r = walk_store(l, &f, err);
	for (size_t i = 0; i < f.n; i++)
		if (unlink(found_path(&f, i)) < 0 && errno != ENOENT)
			r = err_set(err, "remove %s: %s", found_path(&f, i),
			            strerror(errno));
	write_size(l, 0);
	l->added = 0;
	if (fd >= 0)
		close(fd);
	finds_release(&f);
	return r;
}
