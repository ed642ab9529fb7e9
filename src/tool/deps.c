/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>

#include "tool/internal.h"
#include "util/file.h"
#include "util/mem.h"

/* Has the node's step left what was observed, and is the node as it was left?
 * Otherwise what was observed says nothing. *mtime: of the node when it was
 * recorded. */
static bool
is_valid(struct tool_env *env, uint32_t node, int64_t *mtime)
{
	struct state *s = &env->s->state;
	uint32_t step = env->s->graph->nodes.p[node].producer;
	struct err err = { 0 };
	int r;

	*mtime = s->sig[node].mtime_ns;
	r = state_look(s, &node, 1, &err);
	err_release(&err);
	return r == 0 && s->result[step].status != RESULT_NONE &&
	       !(s->node_flags[node] & (NODE_MISSING | NODE_CHANGED));
}

static bool
keeps_deps(const struct tool_env *env, uint32_t step)
{
	const struct graph_step *s = &env->s->graph->steps.p[step];

	if (s->flags & STEP_TEST)
		return s->nobs;
	return (s->flags & (STEP_DEPS_GCC | STEP_DEPS_MSVC | STEP_OBSERVE)) &&
	       env->s->state.result[step].status == RESULT_PASSED;
}

/* What a step names itself is not recorded again when its depfile names it
 * too, as that of a compiler does: such inputs come first. */
static uint32_t
ndeclared(const struct graph_step *s)
{
	return s->flags & STEP_DEPS_GCC ? graph_nexplicit(s)
	                                : 0;
}

static void
print_deps(struct tool_env *env, uint32_t node)
{
	const struct graph *g = env->s->graph;
	uint32_t step = g->nodes.p[node].producer, i;
	const struct graph_step *s;
	int64_t mtime;
	bool good;

	if (step == GRAPH_NONE || (g->steps.p[step].nobs == 0 &&
	    !keeps_deps(env, step))) {
		fprintf(env->out, "%s: deps not found\n",
			graph_cpath(g, node));
		return;
	}
	good = is_valid(env, node, &mtime);
	s = &g->steps.p[step];
	fprintf(env->out, "%s: #deps %" PRIu32 ", deps mtime %" PRId64
		" (%s)\n", graph_cpath(g, node), ndeclared(s) + s->nobs,
		mtime, good ? "VALID" : "STALE");
	for (i = 0; i < ndeclared(s); i++)
		fprintf(env->out, "    %s\n",
			graph_cpath(g, graph_ids(g, s->ins)[i]));
	for (i = 0; i < s->nobs; i++)
		fprintf(env->out, "    %s\n",
			graph_cpath(g, graph_ids(g, s->obs)[i]));
	fputc('\n', env->out);
}

static int
deps_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	const struct graph *g = env->s->graph;
	struct targets t = { 0 };
	int r = EXIT_OK;

	if (argc > 1)
		r = tool_find_targets(env, argv + 1, argc - 1, &t, err);
	for (uint32_t i = 0; argc <= 1 && i < g->steps.n; i++)
		for (uint32_t j = 0; keeps_deps(env, i) &&
		     j < g->steps.p[i].nouts; j++)
			print_deps(env, graph_ids(g, g->steps.p[i].outs)[j]);
	for (uint32_t i = 0; r == 0 && i < t.n; i++)
		print_deps(env, t.v[i]);
	targets_release(&t);
	return r;
}

const struct tool tool_deps = {
	.name = "deps",
	.summary = "show dependencies stored in the deps log",
	.usage = "usage: %s -t deps [targets]\n",
	.needs = TOOL_STATE,
	.words = true,
	.run = deps_run,
};
