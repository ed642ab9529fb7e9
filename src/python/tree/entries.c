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
tree_skips_name(struct str name)
{
	return str_is(name, "__pycache__") || str_is(name, "node_modules") ||
	       str_is(name, "CVS") || str_is(name, "_darcs") ||
	       str_ends(name, ".egg-info");
}

/* A directory or a symlink to one, by its name and path. */
static void
sort_out_dir(struct tree_dir *dir, struct tree_ent *e, struct str path)
{
	struct str name = str_of(e->name);

	if (name.p[0] == '.') {
		e->type = ENT_SKIP;
		e->why = SKIP_HIDDEN;
	} else if (tree_skips_name(name)) {
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
examine(struct tree_dir *dir, int fd, struct tree_ent *e,
	unsigned char d_type, struct str path)
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

/* All names of the directory but "." and "..". 0, or errno. */
static int
read_names(struct tree_dir *dir, DIR *dp, unsigned char **types)
{
	struct dirent *de;
	size_t cap = 0;
	struct tree_ent *e;

	while ((errno = 0, de = readdir(dp)) != NULL) {
		if (de->d_name[0] == '.' && (!de->d_name[1] ||
		    (de->d_name[1] == '.' && !de->d_name[2])))
			continue;
		dir->ents = vec_grow(dir->ents, &dir->cap, dir->n + 1,
			sizeof(*dir->ents));
		*types = vec_grow(*types, &cap, dir->n + 1, 1);
		e = &dir->ents[dir->n];
		*e = (struct tree_ent){ .name_off = dir->names.n,
			.child = UINT32_MAX };
		(*types)[dir->n++] = de->d_type;
		buf_add(&dir->names, de->d_name, strlen(de->d_name) + 1);
	}
	return errno;
}

/* What the names say of the directory as a whole. */
static void
special_names(const struct tree_walk *w, struct tree_dir *dir, int fd)
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
	} else if (dir->path.n && git && dir->git && tree_foreign_git(fd)) {
		dir->state = DIR_SKIPPED;
		dir->why = SKIP_REPOSITORY;
	}
	if (git && !dir->git) {
		dir->git = true;
		tree_add_rules(w, dir, fd, ".git/info/exclude");
	}
	if (rules && dir->git)
		tree_add_rules(w, dir, fd, ".gitignore");
}

static int
ent_cmp(const void *a, const void *b)
{
	return strcmp(((const struct tree_ent *)a)->name,
		((const struct tree_ent *)b)->name);
}

static void
look_at_names(const struct tree_walk *w, struct tree_dir *dir, int fd,
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

void
tree_list(void *ctx, uint32_t i)
{
	struct tree_walk *w = ctx;
	struct tree_dir *dir = w->dirs[w->first + i];
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
