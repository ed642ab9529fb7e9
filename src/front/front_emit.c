/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "front/internal.h"
#include "util/mem.h"

/* The statements of a Python repository. */

void
paths_add(struct paths *p, struct str path)
{
	p->v = vec_grow(p->v, &p->cap, p->n + 1, sizeof(*p->v));
	p->v[p->n++] = path;
}

struct str
front_file(const struct emit *e, uint32_t module)
{
	return e->f->d.files[e->f->m.v[module].file].path;
}

int
front_phony(struct emit *e, enum graph_kind kind, struct str of,
	struct str name, const struct paths *p, size_t nimplicit)
{
	struct ninja_var vars[] = {
		{ STR("tg_kind"), str_of(graph_kind_word(kind)) },
		{ kind == KIND_ENV ? STR("tg_python") : STR("tg_file"), of },
	};
	struct ninja_build b = {
		.rule = NINJA_PHONY, .scope = NINJA_ROOT_SCOPE,
		.outs = &name, .nouts = 1,
		.ins = p->v, .nins = p->n, .nimplicit = nimplicit,
		.vars = vars, .nvars = of.n ? 2 : 1,
	};

	return e->gb.ops.build(e->gb.b, &b, e->err);
}

static int
emit_all_statements(struct emit *e)
{
	struct front *f = e->f;

	if (front_pools(e) < 0)
		return -1;
	for (uint32_t i = 0; i < f->m.ngroups; i++)
		if (front_group(e, i) < 0)
			return -1;
	if (front_data(e) < 0 || front_rest(e) < 0 || front_envs(e) < 0)
		return -1;
	for (size_t i = 0; i < f->matrix.n; i++)
		if (front_tests(e, &f->matrix.rows[i]) < 0)
			return -1;
	return 0;
}

int
front_emit(struct front *f, struct graph *g, struct err *err)
{
	struct emit e = { .f = f, .err = err };
	char hex[DIGEST_HEX + 1];
	int r;

	digest_hex(&f->tools, hex);
	memcpy(e.tools, hex, sizeof(e.tools) - 1);
	e.group_node = xcalloc(f->m.ngroups + 1, sizeof(*e.group_node));
	e.data_node = xcalloc(f->p.npackages, sizeof(*e.data_node));
	e.plugins_collect = xcalloc(f->in.n, sizeof(*e.plugins_collect));
	f->ntests = 0;
	graph_build_begin(&e.gb, g);
	r = front_rules(&e, err);
	if (r == 0)
		r = emit_all_statements(&e);
	if (r == 0)
		r = graph_build_end(&e.gb, err);
	graph_build_release(&e.gb);
	for (size_t i = 0; i < e.ntexts; i++)
		buf_release(&e.texts[i]);
	free(e.texts);
	free(e.group_node);
	free(e.data_node);
	free(e.plugins_collect);
	free(e.user);
	map_release(&e.after);
	map_release(&e.made);
	return r;
}
