/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/text/reason.h"
#include "result/way.h"
#include "sched/sched.h"
#include "state/asked.h"
#include "store/store.h"
#include "tool/internal.h"
#include "util/mem.h"

/* A dry run tells of each step why it would run. Steps that would run only
 * because others do are not causes; of the others the reasons are printed and
 * the way from there to the target. */
struct why {
	struct tool_env *env;
	const struct graph *g;
	struct reasons *reasons;        /* by step; none: up to date */
	uint32_t nsteps;
	uint32_t *towards;      /* by step: the next step on the way to the
	                         * target, or itself at the target */
	uint32_t *queue;
};

static void
on_why(void *ctx, const struct reason *r)
{
	struct why *w = ctx;

	if (r->step < w->nsteps)
		reasons_add(&w->reasons[r->step], r);
}

static void
on_why_warn(void *ctx, enum warning_kind kind, struct str text)
{
	struct why *w = ctx;

	(void)kind;
	tool_warning(w->env, "%.*s", (int)text.n, text.p);
}

/* The steps that the target needs, nearest first, into queue; each knows the
 * way. */
static uint32_t
find_ways(struct why *w, uint32_t target)
{
	const struct graph *g = w->g;
	const struct graph_step *s;
	uint32_t head = 0, n = 0, i, node, step;

	for (i = 0; i < w->nsteps; i++)
		w->towards[i] = GRAPH_NONE;
	step = g->nodes.p[target].producer;
	if (step == GRAPH_NONE)
		return 0;
	w->towards[step] = step;
	w->queue[n++] = step;
	while (head < n) {
		s = &g->steps.p[w->queue[head++]];
		for (i = 0; i < graph_nall(s); i++) {
			node = graph_any(g, s, i);
			step = g->nodes.p[node].producer;
			if (step == GRAPH_NONE || step >= w->nsteps ||
			    w->towards[step] != GRAPH_NONE)
				continue;
			w->towards[step] = w->queue[head - 1];
			w->queue[n++] = step;
		}
	}
	return n;
}

/* What its inputs made dirty may have another command too: say so. */
static void
add_changed_command(struct why *w, uint32_t step)
{
	const struct state *s = &w->env->s->state;
	struct reasons *rs = &w->reasons[step];
	const struct reason r = {
		.why = WHY_COMMAND, .step = step, .other = GRAPH_NONE,
		.node = graph_step_out(w->g, step),
	};

	if (rs->n == 0 || s->result[step].status == RESULT_NONE ||
	    (w->g->steps.p[step].flags & (STEP_PHONY | STEP_GENERATOR)) ||
	    s->result[step].command == store_command(s, step))
		return;
	for (size_t i = 0; i < rs->n; i++)
		if (rs->v[i].why == WHY_COMMAND)
			return;
	reasons_add(rs, &r);
}

/* Does it just say that something another step makes will be new? */
static bool
consequence(const struct why *w, const struct reason *r)
{
	uint32_t from;

	if (r->why == WHY_INPUT_RUNS)
		return true;
	if (r->why != WHY_INPUT_CHANGED)
		return false;
	from = w->g->nodes.p[r->node].producer;
	return from < w->nsteps && w->reasons[from].n;
}

/* Prints the reasons of the step's own; false: there is none. */
static bool
print_reasons(const struct why *w, uint32_t step)
{
	const struct reasons *rs = &w->reasons[step];
	struct buf text = { 0 };
	bool any = false;

	for (size_t i = 0; i < rs->n; i++) {
		if (consequence(w, &rs->v[i]))
			continue;
		buf_clear(&text);
		reason_text(w->g, &rs->v[i], &text);
		fputs("  ", w->env->out);
		tool_put(w->env, buf_str(&text));
		fputc('\n', w->env->out);
		any = true;
	}
	buf_release(&text);
	return any;
}

/* The nearest changed file behind a phony node; by[node] is then whose input
 * a node on the way is. */
static uint32_t
file_behind(const struct why *w, uint32_t node, uint32_t *by)
{
	const struct graph *g = w->g;
	uint32_t *queue = xcalloc(g->nodes.n + 1, sizeof(*queue));
	uint32_t head = 0, n = 0, found = GRAPH_NONE;

	memset(by, 0xff, g->nodes.n * sizeof(*by));
	by[node] = node;
	queue[n++] = node;
	while (head < n && found == GRAPH_NONE) {
		uint32_t at = queue[head++], step = g->nodes.p[at].producer;
		const struct graph_step *s = &g->steps.p[step];

		if (step == GRAPH_NONE || !(s->flags & STEP_PHONY) ||
		    s->nins == s->norder) {
			found = at;
			break;
		}
		for (uint32_t i = 0; i < graph_nneeded(s); i++) {
			uint32_t in = graph_ids(g, s->ins)[i];

			if (by[in] != GRAPH_NONE ||
			    in >= w->env->s->state.nnodes ||
			    !(w->env->s->state.node_flags[in] & NODE_CHANGED))
				continue;
			by[in] = at;
			queue[n++] = in;
		}
	}
	free(queue);
	return found;
}

