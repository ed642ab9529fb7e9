/* SPDX-License-Identifier: Apache-2.0 */
#include "state/asked.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/asked_index.h"
#include "state/state.h"
#include "state/variables.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/path.h"

bool
asked_is(struct str name)
{
	return env_is(name) || str_starts(name, ASKED_LOOK) ||
	       str_starts(name, ASKED_FIND) ||
	       str_starts(name, ASKED_INDEX) || str_starts(name, ASKED_UNSEEN);
}

bool
asked_node(const struct graph *g, uint32_t node)
{
	return !(g->nodes.p[node].flags & GRAPH_NODE_MANIFEST) &&
	       asked_is(graph_path(g, node));
}

struct str
asked_after(struct str name, const char *prefix)
{
	size_t n = strlen(prefix);

	if (!str_starts(name, prefix))
		return (struct str){ 0 };
	return (struct str){ name.p + n, name.n - n };
}

struct digest
asked_nothing(void)
{
	return digest_of("nothing", 7);
}

static struct digest
look_of(uint32_t mode, const char *target, size_t n)
{
	struct digester d;

	digest_begin(&d);
	digest_add_field(&d, "look", 4);
	digest_add_field(&d, &mode, sizeof(mode));
	digest_add_field(&d, target, n);
	return digest_end(&d);
}

struct digest
asked_mode(uint32_t mode)
{
	return look_of(mode, "", 0);
}

/* path is NUL-terminated, as names of nodes are. */
static void
look_digest(const char *path, struct digest *out)
{
	char target[PATH_MAX];
	struct stat st;
	ssize_t n = 0;

	if (lstat(path, &st) < 0) {
		*out = errno == ENOENT || errno == ENOTDIR ? asked_nothing()
		     : digest_of("cannot be looked up", 19);
		return;
	}
	if (!S_ISLNK(st.st_mode)) {
		*out = asked_mode(st.st_mode);
		return;
	}
	/* Its permissions mean nothing. */
	n = readlink(path, target, sizeof(target));
	*out = look_of(S_IFLNK, target, n > 0 ? (size_t)n : 0);
}

/* ---- modules ---- */

static const char *const suffixes[] = { "", ".abi3.so", ".so", ".py", ".pyc" };

struct str
asked_find(struct str name)
{
	struct str rest = asked_after(name, ASKED_FIND);
	const char *colon = rest.n ? memchr(rest.p, ':', rest.n) : NULL;

	if (!colon)
		return (struct str){ 0 };
	return (struct str){ colon + 1, rest.n - (size_t)(colon + 1 - rest.p) };
}

/* The path with each suffix, then with tag.so. */
static bool
with_suffixes(struct str path, struct str tag,
	bool (*see)(void *ctx, const char *path), void *ctx)
{
	struct buf b = { 0 };
	bool go_on = true;

	for (size_t i = 0; i <= countof(suffixes) && go_on; i++) {
		buf_clear(&b);
		buf_addstr(&b, path);
		if (i < countof(suffixes)) {
			buf_adds(&b, suffixes[i]);
		} else {
			buf_addstr(&b, tag);
			buf_adds(&b, ".so");
		}
		go_on = see(ctx, b.p);
	}
	buf_release(&b);
	return go_on;
}

/* Those of one module; dir: with a slash at its end, or empty. */
static bool
of_module(struct str dir, struct str module, struct str tag,
	bool (*see)(void *ctx, const char *path), void *ctx)
{
	struct buf path = { 0 };
	bool go_on;

	buf_addstr(&path, dir);
	buf_addstr(&path, module);
	go_on = with_suffixes(buf_str(&path), tag, see, ctx);
	buf_adds(&path, "/__init__");
	if (go_on)
		go_on = with_suffixes(buf_str(&path), tag, see, ctx);
	buf_release(&path);
	return go_on;
}

bool
asked_candidates(struct str name, bool (*see)(void *ctx, const char *path),
	void *ctx)
{
	struct str path = asked_find(name), tag = asked_after(name, ASKED_FIND);
	struct str names = path_base(path), dir = { path.p, path.n - names.n };
	bool go_on = true;

	tag.n -= path.n + 1;
	while (go_on && names.n) {
		const char *comma = memchr(names.p, ',', names.n);
		struct str one = { names.p, comma ? (size_t)(comma - names.p)
		                                  : names.n };

		go_on = of_module(dir, one, tag, see, ctx);
		names.p += one.n + (comma != NULL);
		names.n -= one.n + (comma != NULL);
	}
	return go_on;
}

static bool
add_candidate(void *ctx, const char *path)
{
	struct stat st;
	bool there = stat(path, &st) == 0;
	char kind = there ? S_ISDIR(st.st_mode) ? 'd' : 'f' : '-';

	digest_add(ctx, &kind, 1);
	return true;
}

