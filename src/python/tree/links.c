/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "python/tree/internal.h"
#include "util/mem.h"

/* Is a part of the path a directory that is never walked? */
static bool
never_walked(const struct tree_walk *w, struct str path)
{
	const char *slash;
	struct str name;

	while (path.n) {
		slash = memchr(path.p, '/', path.n);
		name = (struct str){ path.p,
			slash ? (size_t)(slash - path.p) : path.n };
		if (str_is(name, ".git") || tree_skips_name(w, name))
			return true;
		path.p += name.n + (slash != NULL);
		path.n -= name.n + (slash != NULL);
	}
	return false;
}

/* A symlink to a directory: walks it if it leads to a place in the root that
 * nothing else has led to. */
static void
follow(struct tree_walk *w, uint32_t dir, struct tree_ent *e)
{
	struct str path = tree_child(w, tree_at(w, dir), e->name), rest;
	struct str none = { "", 0 };
	size_t n = strlen(w->real);
	struct file_sig sig;
	char *real = NULL;
	uint32_t seen;
	struct buf whole = {0};

	buf_addf(&whole, "%s/%s", w->real, path.p);
	if (file_sig(w->fd, path.p, &sig) != 1)
		goto out;
	seen = walk_find(&w->walk, &sig);
	if (seen != WALK_NONE) {
		tree_skip(w, path, SKIP_LINK, tree_at(w, seen)->path, 0);
		goto out;
	}
	real = realpath(whole.p, NULL);
	if (!real || strncmp(real, w->real, n) != 0 ||
	    (real[n] != '/' && n > 1)) {
		tree_skip(w, path, SKIP_ESCAPE, none, 0);
		goto out;
	}
	rest = str_of(real + n);
	if (never_walked(w, rest)) {
		tree_skip(w, path, SKIP_NAME, none, 0);
		goto out;
	}
	e->child = w->walk.n;
	tree_push(w, path, tree_at(w, dir))->via_link = true;
	walk_run(&w->walk, e->child);
out:
	free(real);
	buf_release(&whole);
}

struct link {
	uint32_t dir, ent;
	struct str path;
};

struct links {
	struct link *v;
	size_t n, cap;
};

static int
link_cmp(const void *a, const void *b)
{
	return discover_cmp(((const struct link *)a)->path,
		((const struct link *)b)->path);
}

/* The links in the i-th directory. */
static void
add_links(struct tree_walk *w, uint32_t i, struct links *links)
{
	const struct tree_dir *dir = tree_at(w, i);

	for (size_t k = 0; dir->state == DIR_LISTED && k < dir->n; k++) {
		if (dir->ents[k].type != ENT_LINK)
			continue;
		links->v = vec_grow(links->v, &links->cap, links->n + 1,
			sizeof(*links->v));
		links->v[links->n++] = (struct link){
			.dir = i, .ent = (uint32_t)k,
			.path = tree_child(w, dir, dir->ents[k].name),
		};
	}
}

void
tree_follow_links(struct tree_walk *w)
{
	uint32_t from = 0, to;

	for (; from < w->walk.n; from = to) {
		struct links links = { 0 };

		to = w->walk.n;
		for (uint32_t i = from; i < to; i++)
			add_links(w, i, &links);
		if (links.n > 1)
			qsort(links.v, links.n, sizeof(*links.v), link_cmp);
		for (size_t i = 0; i < links.n; i++) {
			const struct link *l = &links.v[i];

			follow(w, l->dir, &tree_at(w, l->dir)->ents[l->ent]);
		}
		free(links.v);
	}
}
