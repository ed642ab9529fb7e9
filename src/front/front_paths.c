/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "front/internal.h"
#include "util/mem.h"
#include "util/path.h"

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

struct str
front_graph_name(struct front *f, struct str abs)
{
	struct str root = str_of(f->o->root);

	if (!path_below(abs, root))
		return abs;
	if (abs.n == root.n)
		return STR(".");
	return (struct str){ abs.p + root.n + 1, abs.n - root.n - 1 };
}
