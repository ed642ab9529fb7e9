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
front_names(const struct package *pkg, const struct config_list *list,
	struct str path)
{
	struct buf b = { 0 };
	bool is = front_glob(list, front_within(pkg, path));

	/* "../x" is beside the package */
	for (size_t i = 0; !is && i < list->n; i++) {
		struct str glob;

		if (!str_starts(list->v[i], ".."))
			continue;
		buf_clear(&b);
		path_join(&b, pkg->dir, list->v[i]);
		b.n = path_fold(b.p, b.n);
		glob = buf_str(&b);
		is = glob_path(glob, path) || path_below(path, glob);
	}
	buf_release(&b);
	return is;
}

bool
front_is_input(const struct package *pkg, struct str path)
{
	bool is = front_names(pkg, &pkg->config.inputs, path);

	for (size_t i = 0; !is && i < pkg->config.path.n; i++)
		is = front_names(pkg, &pkg->config.path.v[i].inputs, path);
	return is;
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

/* The directory that was not walked, at path or above it; NULL: none. */
static const struct disc_skipped *
skipped_above(const struct front *f, struct str path)
{
	for (uint32_t i = 0; i < f->d.nskipped; i++)
		if (path_below(path, f->d.skipped[i].path))
			return &f->d.skipped[i];
	return NULL;
}

static const char *
skip_text(enum disc_skip why)
{
	switch (why) {
	case SKIP_IGNORED:
		return "git ignores it, and tools fill such directories";
	case SKIP_HIDDEN:
		return "its name begins with a dot";
	case SKIP_VENV:
		return "it is an environment of Python";
	case SKIP_NAME:
		return "directories of this name hold no tests";
	case SKIP_LINK:
		return "it is a link to a directory that it is in";
	case SKIP_ESCAPE:
		return "it leads out of the repository, and git ignores it";
	case SKIP_MANY:
		return "links before it led to too many directories";
	case SKIP_UNREADABLE:
		break;
	}
	return "it cannot be read";
}

bool
front_left_out(const struct front *f, struct str path, struct buf *why)
{
	const struct package *pkg = project_owner(&f->p, path);
	const struct disc_skipped *skipped = skipped_above(f, path);

	if (skipped)
		buf_addf(why, "%s: %s", skipped->path.p, skip_text(skipped->why));
	else if (pkg->err.msg)
		buf_addf(why, "the package %s is blocked", pkg->name.p);
	else if (front_glob(&pkg->config.exclude, front_within(pkg, path)))
		buf_adds(why, "exclude of [tool.tgraph]");
	else if (!front_may_test(pkg, path))
		buf_adds(why, "include or tests of [tool.tgraph] do not name "
		         "it");
	else
		return false;
	return true;
}
