/* SPDX-License-Identifier: Apache-2.0 */
#include "front/internal.h"
#include "python/interp/installed.h"
#include "util/file.h"
#include "util/mem.h"

/* The environments of interpreters. */

int
front_env_digest(struct front *f, const struct interp *in, bool keep,
	struct digest *out, struct installed_stats *stats, struct err *err)
{
	struct buf cache = { 0 };
	struct digest id = digest_of(in->path.p, in->path.n);
	char hex[DIGEST_HEX + 1];
	int r;

	digest_hex(&id, hex);
	buf_addf(&cache, "%s/env/%.16s.files", f->o->state_dir, hex);
	keep = keep && !f->o->read_only;
	r = keep ? dir_make_parent(cache.p, err) : 0;
	if (r == 0)
		r = installed_digest(in, &(struct installed_where){
			.root = f->o->root, .own = f->o->state_dir,
			.cache = cache.p, .keep = keep,
			.threads = f->o->threads,
			.progress = stats ? NULL : f->o->digesting,
			.ctx = f->o->ctx }, out, stats, err);
	if (r < 0 && err)
		err->code = EXIT_ENV;
	buf_release(&cache);
	return r;
}

struct front_env *
front_env_add(struct front *f, size_t interp)
{
	f->envs = vec_grow(f->envs, &f->envs_cap, f->nenvs + 1,
	                   sizeof(*f->envs));
	f->envs[f->nenvs] = (struct front_env){ .interp = interp };
	return &f->envs[f->nenvs++];
}

void
front_env_name(struct front *f, struct front_env *env, struct str stamp)
{
	env->stamp = arena_dup(&f->arena, stamp);
	env->place = arena_fmt(&f->arena, "%.*s.at", (int)(stamp.n - 4),
	                       stamp.p);
}

const struct front_env *
front_env_of(const struct front *f, const struct matrix_row *row)
{
	for (size_t i = 0; i < f->nenvs; i++)
		if (f->envs[i].interp == row->interp)
			return &f->envs[i];
	return NULL;
}

int
front_env_look(struct front *f, size_t n, struct file_sig *newest)
{
	const struct front_env *e = &f->envs[n];
	struct installed_stats stats;
	struct digest now;

	if (front_env_digest(f, &f->in.v[e->interp], false, &now, &stats, NULL) < 0)
		return 0;
	*newest = stats.newest;
	return digest_eq(&now, &e->digest);
}

int
front_load_envs(struct front *f, struct err *err)
{
	for (size_t i = 0; i < f->matrix.n; i++) {
		const struct matrix_row *row = &f->matrix.rows[i];
		const struct front_made *m;
		const struct interp *in;
		struct front_env *e;

		if (front_row_skipped(f, row) || front_env_of(f, row))
			continue;
		in = &f->in.v[row->interp];
		e = front_env_add(f, row->interp);
		if (front_env_digest(f, in, true, &e->digest, NULL, err) < 0)
			return -1;
		m = front_row_made(f, row);
		front_env_name(f, e, arena_fmt(&f->arena, "%s/env/%.*s-%s%s%s.env",
			f->o->state_dir, (int)in->implementation.n,
			in->implementation.p, row->version.p, m ? "-" : "",
			m ? m->name.p : ""));
	}
	return 0;
}
