/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "graph/walk.h"
#include "session/targets/target_name.h"
#include "tool/internal.h"
#include "util/os.h"

/* A compilation database, laid out as ninja does; the strings are cJSON's. */
struct db {
	struct tool_env *env;
	struct buf cwd;
	bool expand;            /* -x */
	bool any;
};

static void
put_string(struct tool_env *env, struct str s)
{
	struct buf copy = { 0 };
	cJSON *json;
	char *text;

	buf_addstr(&copy, s);
	json = cJSON_CreateStringReference(copy.p ? copy.p : "");
	text = cJSON_PrintUnformatted(json);
	fputs(text ? text : "\"\"", env->out);
	cJSON_free(text);
	cJSON_Delete(json);
	buf_release(&copy);
}

/* Length of what stands before the name of the response file at at, if that
 * makes it one. */
static size_t
introduced(struct str command, size_t at)
{
	static const char *const forms[] = { "@", "-f ", "--option-file=" };
	size_t i, n;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		n = strlen(forms[i]);
		if (at >= n && memcmp(command.p + at - n, forms[i], n) == 0)
			return n;
	}
	return 0;
}

/* Puts the content of the response file in place of its name. */
static void
expand_rspfile(const struct graph *g, uint32_t step, struct buf *command)
{
	struct buf name = { 0 }, content = { 0 }, all = { 0 };
	const char *found;
	size_t at, before, i;

	if (graph_binding(g, step, SYM_RSPFILE, GRAPH_RAW, &name, NULL) == 1 &&
	    command->p && (found = strstr(command->p, name.p))) {
		at = (size_t)(found - command->p);
		before = introduced(buf_str(command), at);
		if (before) {
			graph_binding(g, step, SYM_RSPFILE_CONTENT,
				GRAPH_SHELL, &content, NULL);
			for (i = 0; i < content.n; i++)
				if (content.p[i] == '\n')
					content.p[i] = ' ';
			buf_add(&all, command->p, at - before);
			buf_addstr(&all, buf_str(&content));
			buf_add(&all, command->p + at + name.n,
				command->n - at - name.n);
			buf_clear(command);
			buf_addstr(command, buf_str(&all));
		}
	}
	buf_release(&name);
	buf_release(&content);
	buf_release(&all);
}

static int
print_entry(struct db *db, uint32_t step)
{
	const struct graph *g = db->env->s->graph;
	const struct graph_step *s = &g->steps.p[step];
	struct buf command = { 0 };
	FILE *out = db->env->out;
	int r;

	if (s->nins == 0)
		return 0;
	r = tool_command(db->env, step, &command);
	if (r != 0) {
		buf_release(&command);
		return r;
	}
	if (db->expand)
		expand_rspfile(g, step, &command);
	fputs(db->any ? ",\n  {\n" : "\n  {\n", out);
	db->any = true;
	fputs("    \"directory\": ", out);
	put_string(db->env, buf_str(&db->cwd));
	fputs(",\n    \"command\": ", out);
	put_string(db->env, buf_str(&command));
	fputs(",\n    \"file\": ", out);
	put_string(db->env, graph_path(g, *graph_ids(g, s->ins)));
	fputs(",\n    \"output\": ", out);
	put_string(db->env, graph_path(g, *graph_ids(g, s->outs)));
	fputs("\n  }", out);
	buf_release(&command);
	return 0;
}

static int
begin_list(struct db *db, struct err *err)
{
	if (os_cwd(&db->cwd, err) != 0)
		return tool_fail(db->env, err);
	fputc('[', db->env->out);
	return 0;
}

static int
end_list(struct db *db, int r)
{
	if (r == 0)
		fputs("\n]\n", db->env->out);
	buf_release(&db->cwd);
	return r;
}

static int
compdb_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	struct db db = { .env = env };
	uint32_t step;
	int opt, r, i;

	while ((opt = tool_getopt(env, argc, argv, "hx", NULL)) != -1) {
		switch (opt) {
		case 'x': db.expand = true; break;
		default: return tool_usage(env, opt != 'h');
		}
	}
	r = begin_list(&db, err);
	if (r != 0)
		return r;
	for (step = 0; step < env->s->graph->steps.n && r == 0; step++) {
		if (optind == argc)
			r = print_entry(&db, step);
		for (i = optind; i < argc && r == 0; i++)
			if (str_is(tool_rule(env->s->graph, step), argv[i]))
				r = print_entry(&db, step);
	}
	return end_list(&db, r);
}

static int
tell_fatal(struct tool_env *env, const char *before, const char *what,
	const char *after)
{
	fprintf(env->err, "%s: fatal: %s%s%s\n", env->s->o->prog, before, what,
		after);
	return options_usage_code(env->s->o);
}

static int
walk_targets(struct tool_env *env, int n, char **names, struct graph_walk *w,
	struct err *err)
{
	uint32_t node;
	int i, r;

	for (i = 0; i < n; i++) {
		if (target_find(env->s->graph, names[i], env->s->o->prog,
		                &node, err) != 0) {
			r = tell_fatal(env, "", err->msg, "");
			err_release(err);
			return r;
		}
		if (env->s->graph->nodes.p[node].producer == GRAPH_NONE)
			return tell_fatal(env, "'", names[i], "' is not a "
				"target (i.e. it is not an output of any "
				"`build` statement)");
		graph_walk_add(w, node, NULL);
	}
	return 0;
}

static int
compdb_targets_run(struct tool_env *env, int argc, char **argv,
	struct err *err)
{
	struct graph_walk w = { .g = env->s->graph };
	struct db db = { .env = env };
	int opt, r;
	size_t i;

	while ((opt = tool_getopt(env, argc, argv, "hx", NULL)) != -1) {
		switch (opt) {
		case 'x': db.expand = true; break;
		default:
			return tool_usage(env, opt != 'h');
		}
	}
	if (optind == argc) {
		tool_error(env, "compdb-targets expects the name of at least "
			"one target");
		return tool_usage(env, true);
	}
	r = walk_targets(env, argc - optind, argv + optind, &w, err);
	if (r == 0)
		r = begin_list(&db, err);
	if (r == 0) {
		for (i = 0; i < w.n && r == 0; i++)
			if (!(env->s->graph->steps.p[w.steps[i]].flags &
			    STEP_PHONY))
				r = print_entry(&db, w.steps[i]);
		r = end_list(&db, r);
	}
	graph_walk_release(&w);
	return r;
}

const struct tool tool_compdb = {
	.name = "compdb",
	.summary = "dump JSON compilation database to stdout",
	.usage = "usage: %s -t compdb [options] [rules]\n"
		"\n"
		"options:\n"
		"  -x     expand @rspfile style response file invocations\n",
	.needs = TOOL_GRAPH,
	.run = compdb_run,
};

const struct tool tool_compdb_targets = {
	.name = "compdb-targets",
	.summary = "dump JSON compilation database for a given list of "
		"targets to stdout",
	.usage = "usage: %s -t compdb [-hx] target [targets]\n"
		"\n"
		"options:\n"
		"  -h     display this help message\n"
		"  -x     expand @rspfile style response file invocations\n",
	.needs = TOOL_GRAPH,
	.run = compdb_targets_run,
};
