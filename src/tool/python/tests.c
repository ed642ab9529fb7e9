/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "report/text/step.h"
#include "result/results.h"
#include "session/targets/targets.h"
#include "tool/python/python.h"

/* -t tests */

/* Lines "PATH::ID" of a result; pytest's ids are relative to its rootdir, so
 * the file is named anew. */
static void
known_items(const struct results *r, const char *file, FILE *out)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, r->items) {
		const char *id = results_text(item, "id");
		const char *rest = strstr(id, "::");

		fprintf(out, "%s%s\n", file, rest ? rest : "");
	}
}

static void
static_items(struct session *s, const char *file, bool pytest, FILE *out)
{
	struct arena a = { 0 };
	struct scan_items items;

	if (front_items(&s->front, str_of(file), pytest, &a, &items)) {
		for (uint32_t i = 0; i < items.n; i++)
			fprintf(out, "%s::%.*s%s\n", file,
			        (int)items.v[i].id.n, items.v[i].id.p,
			        items.v[i].flags & ITEM_PARAMETRIZED ? "[...]"
			        : items.v[i].flags & ITEM_DYNAMIC ? "..." : "");
		if (items.flags & ITEMS_MORE)
			fprintf(out, "%s::...\n", file);
	}
	arena_release(&a);
}

static void
step_items(struct session *s, uint32_t step, FILE *out)
{
	struct buf file = { 0 }, args = { 0 };
	struct results r = { 0 };
	const char *name = step_binding(s->graph, step, SYM_TG_FILE, &file);

	/* A result that the state no longer vouches for may have other ids,
	 * but is nearer to the truth than the text. */
	if (s->state.result[step].status != RESULT_NONE &&
	    results_read(&r, s->graph, step)) {
		known_items(&r, name, out);
		results_release(&r);
	} else {
		graph_binding(s->graph, step,
		              graph_sym(s->graph, STR("tg_args")), GRAPH_RAW,
		              &args, NULL);
		static_items(s, name, args.p &&
		             strstr(args.p, "--runner pytest"), out);
	}
	buf_release(&file);
	buf_release(&args);
}

static int
py_tests_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	struct session *s = env->s;
	struct targets t = { 0 };
	int r = tool_find_targets(env, argv + 1, argc - 1, &t, err);

	for (uint32_t i = 0; r == 0 && i < t.n; i++) {
		uint32_t step = s->graph->nodes.p[t.v[i]].producer;

		if (step != GRAPH_NONE &&
		    (s->graph->steps.p[step].flags & STEP_TEST))
			step_items(s, step, env->out);
	}
	targets_release(&t);
	return r;
}

const struct tool tool_py_tests = {
	.name = "tests",
	.summary = "node ids of the targets' tests",
	.usage = "usage: %s -t tests [targets]\n",
	.needs = TOOL_FRONT,
	.where = TOOL_PYTHON,
	.own = true,
	.words = true,
	.run = py_tests_run,
};
