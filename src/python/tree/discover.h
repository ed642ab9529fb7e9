/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_TREE_DISCOVER_H
#define TG_PYTHON_TREE_DISCOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/file.h"
#include "util/str.h"

enum disc_flags {
	DISC_PY = 1u << 0,      /* ends in .py */
	DISC_SYMLINK = 1u << 1, /* the name is a symlink; sig is its target's */
	DISC_HIDDEN = 1u << 2,  /* the name starts with '.' */
	DISC_IGNORED = 1u << 3, /* git ignores it (its directory it does not):
	                         * listed because generated modules and built
	                         * extensions are imported nevertheless */
	DISC_VIA_LINK = 1u << 4,        /* below a symlinked directory */
	DISC_IN_IGNORED = 1u << 5,      /* with DISC_IGNORED: git ignores a
	                                 * directory that it is in */
};

struct disc_file {
	struct str path;        /* from the root, bytes as they are */
	struct file_sig sig;
	uint32_t flags;
};

/* A directory that was walked. */
struct disc_dir {
	struct str path;        /* "" for the root */
	struct file_sig sig;
	uint32_t flags;         /* DISC_VIA_LINK */
};

/* A symlink to a directory that git does not ignore, and that is seen under its
 * own name. */
struct disc_link {
	struct str path;        /* from the root */
	struct str to;          /* what it holds */
	struct file_sig sig;    /* its own */
};

enum disc_skip {
	SKIP_IGNORED,           /* git ignores the directory, and it is one
	                         * that tools fill: build, dist */
	SKIP_HIDDEN,
	SKIP_VENV,              /* holds pyvenv.cfg or conda-meta */
	SKIP_NAME,              /* node_modules, *.egg-info, CVS, _darcs */
	SKIP_LINK,              /* symlink to a directory that it is in */
	SKIP_ESCAPE,            /* symlink out of the root that git ignores:
	                         * build systems make them to all they have */
	SKIP_MANY,              /* symlink to a directory: those before it led
	                         * to too many */
	SKIP_UNREADABLE,        /* error says why: to be reported */
};

/* A directory that was not walked. __pycache__ is not listed at all. */
struct disc_skipped {
	struct str path;
	enum disc_skip why;
	int error;              /* errno of SKIP_UNREADABLE */
};

/* What a walk found; the same whatever the number of threads. */
struct discovery {
	struct arena arena;     /* holds everything below */
	struct str root;        /* absolute, as given */
	bool git;               /* .gitignore rules were used */
	struct disc_file *files;        /* sorted by path, bytewise by
	                                 * component */
	uint32_t nfiles;
	struct disc_dir *dirs;  /* sorted likewise; dirs[0] is the root */
	uint32_t ndirs;
	struct disc_link *links;        /* sorted by path */
	uint32_t nlinks;
	struct disc_skipped *skipped;   /* sorted by path */
	uint32_t nskipped;
};

/* Walks root (absolute). Directories called own (NULL: none) are not looked at,
 * wherever they are. threads 0: as many as processors. Rules: .gitignore
 * files from the repository's top down and .git/info/exclude (not the user's
 * global excludes: the result must not depend on whose machine it is). What is
 * tracked is not ignored, whatever they say; in a repository within, its own
 * rules and index count. Of directories that git ignores, that a symlink leads to
 * a second time, or that lie outside of the root, only code is listed: modules,
 * and texts that pytest takes for tests. Never follows a symlink loop. -1: root
 * cannot be opened. */
int discover(struct discovery *d, const char *root, const char *own,
	unsigned threads, struct err *err);
/* Reads the symlink path: where it leads, into *to, and its own signature. -1:
 * it is none. */
int disc_link_read(int dirfd, const char *path, struct buf *to,
	struct file_sig *sig);
/* Accepts a zeroed discovery. */
void discover_release(struct discovery *d);
/* Binary search; NULL if not listed. */
const struct disc_file *discover_find(const struct discovery *d,
	struct str path);
const struct disc_dir *discover_find_dir(const struct discovery *d,
	struct str path);
const struct disc_link *discover_find_link(const struct discovery *d,
	struct str path);

#endif
