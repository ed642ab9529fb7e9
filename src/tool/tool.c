/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/tool.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "decide/dyndep.h"
#include "session/target_name.h"
#include "tool/internal.h"
#include "util/file.h"
#include "util/mem.h"

/* In the order of ninja's list, then our own. */
static const struct tool *const tools[] = {
	&tool_browse, &tool_clean, &tool_commands, &tool_inputs,
	&tool_multi_inputs,
	&tool_deps, &tool_missingdeps, &tool_graph, &tool_query,
	&tool_targets, &tool_compdb, &tool_compdb_targets, &tool_recompact,
	&tool_restat, &tool_rules, &tool_cleandead,
	&tool_cache, &tool_manifest, &tool_why,
};

static bool
known(const struct tool_env *env, const struct tool *t)
{
	return !(t->own && env->ninja);
}

const struct tool *
tool_find(const struct tool_env *env, const char *name)
{
	const char *words[countof(tools) + 8], *near;
	unsigned i, n = 0;

	for (i = 0; i < countof(tools); i++) {
		if (!known(env, tools[i]))
			continue;
		if (strcmp(tools[i]->name, name) == 0)
			return tools[i];
		words[n++] = tools[i]->name;
	}
	for (i = 0; env->others && env->others[i] && n < countof(words); i++)
		words[n++] = env->others[i];
	near = str_nearest(name, words, n);
	fprintf(env->err, "%s: fatal: unknown tool '%s'", env->name, name);
	if (near)
		fprintf(env->err, ", did you mean '%s'?", near);
	fputc('\n', env->err);
	return NULL;
}

bool
tool_is(const char *name)
{
	for (unsigned i = 0; i < countof(tools); i++)
		if (strcmp(tools[i]->name, name) == 0)
			return true;
	return false;
}

int
tool_list(const struct tool_env *env)
{
	unsigned i;

	fprintf(env->out, "%s subtools:\n", env->name);
	for (i = 0; i < countof(tools); i++)
		if (known(env, tools[i]) && tools[i]->summary)
			fprintf(env->out, "%11s  %s\n", tools[i]->name,
				tools[i]->summary);
	return EXIT_OK;
}

static int
usage_code(const struct tool_env *env)
{
	return env->ninja ? 1 : EXIT_USAGE;
}

static void
tell(const struct tool_env *env, const char *what, const char *fmt,
	va_list ap)
{
	fflush(env->out);
	fprintf(env->err, "%s: %s: ", env->name, what);
	vfprintf(env->err, fmt, ap);
	fputc('\n', env->err);
}

int
tool_error(const struct tool_env *env, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(env, "error", fmt, ap);
	va_end(ap);
	return usage_code(env);
}

void
tool_warning(const struct tool_env *env, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(env, "warning", fmt, ap);
	va_end(ap);
}

int
tool_fail(const struct tool_env *env, struct err *err)
{
	int code = err->code ? err->code : usage_code(env);
	const char *msg = err->msg ? err->msg : "unknown error";

	if (err->fatal && env->ninja)
		fprintf(env->err, "%s: fatal: %s\n", env->name, msg);
	else if (err->path && err->line)
		tool_error(env, "%s:%d: %s", err->path, err->line, msg);
	else if (err->path)
		tool_error(env, "%s: %s", err->path, msg);
	else
		tool_error(env, "%s", msg);
	err_release(err);
	return env->ninja ? 1 : code;
}

int
tool_usage(const struct tool_env *env, const struct tool *t, bool bad)
{
	const char *p = t->usage ? t->usage : "", *mark;

	while ((mark = strstr(p, "%s"))) {
		fwrite(p, 1, (size_t)(mark - p), env->out);
		fputs(env->name, env->out);
		p = mark + 2;
	}
	fputs(p, env->out);
	return bad || env->ninja ? usage_code(env) : EXIT_OK;
}

void
tool_getopt_start(void)
{
#ifdef __GLIBC__
	optind = 0;
#else
	optind = 1;
	optreset = 1;
#endif
}

int
tool_getopt(const struct tool_env *env, int argc, char **argv,
	const char *options, const struct option *longs)
{
	static const struct option none[] = { { NULL, 0, NULL, 0 } };
	struct buf all = { 0 };
	int c;

	opterr = 0;
	buf_addf(&all, ":%s", options);
	c = getopt_long(argc, argv, all.p, longs ? longs : none, NULL);
	buf_release(&all);
	if (c == ':') {
		fprintf(env->err, "%s: option requires an argument -- '%c'\n",
			argv[0], optopt);
		return '?';
	}
	if (c != '?')
		return c;
	if (optopt)
		fprintf(env->err, "%s: invalid option -- '%c'\n", argv[0],
			optopt);
	else
		fprintf(env->err, "%s: unrecognized option '%s'\n", argv[0],
			argv[optind - 1]);
	return c;
}

int
tool_targets_of(struct tool_env *env, char *const *names, int n,
	uint32_t **nodes, uint32_t *count)
{
	struct err err = { 0 };

	if (target_list(env->graph, names, n, env->name, nodes, count,
			&err) == 0)
		return 0;
	tool_error(env, "%s", err.msg);
	err_release(&err);
	return usage_code(env);
}

static void
load_dyndep(struct tool_env *env, uint32_t step, bool missing)
{
	struct err err = { 0 };
	struct file_sig sig;
	uint32_t node;

	if (!dynload_pending(env->graph, step))
		return;
	node = dynload_file(env->graph, step);
	if (!missing && file_sig(AT_FDCWD, graph_cpath(env->graph, node),
	                         &sig) != 1)
		return;
	if (dynload_read(env->graph, node, &err) < 0)
		tool_warning(env, "%s%s%s", err.path ? err.path : "",
			err.path ? ": " : "", err.msg);
	err_release(&err);
}

void
tool_dyndeps(struct tool_env *env, uint32_t step)
{
	uint32_t i;

	if (step != GRAPH_NONE)
		load_dyndep(env, step, true);
	else
		for (i = 0; i < env->graph->steps.n; i++)
			load_dyndep(env, i, false);
	if (env->graph->users_stale)
		graph_index_users(env->graph);
	if (env->state)
		state_grow(env->state);
}

struct str
step_rule(const struct graph *g, uint32_t step)
{
	const struct graph_rule *r = &g->rules.p[g->steps.p[step].rule];

	return graph_text(g, r->name, r->len);
}

void
put_str(const struct tool_env *env, struct str s)
{
	fwrite(s.p, 1, s.n, env->out);
}

int
step_command(const struct tool_env *env, uint32_t step, struct buf *out)
{
	struct err err = { 0 };

	if (graph_binding(env->graph, step, SYM_COMMAND, GRAPH_SHELL, out,
	                  &err) >= 0)
		return 0;
	fflush(env->out);
	return tool_fail(env, &err);
}
