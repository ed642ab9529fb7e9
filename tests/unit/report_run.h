/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_REPORT_RUN_H
#define TG_TESTS_REPORT_RUN_H

/* A build as report is told of it: a graph from text, results by hand, a clock
 * that stands still, and what was printed. */

#include "graph/load.h"
#include "report/report.h"
#include "tree.h"
#include "util/mem.h"

struct run {
	struct tree tree;
	struct graph g;
	struct state s;
	struct report *r;
	struct report_opts o;
	char *out, *err;
	size_t nout, nerr;
	uint32_t *roots, nroots;
};

static int64_t run_clock;

static int64_t
run_now(void)
{
	return run_clock;
}

/* Loads the manifest; relative paths in it are as it says: use run_path or
 * absolute ones for files that are read. */
static inline void
run_load(struct run *t, const char *manifest)
{
	struct err err = { 0 };
	struct buf b = { 0 };

	*t = (struct run){ 0 };
	run_clock = 1000000000;
	tree_make(&t->tree);
	tree_file(&t->tree, "build.ninja", manifest);
	if (graph_load_file(&t->g, tree_path(&t->tree, &b, "build.ninja"),
			NULL, &err) != 0) {
		fprintf(stderr, "%s\n", err.msg);
		abort();
	}
	buf_release(&b);
	t->s.g = &t->g;
	t->s.nsteps = t->g.steps.n;
	t->s.nnodes = t->g.nodes.n;
	t->s.result = xcalloc(t->g.steps.n + 1, sizeof(*t->s.result));
	graph_roots(&t->g, &t->roots, &t->nroots);
	t->o = (struct report_opts){
		.name = "tgraph", .verbosity = REPORT_NORMAL,
		.terminal = -1, .columns = 80, .rows = 24, .now = run_now,
	};
	unsetenv("NINJA_STATUS");
	unsetenv("TGRAPH_STATUS");
	unsetenv("NO_COLOR");
	unsetenv("CLICOLOR_FORCE");
	unsetenv("FORCE_COLOR");
}

static inline void
run_begin(struct run *t)
{
	struct err err = { 0 };

	t->o.out = open_memstream(&t->out, &t->nout);
	t->o.err = open_memstream(&t->err, &t->nerr);
	t->r = report_new(&t->o, &err);
	if (!t->r) {
		fprintf(stderr, "%s\n", err.msg);
		abort();
	}
	report_keep(t->r, REPORT_TRACE);
	report_keep(t->r, REPORT_JUNIT);
	report_keep(t->r, REPORT_JSON);
	report_begin(t->r, &t->g, &t->s, t->roots, t->nroots);
}

/* The step that makes this output. */
static inline uint32_t
run_step(const struct run *t, const char *out)
{
	uint32_t node = graph_find(&t->g, str_of(out));

	if (node == GRAPH_NONE || t->g.nodes.p[node].producer == GRAPH_NONE)
		abort();
	return t->g.nodes.p[node].producer;
}

/* Printed since the last call; valid until the next one. */
static inline const char *
run_said(struct run *t)
{
	static char *last;

	fflush(t->o.out);
	free(last);
	last = xmemdup0(t->out, t->nout);
	rewind(t->o.out);
	return last;
}

static inline const char *
run_warned(struct run *t)
{
	static char *last;

	fflush(t->o.err);
	free(last);
	last = xmemdup0(t->err, t->nerr);
	rewind(t->o.err);
	return last;
}

static inline void
run_end(struct run *t)
{
	report_free(t->r);
	run_said(t);
	run_warned(t);
	fclose(t->o.out);
	fclose(t->o.err);
	free(t->out);
	free(t->err);
	free(t->roots);
	free(t->s.result);
	graph_release(&t->g);
	tree_remove(&t->tree);
}

#endif
