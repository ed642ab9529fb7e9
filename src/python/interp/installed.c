/* SPDX-License-Identifier: Apache-2.0 */
#include "python/interp/installed.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "python/interp/env_cache.h"
#include "python/interp/recorded.h"
#include "util/mem.h"
#include "util/os.h"
#include "util/path.h"
#include "util/walk.h"

/* How deep directories may lie: a bound for symlinks that lead upwards. */
#define DEPTH_MAX 64

/* Less than this is read without a look at RECORDs, in bytes. */
#define RECORDS_MIN (256 * 1024)

/* How often progress is told. */
#define PROGRESS_NS (100 * 1000 * 1000)

struct ent {
	struct str name;        /* in the cache or in the directory's names */
	enum env_kind kind;
	const struct env_entry *old;    /* what the cache has; may be NULL */
	struct file_sig sig;
	struct digest digest;
	uint32_t child;         /* ENV_DIR; WALK_NONE: seen before */
	bool todo;              /* the digest is to be found */
};

struct scan_dir {
	struct str path;        /* absolute */
	uint32_t place;         /* number of the place that it is in */
	unsigned depth;
	struct file_sig sig;
	bool gone;
	bool again;             /* the same directory as an earlier one */
	bool listed;            /* its names were read */
	bool cached;            /* it has changed only in that its __pycache__
	                         * was made */
	uint32_t todo, hashed, recorded;
	struct err err;
	struct buf names;
	struct ent *ents;
	size_t n, cap;
};

struct scan {
	struct walk walk;       /* of struct scan_dir */
	struct arena arena;
	struct env_cache cache;
	struct str root;
	struct str own;         /* name that is never looked into */
};

static struct scan_dir *
dir_at(const struct scan *s, uint32_t i)
{
	return s->walk.dirs[i];
}

