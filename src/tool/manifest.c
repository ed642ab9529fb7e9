/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "graph/load.h"
#include "ninja/write.h"
#include "tool/internal.h"

static int
manifest_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	struct ninja_writer w = { 0 };
	int opt, r;

	while ((opt = tool_getopt(env, argc, argv, "h", NULL)) != -1)
		return tool_usage(env, opt != 'h');
	if (optind < argc)
		return tool_usage(env, true);
	ninja_writer_init(&w);
	r = graph_statements(env->s->graph, &ninja_writer_ops, &w, err);
	if (r == 0)
		tool_put(env, buf_str(&w.text));
	ninja_writer_release(&w);
	return r == 0 ? EXIT_OK : tool_fail(env, err);
}

const struct tool tool_manifest = {
	.name = "manifest",
	.summary = "print the graph as a ninja file",
	.usage = "usage: %s -t manifest\n",
	.needs = TOOL_GRAPH,
	.own = true,
	.run = manifest_run,
};
