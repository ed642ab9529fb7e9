/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/deps.h"

#include <stdlib.h>
#include <string.h>

#include "ninja/msvc.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/path.h"

/* ---- sets ---- */

enum { BITS = 64 };

static void
set_put(struct deps_set *s, uint32_t node)
{
	size_t word = node / BITS, was = s->words;

	if (word >= was) {
		s->bits = vec_grow(s->bits, &s->words, word + 1,
		                   sizeof(*s->bits));
		memset(s->bits + was, 0, (s->words - was) * sizeof(*s->bits));
	}
	if (s->bits[word] >> node % BITS & 1)
		return;
	s->bits[word] |= UINT64_C(1) << node % BITS;
	s->v = vec_grow(s->v, &s->cap, s->n + 1, sizeof(*s->v));
	s->v[s->n++] = node;
}

static bool
has(const struct deps_set *s, uint32_t node)
{
	return node / BITS < s->words &&
	       s->bits[node / BITS] >> node % BITS & 1;
}

static void
set_clear(struct deps_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		s->bits[s->v[i] / BITS] = 0;
	s->n = 0;
}

static void
set_release(struct deps_set *s)
{
	free(s->v);
	free(s->bits);
}

/* ---- all ---- */

void
deps_clear(struct deps *d)
{
	d->n = d->nanswers = 0;
	set_clear(&d->sure);
	set_clear(&d->wrote);
	set_clear(&d->early);
	d->unknown = false;
}

void
deps_release(struct deps *d)
{
	free(d->ids);
	set_release(&d->sure);
	set_release(&d->wrote);
	set_release(&d->early);
	free(d->answers);
	buf_release(&d->text);
	buf_release(&d->path);
	depfile_release(&d->file);
	*d = (struct deps){ 0 };
}

void
deps_add(struct deps *d, struct graph *g, struct str name)
{
	d->ids = vec_grow(d->ids, &d->cap, d->n + 1, sizeof(*d->ids));
	d->ids[d->n++] = graph_node_add(g, name);
}

void
deps_sure(struct deps *d, uint32_t node)
{
	set_put(&d->sure, node);
}

bool
deps_is_sure(const struct deps *d, uint32_t node)
{
	return has(&d->sure, node);
}

void
deps_early(struct deps *d, uint32_t node)
{
	set_put(&d->early, node);
}

bool
deps_is_early(const struct deps *d, uint32_t node)
{
	return has(&d->early, node);
}

void
deps_wrote(struct deps *d, uint32_t node)
{
	set_put(&d->wrote, node);
}

bool
deps_has_written(const struct deps *d, uint32_t node)
{
	return has(&d->wrote, node);
}

/* Folded into d->path. */
static struct str
deps_fold(struct deps *d, struct str name)
{
	buf_clear(&d->path);
	buf_addstr(&d->path, name);
	d->path.n = path_fold(d->path.p, d->path.n);
	return buf_str(&d->path);
}

bool
deps_transient(const struct graph *g, uint32_t step)
{
	return g->steps.p[step].flags & STEP_DEPS_GCC;
}

bool
deps_stay(const struct graph *g, uint32_t step)
{
	const unsigned kinds = STEP_DEPFILE | STEP_DEPS_GCC | STEP_DEPS_MSVC |
	                       STEP_TEST;

	return (g->steps.p[step].flags & kinds) == STEP_DEPFILE;
}

uint32_t
deps_depfile(const struct graph *g, uint32_t step)
{
	uint32_t node = GRAPH_NONE;
	struct buf name = { 0 };

	if (deps_stay(g, step) &&
	    graph_binding(g, step, SYM_DEPFILE, GRAPH_RAW, &name, NULL) == 1) {
		name.n = path_fold(name.p, name.n);
		node = graph_find(g, buf_str(&name));
	}
	buf_release(&name);
	return node;
}

/* One that the step names as its output is looked at as such. */
static void
add_depfile(struct deps *d, struct graph *g, uint32_t step, struct str name)
{
	uint32_t node = graph_node_add(g, name);

	if (g->nodes.p[node].producer != step)
		deps_add(d, g, name);
}

/* A depfile that stays and is not taken in by deps = gcc has to be about the
 * step: ninja's rules. */
