/* SPDX-License-Identifier: Apache-2.0 */
#include "session/targets/changed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/asked.h"
#include "util/mem.h"
#include "util/path.h"

/* Which questions that steps have asked are answered otherwise because of the
 * changed files, and by whom they were asked. */

static unsigned
how_changed(const struct changed *c, struct str path)
{
	const struct map_slot *slot = map_get(&c->how, path);

	return slot ? slot->value : 0;
}

static unsigned
how_dir(const struct changed *c, struct str path)
{
	const struct map_slot *slot = map_get(&c->dirs, path);

	return slot ? slot->value : 0;
}

enum { CAME_OR_WENT = 1u << REPO_ADDED | 1u << REPO_DELETED };

/* Is something there now that was not, or the other way round? Of a file that
 * the user names it is not known what has happened to it: it may be. */
static bool
came_or_went(const struct changed *c, struct str path)
{
	return how_changed(c, path) & (c->since ? CAME_OR_WENT : ~0u) ||
	       how_dir(c, path) & DIR_ITSELF;
}

/* ---- what has changed ---- */

/* Was there anything in it that has not just come? */
static bool
is_old_dir(const struct map *old, struct str dir)
{
	return map_get(old, dir) != NULL;
}

/* The directories that a file came to, or went from, up to the first that was
 * there before and is there now. */
static void
note_dirs(struct changed *c, const struct map *old,
	const struct repo_change *change)
{
	struct str dir = path_dir(change->path), last = change->path;

	for (;; last = dir, dir = path_dir(dir)) {
		struct map_slot *slot = map_put(&c->dirs, dir, NULL);
		char *path = xmemdup0(dir.n ? dir.p : ".", dir.n ? dir.n : 1);
		bool is = access(path, F_OK) == 0;

		free(path);
		slot->value |= DIR_LISTED;
		if (str_ends(last, ".egg") || str_ends(last, ".egg-link") ||
		    str_ends(last, "-info"))
			slot->value |= DIR_INSTALLED;
		if (!dir.n || str_is(dir, "/") ||
		    (is && (change->how == REPO_DELETED ||
		            is_old_dir(old, dir))))
			break;
		slot->value |= DIR_ITSELF;
	}
}

/* Directories with files that are no new ones. */
static void
find_old_dirs(const struct changed *c, struct map *old)
{
	const struct discovery *d = &c->s->front.d;

	for (uint32_t i = 0; i < d->nfiles; i++) {
		struct str dir = path_dir(d->files[i].path);
		int added = 1;

		if (map_get(&c->fresh, d->files[i].path))
			continue;
		for (; added; dir = path_dir(dir)) {
			map_put(old, dir, &added);
			if (!dir.n)
				break;
		}
	}
}

static void
note_changes(struct changed *c)
{
	struct map old = { 0 };

	find_old_dirs(c, &old);
	for (size_t i = 0; i < c->n; i++) {
		const struct repo_change *change = &c->v[i];

		map_put(&c->how, change->path, NULL)->value |=
			1u << change->how;
		if (change->how != REPO_MODIFIED || !c->since)
			note_dirs(c, &old, change);
	}
	map_release(&old);
}

/* ---- what was asked ---- */

/* What git keeps for itself. */
static bool
is_gits(struct str path)
{
	for (; path.n && !str_is(path, "/"); path = path_dir(path))
		if (str_is(path_base(path), ".git"))
			return true;
	return false;
}

/* A file in the working tree of which git does not know what it held. */
static bool
is_unknown_file(const struct changed *c, uint32_t node)
{
	const struct state *s = &c->s->state;
	struct str path = graph_path(s->g, node);

	if (!c->since || state_owns(path) ||
	    s->g->nodes.p[node].producer != GRAPH_NONE ||
	    !S_ISREG(s->sig[node].mode) ||
	    (path.p[0] == '/' && !path_below(path, repo_top(c->repo))))
		return false;
	return is_gits(path) ? repo_moved(c->repo)
	                     : !repo_tracks(c->repo, path);
}

struct candidate {
	const struct changed *c;
	bool found;
};

static bool
see_candidate(void *ctx, const char *path)
{
	struct candidate *x = ctx;

	x->found = came_or_went(x->c, str_of(path));
	return !x->found;
}

/* Modules that came or went; what is installed. */
static bool
finds_otherwise(const struct changed *c, struct str name)
{
	struct candidate x = { .c = c };
	struct str path = asked_find(name);

	if (str_is(path_base(path), "*"))
		return how_dir(c, path_dir(path)) & DIR_INSTALLED;
	asked_candidates(name, see_candidate, &x);
	return x.found;
}

static bool
may_answer_otherwise(const struct changed *c, struct str name)
{
	struct str look = asked_after(name, ASKED_LOOK);

	/* its permissions may be others, too */
	if (look.n)
		return came_or_went(c, look) || how_changed(c, look);
	if (asked_find(name).n)
		return finds_otherwise(c, name);
	return c->since && asked_after(name, ASKED_INDEX).n &&
	       (repo_moved(c->repo) || repo_staged(c->repo));
}

static bool
answers_otherwise(const struct changed *c, uint32_t node)
{
	struct str name = graph_path(c->s->graph, node);
	bool asked = asked_node(c->s->graph, node);

	if (!asked && (how_changed(c, name) || is_unknown_file(c, node)))
		return true;
	if (!asked && !how_dir(c, name))
		return false;
	/* A file that is named has come or gone if that shows. */
	return (!asked || may_answer_otherwise(c, name)) &&
	       (c->since || c->seen.differs[node]);
}

/* ---- who has asked ---- */

/* What is made from the node, but for runs that are only assumed to need it. */
static void
use_node(struct changed *c, uint32_t node)
{
	const struct graph *g = c->s->graph;
	const struct graph_node *n = &g->nodes.p[node];

	for (uint32_t i = 0; i < n->nusers; i++) {
		uint32_t step = graph_ids(g, n->users)[i];
		const struct graph_step *st = &g->steps.p[step];

		if (c->seen.how[step] && graph_assumed(g, step, node))
			continue;
		for (uint32_t k = 0; k < st->nouts; k++)
			nodes_add(&c->used, graph_ids(g, st->outs)[k]);
	}
}

/* Which conftest files there are above a test, and where packages begin, is
 * known by the tree and not asked for. */
static void
take_placed(struct changed *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct str path = c->v[i].path, base = path_base(path);

		if (c->v[i].how != REPO_MODIFIED &&
		    (str_is(base, "conftest.py") ||
		     str_is(base, "__init__.py")))
			changed_take_runs_below(c, path_dir(path), &c->used);
	}
}

void
changed_find_used(struct changed *c)
{
	const struct graph *g = c->s->graph;

	note_changes(c);
	for (uint32_t i = 0; i < g->nodes.n; i++)
		if (answers_otherwise(c, i))
			nodes_add(&c->used, i);
	take_placed(c);
	for (uint32_t next = 0; next < c->used.n; next++)
		use_node(c, c->used.v[next]);
}
