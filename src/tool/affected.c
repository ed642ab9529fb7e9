/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>

#include "report/text/json.h"
#include "session/targets/changed.h"
#include "tool/internal.h"
#include "util/path.h"
#include "util/strs.h"

/* -t affected: the test files that could come out differently because of some
 * files, or of all that has changed since a revision. */

enum form { TEXT, JSON, NUL };

static void
on_missing(void *ctx, const char *word)
{
	tool_warning(ctx, "%s is not there; it counts as removed", word);
}

/* The test files of the runs, as seen from where the user is; assumed: those of
 * runs of which it is not known what they use. */
static void
collect_tests(struct tool_env *env, const struct changed *c, struct strs *out,
	struct strs *assumed)
{
	struct session *s = env->s;
	const struct graph *g = s->graph;
	struct buf file = { 0 }, path = { 0 };

	for (uint32_t i = 0; i < g->steps.n; i++) {
		if (!(g->steps.p[i].flags & STEP_TEST) ||
		    !changed_has(c, graph_step_out(g, i)))
			continue;
		buf_clear(&file);
		buf_clear(&path);
		graph_binding(g, i, SYM_TG_FILE, GRAPH_RAW, &file, NULL);
		path_relative(&path, buf_str(&s->below), buf_str(&file));
		strs_add(out, arena_dup(&s->front.arena, buf_str(&path)));
		if (!changed_by_seen(c, graph_step_out(g, i)))
			strs_add(assumed, out->v[out->n - 1]);
	}
	strs_sort(out);
	strs_sort(assumed);
	buf_release(&file);
	buf_release(&path);
}

static void
print_affected(struct tool_env *env, const struct changed *c, const char *since,
	const struct strs *files, const struct strs *assumed)
{
	cJSON *top = cJSON_CreateObject(), *list;
	char *text;

	cJSON_AddNumberToObject(top, "version", 1);
	if (since)
		json_text(top, "since", since);
	cJSON_AddBoolToObject(top, "all", c->all);
	if (c->all)
		json_text(top, "because", c->why.n ? c->why.p : ".");
	cJSON_AddNumberToObject(top, "count", (double)files->n);
	cJSON_AddNumberToObject(top, "assumed", (double)assumed->n);
	list = cJSON_AddArrayToObject(top, "files");
	for (size_t i = 0, k = 0; i < files->n; i++) {
		cJSON *o = cJSON_CreateObject();
		bool is = k < assumed->n &&
		          str_eq(files->v[i], assumed->v[k]);

		k += is;
		json_text(o, "path", files->v[i].p);
		json_text(o, "by", is ? "assumed" : "observed");
		cJSON_AddItemToArray(list, o);
	}
	text = cJSON_Print(top);
	fprintf(env->out, "%s\n", text);
	cJSON_free(text);
	cJSON_Delete(top);
}

/* Says of how many it is not known what they use. */
static void
tell_assumed(struct tool_env *env, size_t n, size_t all)
{
	if (n)
		fprintf(env->err, "%s: note: %zu of %zu by what %s import and "
		        "where %s, for it has not been seen what %s (a run "
		        "that passes shows it)\n", env->s->o->prog, n, all,
		        n == 1 ? "it seems to" : "they seem to",
		        n == 1 ? "it lies" : "they lie",
		        n == 1 ? "it uses now" : "they use now");
}

static int
answer_affected(struct tool_env *env, struct changed *c, const char *since,
	enum form form, struct err *err)
{
	struct strs files = { 0 }, assumed = { 0 };

	if (changed_reach(c, err) < 0)
		return -1;
	collect_tests(env, c, &files, &assumed);
	if (c->all && !env->s->o->quiet)
		fprintf(env->err, "%s: note: every test file counts because "
		        "of %s\n", env->s->o->prog, c->why.n ? c->why.p : ".");
	else if (!env->s->o->quiet)
		tell_assumed(env, assumed.n, files.n);
	if (form == JSON)
		print_affected(env, c, since, &files, &assumed);
	for (size_t i = 0; form != JSON && i < files.n; i++)
		fprintf(env->out, "%s%c", files.v[i].p,
		        form == NUL ? '\0' : '\n');
	strs_release(&files);
	strs_release(&assumed);
	return EXIT_OK;
}

static int
affected_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	static const struct option longs[] = {
		{ "since", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "print0", no_argument, NULL, '0' },
		{ NULL, 0, NULL, 0 },
	};
	const char *since = env->s->o->since;
	enum form form = TEXT;
	struct changed c;
	int opt, r;

	while ((opt = tool_getopt(env, argc, argv, "0", longs)) != -1) {
		switch (opt) {
		case 's': since = optarg; break;
		case 'j': form = JSON; break;
		case '0': form = NUL; break;
		default: return tool_usage(env, true);
		}
	}
	if (!since == (optind == argc))
		return tool_error(env, "-t affected: expected either files or "
		                  "--since REV");
	if (since)
		r = changed_since(env->s, since, &c, err);
	else
		r = changed_files(env->s, argv + optind, argc - optind, &c,
		                  on_missing, env, err);
	if (r == 0)
		r = answer_affected(env, &c, since, form, err);
	changed_release(&c);
	return r;
}

const struct tool tool_affected = {
	.name = "affected",
	.summary = "test files that changed files could change",
	.usage = "usage: %s -t affected [--json | -0] FILE...\n"
		"       %s -t affected [--json | -0] --since REV\n"
		"\n"
		"The test files that could come out differently because of "
		"the files, or of all\n"
		"that has changed in the working tree since HEAD and a "
		"revision parted. A file\n"
		"that is not there counts as removed. What a test file was seen "
		"to use in its last\n"
		"run decides, if it passed and is as it was; else what it "
		"seems to need.\n",
	.needs = TOOL_STATE,
	.where = TOOL_PYTHON,
	.own = true,
	.run = affected_run,
};
