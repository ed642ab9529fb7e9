/* SPDX-License-Identifier: Apache-2.0 */
#include "python/items/items.h"

#include <stdlib.h>
#include <string.h>

#include "python/items/internal.h"
#include "util/mem.h"

enum { BUDGET = 1 << 20 };

/* --- the module -------------------------------------------------------- */

/* NAME.__test__ = False somewhere in the module. */
static uint32_t
function_test_flag(struct collector *c, struct str name)
{
	const struct scan *s = c->module->module.scan;
	struct str text = arena_fmt(c->arena, "%.*s.__test__", (int)name.n,
		name.p);
	struct map_slot *slot = map_get(&c->module->last, text);
	const struct binding *b;

	if (!slot)
		return VALUE_STRING;    /* not set */
	b = &c->module->v[slot->value - 1];
	return b->kind == BIND_ASSIGN ? s->assigns[b->pos].value : VALUE_OTHER;
}

static void
module_function(struct collector *c, const struct binding *b,
	const struct entity *e)
{
	const struct scan_def *d = entity_def(e);
	uint32_t test = function_test_flag(c, b->name), flags;

	if (!item_is_function(d) || test == VALUE_FALSE)
		return;
	if (!item_function_name(c, b->name) &&
	    (c->rules->unittest || test == VALUE_STRING))
		return;
	flags = item_flags(c, e->in->module.scan, d);
	if (test == VALUE_OTHER)
		flags |= ITEM_MAYBE;
	item_add(c, (struct str){ 0 }, b->name, b->line, ITEM_FUNCTION, flags);
}

/* A name that is not a definition of the workspace. */
static void
module_other(struct collector *c, const struct binding *b,
	const struct entity *e)
{
	const struct scan *s = c->module->module.scan;

	if (!item_function_name(c, b->name) && !item_class_name(c, b->name))
		return;
	if (b->kind == BIND_ASSIGN) {
		uint32_t value = s->assigns[b->pos].value;

		if (value == VALUE_FALSE || value == VALUE_TRUE ||
		    value == VALUE_STRING)
			return;
		if (item_function_name(c, b->name))
			item_add(c, (struct str){ 0 }, b->name, b->line,
				ITEM_FUNCTION, ITEM_MAYBE | ITEM_DYNAMIC);
		else
			c->flags |= ITEMS_MORE;
	} else if (b->kind == BIND_FROM && !c->rules->own_only &&
		   e->kind != ENTITY_MODULE &&
		   !(e->kind == ENTITY_EXTERNAL &&
		     mro_is_testcase(e->text))) {
		c->flags |= ITEMS_MORE;
	}
}

static void
module_item(struct collector *c, const struct binding *b)
{
	struct entity e = binding_means(&c->lookup, c->module, b);
	bool foreign = e.in && e.in != c->module;

	if ((e.kind == ENTITY_FUNCTION || e.kind == ENTITY_CLASS) && foreign &&
	    c->rules->own_only && !c->rules->unittest)
		return;
	if (e.kind == ENTITY_FUNCTION)
		module_function(c, b, &e);
	else if (e.kind == ENTITY_CLASS)
		class_collect(c, e, b->name, &(struct where){
			.line = b->line });
	else
		module_other(c, b, &e);
}

/* Tests that `from M import *` brings. */
static void
star_items(struct collector *c, const struct binding *star, struct map *seen)
{
	const struct scan_import *m =
		&c->module->module.scan->imports[star->pos];
	const struct bindings *t = bindings_import(&c->lookup, c->module,
		m->module, m->level);
	const struct scan *s;
	uint32_t i;

	if (c->rules->own_only && !c->rules->unittest)
		return;
	if (!t) {
		c->flags |= ITEMS_MORE;
		return;
	}
	s = t->module.scan;
	if (s->flags & (SCAN_ALL | SCAN_STAR))
		c->flags |= ITEMS_MORE;
	for (i = t->start[s->ndefs]; i < t->start[s->ndefs + 1]; i++) {
		struct binding b = t->v[i];
		struct entity e;
		int added = 0;

		if (!b.name.n || b.name.p[0] == '_' ||
		    !lookup_charge(&c->lookup, 1))
			continue;
		map_put(seen, b.name, &added);
		if (!added)
			continue;
		e = binding_means(&c->lookup, t, &b);
		b.line = star->line;
		if (e.kind == ENTITY_FUNCTION)
			module_function(c, &b, &e);
		else if (e.kind == ENTITY_CLASS)
			class_collect(c, e, b.name, &(struct where){
				.line = star->line });
	}
}

static void
module_items(struct collector *c)
{
	const struct bindings *t = c->module;
	const struct scan *s = t->module.scan;
	struct map seen = { 0 };
	uint32_t i;

	for (i = t->start[s->ndefs]; i < t->start[s->ndefs + 1]; i++) {
		const struct binding *b = &t->v[i];
		int added = 0;

		if (b->kind == BIND_STAR) {
			star_items(c, b, &seen);
			continue;
		}
		if (!b->name.n)
			continue;
		map_put(&seen, b->name, &added);
		if (added)
			module_item(c, &t->v[map_get(&t->last, b->name)->value
				- 1]);
	}
	map_release(&seen);
}

static bool
module_parametrized(const struct scan *s)
{
	uint32_t i;

	for (i = 0; i < s->nmarks; i++) {
		if (s->marks[i].owner == SCAN_MODULE &&
		    str_is(s->marks[i].name, "parametrize"))
			return true;
	}
	return false;
}

static void
module_flags(struct collector *c, const struct scan *s)
{
	uint32_t i;

	if (s->flags & (SCAN_ERROR | SCAN_MAKES_NAMES))
		c->flags |= ITEMS_MORE;
	if (s->flags & SCAN_LOAD_TESTS)
		c->flags |= ITEMS_LOAD_TESTS;
	if (module_parametrized(s))
		c->all |= ITEM_PARAMETRIZED;
	for (i = s->hooks.at; i < s->hooks.at + s->hooks.n; i++) {
		if (str_is(s->texts[i], "pytest_generate_tests"))
			c->all |= ITEM_PARAMETRIZED;
		else if (str_starts(s->texts[i], "pytest_pycollect") ||
			 str_starts(s->texts[i], "pytest_collect"))
			c->flags |= ITEMS_MORE;
	}
}

void
scan_items(const struct scan_module *m, const struct scan_rules *rules,
	scan_resolve_fn *resolve, void *ctx, struct arena *a,
	struct scan_items *out)
{
	struct collector c = {
		.lookup = { .resolve = resolve, .ctx = ctx, .arena = a,
			.budget = BUDGET },
		.rules = rules, .arena = a,
	};

	*out = (struct scan_items){ 0 };
	if (m->scan->flags & SCAN_NOT_A_TEST && !rules->unittest) {
		out->flags = ITEMS_NONE;
		return;
	}
	c.module = bindings_of(&c.lookup, m);
	module_flags(&c, m->scan);
	module_items(&c);
	if (!c.lookup.budget)
		c.flags |= ITEMS_MORE;
	out->v = arena_alloc(a, (c.n + 1) * sizeof(*out->v));
	if (c.n)
		memcpy(out->v, c.v, c.n * sizeof(*c.v));
	out->n = (uint32_t)c.n;
	out->flags = c.flags;
	free(c.v);
	lookup_release(&c.lookup);
}
