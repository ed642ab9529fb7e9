/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>

#include "tool/doctor/internal.h"
#include "util/mem.h"
#include "util/path.h"

/* What the words name. */
struct named {
	bool *packages;         /* by package */
	bool any_package, any_version;
	bool *versions;         /* by row */
};

static bool
name_version(const struct session *s, struct named *n, struct str word)
{
	const struct matrix *m = &s->front.matrix;
	int major, minor;
	bool threaded;

	if (releases_version(word, &major, &minor, &threaded) != 1)
		return false;
	n->any_version = true;
	for (size_t i = 0; i < m->n; i++)
		if (m->rows[i].major == major && m->rows[i].minor == minor &&
		    m->rows[i].free_threaded == threaded)
			n->versions[i] = true;
	return true;
}

/* A path: the packages at or below it, and the one that it is in. */
static void
name_path(struct scope *c, const struct session *s, struct named *n,
	struct str path)
{
	const struct project *p = &s->front.p;

	n->any_package = true;
	strs_add(&c->paths, arena_dup(&c->arena, path));
	for (size_t i = 0; i < p->npackages; i++)
		if (path_below(p->packages[i].dir, path) ||
		    project_owner(p, path) == &p->packages[i])
			n->packages[i] = true;
}

static int
name_word(struct scope *c, const struct session *s, struct named *n,
	struct str word, struct err *err)
{
	const struct project *p = &s->front.p;
	struct buf path = { 0 };
	const struct package *pkg;
	int r = 0;

	if (name_version(s, n, word))
		return 0;
	session_path(s, word, &path);
	pkg = project_find(p, word);
	if (!pkg && path.n)
		pkg = project_find(p, buf_str(&path));
	if (pkg && pkg->dir.n) {
		n->any_package = true;
		n->packages[pkg - p->packages] = true;
		strs_add(&c->paths, pkg->dir);
	} else if (pkg || !path.n) {
		name_path(c, s, n, STR(""));
	} else if (access(path.p, F_OK) == 0) {
		name_path(c, s, n, buf_str(&path));
	} else {
		r = targets_unknown(s, word, err);
	}
	buf_release(&path);
	return r;
}

int
scope_find(struct scope *c, const struct session *s, char *const *words,
	int n, struct err *err)
{
	const struct matrix *m = &s->front.matrix;
	struct named named = {
		.packages = xcalloc(s->front.p.npackages + 1, sizeof(bool)),
		.versions = xcalloc(m->n + 1, sizeof(bool)),
	};
	int r = 0;

	c->rows = xcalloc(m->n + 1, sizeof(*c->rows));
	for (int i = 0; i < n && r == 0; i++)
		r = name_word(c, s, &named, str_of(words[i]), err);
	if (!named.any_package && s->below.n)
		name_path(c, s, &named, buf_str(&s->below));
	for (size_t i = 0; i < m->n; i++)
		c->rows[i] = (!named.any_package ||
		              named.packages[m->rows[i].package]) &&
		             (!named.any_version || named.versions[i]);
	free(named.packages);
	free(named.versions);
	return r;
}

bool
scope_has(const struct scope *c, struct str path)
{
	for (size_t i = 0; i < c->paths.n; i++)
		if (c->paths.v[i].n == 0 || path_below(path, c->paths.v[i]))
			return true;
	return c->paths.n == 0;
}

void
scope_release(struct scope *c)
{
	free(c->rows);
	strs_release(&c->paths);
	arena_release(&c->arena);
	*c = (struct scope){ 0 };
}
