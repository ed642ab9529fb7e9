/* SPDX-License-Identifier: Apache-2.0 */
#include "store/local/local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/entry.h"
#include "store/local/internal.h"
#include "store/temp.h"
#include "util/mem.h"

static const uint64_t DEFAULT_LIMIT = UINT64_C(5) << 30;

static const char TAG[] =
	"Signature: 8a477f597d28d172789f06886806bc55\n"
	"# Results of steps, kept by tgraph; may be removed at any time.\n";

int
local_default_dir(struct buf *out)
{
	const char *dir = getenv("XDG_CACHE_HOME"), *end = "/tgraph";

	if (!dir || dir[0] != '/') {
		dir = getenv("HOME");
		end = "/.cache/tgraph";
	}
	if (!dir || dir[0] != '/')
		return 0;
	buf_adds(out, dir);
	buf_adds(out, end);
	return 1;
}

int
local_own_dir(const char *dir, bool read_only, struct err *err)
{
	struct stat s;

	if (!read_only && dir_make_private(dir, err) < 0)
		return -1;
	if (stat(dir, &s) < 0)
		return err_set(err, "cache %s: %s", dir, strerror(errno));
	if (!S_ISDIR(s.st_mode))
		return err_set(err, "cache %s: %s", dir, strerror(ENOTDIR));
	if (s.st_uid != geteuid())
		return err_set(err, "cache %s: it belongs to another user",
		               dir);
	if (s.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, "cache %s: others may write to it", dir);
	if (!read_only && s.st_mode & (S_IRWXG | S_IRWXO) &&
	    chmod(dir, S_IRWXU) < 0)
		return err_set(err, "chmod %s: %s", dir, strerror(errno));
	return 0;
}

static int
make_dirs(const struct local *l, struct err *err)
{
	static const char *const sub[] = { "/cas", "/ac" };
	struct buf b = { 0 };
	int r = 0;

	for (size_t i = 0; i < countof(sub) && r == 0; i++) {
		buf_clear(&b);
		buf_adds(&b, l->dir);
		buf_adds(&b, sub[i]);
		r = dir_make(b.p, err);
	}
	buf_clear(&b);
	buf_adds(&b, l->dir);
	if (r == 0 && access(b.p, W_OK | X_OK) < 0)
		r = err_set(err, "cache %s: %s", l->dir, strerror(errno));
	buf_adds(&b, "/CACHEDIR.TAG");
	if (r == 0 && access(b.p, F_OK) < 0)
		r = file_write(b.p, TAG, sizeof(TAG) - 1, false, err);
	buf_release(&b);
	return r;
}

/* ---- entries ---- */

static enum store_answer
local_find(struct store_backend *b, struct store_ask *ask)
{
	struct local *l = local_of(b);
	enum store_answer how = STORE_MISS;
	struct buf path = { 0 };
	int fd;

	local_path(l, "ac", &ask->digest, "", &path);
	fd = open(path.p, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && file_read(path.p, ask->entry, NULL) == 1) {
		local_touch(l, fd);
		how = STORE_HIT;
	}
	if (fd >= 0)
		close(fd);
	buf_release(&path);
	return how;
}

static void
local_drop(struct store_backend *b, const struct digest *action)
{
	struct buf path = { 0 };

	local_path(local_of(b), "ac", action, "", &path);
	if (!b->read_only)
		unlink(path.p);
	buf_release(&path);
}

static int
write_file(const char *path, const struct buf *file, struct err *err)
{
	struct buf tmp = { 0 };
	int fd = temp_open(path, 0666, &tmp), r = 0;

	if (fd < 0 || write_all(fd, file->p, file->n) < 0)
		r = err_set(err, "write %s: %s", path, strerror(errno));
	if (fd >= 0 && close(fd) < 0)
		r = err_set(err, "write %s: %s", path, strerror(errno));
	if (r == 0 && rename(tmp.p, path) < 0)
		r = err_set(err, "write %s: %s", path, strerror(errno));
	if (r < 0 && fd >= 0)
		unlink(tmp.p);
	buf_release(&tmp);
	return r;
}

static int
local_put_entry(struct store_backend *b, const struct digest *action,
	const struct variant *v, struct err *err)
{
	struct local *l = local_of(b);
	struct buf path = { 0 }, old = { 0 }, file = { 0 };
	int r;

	local_path(l, "ac", action, "", &path);
	file_read(path.p, &old, NULL);
	entry_add(action, buf_str(&old), v, &file);
	r = write_file(path.p, &file, err);
	if (r == 0)
		l->added += file.n;
	if (l->added > l->limit / 64)
		local_account(l);
	buf_release(&path);
	buf_release(&old);
	buf_release(&file);
	return r;
}

/* ---- opening ---- */

static void
local_free(struct store_backend *b)
{
	struct local *l = local_of(b);

	if (l->added)
		local_account(l);
	free(l->dir);
	free(l);
}

static const struct store_backend_ops local_ops = {
	.find = local_find, .get = local_get, .drop = local_drop,
	.put_blob = local_put_blob, .put_entry = local_put_entry,
	.stats = local_stats, .gc = local_gc, .verify = local_verify,
	.clear = local_clear, .free = local_free,
};

int
local_open(struct store **st, const char *dir, uint64_t limit, bool read_only,
	struct err *err)
{
	struct local *l = xcalloc(1, sizeof(*l));
	int r;

	l->b.ops = &local_ops;
	l->b.read_only = read_only;
	l->b.name = l->dir = xstrdup(dir);
	l->limit = limit ? limit : DEFAULT_LIMIT;
	if (!read_only)
		r = make_dirs(l, err);
	else if ((r = access(dir, R_OK | X_OK)) < 0)
		err_set(err, "cache %s: %s", dir, strerror(errno));
	if (r < 0 && err)
		err->code = EXIT_ENV;
	if (r < 0)
		local_free(&l->b);
	*st = r < 0 ? NULL : store_new(&l->b);
	return r;
}
