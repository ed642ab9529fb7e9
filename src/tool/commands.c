/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "graph/walk.h"
#include "tool/internal.h"

static int
print_command(struct tool_env *env, uint32_t step)
{
	struct buf text = { 0 };
	int r;

	if (env->s->graph->steps.p[step].flags & STEP_PHONY)
		return 0;
	r = tool_command(env, step, &text);
	buf_addc(&text, '\n');
	if (r == 0)
		tool_put(env, buf_str(&text));
	buf_release(&text);
	return r;
}

static int
commands_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	struct graph_walk w = { .g = env->s->graph };
	struct targets t = { 0 };
	bool single = false;
	int opt, r;

	while ((opt = tool_getopt(env, argc, argv, "hs", NULL)) != -1) {
		switch (opt) {
		case 's': single = true; break;
		default: return tool_usage(env, opt != 'h');
		}
	}
	r = tool_find_targets(env, argv + optind, argc - optind, &t, err);
	for (uint32_t i = 0; r == 0 && i < t.n; i++)
		if (single)
			graph_walk_one(&w, t.v[i]);
		else
			graph_walk_add(&w, t.v[i], NULL);
	for (size_t i = 0; r == 0 && i < w.n; i++)
		r = print_command(env, w.steps[i]);
	graph_walk_release(&w);
	targets_release(&t);
	return r;
}

const struct tool tool_commands = {
	.name = "commands",
	.summary = "list all commands required to rebuild given targets",
	.usage = "usage: %s -t commands [options] [targets]\n"
		"\n"
		"options:\n"
		"  -s     only print the final command to build [target], "
		"not the whole chain\n",
	.needs = TOOL_GRAPH,
	.words = true,
	.run = commands_run,
};
