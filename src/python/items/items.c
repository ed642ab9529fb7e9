/* SPDX-License-Identifier: Apache-2.0 */
#include "python/items/items.h"

#include <stdlib.h>

#include "python/items/bindings.h"
#include "text/glob.h"
#include "util/mem.h"

enum { MRO_MAX = 256, NEST_MAX = 16, BUDGET = 1 << 20 };

/* What the classes behind a class make of it. */
enum class_flags {
	CLASS_UNITTEST = 1u << 0,
	CLASS_UNKNOWN = 1u << 1, /* a base is not known */
	CLASS_INIT = 1u << 2,    /* has __init__ or __new__ */
	CLASS_ABSTRACT = 1u << 3,
};

/* A class and its bases, most derived first. */
struct mro {
	struct entity v[MRO_MAX];
	uint32_t n;
	uint32_t flags;          /* enum class_flags */
};

struct collector {
	struct lookup lookup;
	const struct names *module;
	const struct scan_rules *rules;
	struct arena *arena;
	struct scan_item *v;
	size_t n, cap;
	uint32_t flags;          /* enum scan_items_flags */
	uint32_t all;            /* item flags of every item */
};

/* --- patterns ---------------------------------------------------------- */

static bool
is_glob(struct str s)
{
	return memchr(s.p, '*', s.n) || memchr(s.p, '?', s.n) ||
	       memchr(s.p, '[', s.n);
}

static bool
matches(struct str name, const struct str *v, size_t n, const char *usual)
{
	size_t i;

	if (n == 0)
		return str_starts(name, usual);
	for (i = 0; i < n; i++) {
		if (name.n >= v[i].n && !memcmp(name.p, v[i].p, v[i].n))
			return true;
		if (is_glob(v[i]) && glob_fnmatch(v[i], name))
			return true;
	}
	return false;
}

static bool
function_name(struct collector *c, struct str name)
{
	if (c->rules->unittest)
		return false;
	return matches(name, c->rules->functions, c->rules->nfunctions,
		"test");
}

static bool
class_name(struct collector *c, struct str name)
{
	return matches(name, c->rules->classes, c->rules->nclasses, "Test");
}

/* --- classes ----------------------------------------------------------- */

static const struct scan_def *
def_of(const struct entity *e)
{
	return &e->in->module.scan->defs[e->def];
}

static bool
external_testcase(struct str name)
{
	return str_ends(name, "TestCase") || str_ends(name, "TestCaseMixin");
}

/* Bases outside the workspace that neither hold tests nor make instances in a
 * way that matters here. */
static bool
harmless(struct str name)
{
	static const char *const names[] = {
		"object", "abc.ABC", "typing.Generic", "typing.Protocol",
		"Generic", "Protocol", "ABC", "typing_extensions.Protocol",
	};
	size_t i;

	for (i = 0; i < countof(names); i++) {
		if (str_is(name, names[i]))
			return true;
	}
	return false;
}

/* Bases whose instances take arguments: pytest leaves such classes out. */
static bool
has_init(struct str name)
{
	static const char *const names[] = {
		"dict", "list", "tuple", "str", "int", "float", "bytes", "set",
		"type", "enum.Enum", "enum.IntEnum", "enum.Flag",
		"enum.IntFlag", "enum.StrEnum", "typing.NamedTuple",
		"typing.TypedDict", "threading.Thread", "ast.NodeVisitor",
	};
	size_t i;

	for (i = 0; i < countof(names); i++) {
		if (str_is(name, names[i]))
			return true;
	}
	return !memchr(name.p, '.', name.n) &&
	       (str_ends(name, "Exception") || str_ends(name, "Error"));
}

static void
note_external(struct mro *m, struct str name)
{
	if (external_testcase(name))
		m->flags |= CLASS_UNITTEST;
	else if (has_init(name))
		m->flags |= CLASS_INIT;
	else if (!harmless(name))
		m->flags |= CLASS_UNKNOWN;
}

static bool
same_class(const struct entity *a, const struct entity *b)
{
	return a->in == b->in && a->def == b->def;
}

