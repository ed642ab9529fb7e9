/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/entry.h"
#include "store/internal.h"
#include "util/mem.h"

/* Reads the entry of an action; one that is broken is removed. */
static bool
read_entry(struct store *st, const struct digest *action, struct entry *out)
{
	struct buf path = { 0 }, file = { 0 };
	bool ok = false;
	int fd;

	store_path(st, "ac", action, "", &path);
	fd = open(path.p, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && file_read(path.p, &file, NULL) == 1) {
		ok = entry_unpack(out, action, file.p, file.n);
		if (ok)
			store_touch(st, fd);
		else
			entry_release(out);
		if (!ok && !st->read_only)
			unlink(path.p);
	}
	if (fd >= 0)
		close(fd);
	buf_release(&path);
	buf_release(&file);
	return ok;
}

static bool
fits(const struct state *s, uint32_t node, const struct observed *o)
{
	return s->node_flags[node] & NODE_KNOWN &&
	       digest_eq(&s->digest[node], &o->digest);
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

/* ---- outputs ---- */

/* An output on its way: tmp is empty if it is in place already. */
struct restore {
	struct buf tmp;
	bool written;
};

static bool
in_place(const struct state *s, uint32_t node, const struct output *o)
{
	return s->node_flags[node] & NODE_FRESH &&
	       s->node_flags[node] & NODE_KNOWN &&
	       S_ISREG(s->sig[node].mode) &&
	       digest_eq(&s->digest[node], &o->digest) &&
	       !(s->sig[node].mode & 0111) == !(o->flags & OUTPUT_EXEC);
}

static bool
restore_temp(struct store *st, const char *path, const struct output *o,
	struct restore *to)
{
	mode_t mode = o->flags & OUTPUT_EXEC ? 0777 : 0666;
	bool ok;
	int fd = store_temp(path, mode, &to->tmp);

	if (fd < 0)
		return false;
	to->written = true;
	if (o->flags & OUTPUT_INLINE) {
		struct digest d = digest_of(o->bytes, o->size);

		ok = digest_eq(&d, &o->digest) &&
		     write_all(fd, o->bytes, o->size) == 0;
	} else {
		ok = blob_get(st, &o->digest, o->size, fd) == 1;
	}
	return close(fd) == 0 && ok;
}

static bool
restore_rename(struct state *s, uint32_t node, const struct output *o,
	struct restore *from)
{
	struct file_sig sig;
	const char *path = graph_cpath(s->g, node);

	if (!from->written)
		return true;
	if (rename(from->tmp.p, path) < 0)
		return false;
	from->written = false;
	if (file_sig(AT_FDCWD, path, &sig) == 1 && sig.size == o->size)
		state_set(s, node, &sig, &o->digest);
	else
		state_stale(s, node);
	return true;
}

/* All outputs or, as far as it can be had, none. */
static bool
restore(struct store *st, struct state *s, uint32_t step,
	const struct variant *v)
{
	struct restore *to = xcalloc(v->nouts + 1, sizeof(*to));
	uint32_t *outs = xreallocarray(NULL, v->nouts + 1, sizeof(*outs));
	bool ok = true;

	memcpy(outs, graph_ids(s->g, s->g->steps.p[step].outs),
	       v->nouts * sizeof(*outs));
	for (uint32_t i = 0; i < v->nouts && ok; i++)
		ok = in_place(s, outs[i], &v->outs[i]) ||
		     restore_temp(st, graph_cpath(s->g, outs[i]), &v->outs[i],
		                  &to[i]);
	for (uint32_t i = 0; i < v->nouts && ok; i++)
		ok = restore_rename(s, outs[i], &v->outs[i], &to[i]);
	for (uint32_t i = 0; i < v->nouts; i++) {
		if (to[i].written)
			unlink(to[i].tmp.p);
		buf_release(&to[i].tmp);
	}
	ok = state_look(s, outs, v->nouts, NULL) == 0 && ok;
	for (uint32_t i = 0; i < v->nouts && ok; i++)
		ok = digest_eq(&s->digest[outs[i]], &v->outs[i].digest);
	free(to);
	free(outs);
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

static bool
try_variant(struct store *st, struct state *s, uint32_t step,
	const struct variant *v)
{
	uint32_t *nodes;
	bool ok;

	if (!outputs_fit(s, step, v))
		return false;
	nodes = xreallocarray(NULL, v->nobs + 1, sizeof(*nodes));
	ok = observed_fit(s, v, nodes) && restore(st, s, step, v);
	if (ok)
		graph_observe(s->g, step, nodes, v->nobs);
	free(nodes);
	return ok;
}

int
store_fetch(struct store *st, struct state *s, uint32_t step,
	const struct digest *static_key, struct result *r, struct buf *text)
{
	struct digest action;
	struct entry a;
	int hit = 0;

	if (s->g->steps.p[step].flags & (STEP_NOCACHE | STEP_PHONY))
		return 0;
	state_grow(s);
	store_action(st, s, step, static_key, &action);
	if (!read_entry(st, &action, &a))
		return 0;
	for (uint32_t i = 0; i < a.n && !hit; i++) {
		if (!try_variant(st, s, step, &a.variants[i]))
			continue;
		hit = 1;
		if (text)
			buf_addstr(text, a.variants[i].text);
		*r = a.variants[i].result;
		r->flags = (uint16_t)((r->flags & RESULT_FLAKY) |
		                      RESULT_CACHED);
		r->command = store_command(s, step);
		store_full_key(s, step, static_key, &r->key);
		store_outs(s, step, &r->outs);
	}
	entry_release(&a);
	return hit;
}
