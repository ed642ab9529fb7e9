/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <string.h>
#include <sys/stat.h>

#include "state/asked.h"
#include "state/variables.h"
#include "util/buf.h"
#include "util/hash.h"

/* A key is the digest of fields, each with its length before it, so that no
 * two lists of fields give the same bytes. The first names the version: raise
 * it, and STATE_VERSION in state/format.h, when anything here changes. */
static const char STATIC_TAG[] = "tgraph static key 2";
static const char FULL_TAG[] = "tgraph key 2";
static const char ASSUMED_TAG[] = "tgraph assumed 1";
static const char OUTS_TAG[] = "tgraph outputs 1";
static const char PHONY_TAG[] = "tgraph phony 1";

static void
add_number(struct buf *b, uint64_t n)
{
	for (int i = 0; i < 8; i++)
		buf_addc(b, (char)(n >> (8 * i)));
}

static void
add_field(struct buf *b, struct str s)
{
	add_number(b, s.n);
	buf_addstr(b, s);
}

static void
add_tag(struct buf *b, const char *tag)
{
	add_field(b, str_of(tag));
}

static struct digest
take_digest(struct buf *b)
{
	struct digest d = digest_of(b->p, b->n);

	buf_release(b);
	return d;
}

static bool
pseudo_phony(const struct state *s, uint32_t node)
{
	uint32_t p = s->g->nodes.p[node].producer;

	return p != GRAPH_NONE && s->g->steps.p[p].flags & STEP_PHONY &&
	       digest_none(&s->digest[node]);
}

static void
key_node(const struct state *s, struct buf *b, uint32_t node)
{
	struct digest d;

	state_stands(s, node, &d);
	/* Nobody gave it to the state: find it now. */
	if (pseudo_phony(s, node))
		store_phony(s, s->g->nodes.p[node].producer, &d);
	add_field(b, graph_path(s->g, node));
	buf_add(b, d.b, sizeof(d.b));
}

/* Path and digest of the explicit and implicit inputs: of those that are
 * assumed, or of the others. */
static void
add_inputs(const struct state *s, struct buf *b, uint32_t step, bool assumed)
{
	const struct graph_step *st = &s->g->steps.p[step];
	uint32_t n = graph_nneeded(st), count = 0;

	for (uint32_t i = 0; i < n; i++)
		count += graph_assumed(s->g, step,
			graph_ids(s->g, st->ins)[i]) == assumed;
	add_number(b, count);
	for (uint32_t i = 0; i < n && count; i++) {
		uint32_t node = graph_ids(s->g, st->ins)[i];

		if (graph_assumed(s->g, step, node) == assumed)
			key_node(s, b, node);
	}
}

static int
add_binding(const struct state *s, struct buf *b, uint32_t step, uint32_t sym,
	enum graph_expand how, struct err *err)
{
	struct buf value = { 0 };
	int r = graph_binding(s->g, step, sym, how, &value, err);

	if (r >= 0)
		add_field(b, buf_str(&value));
	buf_release(&value);
	return r;
}

static int
add_environment(const struct state *s, struct buf *b, uint32_t step,
	struct err *err)
{
	struct buf list = { 0 }, value = { 0 };
	struct str rest, name;
	int r = graph_binding(s->g, step, SYM_TG_ENV, GRAPH_RAW, &list, err);

	rest = buf_str(&list);
	while (r == 1 && env_next(&rest, &name)) {
		bool set = env_counts(name, &value);

		add_field(b, name);
		buf_addc(b, set ? '=' : '-');
		if (set)
			add_field(b, buf_str(&value));
	}
	buf_release(&list);
	buf_release(&value);
	add_field(b, STR("end"));
	return r;
}

static int
add_command(const struct state *s, struct buf *b, uint32_t step,
	struct err *err)
{
	int r;

