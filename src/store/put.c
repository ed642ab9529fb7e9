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

enum {
	INLINE = 4096,          /* larger outputs are blobs of their own */
	TEXT = 256 * 1024,      /* who writes more is not stored */
};

static bool
looked_at(const struct state *s, uint32_t node)
{
	const uint8_t want = NODE_KNOWN | NODE_FRESH;

	return node < s->nnodes && (s->node_flags[node] & want) == want;
}

static bool
can_store(const struct store *st, const struct state *s, uint32_t step,
	const struct result *r)
{
	const struct graph_step *g = &s->g->steps.p[step];

	if (st->backend->read_only || g->flags & (STEP_NOCACHE | STEP_PHONY) ||
	    (r->status != RESULT_PASSED && r->status != RESULT_EMPTY))
		return false;
	for (uint32_t i = 0; i < g->nouts; i++) {
		uint32_t o = graph_ids(s->g, g->outs)[i];

		if (!looked_at(s, o) || !S_ISREG(s->sig[o].mode))
			return false;
	}
	for (uint32_t i = 0; i < g->nobs; i++)
		if (!looked_at(s, graph_ids(s->g, g->obs)[i]))
			return false;
	return true;
}

static void
fill_observed(const struct state *s, uint32_t step, struct variant *v,
	struct arena *a)
{
	const struct graph_step *g = &s->g->steps.p[step];

	v->nobs = g->nobs;
	v->obs = arena_calloc(a, (v->nobs + 1) * sizeof(*v->obs));
	for (uint32_t i = 0; i < v->nobs; i++) {
		uint32_t n = graph_ids(s->g, g->obs)[i];

		v->obs[i].path = graph_path(s->g, n);
		state_stands(s, n, &v->obs[i].digest);
	}
}

/* A small output as it is: 1, 0 if it is a symlink, -1. */
static int
read_small(const char *path, struct output *o, struct arena *a,
	struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
	struct digest d;
	ssize_t n;
	char *p;

	if (fd < 0)
		return errno == ELOOP ? 0 :
			err_set(err, "open %s: %s", path, strerror(errno));
	p = arena_text(a, o->size + 1);
	n = read(fd, p, o->size + 1);
	close(fd);
	if (n < 0)
		return err_set(err, "read %s: %s", path, strerror(errno));
	d = digest_of(p, (size_t)n);
	if ((uint64_t)n != o->size || !digest_eq(&d, &o->digest))
		return err_set(err, "%s changed before it was stored", path);
	o->bytes = p;
	o->flags |= OUTPUT_INLINE;
	return 1;
}

static int
store_large(struct store *st, const char *path, const struct file_sig *sig,
	const struct digest *d, struct err *err)
{
	struct stat s;

	if (lstat(path, &s) < 0)
		return err_set(err, "%s: %s", path, strerror(errno));
	if (!S_ISREG(s.st_mode))
		return 0;
	return st->backend->ops->put_blob(st->backend, path, sig, d, err) < 0
	     ? -1 : 1;
}

/* 1, 0 if an output is of no kind that is stored, -1. */
static int
fill_outputs(struct store *st, const struct state *s, uint32_t step,
	struct variant *v, struct arena *a, struct err *err)
{
	const struct graph_step *g = &s->g->steps.p[step];
	int r = 1;

	v->nouts = g->nouts;
	v->outs = arena_calloc(a, (v->nouts + 1) * sizeof(*v->outs));
	for (uint32_t i = 0; i < v->nouts && r == 1; i++) {
		uint32_t n = graph_ids(s->g, g->outs)[i];
		struct output *o = &v->outs[i];
		const char *path = graph_cpath(s->g, n);

		o->path = graph_path(s->g, n);
		o->digest = s->digest[n];
		o->size = s->sig[n].size;
		if (s->sig[n].mode & 0111)
			o->flags |= OUTPUT_EXEC;
		if (o->size <= INLINE)
			r = read_small(path, o, a, err);
		else
			r = store_large(st, path, &s->sig[n], &o->digest, err);
	}
	return r;
}

int
store_put(struct store *st, const struct state *s, uint32_t step,
	const struct digest *static_key, const struct result *r,
	struct str text, struct err *err)
{
	struct variant v = { .result = *r, .text = text };
	struct arena a = { 0 };
	struct digest action;
	int done;

	if (st->off || !can_store(st, s, step, r) || text.n > TEXT)
		return 0;
	v.result.flags &= RESULT_FLAKY;
	store_action(st, s, step, static_key, &action);
	fill_observed(s, step, &v, &a);
	if (st->said_put)
		err = NULL;
	done = fill_outputs(st, s, step, &v, &a, err);
	assumed_note(s, step, &v, &a);
	if (done == 1)
		place_note(st, &v, &a);
	if (done == 1 && st->backend->ops->put_entry(st->backend, &action, &v,
	                                             err) < 0)
		done = -1;
	if (done < 0)
		st->said_put = true;
	arena_release(&a);
	return done;
}
