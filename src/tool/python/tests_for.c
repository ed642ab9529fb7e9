/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "report/text/json.h"
#include "report/text/step.h"
#include "result/results.h"
#include "session/targets/subject.h"
#include "tool/env/ask.h"
#include "tool/python/python.h"
#include "util/file.h"
#include "util/mem.h"

/* -t tests-for: the tests that enter a function, or use a file. */

enum by { BY_FUNCTION, BY_FILE, BY_ASSUMED, BYS };

static const char *const by_words[BYS] = { "function", "file", "assumed" };

struct asking {
	struct tool_env *env;
	struct str path;        /* of the file, from the root */
	uint32_t node;
	bool python;
	struct arena arena;     /* of scan */
	struct scan scan;       /* of its text; zero: it is not Python */
	char *function;         /* owned: dotted, "Class.name"; NULL: the whole
	                         * file, or what runs when it is imported */
	cJSON *list;            /* of the answer, with --json */
	uint32_t count[BYS];
};

/* ---- what is asked for ---- */

/* "Class.name" of a definition, without the "<locals>" that Python's has. */
static void
dotted_name(const struct scan *s, uint32_t def, struct buf *out)
{
	if (s->defs[def].parent != SCAN_MODULE) {
		dotted_name(s, s->defs[def].parent, out);
		buf_addc(out, '.');
	}
	buf_addstr(out, s->defs[def].name);
}

/* The innermost function around a line; its decorators run when the file is
 * imported. SCAN_MODULE: there is none. */
static uint32_t
def_at(const struct scan *s, uint32_t line)
{
	uint32_t found = SCAN_MODULE;

	for (uint32_t i = 0; i < s->ndefs; i++)
		if (s->defs[i].line <= line && line <= s->defs[i].end_line &&
		    !(s->defs[i].flags & DEF_CLASS))
			found = i;
	return found;
}

static void
set_function(struct asking *a, uint32_t def)
{
	struct buf b = { 0 };

	dotted_name(&a->scan, def, &b);
	a->function = buf_detach(&b);
}

static int
find_function(struct asking *a, const char *name, struct err *err)
{
	struct buf want = { 0 }, b = { 0 };
	uint32_t found = SCAN_MODULE;

	for (const char *p = name; *p; p++) {
		if (p[0] == ':' && p[1] == ':')
			p++;
		buf_addc(&want, *p == ':' ? '.' : *p);
	}
	for (uint32_t i = 0; found == SCAN_MODULE && i < a->scan.ndefs; i++) {
		buf_clear(&b);
		dotted_name(&a->scan, i, &b);
		if (str_eq(buf_str(&b), buf_str(&want)))
			found = i;
	}
	buf_release(&want);
	buf_release(&b);
	if (found == SCAN_MODULE)
		return err_code(err, EXIT_USAGE, "-t tests-for: %s has no "
		                "function or class '%s'", a->path.p, name);
	set_function(a, found);
	return 0;
}

static int
find_line(struct asking *a, const char *digits, struct err *err)
{
	unsigned long line = strtoul(digits, NULL, 10);
	uint32_t def;

	if (!line || line > a->scan.lines + 1u)
		return err_code(err, EXIT_USAGE, "-t tests-for: %s has no line "
		                "%s", a->path.p, digits);
	def = def_at(&a->scan, (uint32_t)line);
	if (def != SCAN_MODULE)
		set_function(a, def);
	return 0;
}

static bool
is_number(const char *s)
{
	return *s && !s[strspn(s, "0123456789")];
}

static int
read_text(struct asking *a, struct err *err)
{
	struct buf text = { 0 };
	int r = file_read(a->path.p, &text, err);

	if (r >= 0)
		scan_source(buf_str(&text).p, text.n, &a->arena, &a->scan);
	buf_release(&text);
	return r < 0 ? -1 : 0;
}

