/* SPDX-License-Identifier: Apache-2.0 */
#include "python/tree/discover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text/gitignore.h"
#include "util/hash.h"
#include "util/mem.h"
#include "util/os.h"
#include "util/path.h"

enum ent_type { ENT_FILE, ENT_DIR, ENT_LINK, ENT_SKIP };

/* A name in a directory. */
struct ent {
	const char *name;       /* in the names of the directory */
	size_t name_off;
	enum ent_type type;
	enum disc_skip why;     /* ENT_SKIP */
	uint32_t flags;
	uint32_t child;         /* ENT_DIR, ENT_LINK: its place in walk.dirs,
	                         * UINT32_MAX: not walked */
	struct file_sig sig;
};

enum dir_state { DIR_LISTED, DIR_GONE, DIR_SKIPPED };

struct walk_dir {
	struct str path;        /* from the root */
	const struct ignore *ig;
	bool git, via_link;
	enum dir_state state;
	enum disc_skip why;     /* DIR_SKIPPED */
	int error;
	struct file_sig sig;
	struct buf names;
	struct ent *ents;
	size_t n, cap;
	struct arena own;       /* rules of its .gitignore */
};

struct walk {
	struct discovery *d;
	int fd;
	unsigned threads;
	struct buf prefix;      /* the root as seen from the repository's top,
	                         * "" or with a final slash */
	char *real;             /* realpath of the root */
	struct arena rules;
	struct walk_dir **dirs;
	size_t n, cap;
	uint32_t first;         /* of the level that is being listed */
	struct map seen;        /* (dev, ino) of listed directories */
	struct disc_skipped *skipped;
	size_t nskipped, cap_skipped;
};

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

static bool
skip_by_name(struct str name)
{
	return str_is(name, "__pycache__") || str_is(name, "node_modules") ||
	       str_is(name, "CVS") || str_is(name, "_darcs") ||
	       str_ends(name, ".egg-info");
}

/* A directory or a symlink to one, by its name and path. */
static void
sort_out_dir(struct walk_dir *dir, struct ent *e, struct str path)
{
	struct str name = str_of(e->name);

	if (name.p[0] == '.') {
		e->type = ENT_SKIP;
		e->why = SKIP_HIDDEN;
	} else if (skip_by_name(name)) {
		e->type = ENT_SKIP;
		e->why = SKIP_NAME;
	} else if (dir->git && ignore_match(dir->ig, path,
	           e->type == ENT_DIR)) {
		e->type = ENT_SKIP;
		e->why = SKIP_IGNORED;
	}
}

/* Looks at one name; false: it is nothing to keep. path: from the top of the
 * repository, for the rules. */
static bool
examine(struct walk_dir *dir, int fd, struct ent *e, unsigned char d_type,
	struct str path)
{
	struct str name = str_of(e->name);
	struct stat st;

