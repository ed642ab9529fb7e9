/* SPDX-License-Identifier: Apache-2.0 */
#include "python/tree/discover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "python/tree/internal.h"
#include "util/mem.h"
#include "util/path.h"

static void
count_listed(const struct tree_walk *w, struct discovery *d)
{
	for (uint32_t i = 0; i < w->walk.n; i++) {
		const struct tree_dir *dir = tree_at(w, i);

		if (dir->state != DIR_LISTED)
			continue;
		d->ndirs++;
		for (size_t k = 0; k < dir->n; k++)
			d->nfiles += dir->ents[k].type == ENT_FILE;
	}
}

struct frame {
	uint32_t dir;
	size_t next;
};

/* Writes files and directories out in order: depth first, names sorted. */
static void
emit_listed(struct tree_walk *w, struct discovery *d)
{
	struct frame *stack = NULL;
	size_t depth = 0, cap = 0;
	uint32_t next = 0;

	count_listed(w, d);
	d->files = arena_alloc(&d->arena, d->nfiles * sizeof(*d->files) + 1);
	d->dirs = arena_alloc(&d->arena, d->ndirs * sizeof(*d->dirs) + 1);
	d->nfiles = d->ndirs = 0;
	for (;;) {
		struct tree_dir *dir;
		struct tree_ent *e;

		dir = next == WALK_NONE ? NULL : tree_at(w, next);
		if (dir && dir->state == DIR_LISTED) {
			stack = vec_grow(stack, &cap, depth + 1,
				sizeof(*stack));
			stack[depth++] = (struct frame){ next, 0 };
			d->dirs[d->ndirs++] = (struct disc_dir){
				.path = dir->path, .sig = dir->sig,
				.flags = dir->via_link ? DISC_VIA_LINK : 0 };
		}
		next = WALK_NONE;
		if (depth == 0)
			break;
		dir = tree_at(w, stack[depth - 1].dir);
		if (stack[depth - 1].next == dir->n) {
			depth--;
			continue;
		}
		e = &dir->ents[stack[depth - 1].next++];
		if (e->type == ENT_FILE)
			d->files[d->nfiles++] = (struct disc_file){
				.path = tree_child(w, dir, e->name),
				.sig = e->sig, .flags = e->flags };
		else
			next = e->child;
	}
	free(stack);
}

static int
skipped_cmp(const void *a, const void *b)
{
	return path_order(((const struct disc_skipped *)a)->path,
		((const struct disc_skipped *)b)->path);
}

static void
release_found(struct tree_walk *w)
{
	for (uint32_t i = 0; i < w->walk.n; i++) {
		struct tree_dir *dir = tree_at(w, i);

		buf_release(&dir->names);
		tree_repo_free(dir->begins);
		free(dir->ents);
		arena_release(&dir->own);
		free(dir);
	}
	walk_release(&w->walk);
	free(w->skipped);
	free(w->links);
	free(w->real);
	buf_release(&w->prefix);
	arena_release(&w->rules);
	if (w->fd >= 0)
		close(w->fd);
}

/* The directories that were not walked, in order. */
static void
emit_skipped(struct tree_walk *w, struct discovery *d)
{
	d->skipped = arena_alloc(&d->arena, w->nskipped *
		sizeof(*d->skipped) + 1);
	d->nskipped = (uint32_t)w->nskipped;
	if (!w->nskipped)
		return;
	memcpy(d->skipped, w->skipped, w->nskipped * sizeof(*d->skipped));
	qsort(d->skipped, d->nskipped, sizeof(*d->skipped), skipped_cmp);
}

static int
by_link_path(const void *a, const void *b)
{
	return path_order(((const struct disc_link *)a)->path,
		((const struct disc_link *)b)->path);
}

static void
emit_links(struct tree_walk *w, struct discovery *d)
{
	d->links = arena_alloc(&d->arena, w->nlinks * sizeof(*d->links) + 1);
	d->nlinks = (uint32_t)w->nlinks;
	if (!w->nlinks)
		return;
	memcpy(d->links, w->links, w->nlinks * sizeof(*d->links));
	qsort(d->links, d->nlinks, sizeof(*d->links), by_link_path);
}

int
discover(struct discovery *d, const char *root, const char *own,
	unsigned threads, struct err *err)
{
	struct tree_walk w = { .d = d, .own = own, .walk = {
		.look = tree_look, .enter = tree_enter, .ctx = &w,
		.threads = threads } };
	struct tree_dir *top;
	int r = -1;

	*d = (struct discovery){ 0 };
	d->root = arena_dup(&d->arena, str_of(root));
	w.fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	w.real = w.fd < 0 ? NULL : realpath(root, NULL);
	if (!w.real) {
		err_set(err, "open %s: %s", root, strerror(errno));
		goto out;
	}
	top = tree_push(&w, (struct str){ "", 0 }, WALK_NONE);
	tree_find_git(&w, top);
	walk_run(&w.walk, 0);
	if (top->state != DIR_LISTED) {
		err_set(err, "read directory %s: %s", root,
			strerror(top->error));
		goto out;
	}
	tree_follow_links(&w);
	emit_listed(&w, d);
	emit_skipped(&w, d);
	emit_links(&w, d);
	d->git = top->git;
	r = 0;
out:
	release_found(&w);
	if (r < 0)
		discover_release(d);
	return r;
}

void
discover_release(struct discovery *d)
{
	arena_release(&d->arena);
	*d = (struct discovery){ 0 };
}

const struct disc_file *
discover_find(const struct discovery *d, struct str path)
{
	uint32_t lo = 0, hi = d->nfiles, mid;
	int r;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		r = path_order(path, d->files[mid].path);
		if (r == 0)
			return &d->files[mid];
		if (r < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

const struct disc_dir *
discover_find_dir(const struct discovery *d, struct str path)
{
	uint32_t lo = 0, hi = d->ndirs, mid;
	int r;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		r = path_order(path, d->dirs[mid].path);
		if (r == 0)
			return &d->dirs[mid];
		if (r < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

const struct disc_link *
discover_find_link(const struct discovery *d, struct str path)
{
	uint32_t lo = 0, hi = d->nlinks, mid;
	int r;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		r = path_order(path, d->links[mid].path);
		if (r == 0)
			return &d->links[mid];
		if (r < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}
