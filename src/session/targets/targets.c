/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "session/targets/targets.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "python/matrix/matrix.h"
#include "session/hints.h"
#include "session/targets/changed.h"
#include "session/targets/failed.h"
#include "session/targets/lacking.h"
#include "session/targets/target_name.h"
#include "text/glob.h"
#include "util/mem.h"
#include "util/path.h"

void
targets_add(struct targets *t, uint32_t node)
{
	t->v = vec_grow(t->v, &t->cap, (size_t)t->n + 1, sizeof(*t->v));
	t->v[t->n++] = node;
}

static bool
is_file(const struct session *s, struct str word)
{
	struct buf path = { 0 };
	struct file_sig sig;
	bool is;

	session_path(s, word, &path);
	is = file_sig(AT_FDCWD, path.n ? path.p : ".", &sig) == 1 &&
		S_ISREG(sig.mode);
	buf_release(&path);
	return is;
}

/* "FILE::ID": the file's part, or n 0. Where there is no such file, what is in
 * front of the first "::". */
static struct str
id_file(const struct session *s, struct str word)
{
	const char *first = memmem(word.p, word.n, "::", 2), *at = first;

	while (at && !is_file(s, (struct str){ word.p, (size_t)(at - word.p) }))
		at = memmem(at + 1, word.n - (size_t)(at + 1 - word.p), "::",
		            2);
	if (!at && first && is_file(s, word))
		return (struct str){ word.p, 0 };
	at = at ? at : first;
	return (struct str){ word.p, at ? (size_t)(at - word.p) : 0 };
}

int
targets_prepare(struct session *s, struct err *err)
{
	for (int i = 0; s->python && i < s->o->nargs; i++) {
		struct str word = str_of(s->o->args[i]);
		struct str file = id_file(s, word);
		struct buf path = { 0 };

		if (!file.n)
			continue;
		if (file.n + 2 == word.n)
			return err_code(err, EXIT_USAGE, "'%s': there is no "
			                "name after '::'", word.p);
		session_path(s, file, &path);
		s->select = vec_grow(s->select, &s->select_cap,
		                     s->nselect + 1, sizeof(*s->select));
		/* kept to the end, as the session is */
		s->select[s->nselect++] = (struct front_select){
			.file = { buf_detach(&path), 0 },
			.id = { word.p + file.n + 2, word.n - file.n - 2 },
		};
		s->select[s->nselect - 1].file.n =
			strlen(s->select[s->nselect - 1].file.p);
	}
	return 0;
}

/* What a word asks of a test step. */
enum ask { ASK_VERSION, ASK_PACKAGE, ASK_PATH, ASK_GLOB, ASK_FILE };

struct wish {
	enum ask ask;
	const char *word;       /* as the user wrote it */
	char *text;             /* owned: package, path or glob */
	char *version;          /* owned, or NULL: of package@version too */
	bool hit;
};

struct wishes {
	struct wish *v;
	size_t n, cap;
	bool versions, others;
};

static void
wish_add(struct wishes *w, struct wish wish)
{
	w->v = vec_grow(w->v, &w->cap, w->n + 1, sizeof(*w->v));
	w->v[w->n++] = wish;
	if (wish.ask == ASK_VERSION)
		w->versions = true;
	else
		w->others = true;
}

static void
wishes_release(struct wishes *w)
{
	for (size_t i = 0; i < w->n; i++) {
		free(w->v[i].text);
		free(w->v[i].version);
	}
	free(w->v);
}

static char *
version_of(struct str text)
{
	struct buf b = { 0 };
	int major, minor;
	bool threaded;

	if (!releases_version(text, &major, &minor, &threaded))
		return NULL;
	buf_addf(&b, "%d.%d%s", major, minor, threaded ? "t" : "");
	return buf_detach(&b);
}

