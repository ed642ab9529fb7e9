/* SPDX-License-Identifier: Apache-2.0 */
#include "state/state.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/internal.h"
#include "state/variables.h"
#include "util/mem.h"

/* A journal above this is folded even if the run goes on. */
static const uint64_t JOURNAL_MAX = UINT64_C(64) << 20;
/* One below this is not worth a new snapshot. */
static const uint64_t JOURNAL_MIN = UINT64_C(256) << 10;

static char *
file_name(const char *dir, const char *name, const char *end)
{
	struct buf b = { 0 };

	buf_addf(&b, "%s/%s%s", dir, name, end);
	return buf_detach(&b);
}

static struct state_private *
private_new(const char *dir, const char *name, enum state_mode mode)
{
	struct state_private *p = xcalloc(1, sizeof(*p));

	p->mode = mode;
	p->dir = xstrdup(dir);
	p->name = xstrdup(name);
	p->snap_path = file_name(dir, name, ".state");
	p->journal_path = file_name(dir, name, ".journal");
	p->lock_path = file_name(dir, name, ".lock");
	p->guest_path = file_name(dir, name, ".guest");
	p->lock_fd = p->journal_fd = p->guest_fd = -1;
	return p;
}

static void
private_clear_journal(struct state_private *p)
{
	p->names.n = p->numbers.n = 0;
	p->journal_sum = p->journal_size = 0;
	p->dirty.n = p->verified.n = 0;
}

/* The snapshot and its journal; a reader may meet them while a writer puts
 * new ones there, and then looks again. */
static int
load_records(struct state *s, struct graph *graph)
{
	for (int tries = 0; ; tries++) {
		if (!snapshot_open(s, graph))
			return 0;
		if (journal_replay(s) || is_host(s) ||
		    tries == 3)
			return 1;
		graph_release(graph);
		file_unmap(&s->priv->map);
		private_clear_journal(s->priv);
	}
}

/* A guest may outlive the run that it was of. */
static int
wait_for_guest(struct state_private *p, void (*waiting)(void *ctx, long pid),
	void *ctx, struct err *err)
{
	struct buf path = { 0 };
	int fd = -1, r = 0;

	guest_path(p->lock_path, p->level + 1, &path);
	if (access(path.p, F_OK) == 0)
		r = lock_take(path.p, p->mode == STATE_WAIT, waiting, ctx, &fd,
		              err);
	if (fd >= 0)
		close(fd);
	buf_release(&path);
	return r < 0 ? -1 : 0;
}

/* The lock, or if a run above us has it, that of its guests. */
static int
take_lock(struct state_private *p, void (*waiting)(void *ctx, long pid),
	void *ctx, struct err *err)
{
	struct buf path = { 0 };
	int r = 1;

	for (p->level = 0; r == 1 && p->level <= GUEST_DEEPEST; p->level++) {
		guest_path(p->lock_path, p->level, &path);
		if (p->level == 1)
			guest_waits(p, true);
		r = lock_take(path.p, p->mode == STATE_WAIT, waiting, ctx,
		              &p->lock_fd, err);
	}
	p->level--;
	if (p->level)
		guest_waits(p, false);
	if (r == 1)
		r = err_code(err, EXIT_ENV, "%u runs here were started by "
		             "each other's steps: they would never end",
		             GUEST_DEEPEST + 1);
	if (r == 0)
		r = wait_for_guest(p, waiting, ctx, err);
	buf_release(&path);
	return r;
}

int
state_open(struct state *s, struct graph *graph, const char *dir,
	const char *name, enum state_mode mode,
	void (*waiting)(void *ctx, long pid), void *ctx, struct err *err)
{
	struct state_private *p;

	if (mode != STATE_READ && dir_make(dir, err) < 0) {
		if (err)
			err->code = EXIT_ENV;
		return -1;
	}
	p = s->priv = private_new(dir, name, mode);
	if (mode != STATE_READ && take_lock(p, waiting, ctx, err) < 0) {
		state_close(s);
		return -1;
	}
	p->opened = p->lock_fd < 0 ? 0 : clock_now(&p->clock, p->lock_fd);
	if (!load_records(s, graph))
		return 0;
	state_check_env(s);
	if (p->level)
		guest_replay(s);
	state_guests(s, NULL, NULL);
	return 1;
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

static bool
file_current(struct state *s, const struct graph_file *f, struct file_sig *old)
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
		if (!file_current(s, &s->g->files.p[i], &s->priv->files[i]))
			return false;
	return true;
}

