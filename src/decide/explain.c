/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>

#include "decide/deps.h"
#include "decide/internal.h"
#include "state/asked.h"
#include "store/store.h"
#include "util/file.h"
#include "util/mem.h"

/* So many changed files behind a step's inputs are named. */
enum { NAMED = 12 };

struct search {
	const struct decide *d;
	uint32_t step;          /* that is explained */
	struct reasons *out;
	unsigned char *seen;    /* by node */
	uint32_t *stack;        /* nodes behind phony steps, not yet seen to */
	size_t n, cap;
	uint32_t named, more;
};

/* A reason that says no more than a node. */
static void
explain_node(struct reasons *out, enum reason_why why, uint32_t step,
	uint32_t node)
{
	const struct reason r = {
		.why = why, .step = step, .node = node, .other = GRAPH_NONE,
	};

	reasons_add(out, &r);
}

/* ---- what became of inputs ---- */

static struct digest
old_digest(const struct decide *d, uint32_t node)
{
	return node < d->nold ? d->old[node] : (struct digest){ 0 };
}

/* Of an input without a phony step, or of a phony's own file. */
static bool
explain_content(struct search *w, uint32_t node)
{
	const struct state *s = w->d->s;
	struct reason r = {
		.why = WHY_INPUT_CHANGED, .step = w->step, .node = node,
		.other = GRAPH_NONE, .was = old_digest(w->d, node),
		.is = s->digest[node],
	};

	if (digest_none(&r.was))
		return false;
	if (s->g->nodes.p[node].producer == GRAPH_NONE &&
	    s->node_flags[node] & NODE_MISSING)
		explain_node(w->out, WHY_INPUT_MISSING, w->step, node);
	/* Made anew as it was: that its maker runs has been said. */
	if (digest_eq(&r.was, &r.is))
		return decide_maker(w->d, node) & DECIDE_RAN;
	reasons_add(w->out, &r);
	return true;
}

/* Is the node a name for others? */
static bool
stands_for(const struct graph *g, uint32_t node)
{
	uint32_t step = g->nodes.p[node].producer;

	return step != GRAPH_NONE && g->steps.p[step].flags & STEP_PHONY &&
	       g->steps.p[step].nins > g->steps.p[step].norder;
}

static bool
is_new(const struct decide *d, uint32_t node)
{
	const struct digest old = old_digest(d, node);

	return digest_none(&old) && !digest_none(&d->s->digest[node]);
}

/* A file behind a phony step. */
static bool
leaf(struct search *w, uint32_t node)
{
	if (!(w->d->s->node_flags[node] & NODE_CHANGED))
		return false;
	if (w->named == NAMED) {
		w->more++;
		return true;
	}
	if (is_new(w->d, node))
		explain_node(w->out, WHY_FILE_NEW, w->step, node);
	else if (!explain_content(w, node))
		return false;
	w->named++;
	return true;
}

static void
search_push(struct search *w, uint32_t node)
{
	if (w->seen[node])
		return;
	w->seen[node] = 1;
	w->stack = vec_grow(w->stack, &w->cap, w->n + 1, sizeof(*w->stack));
	w->stack[w->n++] = node;
}

/* Everything behind the node that has not been seen to. */
static bool
behind(struct search *w, uint32_t node)
{
	const struct graph *g = w->d->s->g;
	const struct graph_step *st;
	bool said = false;

	search_push(w, node);
	while (w->n) {
		node = w->stack[--w->n];
		if (!stands_for(g, node)) {
			said |= leaf(w, node);
			continue;
		}
		st = &g->steps.p[g->nodes.p[node].producer];
		/* the first is to come off first */
		for (uint32_t i = graph_nneeded(st); i-- > 0;)
			search_push(w, graph_ids(g, st->ins)[i]);
	}
	return said;
}

/* What happened since before this build to the content of the step's inputs.
 * Of an input that a phony step stands for, the files behind it are named.
 * false: nothing is known to have happened. */
static bool
explain_changes(const struct decide *d, uint32_t step, struct reasons *out)
{
	const struct state *s = d->s;
	const struct graph_step *st = &s->g->steps.p[step];
	struct search w = { .d = d, .step = step, .out = out };
	uint32_t group = GRAPH_NONE;
	bool all = asked_all(s->g, step), said = false;

	w.seen = xcalloc(s->g->nodes.n + 1, 1);
	for (uint32_t i = 0; i < graph_ndeciding(st); i++) {
		uint32_t n = graph_deciding(s->g, st, i);

		if ((all && graph_assumed(s->g, step, n)) || w.seen[n] ||
		    !(s->node_flags[n] & NODE_CHANGED))
			continue;
		if (!stands_for(s->g, n)) {
			w.seen[n] = 1;
			said |= explain_content(&w, n);
		} else if (behind(&w, n)) {
			said = true;
		} else if (!is_new(d, n)) {
			group = n;
		}
	}
	if (w.more) {
		const struct reason more = {
			.why = WHY_FILES_MORE, .step = step,
			.node = GRAPH_NONE, .other = GRAPH_NONE,
			.count = w.more,
		};

		reasons_add(out, &more);
	}
	if (!said && group != GRAPH_NONE) {
		explain_node(out, WHY_FILE_GONE, step, group);
		said = true;
	}
	free(w.seen);
	free(w.stack);
	return said;
}

