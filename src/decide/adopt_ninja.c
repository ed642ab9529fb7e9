/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/adopt_ninja.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "decide/decide.h"
#include "decide/deps.h"
#include "decide/dyndep.h"
#include "ninja/log.h"
#include "plan/plan.h"
#include "store/store.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/path.h"

/* What the log says of a node. */
struct entry {
	int64_t mtime;
	uint64_t command;
	uint32_t duration_ms;
	bool there;
};

struct adopt {
	struct state *s;
	struct graph *g;
	struct entry *entries;  /* by node */
	uint32_t nentries;
	struct buf log;         /* the text they come from */
	unsigned char *deps;    /* by step: its observed inputs are known */
	unsigned char *dirty;   /* by step */
	int64_t *newest;        /* by node: time of a phony output */
	uint32_t nnewest;
	int version;            /* of the log */
	struct plan plan;
	struct decide decide;
	int64_t count;
	void (*warn)(void *ctx, struct str text);
	void *ctx;
	struct err *err;
};

/* ---- the records ---- */

static int
see_entry(void *ctx, const struct ninja_log_entry *e)
{
	struct adopt *a = ctx;
	uint32_t n = graph_find(a->g, e->output);

	if (n == GRAPH_NONE || n >= a->nentries)
		return 0;
	a->entries[n] = (struct entry){
		.mtime = e->mtime, .command = e->command_hash, .there = true,
		.duration_ms = e->end > e->start
		             ? (uint32_t)(e->end - e->start) : 0,
	};
	return 0;
}

static int64_t
mtime_of(const char *path)
{
	struct file_sig sig;

	return file_sig(AT_FDCWD, path, &sig) == 1 ? sig.mtime_ns : -1;
}

/* Inputs recorded for a former output are those of nothing. */
static int
see_deps(void *ctx, const struct ninja_deps_entry *e)
{
	struct adopt *a = ctx;
	uint32_t n = graph_find(a->g, e->output), step, *ids;
	const unsigned kinds = STEP_DEPS_GCC | STEP_DEPS_MSVC;

	if (n == GRAPH_NONE)
		return 0;
	step = a->g->nodes.p[n].producer;
	if (step == GRAPH_NONE || !(a->g->steps.p[step].flags & kinds) ||
	    graph_step_out(a->g, step) != n ||
	    e->mtime < mtime_of(graph_cpath(a->g, n)))
		return 0;
	ids = xreallocarray(NULL, e->nins + 1, sizeof(*ids));
	for (size_t i = 0; i < e->nins; i++)
		ids[i] = graph_node_add(a->g, e->ins[i]);
	graph_observe(a->g, step, ids, (uint32_t)e->nins);
	free(ids);
	a->deps[step] = 1;
	return 0;
}

/* A depfile that stays is read each time. */
static void
read_depfiles(struct adopt *a)
{
	const unsigned kinds = STEP_DEPS_GCC | STEP_DEPS_MSVC;
	struct deps d = { 0 };
	struct buf none = { 0 };

	for (uint32_t i = 0; i < a->g->steps.n; i++) {
		unsigned flags = a->g->steps.p[i].flags;

		if (flags & kinds)
			continue;
		a->deps[i] = 1;
		if (!(flags & STEP_DEPFILE))
			continue;
		deps_clear(&d);
		if (deps_read(&d, a->g, i, &none, NULL) < 0 || d.unknown)
			a->deps[i] = 0;
		else
			graph_observe(a->g, i, d.ids, (uint32_t)d.n);
	}
	deps_release(&d);
}

/* Of all files that are nodes by now: dyndep files name more outputs. */
static void
read_entries(struct adopt *a)
{
	uint32_t n = a->g->nodes.n;

	free(a->entries);
	a->entries = xcalloc(n + 1, sizeof(*a->entries));
	a->nentries = n;
	a->version = ninja_log_read(buf_str(&a->log), see_entry, a);
}

static void
read_log(struct adopt *a)
{
	int age = ninja_log_age(buf_str(&a->log));

	read_entries(a);
	if (age)
		a->warn(a->ctx, age < 0
			? STR("build log version is too old; starting over")
			: STR("build log version is too new; starting over"));
}

