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

/* What counts for the one file of a run. */
static struct config_path
file_setting(const struct emit *e, const struct front_run *r, unsigned what)
{
	const struct front *f = e->f;
	const struct package *pkg = &f->p.packages[r->package];
	const struct package *root = root_package(&f->p);
	struct str file = front_file(e, r->tests[0]);
	struct config_path out = { .isolation = ISOLATION_FORK };

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
	return file_setting(e, r, CONFIG_ISOLATION).isolation;
}

bool
front_splits(const struct emit *e, const struct front_run *r)
{
	return r->ntests == 1 && file_setting(e, r, CONFIG_SPLIT).split;
}
