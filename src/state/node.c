/* SPDX-License-Identifier: Apache-2.0 */
#include "state/internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

void
id_list_add(struct id_list *l, uint32_t id)
{
	l->p = vec_grow(l->p, &l->cap, l->n + 1, sizeof(*l->p));
	l->p[l->n++] = id;
}

void
node_room(struct state *s, uint32_t n)
{
	struct state_private *p = s->priv;
	uint32_t cap = p->owned ? p->cap : s->nnodes;
	struct file_sig *sig;
	struct digest *digest;
	uint64_t *made;
	uint8_t *flags;

	if (p->owned && n <= cap)
		return;
	while (cap < n)
		cap = cap < 64 ? 64 : cap + cap / 2;
	sig = xcalloc(cap, sizeof(*sig));
	digest = xcalloc(cap, sizeof(*digest));
	made = xcalloc(cap, sizeof(*made));
	flags = xcalloc(cap, sizeof(*flags));
	if (s->nnodes) {
		memcpy(sig, s->sig, s->nnodes * sizeof(*sig));
		memcpy(digest, s->digest, s->nnodes * sizeof(*digest));
		memcpy(made, s->made, s->nnodes * sizeof(*made));
		memcpy(flags, s->node_flags, s->nnodes);
	}
	if (p->owned) {
		free(s->sig);
		free(s->digest);
		free(s->made);
		free(s->node_flags);
	}
	s->sig = sig;
	s->digest = digest;
	s->made = made;
	s->node_flags = flags;
	p->cap = cap;
	p->owned = true;
}

void
state_grow(struct state *s)
{
	if (s->g->nodes.n <= s->nnodes)
		return;
	node_room(s, s->g->nodes.n);
	s->nnodes = s->g->nodes.n;
}

static void
unverify(struct state *s, uint32_t step)
{
	if (step < s->nsteps && s->result[step].flags & RESULT_VERIFIED)
		s->result[step].flags &= (uint16_t)~RESULT_VERIFIED;
}

static void
unverify_users(struct state *s, uint32_t node)
{
	const struct graph_node *n = &s->g->nodes.p[node];
	const uint32_t *users = graph_ids(s->g, n->users);
	struct state_private *p = s->priv;

	unverify(s, n->producer);
	for (uint32_t i = 0; i < n->nusers; i++)
		unverify(s, users[i]);
	if (node >= p->loose_n)
		return;
	for (uint32_t at = p->loose[node]; at; at = p->pairs[at].next)
		unverify(s, p->pairs[at].step);
}

void
state_unverify_env(struct state *s)
{
	if (s->priv->env_names.n == 0)
		return;
	for (uint32_t i = 0; i < s->nsteps; i++)
		if (s->result[i].flags & RESULT_VERIFIED &&
		    graph_flag(s->g, i, SYM_TG_ENV))
			s->result[i].flags &= (uint16_t)~RESULT_VERIFIED;
}

void
node_set(struct state *s, uint32_t node, const struct file_sig *sig,
	const struct digest *digest, uint8_t flags)
{
	uint8_t *f = &s->node_flags[node];
	bool same = *f & flags & NODE_KNOWN &&
	            digest_eq(&s->digest[node], digest);

	if (!same) {
		s->digest[node] = *digest;
		*f |= NODE_CHANGED;
		unverify_users(s, node);
	}
	if ((!same || !file_sig_eq(&s->sig[node], sig) ||
	     (*f ^ flags) & (NODE_KNOWN | NODE_RACY)) && !(*f & NODE_DIRTY)) {
		*f |= NODE_DIRTY;
		id_list_add(&s->priv->dirty, node);
	}
	if (!file_sig_eq(&s->sig[node], sig)) {
		s->sig[node] = *sig;
		s->sig[node].pad = 0;
	}
	*f = (uint8_t)((*f & ~(NODE_KNOWN | NODE_RACY)) | flags);
}

void
state_made(struct state *s, uint32_t node, uint64_t run)
{
	uint8_t *f = &s->node_flags[node];

	if (s->made[node] == run)
		return;
	s->made[node] = run;
	*f |= NODE_CHANGED;
	if (!(*f & NODE_DIRTY)) {
		*f |= NODE_DIRTY;
		id_list_add(&s->priv->dirty, node);
	}
	unverify_users(s, node);
}

void
state_stands(const struct state *s, uint32_t node, struct digest *out)
{
	struct digester d;

	*out = s->digest[node];
	if (!s->made[node])
		return;
	digest_begin(&d);
	digest_add_field(&d, "made", 4);
	digest_add(&d, out->b, sizeof(out->b));
	digest_add(&d, &s->made[node], sizeof(s->made[node]));
	*out = digest_end(&d);
}

static void
loose_add(struct state *s, uint32_t node, uint32_t step)
{
	struct state_private *p = s->priv;

	if (node >= p->loose_n) {
		uint32_t n = s->g->nodes.n + s->g->nodes.n / 4;

		p->loose = xreallocarray(p->loose, n, sizeof(*p->loose));
		memset(p->loose + p->loose_n, 0,
		       (n - p->loose_n) * sizeof(*p->loose));
		p->loose_n = n;
	}
	if (p->npairs == 0)
		p->npairs = 1;
	p->pairs = vec_grow(p->pairs, &p->pairs_cap, p->npairs + 1,
	                    sizeof(*p->pairs));
	p->pairs[p->npairs] = (struct loose){ step, p->loose[node] };
	p->loose[node] = (uint32_t)p->npairs++;
}

void
node_loose(struct state *s, uint32_t step)
{
	const struct graph_step *st = &s->g->steps.p[step];

	if (!s->g->users_stale)
		return;
	for (uint32_t i = 0; i < st->nobs; i++)
		loose_add(s, graph_ids(s->g, st->obs)[i], step);
	if (!(st->flags & STEP_DYNDEP_DONE))
		return;
	for (uint32_t i = 0; i < st->nins; i++)
		loose_add(s, graph_ids(s->g, st->ins)[i], step);
}

void
node_loose_clear(struct state *s)
{
	struct state_private *p = s->priv;

	free(p->loose);
	free(p->pairs);
	p->loose = NULL;
	p->pairs = NULL;
	p->loose_n = 0;
	p->npairs = p->pairs_cap = 0;
}
