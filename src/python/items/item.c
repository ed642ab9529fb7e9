/* SPDX-License-Identifier: Apache-2.0 */
#include "python/items/internal.h"

#include <string.h>

#include "text/glob.h"
#include "util/mem.h"

static bool
matches(struct str name, const struct str *v, size_t n, const char *usual)
{
	size_t i;

	if (n == 0)
		return str_starts(name, usual);
	for (i = 0; i < n; i++) {
		if (name.n >= v[i].n && !memcmp(name.p, v[i].p, v[i].n))
			return true;
		if (glob_is(v[i]) && glob_fnmatch(v[i], name))
			return true;
	}
	return false;
}

bool
item_function_name(struct collector *c, struct str name)
{
	if (c->rules->unittest)
		return false;
	return matches(name, c->rules->functions, c->rules->nfunctions,
		"test");
}

bool
item_class_name(struct collector *c, struct str name)
{
	return matches(name, c->rules->classes, c->rules->nclasses, "Test");
}

void
item_add(struct collector *c, struct str prefix, struct str name,
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

uint32_t
item_flags(struct collector *c, const struct scan *s,
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

bool
item_is_function(const struct scan_def *d)
{
	return !(d->flags & (DEF_CLASS | DEF_FIXTURE | DEF_PROPERTY));
}
