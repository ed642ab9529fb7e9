/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "python/tree/internal.h"
#include "util/mem.h"
#include "util/path.h"

/* What a git repository says of the tree: rules of what it ignores, and where
 * another one begins. */

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

bool
tree_foreign_git(int fd)
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

void
tree_add_rules(const struct tree_walk *w, struct tree_dir *dir, int fd,
	const char *name)
{
	struct buf text = {0}, base = {0};

	read_at(fd, name, &text);
	if (text.n) {
		buf_addstr(&base, buf_str(&w->prefix));
		buf_addstr(&base, dir->path);
		if (dir->path.n)
			buf_addc(&base, '/');
		dir->ig = gitignore_parse(&dir->own, dir->ig, buf_str(&base),
			text.p, text.n);
	}
	buf_release(&text);
	buf_release(&base);
}

/* ---- what is tracked ---- */

/* A file of one line. */
static struct str
one_line(const struct buf *text)
{
	struct str s = buf_str(text);

	while (s.n && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

/* The directory where the repository of a .git is kept, into out. */
static void
find_gitdir(struct str top, struct buf *out)
{
	struct buf text = { 0 };
	struct stat st;
	struct str dir;

	buf_addf(out, "%.*s/.git", (int)top.n, top.p);
	if (stat(out->p, &st) < 0 || !S_ISREG(st.st_mode) ||
	    file_read(out->p, &text, NULL) != 1)
		goto out;
	dir = one_line(&text);
	if (!str_starts(dir, "gitdir: "))
		goto out;
	dir.p += 8;
	dir.n -= 8;
	buf_clear(out);
	path_join(out, top, dir);
out:
	buf_release(&text);
}

/* Bytes of the name of an object. */
static size_t
hash_size(const char *gitdir)
{
	struct buf path = { 0 }, text = { 0 };
	struct str common;
	bool sha256;

	buf_addf(&path, "%s/commondir", gitdir);
	file_read(path.p, &text, NULL);
	common = one_line(&text);
	buf_clear(&path);
	path_join(&path, str_of(gitdir), common);
	buf_adds(&path, "/config");
	buf_clear(&text);
	file_read(path.p, &text, NULL);
	sha256 = text.n && memmem(text.p, text.n, "sha256", 6);
	buf_release(&path);
	buf_release(&text);
	return sha256 ? 32 : 20;
}

static void
read_index(struct tree_repo *repo, const char *gitdir)
{
	size_t hash = hash_size(gitdir);
	struct buf path = { 0 };
	const char *base, *none;

	buf_addf(&path, "%s/index", gitdir);
	if (file_map(path.p, &repo->text, NULL) != 1)
		goto out;
	gitindex_add(&repo->index, repo->text.p, repo->text.n, hash, &base);
	if (base) {
		buf_clear(&path);
		buf_addf(&path, "%s/sharedindex.", gitdir);
		for (size_t i = 0; i < hash; i++)
			buf_addf(&path, "%02x", (unsigned char)base[i]);
		if (file_map(path.p, &repo->base, NULL) == 1)
			gitindex_add(&repo->index, repo->base.p, repo->base.n,
			             hash, &none);
	}
	gitindex_sort(&repo->index);
out:
	buf_release(&path);
}

static struct tree_repo *
open_repo(struct str top, size_t skip)
{
	struct tree_repo *repo = xcalloc(1, sizeof(*repo));
	struct buf gitdir = { 0 };

	repo->skip = skip;
	find_gitdir(top, &gitdir);
	read_index(repo, gitdir.p);
	buf_release(&gitdir);
	return repo;
}

void
tree_repo_free(struct tree_repo *repo)
{
	if (!repo)
		return;
	gitindex_release(&repo->index);
	file_unmap(&repo->text);
	file_unmap(&repo->base);
	free(repo);
}

void
tree_begin_repo(const struct tree_walk *w, struct tree_dir *dir)
{
	struct buf top = { 0 };

	path_join(&top, str_of(w->real), dir->path);
	dir->begins = open_repo(buf_str(&top), w->prefix.n + dir->path.n +
		(dir->path.n > 0));
	dir->repo = dir->begins;
	buf_release(&top);
}

static struct str
in_repo(const struct tree_repo *repo, struct str path)
{
	return (struct str){ path.p + repo->skip, path.n - repo->skip };
}

bool
tree_tracks(const struct tree_dir *dir, struct str path)
{
	return dir->repo && path.n > dir->repo->skip &&
	       gitindex_has(&dir->repo->index, in_repo(dir->repo, path));
}

bool
tree_tracks_below(const struct tree_dir *dir, struct str path)
{
	return dir->repo && path.n > dir->repo->skip &&
	       gitindex_below(&dir->repo->index, in_repo(dir->repo, path));
}

/* ---- above the root ---- */

/* The length of the directory at or above the root that holds .git; 0: none. */
static size_t
find_top(const struct tree_walk *w)
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
rules_above(struct tree_walk *w, struct tree_dir *root, struct str dir,
	const char *name, struct str base)
{
	struct buf path = {0}, text = {0};

	buf_addf(&path, "%.*s/%s", (int)dir.n, dir.p, name);
	if (file_read(path.p, &text, NULL) == 1)
		root->ig = gitignore_parse(&w->rules, root->ig, base, text.p,
			text.n);
	buf_release(&path);
	buf_release(&text);
}

void
tree_find_git(struct tree_walk *w, struct tree_dir *root)
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
		if (gitignore_match(root->ig, (struct str){ base.p, end },
		    true)) {
			root->git = false;
			root->ig = NULL;
			return;
		}
	}
	buf_addstr(&w->prefix, base);
	buf_addc(&w->prefix, '/');
	root->begins = open_repo((struct str){ real.p, top }, 0);
	root->repo = root->begins;
}
