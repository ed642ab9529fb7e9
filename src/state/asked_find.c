/* SPDX-License-Identifier: Apache-2.0 */
#include "state/asked_find.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "state/asked.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/os.h"
#include "util/path.h"

static const char *const suffixes[] = { "", ".abi3.so", ".so", ".py", ".pyc" };

enum {
	MANY = 8,       /* names that are worth listing a directory */
	FEW = 16,       /* directories that are not worth a thread */
};

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

	if (str_is(names, "*"))
		return true;
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

	buf_addc(ctx, kind);
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

/* Of one directory, sorted by compare_names. */
struct names {
	struct str *v;
	bool *there;            /* it may be */
	size_t n, cap;
};

/* As file systems that don't tell cases apart have them. */
static int
compare_names(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int r = strncasecmp(a.p, b.p, n);

	return r ? r : (a.n > b.n) - (a.n < b.n);
}

static int
compare_names_qsort(const void *a, const void *b)
{
	return compare_names(*(const struct str *)a, *(const struct str *)b);
}

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
		qsort(l->v, l->n, sizeof(*l->v), compare_names_qsort);
}

/* Where a name is, or would be. */
static size_t
place_of(const struct names *l, struct str name)
{
	size_t lo = 0, hi = l->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (compare_names(l->v[mid], name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void
name_is_there(struct names *l, const char *name)
{
	struct str stem = { name, strcspn(name, ".") };

	for (size_t i = place_of(l, stem);
	     i < l->n && compare_names(l->v[i], stem) == 0; i++)
		l->there[i] = true;
}

/* Bytes beyond ASCII may stand otherwise in a listing. */
static bool
is_plain_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] & 0x80)
			return false;
	return true;
}

/* Which of them may be in the directory? It is listed once: most are not. */
static void
find_names(struct names *l, struct str dir)
{
	char *path = xmemdup0(dir.n ? dir.p : ".", dir.n ? dir.n : 1);
	DIR *open = opendir(path);
	bool sure = open || errno == ENOENT || errno == ENOTDIR;
	struct dirent *e;

	if (open) {
		while (errno = 0, (e = readdir(open)))
			name_is_there(l, e->d_name);
		sure = errno == 0;
		closedir(open);
	}
	for (size_t i = 0; i < l->n; i++)
		l->there[i] |= !sure || !is_plain_name(l->v[i]);
	free(path);
}

/* What may begin as a module does (NAME.xml) is none yet. */
static void
add_module(struct digester *d, struct str dir, struct str module,
	struct str tag)
{
	struct buf kinds = { 0 };

	of_module(dir, module, tag, add_candidate, &kinds);
	if (strspn(kinds.p, "-") < kinds.n) {
		digest_add_field(d, module.p, module.n);
		digest_add(d, kinds.p, kinds.n);
	}
	buf_release(&kinds);
}

static void
add_names(struct digester *d, struct str path, struct str tag)
{
	struct str names = path_base(path), dir = { path.p, path.n - names.n };
	struct names l = { 0 };

	split_names(names, &l);
	find_names(&l, dir);
	for (size_t i = 0; i < l.n; i++)
		if (l.there[i])
			add_module(d, dir, l.v[i], tag);
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

void
asked_find_digest(struct str name, struct digest *out)
{
	struct str path = asked_find(name), module = path_base(path);
	struct str dir = { path.p, path.n - module.n };
	struct digester d;

	digest_begin(&d);
	digest_add_field(&d, "find", 4);
	if (str_is(module, "*"))
		add_installed(&d, path_dir(path));
	else if (memchr(module.p, ',', module.n))
		add_names(&d, path, tag_of(name, path));
	else
		add_module(&d, dir, module, tag_of(name, path));
	*out = digest_end(&d);
}

struct digest
asked_find_nothing(void)
{
	struct digester d;

	digest_begin(&d);
	digest_add_field(&d, "find", 4);
	return digest_end(&d);
}

/* ---- many questions ---- */

/* One name of one of them. */
struct question {
	struct str dir, module;
	size_t at;
};

/* Those of one directory. */
struct run {
	const struct question *v;
	size_t n;
};

struct questions {
	struct question *v;
	size_t n, cap;
	struct run *runs;
	size_t nruns, runs_cap;
	bool *none;
};

static int
by_directory(const void *a, const void *b)
{
	const struct question *x = a, *y = b;
	int r = str_cmp(x->dir, y->dir);

	return r ? r : compare_names(x->module, y->module);
}

static void
ask_directory(void *ctx, uint32_t which)
{
	const struct questions *q = ctx;
	const struct run *r = &q->runs[which];
	struct names l = {
		.v = xcalloc(r->n, sizeof(*l.v)),
		.there = xcalloc(r->n, sizeof(*l.there)), .n = r->n,
	};

	for (size_t i = 0; i < r->n; i++)
		l.v[i] = r->v[i].module;
	find_names(&l, r->v->dir);
	for (size_t i = 0; i < r->n; i++)
		q->none[r->v[i].at] = true;
	for (size_t i = 0; i < r->n; i++)
		if (l.there[i])
			q->none[r->v[i].at] = false;
	free(l.v);
	free(l.there);
}

static void
add_question(struct questions *q, struct str name, size_t at)
{
	struct str path = asked_find(name), names = path_base(path);
	struct str dir = { path.p, path.n - names.n };
	struct names l = { 0 };

	if (!names.n || str_is(names, "*"))
		return;
	split_names(names, &l);
	for (size_t i = 0; i < l.n; i++) {
		q->v = vec_grow(q->v, &q->cap, q->n + 1, sizeof(*q->v));
		q->v[q->n++] = (struct question){ dir, l.v[i], at };
	}
	free(l.v);
	free(l.there);
}

static void
find_runs(struct questions *q)
{
	size_t end;

	if (q->n)
		qsort(q->v, q->n, sizeof(*q->v), by_directory);
	for (size_t i = 0; i < q->n; i = end) {
		for (end = i + 1; end < q->n &&
		     str_eq(q->v[end].dir, q->v[i].dir); end++)
			;
		if (end - i < MANY)
			continue;
		q->runs = vec_grow(q->runs, &q->runs_cap, q->nruns + 1,
		                   sizeof(*q->runs));
		q->runs[q->nruns++] = (struct run){ q->v + i, end - i };
	}
}

void
asked_find_none(const struct str *names, size_t n, bool *none)
{
	struct questions q = { .none = none };

	for (size_t i = 0; i < n; i++)
		add_question(&q, names[i], i);
	find_runs(&q);
	os_parallel(q.nruns < FEW ? 1 : 0, (uint32_t)q.nruns, ask_directory,
	            &q);
	free(q.v);
	free(q.runs);
}