/* Depth first, left to right, a class that is met again stands later: what
 * Python's own order gives for all but odd cases. */
static void
linearise(struct collector *c, struct mro *m, struct entity e, unsigned depth)
{
	const struct scan *s = e.in->module.scan;
	const struct scan_def *d = def_of(&e);
	uint32_t i, j;

	if (depth > 64 || m->n == MRO_MAX ||
	    !lookup_charge(&c->lookup, m->n + 1)) {
		m->flags |= CLASS_UNKNOWN;
		return;
	}
	for (i = 0; i < m->n; i++) {
		if (same_class(&m->v[i], &e)) {
			for (j = i; j + 1 < m->n; j++)
				m->v[j] = m->v[j + 1];
			m->n--;
			break;
		}
	}
	m->v[m->n++] = e;
	if (d->flags & DEF_COMPUTED_BASE)
		m->flags |= CLASS_UNKNOWN;
	for (i = 0; i < d->bases.n; i++) {
		struct entity base = names_find(&c->lookup, e.in,
			s->texts[d->bases.at + i]);

		if (base.kind == ENTITY_CLASS)
			linearise(c, m, base, depth + 1);
		else if (base.kind == ENTITY_EXTERNAL)
			note_external(m, base.text);
		else
			m->flags |= CLASS_UNKNOWN;
	}
}

static bool
makes_init(const struct scan *s, const struct scan_def *d)
{
	static const char *const names[] = {
		"dataclass", "dataclasses.dataclass", "attr.s", "attr.attrs",
		"attr.define", "attrs.define", "define", "attr.frozen",
		"attrs.frozen", "attr.dataclass",
	};
	uint32_t i;
	size_t j;

	for (i = d->decos.at; i < d->decos.at + d->decos.n; i++) {
		for (j = 0; j < countof(names); j++) {
			if (str_is(s->decos[i].name, names[j]))
				return true;
		}
	}
	return false;
}

static void
class_of(struct collector *c, struct mro *m, struct entity e)
{
	uint32_t i, j;

	m->n = m->flags = 0;
	linearise(c, m, e, 0);
	for (i = 0; i < m->n; i++) {
		const struct names *in = m->v[i].in;
		const struct scan *s = in->module.scan;

		if (makes_init(s, def_of(&m->v[i])))
			m->flags |= CLASS_INIT;
		if (!lookup_charge(&c->lookup, in->start[m->v[i].def + 1] -
		    in->start[m->v[i].def]))
			m->flags |= CLASS_UNKNOWN;
		for (j = in->start[m->v[i].def];
		     j < in->start[m->v[i].def + 1]; j++) {
			if (str_is(in->v[j].name, "__init__") ||
			    str_is(in->v[j].name, "__new__"))
				m->flags |= CLASS_INIT;
			if (in->v[j].kind == BIND_DEF &&
			    s->defs[in->v[j].pos].flags & DEF_ABSTRACT)
				m->flags |= CLASS_ABSTRACT;
		}
	}
}

/* The value of __test__: VALUE_TRUE if it is not set anywhere, VALUE_OTHER if
 * it is not known. */
static uint32_t
test_flag(const struct mro *m, bool *set)
{
	uint32_t i, j;

	*set = false;
	for (i = 0; i < m->n; i++) {
		const struct names *in = m->v[i].in;
		const struct scan *s = in->module.scan;
		uint32_t value = 0;

		for (j = in->start[m->v[i].def];
		     j < in->start[m->v[i].def + 1]; j++) {
			if (in->v[j].kind != BIND_ASSIGN ||
			    !str_is(in->v[j].name, "__test__"))
				continue;
			*set = true;
			value = s->assigns[in->v[j].pos].value;
		}
		if (*set)
			return value == VALUE_STRING ? VALUE_TRUE : value;
	}
	return VALUE_TRUE;
}

/* --- items ------------------------------------------------------------- */