static void
read_deps(struct adopt *a, struct str text)
{
	size_t good = 0;

	if (!ninja_deps_read(text, &good, see_deps, a))
		a->warn(a->ctx, STR("bad deps log signature or version; "
		                    "starting over"));
	else if (good != text.n)
		a->warn(a->ctx, STR("premature end of file; recovering"));
}

/* 1 there is a log that can be read, 0 there is none. */
static int
read_records(struct adopt *a, const char *builddir)
{
	struct buf path = { 0 }, text = { 0 };

	path_join(&path, str_of(builddir), STR(".ninja_log"));
	if (file_read(path.p, &a->log, NULL) == 1)
		read_log(a);
	if (a->version) {
		buf_clear(&path);
		path_join(&path, str_of(builddir), STR(".ninja_deps"));
		if (file_read(path.p, &text, NULL) == 1)
			read_deps(a, buf_str(&text));
		read_depfiles(a);
	}
	buf_release(&path);
	buf_release(&text);
	return a->version != 0;
}

/* ---- ninja's rules ---- */

/* -1: it does not exist. */
static int64_t
node_time(const struct adopt *a, uint32_t node)
{
	int64_t time = -1;

	if (!(a->s->node_flags[node] & NODE_MISSING))
		time = a->s->sig[node].mtime_ns;
	else if (node < a->nnewest)
		time = a->newest[node];
	return time;
}

/* The time of the newest input, -1 none; false: an input is missing, or made
 * by a step that is out of date. */
static bool
inputs_good(const struct adopt *a, uint32_t step, int64_t *newest)
{
	const struct graph_step *st = &a->g->steps.p[step];
	uint32_t depfile = deps_depfile(a->g, step);

	*newest = -1;
	for (uint32_t i = 0; i < graph_ndeciding(st); i++) {
		uint32_t n = graph_deciding(a->g, st, i);
		uint32_t made = a->g->nodes.p[n].producer;
		int64_t time = node_time(a, n);

		if (n == depfile)
			continue;
		if (made != GRAPH_NONE ? a->dirty[made] : time < 0)
			return false;
		if (time > *newest)
			*newest = time;
	}
	return true;
}

static bool
output_good(const struct adopt *a, uint32_t step, uint32_t node,
	uint64_t command, int64_t newest)
{
	const struct entry none = { 0 }, *e = &none;
	unsigned flags = a->g->steps.p[step].flags;
	int64_t time = node_time(a, node);

	if (node < a->nentries)
		e = &a->entries[node];
	if (time < 0 || (!e->there && !(flags & STEP_GENERATOR)) ||
	    (time < newest && !(flags & STEP_RESTAT && e->there)))
		return false;
	return !e->there || (e->mtime >= newest &&
	       (flags & STEP_GENERATOR || e->command == command));
}

static uint64_t
command_of(const struct adopt *a, uint32_t step)
{
	struct buf b = { 0 };
	uint64_t hash;

	graph_binding(a->g, step, SYM_COMMAND, GRAPH_SHELL, &b, NULL);
	if (a->g->steps.p[step].flags & STEP_RSPFILE) {
		buf_adds(&b, ";rspfile=");
		graph_binding(a->g, step, SYM_RSPFILE_CONTENT, GRAPH_SHELL, &b,
		              NULL);
	}
	hash = ninja_command_hash(a->version, buf_str(&b));
	buf_release(&b);
	return hash;
}

static bool
up_to_date(const struct adopt *a, uint32_t step)
{
	const struct graph_step *st = &a->g->steps.p[step];
	uint64_t command;
	int64_t newest;

	/* ninja has not observed it. */
	if (!a->deps[step] || dyndep_pending(a->g, step) ||
	    st->flags & (STEP_OBSERVE | STEP_ASSUMED) ||
	    !inputs_good(a, step, &newest))
		return false;
	command = command_of(a, step);
	for (uint32_t i = 0; i < st->nouts; i++)
		if (!output_good(a, step, graph_ids(a->g, st->outs)[i],
		                 command, newest))
			return false;
	return true;
}

static void
look_phony(struct adopt *a, uint32_t step)
{
	const struct graph_step *st = &a->g->steps.p[step];
	int64_t newest;

	a->dirty[step] = !inputs_good(a, step, &newest);
	if (st->nins == 0 && st->nvals == 0 && !decide_outputs(a->s, step))
		a->dirty[step] = 1;
	for (uint32_t i = 0; i < st->nouts; i++) {
		uint32_t n = graph_ids(a->g, st->outs)[i];

		if (n < a->nnewest)
			a->newest[n] = newest;
	}
	if (!a->dirty[step])
		decide_phony(&a->decide, step, NULL);
}

