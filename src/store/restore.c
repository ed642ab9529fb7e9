/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec/loop.h"
#include "store/entry.h"
#include "store/internal.h"
#include "store/sink.h"
#include "store/temp.h"
#include "util/mem.h"
#include "util/os.h"

/* A fetch asks the backend one thing at a time: for the entry, then for the
 * blobs of the variant that fits, one after the other. A backend may answer
 * each at once or later; the functions below return STORE_LATER in that case,
 * and what follows is done from on_answer. */

enum { FAILURES = 3 };          /* after so many in a row: not asked again */

/* An output on its way. */
struct restore {
	struct buf tmp;
	bool written;           /* there is a file of this name */
};

struct fetching {
	struct store_fetch f;   /* first: it is what others see */
	struct store *st;
	struct state *s;
	uint32_t step;
	struct digest static_key;
	void (*done)(void *ctx);
	void *ctx;

	struct store_ask ask;
	struct err err;         /* the backend's */
	struct loop_timer timer;        /* its patience */
	bool later;             /* it was not answered at once */

	struct buf bytes;
	struct entry entry;
	bool has_entry;
	uint32_t at;            /* the variant in hand, of the entry's */
	uint32_t *nodes;        /* its observed inputs */
	struct restore *to;     /* by its outputs; NULL: no variant in hand */
	uint32_t out;           /* the output in hand */
	struct blob_sink sink;
};

/* ---- asking ---- */

static struct store_backend *
backend_of(const struct fetching *f)
{
	return f->st->backend;
}

/* Something is wrong with the backend, or with what it says. Whoever is asked
 * again and again in vain costs more than the steps. */
static enum store_answer
failed(struct fetching *f, const char *what)
{
	struct store *st = f->st;

	if (++st->failures >= FAILURES)
		st->off = true;
	if (!st->said_fetch)
		err_set(&f->f.err, "cache %s: %s; steps run instead",
		        st->backend->name, what);
	st->said_fetch = true;
	return STORE_FAILED;
}

static enum store_answer
told_answer(struct fetching *f, enum store_answer how)
{
	if (how == STORE_FAILED)
		failed(f, f->err.msg ? f->err.msg : "it cannot be asked");
	else if (how == STORE_MISS)
		f->st->failures = 0;
	err_release(&f->err);
	return how;
}

static enum store_answer
ask_backend(struct fetching *f, enum store_answer (*op)(struct store_backend *b,
	struct store_ask *ask))
{
	struct store_backend *b = backend_of(f);
	enum store_answer how = op(b, &f->ask);

	if (how == STORE_LATER) {
		f->later = true;
		if (b->patience)
			loop_set(f->ask.loop, &f->timer,
			         os_now() + b->patience);
	}
	return told_answer(f, how);
}

/* ---- the variant that fits ---- */

static bool
fits(const struct state *s, uint32_t node, const struct observed *o)
{
	struct digest now;

	state_stands(s, node, &now);
	return s->node_flags[node] & NODE_KNOWN && digest_eq(&now, &o->digest);
}

/* Do the observed inputs have these digests now? Fills nodes. Those that are
 * known already are compared first: most variants that do not fit need no
 * file to be looked at. */
static bool
observed_fit(struct state *s, const struct variant *v, uint32_t *nodes)
{
	uint32_t *look = xreallocarray(NULL, v->nobs + 1, sizeof(*look)), n = 0;
	bool ok = true;

	for (uint32_t i = 0; i < v->nobs && ok; i++) {
		nodes[i] = graph_find(s->g, v->obs[i].path);
		if (nodes[i] < s->nnodes && nodes[i] != GRAPH_NONE &&
		    s->node_flags[nodes[i]] & NODE_FRESH)
			ok = fits(s, nodes[i], &v->obs[i]);
	}
	for (uint32_t i = 0; i < v->nobs && ok; i++) {
		nodes[i] = graph_node_add(s->g, v->obs[i].path);
		state_grow(s);
		if (!(s->node_flags[nodes[i]] & NODE_FRESH))
			look[n++] = nodes[i];
	}
	if (ok && n)
		ok = state_look(s, look, n, NULL) == 0;
	for (uint32_t i = 0; i < v->nobs && ok; i++)
		ok = fits(s, nodes[i], &v->obs[i]);
	free(look);
	return ok;
}

/* Is it about the outputs that the step has? (They are in the key: anything
 * else is a broken entry.) */
static bool
outputs_fit(const struct state *s, uint32_t step, const struct variant *v)
{
	const struct graph_step *g = &s->g->steps.p[step];

	if (v->nouts != g->nouts || (v->result.status != RESULT_PASSED &&
	    v->result.status != RESULT_EMPTY))
		return false;
	for (uint32_t i = 0; i < v->nouts; i++)
		if (!str_eq(v->outs[i].path,
		            graph_path(s->g, graph_ids(s->g, g->outs)[i])))
			return false;
	return true;
}

/* ---- its outputs ---- */

static const struct variant *
variant_of(const struct fetching *f)
{
	return &f->entry.variants[f->at];
}