/* FILE, FILE:LINE, FILE::NAME, module, module:NAME. */
static int
find_asked(struct asking *a, const char *word, struct err *err)
{
	struct session *s = a->env->s;
	const char *two = strstr(word, "::"), *one = strrchr(word, ':');
	const char *cut = two ? two : one;
	char *base = xmemdup0(word, cut ? (size_t)(cut - word) : strlen(word));
	struct subject w;
	int r = subject_find(s, base, &w, err);

	free(base);
	if (r < 0)
		return -1;
	if (w.kind != SUBJECT_MODULE && w.kind != SUBJECT_FILE)
		return err_code(err, EXIT_USAGE, "-t tests-for: %s: expected a "
		                "file or a module", word);
	a->path = w.path;
	if (w.kind == SUBJECT_MODULE) {
		a->path = subject_module_path(s, (uint32_t)w.at);
		a->python = true;
	}
	a->node = graph_find(s->graph, a->path);
	if (!cut)
		return 0;
	if (!a->python)
		return err_code(err, EXIT_USAGE, "-t tests-for: %s is not "
		                "Python: it has no functions", a->path.p);
	if (read_text(a, err) < 0)
		return -1;
	if (!two && is_number(one + 1))
		return find_line(a, one + 1, err);
	return find_function(a, cut + (two ? 2 : 1), err);
}

/* ---- the answer ---- */

/* Is it the function, or one within it? Python says "f.<locals>.g". */
static bool
is_function(const char *qualname, const char *want)
{
	static const char locals[] = "<locals>.";

	for (;;) {
		if (strncmp(qualname, locals, sizeof(locals) - 1) == 0)
			qualname += sizeof(locals) - 1;
		if (!*want)
			return !*qualname || *qualname == '.';
		if (*qualname++ != *want++)
			return false;
	}
}

/* By the numbers of a document's functions: is it what is asked for? */
static bool
any_asked(const struct asking *a, const cJSON *functions, const cJSON *numbers)
{
	const cJSON *n;

	cJSON_ArrayForEach(n, numbers) {
		const cJSON *f = cJSON_GetArrayItem(functions, n->valueint);
		const char *file = cJSON_GetStringValue(
			cJSON_GetArrayItem(f, 0));
		const char *name = cJSON_GetStringValue(
			cJSON_GetArrayItem(f, 1));

		if (file && name && str_is(a->path, file) &&
		    is_function(name, a->function))
			return true;
	}
	return false;
}

static void
tell_item(struct asking *a, const char *file, const char *id, enum by by)
{
	const char *rest = strstr(id, "::");
	cJSON *o;

	a->count[by]++;
	if (!a->list) {
		fprintf(a->env->out, "%s%s\n", file, rest ? rest : "");
		return;
	}
	o = cJSON_CreateObject();
	json_text(o, "file", file);
	json_text(o, "id", rest ? rest + 2 : "");
	json_text(o, "by", by_words[by]);
	cJSON_AddItemToArray(a->list, o);
}

/* The items of a run that uses the file. */
static void
tell_run(struct asking *a, uint32_t step, bool seen)
{
	const struct graph *g = a->env->s->graph;
	const cJSON *functions, *item, *collected;
	struct results r = { 0 };
	struct buf buf = { 0 };
	const char *file = step_binding(g, step, SYM_TG_FILE, &buf);
	enum by by = seen ? BY_FILE : BY_ASSUMED;

	if (a->env->s->state.result[step].status == RESULT_NONE ||
	    !results_read(&r, g, step)) {
		tell_item(a, file, "", by);
		buf_release(&buf);
		return;
	}
	functions = cJSON_GetObjectItemCaseSensitive(r.json, "functions");
	collected = cJSON_GetObjectItemCaseSensitive(r.json, "entered");
	if (a->function && functions && seen)
		by = BY_FUNCTION;
	cJSON_ArrayForEach(item, r.items)
		if (by != BY_FUNCTION || any_asked(a, functions, collected) ||
		    any_asked(a, functions, cJSON_GetObjectItemCaseSensitive(
			item, "entered")))
			tell_item(a, file, results_text(item, "id"), by);
	results_release(&r);
	buf_release(&buf);
}