/* ---- what else there is ---- */

static bool
explain_makers(const struct decide *d, uint32_t step, struct reasons *out)
{
	const struct graph *g = d->s->g;
	const struct graph_step *st = &g->steps.p[step];
	bool all = asked_all(g, step);
	size_t before = out->n;

	for (uint32_t i = 0; i < graph_ndeciding(st); i++) {
		uint32_t n = graph_deciding(g, st, i);
		unsigned f = decide_maker(d, n);

		if (all && graph_assumed(g, step, n))
			continue;
		if (f & DECIDE_FORCED)
			explain_node(out, WHY_INPUT_FORCED, step, n);
		else if (f & DECIDE_RAN && (d->dry_run ||
		         d->s->node_flags[n] & NODE_CHANGED))
			explain_node(out, WHY_INPUT_RUNS, step, n);
	}
	return out->n != before;
}

/* The first output with this flag. */
static bool
explain_output(const struct decide *d, uint32_t step, enum reason_why why,
	unsigned flag, struct reasons *out)
{
	const struct graph *g = d->s->g;
	const struct graph_step *st = &g->steps.p[step];

	for (uint32_t i = 0; i < st->nouts; i++) {
		uint32_t n = graph_ids(g, st->outs)[i];

		if (!(d->s->node_flags[n] & flag))
			continue;
		explain_node(out, why, step, n);
		return true;
	}
	return false;
}

/* There is none. */
static void
explain_no_result(const struct decide *d, uint32_t step, struct reasons *out)
{
	struct reason r = {
		.why = WHY_OUTPUT_OLDER, .step = step, .other = GRAPH_NONE,
	};

	if (d->s->g->steps.p[step].flags & STEP_GENERATOR &&
	    decide_older(d->s, step, &r.node, &r.other)) {
		r.node_ns = d->s->sig[r.node].mtime_ns;
		r.other_ns = d->s->sig[r.other].mtime_ns;
		reasons_add(out, &r);
	} else {
		explain_node(out, WHY_NO_RESULT, step,
			graph_step_out(d->s->g, step));
	}
}

/* What its result alone tells. */
static bool
explain_result(const struct decide *d, uint32_t step, struct reasons *out)
{
	const struct graph *g = d->s->g;
	const struct result *last = &d->s->result[step];
	struct reason r = {
		.step = step, .node = graph_step_out(g, step),
		.other = GRAPH_NONE,
	};

	if (last->status == RESULT_NONE) {
		explain_no_result(d, step, out);
		return true;
	}
	if (!decide_good(last)) {
		r.why = WHY_BAD_RESULT;
		r.count = last->status;
	} else if (g->steps.p[step].flags & STEP_ALWAYS) {
		r.why = WHY_ALWAYS;
	} else if (decide_rerun(d, step)) {
		r.why = WHY_RERUN;
	} else if (last->command != store_command(d->s, step) &&
	           !(g->steps.p[step].flags & STEP_GENERATOR)) {
		r.why = WHY_COMMAND;
	} else if (decide_mixed(d->s, step)) {
		r.why = last->flags & RESULT_PARTS ? WHY_PARTS : WHY_COMPANY;
	} else if (digest_none(&last->key)) {
		r.why = WHY_CHANGED_MEANWHILE;
	} else {
		return false;
	}
	reasons_add(out, &r);
	return true;
}

static bool
explain_depfile(const struct decide *d, uint32_t step, struct reasons *out)
{
	struct buf dep = { 0 };
	struct file_sig sig;
	bool gone = decide_good(&d->s->result[step]) &&
	            deps_stay(d->s->g, step) &&
	            graph_binding(d->s->g, step, SYM_DEPFILE, GRAPH_RAW, &dep,
	                          NULL) == 1 &&
	            file_sig(AT_FDCWD, dep.p, &sig) == 0;

	if (gone)
		explain_node(out, WHY_DEPFILE_MISSING, step,
			deps_depfile(d->s->g, step));
	buf_release(&dep);
	return gone;
}

void
decide_explain(const struct decide *d, uint32_t step, struct reasons *out)
{
	bool said = explain_makers(d, step, out) ||
	            explain_output(d, step, WHY_OUTPUT_MISSING, NODE_MISSING,
	                           out);

	if (!said && explain_depfile(d, step, out))
		return;
	said = said || explain_result(d, step, out);
	if (d->s->result[step].status != RESULT_NONE)
		said |= explain_changes(d, step, out);
	if (!said && !explain_output(d, step, WHY_OUTPUT_CHANGED,
	    NODE_CHANGED, out))
		explain_node(out, WHY_INPUTS_OTHER, step,
			graph_step_out(d->s->g, step));
}