static uint32_t
out_node(const struct fetching *f, uint32_t i)
{
	return graph_ids(f->s->g, f->s->g->steps.p[f->step].outs)[i];
}

static bool
in_place(const struct state *s, uint32_t node, const struct output *o)
{
	return s->node_flags[node] & NODE_FRESH &&
	       s->node_flags[node] & NODE_KNOWN &&
	       S_ISREG(s->sig[node].mode) &&
	       digest_eq(&s->digest[node], &o->digest) &&
	       !(s->sig[node].mode & 0111) == !(o->flags & OUTPUT_EXEC);
}

/* The content of the output in hand has come, or not. What has come is believed
 * only if it is what it was asked for. */
static enum store_answer
blob_came(struct fetching *f, enum store_answer how)
{
	const struct output *o = &variant_of(f)->outs[f->out];

	bool written = close(f->sink.fd) == 0 && !f->sink.failed;

	f->sink.fd = -1;
	if (how != STORE_HIT)
		return how;
	if (!written)
		return STORE_MISS;
	if (!sink_is(&f->sink, &o->digest, o->size))
		return failed(f, "it gave wrong content");
	f->st->failures = 0;
	return STORE_HIT;
}

/* Writes the output in hand beside its place, unless it is there as it is to
 * be. */
static enum store_answer
restore_one(struct fetching *f)
{
	const struct output *o = &variant_of(f)->outs[f->out];
	uint32_t node = out_node(f, f->out);
	struct restore *to = &f->to[f->out];
	enum store_answer how;
	int fd;

	if (in_place(f->s, node, o))
		return STORE_HIT;
	fd = temp_open(graph_cpath(f->s->g, node),
	               o->flags & OUTPUT_EXEC ? 0777 : 0666, &to->tmp);
	if (fd < 0)
		return STORE_MISS;
	to->written = true;
	sink_init(&f->sink, fd, o->size);
	if (o->flags & OUTPUT_INLINE) {
		sink_add(&f->sink, o->bytes, o->size);
		how = STORE_HIT;
	} else {
		f->ask.digest = o->digest;
		f->ask.sink = &f->sink;
		how = ask_backend(f, backend_of(f)->ops->get);
	}
	return how == STORE_LATER ? how : blob_came(f, how);
}

static bool
move_into_place(struct fetching *f, uint32_t i)
{
	const struct output *o = &variant_of(f)->outs[i];
	struct restore *from = &f->to[i];
	uint32_t node = out_node(f, i);
	const char *path = graph_cpath(f->s->g, node);
	struct file_sig sig;

	if (!from->written) {
		/* It may have been another's turn since. */
		if (f->later)
			state_stale(f->s, node);
		return true;
	}
	if (rename(from->tmp.p, path) < 0)
		return false;
	from->written = false;
	if (file_sig(AT_FDCWD, path, &sig) == 1 && sig.size == o->size)
		state_set(f->s, node, &sig, &o->digest);
	else
		state_stale(f->s, node);
	return true;
}

/* Is it all as it was when the variant was chosen? */
static bool
still_fits(const struct fetching *f)
{
	const struct variant *v = variant_of(f);

	if (!f->later)
		return true;
	for (uint32_t i = 0; i < v->nobs; i++)
		if (!(f->s->node_flags[f->nodes[i]] & NODE_FRESH) ||
		    !fits(f->s, f->nodes[i], &v->obs[i]))
			return false;
	return outputs_fit(f->s, f->step, v);
}

/* All that is needed has come: all outputs are restored or, as far as it can be
 * had, none. */
static enum store_answer
move_all(struct fetching *f)
{
	const struct variant *v = variant_of(f);
	uint32_t *outs;
	bool ok = still_fits(f);

	if (!ok)
		return STORE_MISS;
	for (uint32_t i = 0; i < v->nouts && ok; i++)
		ok = move_into_place(f, i);
	outs = xreallocarray(NULL, v->nouts + 1, sizeof(*outs));
	for (uint32_t i = 0; i < v->nouts; i++)
		outs[i] = out_node(f, i);
	ok = state_look(f->s, outs, v->nouts, NULL) == 0 && ok;
	for (uint32_t i = 0; i < v->nouts && ok; i++)
		ok = digest_eq(&f->s->digest[outs[i]], &v->outs[i].digest);
	free(outs);
	return ok ? STORE_HIT : STORE_MISS;
}

/* From the output in hand on. */
static enum store_answer
restore_outputs(struct fetching *f)
{
	for (; f->out < variant_of(f)->nouts; f->out++) {
		enum store_answer how = restore_one(f);

		if (how != STORE_HIT)
			return how;
	}
	return move_all(f);
}

/* ---- the whole ---- */

static bool
begin_variant(struct fetching *f)
{
	const struct variant *v = variant_of(f);

	if (!outputs_fit(f->s, f->step, v) ||
	    !place_fits(f->st, &f->entry.variants[f->at]) ||
	    !assumed_fits(f->s, f->step, &f->entry.variants[f->at]))
		return false;
	f->nodes = xreallocarray(f->nodes, v->nobs + 1, sizeof(*f->nodes));
	if (!observed_fit(f->s, v, f->nodes))
		return false;
	f->to = xcalloc(v->nouts + 1, sizeof(*f->to));
	f->out = 0;
	return true;
}

