/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "front/internal.h"
#include "util/mem.h"
#include "util/path.h"

/* The phony steps that gather files: import groups, data of packages, all. */

int
front_all_python(struct emit *e)
{
	const struct modules *m = &e->f->m;
	struct paths p = { 0 };
	int r;

	if (e->all_node.n)
		return 0;
	e->all_node = arena_fmt(&e->f->arena, "%s/g/all-python",
	                        e->f->o->state_dir);
	/* What lies about where git looks away is seldom used by anybody. */
	for (uint32_t i = 0; i < m->n; i++)
		if (!(m->d->files[m->v[i].file].flags & DISC_IN_IGNORED))
			paths_add(&p, front_file(e, i));
	r = front_phony(e, KIND_ALL, STR(""), e->all_node, &p, 0);
	free(p.v);
	return r;
}

int
front_group(struct emit *e, uint32_t id)
{
	const struct modules *m = &e->f->m;
	const struct group *g = &m->groups[id];
	struct str first = front_file(e, m->members[g->members]);
	struct paths p = { 0 };
	int r;

	if (!g->wide && g->nmembers == 1 && g->ndeps == 0) {
		e->group_node[id] = first;
		return 0;
	}
	e->group_node[id] = arena_fmt(&e->f->arena, "%s/g/m/%s",
	                              e->f->o->state_dir, first.p);
	for (uint32_t i = 0; i < g->nmembers; i++)
		paths_add(&p, front_file(e, m->members[g->members + i]));
	if (g->wide) {
		if (front_all_python(e) < 0)
			return -1;
		paths_add(&p, e->all_node);
	} else {
		for (uint32_t i = 0; i < g->ndeps; i++)
			paths_add(&p, e->group_node[
				m->group_deps[g->deps + i]]);
	}
	r = front_phony(e, KIND_GROUP, STR(""), e->group_node[id], &p,
	                p.n - g->nmembers);
	free(p.v);
	return r;
}

bool
front_is_leftover(struct str path)
{
	struct str base = path_base(path);

	return (str_starts(base, ".coverage") &&
	        !str_starts(base, ".coveragerc")) || str_is(base, ".testmondata") ||
	       str_ends(base, ".pyc");
}

/* What the user's manifest makes, Python too, is made before the tests that
 * could read it run, and was not there when the files were listed. */
static void
add_made(struct emit *e, struct paths *p)
{
	struct front *f = e->f;

	for (size_t i = 0; i < e->nuser; i++) {
		const struct user_step *u = &e->user[i];

		for (size_t k = 0; !u->phony && !u->after && k < u->nouts;
		     k++) {
			const struct package *pkg;

			if (u->outs[k].p[0] == '/')
				continue;
			pkg = project_owner(&f->p, u->outs[k]);
			paths_add(&p[pkg - f->p.packages], u->outs[k]);
		}
	}
}

/* Which data a path means that goes through a symlink is in no file's name. */
static void
add_link_data(struct emit *e, struct paths *p)
{
	struct front *f = e->f;

	for (uint32_t i = 0; i < f->d.nlinks; i++) {
		const struct package *pkg = project_owner(&f->p,
			f->d.links[i].path);
		struct paths *of = &p[pkg - f->p.packages];

		if (!of->n || !str_eq(of->v[of->n - 1], f->links))
			paths_add(of, f->links);
	}
}

int
front_data(struct emit *e)
{
	struct front *f = e->f;
	struct paths *p = xcalloc(f->p.npackages, sizeof(*p));
	int r = 0;

	for (uint32_t i = 0; i < f->d.nfiles; i++) {
		const struct disc_file *file = &f->d.files[i];
		const struct package *pkg;

		if (f->m.by_file[i] != MODULE_NONE ||
		    front_is_leftover(file->path))
			continue;
		if (file->flags & DISC_IGNORED ||
		    front_cover_makes(f, file->path) ||
		    map_get(&e->after, file->path) ||
		    map_get(&e->made, file->path))
			continue;
		pkg = project_owner(&f->p, file->path);
		paths_add(&p[pkg - f->p.packages], file->path);
	}
	add_made(e, p);
	add_link_data(e, p);
	for (size_t i = 0; i < f->p.npackages; i++) {
		struct str dir = f->p.packages[i].dir;

		if (p[i].n && r == 0) {
			e->data_node[i] = arena_fmt(&f->arena, "%s/g/data/%s",
				f->o->state_dir, dir.n ? dir.p : "_root");
			r = front_phony(e, KIND_DATA, dir.n ? dir : STR("."),
				e->data_node[i], &p[i], 0);
		}
		free(p[i].v);
	}
	free(p);
	return r;
}

int
front_rest(struct emit *e)
{
	struct front *f = e->f;
	struct paths p = { 0 };
	int r;

	for (uint32_t i = 0; i < f->d.nfiles; i++)
		paths_add(&p, f->d.files[i].path);
	r = front_phony(e, KIND_FILES, STR(""), arena_fmt(&f->arena,
		"%s/g/files", f->o->state_dir), &p, 0);
	free(p.v);
	return r;
}

/* Was a stamp of this name met before the n-th? */
static bool
same_stamp(const struct front *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(f->envs[i].stamp, f->envs[n].stamp))
			return true;
	return false;
}

int
front_envs(struct emit *e)
{
	struct front *f = e->f;
	struct paths none = { 0 };

	for (size_t i = 0; i < f->nenvs; i++) {
		const struct front_env *env = &f->envs[i];
		struct str name = path_base(env->stamp);

		name.n -= strlen(".env");
		if (same_stamp(f, i))
			continue;
		if (front_phony(e, KIND_ENV, name, env->stamp, &none, 0) < 0 ||
		    front_phony(e, KIND_ENV, name, env->place, &none, 0) < 0)
			return -1;
	}
	return 0;
}
