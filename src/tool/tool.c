/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/tool.h"

#include <string.h>

#include "tool/doctor/doctor.h"
#include "tool/internal.h"
#include "tool/python/python.h"
#include "util/mem.h"
#include "util/os.h"

/* In the order of -t list: ninja's tools as its own list has them, tgraph's,
 * those that know Python. */
static const struct tool *const tools[] = {
	&tool_browse, &tool_clean, &tool_commands, &tool_inputs,
	&tool_multi_inputs, &tool_deps, &tool_missingdeps, &tool_graph,
	&tool_query, &tool_targets, &tool_compdb, &tool_compdb_targets,
	&tool_recompact, &tool_restat, &tool_rules, &tool_cleandead,

	&tool_cache, &tool_manifest, &tool_why,

	&tool_affected, &tool_doctor, &tool_py_graph, &tool_py_matrix, &tool_py_query,
	&tool_releases, &tool_py_targets, &tool_py_tests, &tool_tests_for,
};

bool
tool_is(const char *name)
{
	for (size_t i = 0; i < countof(tools); i++)
		if (strcmp(tools[i]->name, name) == 0)
			return true;
	return strcmp(name, "list") == 0;
}

static bool
is_offered(const struct session *s, const struct tool *t)
{
	return !(t->own && s->o->ninja);
}

static void
list_tools(const struct tool_env *env)
{
	fprintf(env->out, "%s subtools:\n", env->s->o->prog);
	for (size_t i = 0; i < countof(tools); i++)
		if (is_offered(env->s, tools[i]) && tools[i]->summary)
			fprintf(env->out, "%11s  %s\n", tools[i]->name,
			        tools[i]->summary);
}

/* The tool of that name: the one of use here if there is one. */
static const struct tool *
find_tool(const struct session *s, const char *name)
{
	enum tool_where here = s->python ? TOOL_PYTHON : TOOL_NINJA_FILE;
	const struct tool *found = NULL;

	for (size_t i = 0; i < countof(tools); i++) {
		const struct tool *t = tools[i];

		if (!is_offered(s, t) || strcmp(t->name, name) != 0)
			continue;
		found = t;
		if (t->where == TOOL_ANYWHERE || t->where == here)
			break;
	}
	return found;
}

/* In ninja's words. */
static int
no_tool(const struct tool_env *env, const char *name)
{
	const char *words[countof(tools)], *near;
	unsigned n = 0;

	for (size_t i = 0; i < countof(tools); i++)
		if (is_offered(env->s, tools[i]))
			words[n++] = tools[i]->name;
	near = str_nearest(name, words, n);
	fprintf(env->err, "%s: fatal: unknown tool '%s'", env->s->o->prog,
	        name);
	if (near)
		fprintf(env->err, ", did you mean '%s'?", near);
	fputc('\n', env->err);
	return options_usage_code(env->s->o);
}

/* -t TOOL -h: the first words are options, one of them this. */
static bool
wants_help(const struct options *o)
{
	for (int i = 0; !o->ninja && i < o->nargs; i++) {
		if (o->args[i][0] != '-')
			break;
		if (strcmp(o->args[i], "-h") == 0 ||
		    strcmp(o->args[i], "--help") == 0)
			return true;
	}
	return false;
}

static int
run_tool(struct tool_env *env, struct err *err)
{
	const struct tool *t = env->tool;
	struct session *s = env->s;
	const struct options *o = s->o;
	int code;

	if (t->where == TOOL_PYTHON && !s->python)
		return err_code(err, EXIT_USAGE, "-t %s is for Python "
		                "repositories", o->tool);
	if (tool_open(s, t->needs, err) < 0)
		return -1;
	/* the tool reads its own words, o->args[-1] being its name */
	os_getopt_start();
	code = t->run(env, o->nargs + 1, o->args - 1, err);
	if (code >= 0 && (t->needs & TOOL_WRITE) == TOOL_WRITE &&
	    s->may_write && session_save(s, err) < 0)
		return -1;
	return code;
}

int
tool_main(struct session *s, struct err *err)
{
	const struct options *o = s->o;
	struct tool_env env = { .s = s, .out = stdout, .err = stderr };

	if (strcmp(o->tool, "list") == 0) {
		list_tools(&env);
		return EXIT_OK;
	}
	env.tool = find_tool(s, o->tool);
	if (!env.tool)
		return no_tool(&env, o->tool);
	if (wants_help(o))
		return tool_usage(&env, false);
	return run_tool(&env, err);
}
