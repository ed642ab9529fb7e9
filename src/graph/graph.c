/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/graph.h"

#include <assert.h>
#include <stdlib.h>

#include "graph/internal.h"
#include "util/hash.h"
#include "util/mem.h"

void *
graph_grow(void *p, uint32_t n, uint32_t *cap, size_t need, size_t size)
{
	size_t want = *cap ? *cap : n;
	void *copy;

	if (need <= *cap)
		return p;
	while (want < need)
		want = want < 64 ? 64 : want + want / 2;
	assert(want < GRAPH_NONE);
	if (*cap) {
		p = xreallocarray(p, want, size);
	} else {
		copy = xreallocarray(NULL, want, size);
		if (n)
			memcpy(copy, p, n * size);
		p = copy;
	}
	*cap = (uint32_t)want;
	return p;
}

void
graph_release(struct graph *g)
{
	if (g->text.cap)
		free(g->text.p);
	if (g->nodes.cap)
		free(g->nodes.p);
	if (g->steps.cap)
		free(g->steps.p);
	if (g->ids.cap)
		free(g->ids.p);
	if (g->vars.cap)
		free(g->vars.p);
	if (g->rules.cap)
		free(g->rules.p);
	if (g->scopes.cap)
		free(g->scopes.p);
	if (g->pools.cap)
		free(g->pools.p);
	if (g->files.cap)
		free(g->files.p);
	if (g->syms.cap)
		free(g->syms.p);
	if (g->symtab.cap)
		free(g->symtab.p);
	if (g->defaults.cap)
		free(g->defaults.p);
	if (g->table.cap)
		free(g->table.p);
	free(g->reads.p);
	*g = (struct graph){ 0 };
}

uint32_t
graph_text_add(struct graph *g, struct str s)
{
	uint32_t at = g->text.n;

	GRAPH_GROW(g->text, (size_t)at + s.n + 1);
	if (s.n)
		memcpy(g->text.p + at, s.p, s.n);
	g->text.p[at + s.n] = '\0';
	g->text.n = at + (uint32_t)s.n + 1;
	return at;
}

uint32_t
graph_ids_add(struct graph *g, const uint32_t *ids, size_t n)
{
	uint32_t at = g->ids.n;

	GRAPH_GROW(g->ids, at + n);
	if (n)
		memcpy(g->ids.p + at, ids, n * sizeof(*ids));
	g->ids.n = at + (uint32_t)n;
	return at;
}

/* The tables hold ids + 1 in a power of two of slots, at most 2/3 full. */

static uint32_t *
node_slot(const struct graph *g, struct str path, uint32_t hash)
{
	uint32_t mask = g->table.n - 1, i = hash & mask;

	while (g->table.p[i] &&
	       (g->nodes.p[g->table.p[i] - 1].hash != hash ||
		!str_eq(graph_path(g, g->table.p[i] - 1), path)))
		i = (i + 1) & mask;
	return &g->table.p[i];
}

static uint32_t
path_hash(struct str path)
{
	return (uint32_t)hash_bytes(path.p, path.n);
}

static void
table_alloc(struct graph *g, uint32_t slots)
{
	if (g->table.cap)
		free(g->table.p);
	g->table.p = xcalloc(slots, sizeof(*g->table.p));
	g->table.n = g->table.cap = slots;
	for (uint32_t n = 0; n < g->nodes.n; n++) {
		uint32_t i = g->nodes.p[n].hash & (slots - 1);

		while (g->table.p[i])
			i = (i + 1) & (slots - 1);
		g->table.p[i] = n + 1;
	}
}

uint32_t
graph_find(const struct graph *g, struct str path)
{
	return g->table.n ? *node_slot(g, path, path_hash(path)) - 1 :
	       GRAPH_NONE;
}

uint32_t
graph_node_add(struct graph *g, struct str path)
{
	uint32_t *slot, id = g->nodes.n, hash = path_hash(path);

	if (g->table.n == 0 || (id + 1) / 2 * 3 > g->table.n)
		table_alloc(g, g->table.n ? g->table.n * 2 : 1024);
	slot = node_slot(g, path, hash);
	if (*slot)
		return *slot - 1;
	if (g->table.cap == 0) {
		/* Mapped: take a copy to write into. */
		GRAPH_GROW(g->table, g->table.n + 1);
		slot = node_slot(g, path, hash);
	}
	GRAPH_GROW(g->nodes, (size_t)id + 1);
	g->nodes.p[id] = (struct graph_node){
		.path = graph_text_add(g, path),
		.len = (uint32_t)path.n,
		.producer = GRAPH_NONE,
		.hash = hash,
	};
	g->nodes.n++;
	*slot = id + 1;
	g->users_stale = true;
	return id;
}

struct str
graph_sym_name(const struct graph *g, uint32_t sym)
{
	return graph_text(g, g->syms.p[sym].name, g->syms.p[sym].len);
}

