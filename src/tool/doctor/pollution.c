/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/wait.h>

#include "report/text/json.h"
#include "report/text/step.h"
#include "result/results.h"
#include "tool/doctor/internal.h"
#include "util/path.h"

/* The findings, version 1: packages, each with package, directory, python,
 * interpreter, and what src/pytgraph/command/pollution.py answers. */

/* So many ids of a file are shown; --json has all. */
enum { SHOWN = 10 };

static void
add_step(const struct doctor *d, uint32_t step, cJSON *list)
{
	struct session *s = d->env->s;
	struct graph *g = s->graph;
	const struct graph_step *st = &g->steps.p[step];
	struct buf b = { 0 };
	cJSON *o;

	if (graph_nexplicit(st) != 1 || !scope_has(&d->scope, graph_path(g,
	    graph_ids(g, st->ins)[0])))
		return;
	o = cJSON_CreateObject();
	cJSON_AddItemToArray(list, o);
	json_text(o, "file", graph_cpath(g, graph_ids(g, st->ins)[0]));
	if (graph_binding(g, step, graph_sym(g, STR("tg_args")), GRAPH_RAW, &b,
	                  NULL) == 1)
		json_text(o, "args", b.p);
	buf_clear(&b);
	if (d->currency[step] == RESULT_CURRENT &&
	    graph_binding(g, step, SYM_TG_RESULT, GRAPH_RAW, &b, NULL) == 1)
		json_text(o, "result", b.p);
	buf_release(&b);
}

/* What the row's interpreter is to find out, as text. */
static char *
request_of(const struct doctor *d, const struct matrix_row *row)
{
	const struct session *s = d->env->s;
	cJSON *top = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(top, "steps");
	char *text;

	for (uint32_t i = 0; i < s->graph->steps.n; i++)
		if (row_has_step(s, row, i))
			add_step(d, i, list);
	text = cJSON_PrintUnformatted(top);
	cJSON_Delete(top);
	return text;
}

/* Adds what the answer has to the findings of a row. */
static void
take_answer(struct doctor *d, cJSON *o, const struct answer *a)
{
	cJSON *next, *m = a->json ? a->json->child : NULL;
	bool all = cJSON_IsTrue(member(a->json, "finished"));

	d->differs |= cJSON_GetArraySize(member(a->json, "found")) > 0;
	d->unasked |= !all || !WIFEXITED(a->status) ||
	              WEXITSTATUS(a->status) != 0;
	for (; m; m = next) {
		next = m->next;
		cJSON_DetachItemViaPointer(a->json, m);
		cJSON_AddItemToObject(o, m->string, m);
	}
	if (!member(o, "finished"))
		cJSON_AddBoolToObject(o, "finished", false);
}

static int
examine_row(struct doctor *d, const struct matrix_row *row, cJSON *list,
	struct err *err)
{
	const struct session *s = d->env->s;
	const struct package *pkg = &s->front.p.packages[row->package];
	const struct interp *in = &s->front.in.v[row->interp];
	char *request = request_of(d, row);
	cJSON *o = cJSON_CreateObject();
	struct answer a = { 0 };
	int r;

	cJSON_AddItemToArray(list, o);
	json_text(o, "package", pkg->name.p);
	json_text(o, "directory", pkg->dir.n ? pkg->dir.p : ".");
	json_text(o, "python", row->version.p);
	json_text(o, "interpreter", in->path.p);
	r = ask_pollution(s, in, str_of(request), &a, err);
	if (r == 0)
		take_answer(d, o, &a);
	answer_release(&a);
	cJSON_free(request);
	return r;
}

/* ---- in words ---- */

static void
print_ids(FILE *to, const cJSON *ids)
{
	int n = 0, all = cJSON_GetArraySize(ids);
	const cJSON *id;

	cJSON_ArrayForEach(id, ids)
		if (n++ < SHOWN)
			fprintf(to, "    %s\n", cJSON_GetStringValue(id));
	if (all > SHOWN)
		fprintf(to, "    and %d more\n", all - SHOWN);
}

static const char *
how(const char *kind)
{
	if (strcmp(kind, "fails") == 0)
		return "fails in one process with";
	if (strcmp(kind, "passes") == 0)
		return "passes only in one process with";
	return "has other tests, or skips others, in one process with";
}

static void
print_found(FILE *to, const cJSON *found)
{
	const cJSON *f, *with;

	cJSON_ArrayForEach(f, found) {
		const char *and = "";

		fprintf(to, "  %s %s ", results_text(f, "file"),
		        how(results_text(f, "kind")));
		cJSON_ArrayForEach(with, member(f, "with")) {
			fprintf(to, "%s%s", and, cJSON_GetStringValue(with));
			and = " and ";
		}
		fprintf(to, ":\n");
		print_ids(to, member(f, "ids"));
	}
}

static void
print_row(FILE *to, const cJSON *o)
{
	int files = (int)results_number(o, "files");
	const cJSON *f, *found = member(o, "found");

	fprintf(to, "%s (%s), %d file%s\n", results_text(o, "package"),
	        results_text(o, "python"), files, files == 1 ? "" : "s");
	print_found(to, found);
	cJSON_ArrayForEach(f, member(o, "unsteady")) {
		fprintf(to, "  %s comes out otherwise from one time to the "
		        "next:\n", results_text(f, "file"));
		print_ids(to, member(f, "ids"));
	}
	cJSON_ArrayForEach(f, member(o, "said"))
		fprintf(to, "  a process did not come to its end: %s\n",
		        cJSON_GetStringValue(f));
	if (!cJSON_IsTrue(member(o, "finished")))
		fprintf(to, "  not all could be found out\n");
	else if (!cJSON_GetArraySize(found))
		fprintf(to, "  alone and in one process: the same\n");
}

int
pollution_examine(struct doctor *d, bool json, struct err *err)
{
	const struct front *f = &d->env->s->front;
	cJSON *top = cJSON_CreateObject(), *list, *o;
	int r = 0;

	cJSON_AddNumberToObject(top, "version", 1);
	list = cJSON_AddArrayToObject(top, "packages");
	for (size_t i = 0; i < f->matrix.n && r == 0; i++)
		if (d->scope.rows[i] &&
		    !front_row_skipped(f, &f->matrix.rows[i]))
			r = examine_row(d, &f->matrix.rows[i], list, err);
	if (r == 0 && json)
		print_json(d, top);
	else if (r == 0)
		cJSON_ArrayForEach(o, list)
			print_row(d->env->out, o);
	cJSON_Delete(top);
	if (r < 0)
		return -1;
	return d->unasked ? EXIT_USAGE : d->differs ? EXIT_FAILED : EXIT_OK;
}
