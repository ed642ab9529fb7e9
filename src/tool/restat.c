/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>

#include "decide/decide.h"
#include "store/store.h"
#include "tool/internal.h"
#include "util/path.h"

/* Is the step's result about its present command, and have all its inputs
 * digests that a key can be made of? */
static int
can_have_key(struct tool_env *env, uint32_t step, const struct result *r,
	struct err *err)
{
	struct state *s = &env->s->state;
	const struct graph *g = s->g;
	const struct graph_step *st = &g->steps.p[step];
	uint32_t i, node, made;

	if (st->flags & (STEP_TEST | STEP_DYNDEP) ||
	    r->command != store_command(s, step))
		return 0;
	if (state_look(s, graph_ids(g, st->ins), st->nins, err) != 0 ||
	    state_look(s, graph_ids(g, st->obs), st->nobs, err) != 0)
		return -1;
	for (i = 0; i < graph_ndeciding(st); i++) {
		node = graph_deciding(g, st, i);
		made = g->nodes.p[node].producer;
		if (s->node_flags[node] & NODE_MISSING ||
		    (made != GRAPH_NONE &&
		     g->steps.p[made].flags & STEP_PHONY))
			return 0;
	}
	return 1;
}

/* Outputs that are named and no older than their inputs were made from these
 * as they are now. */
static int
take_inputs(struct tool_env *env, uint32_t step, struct result *r,
	struct err *err)
{
	struct digest key;
	uint32_t out, in;
	int can = can_have_key(env, step, r, err);

	if (can <= 0 || decide_older(&env->s->state, step, &out, &in))
		return can;
	if (store_key(&env->s->state, step, &key, err) < 0)
		return -1;
	store_full_key(&env->s->state, step, &key, &r->key);
	return 0;
}

/* Somebody rewrote outputs without us and says that they are right: their
 * digests become those of the steps' results. What a generator step was made
 * from is forgotten too: times decide in the next build whether it is newer
 * than its inputs. Those of other steps are believed only if they are named,
 * since Meson calls the tool for all. */
static int
accept_step(struct tool_env *env, uint32_t step, bool named, struct err *err)
{
	struct state *s = &env->s->state;
	const struct graph_step *st = &s->g->steps.p[step];
	struct result r = s->result[step];
	uint32_t i, node;

	if ((st->flags & STEP_PHONY) ||
	    (r.status != RESULT_PASSED && r.status != RESULT_EMPTY))
		return 0;
	for (i = 0; i < st->nouts; i++)
		state_stale(s, graph_ids(s->g, st->outs)[i]);
	if (state_look(s, graph_ids(s->g, st->outs), st->nouts, err) != 0)
		return -1;
	for (i = 0; i < st->nouts; i++) {
		node = graph_ids(s->g, st->outs)[i];
		if (s->node_flags[node] & NODE_MISSING)
			return 0;
	}
	if (named && !(st->flags & STEP_GENERATOR) &&
	    take_inputs(env, step, &r, err) < 0)
		return -1;
	store_outs(s, step, &r.outs);
	r.flags &= (uint16_t)~(RESULT_VERIFIED | RESULT_AGAIN);
	if (st->flags & STEP_GENERATOR)
		r.key = (struct digest){ 0 };
	return state_record(s, step, &r, err);
}

static int
accept_all(struct tool_env *env, struct err *err)
{
	uint32_t i;

	for (i = 0; i < env->s->state.g->steps.n; i++)
		if (accept_step(env, i, false, err) != 0)
			return -1;
	return 0;
}

static int
accept_node(struct tool_env *env, uint32_t node, struct err *err)
{
	uint32_t step = node == GRAPH_NONE ? GRAPH_NONE
	                : env->s->graph->nodes.p[node].producer;

	return step == GRAPH_NONE ? 0 : accept_step(env, step, true, err);
}

/* Names that are unknown here are passed over, as ninja does, which asks no
 * manifest. */
static int
accept_named(struct tool_env *env, int n, char **names, struct err *err)
{
	struct buf path = { 0 };
	int r = 0;

	for (int i = 0; i < n && r == 0; i++) {
		buf_clear(&path);
		buf_adds(&path, names[i]);
		path.n = path_fold(path.p, path.n);
		r = accept_node(env, graph_find(env->s->graph, buf_str(&path)),
		                err);
	}
	buf_release(&path);
	return r;
}

/* The results that words of a Python repository mean. */
static int
accept_targets(struct tool_env *env, int n, char **words, struct err *err)
{
	struct targets t = { 0 };
	int r = tool_find_targets(env, words, n, &t, err);

	for (uint32_t i = 0; r == 0 && i < t.n; i++)
		if (accept_node(env, t.v[i], err) < 0)
			r = tool_fail(env, err);
	targets_release(&t);
	return r;
}

static int
accept_words(struct tool_env *env, int n, char **words, struct err *err)
{
	int r;

	if (n && env->s->python)
		return accept_targets(env, n, words, err);
	r = n ? accept_named(env, n, words, err) : accept_all(env, err);
	return r < 0 ? tool_fail(env, err) : EXIT_OK;
}

static int
restat_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	static const struct option longs[] = {
		{ "builddir", required_argument, NULL, 'b' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *builddir = NULL;
	int opt, r;

	while ((opt = tool_getopt(env, argc, argv, "h", longs)) != -1) {
		switch (opt) {
		case 'b': builddir = optarg; break;
		default: return tool_usage(env, opt != 'h');
		}
	}
	argc -= optind;
	argv += optind;
	if (env->s->o->dry_run)
		return EXIT_OK;
	r = tool_open_records(env->s, builddir, err);
	if (r < 0)
		return tool_fail(env, err);
	if (r == 0)
		return EXIT_OK;
	r = accept_words(env, argc, argv, err);
	if (r == 0 && state_save(&env->s->state, err) != 0)
		r = tool_fail(env, err);
	return r;
}

const struct tool tool_restat = {
	.name = "restat",
	.summary = "restats all outputs in the build log",
	.usage = "usage: %s -t restat [--builddir=DIR] [outputs]\n"
		"\n"
		"Takes the outputs, or all that are recorded, as right as "
		"they are on disk.\n"
		"With DIR only if that is the manifest's builddir.\n",
	.ninja_usage = "usage: %s -t restat [outputs]\n",
	.needs = TOOL_NOTHING,
	.words = true,
	.run = restat_run,
};
