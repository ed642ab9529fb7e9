/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "python/tree/internal.h"
#include "util/mem.h"
#include "util/os.h"

struct tree_dir *
tree_push(struct tree_walk *w, struct str path, const struct tree_dir *up)
{
	struct tree_dir *dir = xcalloc(1, sizeof(*dir));

	dir->path = path;
	if (up) {
		dir->ig = up->ig;
		dir->git = up->git;
		dir->via_link = up->via_link;
	}
	w->dirs = vec_grow(w->dirs, &w->cap, w->n + 1, sizeof(*w->dirs));
	w->dirs[w->n++] = dir;
	return dir;
}

struct str
tree_path(struct tree_walk *w, const struct tree_dir *dir, const char *name)
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
tree_skip(struct tree_walk *w, struct str path, enum disc_skip why,
	struct str target, int error)
{
	w->skipped = vec_grow(w->skipped, &w->cap_skipped, w->nskipped + 1,
		sizeof(*w->skipped));
	w->skipped[w->nskipped++] = (struct disc_skipped){ .path = path,
		.target = target, .why = why, .error = error };
}

struct map_slot *
tree_seen(struct tree_walk *w, const struct file_sig *sig, int *added)
{
	uint64_t id[2] = { sig->dev, sig->ino };
	struct str key = { (const char *)id, sizeof(id) };
	struct map_slot *s = map_get(&w->seen, key);

	if (s || !added)
		return s;
	return map_put(&w->seen, arena_dup(&w->rules, key), added);
}

/* Enters a listed directory and pushes its sub-directories. */
static void
expand(struct tree_walk *w, uint32_t i)
{
	struct tree_dir *dir = w->dirs[i];
	int added = 0;
	struct map_slot *s;
	size_t k;

	if (dir->state == DIR_LISTED) {
		s = tree_seen(w, &dir->sig, &added);
		if (added) {
			s->value = i;
		} else if (dir->via_link) {
			dir->state = DIR_SKIPPED;
			dir->why = SKIP_LINK;
			tree_skip(w, dir->path, SKIP_LINK,
				w->dirs[s->value]->path, 0);
			return;
		}
	}
	if (dir->state == DIR_SKIPPED)
		tree_skip(w, dir->path, dir->why, (struct str){ "", 0 },
			dir->error);
	if (dir->state != DIR_LISTED)
		return;
	for (k = 0; k < dir->n; k++) {
		struct tree_ent *e = &dir->ents[k];

		if (e->type == ENT_FILE)
			continue;
		if (e->type == ENT_SKIP) {
			tree_skip(w, tree_path(w, dir, e->name), e->why,
				(struct str){ "", 0 }, 0);
		} else if (e->type == ENT_DIR) {
			e->child = (uint32_t)w->n;
			tree_push(w, tree_path(w, dir, e->name), dir);
		}
	}
}

void
tree_run(struct tree_walk *w, uint32_t first)
{
	uint32_t i, end;

	for (; first < w->n; first = end) {
		end = (uint32_t)w->n;
		w->first = first;
		os_parallel(w->threads, end - first, tree_list, w);
		for (i = first; i < end; i++)
			expand(w, i);
	}
}