	if (d_type == DT_UNKNOWN) {
		if (fstatat(fd, e->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return false;
		d_type = S_ISLNK(st.st_mode) ? DT_LNK :
			S_ISDIR(st.st_mode) ? DT_DIR : DT_REG;
	}
	/* What running something makes shall not change what is found. */
	if (str_is(name, "__pycache__") || str_is(name, ".tgraph"))
		return false;
	if (d_type == DT_DIR) {
		e->type = ENT_DIR;
		sort_out_dir(dir, e, path);
		return true;
	}
	if ((d_type != DT_REG && d_type != DT_LNK) ||
	    fstatat(fd, e->name, &st, 0) < 0)
		return false;
	if (S_ISDIR(st.st_mode)) {
		e->type = ENT_LINK;
		sort_out_dir(dir, e, path);
		return true;
	}
	if (!S_ISREG(st.st_mode))
		return false;
	file_sig_of(&st, &e->sig);
	e->flags = (str_ends(name, ".py") ? DISC_PY : 0u) |
		(d_type == DT_LNK ? DISC_SYMLINK : 0u) |
		(name.p[0] == '.' ? DISC_HIDDEN : 0u) |
		(dir->via_link ? DISC_VIA_LINK : 0u);
	if (dir->git && ignore_match(dir->ig, path, false))
		e->flags |= DISC_IGNORED;
	return true;
}

/* Reads a small file of the directory fd. */
static void
read_at(int fd, const char *name, struct buf *out)
{
	int f = openat(fd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	ssize_t n;

	if (f < 0)
		return;
	if (fstat(f, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size < 1 << 24) {
		do {
			buf_reserve(out, 4096);
			n = read(f, out->p + out->n, 4096);
			if (n > 0)
				out->n += (size_t)n;
		} while (n > 0);
	}
	close(f);
}

/* Is the .git in fd that of a repository of its own? A submodule's is a file
 * that names .git/modules of this one and counts as part of it. */
static bool
foreign_git(int fd)
{
	struct buf b = {0};
	struct stat st;
	bool foreign = true;

	if (fstatat(fd, ".git", &st, 0) == 0 && S_ISREG(st.st_mode)) {
		read_at(fd, ".git", &b);
		foreign = !b.p || !memmem(b.p, b.n, "/modules/", 9);
	}
	buf_release(&b);
	return foreign;
}

static void
add_rules(const struct walk *w, struct walk_dir *dir, int fd, const char *name)
{
	struct buf text = {0}, base = {0};

	read_at(fd, name, &text);
	if (text.n) {
		buf_addstr(&base, buf_str(&w->prefix));
		buf_addstr(&base, dir->path);
		if (dir->path.n)
			buf_addc(&base, '/');
		dir->ig = ignore_parse(&dir->own, dir->ig, buf_str(&base),
			text.p, text.n);
	}
	buf_release(&text);
	buf_release(&base);
}

/* All names of the directory but "." and "..". 0, or errno. */
static int
read_names(struct walk_dir *dir, DIR *dp, unsigned char **types)
{
	struct dirent *de;
	size_t cap = 0;
	struct ent *e;

	while ((errno = 0, de = readdir(dp)) != NULL) {
		if (de->d_name[0] == '.' && (!de->d_name[1] ||
		    (de->d_name[1] == '.' && !de->d_name[2])))
			continue;
		dir->ents = vec_grow(dir->ents, &dir->cap, dir->n + 1,
			sizeof(*dir->ents));
		*types = vec_grow(*types, &cap, dir->n + 1, 1);
		e = &dir->ents[dir->n];
		*e = (struct ent){ .name_off = dir->names.n,
			.child = UINT32_MAX };
		(*types)[dir->n++] = de->d_type;
		buf_add(&dir->names, de->d_name, strlen(de->d_name) + 1);
	}
	return errno;
}

/* What the names say of the directory as a whole. */
static void
special_names(const struct walk *w, struct walk_dir *dir, int fd)
{
	bool rules = false, git = false, conda = false, venv = false;
	const char *name;
	size_t i;

	for (i = 0; i < dir->n; i++) {
		name = dir->ents[i].name = dir->names.p +
			dir->ents[i].name_off;
		rules |= strcmp(name, ".gitignore") == 0;
		git |= strcmp(name, ".git") == 0;
		conda |= strcmp(name, "conda-meta") == 0;
		venv |= strcmp(name, "pyvenv.cfg") == 0;
	}
	if (dir->path.n && (venv || (conda && faccessat(fd,
	    "conda-meta/history", F_OK, 0) == 0))) {
		dir->state = DIR_SKIPPED;
		dir->why = SKIP_VENV;
	} else if (dir->path.n && git && dir->git && foreign_git(fd)) {
		dir->state = DIR_SKIPPED;
		dir->why = SKIP_REPOSITORY;
	}
	if (git && !dir->git) {
		dir->git = true;
		add_rules(w, dir, fd, ".git/info/exclude");
	}
	if (rules && dir->git)
		add_rules(w, dir, fd, ".gitignore");
}

static int
ent_cmp(const void *a, const void *b)
{
	return strcmp(((const struct ent *)a)->name,
		((const struct ent *)b)->name);
}

static void
look_at_names(const struct walk *w, struct walk_dir *dir, int fd,
	const unsigned char *types)
{
	struct buf path = {0};
	size_t i, base, kept = 0;

	buf_addstr(&path, buf_str(&w->prefix));
	buf_addstr(&path, dir->path);
	if (dir->path.n)
		buf_addc(&path, '/');
	base = path.n;
	for (i = 0; i < dir->n; i++) {
		path.n = base;
		buf_adds(&path, dir->ents[i].name);
		if (examine(dir, fd, &dir->ents[i], types[i], buf_str(&path)))
			dir->ents[kept++] = dir->ents[i];
	}
	dir->n = kept;
	if (dir->n > 1)
		qsort(dir->ents, dir->n, sizeof(*dir->ents),
			ent_cmp);
	buf_release(&path);
}

/* Lists one directory; runs in any thread and touches nothing but dir. */
static void
list_dir(void *ctx, uint32_t i)
{
	struct walk *w = ctx;
	struct walk_dir *dir = w->dirs[w->first + i];
	unsigned char *types = NULL;
	int fd, dup_fd, error = 0;
	struct stat st;
	DIR *dp = NULL;

	fd = openat(w->fd, dir->path.n ? dir->path.p : ".", O_RDONLY |
		O_DIRECTORY | O_CLOEXEC | (dir->via_link ? 0 : O_NOFOLLOW));
	dup_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (dup_fd >= 0)
		dp = fdopendir(dup_fd);
	if (!dp || fstat(fd, &st) < 0) {
		error = errno;
	} else {
		file_sig_of(&st, &dir->sig);
		error = read_names(dir, dp, &types);
	}
	if (error) {
		dir->state = error == ENOENT || error == ENOTDIR ||
			error == ELOOP ? DIR_GONE : DIR_SKIPPED;
		dir->why = SKIP_UNREADABLE;
		dir->error = error;
	} else {
		special_names(w, dir, fd);
	}
	if (dir->state == DIR_LISTED)
		look_at_names(w, dir, fd, types);
	if (dp)
		closedir(dp);
	else if (dup_fd >= 0)
		close(dup_fd);
	if (fd >= 0)
		close(fd);
	free(types);
}

static struct walk_dir *
push(struct walk *w, struct str path, const struct walk_dir *up)
{
	struct walk_dir *dir = xcalloc(1, sizeof(*dir));

	dir->path = path;
	if (up) {
		dir->ig = up->ig;
		dir->git = up->git;
		dir->via_link = up->via_link;
	}
	w->dirs = vec_grow(w->dirs, &w->cap, w->n + 1, sizeof(*w->dirs));
	w->dirs[w->n++] = dir;
	return dir;
}

static struct str
child_path(struct walk *w, const struct walk_dir *dir, const char *name)
{
	size_t n = strlen(name), at = dir->path.n ? dir->path.n + 1 : 0;
	char *p = arena_text(&w->d->arena, at + n + 1);

	if (at) {
		memcpy(p, dir->path.p, dir->path.n);
		p[at - 1] = '/';
	}
	memcpy(p + at, name, n + 1);
	return (struct str){ p, at + n };
}

static void
skip(struct walk *w, struct str path, enum disc_skip why, struct str target,
	int error)
{
	w->skipped = vec_grow(w->skipped, &w->cap_skipped, w->nskipped + 1,
		sizeof(*w->skipped));
	w->skipped[w->nskipped++] = (struct disc_skipped){ .path = path,
		.target = target, .why = why, .error = error };
}

/* The slot of a directory's identity. */
static struct map_slot *
seen(struct walk *w, const struct file_sig *sig, int *added)
{
	uint64_t id[2] = { sig->dev, sig->ino };
	struct str key = { (const char *)id, sizeof(id) };
	struct map_slot *s = map_get(&w->seen, key);

	if (s || !added)
		return s;
	return map_put(&w->seen, arena_dup(&w->rules, key), added);
}

/* Enters a listed directory and pushes its sub-directories. */
static void
expand(struct walk *w, uint32_t i)
{
	struct walk_dir *dir = w->dirs[i];
	int added = 0;
	struct map_slot *s;
	size_t k;

	if (dir->state == DIR_LISTED) {
		s = seen(w, &dir->sig, &added);
		if (added) {
			s->value = i;
		} else if (dir->via_link) {
			dir->state = DIR_SKIPPED;
			dir->why = SKIP_LINK;
			skip(w, dir->path, SKIP_LINK,
				w->dirs[s->value]->path, 0);
			return;
		}
	}
	if (dir->state == DIR_SKIPPED)
		skip(w, dir->path, dir->why, (struct str){ "", 0 },
			dir->error);
	if (dir->state != DIR_LISTED)
		return;
	for (k = 0; k < dir->n; k++) {
		struct ent *e = &dir->ents[k];

		if (e->type == ENT_FILE)
			continue;
		if (e->type == ENT_SKIP) {
			skip(w, child_path(w, dir, e->name), e->why,
				(struct str){ "", 0 }, 0);
		} else if (e->type == ENT_DIR) {
			e->child = (uint32_t)w->n;
			push(w, child_path(w, dir, e->name), dir);
		}
	}
}

/* Lists everything from w->dirs[first] on, level by level. */
static void
run(struct walk *w, uint32_t first)
{
	uint32_t i, end;

	for (; first < w->n; first = end) {
		end = (uint32_t)w->n;
		w->first = first;
		os_parallel(w->threads, end - first, list_dir, w);
		for (i = first; i < end; i++)
			expand(w, i);
	}
}

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
		    skip_by_name(name))
			return true;
		path.p += name.n + (slash != NULL);
		path.n -= name.n + (slash != NULL);
	}
	return false;
}

/* A symlink to a directory: walks it if it leads to a place in the root that
 * nothing else has led to. */
static void
follow(struct walk *w, uint32_t dir, struct ent *e)
{
	struct str path = child_path(w, w->dirs[dir], e->name), rest;
	struct str none = { "", 0 };
	size_t n = strlen(w->real);
	struct map_slot *s;
	struct file_sig sig;
	char *real = NULL;
	struct buf whole = {0};

	buf_addf(&whole, "%s/%s", w->real, path.p);
	if (file_sig(w->fd, path.p, &sig) != 1)
		goto out;
	s = seen(w, &sig, NULL);
	if (s) {
		skip(w, path, SKIP_LINK, w->dirs[s->value]->path, 0);
		goto out;
	}
	real = realpath(whole.p, NULL);
	if (!real || strncmp(real, w->real, n) != 0 ||
	    (real[n] != '/' && n > 1)) {
		skip(w, path, SKIP_ESCAPE, none, 0);
		goto out;
	}
	rest = str_of(real + n);
	if (never_walked(rest)) {
		skip(w, path, SKIP_NAME, none, 0);
		goto out;
	}
	e->child = (uint32_t)w->n;
	push(w, path, w->dirs[dir])->via_link = true;
	run(w, e->child);
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

/* Symlinks to directories, in the order of their paths, after everything that
 * is there under its own name. */
static void
follow_links(struct walk *w)
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
					(uint32_t)k, child_path(w, w->dirs[i],
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

static void
count(const struct walk *w, struct discovery *d)
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
emit(struct walk *w, struct discovery *d)
{
	struct frame *stack = NULL;
	size_t depth = 0, cap = 0;
	uint32_t next = 0;

	count(w, d);
	d->files = arena_alloc(&d->arena, d->nfiles * sizeof(*d->files) + 1);
	d->dirs = arena_alloc(&d->arena, d->ndirs * sizeof(*d->dirs) + 1);
	d->nfiles = d->ndirs = 0;
	for (;;) {
		struct walk_dir *dir;
		struct ent *e;

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
				.path = child_path(w, dir, e->name),
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

/* The length of the directory at or above the root that holds .git; 0: none. */
static size_t
find_top(const struct walk *w)
{
	struct str up = str_of(w->real);
	struct buf path = {0};
	struct stat st;

	for (;; up = path_dir(up)) {
		buf_clear(&path);
		buf_addf(&path, "%.*s/.git", (int)up.n, up.p);
		if (stat(path.p, &st) == 0 || up.n <= 1)
			break;
	}
	if (stat(path.p, &st) < 0)
		up.n = 0;
	buf_release(&path);
	return up.n;
}

/* Reads a file of rules into root's chain. */
static void
rules_above(struct walk *w, struct walk_dir *root, struct str dir,
	const char *name, struct str base)
{
	struct buf path = {0}, text = {0};

	buf_addf(&path, "%.*s/%s", (int)dir.n, dir.p, name);
	if (file_read(path.p, &text, NULL) == 1)
		root->ig = ignore_parse(&w->rules, root->ig, base, text.p,
			text.n);
	buf_release(&path);
	buf_release(&text);
}

/* The rules between the repository's top and the root, both of which are
 * outside and above what is walked. If they ignore the root itself, it is no
 * part of that repository. */
static void
find_git(struct walk *w, struct walk_dir *root)
{
	struct str real = str_of(w->real), base;
	size_t top = find_top(w), at, end;

	if (top == 0 || top == real.n)
		return;         /* the root's own are read with its list */
	base = (struct str){ real.p + top + (top > 1),
		real.n - top - (top > 1) };
	root->git = true;
	rules_above(w, root, (struct str){ real.p, top }, ".git/info/exclude",
		(struct str){ "", 0 });
	for (at = 0; at < base.n; at = end + 1) {
		rules_above(w, root, (struct str){ real.p,
			(size_t)(base.p - real.p) + at }, ".gitignore",
			(struct str){ base.p, at });
		for (end = at; end < base.n && base.p[end] != '/'; end++)
			;
		if (ignore_match(root->ig, (struct str){ base.p, end }, true)) {
			root->git = false;
			root->ig = NULL;
			return;
		}
	}
	buf_addstr(&w->prefix, base);
	buf_addc(&w->prefix, '/');
}

static void
walk_release(struct walk *w)
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
	struct walk w = { .d = d, .threads = threads };
	int r = -1;

	*d = (struct discovery){ 0 };
	d->root = arena_dup(&d->arena, str_of(root));
	w.fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	w.real = w.fd < 0 ? NULL : realpath(root, NULL);
	if (!w.real) {
		err_set(err, "open %s: %s", root, strerror(errno));
		goto out;
	}
	push(&w, (struct str){ "", 0 }, NULL);
	find_git(&w, w.dirs[0]);
	run(&w, 0);
	if (w.dirs[0]->state != DIR_LISTED) {
		err_set(err, "read directory %s: %s", root,
			strerror(w.dirs[0]->error));
		goto out;
	}
	follow_links(&w);
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
