/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "python/tree/internal.h"
#include "util/mem.h"

struct tree_dir *
tree_push(struct tree_walk *w, struct str path, uint32_t up)
{
	struct tree_dir *dir = xcalloc(1, sizeof(*dir));

	dir->path = path;
	dir->up = up;
	if (up != WALK_NONE) {
		const struct tree_dir *above = tree_at(w, up);

		dir->ig = above->ig;
		dir->repo = above->repo;
		dir->git = above->git;
		dir->via_link = above->via_link;
		dir->ignored = above->ignored;
		dir->lean = above->lean;
	}
	walk_add(&w->walk, dir);
	return dir;
}

struct str
tree_child(struct tree_walk *w, const struct tree_dir *dir, const char *name)
{
	size_t n = strlen(name), at = dir->path.n ? dir->path.n + 1 : 0;
	char *p = arena_text(&w->d->arena, at + n + 1);

	if (at) {
		memcpy(p, dir->path.p, dir->path.n);
		p[at - 1] = '/';
	}
	memcpy(p + at, name, n + 1);
	return (struct str){ p, at + n };
}

void
tree_skip(struct tree_walk *w, struct str path, enum disc_skip why, int error)
{
	w->skipped = vec_grow(w->skipped, &w->cap_skipped, w->nskipped + 1,
		sizeof(*w->skipped));
	w->skipped[w->nskipped++] = (struct disc_skipped){ .path = path,
		.why = why, .error = error };
}

void
tree_enter(void *ctx, void *p, uint32_t id)
{
	struct tree_walk *w = ctx;
	struct tree_dir *dir = p;
	size_t k;

	if (dir->state == DIR_LISTED)
		walk_first(&w->walk, &dir->sig, id);
	if (dir->state == DIR_SKIPPED)
		tree_skip(w, dir->path, dir->why, dir->error);
	if (dir->state != DIR_LISTED)
		return;
	for (k = 0; k < dir->n; k++) {
		struct tree_ent *e = &dir->ents[k];

		if (e->type == ENT_FILE)
			continue;
		if (e->type == ENT_SKIP) {
			tree_skip(w, tree_child(w, dir, e->name), e->why, 0);
		} else if (e->type == ENT_DIR) {
			e->child = w->walk.n;
			tree_push(w, tree_child(w, dir, e->name), id)
				->ignored |= (e->flags & DISC_IGNORED) != 0;
		}
	}
}
