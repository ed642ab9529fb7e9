/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_TREE_H
#define TG_TESTS_TREE_H

/* A temporary directory of files for tests of things that read the disk. */

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/file.h"
#include "util/str.h"

struct tree {
	char *root;             /* absolute, no symlinks in it */
};

static inline void
tree_make(struct tree *t)
{
	const char *tmp = getenv("TMPDIR");
	struct buf b = {0};

	buf_addf(&b, "%s/tgraph-unit-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(b.p))
		abort();
	t->root = realpath(b.p, NULL);
	buf_release(&b);
}

/* root/name, valid until the next call with the same buf. */
static inline const char *
tree_path(const struct tree *t, struct buf *b, const char *name)
{
	buf_clear(b);
	buf_addf(b, "%s/%s", t->root, name);
	return b->p;
}

static inline void
tree_bytes(const struct tree *t, const char *name, const void *p, size_t n)
{
	struct buf b = {0};

	tree_path(t, &b, name);
	if (dir_make_parent(b.p, NULL) < 0 ||
	    file_write(b.p, p, n, false, NULL) < 0)
		abort();
	buf_release(&b);
}

static inline void
tree_file(const struct tree *t, const char *name, const char *text)
{
	tree_bytes(t, name, text, strlen(text));
}

static inline void
tree_dir(const struct tree *t, const char *name)
{
	struct buf b = {0};

	if (dir_make(tree_path(t, &b, name), NULL) < 0)
		abort();
	buf_release(&b);
}

static inline void
tree_link(const struct tree *t, const char *target, const char *name)
{
	struct buf b = {0};

	tree_path(t, &b, name);
	if (dir_make_parent(b.p, NULL) < 0 || symlink(target, b.p) < 0)
		abort();
	buf_release(&b);
}

static inline void
tree_remove(struct tree *t)
{
	dir_remove(t->root, NULL);
	free(t->root);
	t->root = NULL;
}

#endif