static bool
names_package(const struct session *s, struct str name)
{
	struct buf b = { 0 };
	bool is = false;

	for (uint32_t i = 0; !is && i < s->graph->steps.n; i++) {
		if (!(s->graph->steps.p[i].flags & STEP_TEST))
			continue;
		buf_clear(&b);
		graph_binding(s->graph, i, SYM_TG_PACKAGE, GRAPH_RAW, &b,
		              NULL);
		is = str_eq(buf_str(&b), name);
	}
	buf_release(&b);
	return is;
}

/* The word that is nearest to what the user wrote. */
struct near {
	struct str word;
	unsigned best;
	struct buf found;
};

static void
offer(struct near *n, struct str word)
{
	unsigned d;

	if (!word.n || n->best == 0)
		return;
	d = str_distance(n->word, word, n->best - 1);
	if (d >= n->best)
		return;
	n->best = d;
	buf_clear(&n->found);
	buf_addstr(&n->found, word);
}

/* A path as it is named from where the user was. */
static void
offer_path(struct near *n, const struct session *s, struct str path)
{
	struct buf b = { 0 };

	path_relative(&b, buf_str(&s->below), path);
	offer(n, buf_str(&b));
	buf_release(&b);
}

static void
offer_tests(struct near *n, const struct session *s)
{
	struct buf b = { 0 };
	struct str dir;

	for (uint32_t i = 0; i < s->graph->steps.n; i++) {
		if (!(s->graph->steps.p[i].flags & STEP_TEST))
			continue;
		buf_clear(&b);
		graph_binding(s->graph, i, SYM_TG_PACKAGE, GRAPH_RAW, &b,
		              NULL);
		offer(n, buf_str(&b));
		buf_clear(&b);
		graph_binding(s->graph, i, SYM_TG_FILE, GRAPH_RAW, &b, NULL);
		for (dir = buf_str(&b); dir.n && !str_is(dir, ".");
		     dir = path_dir(dir))
			offer_path(n, s, dir);
	}
	buf_release(&b);
}

int
targets_unknown(const struct session *s, struct str word, struct err *err)
{
	struct near n = { .word = word };
	uint32_t near;

	if (hint_target(word, s->is_tool, &n.found)) {
		int r = err_code(err, EXIT_USAGE, "unknown target '%.*s', %s",
		                 (int)word.n, word.p, n.found.p);

		buf_release(&n.found);
		return r;
	}
	while (n.word.n > 1 && n.word.p[n.word.n - 1] == '/')
		n.word.n--;
	/* three slips of the hand, but not in a short word */
	n.best = n.word.n > 7 ? 4 : (unsigned)n.word.n / 2 + 1;
	offer_tests(&n, s);
	near = target_nearest(s->graph, n.word);
	if (near != GRAPH_NONE &&
	    !state_owns(graph_path(s->graph, near)))
		offer(&n, graph_path(s->graph, near));
	if (n.found.n) {
		int r = err_code(err, EXIT_USAGE, "unknown target '%.*s', did "
		                 "you mean '%s'?", (int)word.n, word.p,
		                 n.found.p);

		buf_release(&n.found);
		return r;
	}
	return err_code(err, EXIT_USAGE, "unknown target '%.*s': it is no "
	                "package, Python version, file, directory or node id",
	                (int)word.n, word.p);
}

/* The node of that name, if a step of the user's own makes it. */
static uint32_t
made_by_user(const struct session *s, struct str path)
{
	uint32_t node = graph_find(s->graph, path), step;

	if (node == GRAPH_NONE || state_owns(path))
		return GRAPH_NONE;
	step = s->graph->nodes.p[node].producer;
	return step == GRAPH_NONE ||
	       (s->graph->steps.p[step].flags & STEP_TEST) ? GRAPH_NONE : node;
}

/* package or package@version or path or glob */
static int
parse_word(struct session *s, struct str word, struct wishes *w,
	struct targets *t, struct err *err)
{
	const char *at = memrchr(word.p, '@', word.n);
	struct wish wish = { .word = word.p };
	struct buf path = { 0 };
	struct stat st;
	uint32_t node;
	int r = 0;

