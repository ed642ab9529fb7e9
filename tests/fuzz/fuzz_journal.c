/* SPDX-License-Identifier: Apache-2.0 */
/* A journal of any bytes on top of a graph of four steps. Sums are put right
 * first; every second input is left as it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/load.h"
#include "state/internal.h"
#include "util/hash.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const uint64_t ID = 0x1234;

static const char manifest[] =
	"rule r\n  command = x\n"
	"build a: r s\nbuild b | c: r a t\nbuild d: r b || c\n"
	"build e: phony d\n";

static void
put_right(unsigned char *p, size_t n)
{
	struct journal_header h = {
		.magic = JOURNAL_MAGIC, .version = STATE_VERSION,
		.order = STATE_ORDER, .snapshot = ID,
	};
	struct record_header r;
	size_t at = sizeof(h);
	uint64_t last;

	if (n < sizeof(h))
		return;
	h.sum = hash_bytes(&h, offsetof(struct journal_header, sum));
	memcpy(p, &h, sizeof(h));
	last = h.sum;
	while (n - at >= sizeof(r)) {
		size_t len;

		memcpy(&r, p + at, sizeof(r));
		len = ((size_t)r.len + 7) & ~(size_t)7;
		if (n - at - sizeof(r) < len)
			break;
		memcpy(p + at, &last, sizeof(last));
		last = hash_bytes(p + at, sizeof(r) + len);
		memcpy(p + at, &last, sizeof(last));
		at += sizeof(r) + len;
	}
}

static void
load(struct graph *g)
{
	char path[] = "/tmp/tgraph-fuzz-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0 || write_all(fd, manifest, sizeof(manifest) - 1) < 0)
		abort();
	close(fd);
	if (graph_load_file(g, path, NULL, NULL) < 0)
		abort();
	unlink(path);
}

static void
check(const struct state *s)
{
	const struct graph *g = s->g;

	if (s->nnodes != g->nodes.n)
		abort();
	for (uint32_t i = 0; i < g->steps.n; i++)
		for (uint32_t k = 0; k < g->steps.p[i].nobs; k++)
			if (graph_ids(g, g->steps.p[i].obs)[k] >= g->nodes.n)
				abort();
	for (uint32_t i = 0; i < g->nodes.n; i++)
		if (graph_find(g, graph_path(g, i)) != i)
			abort();
}

static void
save(void *out, const void *p, size_t n)
{
	buf_add(out, p, n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct buf saved;
	struct graph g = { 0 };
	struct state s = { 0 };
	unsigned char *copy = xmalloc(n + 1);
	char *mapped;

	if (!saved.n) {
		load(&g);
		graph_write(&g, save, &saved);
		graph_release(&g);
	}
	mapped = xmalloc(saved.n);
	memcpy(mapped, saved.p, saved.n);
	if (!graph_map(&g, mapped, saved.n))
		abort();
	if (n)
		memcpy(copy, p, n);
	if (!n || p[n - 1] % 2 == 0)
		put_right(copy, n);
	if (state_open(&s, &g, "/nonexistent", "x", STATE_READ, NULL, NULL,
	               NULL) != 0)
		abort();
	state_rebase(&s, &g);
	s.priv->id = ID;
	s.priv->base = g.nodes.n;
	if (journal_apply(&s, (char *)copy, n) > n)
		abort();
	check(&s);
	state_forget(&s);
	check(&s);
	state_close(&s);
	graph_release(&g);
	free(mapped);
	free(copy);
	return 0;
}
