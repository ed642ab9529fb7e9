/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/decide.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "decide/deps.h"
#include "decide/internal.h"
#include "state/asked.h"
#include "store/store.h"
#include "util/file.h"
#include "util/mem.h"

void
decide_init(struct decide *d, struct state *s)
{
	d->s = s;
	d->nsteps = s->g->steps.n;
	d->flags = xcalloc(d->nsteps, 1);
}

void
decide_keep_old(struct decide *d)
{
	struct state *s = d->s;

	d->nold = s->nnodes;
	d->old = xcalloc(d->nold, sizeof(*d->old));
	for (uint32_t i = 0; i < d->nold; i++)
		if (s->node_flags[i] & NODE_KNOWN)
			d->old[i] = s->digest[i];
}

void
decide_release(struct decide *d)
{
	free(d->flags);
	free(d->old);
	*d = (struct decide){ 0 };
}

void
decide_ran(struct decide *d, uint32_t step)
{
	d->flags[step] |= DECIDE_RAN;
	d->any = true;
}

unsigned
decide_maker(const struct decide *d, uint32_t node)
{
	uint32_t step = d->s->g->nodes.p[node].producer;

	return step == GRAPH_NONE ? 0 : d->flags[step];
}

static unsigned
input_flags(const struct decide *d, uint32_t step)
{
	const struct graph *g = d->s->g;
	const struct graph_step *st = &g->steps.p[step];
	unsigned all = 0;
	bool seen;

	if (!d->any)
		return 0;
	seen = asked_all(g, step);
	for (uint32_t i = 0; i < graph_ndeciding(st); i++) {
		uint32_t n = graph_deciding(g, st, i);

		if (!seen || !graph_assumed(g, step, n))
			all |= decide_maker(d, n);
	}
	return all;
}

bool
decide_outputs(const struct state *s, uint32_t step)
{
	const struct graph_step *st = &s->g->steps.p[step];

	for (uint32_t i = 0; i < st->nouts; i++)
		if (s->node_flags[graph_ids(s->g, st->outs)[i]] & NODE_MISSING)
			return false;
	return true;
}

/* ---- phony ---- */

static void
recheck_users(struct decide *d, uint32_t node)
{
	const struct graph *g = d->s->g;
	const struct graph_node *n = &g->nodes.p[node];

	for (uint32_t i = 0; i < n->nusers; i++)
		d->flags[graph_ids(g, n->users)[i]] |= DECIDE_RECHECK;
}

/* The output of a phony step with inputs: they decide, and if there is such a
 * file, its content too. */
static int
phony_output(struct decide *d, uint32_t node, const struct digest *merkle,
	struct err *err)
{
	struct state *s = d->s;
	const char *path = graph_cpath(s->g, node);
	struct digest both[2] = { *merkle }, digest = *merkle;
	struct file_sig sig;
	bool known = s->node_flags[node] & NODE_KNOWN;
	int r = file_sig(AT_FDCWD, path, &sig);

	if (r < 0)
		return err_set(err, "stat %s: %s", path, strerror(errno));
	if (r == 1) {
		if (S_ISREG(sig.mode) &&
		    digest_file(AT_FDCWD, path, &both[1], NULL, err) < 0)
			return -1;
		digest = digest_of(both, sizeof(both));
	}
	if (!known || !digest_eq(&digest, &s->digest[node]))
		recheck_users(d, node);
	state_set(s, node, r == 1 ? &sig : NULL, &digest);
	return 0;
}

/* Phony outputs without users need no digest, unless another step uses them
 * through a phony: then they have users. */
static bool
used(const struct graph *g, const struct graph_step *st)
{
	for (uint32_t i = 0; i < st->nouts; i++)
		if (g->nodes.p[graph_ids(g, st->outs)[i]].nusers)
			return true;
	return false;
}