/* In the order of the graph. */
static void
tell_runs(struct asking *a)
{
	const struct graph *g = a->env->s->graph;
	uint8_t *seen = ask_seen(a->env->s);
	struct bits runs;

	bits_init(&runs, g->steps.n);
	ask_runs(g, a->node, seen, &runs);
	for (uint32_t i = bits_next(&runs, 0); i < runs.n;
	     i = bits_next(&runs, i + 1))
		tell_run(a, i, seen[i]);
	bits_release(&runs);
	free(seen);
}

static void
print_asked(struct asking *a)
{
	cJSON *top = cJSON_CreateObject(), *counts;
	char *text;

	cJSON_AddNumberToObject(top, "version", 1);
	json_text(top, "file", a->path.p);
	if (a->function)
		json_text(top, "function", a->function);
	counts = cJSON_AddObjectToObject(top, "counts");
	for (int i = 0; i < BYS; i++)
		cJSON_AddNumberToObject(counts, by_words[i], a->count[i]);
	cJSON_AddItemToObject(top, "tests", a->list);
	text = cJSON_Print(top);
	fprintf(a->env->out, "%s\n", text);
	cJSON_free(text);
	cJSON_Delete(top);
}

/* Says of how many it is not known whether they enter it. */
static void
tell_doubt(const struct asking *a)
{
	uint32_t less = a->count[BY_FILE] + a->count[BY_ASSUMED];
	const struct tool_env *env = a->env;

	if (env->s->o->quiet)
		return;
	if (a->function && less)
		fprintf(env->err, "%s: note: of %u it is not known whether "
		        "they enter %s (functions = true in [tool.tgraph] and "
		        "a run under Python 3.12 or later show it)\n",
		        env->s->o->prog, less, a->function);
	if (a->count[BY_ASSUMED])
		fprintf(env->err, "%s: note: %u by what they seem to import; "
		        "a run that passes shows what they use\n",
		        env->s->o->prog, a->count[BY_ASSUMED]);
}

static int
tests_for_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	struct asking a = { .env = env, .node = GRAPH_NONE };
	bool json = false;
	int opt;

	while ((opt = tool_getopt(env, argc, argv, "", longs)) != -1) {
		if (opt != 'j')
			return tool_usage(env, true);
		json = true;
	}
	if (argc - optind != 1)
		return tool_error(env, "-t tests-for: expected one file, "
		                  "module or function");
	if (find_asked(&a, argv[optind], err) < 0) {
		arena_release(&a.arena);
		return -1;
	}
	if (env->s->graph->users_stale)
		graph_index_users(env->s->graph);
	if (json)
		a.list = cJSON_CreateArray();
	if (a.node != GRAPH_NONE)
		tell_runs(&a);
	tell_doubt(&a);
	if (json)
		print_asked(&a);
	free(a.function);
	arena_release(&a.arena);
	return EXIT_OK;
}

const struct tool tool_tests_for = {
	.name = "tests-for",
	.summary = "tests that enter a function or use a file",
	.usage = "usage: %s -t tests-for [--json] FILE[:LINE | ::NAME]\n"
		"       %s -t tests-for [--json] MODULE[:NAME]\n"
		"\n"
		"The ids of the tests that use a file, or, where that was noted "
		"(functions = true\n"
		"in [tool.tgraph], Python 3.12 or later), that entered the "
		"function of a line or\n"
		"of a name. A line outside of functions runs when the file is "
		"imported: it counts\n"
		"for all tests that use the file.\n",
	.needs = TOOL_FRONT,
	.where = TOOL_PYTHON,
	.own = true,
	.run = tests_for_run,
};
