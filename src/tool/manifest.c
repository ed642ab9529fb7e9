/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "graph/load.h"
#include "ninja/write.h"
#include "tool/internal.h"
#include "util/file.h"
#include "util/mem.h"

/* Writes each scope's file into the directory. */
static int
write_files(struct tool_env *env, const struct ninja_writer *w,
	const char *dir)
{
	struct err err = { 0 };
	struct buf path = { 0 };
	int r = dir_make(dir, &err);
	size_t i;

	for (i = 0; i < w->nparts && r == 0; i++) {
		buf_clear(&path);
		buf_addf(&path, "%s/", dir);
		buf_addstr(&path, w->parts[i].name);
		r = file_write(path.p, w->parts[i].text.p,
			w->parts[i].text.n, false, &err);
	}
	buf_release(&path);
	return r == 0 ? EXIT_OK : tool_fail(env, &err);
}

static int
run(struct tool_env *env, int argc, char **argv)
{
	struct ninja_writer w = { 0 };
	struct err err = { 0 };
	const char *dir = NULL;
	int opt, r;

	tool_getopt_start();
	while ((opt = tool_getopt(env, argc, argv, "hd:", NULL)) != -1) {
		switch (opt) {
		case 'd': dir = optarg; break;
		default: return tool_usage(env, &tool_manifest, opt != 'h');
		}
	}
	ninja_writer_init(&w, STR("build.ninja"));
	r = graph_statements(env->graph, &ninja_writer_ops, &w, &err);
	if (r != 0) {
		ninja_writer_release(&w);
		return tool_fail(env, &err);
	}
	if (dir)
		r = write_files(env, &w, dir);
	else if (w.nparts > 1)
		r = tool_error(env, "the graph has %zu files with scopes of "
			"their own: write them with -d DIR", w.nparts);
	else if (w.nparts)
		put_str(env, buf_str(&w.parts[0].text));
	ninja_writer_release(&w);
	return r;
}

const struct tool tool_manifest = {
	.name = "manifest",
	.summary = "print the graph as a ninja file",
	.usage = "usage: %s -t manifest [-d DIR]\n"
		"\n"
		"options:\n"
		"  -d DIR  write into this directory, build.ninja and a file "
		"for each scope\n",
	.needs = TOOL_MANIFEST,
	.own = true,
	.run = run,
};
