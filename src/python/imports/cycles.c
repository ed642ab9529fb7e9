/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "python/imports/internal.h"
#include "util/mem.h"
#include "util/path.h"

/* Strongly connected components of the imports (Tarjan, without recursion).
 * They come out dependencies first. */

struct scc {
	struct modules *m;
	uint32_t *order, *low;  /* by module; order 0: not visited */
	uint32_t *stack;        /* open modules */
	uint32_t nstack;
	struct visit { uint32_t module, next; } *path;
	uint32_t npath;
	uint32_t clock, nmembers;
};

static void
enter_module(struct scc *c, uint32_t id)
{
	c->order[id] = c->low[id] = ++c->clock;
	c->stack[c->nstack++] = id;
	c->path[c->npath++] = (struct visit){ .module = id };
}

static int
cmp_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
close_group(struct scc *c, uint32_t root)
{
	struct modules *m = c->m;
	struct group *g = &m->groups[m->ngroups];
	uint32_t id;

	*g = (struct group){ .members = c->nmembers };
	do {
		id = c->stack[--c->nstack];
		m->members[c->nmembers++] = id;
		m->v[id].group = m->ngroups;
		if (m->v[id].flags & MODULE_WIDE)
			g->wide = true;
	} while (id != root);
	g->nmembers = c->nmembers - g->members;
	qsort(m->members + g->members, g->nmembers, sizeof(uint32_t), cmp_u32);
	m->ngroups++;
}

static void
walk_modules(struct scc *c, uint32_t root)
{
	struct modules *m = c->m;

	enter_module(c, root);
	while (c->npath) {
		struct visit *v = &c->path[c->npath - 1];
		const struct module *mod = &m->v[v->module];
		uint32_t id = v->module, dep;

		if (v->next < mod->ndeps) {
			dep = m->deps[mod->deps + v->next++];
			if (!c->order[dep])
				enter_module(c, dep);
			else if (m->v[dep].group == MODULE_NONE &&
			         c->order[dep] < c->low[id])
				c->low[id] = c->order[dep];
			continue;
		}
		c->npath--;
		if (c->npath) {
			uint32_t up = c->path[c->npath - 1].module;

			if (c->low[id] < c->low[up])
				c->low[up] = c->low[id];
		}
		if (c->low[id] == c->order[id])
			close_group(c, id);
	}
}

/* What a program finds out of its place is of no account until it is compared
 * with something: by a test, or where it was found out. The names that count are
 * those in the tests' own files, and in modules that may know the place. */
static uint32_t
test_names(const struct modules *m, const struct module *mod)
{
	const uint32_t tests = MODULE_TEST | MODULE_CONFTEST | MODULE_TESTTREE;
	struct str path = m->d->files[mod->file].path;

	return mod->flags & tests || !path_dir(path).n ||
	       mod->scan.flags & (SCAN_PLACE | SCAN_PREFIX)
	     ? mod->names : 0;
}

/* The groups that a group's members use, each once, ascending. */
static void
link_group(struct modules *m, uint32_t id, uint32_t *seen)
{
	struct group *g = &m->groups[id];

	g->deps = (uint32_t)m->ngroup_deps;
	for (uint32_t i = 0; i < g->nmembers; i++) {
		const struct module *mod = &m->v[m->members[g->members + i]];

		g->names |= g->wide ? m->names : test_names(m, mod);
		for (uint32_t k = 0; k < mod->ndeps; k++) {
			uint32_t to = m->v[m->deps[mod->deps + k]].group;

			if (to == id || seen[to] == id + 1)
				continue;
			seen[to] = id + 1;
			g->names |= m->groups[to].names;
			m->group_deps = vec_grow(m->group_deps,
			                         &m->group_deps_cap,
			                         m->ngroup_deps + 1,
			                         sizeof(*m->group_deps));
			m->group_deps[m->ngroup_deps++] = to;
		}
	}
	g->ndeps = (uint32_t)m->ngroup_deps - g->deps;
	if (g->ndeps)
		qsort(m->group_deps + g->deps, g->ndeps, sizeof(uint32_t),
		      cmp_u32);
}

void
modules_group(struct modules *m)
{
	struct scc c = { .m = m };
	uint32_t *seen = xcalloc(m->n + 1, sizeof(*seen));

	c.order = xcalloc(m->n + 1, sizeof(*c.order));
	c.low = xcalloc(m->n + 1, sizeof(*c.low));
	c.stack = xcalloc(m->n + 1, sizeof(*c.stack));
	c.path = xcalloc(m->n + 1, sizeof(*c.path));
	m->groups = arena_alloc(m->arena, (m->n + 1) * sizeof(*m->groups));
	m->members = arena_alloc(m->arena, (m->n + 1) * sizeof(*m->members));
	for (uint32_t i = 0; i < m->n; i++) {
		m->names |= test_names(m, &m->v[i]);
		if (!c.order[i])
			walk_modules(&c, i);
	}
	for (uint32_t i = 0; i < m->ngroups; i++)
		link_group(m, i, seen);
	free(seen);
	free(c.order);
	free(c.low);
	free(c.stack);
	free(c.path);
}
