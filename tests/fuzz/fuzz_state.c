/* SPDX-License-Identifier: Apache-2.0 */
/* A snapshot of any bytes. Sums are put right first, or nothing behind them
 * would ever be reached; every second input is left as it is. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "state/internal.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static char dir[64];

static void
remove_dir(void)
{
	rmdir(dir);
}

static void
put_right(unsigned char *p, size_t n)
{
	struct snap_header h;

	if (n < sizeof(h))
		return;
	memcpy(&h, p, sizeof(h));
	memcpy(h.magic, SNAP_MAGIC, sizeof(h.magic));
	h.version = STATE_VERSION;
	h.order = STATE_ORDER;
	h.size = n;
	for (int i = 0; i < SNAP_SECTIONS; i++) {
		struct snap_part *s = &h.part[i];

		if (s->at <= n && s->size <= n - s->at)
			s->sum = format_sum(p + s->at, s->size);
	}
	h.sum = format_header_sum(&h);
	memcpy(p, &h, sizeof(h));
}

/* Everything that is kept is touched. */
static void
use(struct state *s)
{
	struct file_sig sig = { .mode = 0100644 };
	struct digest d;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < s->nnodes; i++) {
		struct digest none = { 0 };

		sum += (uint64_t)state_lookup(s, graph_path(s->g, i), &sig, &d);
		if (s->node_flags[i] & ~(NODE_KNOWN | NODE_RACY))
			abort();
		state_set(s, i, &sig, &none);
	}
	for (uint32_t i = 0; i < s->nsteps; i++)
		sum += s->result[i].status;
	for (unsigned i = 0; i < STATE_EXTRAS; i++) {
		struct str e = state_extra(s, i);

		for (size_t k = 0; k < e.n; k++)
			sum += (unsigned char)e.p[k];
	}
	s->g->users_stale = true;
	state_forget(s);
	if (sum == 42)
		state_verified(s, 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct state s = { 0 };
	struct graph g = { 0 };
	struct buf path = { 0 };
	unsigned char *copy = xmalloc(n + 1);
	int fd;

	if (n)
		memcpy(copy, p, n);
	if (!n || p[n - 1] % 2 == 0)
		put_right(copy, n);
	if (!dir[0]) {
		snprintf(dir, sizeof(dir), "/tmp/tgraph-fuzz-XXXXXX");
		if (!mkdtemp(dir) || atexit(remove_dir) != 0)
			abort();
	}
	buf_addf(&path, "%s/x.state", dir);
	fd = open(path.p, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write_all(fd, copy, n) < 0)
		abort();
	close(fd);
	if (state_open(&s, &g, dir, "x", STATE_READ, NULL, NULL, NULL) == 1)
		use(&s);
	state_close(&s);
	graph_release(&g);
	unlink(path.p);
	buf_release(&path);
	free(copy);
	return 0;
}
