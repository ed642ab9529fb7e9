/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "graph/walk.h"
#include "session/targets/target_name.h"
#include "tool/internal.h"
#include "util/mem.h"

static void
print_tree(struct tool_env *env, const uint32_t *nodes, uint32_t n, int depth,
	int indent)
{
	const struct graph *g = env->s->graph;
	uint32_t i, step;
	struct str rule;
	int j;

	for (i = 0; i < n; i++) {
		for (j = 0; j < indent; j++)
			fputs("  ", env->out);
		tool_put(env, graph_path(g, nodes[i]));
		step = g->nodes.p[nodes[i]].producer;
		if (step == GRAPH_NONE) {
			fputc('\n', env->out);
			continue;
		}
		rule = tool_rule(g, step);
		fprintf(env->out, ": %.*s\n", (int)rule.n, rule.p);
		if (depth > 1 || depth <= 0)
			print_tree(env, graph_ids(g, g->steps.p[step].ins),
				g->steps.p[step].nins, depth - 1, indent + 1);
	}
}

static int
print_roots(struct tool_env *env, int depth, struct err *err)
{
	uint32_t *nodes = NULL, n = 0;
	int code = EXIT_OK;

	graph_roots(env->s->graph, &nodes, &n);
	if (n == 0 && env->s->graph->steps.n)
		code = tool_error(env, "could not determine root nodes of "
			"build graph");
	/* A cycle below a root would have no end. */
	else if (depth != 1 && graph_check_cycles(env->s->graph, nodes, n,
			err) != 0)
		code = tool_fail(env, err);
	else
		print_tree(env, nodes, n, depth, 0);
	free(nodes);
	return code;
}

static void
print_sources(struct tool_env *env)
{
	const struct graph *g = env->s->graph;
	const struct graph_step *s;
	uint32_t i, j, node;

	for (i = 0; i < g->steps.n; i++) {
		s = &g->steps.p[i];
		for (j = 0; j < s->nins; j++) {
			node = graph_ids(g, s->ins)[j];
			if (g->nodes.p[node].producer == GRAPH_NONE)
				fprintf(env->out, "%s\n",
					graph_cpath(g, node));
		}
	}
}

static void
print_rule(struct tool_env *env, const char *rule)
{
	const struct graph *g = env->s->graph;
	const struct graph_step *s;
	struct str *paths = NULL;
	size_t n = 0, cap = 0, k;
	uint32_t i, j;

	for (i = 0; i < g->steps.n; i++) {
		if (!str_is(tool_rule(g, i), rule))
			continue;
		s = &g->steps.p[i];
		paths = vec_grow(paths, &cap, n + s->nouts, sizeof(*paths));
		for (j = 0; j < s->nouts; j++)
			paths[n++] = graph_path(g, graph_ids(g, s->outs)[j]);
	}
	if (n)
		qsort(paths, n, sizeof(*paths), str_cmp_qsort);
	for (k = 0; k < n; k++)
		fprintf(env->out, "%s\n", paths[k].p);
	free(paths);
}

static void
print_all(struct tool_env *env)
{
	const struct graph *g = env->s->graph;
	const struct graph_step *s;
	struct str rule;
	uint32_t i, j;

	for (i = 0; i < g->steps.n; i++) {
		s = &g->steps.p[i];
		rule = tool_rule(g, i);
		for (j = 0; j < s->nouts; j++)
			fprintf(env->out, "%s: %.*s\n", graph_cpath(g,
				graph_ids(g, s->outs)[j]), (int)rule.n,
				rule.p);
	}
}

static int
targets_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	static const char *const modes[] = { "rule", "depth", "all" };
	const char *mode = argc > 1 ? argv[1] : "depth", *near;

	if (strcmp(mode, "rule") == 0) {
		if (argc > 2 && *argv[2])
			print_rule(env, argv[2]);
		else
			print_sources(env);
		return EXIT_OK;
	}
	if (strcmp(mode, "all") == 0) {
		print_all(env);
		return EXIT_OK;
	}
	if (strcmp(mode, "depth") == 0)
		return print_roots(env, argc > 2 ? atoi(argv[2]) : 1, err);
	near = str_nearest(mode, modes, countof(modes));
	if (near)
		return tool_error(env, "unknown target tool mode '%s', did "
			"you mean '%s'?", mode, near);
	return tool_error(env, "unknown target tool mode '%s'", mode);
}

const struct tool tool_targets = {
	.name = "targets",
	.summary = "list targets by their rule or depth in the DAG",
	.usage = "usage: %s -t targets [depth [N] | rule [NAME] | all]\n"
		"\n"
		"  depth N    down to so many steps from the end [1; 0: all]\n"
		"  rule NAME  outputs of a rule; without it: files that no step makes\n"
		"  all        every output, with its rule\n",
	.needs = TOOL_GRAPH,
	.where = TOOL_NINJA_FILE,
	.run = targets_run,
};