void
state_grow(struct state *s)
{
	if (s->g->nodes.n <= s->nnodes)
		return;
	node_room(s, s->g->nodes.n);
	s->nnodes = s->g->nodes.n;
}

/* ---- another graph ---- */

static void
carry_node(struct state *s, uint32_t to, const struct state *old, uint32_t from)
{
	s->sig[to] = old->sig[from];
	s->digest[to] = old->digest[from];
	s->made[to] = old->made[from];
	s->node_flags[to] = (uint8_t)(old->node_flags[from] &
		~(NODE_DIRTY | NODE_TODO));
}

static void
carry_observed(struct state *s, uint32_t to, const struct state *old,
	uint32_t from, struct id_list *ids)
{
	const struct graph_step *st = &old->g->steps.p[from];

	ids->n = 0;
	for (uint32_t i = 0; i < st->nobs; i++) {
		uint32_t o = graph_ids(old->g, st->obs)[i];

		id_list_add(ids, graph_node_add(s->g, graph_path(old->g, o)));
	}
	if (ids->n)
		graph_observe(s->g, to, ids->p, (uint32_t)ids->n);
}

/* What a dyndep file names is in the new graph before it is read again, so that
 * it keeps what it stands for. */
static void
carry_dyndep(struct state *s, const struct state *old, uint32_t from)
{
	const struct graph_step *st = &old->g->steps.p[from];

	if (!(st->flags & STEP_DYNDEP_DONE))
		return;
	for (uint32_t i = 0; i < st->nouts; i++)
		graph_node_add(s->g, graph_path(old->g,
			graph_ids(old->g, st->outs)[i]));
	for (uint32_t i = 0; i < st->nins; i++)
		graph_node_add(s->g, graph_path(old->g,
			graph_ids(old->g, st->ins)[i]));
}

static void
carry_steps(struct state *s, const struct state *old)
{
	struct id_list ids = { 0 };

	for (uint32_t i = 0; i < s->nsteps; i++) {
		uint32_t n, from;

		if (s->g->steps.p[i].nouts == 0)
			continue;
		n = graph_find(old->g, graph_path(s->g,
			graph_step_out(s->g, i)));
		if (n == GRAPH_NONE)
			continue;
		from = old->g->nodes.p[n].producer;
		if (from >= old->nsteps || graph_step_out(old->g, from) != n)
			continue;
		s->result[i] = old->result[from];
		s->result[i].flags &= (uint16_t)~RESULT_VERIFIED;
		carry_observed(s, i, old, from, &ids);
		carry_dyndep(s, old, from);
	}
	free(ids.p);
}

static void
carry_nodes(struct state *s, const struct state *old)
{
	for (uint32_t i = 0; i < s->nnodes; i++) {
		uint32_t from = graph_find(old->g, graph_path(s->g, i));

		if (from != GRAPH_NONE && from < old->nnodes)
			carry_node(s, i, old, from);
	}
}

static void
arrays_free(struct state *s, bool owned, bool result_owned)
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

static void
drop_extras(struct state_private *p)
{
	for (int i = 0; i < STATE_EXTRAS; i++) {
		free(p->extra_owned[i]);
		p->extra_owned[i] = NULL;
		p->extra[i] = (struct str){ 0 };
	}
}

static void
attach_file(struct state *s, uint32_t i)
{
	const struct graph *g = s->g;
	struct file_sig *sig = &s->priv->files[i];

	if (i < g->reads.n && S_ISREG(g->reads.p[i].sig.mode)) {
		*sig = g->reads.p[i].sig;
		sig->pad = clock_racy(&s->priv->clock,
			g->text.p + g->files.p[i].path, sig,
			g->reads.p[i].wall_ns);
	} else {
		file_current(s, &g->files.p[i], sig);
	}
}

