/* SPDX-License-Identifier: Apache-2.0 */
#include "python/interp/installed.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "python/interp/env_cache.h"
#include "util/mem.h"
#include "util/os.h"
#include "util/path.h"

/* How deep directories may lie: a bound for symlinks that lead upwards. */
#define DEPTH_MAX 64

struct ent {
	struct str name;        /* in the cache or in the directory's names */
	size_t off;             /* in the names, until they are complete */
	enum env_kind kind;
	const struct env_entry *old;    /* what the cache has; may be NULL */
	struct file_sig sig;
	struct digest digest;
	uint32_t child;         /* ENV_DIR; UINT32_MAX: seen before */
};

struct scan_dir {
	struct str path;        /* absolute */
	unsigned depth;
	struct file_sig sig;
	bool gone;
	bool again;             /* the same directory as an earlier one */
	bool listed;            /* its names were read */
	uint32_t hashed;
	struct err err;
	struct buf names;
	struct ent *ents;
	size_t n, cap;
};

struct scan {
	struct arena arena;
	struct env_cache cache;
	struct str root;
	unsigned threads;
	struct scan_dir **dirs;
	size_t n, cap;
	uint32_t first;
	struct map seen;        /* (dev, ino) to directory */
};

static bool
is_skipped_dir(struct str name)
{
	static const char *const names[] = { "__pycache__", ".git", ".hg",
		".svn", ".tox", ".nox", ".venv", ".mypy_cache",
		".pytest_cache", ".ruff_cache", ".tgraph", "node_modules" };
	size_t i;

	for (i = 0; i < countof(names); i++) {
		if (str_is(name, names[i]))
			return true;
	}
	return false;
}

/* What an installer notes for itself. */
static bool
is_skipped_file(struct str dir, struct str name)
{
	return str_ends(dir, ".dist-info") && (str_is(name, "RECORD") ||
		str_is(name, "INSTALLER") || str_is(name, "REQUESTED") ||
		str_is(name, "direct_url.json"));
}

static int
ent_cmp(const void *a, const void *b)
{
	return str_cmp(((const struct ent *)a)->name,
		((const struct ent *)b)->name);
}

/* Reads the directory's names, sorted, files and directories not told apart
 * yet. 0 or errno. */