static uint32_t *
sym_slot(const struct graph *g, struct str name)
{
	uint32_t mask = g->symtab.n - 1;
	uint32_t i = (uint32_t)hash_bytes(name.p, name.n) & mask;

	while (g->symtab.p[i] &&
	       !str_eq(graph_sym_name(g, g->symtab.p[i] - 1), name))
		i = (i + 1) & mask;
	return &g->symtab.p[i];
}

uint32_t
graph_sym(const struct graph *g, struct str name)
{
	return g->symtab.n ? *sym_slot(g, name) - 1 : GRAPH_NONE;
}

uint32_t
graph_sym_add(struct graph *g, struct str name)
{
	uint32_t *slot, id = g->syms.n, slots;

	if (g->symtab.n == 0 || id * 2 >= g->symtab.n) {
		slots = g->symtab.n ? g->symtab.n * 2 : 128;
		if (g->symtab.cap)
			free(g->symtab.p);
		g->symtab.p = xcalloc(slots, sizeof(*g->symtab.p));
		g->symtab.n = g->symtab.cap = slots;
		for (uint32_t i = 0; i < id; i++)
			*sym_slot(g, graph_sym_name(g, i)) = i + 1;
	}
	slot = sym_slot(g, name);
	if (*slot)
		return *slot - 1;
	GRAPH_GROW(g->syms, (size_t)id + 1);
	g->syms.p[id] = (struct graph_sym_name){
		.name = graph_text_add(g, name), .len = (uint32_t)name.n,
	};
	g->syms.n++;
	*slot = id + 1;
	return id;
}

/* Notes an id in a table of id + 1 in a power of two of slots, shift less than
 * 32 by its exponent. false: it was there. */
static bool
note_id(uint32_t *slots, unsigned shift, uint32_t id)
{
	uint32_t mask = UINT32_MAX >> shift;
	uint32_t i = id * UINT32_C(2654435769) >> shift;

	for (; slots[i]; i = (i + 1) & mask)
		if (slots[i] == id + 1)
			return false;
	slots[i] = id + 1;
	return true;
}

void
graph_observe(struct graph *g, uint32_t step, const uint32_t *nodes,
	uint32_t n)
{
	struct graph_step *s = &g->steps.p[step];
	uint32_t *set = xreallocarray(NULL, n + 1, sizeof(*set)), count = 0;
	const uint32_t *ins = graph_ids(g, s->ins);
	size_t most = (size_t)n + s->nins;
	unsigned shift = 28;
	uint32_t *seen;

	assert(most < UINT32_MAX / 2);
	while (UINT32_MAX >> shift < 2 * most)
		shift--;
	seen = xcalloc((size_t)(UINT32_MAX >> shift) + 1, sizeof(*seen));
	for (uint32_t i = 0; i + s->norder < s->nins; i++)
		note_id(seen, shift, ins[i]);
	for (uint32_t i = 0; i < n; i++)
		if (note_id(seen, shift, nodes[i]))
			set[count++] = nodes[i];
	free(seen);
	if (count != s->nobs ||
	    (count && memcmp(graph_ids(g, s->obs), set,
	                     count * sizeof(*set)) != 0)) {
		uint32_t at = s->obs;

		if (count <= s->nobs && g->ids.cap)
			memcpy(g->ids.p + at, set, count * sizeof(*set));
		else
			at = graph_ids_add(g, set, count);
		s = &g->steps.p[step];
		s->obs = at;
		s->nobs = count;
		g->users_stale = true;
	}
	free(set);
}

/* Replaces a range of ids by a longer one with more put in at position at. */
static uint32_t
splice(struct graph *g, uint32_t from, uint32_t n, uint32_t at,
	const uint32_t *more, uint32_t nmore)
{
	uint32_t start = g->ids.n;

	GRAPH_GROW(g->ids, (size_t)start + n + nmore);
	memcpy(g->ids.p + start, g->ids.p + from, at * sizeof(*more));
	if (nmore)
		memcpy(g->ids.p + start + at, more, nmore * sizeof(*more));
	memcpy(g->ids.p + start + at + nmore, g->ids.p + from + at,
	       (n - at) * sizeof(*more));
	g->ids.n = start + n + nmore;
	return start;
}

int
graph_dyndep(struct graph *g, uint32_t step, const uint32_t *outs,
	uint32_t nouts, const uint32_t *ins, uint32_t nins, bool restat,
	struct err *err)
{
	struct graph_step *s;

	for (uint32_t i = 0; i < nouts; i++)
		if (g->nodes.p[outs[i]].producer != GRAPH_NONE)
			return err_set(err, "multiple rules generate %s",
			               graph_cpath(g, outs[i]));
	GRAPH_GROW(g->nodes, g->nodes.n);
	GRAPH_GROW(g->steps, g->steps.n);
	s = &g->steps.p[step];
	for (uint32_t i = 0; i < nouts; i++)
		g->nodes.p[outs[i]].producer = step;
	s->outs = splice(g, s->outs, s->nouts, s->nouts, outs, nouts);
	s->nouts += nouts;
	s->nimplicit_outs += nouts;
	s->ins = splice(g, s->ins, s->nins, graph_nneeded(s), ins, nins);
	s->nins += nins;
	s->nimplicit += nins;
	s->flags |= STEP_DYNDEP_DONE;
	if (restat)
		s->flags |= STEP_RESTAT;
	g->users_stale = true;
	return 0;
}

