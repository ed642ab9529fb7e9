/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "python/items/internal.h"
#include "util/mem.h"

/* The items of classes. */

enum { NEST_MAX = 16 };

/* An item for what name is bound to in class number i of m. */
static void
class_item(struct collector *c, const struct mro *m, uint32_t i,
	const struct binding *b, const struct where *at)
{
	const struct bindings *in = m->v[i].in;
	const struct scan *s = in->module.scan;
	bool unittest = m->flags & CLASS_UNITTEST;
	uint32_t kind = unittest ? ITEM_UNITTEST : ITEM_METHOD;
	uint32_t flags = at->flags | (i ? ITEM_INHERITED : 0);
	uint32_t line = at->line;
	struct entity e = binding_means(&c->lookup, in, b);
	bool named = unittest ? str_starts(b->name, "test")
		: item_function_name(c, b->name);

	if (in == c->module && !i && b->line)
		line = b->line;
	if (b->kind == BIND_ASSIGN && s->assigns[b->pos].conditional)
		flags |= ITEM_MAYBE;
	if (e.kind == ENTITY_FUNCTION && named) {
		const struct scan_def *d = entity_def(&e);

		if (!item_is_function(d))
			return;
		flags |= item_flags(c, e.in->module.scan, d);
		item_add(c, at->prefix, b->name, line, kind, flags);
	} else if (e.kind == ENTITY_CLASS && !unittest &&
		   !c->rules->unittest) {
		class_collect(c, e, b->name, &(struct where){
			.prefix = at->prefix, .line = line, .flags = flags,
			.nest = at->nest + 1 });
	} else if (named && b->kind == BIND_ASSIGN &&
		   (s->assigns[b->pos].value == VALUE_CALL ||
		    s->assigns[b->pos].value == VALUE_OTHER ||
		    s->assigns[b->pos].value == VALUE_NAME)) {
		item_add(c, at->prefix, b->name, line, kind,
			flags | ITEM_MAYBE | ITEM_DYNAMIC);
	}
}

/* Last binding of each name of class number i that no earlier class has; in
 * order of the name's first. */
static uint32_t
own_names(const struct mro *m, uint32_t i, struct map *seen,
	const struct binding **v)
{
	const struct bindings *in = m->v[i].in;
	uint32_t from = in->start[m->v[i].def];
	uint32_t to = in->start[m->v[i].def + 1], j, n = 0;

	for (j = from; j < to; j++) {
		const struct binding *b = &in->v[j];
		struct map_slot *slot;
		int added = 0;

		if (!b->name.n)
			continue;
		slot = map_put(seen, b->name, &added);
		if (added) {
			slot->value = i << 20 | n;
			v[n++] = b;
		} else if (slot->value >> 20 == i &&
			   (slot->value & 0xfffff) < n) {
			v[slot->value & 0xfffff] = b;
		}
	}
	return n;
}

static int
by_item_name(const void *a, const void *b)
{
	const struct scan_item *x = a, *y = b;

	return str_cmp(x->name, y->name);
}

static void
class_items(struct collector *c, const struct mro *m, const struct where *at)
{
	const struct binding **v[MRO_MAX];
	uint32_t n[MRO_MAX], i, j;
	struct map seen = { 0 };
	size_t from = c->n;

	for (i = 0; i < m->n; i++) {
		const struct bindings *in = m->v[i].in;
		size_t room = in->start[m->v[i].def + 1] -
			in->start[m->v[i].def];

		v[i] = arena_alloc(c->arena, (room + 1) * sizeof(*v[i]));
		n[i] = own_names(m, i, &seen, v[i]);
	}
	for (i = m->n; i > 0; i--) {
		for (j = 0; j < n[i - 1]; j++)
			class_item(c, m, i - 1, v[i - 1][j], at);
	}
	if (m->flags & CLASS_UNITTEST) {
		if (c->n > from)
			qsort(c->v + from, c->n - from, sizeof(*c->v),
				by_item_name);
		else if (map_get(&seen, STR("runTest")))
			item_add(c, at->prefix, STR("runTest"), at->line,
				ITEM_UNITTEST, at->flags);
	}
	map_release(&seen);
}

void
class_collect(struct collector *c, struct entity e, struct str name,
	const struct where *at)
{
	const struct scan_def *d = entity_def(&e);
	struct where here = *at;
	struct mro *m;
	bool set;
	uint32_t test;

	if (at->nest > NEST_MAX || !c->lookup.budget) {
		c->flags |= ITEMS_MORE;
		return;
	}
	m = xmalloc(sizeof(*m));
	mro_of(&c->lookup, m, e);
	test = mro_test_flag(m, &set);
	if (test == VALUE_FALSE || !c->lookup.budget)
		goto out;
	if (set && test != VALUE_TRUE)
		here.flags |= ITEM_MAYBE;
	if (!(m->flags & CLASS_UNITTEST)) {
		if (c->rules->unittest) {
			if (m->flags & CLASS_UNKNOWN)
				c->flags |= ITEMS_MORE;
			goto out;
		}
		if (m->flags & CLASS_UNKNOWN && !item_class_name(c, name))
			c->flags |= ITEMS_MORE;
		if (!item_class_name(c, name) && !set)
			goto out;
		if (m->flags & CLASS_INIT)
			goto out;
	}
	if (m->flags & CLASS_UNKNOWN) {
		/* its base may hold tests, or an __init__ */
		c->flags |= ITEMS_MORE;
		here.flags |= m->flags & CLASS_UNITTEST ? 0 : ITEM_MAYBE;
	}
	if (m->flags & CLASS_ABSTRACT || d->flags & DEF_CONDITIONAL)
		here.flags |= ITEM_MAYBE;
	if (d->flags & DEF_PARAMETRIZED)
		here.flags |= ITEM_PARAMETRIZED;
	if (d->flags & DEF_DYNAMIC)
		here.flags |= ITEM_DYNAMIC;
	here.prefix = at->prefix.n ? arena_fmt(c->arena, "%.*s::%.*s",
		(int)at->prefix.n, at->prefix.p, (int)name.n, name.p)
		: arena_dup(c->arena, name);
	class_items(c, m, &here);
out:
	free(m);
}
