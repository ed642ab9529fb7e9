/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "python/tree/internal.h"
#include "util/mem.h"
#include "util/path.h"

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

/* So many directories may links add that are walked under their own names too,
 * or lie outside of the root: those of a large collection of data are not worth
 * the time, and links to each other multiply. */
enum { LEAN_MAX = 20000 };

/* Does the link in dir lead to a directory that it is in? */
static bool
is_circle(const struct tree_walk *w, uint32_t dir, const struct file_sig *sig)
{
	for (; dir != WALK_NONE; dir = tree_at(w, dir)->up)
		if (tree_at(w, dir)->sig.ino == sig->ino &&
		    tree_at(w, dir)->sig.dev == sig->dev)
			return true;
	return false;
}

/* Does the real path lie in the root? rest: from there. */
static bool
is_inside(const struct tree_walk *w, const char *real, struct str *rest)
{
	size_t n = strlen(w->real);

	*rest = str_of("");
	if (strncmp(real, w->real, n) != 0 || (real[n] != '/' && n > 1))
		return false;
	*rest = str_of(real + n);
	return true;
}

/* A symlink to a directory. */
static void
follow(struct tree_walk *w, uint32_t dir, struct tree_ent *e)
{
	struct str path = tree_child(w, tree_at(w, dir), e->name), rest;
	struct file_sig sig;
	struct buf whole = {0};
	struct tree_dir *to;
	char *real = NULL;
	uint32_t first;
	bool inside;

	buf_addf(&whole, "%s/%s", w->real, path.p);
	if (file_sig(w->fd, path.p, &sig) != 1)
		goto out;
	real = realpath(whole.p, NULL);
	if (is_circle(w, dir, &sig) || !real) {
		tree_skip(w, path, SKIP_LINK, 0);
		goto out;
	}
	inside = is_inside(w, real, &rest);
	if (!inside && e->flags & DISC_IGNORED) {
		tree_skip(w, path, SKIP_ESCAPE, 0);
		goto out;
	}
	if (inside && never_walked(w, rest)) {
		tree_skip(w, path, SKIP_NAME, 0);
		goto out;
	}
	e->child = first = w->walk.n;
	to = tree_push(w, path, dir);
	to->via_link = true;
	to->ignored |= (e->flags & DISC_IGNORED) != 0;
	if (!inside || walk_find(&w->walk, &sig) != WALK_NONE)
		to->lean = true;
	if (to->lean) {
		/* Paths say nothing there. */
		to->ig = NULL;
		to->repo = NULL;
		to->git = false;
	}
	walk_run(&w->walk, first);
	if (to->lean)
		w->nlean += w->walk.n - first;
out:
	free(real);
	buf_release(&whole);
}

int
disc_link_read(int dirfd, const char *path, struct buf *to,
	struct file_sig *sig)
{
	char text[PATH_MAX];
	struct stat st;
	ssize_t n = readlinkat(dirfd, path, text, sizeof(text));

	if (n < 0 || fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	file_sig_of(&st, sig);
	buf_clear(to);
	buf_add(to, text, (size_t)n);
	return 0;
}

/* What lies below a link is listed by names that say nothing of where it leads.
 * The links of directories that are seen a second time were met the first. */
static void
note_link(struct tree_walk *w, uint32_t dir, const struct tree_ent *e,
	struct str path)
{
	struct disc_link link = { .path = path };
	struct buf to = { 0 };

	if (!(e->flags & DISC_IGNORED) && !tree_at(w, dir)->lean &&
	    disc_link_read(w->fd, path.p, &to, &link.sig) == 0) {
		link.to = arena_dup(&w->d->arena, buf_str(&to));
		w->links = vec_grow(w->links, &w->cap_links, w->nlinks + 1,
			sizeof(*w->links));
		w->links[w->nlinks++] = link;
	}
	buf_release(&to);
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
	return path_order(((const struct link *)a)->path,
		((const struct link *)b)->path);
}

/* The links in the i-th directory. */
static void
add_dir_links(struct tree_walk *w, uint32_t i, struct links *links)
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
			add_dir_links(w, i, &links);
		if (links.n > 1)
			qsort(links.v, links.n, sizeof(*links.v), link_cmp);
		for (size_t i = 0; i < links.n; i++) {
			const struct link *l = &links.v[i];
		
			note_link(w, l->dir, &tree_at(w, l->dir)->ents[l->ent],
			          l->path);
			if (w->nlean > LEAN_MAX)
				tree_skip(w, l->path, SKIP_MANY, 0);
			else
				follow(w, l->dir,
				       &tree_at(w, l->dir)->ents[l->ent]);
		}
		free(links.v);
	}
}
