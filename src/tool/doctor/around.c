/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/text/json.h"
#include "report/text/step.h"
#include "result/way.h"
#include "state/asked.h"
#include "tool/doctor/internal.h"

void
around_place(struct doctor *d, cJSON *top)
{
	cJSON *o = cJSON_AddObjectToObject(top, "place");
	const struct session *s = d->env->s;
	struct buf b = { 0 };

	json_text(o, "root", s->root.p);
	buf_addf(&b, "%s/%s", s->root.p, STATE_DIR);
	json_text(o, "state", b.p);
	if (access(b.p, F_OK) < 0)
		json_text(o, "trouble", "it is not there yet");
	else if (access(b.p, W_OK | X_OK) < 0)
		json_text(o, "trouble", strerror(errno));
	buf_release(&b);
}

void
around_cache(struct doctor *d, cJSON *top)
{
	cJSON *o = cJSON_AddObjectToObject(top, "cache");
	struct buf dir = { 0 };
	struct err err = { 0 };
	int r = session_cache_dir(d->env->s, &dir, &err);

	if (dir.n)
		json_text(o, "directory", dir.p);
	cJSON_AddBoolToObject(o, "used", r == 1);
	if (r < 0)
		json_text(o, "trouble", err.msg);
	err_release(&err);
	buf_release(&dir);
}

/* Is the test step in what is asked about? */
static bool
is_in_question(const struct doctor *d, uint32_t step)
{
	const struct session *s = d->env->s;
	struct buf b = { 0 };
	bool is = false;

	if (!(s->graph->steps.p[step].flags & STEP_TEST) ||
	    s->state.result[step].status == RESULT_NONE)
		return false;
	if (scope_has(&d->scope, str_of(step_binding(s->graph, step,
	                                             SYM_TG_FILE, &b))))
		for (size_t i = 0; i < s->front.matrix.n && !is; i++)
			is = d->scope.rows[i] &&
			     row_has_step(s, &s->front.matrix.rows[i], step);
	buf_release(&b);
	return is;
}

/* What was not seen of the test files' last runs. */
static void
add_unseen(struct doctor *d, uint32_t step, cJSON *list)
{
	const struct graph *g = d->env->s->graph;
	const struct graph_step *st = &g->steps.p[step];
	struct buf file = { 0 };

	for (uint32_t k = 0; k < st->nobs; k++) {
		struct str why = asked_after(graph_path(g,
			graph_ids(g, st->obs)[k]), ASKED_UNSEEN);
		cJSON *o;

		if (!why.n)
			continue;
		o = cJSON_CreateObject();
		json_text(o, "file", step_binding(g, step, SYM_TG_FILE,
		                                  &file));
		json_text(o, "why", why.p);
		cJSON_AddItemToArray(list, o);
	}
	buf_release(&file);
}

void
around_observed(struct doctor *d, cJSON *top)
{
	struct session *s = d->env->s;
	cJSON *o = cJSON_AddObjectToObject(top, "observation"), *list;

	session_find_observe(s);
	if (s->observe.n)
		json_text(o, "library", s->observe.p);
	list = cJSON_AddArrayToObject(o, "unseen");
	for (uint32_t i = 0; i < s->graph->steps.n; i++)
		if (is_in_question(d, i))
			add_unseen(d, i, list);
}

/* Counts one more file that was run so. */
static void
count_way(cJSON *list, const struct way *w)
{
	cJSON *o, *n;

	cJSON_ArrayForEach(o, list)
		if (strcmp(results_text(o, "way"), w->kind) == 0 &&
		    strcmp(results_text(o, "why"), w->why) == 0) {
			n = cJSON_GetObjectItem(o, "files");
			cJSON_SetNumberValue(n, n->valuedouble + 1);
			return;
		}
	o = cJSON_CreateObject();
	json_text(o, "way", w->kind);
	if (*w->why)
		json_text(o, "why", w->why);
	cJSON_AddNumberToObject(o, "files", 1);
	cJSON_AddItemToArray(list, o);
}

void
around_ways(struct doctor *d, cJSON *top)
{
	const struct session *s = d->env->s;
	cJSON *list = cJSON_AddArrayToObject(top, "ways");

	for (uint32_t i = 0; i < s->graph->steps.n; i++) {
		struct results r;
		struct way way;

		if (!is_in_question(d, i) || !results_read(&r, s->graph, i))
			continue;
		if (way_read(&way, &r))
			count_way(list, &way);
		results_release(&r);
	}
}
