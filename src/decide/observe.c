/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/observe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/walk.h"
#include "state/asked.h"
#include "state/asked_find.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/path.h"

/* Where a module may be. */
struct finding {
	const struct taking *t;
	int64_t since;          /* that it was looked for, as files have it */
};

struct taking {
	struct deps *d;
	const struct state *s;
	struct graph *g;
	uint32_t step;
	const struct observations *o;
	struct str cwd;
	int64_t start;
	const struct asked_index *index;
	size_t nread;           /* ids that were there before */
	struct buf depfile, rspfile;    /* empty: none */
	struct buf name;
};

bool
observe_wanted(const struct graph *g, uint32_t step)
{
	return g->steps.p[step].flags & (STEP_OBSERVE | STEP_TEST);
}

/* The name that a node has for an absolute path, in t->name: as the graph has
 * it, or else from the working directory if it lies below that. */
static void
find_name(struct taking *t, struct str path)
{
	buf_clear(&t->name);
	path_relative(&t->name, t->cwd, path);
	if (!path_below(path, t->cwd) &&
	    graph_find(t->g, buf_str(&t->name)) == GRAPH_NONE) {
		buf_clear(&t->name);
		buf_addstr(&t->name, path);
	}
}

/* Does what makes the node need the step? Then it read what an earlier run has
 * left. */
static bool
comes_after(const struct taking *t, uint32_t node)
{
	struct graph_walk w = { .g = t->g, .observed = true };
	bool yes = false;

	graph_walk_add(&w, node, NULL);
	for (size_t i = 0; i < w.n && !yes; i++)
		yes = w.steps[i] == t->step;
	graph_walk_release(&w);
	return yes;
}

static bool
is_declared(const struct taking *t, uint32_t node)
{
	const struct graph_step *st = &t->g->steps.p[t->step];

	for (uint32_t i = 0; i < graph_nneeded(st); i++)
		if (graph_ids(t->g, st->ins)[i] == node)
			return true;
	return false;
}

/* Is it declared, itself or in groups of inputs? May say no where finding out
 * would take too long; and what is only assumed is not enough. */
static bool
is_covered(const struct taking *t, uint32_t node, int depth, int *visits)
{
	const struct graph *g = t->g;
	const struct graph_node *n = &g->nodes.p[node];

	if (is_declared(t, node))
		return true;
	if (g->steps.p[t->step].flags & STEP_ASSUMED)
		return false;
	for (uint32_t i = 0; depth && i < n->nusers && --*visits > 0; i++) {
		uint32_t user = graph_ids(g, n->users)[i];
		const struct graph_step *st = &g->steps.p[user];

		if (st->flags & STEP_PHONY && st->nouts && !st->nobs &&
		    graph_nneeded(st) == st->nins &&
		    is_covered(t, graph_step_out(g, user), depth - 1, visits))
			return true;
	}
	return false;
}

/* Is the content of the file in t->name an input already? */
static bool
is_known(const struct taking *t)
{
	uint32_t node = graph_find(t->g, buf_str(&t->name));
	int visits = 64;

	if (node == GRAPH_NONE)
		return false;
	for (size_t i = 0; i < t->nread; i++)
		if (t->d->ids[i] == node)
			return true;
	return is_covered(t, node, 3, &visits);
}

/* A file or directory itself. sure: it is as the step has left it. */
static void
take_node(struct taking *t, bool sure)
{
	uint32_t node = graph_node_add(t->g, buf_str(&t->name));
	uint32_t made = t->g->nodes.p[node].producer;
	struct buf why = { 0 };

	if (made != GRAPH_NONE && !is_declared(t, node) &&
	    comes_after(t, node)) {
		buf_addf(&why, "%s: it is made from what the step makes",
		         t->name.p);
		deps_unseen(t->d, t->g, buf_str(&why));
		buf_release(&why);
		return;
	}
	deps_add(t->d, t->g, buf_str(&t->name));
	if (sure)
		deps_sure(t->d, node);
}

/* Have only its own doings changed the names of a directory since the step
 * began? Others' new names have been given since; that one was taken away cannot
 * be seen any more. */
static bool
names_are_own(const struct taking *t, struct str dir)
{
	struct buf path = { 0 };
	struct file_sig sig;
	struct dirent *e;
	struct stat st;
	bool own = true;
	DIR *d = opendir(dir.p);

	while (d && own && (e = readdir(d))) {
		const struct observation *f;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		buf_clear(&path);
		buf_addf(&path, "%s/%s", dir.n == 1 ? "" : dir.p, e->d_name);
		f = observation_find(t->o, buf_str(&path));
		if ((f && f->what & OBSERVED_CHANGED) ||
		    lstat(path.p, &st) < 0)
			continue;
		file_sig_of(&st, &sig);
		/* Written or renamed: its own time says when. */
		own = !S_ISREG(st.st_mode) ||
		      !state_changed_since(t->s, path.p, &sig, t->start);
	}
	own = own && d;
	if (d)
		closedir(d);
	buf_release(&path);
	return own;
}