static bool
is_observed_by(const struct graph *g, const struct graph_step *s, uint32_t node)
{
	for (uint32_t i = 0; i < s->nobs; i++)
		if (graph_ids(g, s->obs)[i] == node)
			return true;
	return false;
}

/* A changed group of files that the step was assumed to need, if what changed in
 * it has been seen to be used: so there is a way to be told. */
static uint32_t
assumed_way(const struct why *w, uint32_t step)
{
	const struct graph *g = w->g;
	const struct graph_step *s = &g->steps.p[step];
	uint32_t *by = xcalloc(g->nodes.n + 1, sizeof(*by));
	uint32_t found = GRAPH_NONE;

	for (uint32_t i = 0; i < graph_nneeded(s) && found == GRAPH_NONE; i++) {
		uint32_t node = graph_ids(g, s->ins)[i], file;

		if (!graph_assumed(g, step, node) ||
		    graph_kind(g, node) != KIND_GROUP ||
		    !(w->env->s->state.node_flags[node] & NODE_CHANGED))
			continue;
		file = file_behind(w, node, by);
		if (file != GRAPH_NONE && is_observed_by(g, s, file))
			found = node;
	}
	free(by);
	return found;
}

/* The first input of the step that is another than it was and that no step in
 * need of a run makes. */
static uint32_t
changed_input(const struct why *w, uint32_t step)
{
	const struct graph *g = w->g;
	const struct graph_step *s = &g->steps.p[step];
	bool all = asked_all(g, step);
	uint32_t i, node, from;

	if (all && (node = assumed_way(w, step)) != GRAPH_NONE)
		return node;
	for (i = 0; i < graph_ndeciding(s); i++) {
		node = graph_deciding(g, s, i);
		if (all && graph_assumed(g, step, node))
			continue;
		from = g->nodes.p[node].producer;
		if (node < w->env->s->state.nnodes &&
		    (w->env->s->state.node_flags[node] & NODE_CHANGED) &&
		    (from == GRAPH_NONE || from >= w->nsteps ||
		     w->reasons[from].n == 0))
			return node;
	}
	return GRAPH_NONE;
}

/* What a person calls a node; test steps are called by their label. */
static void
put_name(const struct why *w, uint32_t node, struct buf *out)
{
	uint32_t step = w->g->nodes.p[node].producer;

	buf_clear(out);
	if (step != GRAPH_NONE && w->g->steps.p[step].flags & STEP_TEST) {
		graph_binding(w->g, step, SYM_TG_FILE, GRAPH_RAW, out, NULL);
		buf_adds(out, " (");
		graph_binding(w->g, step, SYM_TG_PYTHON, GRAPH_RAW, out, NULL);
		buf_adds(out, ")");
		if (out->n > 3)
			return;
	}
	buf_clear(out);
	reason_name(w->g, node, out);
}

/* "a.py -> b.py -> ": from the changed file to the step's input. */
static void
print_input(const struct why *w, uint32_t input)
{
	uint32_t *by = xcalloc(w->g->nodes.n + 1, sizeof(*by));
	uint32_t at = file_behind(w, input, by);
	struct buf name = { 0 }, last = { 0 };

	if (at == GRAPH_NONE)
		at = input;
	for (;; at = by[at]) {
		put_name(w, at, &name);
		if (!str_eq(buf_str(&name), buf_str(&last)))
			fprintf(w->env->out, "%s -> ", name.p);
		buf_clear(&last);
		buf_addstr(&last, buf_str(&name));
		if (at == input)
			break;
	}
	buf_release(&name);
	buf_release(&last);
	free(by);
}

static void
print_way(const struct why *w, uint32_t step, uint32_t target)
{
	uint32_t input = changed_input(w, step);
	FILE *to = w->env->out;
	struct buf name = { 0 };

	fputs("    ", to);
	if (input != GRAPH_NONE)
		print_input(w, input);
	while (w->towards[step] != step) {
		put_name(w, graph_step_out(w->g, step), &name);
		fprintf(to, "%s -> ", name.p);
		step = w->towards[step];
	}
	put_name(w, target, &name);
	fprintf(to, "%s\n", name.p);
	buf_release(&name);
}