	if (str_starts(word, "py") || !strpbrk(word.p, "/")) {
		wish.version = version_of(word);
		if (wish.version) {
			wish.ask = ASK_VERSION;
			wish_add(w, wish);
			return 0;
		}
	}
	if (at) {
		wish.version = version_of(str_of(at + 1));
		if (wish.version)
			word.n = (size_t)(at - word.p);
	}
	session_path(s, word, &path);
	node = made_by_user(s, buf_str(&path));
	if (node != GRAPH_NONE && !wish.version) {
		targets_add(t, node);
		buf_release(&path);
		return 0;
	}
	if (names_package(s, word)) {
		wish.ask = ASK_PACKAGE;
		wish.text = xmemdup0(word.p, word.n);
	} else if (stat(path.n ? path.p : ".", &st) == 0) {
		wish.ask = S_ISDIR(st.st_mode) ? ASK_PATH : ASK_FILE;
		wish.text = xmemdup0(path.p ? path.p : "", path.n);
	} else if (glob_is(word)) {
		wish.ask = ASK_GLOB;
		wish.text = xmemdup0(path.p, path.n);
	} else {
		node = graph_find(s->graph, buf_str(&path));
		if (node != GRAPH_NONE)
			targets_add(t, node);
		else
			r = targets_unknown(s, word, err);
		free(wish.version);
		buf_release(&path);
		return r;
	}
	buf_release(&path);
	wish_add(w, wish);
	return 0;
}

/* The step's values that wishes are about. */
struct traits {
	struct buf package, version, file;
};

static void
traits_of(const struct graph *g, uint32_t step, struct traits *t)
{
	buf_clear(&t->package);
	buf_clear(&t->version);
	buf_clear(&t->file);
	graph_binding(g, step, SYM_TG_PACKAGE, GRAPH_RAW, &t->package, NULL);
	graph_binding(g, step, SYM_TG_PYTHON, GRAPH_RAW, &t->version, NULL);
	graph_binding(g, step, SYM_TG_FILE, GRAPH_RAW, &t->file, NULL);
}

static void
traits_release(struct traits *t)
{
	buf_release(&t->package);
	buf_release(&t->version);
	buf_release(&t->file);
}

static bool
fits_wish(const struct wish *w, const struct traits *t)
{
	struct str text = w->text ? str_of(w->text) : STR("");

	if (w->version && !str_is(buf_str(&t->version), w->version))
		return false;
	switch (w->ask) {
	case ASK_VERSION:
		return true;
	case ASK_PACKAGE:
		return str_eq(buf_str(&t->package), text);
	case ASK_PATH:
		return path_below(buf_str(&t->file), text);
	case ASK_FILE:
		/* a package's run holds all its files */
		return path_below(buf_str(&t->file), text) ||
		       (!str_ends(buf_str(&t->file), ".py") &&
		        path_below(text, buf_str(&t->file)));
	case ASK_GLOB:
		return glob_path(text, buf_str(&t->file));
	}
	return false;
}

static bool
wanted(struct wishes *w, const struct traits *t)
{
	bool version = !w->versions, other = !w->others;

	for (size_t i = 0; i < w->n; i++) {
		struct wish *wish = &w->v[i];

		if (!fits_wish(wish, t))
			continue;
		wish->hit = true;
		if (wish->ask == ASK_VERSION)
			version = true;
		else
			other = true;
	}
	return version && other;
}

/* --package: as positional, but only directories and names. */
static int
parse_words(struct session *s, char *const *words, int n, struct wishes *w,
	struct targets *t, struct err *err)
{
	const struct options *o = s->o;

