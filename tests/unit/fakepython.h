/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKEPYTHON_H
#define TG_TESTS_FAKEPYTHON_H

/* Interpreters that are shell scripts: they answer the probe as Python would,
 * and count how often they ran. */

#include "unit/tree.h"

/* Writes an executable at name that reports the version, a site directory
 * (relative to the tree) and pytest's version ("" for none). Each run adds a
 * line to the file "runs". */
static inline void
fake_python(const struct tree *t, const char *name, int major, int minor,
	int micro, const char *site, const char *pytest)
{
	struct buf b = {0}, path = {0};

	buf_addf(&b, "#!/bin/sh\necho run >>'%s/runs'\n"
		"printf 'version\\t%d\\t%d\\t%d\\tfinal\\t0\\n"
		"implementation\\tcpython\\nsoabi\\tabi\\n"
		"stdlib\\t/std\\npytest\\t%s\\n'\n", t->root, major, minor,
		micro, pytest);
	if (*site)
		buf_addf(&b, "printf 'path\\t%s/%s\\nsite\\t%s/%s\\n"
			"watch\\t%s/%s\\n'\n", t->root, site, t->root, site,
			t->root, site);
	buf_adds(&b, "echo end\n");
	tree_file(t, name, b.p);
	if (chmod(tree_path(t, &path, name), 0755) < 0)
		abort();
	buf_release(&b);
	buf_release(&path);
}

/* Writes an executable at name that reports Python 3.MINOR.0 of that release
 * level ("final", "beta" ...), free-threaded or not. */
static inline void
fake_build(const struct tree *t, const char *name, int minor,
	const char *level, bool gil_disabled)
{
	struct buf b = {0}, path = {0};

	buf_addf(&b, "#!/bin/sh\nprintf 'version\\t3\\t%d\\t0\\t%s\\t1\\n"
		"implementation\\tcpython\\ngil_disabled\\t%d\\nend\\n'\n",
		minor, level, gil_disabled);
	tree_file(t, name, b.p);
	if (chmod(tree_path(t, &path, name), 0755) < 0)
		abort();
	buf_release(&b);
	buf_release(&path);
}

/* An executable that fails with a message. */
static inline void
fake_broken(const struct tree *t, const char *name, const char *message)
{
	struct buf b = {0}, path = {0};

	buf_addf(&b, "#!/bin/sh\necho first >&2\necho '%s' >&2\nexit 1\n",
		message);
	tree_file(t, name, b.p);
	if (chmod(tree_path(t, &path, name), 0755) < 0)
		abort();
	buf_release(&b);
	buf_release(&path);
}

static inline int
fake_runs(const struct tree *t)
{
	struct buf b = {0}, path = {0};
	int n = 0;
	size_t i;

	file_read(tree_path(t, &path, "runs"), &b, NULL);
	for (i = 0; i < b.n; i++)
		n += b.p[i] == '\n';
	buf_release(&b);
	buf_release(&path);
	return n;
}

/* Sets the times of a file to long ago, so that its signature counts. */
static inline void
fake_age(const struct tree *t, const char *name)
{
	struct timespec ts[2] = { { 1000000000, 0 }, { 1000000000, 0 } };
	struct buf path = {0};

	if (utimensat(AT_FDCWD, tree_path(t, &path, name), ts, 0) < 0)
		abort();
	buf_release(&path);
}

#endif