	if (graph_flag(s->g, step, SYM_TG_KEY)) {
		buf_addc(b, 'k');
		r = add_binding(s, b, step, SYM_TG_KEY, GRAPH_RAW, err);
	} else {
		buf_addc(b, 'c');
		r = add_binding(s, b, step, SYM_COMMAND, GRAPH_SHELL, err);
	}
	if (r < 0 || !graph_flag(s->g, step, SYM_RSPFILE))
		return r;
	buf_addc(b, 'r');
	if (add_binding(s, b, step, SYM_RSPFILE, GRAPH_RAW, err) < 0)
		return -1;
	return add_binding(s, b, step, SYM_RSPFILE_CONTENT, GRAPH_SHELL, err);
}

int
store_key(const struct state *s, uint32_t step, struct digest *static_key,
	struct err *err)
{
	const struct graph_step *st = &s->g->steps.p[step];
	struct buf b = { 0 };

	*static_key = (struct digest){ 0 };
	add_tag(&b, STATIC_TAG);
	/* What was made unseen says nothing of what it was made from. */
	if (st->flags & (STEP_OBSERVE | STEP_TEST))
		add_field(&b, STR("observed"));
	if (add_command(s, &b, step, err) < 0 ||
	    add_environment(s, &b, step, err) < 0) {
		buf_release(&b);
		return -1;
	}
	add_number(&b, st->nouts);
	for (uint32_t i = 0; i < st->nouts; i++)
		add_field(&b, graph_path(s->g, graph_ids(s->g, st->outs)[i]));
	add_inputs(s, &b, step, false);
	*static_key = take_digest(&b);
	return 0;
}

void
store_assumed(const struct state *s, uint32_t step, struct digest *out)
{
	struct buf b = { 0 };

	add_tag(&b, ASSUMED_TAG);
	add_inputs(s, &b, step, true);
	*out = take_digest(&b);
}

void
store_full_key(const struct state *s, uint32_t step,
	const struct digest *static_key, struct digest *key)
{
	const struct graph_step *st = &s->g->steps.p[step];
	struct digest assumed;
	struct buf b = { 0 };

	add_tag(&b, FULL_TAG);
	buf_add(&b, static_key->b, sizeof(static_key->b));
	buf_addc(&b, asked_all(s->g, step) ? 's' : 'a');
	if (!asked_all(s->g, step)) {
		store_assumed(s, step, &assumed);
		buf_add(&b, assumed.b, sizeof(assumed.b));
	}
	for (uint32_t i = 0; i < st->nobs; i++)
		key_node(s, &b, graph_ids(s->g, st->obs)[i]);
	*key = take_digest(&b);
}

void
store_outs(const struct state *s, uint32_t step, struct digest *outs)
{
	const struct graph_step *st = &s->g->steps.p[step];
	struct digest there = digest_of("directory", 9);
	struct buf b = { 0 };

	add_tag(&b, OUTS_TAG);
	for (uint32_t i = 0; i < st->nouts; i++) {
		uint32_t n = graph_ids(s->g, st->outs)[i];

		/* Others may make files in it. */
		buf_add(&b, S_ISDIR(s->sig[n].mode) ? there.b
		                                    : s->digest[n].b,
		        DIGEST_SIZE);
	}
	*outs = take_digest(&b);
}

void
store_phony(const struct state *s, uint32_t step, struct digest *out)
{
	struct buf b = { 0 };

	add_tag(&b, PHONY_TAG);
	add_inputs(s, &b, step, false);
	*out = take_digest(&b);
}

uint32_t
store_command(const struct state *s, uint32_t step)
{
	struct buf b = { 0 };
	uint32_t h;

	graph_binding(s->g, step, SYM_COMMAND, GRAPH_SHELL, &b, NULL);
	if (s->g->steps.p[step].flags & STEP_RSPFILE) {
		buf_adds(&b, ";rspfile=");
		graph_binding(s->g, step, SYM_RSPFILE_CONTENT, GRAPH_SHELL, &b,
		              NULL);
	}
	h = (uint32_t)hash_bytes(buf_str(&b).p, b.n);
	buf_release(&b);
	return h;
}