int
decide_phony(struct decide *d, uint32_t step, struct err *err)
{
	struct state *s = d->s;
	const struct graph_step *st = &s->g->steps.p[step];
	unsigned in = input_flags(d, step);
	struct digest merkle;

	d->flags[step] |= in & (DECIDE_RAN | DECIDE_FORCED);
	if (st->nins == 0) {
		/* A source file, or a name that is always out of date. */
		if (!decide_outputs(s, step) && st->nvals == 0)
			d->flags[step] |= DECIDE_FORCED;
	}
	if (d->flags[step] & DECIDE_FORCED)
		d->any = true;
	if (st->nins == 0 || !used(s->g, st))
		return 0;
	if (s->result[step].flags & RESULT_VERIFIED &&
	    !(d->flags[step] & DECIDE_RECHECK))
		return 0;
	store_phony(s, step, &merkle);
	for (uint32_t i = 0; i < st->nouts; i++)
		if (phony_output(d, graph_ids(s->g, st->outs)[i], &merkle,
		                 err) < 0)
			return -1;
	if (!d->dry_run)
		state_verified(s, step);
	return 0;
}

/* ---- steps ---- */

bool
decide_older(const struct state *s, uint32_t step, uint32_t *out, uint32_t *in)
{
	const struct graph_step *st = &s->g->steps.p[step];
	int64_t newest = INT64_MIN, oldest = INT64_MAX;
	uint32_t depfile = deps_depfile(s->g, step);

	*out = graph_step_out(s->g, step);
	*in = GRAPH_NONE;
	for (uint32_t i = 0; i < graph_ndeciding(st); i++) {
		uint32_t n = graph_deciding(s->g, st, i);

		if (n != depfile && s->sig[n].mode &&
		    s->sig[n].mtime_ns > newest) {
			newest = s->sig[n].mtime_ns;
			*in = n;
		}
	}
	for (uint32_t i = 0; i < st->nouts; i++) {
		uint32_t n = graph_ids(s->g, st->outs)[i];

		if (s->sig[n].mtime_ns < oldest) {
			oldest = s->sig[n].mtime_ns;
			*out = n;
		}
	}
	return oldest < newest;
}

static bool
lacks_source(const struct state *s, uint32_t step)
{
	const struct graph_step *st = &s->g->steps.p[step];

	for (uint32_t i = 0; i < graph_ndeciding(st); i++) {
		uint32_t n = graph_deciding(s->g, st, i);

		if (s->g->nodes.p[n].producer == GRAPH_NONE &&
		    s->node_flags[n] & NODE_MISSING)
			return true;
	}
	return false;
}

/* A generator step without a result is as its times say, and that is taken
 * for its result: a generator (CMake) wrote them before we came. */
static int
adopt(struct decide *d, uint32_t step, const struct digest *static_key,
	struct err *err)
{
	struct result r = {
		.status = RESULT_PASSED, .flags = RESULT_ADOPTED,
		.command = store_command(d->s, step),
	};
	uint32_t out, in;

	if (!decide_outputs(d->s, step) || lacks_source(d->s, step) ||
	    decide_older(d->s, step, &out, &in))
		return 0;
	r.start_ns = d->s->sig[out].mtime_ns;
	if (d->dry_run)
		return 1;
	store_full_key(d->s, step, static_key, &r.key);
	store_outs(d->s, step, &r.outs);
	if (state_record(d->s, step, &r, err) < 0)
		return -1;
	state_verified(d->s, step);
	return 1;
}

/* A generator is told by times too: what has run in this build and wrote an
 * input of it anew, be it with the same content, wants it to run (CMake's check
 * of globs does that). */
static bool
told_to_run(const struct decide *d, uint32_t step)
{
	const struct state *s = d->s;
	const struct graph_step *st = &s->g->steps.p[step];
	uint32_t out, in;

	if (!d->any || !decide_older(s, step, &out, &in))
		return false;
	for (uint32_t i = 0; i < graph_ndeciding(st); i++) {
		uint32_t n = graph_deciding(s->g, st, i);

		if (decide_maker(d, n) & DECIDE_RAN && s->sig[n].mode &&
		    s->sig[n].mtime_ns > s->sig[out].mtime_ns)
			return true;
	}
	return false;
}

