/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_TREE_INTERNAL_H
#define TG_PYTHON_TREE_INTERNAL_H

#include "python/tree/discover.h"
#include "text/gitindex.h"
#include "text/gitignore.h"
#include "util/buf.h"
#include "util/walk.h"

/* The walk under way: level by level, the directories of a level in several
 * threads, then symlinks to directories. */

enum ent_type { ENT_FILE, ENT_DIR, ENT_LINK, ENT_SKIP };

/* A name in a directory. */
struct tree_ent {
	const char *name;       /* in the names of the directory */
	enum ent_type type;
	enum disc_skip why;     /* ENT_SKIP */
	uint32_t flags;
	uint32_t child;         /* ENT_DIR, ENT_LINK: its number in the walk,
	                         * WALK_NONE: not walked */
	struct file_sig sig;
};

enum dir_state { DIR_LISTED, DIR_GONE, DIR_SKIPPED };

/* What a repository tracks. */
struct tree_repo {
	struct gitindex index;
	struct file_map text, base;     /* which its paths are in */
	size_t skip;            /* of a path from the repository above, what
	                         * leads to this one */
};

struct tree_dir {
	struct str path;        /* from the root */
	const struct gitignore *ig;
	const struct tree_repo *repo;   /* NULL: nothing is known to be
	                         * tracked */
	struct tree_repo *begins;       /* it is the top of that one */
	uint32_t up;            /* the one that it is in; WALK_NONE: the root */
	bool git, via_link;
	bool ignored;           /* by git: what is not tracked is nothing but
	                         * code that may be imported */
	bool lean;              /* seen a second time, or outside: likewise */
	enum dir_state state;
	enum disc_skip why;     /* DIR_SKIPPED */
	int error;
	struct file_sig sig;
	struct buf names;
	struct tree_ent *ents;
	size_t n;
	struct arena own;       /* rules of its .gitignore */
};

struct tree_walk {
	struct walk walk;       /* of struct tree_dir */
	uint32_t nlean;         /* lean directories that links added */
	struct discovery *d;
	int fd;
	const char *own;        /* name that is never listed; may be NULL */
	struct buf prefix;      /* the root as seen from the repository's top,
	                         * "" or with a final slash */
	char *real;             /* realpath of the root */
	struct arena rules;
	struct disc_skipped *skipped;
	size_t nskipped, cap_skipped;
	struct disc_link *links;
	size_t nlinks, cap_links;
};

/* --- walk.c --- */

/* The directory with this number. */
static inline struct tree_dir *
tree_at(const struct tree_walk *w, uint32_t i)
{
	return w->walk.dirs[i];
}

/* Adds a directory to be listed, in the directory number up (WALK_NONE: the
 * root). */
struct tree_dir *tree_push(struct tree_walk *w, struct str path, uint32_t up);
/* The path of a name in a directory; in the discovery's arena. */
struct str tree_child(struct tree_walk *w, const struct tree_dir *dir,
	const char *name);
/* Notes a directory that is not walked. */
void tree_skip(struct tree_walk *w, struct str path, enum disc_skip why,
	int error);
/* Enters a listed directory, the id-th, and adds its sub-directories. As
 * struct walk has it. */
void tree_enter(void *ctx, void *dir, uint32_t id);

/* --- entries.c --- */

/* Lists a directory. As struct walk has it. */
void tree_look(void *ctx, void *dir);
/* Is a directory of this name never walked? */
bool tree_skips_name(const struct tree_walk *w, struct str name);

/* --- git.c --- */

/* The rules between the repository's top and the root, both of which are
 * outside and above what is walked. If they ignore the root itself, it is no
 * part of that repository. */
void tree_find_git(struct tree_walk *w, struct tree_dir *root);
/* Reads a file of rules in dir, which is open as fd, into its chain. */
void tree_add_rules(const struct tree_walk *w, struct tree_dir *dir, int fd,
	const char *name);
/* Is the .git in fd that of a repository of its own? A submodule's is a file
 * that names .git/modules of this one and counts as part of it. */
bool tree_foreign_git(int fd);
/* Reads what the repository whose top is the directory tracks. */
void tree_begin_repo(const struct tree_walk *w, struct tree_dir *dir);
/* Is a file tracked? Is any below a directory? path: from the top of the
 * repository that holds the root. */
bool tree_tracks(const struct tree_dir *dir, struct str path);
bool tree_tracks_below(const struct tree_dir *dir, struct str path);
void tree_repo_free(struct tree_repo *repo);

/* --- links.c --- */

/* Walks symlinks to directories, in the order of their paths, after everything
 * that is there under its own name: as pytest does, also those to what was
 * walked before, and out of the root; but not in circles. */
void tree_follow_links(struct tree_walk *w);

#endif
