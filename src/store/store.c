/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/internal.h"
#include "util/mem.h"
#include "util/os.h"

static const uint64_t DEFAULT_LIMIT = UINT64_C(5) << 30;
static const int64_t HOUR_NS = INT64_C(3600) * 1000000000;

static const char TAG[] =
	"Signature: 8a477f597d28d172789f06886806bc55\n"
	"# Results of steps, kept by tgraph; may be removed at any time.\n";

int
store_default_dir(struct buf *out)
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
store_own_dir(const char *dir, bool read_only, struct err *err)
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
make_dirs(const struct store *st, struct err *err)
{
	static const char *const sub[] = { "/cas", "/ac" };
	struct buf b = { 0 };
	int r = 0;

	for (size_t i = 0; i < countof(sub) && r == 0; i++) {
		buf_clear(&b);
		buf_adds(&b, st->dir);
		buf_adds(&b, sub[i]);
		r = dir_make(b.p, err);
	}
	buf_clear(&b);
	buf_adds(&b, st->dir);
	if (r == 0 && access(b.p, W_OK | X_OK) < 0)
		r = err_set(err, "cache %s: %s", st->dir, strerror(errno));
	buf_adds(&b, "/CACHEDIR.TAG");
	if (r == 0 && access(b.p, F_OK) < 0)
		r = file_write(b.p, TAG, sizeof(TAG) - 1, false, err);
	buf_release(&b);
	return r;
}

int
store_open(struct store **out, const char *dir, uint64_t limit, bool read_only,
	struct err *err)
{
	struct store *st = xcalloc(1, sizeof(*st));
	int r;

	st->dir = xstrdup(dir);
	st->limit = limit ? limit : DEFAULT_LIMIT;
	st->read_only = read_only;
	if (!read_only)
		r = make_dirs(st, err);
	else if ((r = access(dir, R_OK | X_OK)) < 0)
		err_set(err, "cache %s: %s", dir, strerror(errno));
	if (r < 0) {
		if (err)
			err->code = EXIT_ENV;
		store_close(st);
		st = NULL;
	}
	*out = st;
	return r;
}

void
store_close(struct store *st)
{
	if (!st)
		return;
	if (st->added)
		gc_account(st);
	map_release(&st->names);
	free(st->programs);
	arena_release(&st->arena);
	free(st->dir);
	free(st);
}

void
store_path(const struct store *st, const char *kind, const struct digest *d,
	const char *end, struct buf *out)
{
	char hex[DIGEST_HEX + 1];

	digest_hex(d, hex);
	buf_addf(out, "%s/%s/%.2s/%s%s", st->dir, kind, hex, hex, end);
}

int
store_temp(const char *path, mode_t mode, struct buf *tmp)
{
	mode_t mask = umask(022);
	int fd;

	umask(mask);
	for (int tries = 0; ; tries++) {
		buf_clear(tmp);
		buf_addf(tmp, "%s.tmpXXXXXX", path);
		fd = mkostemp(tmp->p, O_CLOEXEC);
		if (fd >= 0 || errno != ENOENT || tries ||
		    dir_make_parent(path, NULL) < 0)
			break;
	}
	if (fd >= 0 && fchmod(fd, mode & ~mask) < 0)
		mode = 0; /* some file systems know no modes */
	return fd;
}

void
store_touch(const struct store *st, int fd)
{
	struct file_sig sig;
	struct stat s;

	if (st->read_only || fstat(fd, &s) < 0)
		return;
	file_sig_of(&s, &sig);
	if (os_wall() - sig.mtime_ns > HOUR_NS && futimens(fd, NULL) < 0)
		return; /* it will go a little early */
}
