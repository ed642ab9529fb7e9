/* SPDX-License-Identifier: Apache-2.0 */
#include "session/targets/covered.h"

#include <stdlib.h>
#include <unistd.h>

#include "session/ours.h"
#include "util/mem.h"
#include "util/path.h"

static uint32_t
report_node(const struct session *s)
{
	struct buf b = { 0 };
	uint32_t node;

	front_cover_dir(&s->front_opts, &b);
	buf_adds(&b, "/report.txt");
	node = graph_find(s->graph, buf_str(&b));
	buf_release(&b);
	return node == GRAPH_NONE ||
	       s->graph->nodes.p[node].producer == GRAPH_NONE ? GRAPH_NONE
	                                                      : node;
}

/* What a step has measured: its path, or n 0. */
static struct str
data_of(const struct graph *g, uint32_t step)
{
	const struct graph_step *s = &g->steps.p[step];

	for (uint32_t i = 0; i < s->nouts; i++) {
		struct str path = graph_path(g, graph_ids(g, s->outs)[i]);

		if (str_ends(path, ".coverage"))
			return path;
	}
	return STR("");
}

/* Notes what the targets measure. Is it less than there is? */
static bool
note_measured(struct session *s, const struct targets *t)
{
	const struct graph *g = s->graph;
	size_t all = 0;

	for (uint32_t i = 0; i < g->steps.n; i++)
		if (g->steps.p[i].flags & STEP_TEST && data_of(g, i).n)
			all++;
	for (uint32_t i = 0; i < t->n; i++) {
		uint32_t step = g->nodes.p[t->v[i]].producer;
		struct str data;

		if (step == GRAPH_NONE ||
		    !(g->steps.p[step].flags & STEP_TEST))
			continue;
		data = data_of(g, step);
		if (data.n)
			strs_add(&s->cover_only, (struct str){
				xmemdup0(data.p, data.n), data.n });
	}
	return s->cover_only.n < all;
}

int
covered_targets(struct session *s, struct targets *t, struct err *err)
{
	uint32_t node = report_node(s);

	if (node == GRAPH_NONE)
		return 0;
	s->cover_chosen = note_measured(s, t);
	if (s->cover_chosen) {
		targets_release(t);
		if (session_look_again(s, err) < 0 ||
		    targets_find(s, s->o->args, s->o->nargs, t, err) < 0)
			return -1;
		node = report_node(s);
	}
	if (node != GRAPH_NONE && t->n)
		targets_add(t, node);
	return 0;
}

/* The step that reports, if it is one of the targets. */
static uint32_t
report_step(const struct session *s, const struct targets *t)
{
	uint32_t node = s->python ? report_node(s) : GRAPH_NONE;

	return node != GRAPH_NONE && t->n && t->v[t->n - 1] == node ?
		s->graph->nodes.p[node].producer : GRAPH_NONE;
}

const char *
covered_report(const struct session *s, const struct targets *t,
	int64_t begun)
{
	uint32_t step = report_step(s, t);
	const struct result *r;

	if (step == GRAPH_NONE)
		return NULL;
	r = &s->state.result[step];
	if (r->status == RESULT_NONE ||
	    (!(r->flags & RESULT_VERIFIED) && r->start_ns < begun))
		return NULL;
	return graph_cpath(s->graph, graph_step_out(s->graph, step));
}

static int
keep(struct session *s, struct str path, struct err *err)
{
	bool html = str_is(path_base(path), "index.html");
	struct str of = html ? path_dir(path) : path;
	char *name = xmemdup0(of.p, of.n);
	int r = 0;

	if (access(path.p, F_OK) == 0)
		r = ours_add(s, name, html ? OURS_HTML : OURS_FILE, err);
	free(name);
	return r;
}

int
covered_keep(struct session *s, const struct targets *t, struct err *err)
{
	uint32_t step = report_step(s, t);
	const struct graph_step *st;

	if (step == GRAPH_NONE)
		return 0;
	st = &s->graph->steps.p[step];
	for (uint32_t i = 1; i < st->nouts; i++)
		if (keep(s, graph_path(s->graph,
				graph_ids(s->graph, st->outs)[i]), err) < 0)
			return -1;
	return 0;
}
