/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/stamp.h"

#include <sys/stat.h>

#include "util/buf.h"
#include "util/file.h"

static bool
is_empty(const struct state *s, uint32_t node)
{
	const uint8_t want = NODE_KNOWN | NODE_FRESH;

	return (s->node_flags[node] & (want | NODE_MISSING)) == want &&
	       S_ISREG(s->sig[node].mode) && s->sig[node].size == 0;
}

static bool
read_anew(const struct state *s, uint32_t node)
{
	struct digest none = digest_of("", 0);

	return digest_eq(&s->digest[node], &none);
}

static void
set(struct state *s, uint32_t node, const struct digest *key, bool time)
{
	struct file_sig sig = s->sig[node];
	struct buf b = { 0 };
	struct digest d;

	buf_adds(&b, "tgraph stamp 1");
	buf_add(&b, key->b, sizeof(key->b));
	if (time)
		buf_add(&b, &sig.mtime_ns, sizeof(sig.mtime_ns));
	d = digest_of(b.p, b.n);
	buf_release(&b);
	state_set(s, node, &sig, &d);
}

/* Results of tests are no stamps. */
static bool
may_stamp(const struct state *s, uint32_t step)
{
	return !(s->g->steps.p[step].flags & (STEP_TEST | STEP_PHONY));
}

void
stamp_outputs(struct state *s, uint32_t step, const struct digest *key,
	bool always)
{
	const struct graph_step *st = &s->g->steps.p[step];

	if (!may_stamp(s, step))
		return;
	for (uint32_t i = 0; i < st->nouts; i++) {
		uint32_t n = graph_ids(s->g, st->outs)[i];

		if (is_empty(s, n) &&
		    (!(st->flags & STEP_RESTAT) || read_anew(s, n)))
			set(s, n, key, always || digest_none(key));
	}
}

void
stamp_again(struct state *s, uint32_t step, const struct digest *key)
{
	const struct graph_step *st = &s->g->steps.p[step];

	if (!may_stamp(s, step))
		return;
	for (uint32_t i = 0; i < st->nouts; i++) {
		uint32_t n = graph_ids(s->g, st->outs)[i];

		if (is_empty(s, n) && read_anew(s, n))
			set(s, n, key, false);
	}
}
