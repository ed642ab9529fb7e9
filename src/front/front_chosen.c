/* SPDX-License-Identifier: Apache-2.0 */
#include "front/internal.h"
#include "text/glob.h"
#include "util/path.h"

/* What a package lets its files be. */

bool
front_glob(const struct config_list *list, struct str path)
{
	for (size_t i = 0; i < list->n; i++)
		if (glob_path(list->v[i], path) ||
		    path_below(path, list->v[i]))
			return true;
	return false;
}

struct str
front_within(const struct package *pkg, struct str path)
{
	size_t n = pkg->dir.n + 1;

	if (pkg->dir.n == 0 || !path_below(path, pkg->dir))
		return path;
	if (n > path.n)
		n = path.n;
	return (struct str){ path.p + n, path.n - n };
}

bool
front_is_input(const struct package *pkg, struct str path)
{
	return front_glob(&pkg->config.inputs, front_within(pkg, path));
}

bool
front_excludes(const struct front *f, struct str path)
{
	const struct package *pkg = project_owner(&f->p, path);

	return pkg && front_glob(&pkg->config.exclude, front_within(pkg, path));
}

bool
front_unit_name(struct str path)
{
	struct str base = path_base(path);

	return str_starts(base, "test") && str_ends(base, ".py");
}

bool
front_may_test(const struct package *pkg, struct str path)
{
	path = front_within(pkg, path);
	if (front_glob(&pkg->config.exclude, path))
		return false;
	if (pkg->config.include.n && !front_glob(&pkg->config.include, path))
		return false;
	return !pkg->config.tests.n || front_glob(&pkg->config.tests, path);
}
