/* SPDX-License-Identifier: Apache-2.0 */
#include "front/front.h"

#include <stdlib.h>

#include "front/internal.h"
#include "util/file.h"
#include "util/hash.h"
#include "util/mem.h"
#include "util/os.h"

static void
sum_bytes(struct buf *b, const void *p, size_t n)
{
	uint64_t len = n;

	buf_add(b, &len, sizeof(len));
	buf_add(b, p, n);
}

static void
sum_text(struct buf *b, const char *s)
{
	sum_bytes(b, s ? s : "\1", s ? strlen(s) : 1);
}

static void
sum_coverage(const struct front_coverage *c, struct buf *b)
{
	buf_addf(b, "|%d|%d|%d|%d|", c->on, c->off, c->branch, c->chosen);
	for (size_t i = 0; i < c->nsource; i++)
		sum_text(b, c->source[i]);
	buf_addc(b, '|');
	for (size_t i = 0; i < c->nreport; i++)
		sum_text(b, c->report[i]);
	sum_text(b, c->under);
	for (size_t i = 0; i < c->nonly; i++)
		sum_bytes(b, c->only[i].p, c->only[i].n);
}

static void
sum_index(const struct config_index *x, struct buf *b)
{
	buf_addf(b, "|%d|%d|", x->none, x->offline);
	sum_bytes(b, x->default_index.p, x->default_index.n);
	sum_bytes(b, x->strategy.p, x->strategy.n);
	for (size_t i = 0; i < x->index.n; i++)
		sum_bytes(b, x->index.v[i].p, x->index.v[i].n);
	buf_addc(b, '|');
	for (size_t i = 0; i < x->links.n; i++)
		sum_bytes(b, x->links.v[i].p, x->links.v[i].n);
}

static void
sum_options(struct front *f, struct buf *b)
{
	const struct front_opts *o = f->o;
	struct buf table = { 0 };

	if (o->releases)
		file_read(o->releases, &table, NULL);
	sum_bytes(b, buf_str(&table).p, table.n);
	buf_release(&table);

	for (size_t i = 0; i < o->matrix.npython; i++)
		sum_text(b, o->matrix.python[i]);
	buf_addc(b, '|');
	for (size_t i = 0; i < o->matrix.nalso; i++)
		sum_text(b, o->matrix.also[i]);
	buf_addf(b, "|%d|%d|%d|%d|%d|%d|", o->matrix.all,
	         o->matrix.include_prerelease, o->package_jobs, o->version_jobs,
	         o->serial_packages, o->require_all);
	sum_text(b, o->profile);
	sum_coverage(&o->coverage, b);
	sum_text(b, o->isolation);
	sum_text(b, o->environment);
	sum_index(&o->index, b);
	sum_text(b, o->pytest_k);
	sum_text(b, o->pytest_m);
	sum_text(b, o->match);
	for (size_t i = 0; i < o->npytest; i++)
		sum_text(b, o->pytest[i]);
	buf_addc(b, '|');
	for (size_t i = 0; i < o->nselect; i++) {
		sum_bytes(b, o->select[i].file.p, o->select[i].file.n);
		sum_bytes(b, o->select[i].id.p, o->select[i].id.n);
		buf_addc(b, o->select[i].failed ? 'f' : '-');
	}
}

/* One number for all that decides the graph, but for what is in files. */
static void
sum_all(struct front *f)
{
	/* Goes up when other statements are made of the same tree. */
	static const uint32_t format = 8;
	static const char *const names[] = {
		"PATH", "HOME", "VIRTUAL_ENV", "CONDA_PREFIX",
		"CONDA_DEFAULT_ENV", "PYENV_ROOT", "PYENV_VERSION",
		"PYTHONPATH", "PYTEST_ADDOPTS", "PYTEST_PLUGINS",
		"DJANGO_SETTINGS_MODULE", "COVERAGE_RCFILE",
	};
	struct buf b = { 0 };

	buf_add(&b, &format, sizeof(format));
	buf_add(&b, f->tools.b, sizeof(f->tools.b));
	sum_text(&b, f->o->pytgraph);
	for (size_t i = 0; i < countof(names); i++)
		sum_text(&b, getenv(names[i]));
	sum_options(f, &b);
	front_index_env(&b);
	for (uint32_t i = 0; i < f->d.nfiles; i++) {
		const struct disc_file *file = &f->d.files[i];

		sum_bytes(&b, file->path.p, file->path.n);
		buf_add(&b, &file->sig, sizeof(file->sig));
	}
	for (uint32_t i = 0; i < f->d.nlinks; i++) {
		sum_bytes(&b, f->d.links[i].path.p, f->d.links[i].path.n);
		sum_bytes(&b, f->d.links[i].to.p, f->d.links[i].to.n);
	}
	for (uint32_t i = 0; i < f->d.nskipped; i++)
		sum_bytes(&b, f->d.skipped[i].path.p, f->d.skipped[i].path.n);
	for (size_t i = 0; i < f->in.n; i++) {
		const struct interp *in = &f->in.v[i];

		/* found by what is in the sum already */
		if (in->source == INTERP_GIVEN)
			continue;
		sum_bytes(&b, in->path.p, in->path.n);
		sum_bytes(&b, in->real.p, in->real.n);
		buf_addf(&b, "%d%d", in->active, in->state);
	}
	f->sum = hash_bytes(b.p, b.n);
	buf_release(&b);
}

