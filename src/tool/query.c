/* SPDX-License-Identifier: Apache-2.0 */
#include "session/targets/target_name.h"
#include "tool/env/ask.h"
#include "tool/internal.h"

static void
print_outputs(struct tool_env *env, uint32_t step)
{
	const struct graph *g = env->s->graph;
	const struct graph_step *s = &g->steps.p[step];
	uint32_t i;

	for (i = 0; i < s->nouts; i++)
		fprintf(env->out, "    %s\n",
			graph_cpath(g, graph_ids(g, s->outs)[i]));
}

static void
print_step(struct tool_env *env, uint32_t step)
{
	const struct graph *g = env->s->graph;
	const struct graph_step *s = &g->steps.p[step];
	const char *label;
	struct str rule;
	uint32_t i;

	rule = tool_rule(g, step);
	fprintf(env->out, "  input: %.*s\n", (int)rule.n, rule.p);
	for (i = 0; i < s->nins; i++) {
		label = i >= graph_nneeded(s) ? "|| " :
			i >= graph_nexplicit(s) ? "| " : "";
		fprintf(env->out, "    %s%s\n", label,
			graph_cpath(g, graph_ids(g, s->ins)[i]));
	}
	if (s->nvals)
		fputs("  validations:\n", env->out);
	for (i = 0; i < s->nvals; i++)
		fprintf(env->out, "    %s\n",
			graph_cpath(g, graph_ids(g, s->vals)[i]));
}

/* Steps that declare the node, once for each time that they do. */
static void
print_users(struct tool_env *env, uint32_t node)
{
	const struct graph *g = env->s->graph;
	const struct graph_node *n = &g->nodes.p[node];
	const struct graph_step *s;
	uint32_t i, j, step;

	fputs("  outputs:\n", env->out);
	for (i = 0; i < n->nusers; i++) {
		step = graph_ids(g, n->users)[i];
		s = &g->steps.p[step];
		for (j = 0; j < s->nins; j++)
			if (graph_ids(g, s->ins)[j] == node)
				print_outputs(env, step);
	}
}

static void
print_validated(struct tool_env *env, uint32_t node)
{
	const struct graph *g = env->s->graph;
	const struct graph_step *s;
	bool any = false;
	uint32_t i, j;

	for (i = 0; i < g->steps.n; i++) {
		s = &g->steps.p[i];
		for (j = 0; j < s->nvals; j++) {
			if (graph_ids(g, s->vals)[j] != node)
				continue;
			if (!any)
				fputs("  validation for:\n", env->out);
			any = true;
			print_outputs(env, i);
		}
	}
}

static int
query_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	uint32_t node, step;

	if (argc < 2)
		return tool_error(env, "expected a target to query");
	if (ask_wanted(env, argc, argv))
		return ask_run(env, argc, argv, err);
	for (int i = 1; i < argc; i++) {
		if (target_find(env->s->graph, argv[i], env->s->o->prog, &node,
		                err) != 0)
			return tool_fail(env, err);
		step = env->s->graph->nodes.p[node].producer;
		if (step != GRAPH_NONE)
			tool_dyndeps(env, step);
		fprintf(env->out, "%s:\n", graph_cpath(env->s->graph, node));
		if (step != GRAPH_NONE)
			print_step(env, step);
		print_users(env, node);
		print_validated(env, node);
	}
	return EXIT_OK;
}

const struct tool tool_query = {
	.name = "query",
	.summary = "show inputs/outputs for a path",
	.usage = ASK_USAGE,
	.needs = TOOL_STATE,
	.where = TOOL_NINJA_FILE,
	.run = query_run,
};
