/* SPDX-License-Identifier: Apache-2.0 */
#include "store/local/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/fs.h>
#endif

#include <zstd.h>

#include "store/sink.h"
#include "store/temp.h"
#include "util/mem.h"

/* A blob that can be cloned (copy-on-write) from the output costs no space and
 * hardly any time, and stays as it is. Otherwise zstd at level 1 halves most
 * outputs at 300 MB/s and gives them back at 800 MB/s; what does not shrink
 * by a quarter at its start is copied. */

enum { CHUNK = 128 * 1024, COMPRESS_ABOVE = 4096 };

static const char ZST[] = ".zst";

static bool
clone(int from, int to)
{
#ifdef FICLONE
	return ioctl(to, FICLONE, from) == 0;
#else
	(void)from;
	(void)to;
	return false;
#endif
}

static ssize_t
read_some(int fd, void *p, size_t n)
{
	ssize_t r;

	do {
		r = read(fd, p, n);
	} while (r < 0 && errno == EINTR);
	return r;
}

/* ---- putting ---- */

static bool
shrinks(const char *p, size_t n)
{
	size_t room = ZSTD_compressBound(n), z;
	char *out = xmalloc(room);

	z = ZSTD_compress(out, room, p, n, 1);
	free(out);
	return !ZSTD_isError(z) && z < n - n / 4;
}

static int
compress_rest(int in, int out, char *chunk, ssize_t n)
{
	size_t room = ZSTD_CStreamOutSize();
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	char *z = xmalloc(room);
	int r = ctx ? 0 : -1;

	while (r == 0) {
		ZSTD_EndDirective end = n == 0 ? ZSTD_e_end : ZSTD_e_continue;
		ZSTD_inBuffer src = { chunk, (size_t)n, 0 };
		size_t left = 0;

		do {
			ZSTD_outBuffer dst = { z, room, 0 };

			left = ZSTD_compressStream2(ctx, &dst, &src, end);
			if (ZSTD_isError(left) ||
			    write_all(out, z, dst.pos) < 0)
				r = -1;
		} while (r == 0 && (src.pos < src.size ||
		         (end == ZSTD_e_end && left)));
		if (end == ZSTD_e_end || r < 0)
			break;
		n = read_some(in, chunk, CHUNK);
		if (n < 0)
			r = -1;
	}
	ZSTD_freeCCtx(ctx);
	free(z);
	return r;
}

static int
copy_rest(int in, int out, char *chunk, ssize_t n)
{
	while (n > 0) {
		if (write_all(out, chunk, (size_t)n) < 0)
			return -1;
		n = read_some(in, chunk, CHUNK);
	}
	return (int)n;
}

/* *zstd: how it was written. */
static int
fill_blob(int in, int out, bool *zstd)
{
	char *chunk;
	ssize_t n;
	int r;

	*zstd = false;
	if (clone(in, out))
		return 0;
	chunk = xmalloc(CHUNK);
	n = read_some(in, chunk, CHUNK);
	*zstd = n > COMPRESS_ABOVE && shrinks(chunk, (size_t)n);
	if (n < 0)
		r = -1;
	else if (*zstd)
		r = compress_rest(in, out, chunk, n);
	else
		r = copy_rest(in, out, chunk, n);
	free(chunk);
	return r;
}