static bool
is_own_output(const struct front_opts *o, struct str path)
{
	for (size_t i = 0; i < o->nown; i++)
		if (path_below(path, o->own[i]))
			return true;
	return false;
}

static void
drop_own(struct front *f)
{
	uint32_t n = 0;

	for (uint32_t i = 0; f->o->nown && i < f->d.nfiles; i++)
		if (!is_own_output(f->o, f->d.files[i].path))
			f->d.files[n++] = f->d.files[i];
	if (f->o->nown)
		f->d.nfiles = n;
}

int
front_begin(struct front *f, const struct front_opts *o, struct err *err)
{
	struct interp_where where;

	f->o = o;
	f->begun = os_wall();
	f->priv = xcalloc(1, sizeof(*f->priv));
	if (front_tools(f, err) < 0 ||
	    discover(&f->d, o->root, o->state_dir, o->threads, err) < 0)
		return -1;
	drop_own(f);
	if (f->d.nlinks)
		f->links = arena_fmt(&f->arena, "%s/env/symlinks",
		                     o->state_dir);
	interp_where_env(&where, o->root, o->state_dir);
	where.read_only = o->read_only;
	if (interps_find(&f->in, &where, err) < 0)
		return -1;
	sum_all(f);
	return 0;
}

/* Reads a table; its text is kept. -1: err has its path. */
static int
load_table(struct front *f, struct str path, struct str *out, struct err *err)
{
	struct buf text = { 0 };
	int r = file_read(path.p, &text, err);

	if (r == 0)
		r = err_code(err, EXIT_ENV, "%s: no such file", path.p);
	else if (r < 0)
		err->code = EXIT_ENV;
	if (r > 0)
		*out = arena_dup(&f->arena, buf_str(&text));
	buf_release(&text);
	return r < 0 ? -1 : 0;
}

static int
load_releases(struct front *f, struct err *err)
{
	struct str path = f->o->releases ? str_of(f->o->releases) :
		arena_fmt(&f->arena, "%s/python-releases", f->o->rules_dir);
	struct str text;

	if (load_table(f, path, &text, err) < 0)
		return -1;
	if (releases_parse(&f->arena, text.p, text.n, &f->releases, err) < 0)
		return err_at(err, path.p, 0, 0);
	return 0;
}

static int
check_profile(const struct front *f, struct err *err)
{
	for (size_t i = 0; i < f->p.npackages; i++)
		if (f->p.packages[i].config.has_profile ||
		    f->p.packages[i].err.msg)
			return 0;
	if (!f->o->profile || !f->o->profile_asked)
		return 0;
	return err_code(err, EXIT_USAGE, "--profile %s: no pyproject.toml has "
	                "[tool.tgraph.profile.%s]", f->o->profile,
	                f->o->profile);
}

static void
choose_index(struct config_index *to, const struct config_index *from)
{
	if (from->default_index.n)
		to->default_index = from->default_index;
	if (from->index.n)
		to->index = from->index;
	if (from->links.n)
		to->links = from->links;
	if (from->strategy.n)
		to->strategy = from->strategy;
	to->none |= from->none;
	to->offline |= from->offline;
}

/* The options come before the settings. */
static void
choose_environment(struct front *f)
{
	int which = f->o->environment ? config_environment(f->o->environment) :
		-1;

	for (size_t i = 0; i < f->p.npackages; i++) {
		struct config *c = &f->p.packages[i].config;

		if (which >= 0)
			c->environment = (enum config_environment)which;
		choose_index(&c->index, &f->o->index);
	}
}

int
front_load(struct front *f, struct graph *g, const struct state *s,
	struct err *err)
{
	if (load_releases(f, err) < 0 ||
	    pytest_options_read(&f->arena, f->o->rules_dir,
	                        &f->priv->options, err) < 0 ||
	    project_load_profile(&f->p, &f->d, f->o->profile, err) < 0 ||
	    check_profile(f, err) < 0)
		return -1;
	choose_environment(f);
	if (matrix_build(&f->matrix, &f->p, &f->releases, &f->in,
	                 &f->o->matrix, err) < 0 ||
	    front_find_made(f, err) < 0 ||
	    front_scan(f, s, err) < 0 || front_load_envs(f, err) < 0 ||
	    (!f->o->read_only && front_write_stamps(f, err) < 0))
		return -1;
	sum_all(f);     /* probing has told more of the interpreters */
	return front_emit(f, g, err);
}

void
front_release(struct front *f)
{
	struct front_private *p = f->priv;

	if (p) {
		for (size_t i = 0; p->pkg && i < f->p.npackages; i++) {
			free(p->pkg[i].tests);
			free(p->pkg[i].collectors);
			free(p->pkg[i].units);
			front_cover_release(&p->pkg[i].cover);
		}
		free(p->pkg);
		test_index_release(&p->index);
		scan_store_release(&p->scans);
		free(p->files);
		free(p);
	}
	modules_release(&f->m);
	matrix_release(&f->matrix);
	interps_release(&f->in);
	project_release(&f->p);
	discover_release(&f->d);
	front_release_made(f);
	free(f->envs);
	arena_release(&f->arena);
	*f = (struct front){ 0 };
}
