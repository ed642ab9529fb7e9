/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "graph/load.h"
#include "ninja/write.h"
#include "tool/internal.h"

static int
run(struct tool_env *env, int argc, char **argv)
{
	struct ninja_writer w = { 0 };
	struct err err = { 0 };
	int opt, r;

	tool_getopt_start();
	while ((opt = tool_getopt(env, argc, argv, "h", NULL)) != -1)
		return tool_usage(env, &tool_manifest, opt != 'h');
	if (optind < argc)
		return tool_usage(env, &tool_manifest, true);
	ninja_writer_init(&w);
	r = graph_statements(env->graph, &ninja_writer_ops, &w, &err);
	if (r == 0)
		put_str(env, buf_str(&w.text));
	ninja_writer_release(&w);
	return r == 0 ? EXIT_OK : tool_fail(env, &err);
}

const struct tool tool_manifest = {
	.name = "manifest",
	.summary = "print the graph as a ninja file",
	.usage = "usage: %s -t manifest\n",
	.needs = TOOL_MANIFEST,
	.own = true,
	.run = run,
};