static void
add_item(struct collector *c, struct str prefix, struct str name,
	uint32_t line, uint32_t kind, uint32_t flags)
{
	struct scan_item *i;

	c->v = vec_grow(c->v, &c->cap, c->n + 1, sizeof(*c->v));
	i = &c->v[c->n++];
	*i = (struct scan_item){
		.name = arena_dup(c->arena, name), .line = line, .kind = kind,
		.flags = flags | c->all,
	};
	i->id = prefix.n ? arena_fmt(c->arena, "%.*s::%.*s", (int)prefix.n,
		prefix.p, (int)name.n, name.p) : i->name;
}

/* Does the function take a parametrized fixture of its own module? */
static bool
takes_params(struct collector *c, const struct scan *s,
	const struct scan_def *d)
{
	uint32_t i, j;

	if (!lookup_charge(&c->lookup, (size_t)s->nfixtures * d->params.n / 16))
		return true;
	for (i = 0; i < s->nfixtures; i++) {
		if (!(s->fixtures[i].flags & FIXTURE_PARAMS))
			continue;
		if (s->fixtures[i].flags & FIXTURE_AUTOUSE)
			return true;
		for (j = d->params.at; j < d->params.at + d->params.n; j++) {
			if (str_eq(s->texts[j], s->fixtures[i].name))
				return true;
		}
	}
	return false;
}

static uint32_t
def_item_flags(struct collector *c, const struct scan *s,
	const struct scan_def *d)
{
	uint32_t flags = 0;

	if (d->flags & DEF_PARAMETRIZED || takes_params(c, s, d))
		flags |= ITEM_PARAMETRIZED;
	if (d->flags & DEF_CONDITIONAL)
		flags |= ITEM_MAYBE;
	if (d->flags & DEF_ASYNC)
		flags |= ITEM_ASYNC;
	if (d->flags & DEF_DYNAMIC)
		flags |= ITEM_DYNAMIC;
	return flags;
}

static bool
is_test_function(const struct scan_def *d)
{
	return !(d->flags & (DEF_CLASS | DEF_FIXTURE | DEF_PROPERTY));
}

/* What a class' items have in common with where the class stands. */
struct where {
	struct str prefix;       /* id of the class */
	uint32_t line;           /* of the class in the collected file */
	uint32_t flags;          /* item flags it hands down */
	unsigned nest;
};

static void collect_class(struct collector *c, struct entity e,
	struct str name, const struct where *at);

/* An item for what name is bound to in class number i of m. */
static void
class_item(struct collector *c, const struct mro *m, uint32_t i,
	const struct binding *b, const struct where *at)
{
	const struct names *in = m->v[i].in;
	const struct scan *s = in->module.scan;
	bool unittest = m->flags & CLASS_UNITTEST;
	uint32_t kind = unittest ? ITEM_UNITTEST : ITEM_METHOD;
	uint32_t flags = at->flags | (i ? ITEM_INHERITED : 0);
	uint32_t line = at->line;
	struct entity e = names_bound(&c->lookup, in, b);
	bool named = unittest ? str_starts(b->name, "test")
		: function_name(c, b->name);

	if (in == c->module && !i && b->line)
		line = b->line;
	if (b->kind == BIND_ASSIGN && s->assigns[b->pos].conditional)
		flags |= ITEM_MAYBE;
	if (e.kind == ENTITY_FUNCTION && named) {
		const struct scan_def *d = def_of(&e);

		if (!is_test_function(d))
			return;
		flags |= def_item_flags(c, e.in->module.scan, d);
		add_item(c, at->prefix, b->name, line, kind, flags);
	} else if (e.kind == ENTITY_CLASS && !unittest &&
		   !c->rules->unittest) {
		collect_class(c, e, b->name, &(struct where){
			.prefix = at->prefix, .line = line, .flags = flags,
			.nest = at->nest + 1 });
	} else if (named && b->kind == BIND_ASSIGN &&
		   (s->assigns[b->pos].value == VALUE_CALL ||
		    s->assigns[b->pos].value == VALUE_OTHER ||
		    s->assigns[b->pos].value == VALUE_NAME)) {
		add_item(c, at->prefix, b->name, line, kind,
			flags | ITEM_MAYBE | ITEM_DYNAMIC);
	}
}

