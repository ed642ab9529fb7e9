/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/tools.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "session/targets.h"
#include "tool/py.h"
#include "tool/releases.h"
#include "tool/tool.h"
#include "util/mem.h"
#include "util/path.h"

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

/* Do both name one directory? One that is not there yet has only its name;
 * "" is the working directory. */
static bool
same_dir(const char *a, const char *b)
{
	struct buf x = { 0 }, y = { 0 };
	struct stat sa, sb;
	bool same;

	buf_adds(&x, *a ? a : ".");
	buf_adds(&y, *b ? b : ".");
	x.n = path_fold(x.p, x.n);
	y.n = path_fold(y.p, y.n);
	same = str_eq(buf_str(&x), buf_str(&y)) ||
	       (stat(*a ? a : ".", &sa) == 0 && stat(*b ? b : ".", &sb) == 0 &&
	        sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino);
	buf_release(&x);
	buf_release(&y);
	return same;
}

/* The records of another directory were meant than the manifest's: ninja, which
 * reads no manifest for this, finds none there, and is content. 1 it is the
 * manifest's. */
static int
check_builddir(struct session *s, const char *builddir, struct err *err)
{
	struct buf b = { 0 };
	int r = 0;

	if (same_dir(builddir, s->builddir.n ? s->builddir.p : ""))
		return 1;
	buf_addf(&b, "--builddir=%s: the builddir of %s is '%s', and only "
	         "what was made there is recorded", builddir, s->manifest.p,
	         s->builddir.n ? s->builddir.p : ".");
	if (s->o->ninja)
		warn(s, buf_str(&b));
	else
		r = err_code(err, EXIT_USAGE, "%s", b.p);
	buf_release(&b);
	return r;
}

/* Our records lie beside the manifest, wherever its builddir is; ninja's, which
 * are taken over, in that. */
static int
late_open(struct tool_env *env, const char *builddir, struct err *err)
{
	struct session *s = env->main;
	struct err later = { 0 };
	int r;

	if (builddir && s->python)
		return err_code(err, EXIT_USAGE, "--builddir is for ninja "
		                "files");
	if (!s->graph && open_for_tool(s, TOOL_STATE_WRITE, env, &later) < 0) {
		err_release(&later);
		return 0;
	}
	r = builddir ? check_builddir(s, builddir, err) : 1;
	return r > 0 && !env->state ? 0 : r;
}

/* A tool that knows what a Python repository is. */
struct python_tool {
	struct tool tool;       /* without run */
	bool shared;            /* elsewhere the tool of that name in src/tool
	                         * is meant */
	bool front;             /* needs what the front end found */
	int (*run)(struct session *s, int argc, char **argv, struct err *err);
};

static const struct python_tool python_tools[] = {
	{
		.tool = {
			.name = "graph", .needs = TOOL_STATE,
			.usage = "usage: %s -t graph [targets]\n"
				"\n"
				"What imports what, in Graphviz's language: "
				"the test files and modules of the\n"
				"targets (packages, directories, files, "
				"modules) and all that these import.\n",
		},
		.shared = true, .front = true, .run = python_graph,
	}, {
		.tool = {
			.name = "matrix", .needs = TOOL_STATE,
			.summary = "packages, Python versions, and why each "
				"runs or not",
			.usage = "usage: %s -t matrix [package | version ...]"
				"\n",
		},
		.front = true, .run = python_matrix,
	}, {
		.tool = {
			.name = "query", .needs = TOOL_STATE,
			.usage = "usage: %s -t query targets\n"
				"\n"
				"What a test file, module, other file, package "
				"or Python version (py3.12) depends\n"
				"on, and what depends on it.\n",
		},
		.shared = true, .front = true, .run = python_query,
	}, {
		.tool = {
			.name = "releases", .needs = TOOL_FLAGS,
			.summary = "the table of Python releases; --update "
				"FILE replaces it",
			.usage = releases_usage,
		},
		.run = releases_run,
	}, {
		.tool = {
			.name = "targets", .needs = TOOL_STATE,
			.usage = "usage: %s -t targets [all | rule [NAME] | "
				"depth [N]]\n"
				"\n"
				"The words that name tests: packages, Python "
				"versions and test files; and what a\n"
				"tgraph.ninja makes.\n"
				"\n"
				"  depth N    steps, down to so many from the "
				"end [1; 0: all]\n"
				"  rule NAME  what a rule's steps make or test; "
				"without it: files that no step\n"
				"             makes\n",
		},
		.shared = true, .run = python_targets,
	}, {
		.tool = {
			.name = "tests", .needs = TOOL_STATE,
			.summary = "node ids of the targets' tests",
			.usage = "usage: %s -t tests [targets]\n",
		},
		.front = true, .run = python_tests,
	},
};