	for (int i = 0; i < n; i++) {
		struct str word = str_of(words[i]), file = id_file(s, word);
		struct wish wish = { .word = words[i], .ask = ASK_FILE };
		struct buf path = { 0 };

		if (!file.n) {
			if (parse_word(s, word, w, t, err) < 0)
				return -1;
			continue;
		}
		session_path(s, file, &path);
		wish.text = buf_detach(&path);
		wish_add(w, wish);
	}
	for (size_t i = 0; i < o->packages.n; i++)
		if (parse_word(s, str_of(o->packages.v[i]), w, t, err) < 0)
			return -1;
	if (!w->n && !t->n && s->below.n) {
		struct wish wish = {
			.ask = ASK_PATH, .word = s->below.p,
			.text = xmemdup0(s->below.p, s->below.n),
		};

		wish_add(w, wish);
	}
	return 0;
}

/* Nothing is tested by a step that fits the wish alone. */
static bool
fits_none(const struct session *s, const struct wish *w)
{
	struct traits t = { 0 };
	bool none = true;

	for (uint32_t i = 0; none && i < s->graph->steps.n; i++) {
		if (!(s->graph->steps.p[i].flags & STEP_TEST))
			continue;
		traits_of(s->graph, i, &t);
		none = !fits_wish(w, &t);
	}
	traits_release(&t);
	return none;
}

/* A file that is there, but is no test file. */
static int
no_test_file(const struct session *s, const struct wish *w, struct err *err)
{
	struct str base = path_base(str_of(w->text));

	if (access(w->text, F_OK) < 0)
		return err_code(err, EXIT_USAGE, "%s: no such file", w->word);
	if (graph_find(s->graph, str_of(w->text)) == GRAPH_NONE)
		return err_code(err, EXIT_USAGE, "%s: it is not one of this "
		                "repository's files (ignored, or in a "
		                "directory that is left out)", w->word);
	if (str_is(base, "conftest.py"))
		return err_code(err, EXIT_USAGE, "%s: a conftest file has no "
		                "tests; tgraph -t query %s shows which test "
		                "files depend on it", w->word, w->word);
	if (str_ends(base, ".py"))
		return err_code(err, EXIT_USAGE, "%s: not a test file by the "
		                "configuration (pytest's python_files and "
		                "testpaths, [tool.tgraph]); tgraph -t query "
		                "%s shows which test files depend on it",
		                w->word, w->word);
	return err_code(err, EXIT_USAGE, "%s: not a test file; tgraph -t "
	                "query %s shows which test files depend on it",
	                w->word, w->word);
}

/* Is it, or is it in, a package that is not tested because of an error? */
static bool
is_blocked(const struct session *s, const struct wish *w)
{
	const struct project *p = &s->front.p;

	for (size_t i = 0; s->front_loaded && w->text && i < p->npackages; i++)
		if (p->packages[i].err.msg &&
		    (str_is(p->packages[i].name, w->text) ||
		     path_below(str_of(w->text), p->packages[i].dir)))
			return true;
	return false;
}

/* Which tests there are is not known before their environment is made. */
static bool
is_unmade(const struct session *s, const struct wish *w)
{
	const struct front *f = &s->front;

	for (size_t i = 0; s->front_loaded && i < f->matrix.n; i++) {
		const struct matrix_row *row = &f->matrix.rows[i];
		const struct package *pkg = &f->p.packages[row->package];
		struct str dir = pkg->dir;

		if (front_row_unmade(f, row) &&
		    (!w->version || str_is(row->version, w->version)) &&
		    (!w->text || str_is(pkg->name, w->text) ||
		     path_below(str_of(w->text), dir) ||
		     path_below(dir, str_of(w->text)) ||
		     w->ask == ASK_GLOB))
			return true;
	}
	return false;
}

