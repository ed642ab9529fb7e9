/* SPDX-License-Identifier: Apache-2.0 */
#include "python/items/bindings.h"

#include <stdlib.h>

enum { DEPTH_MAX = 64 };

/* --- what a module binds ----------------------------------------------- */

static struct str
first_part(struct str dotted)
{
	const char *dot = memchr(dotted.p, '.', dotted.n);

	if (dot)
		dotted.n = (size_t)(dot - dotted.p);
	return dotted;
}

/* What is behind the first part and its dot. */
static struct str
rest_of(struct str dotted)
{
	size_t n = first_part(dotted).n;

	n += n < dotted.n;
	return (struct str){ dotted.p + n, dotted.n - n };
}

static uint32_t
owner_of(const struct scan *s, uint32_t owner)
{
	return owner == SCAN_MODULE ? s->ndefs : owner;
}

static uint32_t
add_imports(const struct scan *s, struct binding *v, uint32_t n)
{
	uint32_t i, j;

	for (i = 0; i < s->nimports; i++) {
		const struct scan_import *m = &s->imports[i];
		struct binding b = { .line = m->line, .pos = i,
			.owner = owner_of(s, m->owner) };

		if (m->flags & (IMPORT_DYNAMIC | IMPORT_STRING |
		    IMPORT_PLUGIN | IMPORT_TYPING))
			continue;
		if (m->flags & IMPORT_STAR) {
			b.kind = BIND_STAR;
			v[n++] = b;
		} else if (!(m->flags & IMPORT_FROM)) {
			b.kind = BIND_IMPORT;
			b.name = m->as.n ? m->as : first_part(m->module);
			v[n++] = b;
		}
		for (j = m->names.at; j < m->names.at + m->names.n; j++) {
			b.kind = BIND_FROM;
			b.from = j;
			b.name = s->names[j].as.n ? s->names[j].as
				: s->names[j].name;
			v[n++] = b;
		}
	}
	return n;
}

static int
by_place(const void *a, const void *b)
{
	const struct binding *x = a, *y = b;

	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->pos != y->pos)
		return x->pos < y->pos ? -1 : 1;
	return x->from < y->from ? -1 : x->from > y->from;
}

static void
collect_bindings(struct lookup *l, struct bindings *t)
{
	const struct scan *s = t->module.scan;
	size_t room = (size_t)s->ndefs + s->nassigns + s->nimports + s->nnames;
	uint32_t n = 0, i, owner = 0;

	t->v = arena_alloc(l->arena, (room + 1) * sizeof(*t->v));
	t->start = arena_alloc(l->arena,
		((size_t)s->ndefs + 2) * sizeof(*t->start));
	for (i = 0; i < s->ndefs; i++) {
		if (s->defs[i].flags & DEF_TYPING)
			continue;
		t->v[n++] = (struct binding){ .name = s->defs[i].name,
			.line = s->defs[i].line, .kind = BIND_DEF, .pos = i,
			.owner = owner_of(s, s->defs[i].parent) };
	}
	for (i = 0; i < s->nassigns; i++)
		t->v[n++] = (struct binding){ .name = s->assigns[i].name,
			.line = s->assigns[i].line, .kind = BIND_ASSIGN,
			.pos = i, .owner = owner_of(s, s->assigns[i].owner) };
	n = add_imports(s, t->v, n);
	qsort(t->v, n, sizeof(*t->v), by_place);
	for (i = 0; i <= n; i++) {
		while (owner <= s->ndefs + 1 &&
		       (i == n || t->v[i].owner >= owner))
			t->start[owner++] = i;
	}
	for (i = t->start[s->ndefs]; i < n; i++) {
		if (t->v[i].name.n)
			map_put(&t->last, t->v[i].name, NULL)->value = i + 1;
	}
}