static const struct python_tool *
python_tool(const struct session *s)
{
	const char *name = s->o->tool;
	const struct python_tool *t;

	for (size_t i = 0; !s->o->ninja && i < countof(python_tools); i++) {
		t = &python_tools[i];
		if (strcmp(t->tool.name, name) != 0 ||
		    (t->shared && !s->python))
			continue;
		return t;
	}
	return NULL;
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
run_python_tool(struct session *s, const struct python_tool *t,
	struct tool_env *env, struct err *err)
{
	const struct options *o = s->o;

	if (t->tool.needs != TOOL_FLAGS) {
		if (!s->python)
			return err_code(err, EXIT_USAGE, "-t %s is for Python "
			                "repositories", o->tool);
		if (open_for_tool(s, t->tool.needs, env, err) < 0 ||
		    (t->front && !s->front_loaded &&
		     session_reload(s, err) < 0))
			return -1;
	}
	return t->run(s, o->nargs + 1, o->args - 1, err);
}

/* Tools whose words are the targets of a run. */
static bool
names_tests(const struct options *o)
{
	static const char *const always[] = {
		"why", "commands", "inputs", "multi-inputs",
	};
	/* these take nothing for everything, and mean other things by it */
	static const char *const named[] = { "clean", "deps", "restat" };

	for (size_t i = 0; i < countof(always); i++)
		if (strcmp(o->tool, always[i]) == 0)
			return true;
	if (!o->nargs || o->args[0][0] == '-')
		return false;
	for (size_t i = 0; i < countof(named); i++)
		if (strcmp(o->tool, named[i]) == 0)
			return true;
	return false;
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

static void
list(const struct tool_env *env)
{
	tool_list(env);
	for (size_t i = 0; !env->ninja && i < countof(python_tools); i++)
		if (!python_tools[i].shared)
			printf("%11s  %s\n", python_tools[i].tool.name,
			       python_tools[i].tool.summary);
}

/* The options by which this program comes to the same graph: NULL-terminated,
 * the list owned, its words the session's. */
static const char **
options_again(const struct session *s)
{
	const struct options *o = s->o;
	const char **v = xcalloc(o->python.n * 2 + 3, sizeof(*v));
	size_t n = 0;

	if (!s->python) {
		v[n++] = "-f";
		v[n++] = s->manifest.p;
		return v;
	}
	for (size_t i = 0; i < o->python.n; i++) {
		v[n++] = "--python";
		v[n++] = o->python.v[i];
	}
	if (o->prerelease)
		v[n++] = "--include-prerelease";
	return v;
}

static int
run_tool(struct session *s, const struct tool *t, struct tool_env *env,
	struct err *err)
{
	const struct options *o = s->o;
	bool words = s->python && names_tests(o);
	enum tool_needs needs = t->needs;
	const char **again;
	int code;

	/* what the words mean is in the graph */
	if (words && needs == TOOL_FLAGS)
		needs = TOOL_STATE_WRITE;
	if (needs != TOOL_FLAGS && open_for_tool(s, needs, env, err) < 0)
		return -1;
	/* the tool reads its own words, o->args[-1] being its name */
	optind = 1;
	session_find_data(s);
	again = options_again(s);
	env->again = again;
	env->browse = s->browse.p;
	env->below = s->below.p ? s->below.p : "";
	env->python = s->python;
	code = words ? run_on_tests(s, t, env, err)
	     : t->run(env, o->nargs + 1, o->args - 1);
	free(again);
	if (code < 0)
		return -1;
	if (env->state && t->needs == TOOL_STATE_WRITE &&
	    session_save(s, err) < 0)
		return -1;
	return code;
}

bool
tools_is(const char *name)
{
	for (size_t i = 0; i < countof(python_tools); i++)
		if (strcmp(name, python_tools[i].tool.name) == 0)
			return true;
	return strcmp(name, "list") == 0 || tool_is(name);
}

int
tools_run(struct session *s, struct err *err)
{
	const char *names[countof(python_tools) + 1] = { NULL };
	const struct options *o = s->o;
	struct tool_env env = {
		.name = o->prog, .ninja = o->ninja, .out = stdout,
		.err = stderr, .dry_run = o->dry_run, .builddir = "",
		.verbosity = o->quiet ? TOOL_QUIET
		           : o->verbose ? TOOL_VERBOSE : TOOL_NORMAL,
		.open = late_open, .main = s,
		.others = o->ninja ? NULL : names,
	};
	const struct python_tool *own = python_tool(s);
	const struct tool *t;

	for (size_t i = 0; i < countof(python_tools); i++)
		names[i] = python_tools[i].tool.name;
	if (strcmp(o->tool, "list") == 0) {
		list(&env);
		return EXIT_OK;
	}
	t = own ? &own->tool : tool_find(&env, o->tool);
	if (!t)
		return o->ninja ? 1 : EXIT_USAGE;
	if (wants_help(o))
		return tool_usage(&env, t, false);
	return own ? run_python_tool(s, own, &env, err)
	           : run_tool(s, t, &env, err);
}