static int
take_over(struct adopt *a, uint32_t step)
{
	struct state *s = a->s;
	uint32_t out = graph_step_out(a->g, step);
	struct result r = {
		.status = RESULT_PASSED, .flags = RESULT_ADOPTED,
		.command = store_command(s, step),
	};
	struct digest key;

	if (out < a->nentries) {
		r.duration_us = a->entries[out].duration_ms * UINT64_C(1000);
		r.start_ns = a->entries[out].mtime;
	}
	if (store_key(s, step, &key, NULL) < 0)
		return 0;
	store_full_key(s, step, &key, &r.key);
	store_outs(s, step, &r.outs);
	if (state_record(s, step, &r, a->err) < 0)
		return -1;
	a->count++;
	return 0;
}

/* ---- the walk ---- */

static void
release_walk(struct adopt *a)
{
	plan_release(&a->plan);
	decide_release(&a->decide);
	free(a->dirty);
	free(a->newest);
	a->dirty = NULL;
	a->newest = NULL;
}

/* Every step after those it needs. */
static int
walk_steps(struct adopt *a)
{
	uint32_t *all = xreallocarray(NULL, a->g->nodes.n + 1, sizeof(*all));
	int r;

	for (uint32_t i = 0; i < a->g->nodes.n; i++)
		all[i] = i;
	if (a->g->users_stale)
		graph_index_users(a->g);
	state_grow(a->s);
	plan_init(&a->plan, a->g);
	decide_init(&a->decide, a->s);
	a->nnewest = a->g->nodes.n;
	a->newest = xcalloc(a->nnewest + 1, sizeof(*a->newest));
	a->dirty = xcalloc(a->g->steps.n + 1, 1);
	memset(a->newest, -1, a->nnewest * sizeof(*a->newest));
	r = plan_want(&a->plan, all, a->g->nodes.n, NULL);
	if (r == 0)
		state_look(a->s, a->plan.nodes, a->plan.nwanted_nodes, NULL);
	free(all);
	return r;
}

/* Does a dyndep file that is up to date say more than was known? */
static bool
learn_dyndeps(struct adopt *a)
{
	bool any = false;

	for (uint32_t i = 0; i < a->g->steps.n; i++) {
		uint32_t node, made;

		if (!dyndep_pending(a->g, i))
			continue;
		node = dyndep_file(a->g, i);
		if (node == GRAPH_NONE ||
		    a->s->node_flags[node] & NODE_MISSING)
			continue;
		made = a->g->nodes.p[node].producer;
		if (made != GRAPH_NONE && a->dirty[made])
			continue;
		if (dyndep_read(a->g, node, NULL) < 0)
			return false;
		any = true;
	}
	return any;
}

static int
pass(struct adopt *a)
{
	int r = walk_steps(a);

	for (uint32_t i = 0; r == 0 && i < a->plan.norder; i++) {
		uint32_t step = a->plan.order[i];

		if (a->g->steps.p[step].flags & STEP_PHONY) {
			look_phony(a, step);
			continue;
		}
		a->dirty[step] = !up_to_date(a, step);
		if (!a->dirty[step] &&
		    a->s->result[step].status == RESULT_NONE)
			r = take_over(a, step);
	}
	return r;
}

int64_t
adopt_ninja(struct state *s, const char *builddir,
	void (*warn)(void *ctx, struct str text), void *ctx, struct err *err)
{
	struct adopt a = {
		.s = s, .g = s->g, .warn = warn, .ctx = ctx, .err = err
	};
	bool again = true;
	int r = 0;

	a.deps = xcalloc(a.g->steps.n + 1, 1);
	if (read_records(&a, builddir)) {
		while (r == 0 && again) {
			r = pass(&a);
			again = r == 0 && learn_dyndeps(&a);
			if (again)
				read_entries(&a);
			release_walk(&a);
		}
		if (a.g->users_stale)
			graph_index_users(a.g);
		state_grow(s);
	}
	free(a.entries);
	buf_release(&a.log);
	free(a.deps);
	return r < 0 && err && err->msg ? -1 : a.count;
}