/* Last binding of each name of class number i that no earlier class has; in
 * order of the name's first. */
static uint32_t
own_names(const struct mro *m, uint32_t i, struct map *seen,
	const struct binding **v)
{
	const struct names *in = m->v[i].in;
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
by_name(const void *a, const void *b)
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
		const struct names *in = m->v[i].in;
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
				by_name);
		else if (map_get(&seen, STR("runTest")))
			add_item(c, at->prefix, STR("runTest"), at->line,
				ITEM_UNITTEST, at->flags);
	}
	map_release(&seen);
}

static void
collect_class(struct collector *c, struct entity e, struct str name,
	const struct where *at)
{
	const struct scan_def *d = def_of(&e);
	struct where here = *at;
	struct mro *m;
	bool set;
	uint32_t test;

	if (at->nest > NEST_MAX || !c->lookup.budget) {
		c->flags |= ITEMS_MORE;
		return;
	}
	m = xmalloc(sizeof(*m));
	class_of(c, m, e);
	test = test_flag(m, &set);
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
		if (m->flags & CLASS_UNKNOWN && !class_name(c, name))
			c->flags |= ITEMS_MORE;
		if (!class_name(c, name) && !set)
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
	const struct scan_def *d = def_of(e);
	uint32_t test = function_test_flag(c, b->name), flags;

	if (!is_test_function(d) || test == VALUE_FALSE)
		return;
	if (!function_name(c, b->name) &&
	    (c->rules->unittest || test == VALUE_STRING))
		return;
	flags = def_item_flags(c, e->in->module.scan, d);
	if (test == VALUE_OTHER)
		flags |= ITEM_MAYBE;
	add_item(c, (struct str){ 0 }, b->name, b->line, ITEM_FUNCTION, flags);
}

/* A name that is not a definition of the workspace. */
static void
module_other(struct collector *c, const struct binding *b,
	const struct entity *e)
{
	const struct scan *s = c->module->module.scan;

	if (!function_name(c, b->name) && !class_name(c, b->name))
		return;
	if (b->kind == BIND_ASSIGN) {
		uint32_t value = s->assigns[b->pos].value;

		if (value == VALUE_FALSE || value == VALUE_TRUE ||
		    value == VALUE_STRING)
			return;
		if (function_name(c, b->name))
			add_item(c, (struct str){ 0 }, b->name, b->line,
				ITEM_FUNCTION, ITEM_MAYBE | ITEM_DYNAMIC);
		else
			c->flags |= ITEMS_MORE;
	} else if (b->kind == BIND_FROM && !c->rules->own_only &&
		   e->kind != ENTITY_MODULE &&
		   !(e->kind == ENTITY_EXTERNAL &&
		     external_testcase(e->text))) {
		c->flags |= ITEMS_MORE;
	}
}

static void
module_item(struct collector *c, const struct binding *b)
{
	struct entity e = names_bound(&c->lookup, c->module, b);
	bool foreign = e.in && e.in != c->module;

	if ((e.kind == ENTITY_FUNCTION || e.kind == ENTITY_CLASS) && foreign &&
	    c->rules->own_only && !c->rules->unittest)
		return;
	if (e.kind == ENTITY_FUNCTION)
		module_function(c, b, &e);
	else if (e.kind == ENTITY_CLASS)
		collect_class(c, e, b->name, &(struct where){
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
	const struct names *t = names_import(&c->lookup, c->module, m->module,
		m->level);
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
		e = names_bound(&c->lookup, t, &b);
		b.line = star->line;
		if (e.kind == ENTITY_FUNCTION)
			module_function(c, &b, &e);
		else if (e.kind == ENTITY_CLASS)
			collect_class(c, e, b.name, &(struct where){
				.line = star->line });
	}
}

static void
module_items(struct collector *c)
{
	const struct names *t = c->module;
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
	c.module = names_of(&c.lookup, m);
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
