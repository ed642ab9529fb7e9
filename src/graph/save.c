/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "graph/graph.h"

/* Saved graph: this header, then the arrays in its order, each from a multiple
 * of 8 bytes. Native byte order and structs: a file from elsewhere has another
 * magic or sizes and is not used. */

enum { ARRAYS = 13, VERSION = 6 };

static const uint32_t MAGIC = 0x52474754;       /* "TGGR" */

struct header {
	uint32_t magic, version;
	uint32_t count[ARRAYS];
	uint32_t size[ARRAYS];  /* of an element */
	uint32_t phony_cycles;
	uint32_t pad[3];
};

_Static_assert(sizeof(struct header) % 8 == 0, "arrays start 8-aligned");
_Static_assert(sizeof(struct graph_step) == 76, "saved as it is");
_Static_assert(sizeof(struct graph_node) == 28, "saved as it is");

/* The arrays as (pointer, n, size of element), in file order. */
struct piece {
	void **p;
	uint32_t *n, *cap;
	uint32_t size;
};

#define PIECE(a) { (void **)&(a).p, &(a).n, &(a).cap, sizeof(*(a).p) }

static void
pieces(struct graph *g, struct piece out[ARRAYS])
{
	const struct piece list[ARRAYS] = {
		PIECE(g->text), PIECE(g->nodes), PIECE(g->steps),
		PIECE(g->ids), PIECE(g->vars), PIECE(g->rules),
		PIECE(g->scopes), PIECE(g->pools), PIECE(g->files),
		PIECE(g->syms), PIECE(g->symtab), PIECE(g->defaults),
		PIECE(g->table),
	};

	memcpy(out, list, sizeof(list));
}

void
graph_write(const struct graph *g,
	void (*add)(void *ctx, const void *p, size_t n), void *ctx)
{
	static const char zero[8];
	struct graph view = *g;
	struct header h = {
		.magic = MAGIC, .version = VERSION,
		.phony_cycles = g->phony_cycles,
	};
	struct piece piece[ARRAYS];

	pieces(&view, piece);
	for (int i = 0; i < ARRAYS; i++) {
		h.count[i] = *piece[i].n;
		h.size[i] = piece[i].size;
	}
	add(ctx, &h, sizeof(h));
	for (int i = 0; i < ARRAYS; i++) {
		size_t n = (size_t)h.count[i] * h.size[i];

		add(ctx, *piece[i].p, n);
		add(ctx, zero, -n & 7);
	}
}

static bool
ids_ok(const uint32_t *p, uint32_t n, uint32_t limit)
{
	uint32_t max = 0;

	for (uint32_t i = 0; i < n; i++)
		max = p[i] > max ? p[i] : max;
	return n == 0 || max < limit;
}

static bool
span_fits(uint32_t from, uint32_t n, uint32_t limit)
{
	return from <= limit && n <= limit - from;
}

/* n ids at from, each below limit. */
static bool
list_ok(const struct graph *g, uint32_t from, uint32_t n, uint32_t limit)
{
	return span_fits(from, n, g->ids.n) && ids_ok(g->ids.p + from, n, limit);
}

/* Text of len bytes at at, with its NUL. */
static bool
text_ok(const struct graph *g, uint32_t at, uint32_t len)
{
	return span_fits(at, len, g->text.n) && at + len < g->text.n &&
	       g->text.p[at + len] == '\0';
}

static bool
nodes_ok(const struct graph *g)
{
	for (uint32_t i = 0; i < g->nodes.n; i++) {
		const struct graph_node *n = &g->nodes.p[i];

		if (!text_ok(g, n->path, n->len) ||
		    !list_ok(g, n->users, n->nusers, g->steps.n) ||
		    (n->producer >= g->steps.n && n->producer != GRAPH_NONE))
			return false;
	}
	return true;
}

