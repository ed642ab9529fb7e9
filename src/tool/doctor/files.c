/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "report/text/step.h"
#include "result/results.h"
#include "tool/doctor/internal.h"
#include "util/mem.h"
#include "util/path.h"

struct checked *
checks_at(struct checks *c, struct str path)
{
	int added;
	struct map_slot *slot = map_get(&c->at, path);

	if (slot)
		return &c->v[slot->value];
	path = arena_dup(&c->arena, path);
	slot = map_put(&c->at, path, &added);
	slot->value = (uint32_t)c->n;
	c->v = vec_grow(c->v, &c->cap, c->n + 1, sizeof(*c->v));
	c->v[c->n] = (struct checked){ .path = path };
	return &c->v[c->n++];
}

/* An absolute path from the root, if it is below it. */
static struct str
from_root(const struct session *s, struct str path)
{
	struct str root = buf_str(&s->root);

	if (!path_below(path, root) || path.n == root.n)
		return path;
	return (struct str){ path.p + root.n + 1, path.n - root.n - 1 };
}

static void
add_id(struct checks *c, struct side *side, const char *id)
{
	if (id && *id)
		strs_add(&side->ids, arena_dup(&c->arena, str_of(id)));
}

void
checks_add_answer(struct checks *c, const struct session *s,
	const struct answer *a)
{
	const cJSON *files, *file, *id;

	files = cJSON_GetObjectItemCaseSensitive(a->json, "files");
	cJSON_ArrayForEach(file, files) {
		const char *path = results_text(file, "path");
		const char *error = results_text(file, "error");
		struct side *side = &checks_at(c, from_root(s,
			str_of(path)))->runner;

		side->has = true;
		side->known = !*error;
		if (*error)
			side->why = arena_strdup(&c->arena, error);
		cJSON_ArrayForEach(id, cJSON_GetObjectItemCaseSensitive(file,
			"ids"))
			add_id(c, side, cJSON_GetStringValue(id));
	}
}

/* The file that an item's id names, from the root: ids are as seen from
 * pytest's rootdir. */
static struct str
item_file(struct checks *c, const struct results *r, struct str id)
{
	struct buf b = { 0 };
	struct str path;

	path_join(&b, str_of(results_text(r->json, "rootdir")), id);
	path = arena_dup(&c->arena, buf_str(&b));
	buf_release(&b);
	return path;
}

/* The items of a result. one: the only file that they can be of; n 0: the ids
 * say which. */
static void
note_items(struct checks *c, const struct session *s, const struct results *r,
	struct str one)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, r->items) {
		const char *id = results_text(item, "id");
		const char *rest = strstr(id, "::");
		struct str file = one;
		struct side *side;

		if (!rest)
			continue;
		if (!one.n)
			file = from_root(s, item_file(c, r,
				(struct str){ id, (size_t)(rest - id) }));
		side = &checks_at(c, file)->ours;
		side->has = true;
		side->known = true;
		add_id(c, side, rest + 2);
	}
}

/* Why the ids in a result are not all there are; NULL: they are. */
static const char *
incomplete(const struct results *r)
{
	if (*results_text(r->json, "crash"))
		return "its process ended before its tests";
	if (cJSON_GetArraySize(r->collect_errors))
		return "its tests cannot be told";
	if (results_number(r->json, "collected") >
	    cJSON_GetArraySize(r->items))
		return "not all of its tests have run";
	return NULL;
}

static bool
is_others(const struct graph *g, uint32_t step)
{
	struct buf args = { 0 };
	bool is;

	graph_binding(g, step, graph_sym((struct graph *)g, STR("tg_args")),
	              GRAPH_RAW, &args, NULL);
	is = args.p && strstr(args.p, " --others ");
	buf_release(&args);
	return is;
}

void
checks_add_step(struct checks *c, const struct session *s, uint32_t step,
	enum currency currency)
{
	const struct graph *g = s->graph;
	const struct graph_step *st = &g->steps.p[step];
	uint32_t n = is_others(g, step) ? 0 : graph_nexplicit(st);
	const char *why = "it has no current result";
	struct results r = { 0 };
	bool read = currency != RESULT_OLD && results_read(&r, g, step);
	bool doubt = currency == RESULT_MEANWHILE;

	if (read)
		why = incomplete(&r);
	for (uint32_t i = 0; i < n; i++) {
		struct side *side = &checks_at(c, graph_path(g,
			graph_ids(g, st->ins)[i]))->ours;

		side->has = true;
		side->known = !why;
		side->doubt = doubt;
		side->unrun = !read;
		side->why = why ? why : "its inputs changed while it ran";
	}
	if (read && !why)
		note_items(c, s, &r, n == 1 ? graph_path(g,
			   graph_ids(g, st->ins)[0]) : STR(""));
	results_release(&r);
}

static int
file_order(const void *a, const void *b)
{
	const struct checked *x = a, *y = b;

	return path_order(x->path, y->path);
}

void
checks_sort(struct checks *c)
{
	if (c->n)
		qsort(c->v, c->n, sizeof(*c->v), file_order);
	map_release(&c->at);
	for (size_t i = 0; i < c->n; i++) {
		strs_sort(&c->v[i].runner.ids);
		strs_sort(&c->v[i].ours.ids);
	}
}

void
checks_release(struct checks *c)
{
	for (size_t i = 0; i < c->n; i++) {
		strs_release(&c->v[i].runner.ids);
		strs_release(&c->v[i].ours.ids);
	}
	free(c->v);
	map_release(&c->at);
	arena_release(&c->arena);
	*c = (struct checks){ 0 };
}
