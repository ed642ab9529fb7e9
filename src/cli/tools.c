/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/tools.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/python.h"
#include "cli/targets.h"
#include "tool/tool.h"
#include "util/mem.h"

/* What a tool asked for later, and what is told on the way. */
static void
warn(void *ctx, struct str text)
{
	struct session *s = ctx;

	fprintf(stderr, "%s: warning: %.*s\n", s->o->prog, (int)text.n,
	        text.p);
}

static int
open_for_tool(struct session *s, enum tool_needs needs, struct tool_env *env,
	struct err *err)
{
	enum state_mode mode = needs == TOOL_STATE_WRITE ? STATE_WRITE
	                                                 : STATE_READ;

	s->warn = warn;
	s->ctx = s;
	if (needs != TOOL_STORE_ONLY && session_open(s, mode, err) < 0) {
		if (mode != STATE_WRITE || s->graph)
			return -1;
		/* held by another: the tool does without */
		err_release(err);
		if (session_open(s, STATE_READ, err) < 0)
			return -1;
	} else if (needs != TOOL_MANIFEST && s->state_open) {
		env->state = &s->state;
	}
	env->graph = s->graph;
	if (s->graph && !s->python && needs != TOOL_MANIFEST) {
		session_builddir(s, &s->builddir);
		env->builddir = s->builddir.n ? s->builddir.p : "";
	}
	if (env->state && needs != TOOL_MANIFEST &&
	    session_adopt(s, err) < 0)
		return -1;
	if (needs >= TOOL_CACHE && session_store(s, err) < 0)
		return -1;
	env->store = s->store;
	return 0;
}

static int
late_open(struct tool_env *env, const char *builddir, struct err *err)
{
	struct session *s = env->main;

	struct err later = { 0 };
	int r;

	/* Our records lie beside the manifest wherever builddir is; only
	 * ninja's would be there. */
	(void)builddir;
	(void)err;
	r = open_for_tool(s, TOOL_STATE_WRITE, env, &later);
	err_release(&later);
	return r == 0 && env->state ? 1 : 0;
}

/* Tools whose words are the targets of a run. */
static bool
names_tests(const char *tool)
{
	return strcmp(tool, "why") == 0 || strcmp(tool, "commands") == 0 ||
	       strcmp(tool, "inputs") == 0;
}

/* In a Python repository words are packages, versions, files and so on: the
 * tool gets the outputs of the steps that they mean. */
static int
run_on_tests(struct session *s, const struct tool *t, struct tool_env *env,
	struct err *err)
{
	const struct options *o = s->o;
	struct options words = *o;
	struct targets found = { 0 };
	char **argv = xcalloc((size_t)o->nargs + 2, sizeof(*argv));
	int n = 0, code = -1, i = 0;

	argv[n++] = o->args[-1];
	while (i < o->nargs && o->args[i][0] == '-')
		argv[n++] = o->args[i++];
	words.args = o->args + i;
	words.nargs = o->nargs - i;
	s->o = &words;
	if (targets_find(s, &found, err) == 0) {
		argv = xreallocarray(argv, (size_t)n + found.n + 1,
		                     sizeof(*argv));
		for (uint32_t k = 0; k < found.n; k++)
			argv[n++] = (char *)graph_cpath(s->graph, found.v[k]);
		argv[n] = NULL;
		code = t->run(env, n, argv);
	}
	s->o = o;
	targets_release(&found);
	free(argv);
	return code;
}

int
tools_run(struct session *s, struct err *err)
{
	static const char *const own_tools[] = { "matrix", "tests", NULL };
	const struct options *o = s->o;
	struct tool_env env = {
		.name = o->prog, .ninja = o->ninja, .out = stdout,
		.err = stderr, .dry_run = o->dry_run, .builddir = "",
		.verbosity = o->quiet ? TOOL_QUIET
		           : o->verbose ? TOOL_VERBOSE : TOOL_NORMAL,
		.open = late_open, .main = s,
	};
	const struct tool *t;
	int code;

	if (strcmp(o->tool, "list") == 0) {
		int r = tool_list(&env);

		if (!o->ninja)
			puts("     matrix  packages, Python versions, and why "
			     "each runs or not\n"
			     "      tests  node ids of the targets' tests");
		return r;
	}
	if (!o->ninja && (strcmp(o->tool, "matrix") == 0 ||
	                  strcmp(o->tool, "tests") == 0)) {
		if (!s->python)
			return err_code(err, EXIT_USAGE, "-t %s is for Python "
			                "repositories", o->tool);
		if (open_for_tool(s, TOOL_STATE, &env, err) < 0 ||
		    (!s->front_loaded && session_reload(s, err) < 0))
			return -1;
		return strcmp(o->tool, "matrix") == 0
		     ? python_matrix(s, stdout) : python_tests(s, stdout, err);
	}
	env.others = o->ninja ? NULL : own_tools;
	t = tool_find(&env, o->tool);
	if (!t)
		return o->ninja ? 1 : EXIT_USAGE;
	if (t->needs != TOOL_FLAGS &&
	    open_for_tool(s, t->needs, &env, err) < 0)
		return -1;
	/* the tool reads its own words, o->args[-1] being its name */
	optind = 1;
	code = s->python && names_tests(o->tool)
	     ? run_on_tests(s, t, &env, err)
	     : t->run(&env, o->nargs + 1, o->args - 1);
	if (code < 0)
		return -1;
	if (env.state && t->needs == TOOL_STATE_WRITE &&
	    session_save(s, err) < 0)
		return -1;
	return code;
}