static bool
is_installed(const char *name)
{
	struct str s = str_of(name);

	return str_ends(s, ".dist-info") || str_ends(s, ".egg-info") ||
	       str_ends(s, ".egg") || str_ends(s, ".egg-link");
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The sorted names of what is installed. */
static void
add_installed(struct digester *d, struct str dir)
{
	char *path = xmemdup0(dir.n ? dir.p : ".", dir.n ? dir.n : 1);
	char **names = NULL;
	size_t n = 0, cap = 0;
	struct dirent *e;
	DIR *open = opendir(path);

	while (open && (e = readdir(open))) {
		if (!is_installed(e->d_name))
			continue;
		names = vec_grow(names, &cap, n + 1, sizeof(*names));
		names[n++] = xstrdup(e->d_name);
	}
	if (n)
		qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++) {
		digest_add_field(d, names[i], strlen(names[i]));
		free(names[i]);
	}
	if (open)
		closedir(open);
	free(names);
	free(path);
}

/* ---- many names ---- */

struct names {
	struct str *v;
	bool *there;
	size_t n, cap;
};

static void
split_names(struct str list, struct names *l)
{
	while (list.n) {
		const char *comma = memchr(list.p, ',', list.n);
		size_t n = comma ? (size_t)(comma - list.p) : list.n;

		l->v = vec_grow(l->v, &l->cap, l->n + 1, sizeof(*l->v));
		l->v[l->n++] = (struct str){ list.p, n };
		list.p += n + (comma != NULL);
		list.n -= n + (comma != NULL);
	}
	l->there = xcalloc(l->n + 1, sizeof(*l->there));
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), str_cmp_qsort);
}

/* Which of them may be in the directory? It is listed once: most are not. */
static void
find_names(struct names *l, struct str dir)
{
	char *path = xmemdup0(dir.n ? dir.p : ".", dir.n ? dir.n : 1);
	struct dirent *e;
	DIR *open = opendir(path);

	while (open && (e = readdir(open))) {
		struct str stem = { e->d_name, strcspn(e->d_name, ".") };
		const struct str *at = l->n ? bsearch(&stem, l->v, l->n,
			sizeof(*l->v), str_cmp_qsort) : NULL;

		if (at)
			l->there[at - l->v] = true;
	}
	if (open)
		closedir(open);
	free(path);
}

static void
add_names(struct digester *d, struct str path, struct str tag)
{
	struct str names = path_base(path), dir = { path.p, path.n - names.n };
	struct names l = { 0 };

	split_names(names, &l);
	find_names(&l, path_dir(path));
	for (size_t i = 0; i < l.n; i++) {
		if (!l.there[i])
			continue;
		digest_add_field(d, l.v[i].p, l.v[i].n);
		of_module(dir, l.v[i], tag, add_candidate, d);
	}
	free(l.v);
	free(l.there);
}

static struct str
tag_of(struct str name, struct str path)
{
	struct str tag = asked_after(name, ASKED_FIND);

	tag.n -= path.n + 1;
	return tag;
}

static void
find_digest(struct str name, struct digest *out)
{
	struct str path = asked_find(name);
	struct digester d;

	digest_begin(&d);
	digest_add_field(&d, "find", 4);
	if (str_is(path_base(path), "*"))
		add_installed(&d, path_dir(path));
	else if (memchr(path_base(path).p, ',', path_base(path).n))
		add_names(&d, path, tag_of(name, path));
	else
		asked_candidates(name, add_candidate, &d);
	*out = digest_end(&d);
}

/* ---- all of them ---- */

bool
asked_all(const struct graph *g, uint32_t step)
{
	const struct graph_step *st = &g->steps.p[step];

	if (!(st->flags & STEP_ASSUMED) || st->nobs == 0 ||
	    !(st->flags & (STEP_TEST | STEP_OBSERVE)))
		return false;
	for (uint32_t i = 0; i < st->nobs; i++)
		if (str_starts(graph_path(g, graph_ids(g, st->obs)[i]),
		               ASKED_UNSEEN))
			return false;
	return true;
}

void
asked_digest(struct str name, struct digest *out)
{
	struct str path = asked_after(name, ASKED_LOOK);
	struct str index = asked_after(name, ASKED_INDEX);

	if (path.n)
		look_digest(path.p, out);
	else if (asked_find(name).n)
		find_digest(name, out);
	else if (index.n)
		*out = asked_index_digest(index.p);
	else if (env_is(name))
		state_env(name, out);
	else
		*out = digest_of(name.p, name.n);
}
