/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "session/targets/made.h"

#include <string.h>

#include "text/glob.h"
#include "util/path.h"

/* Which packages and versions words can mean, before it is known which tests
 * there are. */

struct asked {
	const struct session *s;
	char *const *words;
	int n;
};

/* A word as a version; false: it is none. */
static bool
is_version(struct str word, int *major, int *minor, bool *threaded)
{
	return !memchr(word.p, '/', word.n) &&
	       releases_version(word, major, minor, threaded);
}

static bool
version_fits(const struct matrix_row *row, int major, int minor, bool threaded)
{
	return row->major == major && row->minor == minor &&
	       row->free_threaded == threaded;
}

/* Does a path have to do with a package? One that is a pattern may. */
static bool
path_fits(const struct session *s, const struct package *pkg, struct str word)
{
	const char *id = memmem(word.p, word.n, "::", 2);
	struct buf path = { 0 };
	bool fits;

	if (id)
		word.n = (size_t)(id - word.p);
	session_path(s, word, &path);
	fits = glob_is(word) || path_below(buf_str(&path), pkg->dir) ||
	       path_below(pkg->dir, buf_str(&path));
	buf_release(&path);
	return fits;
}

/* "package", "package@3.12" or a path. */
static bool
word_fits(const struct session *s, const struct matrix_row *row,
	struct str word)
{
	const struct package *pkg = &s->front.p.packages[row->package];
	const char *at = memrchr(word.p, '@', word.n);
	int major, minor;
	bool threaded;

	if (at && releases_version(str_of(at + 1), &major, &minor, &threaded)) {
		if (!version_fits(row, major, minor, threaded))
			return false;
		word.n = (size_t)(at - word.p);
	}
	return str_eq(word, pkg->name) || path_fits(s, pkg, word);
}

static bool
row_fits(const struct asked *a, const struct matrix_row *row)
{
	const struct options *o = a->s->o;
	bool any_version = false, version = false;
	bool any_other = false, other = false;

	for (int i = 0; i < a->n; i++) {
		struct str word = str_of(a->words[i]);
		int major, minor;
		bool threaded;

		if (is_version(word, &major, &minor, &threaded)) {
			any_version = true;
			version |= version_fits(row, major, minor, threaded);
		} else {
			any_other = true;
			other |= word_fits(a->s, row, word);
		}
	}
	for (size_t i = 0; i < o->packages.n; i++) {
		any_other = true;
		other |= word_fits(a->s, row, str_of(o->packages.v[i]));
	}
	if (!any_other && a->s->below.n) {
		any_other = true;
		other = path_fits(a->s, &a->s->front.p.packages[row->package],
		                  STR("."));
	}
	return (!any_version || version) && (!any_other || other);
}

static void
add_once(const struct session *s, struct str stamp, struct targets *t)
{
	uint32_t node = graph_find(s->graph, stamp);

	for (uint32_t i = 0; i < t->n; i++)
		if (t->v[i] == node)
			return;
	if (node != GRAPH_NONE)
		targets_add(t, node);
}

void
made_targets(const struct session *s, char *const *words, int n,
	struct targets *t)
{
	const struct front *f = &s->front;
	struct asked a = { s, words, n };
	const struct graph *g = s->graph;

	for (size_t i = 0; s->front_loaded && i < f->matrix.n; i++) {
		const struct front_made *m = front_row_made(f,
			&f->matrix.rows[i]);

		if (m && row_fits(&a, &f->matrix.rows[i]))
			add_once(s, m->stamp, t);
	}
	for (uint32_t i = 0; !s->front_loaded && i < g->steps.n; i++) {
		struct str out = graph_path(g, graph_step_out(g, i));

		if (path_below(out, STR(STATE_DIR "/" FRONT_MADE_DIR)))
			add_once(s, out, t);
	}
}
