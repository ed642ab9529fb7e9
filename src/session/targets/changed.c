/* SPDX-License-Identifier: Apache-2.0 */
#include "session/targets/changed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "query/reach.h"
#include "session/targets/targets.h"
#include "util/mem.h"
#include "util/path.h"

static void
add_change(struct changed *c, struct repo_change change)
{
	c->v = vec_grow(c->v, &c->cap, c->n + 1, sizeof(*c->v));
	c->v[c->n++] = change;
}

static void
add_change_of(struct changed *c, struct str path, enum repo_how how)
{
	add_change(c, (struct repo_change){
		.path = arena_dup(&c->arena, path), .how = how });
}

/* ---- since a revision ---- */

/* Is what a link leads to in the repository, so that git speaks of it? */
static bool
leads_inside(const struct changed *c, const struct disc_file *file)
{
	char *real = realpath(file->path.p, NULL);
	bool is = real && path_below(str_of(real), repo_top(c->repo));

	free(real);
	return is;
}

/* A file that git knows nothing of may have been another one, or none. One that
 * a step makes is as old as what it is made from. */
static bool
is_unknown(const struct changed *c, const struct disc_file *file)
{
	const struct graph *g = c->s->graph;
	uint32_t node = graph_find(g, file->path);

	if (node != GRAPH_NONE && g->nodes.p[node].producer != GRAPH_NONE)
		return false;
	if (file->flags & (DISC_VIA_LINK | DISC_SYMLINK) &&
	    !leads_inside(c, file))
		return true;
	return !(file->flags & DISC_VIA_LINK) &&
	       (file->flags & DISC_IGNORED ||
	        !repo_tracks(c->repo, file->path));
}

int
changed_since(struct session *s, const char *rev, struct changed *c,
	struct err *err)
{
	const struct discovery *d = &s->front.d;
	struct repo_change *list;
	size_t n;