/* Somebody has run the generator by hand since: again times decide. */
static bool
made_since(const struct decide *d, uint32_t step)
{
	const struct result *r = &d->s->result[step];
	uint32_t out, in;

	decide_older(d->s, step, &out, &in);
	return d->s->sig[out].mtime_ns >
	       r->start_ns + (int64_t)r->duration_us * 1000;
}

static int
decide_compare(struct decide *d, uint32_t step, const struct digest *static_key,
	struct err *err)
{
	struct state *s = d->s;
	const struct graph_step *st = &s->g->steps.p[step];
	const struct result *r = &s->result[step];
	struct digest key, outs;

	if (st->flags & STEP_GENERATOR &&
	    (r->status == RESULT_NONE || (decide_good(r) &&
	     digest_none(&r->key) && !result_again(r))))
		return adopt(d, step, static_key, err);
	if (!decide_good(r) || digest_none(&r->key) || !decide_outputs(s, step) ||
	    (st->flags & STEP_GENERATOR && told_to_run(d, step)))
		return 0;
	store_full_key(s, step, static_key, &key);
	store_outs(s, step, &outs);
	if (!digest_eq(&key, &r->key) && st->flags & STEP_GENERATOR &&
	    r->command != store_command(s, step))
		/* Its command does not count: then times decide, as in
		 * ninja, since the key cannot tell it from the inputs. */
		return adopt(d, step, static_key, err);
	if (!digest_eq(&key, &r->key) || !digest_eq(&outs, &r->outs))
		return st->flags & STEP_GENERATOR && made_since(d, step)
		     ? adopt(d, step, static_key, err) : 0;
	if (!d->dry_run)
		state_verified(s, step);
	return 1;
}

bool
decide_mixed(const struct state *s, uint32_t step)
{
	unsigned had = s->result[step].flags & RESULT_COMPANY;
	struct buf wanted = { 0 };
	bool mixed;

	if (!had)
		return false;
	if (had & RESULT_PARTS)
		return !graph_flag(s->g, step, SYM_TG_SPLIT);
	mixed = graph_binding(s->g, step, SYM_TG_ISOLATION, GRAPH_RAW, &wanted,
	                      NULL) != 1 ||
	        !(str_is(buf_str(&wanted), "shared") ||
	          (had == RESULT_BATCH && str_is(buf_str(&wanted), "batch")));
	buf_release(&wanted);
	return mixed;
}

bool
decide_rerun(const struct decide *d, uint32_t step)
{
	unsigned flags = d->s->g->steps.p[step].flags;

	return d->rerun && (flags & STEP_TEST ||
	                    (d->every && !(flags & STEP_GENERATOR)));
}

bool
decide_forced(const struct decide *d, uint32_t step)
{
	return input_flags(d, step) & DECIDE_FORCED;
}

bool
decide_always(const struct decide *d, uint32_t step)
{
	return d->s->g->steps.p[step].flags & STEP_ALWAYS ||
	       decide_forced(d, step) || decide_rerun(d, step);
}

int
decide_step(struct decide *d, uint32_t step, struct digest *static_key,
	struct err *err)
{
	struct state *s = d->s;
	const struct graph_step *st = &s->g->steps.p[step];
	const struct result *r = &s->result[step];
	unsigned in = input_flags(d, step);
	bool never = decide_always(d, step) || decide_mixed(s, step);

	*static_key = (struct digest){ 0 };
	if (d->dry_run && in & DECIDE_RAN)
		return 0;
	if (!never && decide_good(r) && r->flags & RESULT_VERIFIED &&
	    !(d->flags[step] & DECIDE_RECHECK) &&
	    !(st->flags & (STEP_DYNDEP | STEP_GENERATOR)))
		return 1;
	if (store_key(s, step, static_key, err) < 0)
		return -1;
	return never ? 0 : decide_compare(d, step, static_key, err);
}
