/* SPDX-License-Identifier: Apache-2.0 */
#include "state/state.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>

#include "state/internal.h"
#include "state/variables.h"
#include "util/mem.h"

/* A journal above this is folded even if the run goes on. */
static const uint64_t JOURNAL_MAX = UINT64_C(64) << 20;

void
state_check_env(struct state *s)
{
	struct state_private *p = s->priv;
	struct digest now;

	environ_digest(buf_str(&p->env_names), &now);
	if (digest_eq(&now, &p->env))
		return;
	p->env = now;
	p->env_dirty = true;
	state_unverify_env(s);
}

bool
state_file_current(struct state *s, const struct graph_file *f,
	struct file_sig *old)
{
	const char *path = s->g->text.p + f->path;
	struct file_sig sig;
	struct digest digest;
	bool racy;

	if (file_sig(AT_FDCWD, path, &sig) != 1)
		return false;
	if (!old->pad && file_sig_eq(&sig, old))
		return true;
	if (content_digest(&s->priv->clock, path, false, &sig, &digest,
	                   &racy) != 1 ||
	    !digest_eq(&digest, &f->digest))
		return false;
	sig.pad = racy;
	if (!file_sig_eq(old, &sig) || old->pad != sig.pad)
		s->priv->files_dirty = true;
	*old = sig;
	return true;
}

bool
state_manifests_current(struct state *s)
{
	if (!s->g)
		return false;
	for (uint32_t i = 0; i < s->g->steps.n; i++)
		if (s->g->steps.p[i].flags & STEP_DYNDEP_DONE)
			return false;
	for (uint32_t i = 0; i < s->priv->nfiles; i++)
		if (!state_file_current(s, &s->g->files.p[i],
		                        &s->priv->files[i]))
			return false;
	return true;
}

/* ---- results ---- */

int
state_record(struct state *s, uint32_t step, const struct result *r,
	struct err *err)
{
	struct state_private *p = s->priv;
	const struct graph_step *st = &s->g->steps.p[step];
	const uint32_t *outs = graph_ids(s->g, st->outs);

	state_grow(s);
	s->result[step] = *r;
	for (uint32_t i = 0; i < st->nouts; i++)
		if (s->node_flags[outs[i]] & NODE_FRESH)
			s->node_flags[outs[i]] &= (uint8_t)~NODE_RACY;
	node_loose(s, step);
	if (r->flags & RESULT_VERIFIED)
		id_list_add(&p->verified, step);
	if (p->mode == STATE_READ)
		return 0;
	if (is_guest(s))
		return guest_record(s, step, err);
	if (!p->journal_broken) {
		if (p->id != 0 && p->journal_size < JOURNAL_MAX + p->snap_size)
			return journal_step(s, step, err);
		if (snapshot_write(s, err) == 0)
			return 0;
		p->journal_broken = p->fold = true;
		return -1;
	}
	p->fold = true;
	return 0;
}

void
state_verified(struct state *s, uint32_t step)
{
	if (s->result[step].flags & RESULT_VERIFIED)
		return;
	s->result[step].flags |= RESULT_VERIFIED;
	id_list_add(&s->priv->verified, step);
}

struct str
state_extra(const struct state *s, enum state_extra slot)
{
	assert(slot < STATE_EXTRAS);
	return s->priv->extra[slot];
}

void
state_set_extra(struct state *s, enum state_extra slot, struct str bytes)
{
	struct state_private *p = s->priv;
	char *copy;

	assert(slot < STATE_EXTRAS);
	if (str_eq(p->extra[slot], bytes))
		return;
	copy = xmemdup0(bytes.p, bytes.n);
	free(p->extra_owned[slot]);
	p->extra_owned[slot] = copy;
	p->extra[slot] = (struct str){ copy, bytes.n };
	p->fold = true;
}

/* ---- what it holds ---- */

void
state_drop_extras(struct state_private *p)
{
	for (int i = 0; i < STATE_EXTRAS; i++) {
		free(p->extra_owned[i]);
		p->extra_owned[i] = NULL;
		p->extra[i] = (struct str){ 0 };
	}
}

void
state_free_arrays(struct state *s, bool owned, bool result_owned)
{
	if (owned) {
		free(s->sig);
		free(s->digest);
		free(s->made);
		free(s->node_flags);
	}
	if (result_owned)
		free(s->result);
}