static bool
is_skipped_dir(const struct scan *s, struct str name)
{
	static const char *const names[] = { "__pycache__", ".git", ".hg",
		".svn", ".tox", ".nox", ".venv", ".mypy_cache",
		".pytest_cache", ".ruff_cache", "node_modules" };
	size_t i;

	for (i = 0; i < countof(names); i++) {
		if (str_is(name, names[i]))
			return true;
	}
	return str_eq(name, s->own);
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

/* Reads the directory's names; files and directories are not told apart yet. 0
 * or errno. */
static int
list_dir(struct scan_dir *dir, int fd)
{
	struct walk_names names = { 0 };
	int e = walk_names(fd, &names);

	dir->ents = xreallocarray(NULL, names.n + 1, sizeof(*dir->ents));
	for (; dir->n < names.n; dir->n++)
		dir->ents[dir->n] = (struct ent){
			.name = { names.v[dir->n].name, names.v[dir->n].len },
			.child = WALK_NONE,
		};
	dir->names = names.text;
	names.text = (struct buf){ 0 };
	walk_names_release(&names);
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
			.old = &e[i], .child = WALK_NONE };
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

/* Takes the digest of a file from the cache, if it is the same as then. */
static bool
remember(const struct scan *s, const struct env_dir *was, struct ent *e)
{
	const struct env_entry *old = e->old;

	if (!old && was)
		old = env_cache_entry(&s->cache, was, e->name);
	if (!old || old->kind != (uint32_t)e->kind ||
	    !env_cache_same(&s->cache, &old->sig, &e->sig))
		return false;
	e->digest = old->digest;
	return true;
}

/* Reads a file for its digest. 1 there, 0 gone, -1 error. */
static int
read_ent(const struct scan *s, struct scan_dir *dir, int fd, struct ent *e)
{
	int r;

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

/* Was that made when its directory, which has this signature, was changed? (Not
 * later, as far as clocks are told: they go in steps.) */
static bool
made_with(int fd, const char *name, const struct file_sig *dir)
{
	const int64_t step = 10000000;
	int64_t born;

	return file_born(fd, name, &born) && born >= dir->ctime_ns - step &&
	       born <= dir->ctime_ns + step;
}

/* Looks at one name; false: it does not count. */
static bool
examine_ent(const struct scan *s, struct scan_dir *dir, int fd,
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
		if (str_is(e->name, "__pycache__"))
			dir->cached = made_with(fd, e->name.p, &dir->sig);
		if (is_skipped_dir(s, e->name))
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
	e->todo = !remember(s, was, e);
	dir->todo += e->todo;
	return true;
}

/* Lists one directory and looks at its files. */
static void
look_at_dir(void *ctx, void *p)
{
	const struct scan *s = ctx;
	struct scan_dir *dir = p;
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
	else if (list_dir(dir, fd) != 0)
		dir->gone = true;
	if (!known && dir->depth > 0 && faccessat(fd, "pyvenv.cfg", F_OK,
	    0) == 0)
		dir->n = 0;     /* another environment */
	for (k = 0; k < dir->n; k++) {
		if (examine_ent(s, dir, fd, was, !known, &dir->ents[k]))
			dir->ents[n++] = dir->ents[k];
	}
	dir->n = n;
out:
	if (fd >= 0)
		close(fd);
}

static uint32_t
add_site(struct scan *s, struct str path, uint32_t place, unsigned depth)
{
	struct scan_dir *dir = xcalloc(1, sizeof(*dir));

	dir->path = path;
	dir->place = place;
	dir->depth = depth;
	return walk_add(&s->walk, dir);
}

static void
enter_dir(void *ctx, void *p, uint32_t id)
{
	struct scan *s = ctx;
	struct scan_dir *dir = p;
	struct buf path = {0};
	size_t k;

	if (dir->gone)
		return;
	if (walk_first(&s->walk, &dir->sig, id) != id) {
		dir->again = true;
		dir->n = 0;
		return;
	}
	for (k = 0; k < dir->n; k++) {
		if (dir->ents[k].kind != ENV_DIR)
			continue;
		buf_clear(&path);
		path_join(&path, dir->path, dir->ents[k].name);
		dir->ents[k].child = add_site(s, arena_dup(&s->arena,
			buf_str(&path)), dir->place, dir->depth + 1);
	}
	buf_release(&path);
}

static void
add_ents(const struct scan *s, uint32_t i, struct buf *rel, struct digester *d)
{
	const struct scan_dir *dir = dir_at(s, i);
	size_t k, at = rel->n;

	for (k = 0; k < dir->n; k++) {
		const struct ent *e = &dir->ents[k];

		rel->n = at;
		if (at)
			buf_addc(rel, '/');
		buf_addstr(rel, e->name);
		digest_add_field(d, rel->p, rel->n);
		if (e->kind == ENV_DIR && e->child != WALK_NONE)
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
		.kind = ENV_FILE, .child = WALK_NONE };
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
		    S_ISREG(e->sig.mode) && (remember(s, was, e) ||
		    read_ent(s, single, AT_FDCWD, e) > 0))
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
	uint32_t dir;           /* WALK_NONE: a file, or nothing */
};

static void
add_place(struct scan *s, struct scan_dir *single, struct place *places,
	size_t n, struct str path)
{
	struct place *p = &places[n];
	struct file_sig sig;

	*p = (struct place){ path, WALK_NONE };
	if (file_sig(AT_FDCWD, path.p, &sig) != 1)
		return;
	if (S_ISDIR(sig.mode))
		p->dir = add_site(s, path, (uint32_t)n, 0);
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
			add_place(s, single, *out, n++, in->site_dirs[i]);
	}
	for (i = 0; i < in->neditables; i++) {
		if (!is_nodes(in, s->root, in->editables[i].path))
			add_place(s, single, *out, n++,
				in->editables[i].path);
	}
	return n;
}

/* Files whose content is still to be known: first RECORDs are asked, then the
 * rest is read. */
