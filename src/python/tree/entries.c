/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "python/tree/internal.h"
#include "util/mem.h"

/* What one directory holds, and which of it is walked. */

bool
tree_skips_name(const struct tree_walk *w, struct str name)
{
	return (w->own && str_is(name, w->own)) ||
	       str_is(name, "__pycache__") || str_is(name, "node_modules") ||
	       str_is(name, "CVS") || str_is(name, "_darcs") ||
	       str_ends(name, ".egg-info");
}

/* Directories that tools fill and pytest does not look into. */
static bool
is_build(struct str name)
{
	return str_is(name, "build") || str_is(name, "dist") ||
	       str_is(name, "venv") || str_ends(name, ".egg");
}

static bool
is_ignored(const struct tree_dir *dir, struct str path, bool is_dir)
{
	return dir->ignored ||
	       (dir->git && gitignore_match(dir->ig, path, is_dir));
}

/* A directory or a symlink to one, by its name and path. */
static void
sort_out_dir(const struct tree_walk *w, struct tree_dir *dir,
	struct tree_ent *e, struct str path)
{
	struct str name = str_of(e->name);

	if (name.p[0] == '.') {
		e->type = ENT_SKIP;
		e->why = SKIP_HIDDEN;
	} else if (tree_skips_name(w, name)) {
		e->type = ENT_SKIP;
		e->why = SKIP_NAME;
	} else if (is_ignored(dir, path, e->type == ENT_DIR)) {
		e->flags |= DISC_IGNORED;
		if (is_build(name) && !tree_tracks_below(dir, path)) {
			e->type = ENT_SKIP;
			e->why = SKIP_IGNORED;
		}
	}
}

/* Of what git ignores, and of what is seen a second time, code counts, and what
 * pytest takes for tests without being told. */
static bool
is_code(struct str name)
{
	return str_ends(name, ".py") || (str_starts(name, "test") &&
		str_ends(name, ".txt"));
}

/* Is a file of this name in the directory to be listed? */
static bool
is_listed(const struct tree_dir *dir, struct str name, struct str path)
{
	return (!dir->lean && !dir->ignored) || is_code(name) ||
	       tree_tracks(dir, path);
}

/* Looks at one name; false: it is nothing to keep. path: from the top of the
 * repository, for the rules. */
static bool
examine(const struct tree_walk *w, struct tree_dir *dir, int fd,
	struct tree_ent *e, unsigned char d_type, struct str path)
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
	if (str_is(name, "__pycache__") || (w->own && str_is(name, w->own)))
		return false;
	if (d_type == DT_DIR) {
		e->type = ENT_DIR;
		sort_out_dir(w, dir, e, path);
		return true;
	}
	if (d_type == DT_REG && !is_listed(dir, name, path))
		return false;
	if ((d_type != DT_REG && d_type != DT_LNK) ||
	    fstatat(fd, e->name, &st, 0) < 0)
		return false;
	if (S_ISDIR(st.st_mode)) {
		e->type = ENT_LINK;
		sort_out_dir(w, dir, e, path);
		return true;
	}
	if (!S_ISREG(st.st_mode) || !is_listed(dir, name, path))
		return false;
	file_sig_of(&st, &e->sig);
	e->flags = (str_ends(name, ".py") ? DISC_PY : 0u) |
		(d_type == DT_LNK ? DISC_SYMLINK : 0u) |
		(name.p[0] == '.' ? DISC_HIDDEN : 0u) |
		(dir->via_link ? DISC_VIA_LINK : 0u);
	if (is_ignored(dir, path, false) && !tree_tracks(dir, path))
		e->flags |= DISC_IGNORED |
			(dir->ignored ? DISC_IN_IGNORED : 0u);
	return true;
}

/* Rules and index of a repository begin; those of one around it, but for a
 * submodule, end. */
static void
begin_git(const struct tree_walk *w, struct tree_dir *dir, int fd)
{
	if (dir->path.n && dir->git && tree_foreign_git(fd)) {
		dir->ig = NULL;
		dir->git = false;
	}
	if (!dir->git)
		tree_add_rules(w, dir, fd, ".git/info/exclude");
	dir->git = true;
	if (!dir->begins)
		tree_begin_repo(w, dir);
}

/* What the names say of the directory as a whole. */
static void
special_names(const struct tree_walk *w, struct tree_dir *dir, int fd,
	const struct walk_names *names)
{
	bool rules = false, git = false, conda = false, venv = false;
	size_t i;

	for (i = 0; i < names->n; i++) {
		const char *name = names->v[i].name;

		rules |= strcmp(name, ".gitignore") == 0;
		git |= strcmp(name, ".git") == 0;
		conda |= strcmp(name, "conda-meta") == 0;
		venv |= strcmp(name, "pyvenv.cfg") == 0;
	}
	if (dir->path.n && (venv || (conda && faccessat(fd,
	    "conda-meta/history", F_OK, 0) == 0))) {
		dir->state = DIR_SKIPPED;
		dir->why = SKIP_VENV;
		return;
	}
	if (git && !dir->lean && !dir->ignored)
		begin_git(w, dir, fd);
	if (rules && dir->git)
		tree_add_rules(w, dir, fd, ".gitignore");
}

static void
look_at_names(const struct tree_walk *w, struct tree_dir *dir, int fd,
	const struct walk_names *names)
{
	struct buf path = {0};
	size_t i, base;

	dir->ents = xreallocarray(NULL, names->n + 1, sizeof(*dir->ents));
	buf_addstr(&path, buf_str(&w->prefix));
	buf_addstr(&path, dir->path);
	if (dir->path.n)
		buf_addc(&path, '/');
	base = path.n;
	for (i = 0; i < names->n; i++) {
		struct tree_ent *e = &dir->ents[dir->n];

		*e = (struct tree_ent){
			.name = names->v[i].name, .child = WALK_NONE,
		};
		path.n = base;
		buf_add(&path, e->name, names->v[i].len);
		if (examine(w, dir, fd, e, names->v[i].type, buf_str(&path)))
			dir->n++;
	}
	buf_release(&path);
}

void
tree_look(void *ctx, void *p)
{
	const struct tree_walk *w = ctx;
	struct tree_dir *dir = p;
	struct walk_names names = { 0 };
	int fd, error = 0;
	struct stat st;

	fd = openat(w->fd, dir->path.n ? dir->path.p : ".", O_RDONLY |
		O_DIRECTORY | O_CLOEXEC | (dir->via_link ? 0 : O_NOFOLLOW));
	if (fd < 0 || fstat(fd, &st) < 0) {
		error = errno;
	} else {
		file_sig_of(&st, &dir->sig);
		error = walk_names(fd, &names);
	}
	if (error) {
		dir->state = error == ENOENT || error == ENOTDIR ||
			error == ELOOP ? DIR_GONE : DIR_SKIPPED;
		dir->why = SKIP_UNREADABLE;
		dir->error = error;
	} else {
		special_names(w, dir, fd, &names);
	}
	if (dir->state == DIR_LISTED)
		look_at_names(w, dir, fd, &names);
	if (fd >= 0)
		close(fd);
	dir->names = names.text;
	names.text = (struct buf){ 0 };
	walk_names_release(&names);
}
