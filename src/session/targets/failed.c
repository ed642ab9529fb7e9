/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "session/targets/failed.h"

#include <string.h>

#include "result/results.h"
#include "util/mem.h"
#include "util/path.h"

enum { GOOD = 1, BAD };

/* What a step's run is known by, in whichever graph. */
static void
run_name(const struct graph *g, uint32_t step, struct buf *out)
{
	buf_clear(out);
	graph_binding(g, step, SYM_TG_PYTHON, GRAPH_RAW, out, NULL);
	buf_addc(out, ' ');
	graph_binding(g, step, SYM_TG_FILE, GRAPH_RAW, out, NULL);
}

static bool
is_bad(const struct result *r)
{
	return r->status != RESULT_PASSED && r->status != RESULT_EMPTY;
}

/* Does the document say of each item how it ended, and is nothing but items to
 * blame? */
static bool
is_whole(const struct results *r)
{
	int n = cJSON_GetArraySize(r->items);

	return n && !cJSON_GetArraySize(r->collect_errors) &&
	       results_number(r->json, "collected") == n &&
	       !cJSON_IsTrue(cJSON_GetObjectItem(r->json, "others")) &&
	       strcmp(results_text(r->json, "status"), "failed") == 0;
}

static void
select_item(struct session *s, struct str file, const char *id)
{
	s->select = vec_grow(s->select, &s->select_cap, s->nselect + 1,
	                     sizeof(*s->select));
	s->select[s->nselect++] = (struct front_select){
		.file = { xmemdup0(file.p, file.n), file.n },
		.id = arena_dup(&s->failed.arena, str_of(id)),
		.failed = true,
	};
}

/* Selects the items of the file that failed, unless it has to run whole. */
static void
select_failed(struct session *s, const struct graph *g, uint32_t step)
{
	struct results r;
	struct buf file = { 0 };
	const cJSON *item;
	const char *id;

	if (!results_read(&r, g, step))
		return;
	graph_binding(g, step, SYM_TG_FILE, GRAPH_RAW, &file, NULL);
	cJSON_ArrayForEach(item, r.items) {
		id = strstr(results_text(item, "id"), "::");
		if (id && outcome_bad(results_outcome(item)) && is_whole(&r) &&
		    str_ends(buf_str(&file), ".py"))
			select_item(s, buf_str(&file), id + 2);
	}
	buf_release(&file);
	results_release(&r);
}

/* What was remembered of the last runs: of whole files, and of parts. */
struct last {
	struct graph whole_graph, part_graph;
	struct state whole, part;
	bool has_part;
};

/* Have the items that failed passed since, in a run of their own? Then it is the
 * rest of the file that has not run. */
static bool
is_mended(const struct last *l, uint32_t step, struct str name)
{
	const struct graph *g = &l->part_graph;
	struct buf b = { 0 };
	bool mended = false;

	for (uint32_t i = 0; l->has_part && !mended && i < g->steps.n; i++) {
		const struct result *r = &l->part.result[i];

		if (!(g->steps.p[i].flags & STEP_TEST) ||
		    r->status != RESULT_PASSED ||
		    r->start_ns < l->whole.result[step].start_ns)
			continue;
		run_name(g, i, &b);
		if (!str_eq(buf_str(&b), name))
			continue;
		buf_clear(&b);
		graph_binding(g, i, SYM_TG_KEY, GRAPH_RAW, &b, NULL);
		mended = memmem(b.p, b.n, " --failed ", 10) != NULL;
	}
	buf_release(&b);
	return mended;
}

static void
note_step(struct session *s, const struct last *l, uint32_t step)
{
	const struct result *r = &l->whole.result[step];
	struct buf name = { 0 };

	run_name(l->whole.g, step, &name);
	if (r->status == RESULT_FAILED && !is_mended(l, step, buf_str(&name)))
		select_failed(s, l->whole.g, step);
	map_put(&s->failed.files, arena_dup(&s->failed.arena, buf_str(&name)),
	        NULL)->value = is_bad(r) ? BAD : GOOD;
	buf_release(&name);
}

static int
open_last(struct last *l, struct err *err)
{
	int r = state_open(&l->whole, &l->whole_graph, STATE_DIR, "tests",
	                   STATE_READ, NULL, NULL, err);

	if (r == 1)
		l->has_part = state_open(&l->part, &l->part_graph, STATE_DIR,
		                         "partial", STATE_READ, NULL, NULL,
		                         NULL) == 1;
	return r;
}

int
failed_items(struct session *s, struct err *err)
{
	struct last l = { 0 };
	int r;

	if (!s->python || !s->o->failed || session_is_partial(s) || s->o->last)
		return 0;
	r = open_last(&l, err);
	for (uint32_t i = 0; r == 1 && i < l.whole_graph.steps.n; i++)
		if (l.whole_graph.steps.p[i].flags & STEP_TEST)
			note_step(s, &l, i);
	state_close(&l.whole);
	state_close(&l.part);
	graph_release(&l.whole_graph);
	graph_release(&l.part_graph);
	s->failed.known = s->nselect;
	return r < 0 ? err_default(err, EXIT_ENV) : 0;
}

bool
failed_step(const struct session *s, uint32_t step)
{
	struct buf name = { 0 };
	const struct map_slot *slot;

	if (!s->failed.known)
		return is_bad(&s->state.result[step]);
	run_name(s->graph, step, &name);
	slot = map_get(&s->failed.files, buf_str(&name));
	buf_release(&name);
	return !slot || slot->value == BAD;
}
