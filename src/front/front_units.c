/* SPDX-License-Identifier: Apache-2.0 */
#include "front/internal.h"
#include "util/mem.h"
#include "util/path.h"

/* The files that unittest is given where a package's tests are its: those that
 * pytest would take, too, but no texts. */

/* Does a row of the package run, with unittest? *pytest: does one with pytest?
 */
static bool
has_unit_row(const struct front *f, size_t package, bool *pytest)
{
	bool has = false;

	*pytest = false;
	for (size_t i = 0; i < f->matrix.n; i++) {
		const struct matrix_row *row = &f->matrix.rows[i];

		if (row->package != package || !row->chosen ||
		    row->interp == SIZE_MAX)
			continue;
		/* what will be in its environment, nobody knows yet */
		if (front_row_unmade(f, row))
			*pytest = has = true;
		else if (front_uses_pytest(f, package, &f->in.v[row->interp]))
			*pytest = true;
		else
			has = true;
	}
	return has;
}

/* Has the file's text tests for unittest, or could it get some? */
static bool
has_units(struct front *f, struct str path)
{
	struct arena a = { 0 };
	struct scan_items items;
	bool has = front_items(f, path, false, &a, &items) > 0 &&
		(items.n || items.flags & (ITEMS_MORE | ITEMS_LOAD_TESTS));

	arena_release(&a);
	return has;
}

/* Discovery looks into the __init__.py of each package, but for the one where
 * it starts, and into files that have its names. */
static bool
is_unit(struct front *f, const struct package *pkg, uint32_t id, bool names)
{
	const struct disc_file *file = &f->d.files[f->m.v[id].file];
	struct str path = file->path;
	bool init = str_is(path_base(path), "__init__.py");

	if (f->m.v[id].flags & (MODULE_EXT | MODULE_TEST) || !file->sig.size)
		return false;
	if (init ? str_eq(path_dir(path), pkg->dir)
	         : !names || !front_unit_name(path))
		return false;
	return front_may_test(pkg, path) && has_units(f, path);
}

static void
add_unit(struct front_package *fp, uint32_t id)
{
	fp->units = vec_grow(fp->units, &fp->units_cap, fp->nunits + 1,
	                     sizeof(*fp->units));
	fp->units[fp->nunits++] = id;
}

static void
find_units(struct front *f, size_t package)
{
	const struct package *pkg = &f->p.packages[package];
	struct front_package *fp = &f->priv->pkg[package];
	size_t next = 0, ntests = fp->ntests - fp->ntexts;
	bool pytest;

	if (!fp->loaded || !has_unit_row(f, package, &pytest))
		return;
	/* Settings of pytest say which files are tests, whoever runs them. */
	for (uint32_t i = 0; i < f->m.n; i++) {
		if (next < ntests && fp->tests[next] == i) {
			add_unit(fp, fp->tests[next++]);
			continue;
		}
		if (f->m.v[i].package != package || !is_unit(f, pkg, i,
		    !pytest && !fp->cfg.configured))
			continue;
		f->m.v[i].flags |= MODULE_TEST;
		add_unit(fp, i);
	}
}

void
front_units(struct front *f)
{
	for (size_t i = 0; i < f->p.npackages; i++)
		find_units(f, i);
}
