/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "session/targets/named.h"

#include <string.h>

#include "query/view.h"
#include "session/targets/subject.h"
#include "session/targets/targets.h"
#include "text/glob.h"
#include "util/path.h"

/* A version with or without "py"; not a path. */
static bool
is_version(struct str word, int *major, int *minor, bool *threaded)
{
	return (str_starts(word, "py") || !memchr(word.p, '/', word.n)) &&
	       releases_version(word, major, minor, threaded);
}

static bool
binds(const struct graph *g, uint32_t step, uint32_t sym, struct str value,
	struct buf *scratch)
{
	buf_clear(scratch);
	graph_binding(g, step, sym, GRAPH_RAW, scratch, NULL);
	return str_eq(buf_str(scratch), value);
}

/* The test files of the steps that have a value. */
static bool
add_runs(const struct graph *g, uint32_t sym, struct str value,
	struct bits *out)
{
	struct buf b = { 0 };
	bool any = false;

	for (uint32_t i = 0; i < g->steps.n; i++) {
		const struct graph_step *st = &g->steps.p[i];
		uint32_t made = graph_step_out(g, i);

		if (!(st->flags & STEP_TEST) || !binds(g, i, sym, value, &b))
			continue;
		any = true;
		if (view_shows(g, made))
			bits_add(out, made);
		for (uint32_t k = 0; k < graph_nexplicit(st); k++)
			bits_add(out, graph_ids(g, st->ins)[k]);
	}
	buf_release(&b);
	return any;
}

static int
add_version(struct session *s, struct str word, int major, int minor,
	bool threaded, struct bits *out, struct err *err)
{
	struct buf version = { 0 };
	bool any;

	buf_addf(&version, "%d.%d%s", major, minor, threaded ? "t" : "");
	any = add_runs(s->graph, SYM_TG_PYTHON, buf_str(&version), out);
	buf_release(&version);
	return any ? 1 : err_code(err, EXIT_USAGE, "%.*s: nothing is tested "
	                          "under this version (tgraph -t matrix shows "
	                          "packages and versions)", (int)word.n,
	                          word.p);
}

/* Is the node more than something that a step was seen to use? */
static bool
is_told(const struct graph *g, uint32_t node)
{
	return g->nodes.p[node].flags & GRAPH_NODE_MANIFEST;
}

/* Every file of a package, and what hooks make tests of in it. */
static void
add_tests_of(struct session *s, size_t at, struct bits *out)
{
	const struct graph *g = s->graph;
	const struct project *p = &s->front.p;

	add_runs(g, SYM_TG_PACKAGE, p->packages[at].name, out);
	for (uint32_t i = 0; i < g->nodes.n; i++)
		if (view_shows(g, i) && is_told(g, i) &&
		    graph_path(g, i).p[0] != '/' &&
		    project_owner(p, graph_path(g, i)) == &p->packages[at])
			bits_add(out, i);
}

static bool
is_package_name(const struct session *s, struct str word)
{
	struct buf b = { 0 };
	bool is = false;

	for (uint32_t i = 0; !is && i < s->graph->steps.n; i++)
		is = s->graph->steps.p[i].flags & STEP_TEST &&
		     binds(s->graph, i, SYM_TG_PACKAGE, word, &b);
	buf_release(&b);
	return is;
}

/* Files that a directory or a pattern means; told: see is_told. */
static bool
add_below(const struct graph *g, struct str path, bool told, struct bits *out)
{
	bool any = false;

	for (uint32_t i = 0; i < g->nodes.n; i++) {
		struct str file = graph_path(g, i);

		if ((!path_below(file, path) &&
		     !(glob_is(path) && glob_path(path, file))) ||
		    (told && !is_told(g, i)) || !view_shows(g, i))
			continue;
		bits_add(out, i);
		any = true;
	}
	return any;
}

/* A file, a directory or a pattern, by the paths that the graph has. */
static bool
add_matches(const struct graph *g, struct str path, struct bits *out)
{
	uint32_t node = graph_find(g, path);

	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	if (node != GRAPH_NONE && is_told(g, node) && view_shows(g, node)) {
		bits_add(out, node);
		return true;
	}
	/* A directory stands for its files, if it was listed too. */
	return add_below(g, path, true, out) || add_below(g, path, false, out);
}

static int
add_subject(struct session *s, struct str word, struct bits *out,
	struct err *err)
{
	struct buf text = { 0 };
	struct subject w;
	int r;

	buf_addstr(&text, word);
	r = subject_find(s, text.p, &w, err);
	buf_release(&text);
	if (r < 0)
		return -1;
	if (w.kind == SUBJECT_PACKAGE)
		add_tests_of(s, w.at, out);
	else if (w.kind == SUBJECT_MODULE)
		add_matches(s->graph, w.path, out);
	return 1;
}

/* "WORD@VERSION": of these the ones that run under it. */
static int
find_at(struct session *s, struct str word, const char *at, struct bits *out,
	struct err *err)
{
	struct str base = { word.p, (size_t)(at - word.p) };
	struct str version = { at + 1, word.n - base.n - 1 };
	struct bits runs;
	int r;

	bits_init(&runs, out->n);
	r = named_find(s, version, &runs, err);
	if (r > 0)
		r = named_find(s, base, out, err);
	bits_and(out, &runs);
	bits_release(&runs);
	return r;
}

int
named_find(struct session *s, struct str word, struct bits *out,
	struct err *err)
{
	const char *id = memmem(word.p, word.n, "::", 2);
	const char *at = memrchr(word.p, '@', word.n);
	struct buf path = { 0 };
	int major, minor;
	bool threaded, any;

	if (id)
		word.n = (size_t)(id - word.p);
	if (is_version(word, &major, &minor, &threaded))
		return add_version(s, word, major, minor, threaded, out, err);
	if (!id && at && at > word.p && releases_version((struct str){ at + 1,
	    (size_t)(word.p + word.n - at - 1) }, &major, &minor, &threaded))
		return find_at(s, word, at, out, err);
	if (is_package_name(s, word))
		return s->front_loaded ? add_subject(s, word, out, err) : 0;
	session_path(s, word, &path);
	any = add_matches(s->graph, buf_str(&path), out);
	buf_release(&path);
	if (any)
		return 1;
	return s->front_loaded ? add_subject(s, word, out, err) : 0;
}