/* What belongs to the graph besides nodes and steps. */
static void
attach_graph(struct state *s)
{
	struct state_private *p = s->priv;

	if (p->files_owned)
		free(p->files);
	p->nfiles = s->g->files.n;
	p->files = xcalloc(p->nfiles + 1, sizeof(*p->files));
	p->files_owned = true;
	for (uint32_t i = 0; i < p->nfiles; i++)
		attach_file(s, i);
	buf_clear(&p->env_names);
	env_declared(s->g, &p->env_names);
	environ_digest(buf_str(&p->env_names), &p->env);
	drop_extras(p);
	node_loose_clear(s);
	private_clear_journal(p);
	p->id = 0;
	p->base = 0;
	p->fold = true;
}

void
state_rebase(struct state *s, struct graph *g)
{
	struct state_private *p = s->priv;
	struct state old = *s;
	bool owned = p->owned, result_owned = p->result_owned;

	assert(g != old.g);
	s->g = g;
	s->sig = NULL;
	s->digest = NULL;
	s->made = NULL;
	s->node_flags = NULL;
	s->nnodes = 0;
	p->owned = false;
	s->nsteps = g->steps.n;
	s->result = xcalloc(s->nsteps + 1, sizeof(*s->result));
	p->result_owned = true;
	if (old.g)
		carry_steps(s, &old);
	node_room(s, g->nodes.n);
	s->nnodes = g->nodes.n;
	if (old.g)
		carry_nodes(s, &old);
	if (g->users_stale)
		graph_index_users(g);
	attach_graph(s);
	arrays_free(&old, owned, result_owned);
	if (p->level)
		guest_replay(s);
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
	s->result[step].pad = 0;
	for (uint32_t i = 0; i < st->nouts; i++)
		if (s->node_flags[outs[i]] & NODE_FRESH)
			s->node_flags[outs[i]] &= (uint8_t)~NODE_RACY;
	node_loose(s, step);
	if (r->flags & RESULT_VERIFIED)
		id_list_add(&p->verified, step);
	if (p->mode == STATE_READ)
		return 0;
	if (p->level)
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

/* ---- end ---- */

int
state_save(struct state *s, struct err *err)
{
	struct state_private *p = s->priv;
	uint64_t limit = p->snap_size / 4;
	bool news;

	if (!is_host(s) || !s->g)
		return 0;
	state_guests(s, NULL, NULL);
	if (limit < JOURNAL_MIN)
		limit = JOURNAL_MIN;
	news = p->dirty.n || p->verified.n || p->env_dirty || p->files_dirty;
	if (p->fold || p->id == 0 || (p->journal_broken && news) ||
	    p->journal_size + journal_pending(s) > limit)
		return snapshot_write(s, err);
	if (news && journal_sync(s, err) < 0)
		return snapshot_write(s, NULL);
	if (p->unsynced && fsync(p->journal_fd) < 0)
		return err_code(err, EXIT_ENV, "fsync %s: %s", p->journal_path,
		                strerror(errno));
	p->unsynced = false;
	return 0;
}

void
state_close(struct state *s)
{
	struct state_private *p = s->priv;

	if (!p)
		return;
	arrays_free(s, p->owned, p->result_owned);
	if (p->files_owned)
		free(p->files);
	drop_extras(p);
	node_loose_clear(s);
	free(p->names.p);
	free(p->numbers.p);
	free(p->dirty.p);
	free(p->verified.p);
	buf_release(&p->record);
	buf_release(&p->env_names);
	file_unmap(&p->map);
	if (p->journal_fd >= 0)
		close(p->journal_fd);
	if (p->guest_fd >= 0)
		close(p->guest_fd);
	if (p->lock_fd >= 0)
		close(p->lock_fd);
	free(p->dir);
	free(p->name);
	free(p->snap_path);
	free(p->journal_path);
	free(p->lock_path);
	free(p->guest_path);
	free(p);
	*s = (struct state){ 0 };
}
