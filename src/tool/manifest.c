/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/load.h"
#include "ninja/write.h"
#include "tool/internal.h"

static int
run(struct tool_env *env, int argc, char **argv)
{
	struct ninja_writer w;
	struct err err = { 0 };
	int opt, r;

	tool_getopt_start();
	if ((opt = tool_getopt(env, argc, argv, "h", NULL)) != -1)
		return tool_usage(env, &tool_manifest, opt != 'h');
	ninja_writer_init(&w);
	r = graph_statements(env->graph, &ninja_writer_ops, &w, &err);
	if (r == 0)
		put_str(env, buf_str(&w.text));
	else
		r = tool_fail(env, &err);
	ninja_writer_release(&w);
	return r;
}

const struct tool tool_manifest = {
	.name = "manifest",
	.summary = "print the graph as a ninja file",
	.usage = "usage: %s -t manifest\n",
	.needs = TOOL_MANIFEST,
	.own = true,
	.run = run,
};