struct todo {
	struct scan *s;
	const struct installed_where *where;
	struct scan_dir **dirs; /* that have any */
	uint32_t n;
	uint64_t bytes;         /* to be read */
	atomic_uint_least64_t done;
	pthread_mutex_t lock;   /* of told */
	int64_t told;
};

static void
find_todo(struct todo *t)
{
	uint32_t i;
	size_t k;

	t->dirs = xcalloc((size_t)t->s->walk.n + 1, sizeof(*t->dirs));
	for (i = 0; i < t->s->walk.n; i++) {
		struct scan_dir *dir = dir_at(t->s, i);

		if (dir->gone || dir->again || !dir->todo)
			continue;
		t->dirs[t->n++] = dir;
		for (k = 0; k < dir->n; k++)
			t->bytes += dir->ents[k].todo ?
				dir->ents[k].sig.size : 0;
	}
}

/* Takes what the RECORDs of a directory's place say of its files. */
static void
ask_records(struct todo *t, const struct recorded *r, struct scan_dir *dir,
	struct str place)
{
	struct str below = dir->path;
	struct buf path = { 0 };
	size_t at, k;

	below.p += place.n;
	below.n -= place.n;
	for (; below.n && *below.p == '/'; below.p++, below.n--)
		;
	buf_addstr(&path, below);
	if (path.n)
		buf_addc(&path, '/');
	at = path.n;
	for (k = 0; k < dir->n; k++) {
		struct ent *e = &dir->ents[k];

		path.n = at;
		buf_addstr(&path, e->name);
		if (!e->todo || e->kind != ENV_FILE || names_places(e->name) ||
		    !recorded_digest(r, buf_str(&path), &e->sig, &e->digest))
			continue;
		e->todo = false;
		dir->todo--;
		dir->recorded++;
		t->bytes -= e->sig.size;
	}
	buf_release(&path);
}

static bool
is_in_place(const struct interp *in, struct str path)
{
	if (path_below(path, in->prefix))
		return recorded_in_place(in->prefix);
	return in->base_prefix.n && path_below(path, in->base_prefix) &&
	       recorded_in_place(in->base_prefix);
}

static void
ask_place(struct todo *t, const struct interp *in, struct str path,
	uint32_t place)
{
	struct recorded r = { 0 };
	uint32_t i;

	if (!is_in_place(in, path))
		return;
	recorded_read(&r, path);
	for (i = 0; i < t->n; i++) {
		if (t->dirs[i]->place == place)
			ask_records(t, &r, t->dirs[i], path);
	}
	recorded_release(&r);
}

static void
tell_read(struct todo *t, bool last)
{
	int64_t now;

	if (!t->where->progress || (!last &&
	    pthread_mutex_trylock(&t->lock) != 0))
		return;
	now = os_now();
	if (last || now - t->told >= PROGRESS_NS) {
		t->where->progress(t->where->ctx, last ? t->bytes :
			atomic_load(&t->done), t->bytes);
		t->told = now;
	}
	if (!last)
		pthread_mutex_unlock(&t->lock);
}

/* Reads what is to be read of one directory. */
static void
read_dir(void *ctx, uint32_t i)
{
	struct todo *t = ctx;
	struct scan_dir *dir = t->dirs[i];
	size_t k, n = 0;
	int fd;

	if (!dir->todo)
		return;
	fd = open(dir->path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (k = 0; k < dir->n; k++) {
		struct ent *e = &dir->ents[k];
		bool there = !e->todo ||
			(fd >= 0 && read_ent(t->s, dir, fd, e) > 0);

		if (e->todo) {
			atomic_fetch_add(&t->done, e->sig.size);
			tell_read(t, false);
		}
		if (there)
			dir->ents[n++] = *e;
	}
	dir->n = n;
	if (fd >= 0)
		close(fd);
}

/* Finds the digests that are still missing. */
static void
digest_rest(struct scan *s, const struct interp *in,
	const struct installed_where *where, const struct place *places,
	size_t n)
{
	struct todo t = { .s = s, .where = where };
	size_t i;

	atomic_init(&t.done, 0);
	pthread_mutex_init(&t.lock, NULL);
	find_todo(&t);
	for (i = 0; i < n && t.bytes >= RECORDS_MIN; i++) {
		if (places[i].dir != WALK_NONE)
			ask_place(&t, in, places[i].path, (uint32_t)i);
	}
	t.told = os_now();
	os_parallel(where->threads, t.n, read_dir, &t);
	if (t.n)
		tell_read(&t, true);
	pthread_mutex_destroy(&t.lock);
	free(t.dirs);
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
		if (places[i].dir != WALK_NONE)
			add_ents(s, places[i].dir, &rel, &d);
		else
			add_digest_of(&d, single, places[i].path);
	}
	buf_release(&rel);
	return digest_end(&d);
}

