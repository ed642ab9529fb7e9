/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "decide/dyndep.h"
#include "session/targets/target_name.h"
#include "tool/env/env.h"
#include "util/file.h"

/* What tools do with the steps and nodes of a graph. */

int
tool_find_targets(const struct tool_env *env, char *const *words, int n,
	struct targets *t, struct err *err)
{
	struct session *s = env->s;

	if (s->python && env->tool->words)
		return targets_find(s, words, n, t, err);
	if (target_list(s->graph, words, n, s->o->prog, &t->v, &t->n,
	                err) == 0)
		return 0;
	return tool_fail(env, err);
}

static void
load_dyndep(const struct tool_env *env, uint32_t step, bool missing)
{
	struct graph *g = env->s->graph;
	struct err err = { 0 };
	struct file_sig sig;
	uint32_t node;

	if (!dyndep_pending(g, step))
		return;
	node = dyndep_file(g, step);
	if (!missing && file_sig(AT_FDCWD, graph_cpath(g, node), &sig) != 1)
		return;
	if (dyndep_read(g, node, &err) < 0)
		tool_warning(env, "%s%s%s", err.path ? err.path : "",
			err.path ? ": " : "", err.msg);
	err_release(&err);
}

void
tool_dyndeps(const struct tool_env *env, uint32_t step)
{
	struct graph *g = env->s->graph;

	if (step != GRAPH_NONE)
		load_dyndep(env, step, true);
	else
		for (uint32_t i = 0; i < g->steps.n; i++)
			load_dyndep(env, i, false);
	if (g->users_stale)
		graph_index_users(g);
	state_grow(&env->s->state);
}

struct str
tool_rule(const struct graph *g, uint32_t step)
{
	const struct graph_rule *r = &g->rules.p[g->steps.p[step].rule];

	return graph_text(g, r->name, r->len);
}

int
tool_command(const struct tool_env *env, uint32_t step, struct buf *out)
{
	struct err err = { 0 };

	if (graph_binding(env->s->graph, step, SYM_COMMAND, GRAPH_SHELL, out,
	                  &err) >= 0)
		return 0;
	fflush(env->out);
	return tool_fail(env, &err);
}

int
tool_cmp_id(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}
