/* SPDX-License-Identifier: Apache-2.0 */
#include "state/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/arena.h"
#include "util/hash.h"
#include "util/mem.h"

/* Directories with all that is below them. */

struct walk {
	bool content;           /* digest it; or else: */
	struct buf sigs;        /* names and signatures */
	struct digester digest;
	int64_t newest;         /* change time */
};

/* ---- which directories ---- */

/* Is the working directory in it, or it? There, whatever is built changes it. */
static bool
holds_us(const struct file_sig *dir)
{
	struct file_sig at, up;
	struct buf path = { 0 };
	bool yes = false;

	buf_adds(&path, ".");
	if (file_sig(AT_FDCWD, path.p, &at) != 1)
		yes = true;
	while (!yes) {
		yes = at.ino == dir->ino && at.dev == dir->dev;
		buf_adds(&path, "/..");
		if (yes || file_sig(AT_FDCWD, path.p, &up) != 1 ||
		    (up.ino == at.ino && up.dev == at.dev))
			break;
		at = up;
	}
	buf_release(&path);
	return yes;
}

/* Is it named as an input that decides, or made by a step? */
static bool
is_in_use(const struct graph *g, uint32_t node)
{
	const struct graph_node *n = &g->nodes.p[node];

	if (n->producer != GRAPH_NONE &&
	    !(g->steps.p[n->producer].flags & STEP_PHONY))
		return true;
	for (uint32_t i = 0; i < n->nusers; i++) {
		const struct graph_step *st;

		st = &g->steps.p[graph_ids(g, n->users)[i]];
		for (uint32_t k = 0; k < graph_nneeded(st); k++)
			if (graph_ids(g, st->ins)[k] == node)
				return true;
	}
	return false;
}

bool
below_counts(const struct state *s, uint32_t node, const struct file_sig *sig)
{
	return S_ISDIR(sig->mode) && is_in_use(s->g, node) && !holds_us(sig);
}

/* ---- the walk ---- */

static void
below_add(struct walk *w, const void *p, size_t n)
{
	if (w->content)
		digest_add_field(&w->digest, p, n);
	else
		buf_add(&w->sigs, p, n);
}

/* Sorted, in the arena; -1 errno. fd is closed with *dir. */
static int
read_names(int fd, DIR **dir, struct arena *a, struct str **names, size_t *n)
{
	struct dirent *e;
	size_t cap = 0;

	*dir = fdopendir(fd);
	if (!*dir) {
		close(fd);
		return -1;
	}
	for (errno = 0; (e = readdir(*dir)); errno = 0) {
		if (strcmp(e->d_name, ".") == 0 ||
		    strcmp(e->d_name, "..") == 0 ||
		    strcmp(e->d_name, ".git") == 0 ||
		    strcmp(e->d_name, ".tgraph") == 0)
			continue;
		*names = vec_grow(*names, &cap, *n + 1, sizeof(**names));
		(*names)[(*n)++] = arena_dup(a, str_of(e->d_name));
	}
	if (errno)
		return -1;
	if (*n)
		qsort(*names, *n, sizeof(**names), str_cmp_qsort);
	return 0;
}

/* May what could not be opened count with its signature instead? The build
 * itself is not kept from working by what it may not read. */
static bool
is_kept_from_us(void)
{
	return errno == EACCES || errno == EPERM;
}

static int
add_file(struct walk *w, int fd, const char *name, const struct stat *st)
{
	struct file_sig sig;
	struct digest d;
	int file, r;

	file_sig_of(st, &sig);
	if (sig.ctime_ns > w->newest)
		w->newest = sig.ctime_ns;
	if (!w->content) {
		below_add(w, &sig, sizeof(sig));
		return 0;
	}
	file = openat(fd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (file < 0 && is_kept_from_us()) {
		below_add(w, &sig, sizeof(sig));
		return 0;
	}
	if (file < 0)
		return -1;
	r = digest_fd(file, &d, NULL, NULL);
	close(file);
	below_add(w, d.b, sizeof(d.b));
	return r;
}

/* Where it leads, and the file there; not what is below a directory: that may
 * be the one that it lies in. */
static int
add_link(struct walk *w, int fd, const char *name, const struct stat *st)
{
	struct buf to = { 0 };
	struct stat there;
	ssize_t n;

	buf_reserve(&to, (size_t)st->st_size + 1);
	n = readlinkat(fd, name, to.p, (size_t)st->st_size + 1);
	if (n >= 0)
		below_add(w, to.p, (size_t)n);
	buf_release(&to);
	if (n < 0)
		return -1;
	return fstatat(fd, name, &there, 0) == 0 && S_ISREG(there.st_mode)
	     ? add_file(w, fd, name, &there) : 0;
}

static int walk_dir(struct walk *w, int fd);

static int
add_dir(struct walk *w, int fd, const char *name, const struct stat *st)
{
	struct file_sig sig;
	int sub = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	                 O_CLOEXEC);

	if (sub >= 0)
		return walk_dir(w, sub);
	if (!is_kept_from_us())
		return -1;
	file_sig_of(st, &sig);
	below_add(w, &sig, sizeof(sig));
	return 0;
}

static int
add_entry(struct walk *w, int fd, struct str name)
{
	struct stat st;
	uint32_t type;

	if (fstatat(fd, name.p, &st, AT_SYMLINK_NOFOLLOW) < 0)
		/* It is gone meanwhile. */
		return errno == ENOENT ? 0 : -1;
	type = st.st_mode & (S_IFMT | S_IXUSR);
	below_add(w, name.p, name.n + 1);
	below_add(w, &type, sizeof(type));
	if (S_ISREG(st.st_mode))
		return add_file(w, fd, name.p, &st);
	if (S_ISLNK(st.st_mode))
		return add_link(w, fd, name.p, &st);
	return S_ISDIR(st.st_mode) ? add_dir(w, fd, name.p, &st) : 0;
}

/* fd is closed. */
static int
walk_dir(struct walk *w, int fd)
{
	struct arena a = { 0 };
	struct str *names = NULL;
	DIR *dir = NULL;
	size_t n = 0;
	int r = read_names(fd, &dir, &a, &names, &n), saved;

	below_add(w, &n, sizeof(n));
	for (size_t i = 0; i < n && r == 0; i++)
		r = add_entry(w, fd, names[i]);
	saved = errno;
	if (dir)
		closedir(dir);
	free(names);
	arena_release(&a);
	errno = saved;
	return r;
}

static int
walk_below(struct walk *w, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : walk_dir(w, fd);
}

/* ---- what it tells ---- */

int
below_sig(const char *path, struct file_sig *sig)
{
	struct walk w = { .newest = sig->ctime_ns };
	int r = walk_below(&w, path);

	sig->size = hash_bytes(w.sigs.p ? w.sigs.p : "", w.sigs.n);
	sig->ctime_ns = w.newest;
	buf_release(&w.sigs);
	return r;
}

int
below_digest(const char *path, struct digest *out)
{
	struct walk w = { .content = true };
	int r;

	digest_begin(&w.digest);
	digest_add_field(&w.digest, "tree", 4);
	r = walk_below(&w, path);
	*out = digest_end(&w.digest);
	return r;
}