static bool
is_there(struct local *l, const struct digest *d)
{
	static const char *const ends[] = { ZST, "" };
	struct buf path = { 0 };
	bool found = false;

	for (size_t i = 0; i < countof(ends) && !found; i++) {
		int fd;

		buf_clear(&path);
		local_path(l, "cas", d, ends[i], &path);
		fd = open(path.p, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		local_touch(l, fd);
		close(fd);
		found = true;
	}
	buf_release(&path);
	return found;
}

static bool
sig_is(int fd, const struct file_sig *sig)
{
	struct file_sig now;
	struct stat s;

	if (fstat(fd, &s) < 0)
		return false;
	file_sig_of(&s, &now);
	return file_sig_eq(&now, sig);
}

static int
write_blob(struct local *l, int in, const struct file_sig *sig,
	const struct digest *d, const char *from, struct err *err)
{
	struct buf path = { 0 }, tmp = { 0 };
	struct stat s = { 0 };
	bool zstd, ok;
	int out;

	local_path(l, "cas", d, "", &path);
	out = temp_open(path.p, 0444, &tmp);
	if (out < 0) {
		err_set(err, "create %s: %s", path.p, strerror(errno));
		goto release;
	}
	ok = fill_blob(in, out, &zstd) == 0;
	if (!ok)
		err_set(err, "write %s: %s", path.p, strerror(errno));
	if (ok && !sig_is(in, sig))
		ok = err_set(err, "%s changed while it was stored", from) == 0;
	fstat(out, &s);
	if (close(out) < 0 && ok)
		ok = err_set(err, "write %s: %s", path.p,
		             strerror(errno)) == 0;
	if (zstd)
		buf_adds(&path, ZST);
	if (ok && rename(tmp.p, path.p) < 0)
		ok = err_set(err, "write %s: %s", path.p,
		             strerror(errno)) == 0;
	if (ok)
		l->added += (uint64_t)s.st_size;
	else
		unlink(tmp.p);
	out = ok ? 0 : -1;
release:
	buf_release(&path);
	buf_release(&tmp);
	return out;
}

int
local_put_blob(struct store_backend *b, const char *path,
	const struct file_sig *sig, const struct digest *d, struct err *err)
{
	struct local *l = local_of(b);
	int fd, r;

	if (is_there(l, d))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
	if (fd < 0)
		return err_set(err, "open %s: %s", path, strerror(errno));
	if (sig_is(fd, sig))
		r = write_blob(l, fd, sig, d, path, err);
	else
		r = err_set(err, "%s changed before it was stored", path);
	close(fd);
	return r;
}

/* ---- getting ---- */

static bool
decompress_chunk(ZSTD_DCtx *ctx, const char *p, size_t n, char *out,
	size_t room, size_t *left, struct blob_sink *sink)
{
	ZSTD_inBuffer src = { p, n, 0 };

	while (src.pos < src.size) {
		ZSTD_outBuffer dst = { out, room, 0 };

		*left = ZSTD_decompressStream(ctx, &dst, &src);
		if (ZSTD_isError(*left) || !sink_add(sink, out, dst.pos))
			return false;
	}
	return true;
}

static bool
decompress(int in, struct blob_sink *sink)
{
	size_t room = ZSTD_DStreamOutSize(), left = 1;
	ZSTD_DCtx *ctx = ZSTD_createDCtx();
	char *chunk = xmalloc(CHUNK), *out = xmalloc(room);
	bool ok = ctx != NULL;
	ssize_t n = 0;

	while (ok && (n = read_some(in, chunk, CHUNK)) > 0)
		ok = decompress_chunk(ctx, chunk, (size_t)n, out, room, &left,
		                      sink);
	ZSTD_freeDCtx(ctx);
	free(chunk);
	free(out);
	return ok && n == 0 && left == 0;
}

static bool
copy(int in, struct blob_sink *sink)
{
	char *chunk = xmalloc(CHUNK);
	bool ok = true;
	ssize_t n = 0;

	while (ok && (n = read_some(in, chunk, CHUNK)) > 0)
		ok = sink_add(sink, chunk, (size_t)n);
	free(chunk);
	return ok && n == 0;
}

/* false: no use to go on. */
static bool
pour(int in, bool zstd, struct blob_sink *sink)
{
	return zstd ? decompress(in, sink) : copy(in, sink);
}

static bool
take_file(int in, bool zstd, struct store_ask *ask)
{
	struct blob_sink *sink = ask->sink;

	sink->copied = !zstd && sink->fd >= 0 && clone(in, sink->fd);
	return pour(in, zstd, sink) &&
	       sink_is(sink, &ask->digest, sink->limit);
}

enum store_answer
local_get(struct store_backend *b, struct store_ask *ask)
{
	static const char *const ends[] = { ZST, "" };
	struct local *l = local_of(b);
	enum store_answer how = STORE_MISS;
	struct buf path = { 0 };

	for (size_t i = 0; i < countof(ends) && how == STORE_MISS; i++) {
		int in;

		buf_clear(&path);
		local_path(l, "cas", &ask->digest, ends[i], &path);
		in = open(path.p, O_RDONLY | O_CLOEXEC);
		if (in < 0)
			continue;
		if (take_file(in, i == 0, ask)) {
			how = STORE_HIT;
			local_touch(l, in);
		} else if (!ask->sink->failed && !b->read_only) {
			unlink(path.p);
		}
		close(in);
		if (how == STORE_MISS &&
		    (ask->sink->failed || sink_again(ask->sink) < 0))
			break;
	}
	buf_release(&path);
	return how;
}

int
blob_check(const char *path, const char *name)
{
	size_t n = strlen(name);
	bool zstd = n == DIGEST_HEX + 4 && strcmp(name + DIGEST_HEX, ZST) == 0;
	struct blob_sink sink;
	struct digest d;
	bool whole;
	int fd;

	if (!(zstd || n == DIGEST_HEX) || !digest_parse(&d, name, DIGEST_HEX))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	sink_init(&sink, -1, UINT64_MAX);
	whole = pour(fd, zstd, &sink);
	close(fd);
	return whole && sink_is(&sink, &d, UINT64_MAX);
}
