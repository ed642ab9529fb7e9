/* SPDX-License-Identifier: Apache-2.0 */
#include "front/internal.h"

/* The pools that bound how many tests of a package or version run at once. */

struct str
front_package_pool(struct arena *a, struct str dir)
{
	struct buf b = { 0 };
	struct str s;

	buf_adds(&b, "tg_package_");
	for (size_t i = 0; i < dir.n; i++) {
		char c = dir.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '.')
			buf_addc(&b, c);
		else
			buf_addf(&b, "_%02x", (unsigned char)c);
	}
	s = arena_dup(a, buf_str(&b));
	buf_release(&b);
	return s;
}

struct str
front_version_pool(struct arena *a, struct str version)
{
	return arena_fmt(a, "tg_version_%s", version.p);
}

static int
emit_pool(struct emit *e, struct str name, int depth)
{
	return e->gb.ops.pool(e->gb.b, name, depth, e->err);
}

int
front_pools(struct emit *e)
{
	struct front *f = e->f;
	const struct front_opts *o = f->o;
	int r = front_limit_pools(e);

	if (r < 0)
		return r;
	if (o->serial_packages)
		return emit_pool(e, STR("tg_packages"), 1);
	for (size_t i = 0; i < f->p.npackages && r == 0; i++) {
		const struct package *pkg = &f->p.packages[i];
		int depth = pkg->config.jobs ? pkg->config.jobs
		                             : o->package_jobs;

		if (depth)
			r = emit_pool(e, front_package_pool(&f->arena,
				pkg->dir), depth);
	}
	for (size_t i = 0; o->version_jobs && i < f->releases.n && r == 0; i++)
		r = emit_pool(e, front_version_pool(&f->arena,
			f->releases.v[i].version), o->version_jobs);
	return r;
}