	*c = (struct changed){ .s = s, .since = true };
	if (repo_open(&c->repo, s->root.p, err) < 0 ||
	    repo_since(c->repo, rev, &c->arena, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		add_change(c, list[i]);
	for (uint32_t i = 0; i < d->nfiles; i++)
		if (!front_is_leftover(d->files[i].path) &&
		    is_unknown(c, &d->files[i]))
			add_change_of(c, d->files[i].path, REPO_ADDED);
	return 0;
}

/* ---- files that are named ---- */

static void
add_below(struct changed *c, struct str dir)
{
	const struct discovery *d = &c->s->front.d;

	for (uint32_t i = 0; i < d->nfiles; i++)
		if (path_below(d->files[i].path, dir))
			add_change_of(c, d->files[i].path, REPO_MODIFIED);
}

/* A path as the graph has it: from the root if it is below it. */
static void
graph_name(const struct session *s, const char *word, struct buf *out)
{
	struct str root = buf_str(&s->root);

	session_path(s, str_of(word), out);
	if (out->n)
		out->n = path_fold(out->p, out->n);
	if (str_starts(buf_str(out), "..")) {
		struct buf abs = { 0 };

		path_join(&abs, root, buf_str(out));
		abs.n = path_fold(abs.p, abs.n);
		buf_clear(out);
		buf_addstr(out, buf_str(&abs));
		buf_release(&abs);
	}
	if (str_is(buf_str(out), "."))
		buf_clear(out);
}

int
changed_files(struct session *s, char *const *words, int n,
	struct changed *c, void (*notice)(void *ctx, const char *word),
	void *ctx, struct err *err)
{
	struct err none = { 0 };

	*c = (struct changed){ .s = s };
	/* without one, less is known of what links lead to */
	if (repo_open(&c->repo, s->root.p, &none) < 0)
		err_release(&none);
	for (int i = 0; i < n; i++) {
		struct buf path = { 0 };
		struct stat st;

		if (!words[i][0])
			return err_code(err, EXIT_USAGE, "-t affected: an "
			                "empty name");
		graph_name(s, words[i], &path);
		if (lstat(path.n ? path.p : ".", &st) < 0) {
			if (notice)
				notice(ctx, words[i]);
			add_change_of(c, buf_str(&path), REPO_DELETED);
		} else if (S_ISDIR(st.st_mode)) {
			add_below(c, buf_str(&path));
			add_change_of(c, buf_str(&path), REPO_MODIFIED);
		} else {
			add_change_of(c, buf_str(&path), REPO_MODIFIED);
		}
		buf_release(&path);
	}
	return 0;
}

/* ---- by other names ---- */

/* The same file as seen through links. */
static void
add_linked(struct changed *c)
{
	const struct discovery *d = &c->s->front.d;
	struct map ids = { 0 };
	size_t n = c->n;

	for (size_t i = 0; i < n; i++) {
		struct stat st;
		struct str id;

		if (!c->v[i].path.n || stat(c->v[i].path.p, &st) < 0)
			continue;
		id = arena_fmt(&c->arena, "%llx %llx",
		               (unsigned long long)st.st_dev,
		               (unsigned long long)st.st_ino);
		map_put(&ids, id, NULL)->value = (uint32_t)i;
	}
	for (uint32_t i = 0; n && i < d->nfiles; i++) {
		const struct disc_file *file = &d->files[i];
		struct buf id = { 0 };
		struct map_slot *slot;

		buf_addf(&id, "%llx %llx", (unsigned long long)file->sig.dev,
		         (unsigned long long)file->sig.ino);
		slot = map_get(&ids, buf_str(&id));
		if (slot && !str_eq(c->v[slot->value].path, file->path)) {
			struct repo_change change = c->v[slot->value];

			change.path = file->path;
			add_change(c, change);
		}
		buf_release(&id);
	}
	map_release(&ids);
}

/* What was removed from a directory that links lead to. */
static void
add_removed_below(struct changed *c, struct str dir, size_t n)
{
	char *real = realpath(dir.p, NULL);
	struct str root = buf_str(&c->s->root);

	for (size_t i = 0; real && i < n; i++) {
		struct buf abs = { 0 };
		struct str path;
		size_t skip = strlen(real);

		path_join(&abs, root, c->v[i].path);
		path = buf_str(&abs);
		if (c->v[i].how == REPO_DELETED &&
		    path_below(path, str_of(real)) && path.n > skip + 1) {
			struct repo_change change = c->v[i];

			change.path = arena_fmt(&c->arena, "%s/%s", dir.p,
			                        path.p + skip + 1);
			add_change(c, change);
		}
		buf_release(&abs);
	}
	free(real);
}

/* Names of what was removed, too, that only links knew. */
static void
add_removed_links(struct changed *c)
{
	const struct discovery *d = &c->s->front.d;
	size_t n = c->n;
	bool removed = false;

	for (size_t i = 0; i < n && !removed; i++)
		removed = c->v[i].how == REPO_DELETED;
	if (!removed)
		return;
	for (uint32_t i = 1; i < d->ndirs; i++)
		if (d->dirs[i].flags & DISC_VIA_LINK)
			add_removed_below(c, d->dirs[i].path, n);
	if (c->repo) {
		struct repo_change *list;
		size_t nlist;

		repo_dangling(c->repo, &c->arena, &list, &nlist);
		for (size_t i = 0; i < nlist; i++)
			add_change(c, list[i]);
	}
}

/* ---- the answer ---- */

int
changed_reach(struct changed *c, struct err *err)
{
	struct session *s = c->s;
	uint32_t next = 0;

	if (!c->n)
		return 0;
	if (!s->front_loaded && session_reload(s, err) < 0)
		return -1;
	if (s->graph->users_stale)
		graph_index_users(s->graph);
	add_linked(c);
	add_removed_links(c);
	changed_index(c);
	c->reached.g = c->used.g = s->graph;
	for (size_t i = 0; i < c->n && !c->all; i++)
		changed_apply(c, i);
	if (c->all)
		return 0;
	seen_find(&c->seen, &s->state);
	while (!c->rest && next < c->reached.n)
		reach_users(&c->reached, c->reached.v[next++]);
	changed_find_used(c);
	return 0;
}

bool
changed_by_seen(const struct changed *c, uint32_t node)
{
	uint32_t step = c->s->graph->nodes.p[node].producer;

	if (c->all || !c->seen.how || step == GRAPH_NONE ||
	    c->seen.how[step] == SEEN_NOT)
		return false;
	return c->seen.how[step] == SEEN_NOW || nodes_has(&c->used, node);
}

bool
changed_has(const struct changed *c, uint32_t node)
{
	if (c->all)
		return true;
	if (changed_by_seen(c, node))
		return nodes_has(&c->used, node);
	return c->rest || nodes_has(&c->reached, node);
}

void
changed_release(struct changed *c)
{
	repo_free(c->repo);
	nodes_release(&c->reached);
	nodes_release(&c->used);
	seen_release(&c->seen);
	map_release(&c->fresh);
	map_release(&c->stable);
	map_release(&c->testing);
	map_release(&c->how);
	map_release(&c->dirs);
	free(c->v);
	arena_release(&c->arena);
	*c = (struct changed){ 0 };
}
