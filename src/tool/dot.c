/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>

#include "query/reach.h"
#include "tool/internal.h"
#include "util/mem.h"

/* The graph in graphviz's language. Nodes are named n1, n2 ..., steps s1, s2
 * ... by their numbers. */
struct dot {
	struct tool_env *env;
	struct nodes nodes;     /* printed */
	uint8_t *steps;         /* printed */
};

static void
print_label(struct tool_env *env, struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			fputc('\\', env->out);
		fputc(s.p[i] == '\\' ? '/' : s.p[i], env->out);
	}
}

static void
print_simple(struct dot *d, uint32_t step)
{
	const struct graph *g = d->env->s->graph;
	const struct graph_step *s = &g->steps.p[step];

	fprintf(d->env->out, "\"n%" PRIu32 "\" -> \"n%" PRIu32
		"\" [label=\" ", *graph_ids(g, s->ins), *graph_ids(g, s->outs));
	print_label(d->env, tool_rule(g, step));
	fputs("\"]\n", d->env->out);
}

static void
print_dot_step(struct dot *d, uint32_t step)
{
	const struct graph *g = d->env->s->graph;
	const struct graph_step *s = &g->steps.p[step];
	FILE *out = d->env->out;
	uint32_t i;

	if (s->nins == 1 && s->nouts == 1) {
		print_simple(d, step);
		return;
	}
	fprintf(out, "\"s%" PRIu32 "\" [label=\"", step);
	print_label(d->env, tool_rule(g, step));
	fputs("\", shape=ellipse]\n", out);
	for (i = 0; i < s->nouts; i++)
		fprintf(out, "\"s%" PRIu32 "\" -> \"n%" PRIu32 "\"\n", step,
			graph_ids(g, s->outs)[i]);
	for (i = 0; i < s->nins; i++)
		fprintf(out, "\"n%" PRIu32 "\" -> \"s%" PRIu32
			"\" [arrowhead=none%s]\n", graph_ids(g, s->ins)[i],
			step, i >= graph_nneeded(s) ? " style=dotted" : "");
}

static void
print_from(struct dot *d, uint32_t target)
{
	const struct graph *g = d->env->s->graph;
	uint32_t i = d->nodes.n;

	reach_inputs(&d->nodes, target);
	for (; i < d->nodes.n; i++) {
		uint32_t node = d->nodes.v[i], step = g->nodes.p[node].producer;

		fprintf(d->env->out, "\"n%" PRIu32 "\" [label=\"", node);
		print_label(d->env, graph_path(g, node));
		fputs("\"]\n", d->env->out);
		if (step == GRAPH_NONE || d->steps[step])
			continue;
		d->steps[step] = 1;
		print_dot_step(d, step);
	}
}

static int
dot_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	struct dot d = { .env = env };
	struct targets t = { 0 };
	int r;

	tool_dyndeps(env, GRAPH_NONE);
	r = tool_find_targets(env, argv + 1, argc - 1, &t, err);
	if (r != 0)
		return r;
	d.nodes.g = env->s->graph;
	d.steps = xcalloc(env->s->graph->steps.n + 1, 1);
	fputs("digraph ninja {\n"
		"rankdir=\"LR\"\n"
		"node [fontsize=10, shape=box, height=0.25]\n"
		"edge [fontsize=10]\n", env->out);
	for (uint32_t i = 0; i < t.n; i++)
		print_from(&d, t.v[i]);
	fputs("}\n", env->out);
	nodes_release(&d.nodes);
	free(d.steps);
	targets_release(&t);
	return EXIT_OK;
}

const struct tool tool_graph = {
	.name = "graph",
	.summary = "output graphviz dot file for targets",
	.usage = "usage: %s -t graph [targets]\n",
	.needs = TOOL_GRAPH,
	.where = TOOL_NINJA_FILE,
	.run = dot_run,
};
