/* SPDX-License-Identifier: Apache-2.0 */
#include "front/internal.h"

/* Which of the settings counts for a file: the command line's, then those of
 * its package, then those of the root; in each, those for its path come before
 * the general one. */

/* What a package's settings say of a file (path from the root): those of them
 * that have `what` (enum config_set). false: nothing of their own. */
static bool
package_says(const struct package *pkg, struct str file, unsigned what,
	struct config_path *out)
{
	const struct config *c = &pkg->config;

	file = front_within(pkg, file);
	for (size_t i = c->path.n; i-- > 0;) {
		if (!(c->path.v[i].set & what) ||
		    !front_glob(&c->path.v[i].paths, file))
			continue;
		*out = c->path.v[i];
		return true;
	}
	out->isolation = c->isolation;
	out->split = c->split;
	out->cache = !(c->set & CONFIG_CACHE) || c->cache;
	return c->set & what;
}

static const struct package *
root_package(const struct project *p)
{
	for (size_t i = 0; i < p->npackages; i++)
		if (p->packages[i].flags & PACKAGE_ROOT)
			return &p->packages[i];
	return NULL;
}

/* What counts for a file of a run. */
static struct config_path
file_setting(const struct emit *e, const struct front_run *r, uint32_t test,
	unsigned what)
{
	const struct front *f = e->f;
	const struct package *pkg = &f->p.packages[r->package];
	const struct package *root = root_package(&f->p);
	struct str file = front_file(e, test);
	struct config_path out = { .isolation = ISOLATION_FORK, .cache = true };

	if (!package_says(pkg, file, what, &out) && root && root != pkg)
		package_says(root, file, what, &out);
	return out;
}

enum config_isolation
front_isolation(const struct emit *e, const struct front_run *r)
{
	const struct front *f = e->f;
	const struct package *pkg = &f->p.packages[r->package];
	const struct package *root = root_package(&f->p);

	if (f->o->isolation)
		return (enum config_isolation)config_isolation(
			f->o->isolation);
	/* A package is run in one process, and no file of it counts alone. */
	if (r->ntests != 1)
		return pkg->config.set & CONFIG_ISOLATION || !root ?
			pkg->config.isolation : root->config.isolation;
	return file_setting(e, r, r->tests[0], CONFIG_ISOLATION).isolation;
}

bool
front_splits(const struct emit *e, const struct front_run *r)
{
	return r->ntests == 1 &&
	       file_setting(e, r, r->tests[0], CONFIG_SPLIT).split;
}

bool
front_always(const struct emit *e, const struct front_run *r)
{
	const struct package *pkg = &e->f->p.packages[r->package];
	const struct config *c = &pkg->config;

	for (size_t i = 0; i < r->ntests; i++)
		if (!file_setting(e, r, r->tests[i], CONFIG_CACHE).cache)
			return true;
	/* what only a hook makes tests of */
	return !r->ntests && c->set & CONFIG_CACHE && !c->cache;
}

static void
list_settings(const struct emit *e, const struct package *pkg,
	const struct front_run *r, unsigned what,
	void (*see)(void *ctx, const struct package *pkg,
		const struct config_list *list), void *ctx)
{
	for (size_t i = 0; i < pkg->config.path.n; i++) {
		const struct config_path *p = &pkg->config.path.v[i];
		bool fits = false;

		for (size_t k = 0; p->set & what && !fits && k < r->ntests; k++)
			fits = front_glob(&p->paths, front_within(pkg,
				front_file(e, r->tests[k])));
		if (fits)
			see(ctx, pkg, what == CONFIG_ENV ? &p->env
			                                 : &p->inputs);
	}
}

void
front_path_lists(const struct emit *e, const struct front_run *r,
	unsigned what, void (*see)(void *ctx, const struct package *pkg,
		const struct config_list *list), void *ctx)
{
	const struct package *pkg = &e->f->p.packages[r->package];
	const struct package *root = root_package(&e->f->p);

	list_settings(e, pkg, r, what, see, ctx);
	if (root && root != pkg)
		list_settings(e, root, r, what, see, ctx);
}
