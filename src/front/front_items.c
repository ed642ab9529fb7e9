/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "front/internal.h"
#include "python/index/record.h"
#include "python/items/items.h"
#include "util/mem.h"
#include "util/path.h"

/* The test items of a file, by its text alone. */

struct look {
	struct front *f;
	struct arena *arena;
	struct scan_module *full;       /* by module; scan NULL: not read yet */
};

/* The place of a module's record among the scanned files: extension modules
 * have none. */
static struct str
record_of(const struct front *f, uint32_t module)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < module; i++)
		n += !(f->m.v[i].flags & MODULE_EXT);
	return f->priv->files[n].record;
}

static const struct scan_module *
module_full(struct look *l, uint32_t id)
{
	struct scan_module *m = &l->full[id];
	struct scan *scan;
	struct str rec;

	if (m->scan)
		return m;
	scan = arena_calloc(l->arena, sizeof(*scan));
	if (!(l->f->m.v[id].flags & MODULE_EXT)) {
		rec = record_of(l->f, id);
		record_decode(rec.p, rec.n, l->arena, scan);
	}
	m->scan = scan;
	m->tag = m;
	return m;
}

/* Of the files that a name may mean, the module itself is the one found last:
 * its packages come before it. */
static int
resolve_for_items(void *ctx, const void *from, struct str module,
	uint32_t level, struct scan_module *out)
{
	struct look *l = ctx;
	struct modules *m = &l->f->m;
	uint32_t id = (uint32_t)((const struct scan_module *)from - l->full);
	uint32_t to = modules_lookup(m, id, module, level);

	if (to == MODULE_NONE)
		return 0;
	*out = *module_full(l, to);
	return 1;
}

static void
rules_of(const struct front_package *fp, bool pytest, struct scan_rules *r)
{
	*r = (struct scan_rules){
		.functions = fp->cfg.python_functions.v,
		.nfunctions = fp->cfg.python_functions.n,
		.classes = fp->cfg.python_classes.v,
		.nclasses = fp->cfg.python_classes.n,
		.unittest = !pytest,
		.own_only = !fp->cfg.collect_imported_tests,
	};
}

int
front_items(struct front *f, struct str path, bool pytest, struct arena *a,
	struct scan_items *out)
{
	uint32_t id = modules_find(&f->m, path);
	struct look l = { .f = f, .arena = a };
	struct scan_rules rules;

	*out = (struct scan_items){ 0 };
	if (id == MODULE_NONE)
		return 0;
	if (f->m.v[id].flags & MODULE_EXT) {
		out->flags = ITEMS_MORE;
		return 1;
	}
	l.full = arena_calloc(a, f->m.n * sizeof(*l.full));
	rules_of(&f->priv->pkg[f->m.v[id].package], pytest, &rules);
	scan_items(module_full(&l, id), &rules, resolve_for_items, &l,
	           a, out);
	return 1;
}