const struct bindings *
bindings_of(struct lookup *l, const struct scan_module *m)
{
	struct bindings *t;

	for (t = l->modules; t; t = t->next) {
		if (t->module.scan == m->scan)
			return t;
	}
	t = arena_calloc(l->arena, sizeof(*t));
	t->module = *m;
	t->next = l->modules;
	l->modules = t;
	collect_bindings(l, t);
	return t;
}

void
lookup_release(struct lookup *l)
{
	struct bindings *t;

	for (t = l->modules; t; t = t->next)
		map_release(&t->last);
	l->modules = NULL;
}

/* --- what names mean --------------------------------------------------- */

const struct bindings *
bindings_import(struct lookup *l, const struct bindings *in, struct str module,
	uint32_t level)
{
	struct scan_module m = { 0 };

	if (!l->resolve || l->resolve(l->ctx, in->module.tag, module, level,
	    &m) != 1 || !m.scan)
		return NULL;
	return bindings_of(l, &m);
}

static struct str
joined(struct lookup *l, struct str a, struct str b)
{
	if (!a.n || !b.n)
		return a.n ? a : b;
	return arena_fmt(l->arena, "%.*s.%.*s", (int)a.n, a.p, (int)b.n, b.p);
}

static struct entity
external(struct str text)
{
	return (struct entity){ .kind = ENTITY_EXTERNAL, .text = text };
}

static struct entity find_dotted(struct lookup *l, const struct bindings *in,
	struct str dotted);

/* rest: names inside a class. */
static struct entity
find_inside(struct lookup *l, struct entity e, struct str rest)
{
	while (rest.n) {
		struct str name = first_part(rest);
		const struct binding *b, *end;
		struct entity next = { 0 };

		if (e.kind == ENTITY_MODULE)
			return find_dotted(l, e.in, rest);
		if (e.kind == ENTITY_EXTERNAL)
			return external(joined(l, e.text, rest));
		if (e.kind != ENTITY_CLASS)
			return (struct entity){ 0 };
		b = e.in->v + e.in->start[e.def];
		end = e.in->v + e.in->start[e.def + 1];
		if (!lookup_charge(l, (size_t)(end - b)))
			return next;
		for (; b < end; b++) {
			if (str_eq(b->name, name))
				next = binding_means(l, e.in, b);
		}
		e = next;
		rest = rest_of(rest);
	}
	return e;
}

static struct entity
module_entity(const struct bindings *t)
{
	return (struct entity){ .kind = ENTITY_MODULE, .in = t };
}

/* from M import NAME: an attribute of M, or its submodule. */
static struct entity
from_import(struct lookup *l, const struct bindings *in,
	const struct scan_import *m, struct str name)
{
	const struct bindings *t = bindings_import(l, in, m->module, m->level);
	struct entity e = { 0 };
	const struct bindings *sub;

	if (t)
		e = find_dotted(l, t, name);
	if (e.kind != ENTITY_UNKNOWN)
		return e;
	sub = bindings_import(l, in, joined(l, m->module, name), m->level);
	if (sub)
		return module_entity(sub);
	if (t || m->level)
		return e;
	return external(joined(l, m->module, name));
}

/* NAME = value: what value is, seen from where it stands. */
static struct entity
assigned(struct lookup *l, const struct bindings *in, const struct binding *b)
{
	const struct scan *s = in->module.scan;
	const struct scan_assign *a = &s->assigns[b->pos];
	struct entity e = { .kind = ENTITY_VALUE, .in = in, .def = b->pos };
	const struct binding *c, *found = NULL;

	if (a->value != VALUE_NAME || str_eq(a->text, b->name))
		return e;
	if (b->owner != s->ndefs &&
	    lookup_charge(l, (size_t)(b - in->v) - in->start[b->owner])) {
		struct str name = first_part(a->text);

		for (c = in->v + in->start[b->owner]; c < b; c++) {
			if (str_eq(c->name, name))
				found = c;
		}
	}
	if (found)
		return find_inside(l, binding_means(l, in, found),
			rest_of(a->text));
	return find_dotted(l, in, a->text);
}

