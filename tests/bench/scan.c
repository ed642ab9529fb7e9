/* SPDX-License-Identifier: Apache-2.0 */
/* How fast the scanner is: reads every file named on standard input, one a
 * line, into memory, then times tokens alone, whole scans, records made and
 * records read, each the best of some rounds in this thread; and
 * scan_store_fill cold and from an index, with the threads of the command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "python/index/record.h"
#include "python/index/store.h"
#include "python/lex/source.h"
#include "python/lex/token.h"
#include "python/scan/scan.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/os.h"

enum { ROUNDS = 7 };

struct bench {
	char **paths;
	struct buf *text, *record;
	size_t n, cap_paths;
	size_t bytes, record_bytes, tokens;
};

/* Time this thread has worked, so that other programs count for little. */
static int64_t
worked(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void
tokens(struct bench *b, size_t i)
{
	struct arena a = { 0 };
	struct source src;
	struct lexer *x = xmalloc(sizeof(*x));
	struct token t;

	source_prepare(b->text[i].p, b->text[i].n, &a, &src);
	lexer_init(x, &src);
	do {
		lexer_next(x, &t);
		b->tokens++;
	} while (t.kind != TOK_EOF);
	free(x);
	arena_release(&a);
}

static void
scans(struct bench *b, size_t i)
{
	struct arena a = { 0 };
	struct scan s;

	scan_source(b->text[i].p, b->text[i].n, &a, &s);
	arena_release(&a);
}

static void
records(struct bench *b, size_t i)
{
	struct arena a = { 0 };
	struct scan s;

	scan_source(b->text[i].p, b->text[i].n, &a, &s);
	buf_clear(&b->record[i]);
	record_encode(&s, &b->record[i]);
	b->record_bytes += b->record[i].n;
	arena_release(&a);
}

static void
decodes(struct bench *b, size_t i)
{
	struct arena a = { 0 };
	struct scan s;

	if (!record_decode(b->record[i].p, b->record[i].n, &a, &s))
		abort();
	arena_release(&a);
}

static void
imports(struct bench *b, size_t i)
{
	static struct arena a;
	struct scan s;

	if (!record_decode_imports(b->record[i].p, b->record[i].n, &a, &s))
		abort();
	if (i + 1 == b->n)
		arena_release(&a);
}

static void
run(struct bench *b, const char *what, void (*fn)(struct bench *, size_t))
{
	int64_t best = INT64_MAX, t;
	size_t i;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		b->tokens = b->record_bytes = 0;
		t = worked();
		for (i = 0; i < b->n; i++)
			fn(b, i);
		t = worked() - t;
		if (t < best)
			best = t;
	}
	printf("%-16s %8.2f ms  %7.1f MB/s of source\n", what,
		(double)best / 1e6, (double)b->bytes / ((double)best / 1e3));
}

static void
files(struct bench *b, unsigned threads)
{
	struct scan_file *v = xcalloc(b->n, sizeof(*v));
	struct scan_store store = { 0 };
	struct test_index x = { 0 };
	struct err err = { 0 };
	char path[] = "/tmp/tgraph-bench-XXXXXX";
	int64_t t;
	size_t i;

	if (mkstemp(path) < 0)
		exit(3);
	for (i = 0; i < b->n; i++)
		v[i].path = b->paths[i];
	t = os_now();
	scan_store_fill(v, (uint32_t)b->n, threads, NULL, NULL, NULL, &store);
	printf("%-16s %8.2f ms\n", "files, cold", (double)(os_now() - t) / 1e6);
	t = os_now();
	if (scan_store_save(path, v, (uint32_t)b->n, NULL, &err) < 0)
		exit(3);
	printf("%-16s %8.2f ms\n", "index written",
		(double)(os_now() - t) / 1e6);
	scan_store_release(&store);
	t = os_now();
	if (test_index_open(&x, path, NULL, &err) != 1)
		exit(3);
	scan_store_fill(v, (uint32_t)b->n, threads, &x, NULL, NULL, &store);
	printf("%-16s %8.2f ms\n", "files, warm", (double)(os_now() - t) / 1e6);
	scan_store_release(&store);
	test_index_release(&x);
	unlink(path);
	free(v);
}

int
main(int argc, char **argv)
{
	struct bench b = { 0 };
	char line[4096];
	size_t i;

	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		b.paths = vec_grow(b.paths, &b.cap_paths, b.n + 1,
			sizeof(*b.paths));
		b.paths[b.n++] = xstrdup(line);
	}
	b.text = xcalloc(b.n, sizeof(*b.text));
	b.record = xcalloc(b.n, sizeof(*b.record));
	for (i = 0; i < b.n; i++) {
		if (file_read(b.paths[i], &b.text[i], NULL) != 1)
			return 3;
		b.bytes += b.text[i].n;
	}
	run(&b, "tokens", tokens);
	printf("%zu files, %zu bytes, %zu tokens\n", b.n, b.bytes, b.tokens);
	run(&b, "scans", scans);
	run(&b, "scans + records", records);
	printf("%zu bytes of records\n", b.record_bytes);
	run(&b, "decoded", decodes);
	run(&b, "imports decoded", imports);
	files(&b, argc > 1 ? (unsigned)atoi(argv[1]) : 0);
	for (i = 0; i < b.n; i++) {
		free(b.paths[i]);
		buf_release(&b.text[i]);
		buf_release(&b.record[i]);
	}
	free(b.paths);
	free(b.text);
	free(b.record);
	return 0;
}