static int
check_targets(struct deps *d, const struct graph *g, uint32_t step,
	const char *depfile, struct err *err)
{
	const struct graph_step *s = &g->steps.p[step];

	for (size_t i = 0; i < d->file.nouts; i++) {
		struct str name = deps_fold(d, d->file.outs[i]);
		uint32_t n = graph_find(g, name);

		if (i == 0 && n != graph_step_out(g, step)) {
			d->unknown = true;
			return 0;
		}
		if (n == GRAPH_NONE || g->nodes.p[n].producer != step)
			return err_set(err, "%s: depfile mentions '%.*s' as an "
			               "output, but no such output was declared",
			               depfile, (int)name.n, name.p);
	}
	if (d->file.nouts == 0)
		d->unknown = s->nouts != 0;
	return 0;
}

static int
read_depfile(struct deps *d, struct graph *g, uint32_t step, struct err *err)
{
	struct buf name = { 0 };
	bool gcc = deps_transient(g, step);
	int r = graph_binding(g, step, SYM_DEPFILE, GRAPH_RAW, &name, err);

	if (r == 0 && gcc)
		r = err_set(err, "edge with deps=gcc but no depfile makes no "
		            "sense");
	if (r <= 0)
		goto out;
	buf_clear(&d->text);
	r = file_read(name.p, &d->text, err);
	if (r == 0)
		d->unknown = !gcc;
	if (r <= 0)
		goto out;
	buf_reserve(&d->text, 1);
	r = depfile_parse(&d->file, d->text.p, d->text.n, err);
	if (r == 0 && !gcc)
		r = check_targets(d, g, step, name.p, err);
	for (size_t i = 0; i < d->file.nins && r == 0; i++)
		if (d->file.ins[i].n)
			deps_add(d, g, deps_fold(d, d->file.ins[i]));
	if (r == 0 && deps_stay(g, step))
		add_depfile(d, g, step, deps_fold(d, buf_str(&name)));
out:
	buf_release(&name);
	return r < 0 ? -1 : 0;
}

struct include {
	struct deps *d;
	struct graph *g;
};

static int
on_include(void *ctx, struct str path, struct err *err)
{
	struct include *i = ctx;

	(void)err;
	deps_add(i->d, i->g, path);
	return 0;
}

static int
read_msvc(struct deps *d, struct graph *g, uint32_t step, struct buf *output,
	struct err *err)
{
	struct include ctx = { d, g };
	struct buf prefix = { 0 }, rest = { 0 };
	int r = graph_binding(g, step, SYM_MSVC_DEPS_PREFIX, GRAPH_RAW,
	                      &prefix, err);

	if (r >= 0)
		r = msvc_filter(buf_str(output), buf_str(&prefix), &rest,
		                on_include, &ctx, err);
	if (r >= 0) {
		buf_release(output);
		*output = rest;
	} else {
		buf_release(&rest);
	}
	buf_release(&prefix);
	return r < 0 ? -1 : 0;
}

static int
unknown_kind(const struct graph *g, uint32_t step, struct err *err)
{
	struct buf kind = { 0 };
	int r = graph_binding(g, step, SYM_DEPS, GRAPH_RAW, &kind, err);

	if (r == 1)
		r = err_set(err, "unknown deps type '%s'", kind.p);
	buf_release(&kind);
	return r;
}

int
deps_read(struct deps *d, struct graph *g, uint32_t step, struct buf *output,
	struct err *err)
{
	unsigned flags = g->steps.p[step].flags;

	if (flags & STEP_DEPS_MSVC)
		return read_msvc(d, g, step, output, err);
	if (!(flags & STEP_DEPS_GCC) && unknown_kind(g, step, err) < 0)
		return -1;
	if (flags & (STEP_DEPFILE | STEP_DEPS_GCC))
		return read_depfile(d, g, step, err);
	return 0;
}

void
deps_unseen_env(struct deps *d, struct graph *g, bool all)
{
	static const char *const names[] = {
		"TZ", "LC_COLLATE", "LC_MESSAGES", "LC_MONETARY", "LC_NUMERIC",
		"LC_TIME",
	};

	if (all)
		deps_add_env(d, g, STR("*"));
	for (size_t i = 0; !all && i < countof(names); i++)
		deps_add_env(d, g, str_of(names[i]));
}

void
deps_add_env(struct deps *d, struct graph *g, struct str name)
{
	buf_clear(&d->path);
	buf_adds(&d->path, "env:");
	buf_addstr(&d->path, name);
	deps_add(d, g, buf_str(&d->path));
}
