/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>

#include "tool/internal.h"
#include "tool/walk.h"

static int
print(struct tool_env *env, uint32_t step)
{
	struct buf text = { 0 };
	int r;

	if (env->graph->steps.p[step].flags & STEP_PHONY)
		return 0;
	r = step_command(env, step, &text);
	buf_addc(&text, '\n');
	if (r == 0)
		put_str(env, buf_str(&text));
	buf_release(&text);
	return r;
}

static int
run(struct tool_env *env, int argc, char **argv)
{
	struct walk w = { .g = env->graph };
	uint32_t *nodes, n, i;
	size_t j;
	bool single = false;
	int opt, r;

	tool_getopt_start();
	while ((opt = tool_getopt(env, argc, argv, "hs", NULL)) != -1) {
		switch (opt) {
		case 's': single = true; break;
		default: return tool_usage(env, &tool_commands, opt != 'h');
		}
	}
	r = tool_targets_of(env, argv + optind, argc - optind, &nodes, &n);
	if (r != 0)
		return r;
	for (i = 0; i < n; i++)
		walk_add(&w, nodes[i], single);
	for (j = 0; j < w.n && r == 0; j++)
		r = print(env, w.steps[j]);
	walk_release(&w);
	free(nodes);
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
	.needs = TOOL_MANIFEST,
	.run = run,
};