static bool
steps_ok(const struct graph *g)
{
	for (uint32_t i = 0; i < g->steps.n; i++) {
		const struct graph_step *s = &g->steps.p[i];

		if (s->rule >= g->rules.n || s->scope >= g->scopes.n ||
		    s->pool >= g->pools.n || s->nouts == 0 ||
		    s->nimplicit_outs > s->nouts ||
		    !list_ok(g, s->outs, s->nouts, g->nodes.n) ||
		    !list_ok(g, s->ins, s->nins, g->nodes.n) ||
		    !span_fits(s->nimplicit, s->norder, s->nins) ||
		    !list_ok(g, s->vals, s->nvals, g->nodes.n) ||
		    !list_ok(g, s->obs, s->nobs, g->nodes.n) ||
		    !span_fits(s->vars, s->nvars, g->vars.n))
			return false;
	}
	return true;
}

static bool
small_ok(const struct graph *g)
{
	uint32_t i;

	for (i = 0; i < g->vars.n; i++)
		if (g->vars.p[i].sym >= g->syms.n ||
		    !text_ok(g, g->vars.p[i].value, g->vars.p[i].len))
			return false;
	for (i = 0; i < g->rules.n; i++)
		if (!text_ok(g, g->rules.p[i].name, g->rules.p[i].len) ||
		    !span_fits(g->rules.p[i].vars, g->rules.p[i].nvars,
		               g->vars.n))
			return false;
	for (i = 0; i < g->scopes.n; i++)
		if ((g->scopes.p[i].parent >= i &&
		     g->scopes.p[i].parent != GRAPH_NONE) ||
		    !span_fits(g->scopes.p[i].vars, g->scopes.p[i].nvars,
		               g->vars.n))
			return false;
	for (i = 0; i < g->pools.n; i++)
		if (!text_ok(g, g->pools.p[i].name, g->pools.p[i].len))
			return false;
	for (i = 0; i < g->files.n; i++)
		if (!text_ok(g, g->files.p[i].path, g->files.p[i].len))
			return false;
	for (i = 0; i < g->syms.n; i++)
		if (!text_ok(g, g->syms.p[i].name, g->syms.p[i].len))
			return false;
	return g->rules.n && g->scopes.n && g->pools.n > 1 &&
	       g->syms.n >= SYM_FIXED;
}

/* A table: a power of two of slots, ids in range, a free one. */
static bool
table_ok(const uint32_t *p, uint32_t slots, uint32_t limit)
{
	uint32_t used = 0;

	if (slots == 0)
		return limit == 0;
	if (slots & (slots - 1))
		return false;
	for (uint32_t i = 0; i < slots; i++) {
		used += p[i] != 0;
		if (p[i] > limit)
			return false;
	}
	return used < slots;
}

bool
graph_map(struct graph *g, void *p, size_t n)
{
	struct graph view = { 0 };
	struct header h;
	struct piece piece[ARRAYS];
	size_t at = sizeof(h);

	if (n < sizeof(h))
		return false;
	memcpy(&h, p, sizeof(h));
	if (h.magic != MAGIC || h.version != VERSION)
		return false;
	pieces(&view, piece);
	for (int i = 0; i < ARRAYS; i++) {
		size_t len = (size_t)h.count[i] * h.size[i];

		if (h.size[i] != piece[i].size || len > n - at)
			return false;
		*piece[i].p = (char *)p + at;
		*piece[i].n = h.count[i];
		at += len + (-len & 7);
		if (at > n)
			return false;
	}
	if (!nodes_ok(&view) || !steps_ok(&view) || !small_ok(&view) ||
	    !ids_ok(view.defaults.p, view.defaults.n, view.nodes.n) ||
	    !table_ok(view.table.p, view.table.n, view.nodes.n) ||
	    !table_ok(view.symtab.p, view.symtab.n, view.syms.n))
		return false;
	view.phony_cycles = h.phony_cycles;
	*g = view;
	return true;
}