/* Calls once for each (step, input) pair without repeats: pass 0 counts,
 * pass 1 files the step. */
static void
users_pass(struct graph *g, uint32_t *last, bool fill)
{
	for (uint32_t i = 0; i < g->steps.n; i++) {
		const struct graph_step *s = &g->steps.p[i];
		const uint32_t *range[2] = {
			graph_ids(g, s->ins), graph_ids(g, s->obs)
		};
		const uint32_t count[2] = { s->nins, s->nobs };

		for (int k = 0; k < 2; k++) {
			for (uint32_t j = 0; j < count[k]; j++) {
				uint32_t n = range[k][j];
				struct graph_node *node = &g->nodes.p[n];

				if (last[n] == i + 1)
					continue;
				last[n] = i + 1;
				if (fill)
					g->ids.p[node->users + node->nusers] =
						i;
				node->nusers++;
			}
		}
	}
}

/* Copies a range to the end of to; returns its new place. */
static uint32_t
move_range(const struct graph *g, uint32_t *to, uint32_t *at, uint32_t from,
	uint32_t n)
{
	uint32_t start = *at;

	if (n)
		memcpy(to + start, g->ids.p + from, n * sizeof(*to));
	*at += n;
	return start;
}

/* Lays the ids out anew without the gaps that changed ranges left, with room
 * for the users at the end; returns where they start. */
static uint32_t
compact(struct graph *g)
{
	size_t need = 0;
	uint32_t *to, at = 0;

	for (uint32_t i = 0; i < g->steps.n; i++) {
		const struct graph_step *s = &g->steps.p[i];

		need += s->nouts + 2 * (size_t)s->nins + s->nvals +
		        2 * (size_t)s->nobs;
	}
	assert(need < GRAPH_NONE);
	to = xreallocarray(NULL, need + 1, sizeof(*to));
	for (uint32_t i = 0; i < g->steps.n; i++) {
		struct graph_step *s = &g->steps.p[i];

		s->outs = move_range(g, to, &at, s->outs, s->nouts);
		s->ins = move_range(g, to, &at, s->ins, s->nins);
		s->vals = move_range(g, to, &at, s->vals, s->nvals);
		s->obs = move_range(g, to, &at, s->obs, s->nobs);
	}
	if (g->ids.cap)
		free(g->ids.p);
	g->ids.p = to;
	g->ids.n = at;
	g->ids.cap = (uint32_t)need + 1;
	return at;
}

void
graph_index_users(struct graph *g)
{
	uint32_t *last = xcalloc(g->nodes.n, sizeof(*last));
	uint32_t at;

	GRAPH_GROW(g->nodes, g->nodes.n);
	GRAPH_GROW(g->steps, g->steps.n);
	at = compact(g);
	for (uint32_t n = 0; n < g->nodes.n; n++)
		g->nodes.p[n].nusers = 0;
	users_pass(g, last, false);
	for (uint32_t n = 0; n < g->nodes.n; n++) {
		g->nodes.p[n].users = at;
		at += g->nodes.p[n].nusers;
		g->nodes.p[n].nusers = 0;
		last[n] = 0;
	}
	users_pass(g, last, true);
	g->ids.n = at;
	free(last);
	g->users_stale = false;
}

void
graph_roots(const struct graph *g, uint32_t **out, uint32_t *n)
{
	unsigned char *used = xcalloc(g->nodes.n + 1, 1);
	size_t cap = 0;

	*out = NULL;
	*n = 0;
	for (uint32_t i = 0; i < g->steps.n; i++) {
		const struct graph_step *s = &g->steps.p[i];

		for (uint32_t j = 0; j < s->nins; j++)
			used[graph_ids(g, s->ins)[j]] = 1;
	}
	for (uint32_t i = 0; i < g->steps.n; i++) {
		const struct graph_step *s = &g->steps.p[i];

		for (uint32_t j = 0; j < s->nouts; j++) {
			uint32_t o = graph_ids(g, s->outs)[j];

			if (used[o])
				continue;
			*out = vec_grow(*out, &cap, *n + 1, sizeof(**out));
			(*out)[(*n)++] = o;
		}
	}
	free(used);
}

bool
graph_word(struct str *list, struct str *word)
{
	while (list->n && *list->p == ' ') {
		list->p++;
		list->n--;
	}
	*word = (struct str){ list->p, 0 };
	while (list->n && *list->p != ' ') {
		list->p++;
		list->n--;
		word->n++;
	}
	return word->n != 0;
}

uint32_t
graph_pool(const struct graph *g, struct str name)
{
	for (uint32_t i = 0; i < g->pools.n; i++) {
		const struct graph_pool *p = &g->pools.p[i];

		if (str_eq(graph_text(g, p->name, p->len), name))
			return i;
	}
	return GRAPH_NONE;
}