/* How a test file was run last. */
static void
print_last(const struct why *w, uint32_t step)
{
	FILE *to = w->env->out;
	struct results r;
	struct way way;
	bool any = false;

	if (!(w->g->steps.p[step].flags & STEP_TEST) ||
	    !results_read(&r, w->g, step))
		return;
	if (way_read(&way, &r)) {
		fprintf(to, "  last run: by %s", way.kind);
		if (*way.of)
			fprintf(to, " of %s", way.of);
		if (*way.why)
			fprintf(to, ", because of %s", way.why);
		fprintf(to, ": %.0f ms", way_seconds(&way) * 1e3);
		for (int i = 0; i < WAY_PARTS; i++) {
			if (way.seconds[i] < 0.0005)
				continue;
			fprintf(to, "%s%s %.0f", any ? ", " : " (",
				way_parts[i], way.seconds[i] * 1e3);
			any = true;
		}
		fputs(any ? ")\n" : "\n", to);
	}
	if (w->env->s->state.result[step].flags & RESULT_WHOLE)
		fputs("  it is not split: it did not pass in parts, but did "
			"whole\n", to);
	results_release(&r);
}

/* What was not seen of the steps that the target needs. */
static void
print_unseen(const struct why *w, uint32_t n)
{
	struct buf text = { 0 };

	for (uint32_t i = 0; i < n; i++) {
		const struct graph_step *s = &w->g->steps.p[w->queue[i]];

		for (uint32_t k = 0; k < s->nobs; k++) {
			const struct reason r = {
				.why = WHY_UNSEEN, .step = w->queue[i],
				.node = graph_ids(w->g, s->obs)[k],
				.other = GRAPH_NONE,
			};

			if (!asked_after(graph_path(w->g, r.node),
			                 ASKED_UNSEEN).n)
				continue;
			buf_clear(&text);
			reason_text(w->g, &r, &text);
			fputs("  ", w->env->out);
			tool_put(w->env, buf_str(&text));
			fputc('\n', w->env->out);
		}
	}
	buf_release(&text);
}

static void
print_target(struct why *w, uint32_t target)
{
	uint32_t n = find_ways(w, target), i, dirty = 0, step;
	struct buf name = { 0 };

	for (i = 0; i < n; i++)
		dirty += w->reasons[w->queue[i]].n != 0;
	put_name(w, target, &name);
	if (w->g->nodes.p[target].producer == GRAPH_NONE)
		fprintf(w->env->out, "%s: no step makes it\n", name.p);
	else if (dirty == 0)
		fprintf(w->env->out, "%s: up to date\n", name.p);
	else
		fprintf(w->env->out, "%s: not up to date, %" PRIu32
			" %s to run\n", name.p, dirty,
			dirty == 1 ? "step" : "steps");
	buf_release(&name);
	if (n)
		print_last(w, w->g->nodes.p[target].producer);
	qsort(w->queue, n, sizeof(*w->queue), tool_cmp_id);
	for (i = 0; i < n; i++) {
		step = w->queue[i];
		if (w->reasons[step].n && print_reasons(w, step))
			print_way(w, step, target);
	}
	print_unseen(w, n);
}

static int
ask_why(struct why *w, const uint32_t *nodes, uint32_t n, struct err *err)
{
	const struct sched_opts opts = {
		.jobs = 1, .dry_run = true, .explain = true,
		.jobserver = "off",
	};
	const struct build_events events = {
		.explain = on_why, .warn = on_why_warn,
	};
	struct build_counts counts = { 0 };
	int code = 0;

	switch (sched_build(&w->env->s->state, NULL, nodes, n, &opts, &events,
			w, &counts, &code, err)) {
	case SCHED_NOTHING:
	case SCHED_DONE:
	case SCHED_FAILED:
		err_release(err);
		return 0;
	case SCHED_INTERRUPTED:
		err_release(err);
		return code;
	case SCHED_ERROR:
		break;
	}
	return tool_fail(w->env, err);
}

static int
why_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	struct why w = { .env = env, .g = env->s->graph };
	struct targets t = { 0 };
	uint32_t i;
	int opt, r;

	while ((opt = tool_getopt(env, argc, argv, "h", NULL)) != -1)
		return tool_usage(env, opt != 'h');
	r = tool_find_targets(env, argv + optind, argc - optind, &t, err);
	if (r != 0)
		return r;
	w.nsteps = w.g->steps.n;
	w.reasons = xcalloc(w.nsteps + 1, sizeof(*w.reasons));
	w.towards = xcalloc(w.nsteps + 1, sizeof(*w.towards));
	w.queue = xcalloc(w.nsteps + 1, sizeof(*w.queue));
	r = ask_why(&w, t.v, t.n, err);
	for (i = 0; i < w.nsteps && i < env->s->state.nsteps; i++)
		add_changed_command(&w, i);
	for (i = 0; i < t.n && r == 0; i++)
		print_target(&w, t.v[i]);
	for (i = 0; i < w.nsteps; i++)
		reasons_release(&w.reasons[i]);
	free(w.reasons);
	free(w.towards);
	free(w.queue);
	targets_release(&t);
	return r;
}

const struct tool tool_why = {
	.name = "why",
	.summary = "say why targets are not up to date",
	.usage = "usage: %s -t why [targets]\n",
	.needs = TOOL_STATE,
	.words = true,
	.own = true,
	.run = why_run,
};
