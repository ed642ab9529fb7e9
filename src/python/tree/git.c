/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "python/tree/internal.h"
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
}
