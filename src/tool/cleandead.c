/* SPDX-License-Identifier: Apache-2.0 */
#include "ninja/log.h"
#include "state/former.h"
#include "tool/clean.h"
#include "tool/internal.h"
#include "util/file.h"
#include "util/path.h"

static void
remove_dead(void *ctx, struct str path)
{
	struct cleaner *c = ctx;

	if (former_dead(c->env->s->graph, path))
		cleaner_remove(c, path);
}

static int
see_log_entry(void *ctx, const struct ninja_log_entry *e)
{
	remove_dead(ctx, e->output);
	return 0;
}

static int
cleandead_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	struct buf dir = { 0 }, path = { 0 }, log = { 0 };
	struct cleaner c;

	(void)argc;
	(void)argv;
	cleaner_begin(&c, env);
	tool_dyndeps(env, GRAPH_NONE);
	former_each(&env->s->state, remove_dead, &c);
	/* A build directory that was ninja's before. */
	if (!env->s->python)
		session_builddir(env->s, &dir);
	path_join(&path, buf_str(&dir), STR(".ninja_log"));
	if (file_read(path.p, &log, NULL) == 1)
		ninja_log_read(buf_str(&log), see_log_entry, &c);
	buf_release(&dir);
	buf_release(&path);
	buf_release(&log);
	return cleaner_end(&c);
}

const struct tool tool_cleandead = {
	.name = "cleandead",
	.summary = "clean built files that are no longer produced by the "
		"manifest",
	.usage = "usage: %s -t cleandead\n",
	.needs = TOOL_STATE,
	.run = cleandead_run,
};
