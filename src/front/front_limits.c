/* SPDX-License-Identifier: Apache-2.0 */
#include "front/internal.h"
#include "util/path.h"

/* [[tool.tgraph.group]]: a pool for each, which a run of any of its files needs
 * a place in, and what the run is told of its place. ("group" is the user's
 * word; here that is a group of modules.) */

/* One of the groups, while all are gone through. */
struct limit {
	size_t package, at;     /* where it stands */
	size_t n;               /* which of all it is, from 1 */
	const struct config_group *g;
};

/* The next one; start from {0}. */
static bool
next_limit(const struct front *f, struct limit *l)
{
	if (l->g)
		l->at++;
	for (; l->package < f->p.npackages; l->package++, l->at = 0) {
		const struct config_groups *all =
			&f->p.packages[l->package].config.group;

		if (l->at >= all->n)
			continue;
		l->g = &all->v[l->at];
		l->n++;
		return true;
	}
	return false;
}

static bool
holds_file(const struct front *f, const struct limit *l, struct str file)
{
	const struct package *pkg = &f->p.packages[l->package];

	return (pkg->dir.n == 0 || path_below(file, pkg->dir)) &&
	       front_glob(&l->g->paths, front_within(pkg, file));
}

static bool
limit_holds(const struct emit *e, const struct limit *l,
	const struct front_run *r)
{
	for (size_t i = 0; i < r->ntests; i++)
		if (holds_file(e->f, l, front_file(e, r->tests[i])))
			return true;
	return !r->ntests && holds_file(e->f, l, r->file);
}

static struct str
pool_name(struct arena *a, const struct limit *l)
{
	return arena_fmt(a, "tg_group_%zu", l->n);
}

int
front_limit_pools(struct emit *e)
{
	struct limit l = { 0 };
	int r = 0;

	while (r == 0 && next_limit(e->f, &l))
		r = e->gb.ops.pool(e->gb.b, pool_name(&e->f->arena, &l),
		                   l.g->limit, e->err);
	return r;
}

bool
front_is_limited(const struct emit *e, const struct front_run *r)
{
	struct limit l = { 0 };

	while (next_limit(e->f, &l))
		if (limit_holds(e, &l, r))
			return true;
	return false;
}

/* NAME=VALUE of each variable, behind what begins each word. */
static void
add_env_words(struct emit *e, const struct limit *l, struct str begin,
	struct buf *b)
{
	for (size_t i = 0; i < l->g->nenv; i++)
		arg_add(b, NULL, arena_fmt(&e->scratch, "%s%s=%s", begin.p,
		                           l->g->env[i].name.p,
		                           l->g->env[i].value.p));
}

struct str
front_limit_key(struct emit *e, const struct front_run *r)
{
	struct limit l = { 0 };
	struct buf b = { 0 };
	struct str s;

	while (next_limit(e->f, &l))
		if (limit_holds(e, &l, r))
			add_env_words(e, &l, STR(""), &b);
	s = arena_dup(&e->scratch, buf_str(&b));
	buf_release(&b);
	return s;
}

void
front_run_limits(struct emit *e, const struct front_run *r, struct str pool,
	struct front_limits *out)
{
	struct arena *a = &e->scratch;
	struct buf more = { 0 }, slots = { 0 };
	struct limit l = { 0 };

	*out = (struct front_limits){ 0 };
	while (next_limit(e->f, &l)) {
		struct str name;

		if (!limit_holds(e, &l, r))
			continue;
		name = pool_name(a, &l);
		if (!out->pool.n)
			out->pool = name;
		else
			arg_add(&more, NULL, name);
		add_env_words(e, &l, arena_fmt(a, "%s:", name.p), &slots);
	}
	/* What knows only one of them keeps those apart that must not meet. */
	if (!out->pool.n)
		out->pool = pool;
	else if (pool.n)
		arg_add(&more, NULL, pool);
	out->more = arena_dup(a, buf_str(&more));
	out->slots = arena_dup(a, buf_str(&slots));
	buf_release(&more);
	buf_release(&slots);
}
