/* SPDX-License-Identifier: Apache-2.0 */
#include "front/internal.h"

/* What a package is run with under an interpreter, and why not. */

bool
front_uses_pytest(const struct front *f, size_t package,
	const struct interp *in)
{
	switch (f->p.packages[package].config.runner) {
	case RUNNER_PYTEST:
		return true;
	case RUNNER_UNITTEST:
		return false;
	default:
		return in->pytest.n || f->priv->pkg[package].needs_pytest;
	}
}

bool
front_row_pytest(const struct front *f, const struct matrix_row *row)
{
	return front_uses_pytest(f, row->package, &f->in.v[row->interp]);
}

struct str
front_pytest_dir(const struct front *f, size_t package)
{
	const struct front_package *fp = &f->priv->pkg[package];

	return fp->loaded ? fp->cfg.dir : STR("");
}

struct str
front_pytest_file(const struct front *f, size_t package)
{
	struct str file = f->priv->pkg ? f->priv->pkg[package].pytest_file :
		STR("");

	return file.p ? file : STR("");
}

/* Is the package installed for the active interpreter, and not for this one?
 * Then the other's tests are not meant to run. */
static bool
lacks_package(const struct front *f, const struct package *pkg,
	const struct matrix_row *row)
{
	const struct interp *in = &f->in.v[row->interp];
	const struct interp *active = &f->in.v[0];

	return !row->asked && !front_row_made(f, row) && !in->active && active->active &&
	       active->state == INTERP_OK &&
	       interp_dist(active, pkg->norm) && !interp_dist(in, pkg->norm);
}

const char *
front_row_skipped(const struct front *f, const struct matrix_row *row)
{
	const struct package *pkg = &f->p.packages[row->package];
	const struct interp *in;

	if (pkg->err.msg)
		return "the package is blocked";
	if (!row->chosen)
		return row->reason.p;
	if (front_row_unmade(f, row))
		return "its environment is not made yet";
	in = &f->in.v[row->interp];
	if (in->state != INTERP_OK)
		return "the interpreter does not run";
	if (f->priv->pkg && !in->pytest.n &&
	    front_uses_pytest(f, row->package, in))
		return front_row_made(f, row) ?
			"no pytest in its environment" :
			"no pytest in this interpreter";
	if (lacks_package(f, pkg, row))
		return "the package is not installed in this interpreter";
	return NULL;
}