static int
nothing_fits(const struct session *s, const struct wish *w, struct err *err)
{
	static const char see[] = "(tgraph -t matrix shows packages and "
		"versions)";

	if (w->version && w->ask != ASK_VERSION) {
		struct wish any = *w;

		any.version = NULL;
		if (!fits_none(s, &any))
			return err_code(err, EXIT_USAGE, "%s: not tested "
			                "under Python %s %s", w->word,
			                w->version, see);
	}
	if (is_blocked(s, w))
		return err_code(err, EXIT_USAGE, "%s: not tested because of "
		                "the error in its package", w->word);
	if (is_unmade(s, w))
		return err_code(err, EXIT_ENV, "%s: the environment is not "
		                "made yet; a run of tgraph makes it", w->word);
	switch (w->ask) {
	case ASK_VERSION:
		return err_code(err, EXIT_USAGE, "%s: nothing is tested under "
		                "this version %s", w->word, see);
	case ASK_FILE:
		return no_test_file(s, w, err);
	case ASK_GLOB:
		return err_code(err, EXIT_USAGE, "%s: no test file matches",
		                w->word);
	default:
		return err_code(err, EXIT_USAGE, "%s: no test files there %s",
		                w->word, see);
	}
}

/* What a tgraph.ninja makes: its defaults, or else all of it. */
static void
add_users(const struct session *s, struct targets *t)
{
	const struct graph *g = s->graph;

	for (uint32_t i = 0; i < g->defaults.n; i++)
		targets_add(t, g->defaults.p[i]);
	for (uint32_t i = 0; !g->defaults.n && i < g->steps.n; i++) {
		uint32_t out = graph_step_out(g, i);

		if (!(g->steps.p[i].flags & STEP_TEST) &&
		    !state_owns(graph_path(g, out)))
			targets_add(t, out);
	}
}

/* Takes the tests that are wanted; only: those of them that failed. */
static void
take_tests(const struct session *s, struct wishes *w,
	const struct changed *since, bool only, struct targets *t)
{
	const struct graph *g = s->graph;
	struct traits traits = { 0 };

	for (uint32_t i = 0; i < g->steps.n; i++) {
		if (!(g->steps.p[i].flags & STEP_TEST))
			continue;
		traits_of(g, i, &traits);
		if (wanted(w, &traits) && (!only || failed_step(s, i)) &&
		    (!since || changed_has(since, graph_step_out(g, i))))
			targets_add(t, graph_step_out(g, i));
	}
	traits_release(&traits);
}

static int
find_chosen(struct session *s, char *const *words, int n,
	const struct changed *since, struct targets *t, struct err *err)
{
	struct wishes w = { 0 };
	int r = parse_words(s, words, n, &w, t, err);
	bool only_nodes = t->n && !w.n;
	uint32_t before = t->n;

	if (r == 0 && !only_nodes)
		take_tests(s, &w, since, s->o->failed, t);
	if (r == 0 && !only_nodes && s->o->last_failed && t->n == before)
		take_tests(s, &w, since, false, t);
	for (size_t i = 0; r == 0 && i < w.n; i++)
		if (!w.v[i].hit)
			r = nothing_fits(s, &w.v[i], err);
	if (r == 0)
		r = lacking_ids(s, err);
	if (r == 0 && !w.n && !only_nodes && !s->o->failed)
		add_users(s, t);
	wishes_release(&w);
	return r;
}

static int
find_python(struct session *s, char *const *words, int n, struct targets *t,
	struct err *err)
{
	struct changed since;
	int r;

	if (!s->o->since)
		return find_chosen(s, words, n, NULL, t, err);
	r = changed_since(s, s->o->since, &since, err);
	if (r == 0)
		r = changed_reach(&since, err);
	if (r == 0)
		r = find_chosen(s, words, n, &since, t, err);
	changed_release(&since);
	return r < 0 ? err_default(err, EXIT_USAGE) : r;
}

int
targets_find(struct session *s, char *const *words, int n, struct targets *t,
	struct err *err)
{
	int r;

	if (s->python)
		return find_python(s, words, n, t, err);
	r = target_list(s->graph, words, n, s->o->prog, &t->v, &t->n, err);
	return r < 0 ? err_default(err, options_usage_code(s->o)) : r;
}

void
targets_release(struct targets *t)
{
	free(t->v);
	*t = (struct targets){ 0 };
}