struct entity
binding_means(struct lookup *l, const struct bindings *in,
	const struct binding *b)
{
	const struct scan *s = in->module.scan;
	struct entity e = { .in = in, .def = b->pos };
	const struct bindings *t;

	if (l->depth >= DEPTH_MAX || !lookup_charge(l, 1))
		return (struct entity){ 0 };
	l->depth++;
	switch (b->kind) {
	case BIND_DEF:
		e.kind = s->defs[b->pos].flags & DEF_CLASS ? ENTITY_CLASS
			: ENTITY_FUNCTION;
		break;
	case BIND_ASSIGN:
		e = assigned(l, in, b);
		break;
	case BIND_IMPORT:
		t = bindings_import(l, in, s->imports[b->pos].as.n ?
			s->imports[b->pos].module : b->name, 0);
		e = t ? module_entity(t) : external(s->imports[b->pos].as.n ?
			s->imports[b->pos].module : b->name);
		break;
	case BIND_FROM:
		e = from_import(l, in, &s->imports[b->pos],
			s->names[b->from].name);
		break;
	default:
		e.kind = ENTITY_UNKNOWN;
	}
	l->depth--;
	return e;
}

/* import a.b.c binds a: the longest a.b.c that is a module. */
static struct entity
through_import(struct lookup *l, const struct bindings *in, struct str dotted)
{
	struct str module = dotted;

	for (;;) {
		const struct bindings *t = bindings_import(l, in, module, 0);

		if (t) {
			size_t n = module.n + (module.n < dotted.n);

			return find_inside(l, module_entity(t), (struct str){
				dotted.p + n, dotted.n - n });
		}
		while (module.n && module.p[module.n - 1] != '.')
			module.n--;
		if (!module.n)
			return external(dotted);
		module.n--;
	}
}

static struct entity
through_stars(struct lookup *l, const struct bindings *in, struct str dotted)
{
	const struct scan *s = in->module.scan;
	struct entity e = { 0 };
	uint32_t i;

	if (!(s->flags & SCAN_STAR) || !lookup_charge(l, s->nimports))
		return e;
	for (i = 0; i < s->nimports; i++) {
		const struct bindings *t;

		if (!(s->imports[i].flags & IMPORT_STAR))
			continue;
		t = bindings_import(l, in, s->imports[i].module,
			s->imports[i].level);
		if (t && t != in)
			e = find_dotted(l, t, dotted);
		if (e.kind != ENTITY_UNKNOWN)
			return e;
	}
	return e;
}

static bool
is_builtin_base(struct str name)
{
	return str_is(name, "object") || str_is(name, "dict") ||
	       str_is(name, "list") || str_is(name, "tuple") ||
	       str_is(name, "str") || str_is(name, "int") ||
	       str_is(name, "float") || str_is(name, "bytes") ||
	       str_is(name, "set") || str_is(name, "type") ||
	       str_ends(name, "Exception") || str_ends(name, "Error");
}

static struct entity
find_dotted(struct lookup *l, const struct bindings *in, struct str dotted)
{
	struct str name = first_part(dotted);
	struct map_slot *slot = map_get(&in->last, name);
	struct entity e = { 0 };
	const struct binding *b;

	if (l->depth >= DEPTH_MAX || !lookup_charge(l, 1))
		return e;
	l->depth++;
	if (!slot) {
		e = through_stars(l, in, dotted);
		if (e.kind == ENTITY_UNKNOWN && is_builtin_base(dotted))
			e = external(dotted);
	} else {
		b = &in->v[slot->value - 1];
		if (b->kind == BIND_IMPORT &&
		    !in->module.scan->imports[b->pos].as.n)
			e = through_import(l, in, dotted);
		else
			e = find_inside(l, binding_means(l, in, b),
				rest_of(dotted));
	}
	l->depth--;
	return e;
}

struct entity
bindings_find(struct lookup *l, const struct bindings *in, struct str dotted)
{
	return find_dotted(l, in, dotted);
}
