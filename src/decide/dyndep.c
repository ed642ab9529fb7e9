/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/dyndep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ninja/dyndep.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/path.h"

uint32_t
dyndep_file(const struct graph *g, uint32_t step)
{
	struct buf b = { 0 };
	uint32_t node = GRAPH_NONE;

	if (g->steps.p[step].flags & STEP_DYNDEP &&
	    graph_binding(g, step, SYM_DYNDEP, GRAPH_RAW, &b, NULL) == 1) {
		b.n = path_fold(b.p, b.n);
		node = graph_find(g, buf_str(&b));
	}
	buf_release(&b);
	return node;
}

bool
dyndep_pending(const struct graph *g, uint32_t step)
{
	return (g->steps.p[step].flags & (STEP_DYNDEP | STEP_DYNDEP_DONE)) ==
	       STEP_DYNDEP;
}

struct load {
	struct graph *g;
	uint32_t node;          /* the dyndep file */
	uint32_t stray;         /* output of a step that has another one */
	uint32_t *said;         /* steps that were mentioned */
	size_t nsaid, cap;
};

static uint32_t
step_of(const struct load *l, struct str out)
{
	uint32_t n = graph_find(l->g, out);

	return n == GRAPH_NONE ? GRAPH_NONE : l->g->nodes.p[n].producer;
}

static bool
was_said(const struct load *l, uint32_t step)
{
	for (size_t i = 0; i < l->nsaid; i++)
		if (l->said[i] == step)
			return true;
	return false;
}

static int
on_target(void *ctx, struct str out, struct err *err)
{
	struct load *l = ctx;
	uint32_t step = step_of(l, out);

	if (step == GRAPH_NONE)
		return err_set(err, "no build statement exists for '%.*s'",
		               (int)out.n, out.p);
	if (was_said(l, step))
		return err_set(err, "multiple statements for '%.*s'",
		               (int)out.n, out.p);
	l->said = vec_grow(l->said, &l->cap, l->nsaid + 1, sizeof(*l->said));
	l->said[l->nsaid++] = step;
	return 0;
}

static uint32_t *
add_nodes(struct graph *g, const struct str *paths, size_t n)
{
	uint32_t *ids = xreallocarray(NULL, n + 1, sizeof(*ids));

	for (size_t i = 0; i < n; i++)
		ids[i] = graph_node_add(g, paths[i]);
	return ids;
}

static int
apply_build(void *ctx, const struct dyndep_build *b, struct err *err)
{
	struct load *l = ctx;
	uint32_t step = step_of(l, b->out), *outs, *ins;
	int r;

	if (dyndep_file(l->g, step) != l->node) {
		l->stray = graph_find(l->g, b->out);
		return 0;
	}
	if (!dyndep_pending(l->g, step))
		return 0;
	outs = add_nodes(l->g, b->outs, b->nouts);
	ins = add_nodes(l->g, b->ins, b->nins);
	r = graph_dyndep(l->g, step, outs, (uint32_t)b->nouts, ins,
	                 (uint32_t)b->nins, b->restat, err);
	free(outs);
	free(ins);
	return r;
}

/* Every step with this dyndep file must be mentioned in it. */
static int
check_said(const struct load *l, struct err *err)
{
	const struct graph *g = l->g;

	for (uint32_t i = 0; i < g->steps.n; i++)
		if (dyndep_pending(g, i) && !was_said(l, i) &&
		    dyndep_file(g, i) == l->node)
			return err_set(err, "'%s' not mentioned in its dyndep "
			               "file '%s'",
			               graph_cpath(g, graph_step_out(g, i)),
			               graph_cpath(g, l->node));
	if (l->stray != GRAPH_NONE)
		return err_set(err, "dyndep file '%s' mentions output '%s' "
		               "whose build statement does not have a dyndep "
		               "binding for the file",
		               graph_cpath(g, l->node),
		               graph_cpath(g, l->stray));
	return 0;
}

int
dyndep_read(struct graph *g, uint32_t node, struct err *err)
{
	static const struct dyndep_ops ops = {
		.target = on_target, .build = apply_build,
	};
	struct load l = { .g = g, .node = node, .stray = GRAPH_NONE };
	char *path = xstrdup(graph_cpath(g, node));
	struct buf text = { 0 };
	int r = file_read(path, &text, err);

	if (r == 0)
		r = err_set(err, "loading '%s': %s", path, strerror(ENOENT));
	buf_reserve(&text, 1);
	text.p[text.n] = '\0';
	if (r > 0)
		r = dyndep_parse(str_of(path), buf_str(&text), &ops, &l, err);
	if (r >= 0)
		r = check_said(&l, err);
	free(l.said);
	buf_release(&text);
	free(path);
	return r;
}