static int
list(struct scan_dir *dir, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *dp = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *de;
	size_t i;
	int e;

	if (!dp) {
		e = errno;
		if (copy >= 0)
			close(copy);
		return e;
	}
	while ((errno = 0, de = readdir(dp)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		dir->ents = vec_grow(dir->ents, &dir->cap, dir->n + 1,
			sizeof(*dir->ents));
		dir->ents[dir->n] = (struct ent){ .off = dir->names.n,
			.child = UINT32_MAX };
		dir->ents[dir->n++].name.n = strlen(de->d_name);
		buf_add(&dir->names, de->d_name, strlen(de->d_name) + 1);
	}
	e = errno;
	closedir(dp);
	for (i = 0; i < dir->n; i++)
		dir->ents[i].name.p = dir->names.p + dir->ents[i].off;
	if (dir->n > 1)
		qsort(dir->ents, dir->n, sizeof(*dir->ents), ent_cmp);
	dir->listed = true;
	return e;
}

/* Takes the entries from the cache. */
static void
recall(const struct scan *s, struct scan_dir *dir, const struct env_dir *was)
{
	const struct env_entry *e = s->cache.entries + was->first;
	uint32_t i;

	dir->ents = xreallocarray(NULL, was->n + 1, sizeof(*dir->ents));
	for (i = 0; i < was->n; i++) {
		dir->ents[i] = (struct ent){ .kind = (enum env_kind)e[i].kind,
			.name = { s->cache.names + e[i].name, e[i].len },
			.old = &e[i], .child = UINT32_MAX };
	}
	dir->n = was->n;
}

/* Files in which an installer writes where an editable install lies. */
static bool
names_places(struct str name)
{
	return str_ends(name, ".pth") || str_ends(name, ".egg-link") ||
	       str_starts(name, "__editable__");
}

/* The digest of a file with the root taken out of paths, so that a checkout
 * elsewhere with an environment of its own has the same. As digest_file. */
static int
digest_places(const struct scan *s, struct scan_dir *dir, struct ent *e)
{
	struct digester d = { 0 };
	struct buf text = { 0 }, path = { 0 };
	const char *p, *end, *at;
	int r;

	path_join(&path, dir->path, e->name);
	r = file_read(path.p, &text, &dir->err);
	if (r == 1) {
		digest_begin(&d);
		end = text.p + text.n;
		for (p = text.p; (at = memmem(p, (size_t)(end - p), s->root.p,
		     s->root.n)) != NULL; p = at + s->root.n)
			digest_add_field(&d, p, (size_t)(at - p));
		digest_add_field(&d, p, (size_t)(end - p));
		e->digest = digest_end(&d);
	}
	buf_release(&text);
	buf_release(&path);
	return r;
}

/* Finds the digest of a file. 1 there, 0 gone, -1 error. */
static int
digest_ent(const struct scan *s, struct scan_dir *dir, int fd,
	const struct env_dir *was, struct ent *e)
{
	const struct env_entry *old = e->old;
	int r;

	if (!old && was)
		old = env_cache_entry(&s->cache, was, e->name);
	if (old && old->kind == (uint32_t)e->kind &&
	    env_cache_same(&s->cache, &old->sig, &e->sig)) {
		e->digest = old->digest;
		return 1;
	}
	if (faccessat(fd, e->name.p, R_OK, AT_EACCESS) < 0 &&
	    errno == EACCES) {
		e->kind = ENV_UNREADABLE;
		return 1;
	}
	dir->hashed++;
	if (s->root.n > 1 && names_places(e->name))
		r = digest_places(s, dir, e);
	else
		r = digest_file(fd, e->name.p, &e->digest, NULL, &dir->err);
	e->kind = ENV_FILE;
	return r;
}

/* Looks at one name; false: it does not count. */
static bool
examine(const struct scan *s, struct scan_dir *dir, int fd,
	const struct env_dir *was, bool fresh, struct ent *e)
{
	struct stat st;
	struct buf path = {0};
	bool skip;

	if (!fresh && e->kind == ENV_DIR)
		return true;
	if (fstatat(fd, e->name.p, &st, 0) < 0)
		return false;
	file_sig_of(&st, &e->sig);
	if (S_ISDIR(st.st_mode)) {
		if (is_skipped_dir(e->name))
			return false;
		e->kind = ENV_DIR;
		path_join(&path, dir->path, e->name);
		skip = s->root.n && str_eq(buf_str(&path), s->root);
		buf_release(&path);
		return !skip && dir->depth < DEPTH_MAX;
	}
	if (!S_ISREG(st.st_mode) || is_skipped_file(dir->path, e->name))
		return false;
	if (fresh)
		e->kind = ENV_FILE;
	return digest_ent(s, dir, fd, was, e) > 0;
}

/* Lists one directory and digests its files; runs in any thread. */
static void
scan_one(void *ctx, uint32_t i)
{
	const struct scan *s = ctx;
	struct scan_dir *dir = s->dirs[s->first + i];
	const struct env_dir *was = env_cache_dir(&s->cache, dir->path);
	int fd = open(dir->path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	bool known;
	size_t k, n = 0;

	if (fd < 0 || fstat(fd, &st) < 0) {
		dir->gone = true;
		goto out;
	}
	file_sig_of(&st, &dir->sig);
	known = was && env_cache_same(&s->cache, &was->sig, &dir->sig);
	if (known)
		recall(s, dir, was);
	else if (list(dir, fd) != 0)
		dir->gone = true;
	if (!known && dir->depth > 0 && faccessat(fd, "pyvenv.cfg", F_OK,
	    0) == 0)
		dir->n = 0;     /* another environment */
	for (k = 0; k < dir->n; k++) {
		if (examine(s, dir, fd, was, !known, &dir->ents[k]))
			dir->ents[n++] = dir->ents[k];
	}
	dir->n = n;
out:
	if (fd >= 0)
		close(fd);
}

static uint32_t
push(struct scan *s, struct str path, unsigned depth)
{
	struct scan_dir *dir = xcalloc(1, sizeof(*dir));

	dir->path = path;
	dir->depth = depth;
	s->dirs = vec_grow(s->dirs, &s->cap, s->n + 1, sizeof(*s->dirs));
	s->dirs[s->n] = dir;
	return (uint32_t)s->n++;
}

/* Has this directory been scanned under another name? */
static bool
seen_before(struct scan *s, const struct file_sig *sig)
{
	uint64_t id[2] = { sig->dev, sig->ino };
	struct str key = { (const char *)id, sizeof(id) };
	int added = 0;

	if (map_get(&s->seen, key))
		return true;
	map_put(&s->seen, arena_dup(&s->arena, key), &added);
	return false;
}

static void
expand(struct scan *s, uint32_t i)
{
	struct scan_dir *dir = s->dirs[i];
	struct buf path = {0};
	size_t k;

	if (dir->gone)
		return;
	if (seen_before(s, &dir->sig)) {
		dir->again = true;
		dir->n = 0;
		return;
	}
	for (k = 0; k < dir->n; k++) {
		if (dir->ents[k].kind != ENV_DIR)
			continue;
		buf_clear(&path);
		path_join(&path, dir->path, dir->ents[k].name);
		dir->ents[k].child = push(s, arena_dup(&s->arena,
			buf_str(&path)), dir->depth + 1);
	}
	buf_release(&path);
}

/* Scans everything from s->dirs[first] on, level by level. */
static void
run(struct scan *s, uint32_t first)
{
	uint32_t i, end;

	for (; first < s->n; first = end) {
		end = (uint32_t)s->n;
		s->first = first;
		os_parallel(s->threads, end - first, scan_one, s);
		for (i = first; i < end; i++)
			expand(s, i);
	}
}

static void
add_ents(const struct scan *s, uint32_t i, struct buf *rel, struct digester *d)
{
	const struct scan_dir *dir = s->dirs[i];
	size_t k, at = rel->n;

	for (k = 0; k < dir->n; k++) {
		const struct ent *e = &dir->ents[k];

		rel->n = at;
		if (at)
			buf_addc(rel, '/');
		buf_addstr(rel, e->name);
		digest_add_field(d, rel->p, rel->n);
		if (e->kind == ENV_DIR && e->child != UINT32_MAX)
			add_ents(s, e->child, rel, d);
		else if (e->kind == ENV_FILE)
			digest_add(d, e->digest.b, DIGEST_SIZE);
	}
	rel->n = at;
}

/* Is the path left out because its files are nodes? A virtual environment that
 * lies in the root is not. */
static bool
is_nodes(const struct interp *in, struct str root, struct str path)
{
	return root.n && path_below(path, root) &&
	       !(in->prefix.n > root.n && path_below(path, in->prefix)) &&
	       !memmem(path.p + root.n, path.n - root.n, "/site-packages", 14)
	       && !memmem(path.p + root.n, path.n - root.n, "/.", 2);
}

/* Adds a file whose content counts; order does not matter. */
static void
add_single(struct scan_dir *single, struct str path)
{
	size_t i;

	for (i = 0; i < single->n; i++) {
		if (str_eq(single->ents[i].name, path))
			return;
	}
	single->ents = vec_grow(single->ents, &single->cap, single->n + 1,
		sizeof(*single->ents));
	single->ents[single->n++] = (struct ent){ .name = path,
		.kind = ENV_FILE, .child = UINT32_MAX };
}

/* Looks at the single files. Those that are missing are dropped. */
static void
scan_singles(struct scan *s, struct scan_dir *single)
{
	const struct env_dir *was = env_cache_dir(&s->cache, single->path);
	size_t i, n = 0;

	if (single->n > 1)
		qsort(single->ents, single->n, sizeof(*single->ents), ent_cmp);
	for (i = 0; i < single->n; i++) {
		struct ent *e = &single->ents[i];

		if (file_sig(AT_FDCWD, e->name.p, &e->sig) == 1 &&
		    S_ISREG(e->sig.mode) &&
		    digest_ent(s, single, AT_FDCWD, was, e) > 0)
			single->ents[n++] = *e;
	}
	single->n = n;
}

static void
add_digest_of(struct digester *d, const struct scan_dir *single,
	struct str path)
{
	size_t i;

	for (i = 0; i < single->n; i++) {
		if (str_eq(single->ents[i].name, path))
			digest_add(d, single->ents[i].digest.b, DIGEST_SIZE);
	}
}

/* A directory or file of sys.path, or one that an import hook leads to. */
struct place {
	struct str path;
	uint32_t dir;           /* UINT32_MAX: a file, or nothing */
};

static void
add_place(struct scan *s, struct scan_dir *single, struct place *p,
	struct str path)
{
	struct file_sig sig;

	*p = (struct place){ path, UINT32_MAX };
	if (file_sig(AT_FDCWD, path.p, &sig) != 1)
		return;
	if (S_ISDIR(sig.mode))
		p->dir = push(s, path, 0);
	else
		add_single(single, path);
}

static size_t
add_places(struct scan *s, const struct interp *in, struct scan_dir *single,
	struct place **out)
{
	size_t max = in->nsite_dirs + in->neditables, n = 0, i;

	*out = arena_alloc(&s->arena, max * sizeof(**out) + 1);
	for (i = 0; i < in->nsite_dirs; i++) {
		if (!is_nodes(in, s->root, in->site_dirs[i]))
			add_place(s, single, &(*out)[n++], in->site_dirs[i]);
	}
	for (i = 0; i < in->neditables; i++) {
		if (!is_nodes(in, s->root, in->editables[i].path))
			add_place(s, single, &(*out)[n++],
				in->editables[i].path);
	}
	return n;
}

static struct digest
summarize(const struct scan *s, const struct interp *in,
	const struct scan_dir *single, const struct place *places, size_t n)
{
	const struct str about[] = { STR("tgraph environment 1"), in->version,
		in->implementation, in->soabi, in->abiflags, in->platform,
		in->gil_disabled ? STR("t") : STR("") };
	struct digester d;
	struct buf rel = {0};
	size_t i;

	digest_begin(&d);
	for (i = 0; i < countof(about); i++)
		digest_add_field(&d, about[i].p, about[i].n);
	add_digest_of(&d, single, in->real);
	add_digest_of(&d, single, in->libpython);
	for (i = 0; i < n; i++) {
		digest_add_field(&d, "place", 5);
		if (places[i].dir != UINT32_MAX)
			add_ents(s, places[i].dir, &rel, &d);
		else
			add_digest_of(&d, single, places[i].path);
	}
	buf_release(&rel);
	return digest_end(&d);
}

static void
count(const struct scan *s, const struct scan_dir *single,
	struct env_stats *st)
{
	size_t i, k;

	*st = (struct env_stats){ .hashed = single->hashed,
		.files = (uint32_t)single->n };
	for (i = 0; i < s->n; i++) {
		const struct scan_dir *dir = s->dirs[i];

		if (dir->gone || dir->again)
			continue;
		st->dirs++;
		st->listed += dir->listed;
		st->hashed += dir->hashed;
		for (k = 0; k < dir->n; k++)
			st->files += dir->ents[k].kind != ENV_DIR;
	}
}

static void
save(const struct scan *s, const struct scan_dir *single, const char *cache,
	int64_t when)
{
	struct env_writer w = {0};
	size_t i, k;

	for (i = 0; i <= s->n; i++) {
		const struct scan_dir *dir = i < s->n ? s->dirs[i] : single;

		if (dir->gone || dir->again)
			continue;
		env_writer_dir(&w, dir->path, &dir->sig);
		for (k = 0; k < dir->n; k++)
			env_writer_entry(&w, dir->ents[k].name,
				dir->ents[k].kind, &dir->ents[k].sig,
				&dir->ents[k].digest);
	}
	env_writer_finish(&w, cache, when);
}

/* The first error in the order of the tree. */
static int
first_error(struct scan *s, struct scan_dir *single, struct err *err)
{
	struct err *e = single->err.msg ? &single->err : NULL;
	size_t i;

	for (i = 0; i < s->n && !e; i++) {
		if (s->dirs[i]->err.msg)
			e = &s->dirs[i]->err;
	}
	return e ? err_code(err, EXIT_ENV, "%s", e->msg) : 0;
}

static void
dir_release(struct scan_dir *dir)
{
	err_release(&dir->err);
	buf_release(&dir->names);
	free(dir->ents);
}

static void
scan_release(struct scan *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		dir_release(s->dirs[i]);
		free(s->dirs[i]);
	}
	free(s->dirs);
	map_release(&s->seen);
	env_cache_close(&s->cache);
	arena_release(&s->arena);
}

int
env_digest(const struct interp *in, const char *root, const char *cache,
	bool keep, unsigned threads, struct digest *out, struct env_stats *stats,
	struct err *err)
{
	struct scan s = { .root = str_of(root), .threads = threads };
	struct scan_dir single = { .path = { "", 0 } };
	struct env_stats st;
	struct place *places;
	int64_t when = os_wall();
	size_t n;
	int r;

	env_cache_open(&s.cache, cache);
	add_single(&single, in->real);
	if (in->libpython.n)
		add_single(&single, in->libpython);
	n = add_places(&s, in, &single, &places);
	run(&s, 0);
	scan_singles(&s, &single);
	r = first_error(&s, &single, err);
	if (r == 0) {
		*out = summarize(&s, in, &single, places, n);
		count(&s, &single, &st);
		if (stats)
			*stats = st;
		if (keep && (st.hashed || st.listed))
			save(&s, &single, cache, when);
	}
	dir_release(&single);
	scan_release(&s);
	return r;
}