static void
note_time(const struct scan_dir *dir, bool single, struct file_sig *newest)
{
	if (!single && !dir->cached && dir->sig.ctime_ns > newest->ctime_ns)
		*newest = dir->sig;
	for (size_t k = 0; k < dir->n; k++)
		if (dir->ents[k].kind != ENV_DIR &&
		    dir->ents[k].sig.ctime_ns > newest->ctime_ns)
			*newest = dir->ents[k].sig;
}

static void
count_all(const struct scan *s, const struct scan_dir *single,
	struct installed_stats *st)
{
	uint32_t i;
	size_t k;

	*st = (struct installed_stats){ .hashed = single->hashed,
		.files = (uint32_t)single->n };
	note_time(single, true, &st->newest);
	for (i = 0; i < s->walk.n; i++) {
		const struct scan_dir *dir = dir_at(s, i);

		if (dir->gone || dir->again)
			continue;
		note_time(dir, false, &st->newest);
		st->dirs++;
		st->listed += dir->listed;
		st->hashed += dir->hashed;
		st->recorded += dir->recorded;
		for (k = 0; k < dir->n; k++)
			st->files += dir->ents[k].kind != ENV_DIR;
	}
}

static void
save_cache(const struct scan *s, const struct scan_dir *single,
	const char *cache, int64_t when)
{
	struct env_writer w = {0};
	uint32_t i, n = s->walk.n;
	size_t k;

	for (i = 0; i <= n; i++) {
		const struct scan_dir *dir = i < n ? dir_at(s, i) : single;

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
	uint32_t i;

	for (i = 0; i < s->walk.n && !e; i++) {
		if (dir_at(s, i)->err.msg)
			e = &dir_at(s, i)->err;
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
	uint32_t i;

	for (i = 0; i < s->walk.n; i++) {
		dir_release(dir_at(s, i));
		free(dir_at(s, i));
	}
	walk_release(&s->walk);
	env_cache_close(&s->cache);
	arena_release(&s->arena);
}

int
installed_digest(const struct interp *in,
	const struct installed_where *where, struct digest *out,
	struct installed_stats *stats, struct err *err)
{
	struct scan s = { .root = str_of(where->root),
		.own = str_of(where->own ? where->own : ""),
		.walk = { .look = look_at_dir, .enter = enter_dir, .ctx = &s,
			.threads = where->threads } };
	struct scan_dir single = { .path = { "", 0 } };
	struct installed_stats st;
	struct place *places;
	int64_t when = os_wall();
	size_t n;
	int r;

	env_cache_open(&s.cache, where->cache);
	add_single(&single, in->real);
	if (in->libpython.n)
		add_single(&single, in->libpython);
	n = add_places(&s, in, &single, &places);
	walk_run(&s.walk, 0);
	digest_rest(&s, in, where, places, n);
	scan_singles(&s, &single);
	r = first_error(&s, &single, err);
	if (r == 0) {
		*out = summarize(&s, in, &single, places, n);
		count_all(&s, &single, &st);
		if (stats)
			*stats = st;
		if (where->keep && (st.hashed || st.recorded || st.listed))
			save_cache(&s, &single, where->cache, when);
	}
	dir_release(&single);
	scan_release(&s);
	return r;
}
