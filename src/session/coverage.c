/* SPDX-License-Identifier: Apache-2.0 */
#include "session/coverage.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session/ours.h"
#include "util/mem.h"
#include "util/path.h"

/* The paths of reports are as seen from where the user was. */
static const char *
placed(struct session *s, const char *word)
{
	const char *colon = strchr(word, ':');
	struct buf b = { 0 };

	if (!colon || strncmp(word, "term", 4) == 0 || !s->below.n)
		return word;
	buf_add(&b, word, (size_t)(colon - word) + 1);
	path_join(&b, buf_str(&s->below), str_of(colon + 1));
	strs_add(&s->cover_words, buf_str(&b));
	return buf_detach(&b);
}

void
coverage_options(struct session *s)
{
	const struct options *o = s->o;
	size_t n = o->coverage_report.n;

	free(s->cover_reports);
	s->cover_reports = xcalloc(n + 1, sizeof(*s->cover_reports));
	for (size_t i = 0; i < n; i++)
		s->cover_reports[i] = placed(s, o->coverage_report.v[i]);
	s->front_opts.coverage = (struct front_coverage){
		.on = o->coverage, .off = o->no_coverage,
		.branch = o->coverage_branch,
		.source = o->coverage_source.v, .nsource = o->coverage_source.n,
		.report = s->cover_reports, .nreport = n,
		.under = o->coverage_under,
		.chosen = s->cover_chosen, .only = s->cover_only.v,
		.nonly = s->cover_only.n,
	};
}

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
choose(struct session *s, const struct targets *t)
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
coverage_targets(struct session *s, struct targets *t, struct err *err)
{
	uint32_t node = report_node(s);

	if (node == GRAPH_NONE)
		return 0;
	s->cover_chosen = choose(s, t);
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
coverage_report(const struct session *s, const struct targets *t,
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
coverage_keep(struct session *s, const struct targets *t, struct err *err)
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
