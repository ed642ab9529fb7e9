/* SPDX-License-Identifier: Apache-2.0 */
#include "python/tree/discover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "python/tree/internal.h"
#include "util/mem.h"

int
discover_cmp(struct str a, struct str b)
{
	size_t i, n = a.n < b.n ? a.n : b.n;
	unsigned char x, y;

	for (i = 0; i < n && a.p[i] == b.p[i]; i++)
		;
	if (i == n)
		return a.n < b.n ? -1 : a.n > b.n;
	x = (unsigned char)a.p[i];
	y = (unsigned char)b.p[i];
	if (x == '/' || y == '/')
		return x == '/' ? -1 : 1;
	return x < y ? -1 : 1;
}

static void
count(const struct tree_walk *w, struct discovery *d)
{
	size_t i, k;

	for (i = 0; i < w->n; i++) {
		if (w->dirs[i]->state != DIR_LISTED)
			continue;
		d->ndirs++;
		for (k = 0; k < w->dirs[i]->n; k++)
			d->nfiles += w->dirs[i]->ents[k].type == ENT_FILE;
	}
}

struct frame {
	uint32_t dir;
	size_t next;
};

/* Writes files and directories out in order: depth first, names sorted. */
static void
emit(struct tree_walk *w, struct discovery *d)
{
	struct frame *stack = NULL;
	size_t depth = 0, cap = 0;
	uint32_t next = 0;

	count(w, d);
	d->files = arena_alloc(&d->arena, d->nfiles * sizeof(*d->files) + 1);
	d->dirs = arena_alloc(&d->arena, d->ndirs * sizeof(*d->dirs) + 1);
	d->nfiles = d->ndirs = 0;
	for (;;) {
		struct tree_dir *dir;
		struct tree_ent *e;

		if (next != UINT32_MAX && w->dirs[next]->state == DIR_LISTED) {
			dir = w->dirs[next];
			stack = vec_grow(stack, &cap, depth + 1,
				sizeof(*stack));
			stack[depth++] = (struct frame){ next, 0 };
			d->dirs[d->ndirs++] = (struct disc_dir){
				.path = dir->path, .sig = dir->sig,
				.flags = dir->via_link ? DISC_VIA_LINK : 0 };
		}
		next = UINT32_MAX;
		if (depth == 0)
			break;
		dir = w->dirs[stack[depth - 1].dir];
		if (stack[depth - 1].next == dir->n) {
			depth--;
			continue;
		}
		e = &dir->ents[stack[depth - 1].next++];
		if (e->type == ENT_FILE)
			d->files[d->nfiles++] = (struct disc_file){
				.path = tree_path(w, dir, e->name),
				.sig = e->sig, .flags = e->flags };
		else
			next = e->child;
	}
	free(stack);
}

static int
skipped_cmp(const void *a, const void *b)
{
	return discover_cmp(((const struct disc_skipped *)a)->path,
		((const struct disc_skipped *)b)->path);
}

static void
walk_release(struct tree_walk *w)
{
	size_t i;

	for (i = 0; i < w->n; i++) {
		buf_release(&w->dirs[i]->names);
		free(w->dirs[i]->ents);
		arena_release(&w->dirs[i]->own);
		free(w->dirs[i]);
	}
	free(w->dirs);
	free(w->skipped);
	free(w->real);
	buf_release(&w->prefix);
	arena_release(&w->rules);
	map_release(&w->seen);
	if (w->fd >= 0)
		close(w->fd);
}

int
discover(struct discovery *d, const char *root, unsigned threads,
	struct err *err)
{
	struct tree_walk w = { .d = d, .threads = threads };
	int r = -1;

	*d = (struct discovery){ 0 };
	d->root = arena_dup(&d->arena, str_of(root));
	w.fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	w.real = w.fd < 0 ? NULL : realpath(root, NULL);
	if (!w.real) {
		err_set(err, "open %s: %s", root, strerror(errno));
		goto out;
	}
	tree_push(&w, (struct str){ "", 0 }, NULL);
	tree_find_git(&w, w.dirs[0]);
	tree_run(&w, 0);
	if (w.dirs[0]->state != DIR_LISTED) {
		err_set(err, "read directory %s: %s", root,
			strerror(w.dirs[0]->error));
		goto out;
	}
	tree_follow_links(&w);
	emit(&w, d);
	d->git = w.dirs[0]->git;
	if (w.nskipped > 1)
		qsort(w.skipped, w.nskipped, sizeof(*w.skipped),
			skipped_cmp);
	d->skipped = arena_alloc(&d->arena, w.nskipped * sizeof(*d->skipped) +
		1);
	if (w.nskipped)
		memcpy(d->skipped, w.skipped, w.nskipped *
			sizeof(*d->skipped));
	d->nskipped = (uint32_t)w.nskipped;
	r = 0;
out:
	walk_release(&w);
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
		r = discover_cmp(path, d->files[mid].path);
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
		r = discover_cmp(path, d->dirs[mid].path);
		if (r == 0)
			return &d->dirs[mid];
		if (r < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}