/* Nothing of the variant in hand stays. */
static void
end_variant(struct fetching *f)
{
	if (!f->to)
		return;
	for (uint32_t i = 0; i < variant_of(f)->nouts; i++) {
		if (f->to[i].written)
			unlink(f->to[i].tmp.p);
		buf_release(&f->to[i].tmp);
	}
	free(f->to);
	f->to = NULL;
}

static enum store_answer
hit(struct fetching *f)
{
	const struct variant *v = variant_of(f);
	struct result *r = &f->f.result;

	graph_observe(f->s->g, f->step, f->nodes, v->nobs);
	*r = v->result;
	r->flags = (uint16_t)((r->flags & RESULT_FLAKY) | RESULT_CACHED);
	r->command = store_command(f->s, f->step);
	store_full_key(f->s, f->step, &f->static_key, &r->key);
	store_outs(f->s, f->step, &r->outs);
	f->f.text = v->text;
	return STORE_HIT;
}

/* how: what became of the variant in hand. One that fails, or lacks a blob, is
 * as if it were not there. */
static enum store_answer
go_on(struct fetching *f, enum store_answer how)
{
	while (how == STORE_MISS) {
		end_variant(f);
		if (++f->at == f->entry.n)
			return STORE_MISS;
		if (begin_variant(f))
			how = restore_outputs(f);
	}
	return how == STORE_HIT ? hit(f) : how;
}

static enum store_answer
entry_came(struct fetching *f, enum store_answer how)
{
	struct store_backend *b = backend_of(f);

	if (how != STORE_HIT)
		return how;
	f->has_entry = true;
	if (!entry_unpack(&f->entry, &f->ask.digest, f->bytes.p, f->bytes.n)) {
		if (!b->ops->drop)
			return failed(f, "it gave an entry that is none, or "
			              "that of something else");
		b->ops->drop(b, &f->ask.digest);
		return STORE_MISS;
	}
	f->st->failures = 0;
	f->at = UINT32_MAX;
	return go_on(f, STORE_MISS);
}

/* Is the question out, and an answer to come? */
static bool
waits(const struct fetching *f)
{
	return f->f.how == STORE_LATER;
}

static void
settle_fetch(struct fetching *f, enum store_answer how)
{
	if (how == STORE_LATER)
		return;
	end_variant(f);
	f->f.how = how == STORE_FAILED ? STORE_MISS : how;
	f->done(f->ctx);
}

static void
on_answer(struct store_ask *asked, enum store_answer how)
{
	struct fetching *f = asked->ctx;

	loop_unset(f->ask.loop, &f->timer);
	how = told_answer(f, how);
	if (!f->has_entry) {
		how = entry_came(f, how);
	} else {
		how = blob_came(f, how);
		if (how == STORE_HIT) {
			f->out++;
			how = restore_outputs(f);
		}
		how = go_on(f, how);
	}
	settle_fetch(f, how);
}

static void
give_up(struct fetching *f)
{
	backend_of(f)->ops->cancel(backend_of(f), &f->ask);
	loop_unset(f->ask.loop, &f->timer);
	if (f->sink.fd >= 0)
		close(f->sink.fd);
	f->sink.fd = -1;
}

static void
on_silence(void *ctx)
{
	struct fetching *f = ctx;

	give_up(f);
	f->st->off = true;
	settle_fetch(f, failed(f, "it does not answer"));
}

struct store_fetch *
store_fetch(struct store *st, struct state *s, uint32_t step,
	const struct digest *static_key, struct loop *loop,
	void (*done)(void *ctx), void *ctx)
{
	struct fetching *f = xcalloc(1, sizeof(*f));
	enum store_answer how;

	f->st = st;
	f->s = s;
	f->step = step;
	f->static_key = *static_key;
	f->done = done;
	f->ctx = ctx;
	if (st->off || s->g->steps.p[step].flags & (STEP_NOCACHE | STEP_PHONY))
		return &f->f;
	state_grow(s);
	f->ask = (struct store_ask){
		.entry = &f->bytes, .loop = loop, .answered = on_answer,
		.ctx = f, .err = &f->err,
	};
	f->timer = (struct loop_timer){ .due = on_silence, .ctx = f };
	f->sink.fd = -1;
	store_action(st, s, step, static_key, &f->ask.digest);
	how = entry_came(f, ask_backend(f, backend_of(f)->ops->find));
	if (how != STORE_LATER)
		end_variant(f);
	f->f.how = how == STORE_FAILED ? STORE_MISS : how;
	return &f->f;
}

void
store_fetch_free(struct store_fetch *fetch)
{
	struct fetching *f = (struct fetching *)fetch;

	if (!f)
		return;
	if (waits(f))
		give_up(f);
	end_variant(f);
	if (f->has_entry)
		entry_release(&f->entry);
	free(f->nodes);
	buf_release(&f->bytes);
	err_release(&f->f.err);
	err_release(&f->err);
	free(f);
}
