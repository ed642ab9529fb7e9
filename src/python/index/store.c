/* SPDX-License-Identifier: Apache-2.0 */
#include "python/index/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "python/index/record.h"
#include "python/scan/scan.h"
#include "util/mem.h"
#include "util/os.h"

enum { CHUNK_MAX = 64, PROGRESS_NS = 50 * 1000 * 1000 };

struct scanning {
	struct scan_file *files;
	uint32_t n, chunk;
	const struct test_index *index;
	struct scan_store *store;
	scan_progress_fn *progress;
	void *ctx;
	atomic_uint done, failed;
	pthread_mutex_t lock;    /* of progress */
	int64_t told;
};

/* What one chunk needs while it runs. */
struct work {
	struct arena scratch;
	struct buf source, records;
};

static void
tell_scanned(struct scanning *s, bool last)
{
	uint32_t done, failed;
	int64_t now;

	if (!s->progress || (!last && pthread_mutex_trylock(&s->lock) != 0))
		return;
	now = os_now();
	if (last || now - s->told >= PROGRESS_NS) {
		failed = atomic_load(&s->failed);
		done = atomic_load(&s->done);
		s->progress(s->ctx, done, s->n, failed);
		s->told = now;
	}
	if (!last)
		pthread_mutex_unlock(&s->lock);
}

/* 1 read, 0: cannot be scanned, out and f->state say why. */
static int
read_source(struct scan_file *f, struct work *w, struct scan *out)
{
	struct file_sig sig;
	struct err err = { 0 };
	const char *why = NULL;
	int r = file_sig(AT_FDCWD, f->path, &sig);

	f->state = SCAN_FILE_UNREADABLE;
	if (r < 0)
		why = strerror(errno);
	else if (r == 0)
		why = "no such file";
	else if (!S_ISREG(sig.mode))
		why = "not a regular file";
	if (!why && sig.size > SCAN_MAX_BYTES) {
		r = digest_file(AT_FDCWD, f->path, &f->digest, NULL, &err);
		if (r == 1)
			f->state = SCAN_FILE_SCANNED;
		why = "file is too large";
	}
	buf_clear(&w->source);
	if (!why && file_read(f->path, &w->source, &err) != 1)
		why = err.msg ? err.msg : "no such file";
	if (why) {
		scan_unreadable(str_of(why), &w->scratch, out);
		err_release(&err);
		return 0;
	}
	f->state = SCAN_FILE_SCANNED;
	f->digest = digest_of(w->source.p, w->source.n);
	return 1;
}

/* The index's record under this digest, if it holds one that reads. */
static bool
from_index(const struct scanning *s, struct scan_file *f)
{
	if (!s->index || digest_none(&f->digest))
		return false;
	f->record = test_index_get(s->index, &f->digest);
	if (!f->record.p)
		return false;
	f->state = SCAN_FILE_INDEXED;
	f->failed = record_flags(f->record.p, f->record.n) & SCAN_ERROR;
	return true;
}

/* record.n is set and its bytes are in w->records, unless it is indexed. */
static void
scan_one(const struct scanning *s, struct scan_file *f, struct work *w)
{
	struct scan scan;
	size_t at = w->records.n;

	if (from_index(s, f))
		return;
	if (read_source(f, w, &scan)) {
		if (from_index(s, f))
			return;
		scan_source(w->source.p, w->source.n, &w->scratch, &scan);
	} else if (f->state == SCAN_FILE_UNREADABLE) {
		f->digest = (struct digest){ { 0 } };
	}
	record_encode(&scan, &w->records);
	f->record = (struct str){ NULL, w->records.n - at };
	f->failed = scan.flags & SCAN_ERROR;
	arena_release(&w->scratch);
}

static void
scan_chunk(void *ctx, uint32_t c)
{
	struct scanning *s = ctx;
	struct work w = { 0 };
	uint32_t from = c * s->chunk, to = from + s->chunk, i;
	char *p;

	if (to > s->n)
		to = s->n;
	for (i = from; i < to; i++) {
		scan_one(s, &s->files[i], &w);
		if (s->files[i].failed)
			atomic_fetch_add(&s->failed, 1);
		atomic_fetch_add(&s->done, 1);
		tell_scanned(s, false);
	}
	if (w.records.n) {
		p = arena_text(&s->store->arenas[c], w.records.n);
		memcpy(p, w.records.p, w.records.n);
		for (i = from; i < to; i++) {
			if (s->files[i].state == SCAN_FILE_INDEXED)
				continue;
			s->files[i].record.p = p;
			p += s->files[i].record.n;
		}
	}
	buf_release(&w.source);
	buf_release(&w.records);
}

uint32_t
scan_store_fill(struct scan_file *files, uint32_t n, unsigned threads,
	const struct test_index *x, scan_progress_fn *progress, void *ctx,
	struct scan_store *store)
{
	struct scanning s = {
		.files = files, .n = n, .index = x, .store = store,
		.progress = progress, .ctx = ctx,
	};
	uint32_t chunks;

	atomic_init(&s.done, 0);
	atomic_init(&s.failed, 0);
	pthread_mutex_init(&s.lock, NULL);
	if (threads == 0)
		threads = (unsigned)os_cpus();
	s.chunk = n / (threads * 8) + 1;
	if (s.chunk > CHUNK_MAX)
		s.chunk = CHUNK_MAX;
	chunks = (n + s.chunk - 1) / s.chunk;
	store->arenas = xcalloc(chunks, sizeof(*store->arenas));
	store->n = chunks;
	s.told = os_now();
	os_parallel(threads, chunks, scan_chunk, &s);
	tell_scanned(&s, true);
	pthread_mutex_destroy(&s.lock);
	return atomic_load(&s.failed);
}

void
scan_store_release(struct scan_store *store)
{
	size_t i;

	for (i = 0; i < store->n; i++)
		arena_release(&store->arenas[i]);
	free(store->arenas);
	*store = (struct scan_store){ 0 };
}

static int
row_order(const void *a, const void *b)
{
	const struct test_index_row *x = a, *y = b;

	return memcmp(x->digest.b, y->digest.b, DIGEST_SIZE);
}

int
scan_store_save(const char *path, const struct scan_file *files, uint32_t n,
	const struct test_index *x, struct err *err)
{
	struct test_index_row *rows = xcalloc(n, sizeof(*rows));
	uint32_t i, used = 0, known = 0;
	bool fresh = false;
	int r = 0;

	for (i = 0; i < n; i++) {
		if (files[i].state == SCAN_FILE_UNREADABLE)
			continue;
		fresh |= files[i].state == SCAN_FILE_SCANNED;
		rows[used].digest = files[i].digest;
		rows[used++].record = files[i].record;
	}
	if (!fresh && x) {
		qsort(rows, used, sizeof(*rows), row_order);
		for (i = 0; i < used; i++)
			known += !i || row_order(&rows[i - 1], &rows[i]) != 0;
		fresh = known != x->count;
	}
	if (fresh || !x)
		r = test_index_write(path, rows, used, err);
	free(rows);
	return r;
}