static void
add_answer(struct deps *d, uint32_t node, bool other, struct digest digest)
{
	d->answers = vec_grow(d->answers, &d->answers_cap, d->nanswers + 1,
	                      sizeof(*d->answers));
	d->answers[d->nanswers++] = (struct deps_answer){ node, other, digest };
}

/* What was asked of a path otherwise, and the answer. What the step has changed
 * counts as it left it. */
static void
take_look(struct taking *t, const struct observation *f)
{
	struct buf name = { 0 };
	uint32_t node;

	buf_adds(&name, ASKED_LOOK);
	buf_addstr(&name, buf_str(&t->name));
	deps_add(t->d, t->g, buf_str(&name));
	node = t->d->ids[t->d->n - 1];
	buf_release(&name);
	if (f->what & (OBSERVED_CHANGED | OBSERVED_REFUSED))
		return;
	if (f->what & OBSERVED_ABSENT)
		add_answer(t->d, node, false, asked_nothing());
	else if (f->what & OBSERVED_TYPED && !S_ISLNK(f->mode))
		add_answer(t->d, node, false, asked_mode(f->mode));
	else
		add_answer(t->d, node, true, asked_nothing());
}

/* Is there a module now, at this path of its own, that may not have been there
 * when it was looked for? That one was taken away shows where it was read. */
static bool
is_not_new(void *ctx, const char *path)
{
	const struct finding *f = ctx;
	const struct observation *made;
	struct file_sig sig;
	struct stat st;

	if (lstat(path, &st) < 0)
		return true;
	made = observation_find(f->t->o, str_of(path));
	if (made && made->what & OBSERVED_CHANGED)
		return true;
	file_sig_of(&st, &sig);
	return S_ISDIR(st.st_mode) ||
	       !state_changed_since(f->t->s, path, &sig, f->since);
}

static void
find_question(struct buf *to, const struct observation *f, struct str path)
{
	buf_clear(to);
	buf_addf(to, ASKED_FIND "%s:%s", f->tag.p, path.p);
}

/* What Python would find now counts, unless somebody else has just made it.
 * nothing: there is nothing to be found. */
static void
take_find(struct taking *t, const struct observation *f, bool early,
	bool nothing)
{
	struct finding now = { t, early ? t->o->since : t->start };
	struct buf name = { 0 };

	find_question(&name, f, buf_str(&t->name));
	deps_add(t->d, t->g, buf_str(&name));
	find_question(&name, f, f->path);
	if (!nothing && !asked_candidates(buf_str(&name), is_not_new, &now))
		t->d->unknown = true;
	buf_release(&name);
}

static bool
is_mine(const struct taking *t)
{
	uint32_t node = graph_find(t->g, buf_str(&t->name));

	return (node != GRAPH_NONE &&
	        t->g->nodes.p[node].producer == t->step) ||
	       state_owns(buf_str(&t->name)) ||
	       str_eq(buf_str(&t->name), buf_str(&t->depfile)) ||
	       str_eq(buf_str(&t->name), buf_str(&t->rspfile));
}

static bool
is_index(const struct taking *t, const struct observation *f)
{
	return t->index && t->index->path.n &&
	       str_eq(buf_str(&t->index->path), f->path);
}

/* What git's index says is asked for, and not what else git keeps in it. sure:
 * it is as the step has left it. */
static void
take_index(struct taking *t, bool sure)
{
	struct buf name = { 0 };

	buf_adds(&name, ASKED_INDEX);
	buf_addstr(&name, buf_str(&t->name));
	deps_add(t->d, t->g, buf_str(&name));
	if (!sure)
		add_answer(t->d, t->d->ids[t->d->n - 1], false,
		           t->index->digest);
	buf_release(&name);
}

static void
take_observation(struct taking *t, const struct observation *f, bool nothing)
{
	bool early = (size_t)(f - t->o->v) < t->o->early;
	bool sure = f->what & OBSERVED_CHANGED;
	size_t first = t->d->n;

	if (!(f->what & (OBSERVED_LOOK | OBSERVED_CONTENT | OBSERVED_LIST |
	                 OBSERVED_FIND)))
		return;
	find_name(t, f->path);
	if (is_mine(t))
		return;
	if (f->what & OBSERVED_LIST)
		take_node(t, sure && names_are_own(t, f->path));
	else if (f->what & OBSERVED_CONTENT && is_index(t, f))
		take_index(t, sure && !early);
	else if (f->what & OBSERVED_CONTENT && !(t->o->test && is_known(t)))
		take_node(t, sure);
	if (early)
		for (size_t i = first; i < t->d->n; i++)
			deps_early(t->d, t->d->ids[i]);
	if (f->what & OBSERVED_LOOK)
		take_look(t, f);
	if (f->what & OBSERVED_FIND)
		take_find(t, f, early, nothing);
}

