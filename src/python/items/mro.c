/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "python/items/internal.h"
#include "util/mem.h"

/* A class and its bases, as far as text tells them. */

const struct scan_def *
entity_def(const struct entity *e)
{
	return &e->in->module.scan->defs[e->def];
}

bool
mro_is_testcase(struct str name)
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
takes_arguments(struct str name)
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
	if (mro_is_testcase(name))
		m->flags |= CLASS_UNITTEST;
	else if (takes_arguments(name))
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
linearise(struct lookup *l, struct mro *m, struct entity e, unsigned depth)
{
	const struct scan *s = e.in->module.scan;
	const struct scan_def *d = entity_def(&e);
	uint32_t i, j;

	if (depth > 64 || m->n == MRO_MAX ||
	    !lookup_charge(l, m->n + 1)) {
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
		struct entity base = bindings_find(l, e.in,
			s->texts[d->bases.at + i]);

		if (base.kind == ENTITY_CLASS)
			linearise(l, m, base, depth + 1);
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

void
mro_of(struct lookup *l, struct mro *m, struct entity e)
{
	uint32_t i, j;

	m->n = m->flags = 0;
	linearise(l, m, e, 0);
	for (i = 0; i < m->n; i++) {
		const struct bindings *in = m->v[i].in;
		const struct scan *s = in->module.scan;

		if (makes_init(s, entity_def(&m->v[i])))
			m->flags |= CLASS_INIT;
		if (!lookup_charge(l, in->start[m->v[i].def + 1] -
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

uint32_t
mro_test_flag(const struct mro *m, bool *set)
{
	uint32_t i, j;

	*set = false;
	for (i = 0; i < m->n; i++) {
		const struct bindings *in = m->v[i].in;
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
