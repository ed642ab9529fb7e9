/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "python/tree/internal.h"
#include "util/mem.h"

/* Is a part of the path a directory that is never walked? */
static bool
never_walked(struct str path)
{
	const char *slash;
	struct str name;

	while (path.n) {
		slash = memchr(path.p, '/', path.n);
		name = (struct str){ path.p,
			slash ? (size_t)(slash - path.p) : path.n };
		if (str_is(name, ".git") || str_is(name, ".tgraph") ||
		    tree_skips_name(name))
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
	struct str path = tree_path(w, w->dirs[dir], e->name), rest;
	struct str none = { "", 0 };
	size_t n = strlen(w->real);
	struct map_slot *s;
	struct file_sig sig;
	char *real = NULL;
	struct buf whole = {0};

	buf_addf(&whole, "%s/%s", w->real, path.p);
	if (file_sig(w->fd, path.p, &sig) != 1)
		goto out;
	s = tree_seen(w, &sig, NULL);
	if (s) {
		tree_skip(w, path, SKIP_LINK, w->dirs[s->value]->path, 0);
		goto out;
	}
	real = realpath(whole.p, NULL);
	if (!real || strncmp(real, w->real, n) != 0 ||
	    (real[n] != '/' && n > 1)) {
		tree_skip(w, path, SKIP_ESCAPE, none, 0);
		goto out;
	}
	rest = str_of(real + n);
	if (never_walked(rest)) {
		tree_skip(w, path, SKIP_NAME, none, 0);
		goto out;
	}
	e->child = (uint32_t)w->n;
	tree_push(w, path, w->dirs[dir])->via_link = true;
	tree_run(w, e->child);
out:
	free(real);
	buf_release(&whole);
}

struct link {
	uint32_t dir, ent;
	struct str path;
};

static int
link_cmp(const void *a, const void *b)
{
	return discover_cmp(((const struct link *)a)->path,
		((const struct link *)b)->path);
}

void
tree_follow_links(struct tree_walk *w)
{
	struct link *links;
	size_t from = 0, to, i, k, n, cap;

	while (from < w->n) {
		links = NULL;
		n = cap = 0;
		to = w->n;
		for (i = from; i < to; i++) {
			for (k = 0; k < w->dirs[i]->n; k++) {
				if (w->dirs[i]->state != DIR_LISTED ||
				    w->dirs[i]->ents[k].type != ENT_LINK)
					continue;
				links = vec_grow(links, &cap, n + 1,
					sizeof(*links));
				links[n++] = (struct link){ (uint32_t)i,
					(uint32_t)k, tree_path(w, w->dirs[i],
					w->dirs[i]->ents[k].name) };
			}
		}
		if (n > 1)
			qsort(links, n, sizeof(*links), link_cmp);
		for (i = 0; i < n; i++)
			follow(w, links[i].dir,
				&w->dirs[links[i].dir]->ents[links[i].ent]);
		free(links);
		from = to;
	}
}