static void
find_binding(const struct taking *t, uint32_t sym, struct buf *out)
{
	graph_binding(t->g, t->step, sym, GRAPH_RAW, out, NULL);
	out->n = out->n ? path_fold(out->p, out->n) : 0;
}

static int
by_path(const void *a, const void *b)
{
	const struct observation *const *x = a, *const *y = b;

	return str_cmp((*x)->path, (*y)->path);
}

/* See asked_find_none: for each of v. To be freed. */
static bool *
absent_finds(const struct observation *const *v, size_t n)
{
	bool *none = xcalloc(n + 1, sizeof(*none));
	struct str *names = xcalloc(n + 1, sizeof(*names));
	struct arena arena = { 0 };
	struct buf name = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (!(v[i]->what & OBSERVED_FIND))
			continue;
		find_question(&name, v[i], v[i]->path);
		names[i] = arena_dup(&arena, buf_str(&name));
	}
	asked_find_none(names, n, none);
	buf_release(&name);
	arena_release(&arena);
	free(names);
	return none;
}

/* The file that says where the interpreter of a test lies, in t->name, and where
 * its environment is; false: there is none. */
static bool
find_env(struct taking *t, struct buf *prefix)
{
	const struct graph_step *st = &t->g->steps.p[t->step];
	struct str stamp = { 0 }, path;

	buf_clear(&t->name);
	for (uint32_t i = 0; i < graph_nneeded(st) && !t->name.n; i++) {
		uint32_t node = graph_ids(t->g, st->ins)[i];

		stamp = graph_path(t->g, node);
		if (graph_kind(t->g, node) == KIND_ENV &&
		    str_ends(stamp, ".env"))
			buf_addf(&t->name, "%.*s.at", (int)(stamp.n - 4),
			         stamp.p);
	}
	if (!t->name.n || file_read(t->name.p, prefix, NULL) != 1)
		return false;
	while (prefix->n && prefix->p[prefix->n - 1] == '\n')
		prefix->n--;
	path = path_dir(path_dir(buf_str(prefix)));
	prefix->n = path.n;
	return path.n > 0;
}

/* What it asks for in its environment, but for what that is known by, is another
 * thing where another interpreter runs it. */
static void
take_place(struct taking *t)
{
	struct buf env = { 0 }, prefix = { 0 };
	char *real = NULL;
	bool asks = false;

	if (t->o->test && find_env(t, &env)) {
		path_join(&prefix, t->cwd, buf_str(&env));
		real = realpath(prefix.p, NULL);
		for (size_t i = 0; i < t->o->n && !asks; i++)
			asks = t->o->v[i].what & (OBSERVED_LOOK |
				OBSERVED_CONTENT | OBSERVED_LIST |
				OBSERVED_FIND) &&
			       path_below(t->o->v[i].path, real ?
			                  str_of(real) : buf_str(&prefix));
	}
	if (asks && !is_known(t))
		take_node(t, false);
	free(real);
	buf_release(&prefix);
	buf_release(&env);
}

/* In the order of their paths: so runs that asked for the same have the same
 * inputs. */
static void
take_observations(struct taking *t)
{
	const struct observations *o = t->o;
	const struct observation **v = xreallocarray(NULL, o->n + 1,
	                                             sizeof(*v));
	bool *none;

	for (size_t i = 0; i < o->n; i++)
		v[i] = &o->v[i];
	if (o->n)
		qsort(v, o->n, sizeof(*v), by_path);
	none = absent_finds(v, o->n);
	for (size_t i = 0; i < o->n; i++)
		take_observation(t, v[i], none[i]);
	free(none);
	free(v);
}

void
deps_unseen(struct deps *d, struct graph *g, struct str why)
{
	struct buf name = { 0 };

	buf_adds(&name, ASKED_UNSEEN);
	buf_addstr(&name, why);
	deps_add(d, g, buf_str(&name));
	buf_release(&name);
}

void
deps_observe(struct deps *d, const struct state *s, uint32_t step,
	const struct observations *o, struct str cwd, int64_t start,
	const struct asked_index *index)
{
	struct taking t = {
		.d = d, .s = s, .g = s->g, .step = step, .o = o, .cwd = cwd,
		.start = start, .index = index, .nread = d->n,
	};

	d->since = o->since;
	find_binding(&t, SYM_DEPFILE, &t.depfile);
	find_binding(&t, SYM_RSPFILE, &t.rspfile);
	take_observations(&t);
	take_place(&t);
	for (size_t i = 0; i < o->nenv; i++)
		deps_add_env(d, s->g, o->env[i]);
	/* Who was not seen may have read any of them. */
	if (o->whole_env || (o->test && o->nunseen))
		deps_add_env(d, s->g, STR("*"));
	for (size_t i = 0; i < o->nunseen; i++)
		deps_unseen(d, s->g, o->unseen[i]);
	buf_release(&t.depfile);
	buf_release(&t.rspfile);
	buf_release(&t.name);
}
