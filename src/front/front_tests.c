/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "front/internal.h"
#include "util/mem.h"
#include "util/path.h"

/* The steps that run tests. */

static void
add_group(struct emit *e, uint32_t id, struct front_run *r, struct paths *p)
{
	paths_add(p, e->group_node[id]);
	r->names |= e->f->m.groups[id].names;
}

/* conftest.py files from the cut down to the file's directory: themselves, for
 * another one is another run; and what they import. */
static void
add_conftests(struct emit *e, struct front_run *r, struct str file,
	struct paths *p)
{
	struct front *f = e->f;
	const struct front_package *fp = &f->priv->pkg[r->package];
	struct str root = str_of(f->o->root), cut = fp->cfg.confcutdir;
	struct buf b = { 0 };

	for (struct str dir = path_dir(file);; dir = path_dir(dir)) {
		uint32_t id;

		buf_clear(&b);
		path_join(&b, dir, STR("conftest.py"));
		id = modules_find(&f->m, buf_str(&b));
		if (id != MODULE_NONE) {
			paths_add(p, front_file(e, id));
			add_group(e, f->m.v[id].group, r, p);
		}
		buf_clear(&b);
		path_join(&b, root, dir);
		if (!dir.n || (cut.n && str_eq(buf_str(&b), cut)))
			break;
	}
	buf_release(&b);
}

/* Modules of this repository that addopts load with -p. */
static void
add_run_plugins(struct emit *e, struct front_run *r, struct paths *p)
{
	struct modules *m = &e->f->m;
	const struct front_package *fp = &e->f->priv->pkg[r->package];

	for (size_t i = 0; i < fp->cfg.plugins.n; i++) {
		size_t from = m->ndeps;

		modules_add_name(m, r->tests[0], fp->cfg.plugins.v[i]);
		for (size_t k = from; k < m->ndeps; k++)
			add_group(e, m->v[m->deps[k]].group, r, p);
		m->ndeps = from;
	}
}

struct globs {
	const struct front *f;
	struct paths *to;
};

/* Globs of [tool.tgraph] inputs. */
static void
add_globs(void *ctx, const struct package *pkg, const struct config_list *list)
{
	struct globs *x = ctx;
	const struct discovery *d = &x->f->d;

	for (uint32_t i = 0; list->n && i < d->nfiles; i++)
		if (front_names(pkg, list, d->files[i].path))
			paths_add(x->to, d->files[i].path);
}

/* May the run itself find out where it lies, be it by the interpreter? Examples
 * in text are not read here, nor what a hook makes tests of. */
static bool
knows_place(const struct emit *e, const struct front_run *r)
{
	struct str interp = e->f->in.v[r->env->interp].path;
	uint32_t tells = path_below(interp, str_of(e->f->o->root))
	               ? SCAN_PLACE | SCAN_PREFIX : SCAN_PLACE;

	for (size_t i = 0; i < r->ntests; i++) {
		const struct module *mod = &e->f->m.v[r->tests[i]];

		if (mod->scan.flags & tells || mod->flags & MODULE_EXT)
			return true;
	}
	return r->others;
}

/* And where its interpreter lies, it or a module that it may use? */
static bool
knows_interp(const struct emit *e, const struct front_run *r)
{
	for (size_t i = 0; i < r->ntests; i++)
		if (e->f->m.v[r->tests[i]].scan.flags & SCAN_PREFIX)
			return true;
	return r->place || r->names & (NAMES_INTERP | NAMES_PREFIX);
}

/* Whatever is in the repository. */
static int
add_all(struct emit *e, struct front_run *r, struct paths *p)
{
	if (front_all_python(e) < 0)
		return -1;
	paths_add(p, e->all_node);
	r->names |= e->f->m.names;
	return 0;
}

static int
add_run_inputs(struct emit *e, struct front_run *r, struct paths *p)
{
	struct front *f = e->f;
	const struct front_package *fp = &f->priv->pkg[r->package];
	const struct package *pkg = &f->p.packages[r->package];
	struct globs globs = { .f = f, .to = p };

	r->place = knows_place(e, r);
	r->names = 0;
	for (size_t i = 0; i < r->ntests; i++) {
		add_group(e, f->m.v[r->tests[i]].group, r, p);
		add_conftests(e, r, front_file(e, r->tests[i]), p);
	}
	if (r->ntests)
		add_run_plugins(e, r, p);
	if (fp->cfg.inifile.n)
		paths_add(p, front_graph_name(f, fp->cfg.inifile));
	paths_add(p, r->env->stamp);
	if (f->d.nlinks)
		paths_add(p, f->links);
	if (e->data_node[r->package].n)
		paths_add(p, e->data_node[r->package]);
	for (size_t i = 0; i < f->p.npackages; i++)
		if (f->p.packages[i].dir.n == 0 && i != r->package &&
		    e->data_node[i].n)
			paths_add(p, e->data_node[i]);
	add_globs(&globs, pkg, &pkg->config.inputs);
	front_path_lists(e, r, CONFIG_INPUTS, add_globs, &globs);
	for (size_t i = 0; r->covers && i < fp->cover.files.n; i++)
		paths_add(p, fp->cover.files.v[i]);
	/* pytest-django imports settings, and Django what these name. What a
	 * hook makes tests of is not known. */
	if ((fp->cfg.django || r->others) && add_all(e, r, p) < 0)
		return -1;
	if (knows_interp(e, r))
		paths_add(p, r->env->place);
	return 0;
}

/* Drops repeats, keeping the first of each. */
static void
drop_same(struct paths *p, struct paths *explicit)
{
	struct map seen = { 0 };
	size_t n = 0;
	int added;

	for (size_t i = 0; i < explicit->n; i++)
		map_put(&seen, explicit->v[i], NULL);
	for (size_t i = 0; i < p->n; i++) {
		map_put(&seen, p->v[i], &added);
		if (added)
			p->v[n++] = p->v[i];
	}
	p->n = n;
	map_release(&seen);
}

static int
emit_run(struct emit *e, struct front_run *r)
{
	struct front *f = e->f;
	bool pytest = front_uses_pytest(f, r->package,
	                                &f->in.v[r->env->interp]);
	struct buf partial = { 0 }, args = { 0 };
	struct front_vars vars = { .n = 0 };
	struct paths ins = { 0 }, more = { 0 };
	const struct front_made *made = front_row_made(f, r->row);
	struct str stem, data, outs[3];
	struct ninja_build b;
	int ret = front_covers(e, r, pytest);

	if (ret < 0)
		return -1;
	r->covers = ret;
	if (front_run_is_partial(e, r))
		front_partial_args(e, r, &partial);
	stem = front_run_stem(e, r, buf_str(&partial));
	for (size_t i = 0; i < r->ntests; i++)
		paths_add(&ins, front_file(e, r->tests[i]));
	ret = add_run_inputs(e, r, &more);
	front_run_args(e, r, pytest, stem, buf_str(&partial), &args);
	if (r->covers)
		data = front_cover_args(e, r, stem, &args);
	front_run_vars(e, r, pytest, stem, arena_dup(&e->scratch, buf_str(&args)),
	               &vars);
	drop_same(&more, &ins);
	outs[0] = arena_fmt(&e->scratch, "%s.json", stem.p);
	outs[1] = arena_fmt(&e->scratch, "%s.log", stem.p);
	b = (struct ninja_build){
		.rule = e->rule_test, .scope = NINJA_ROOT_SCOPE,
		.outs = outs, .nouts = 2u + r->covers,
		.nimplicit_outs = 1u + r->covers,
		.nins = ins.n + more.n, .nimplicit = more.n,
		.vars = vars.v, .nvars = vars.n,
	};
	if (r->covers) {
		outs[2] = data;
		front_cover_add(e, r, data);
	}
	for (size_t i = 0; i < more.n; i++)
		paths_add(&ins, more.v[i]);
	/* what is in it decides, and that is said by another file */
	if (made) {
		paths_add(&ins, made->stamp);
		b.nins++;
		b.norder++;
	}
	b.ins = ins.v;
	if (ret == 0)
		ret = e->gb.ops.build(e->gb.b, &b, e->err);
	f->ntests++;
	free(ins.v);
	free(more.v);
	buf_release(&partial);
	buf_release(&args);
	arena_release(&e->scratch);
	return ret;
}

static int
emit_file(struct emit *e, struct front_run *r, uint32_t test)
{
	r->tests = &test;
	r->ntests = 1;
	r->file = front_file(e, test);
	return emit_run(e, r);
}

static bool
plugins_collect(struct emit *e, size_t interp)
{
	enum known *known = &e->plugins_collect[interp];

	if (*known == KNOWN_NOT)
		*known = front_plugins_collect(&e->f->in.v[interp])
		       ? KNOWN_YES : KNOWN_NO;
	return *known == KNOWN_YES;
}

/* The files that are tests only because a hook says so. */
static int
emit_others(struct emit *e, struct front_run *r)
{
	const struct front_package *fp = &e->f->priv->pkg[r->package];
	const struct package *pkg = &e->f->p.packages[r->package];
	int ret = 0;

	r->others = true;
	if (fp->ntests && plugins_collect(e, r->env->interp)) {
		r->tests = NULL;
		r->ntests = 0;
		r->file = pkg->dir.n ? pkg->dir : STR(".");
		return emit_run(e, r);
	}
	for (size_t i = 0; i < fp->ncollectors && ret == 0; i++)
		ret = emit_file(e, r, fp->collectors[i]);
	return ret;
}

static int
emit_tests(struct emit *e, struct front_run *r, const uint32_t *tests,
	size_t n)
{
	const struct package *pkg = &e->f->p.packages[r->package];
	int ret = 0;

	if (n && pkg->config.granularity == GRANULARITY_PACKAGE) {
		r->tests = tests;
		r->ntests = n;
		r->file = pkg->dir.n ? pkg->dir : STR(".");
		return emit_run(e, r);
	}
	for (size_t i = 0; i < n && ret == 0; i++)
		ret = emit_file(e, r, tests[i]);
	return ret;
}

int
front_tests(struct emit *e, const struct matrix_row *row)
{
	struct front *f = e->f;
	const struct front_package *fp = &f->priv->pkg[row->package];
	struct front_run r = { .package = row->package, .row = row };
	int ret;

	if (front_row_skipped(f, row))
		return 0;
	r.env = front_env_of(f, row);
	if (!front_uses_pytest(f, row->package, &f->in.v[row->interp]))
		return emit_tests(e, &r, fp->units, fp->nunits);
	ret = emit_tests(e, &r, fp->tests, fp->ntests);
	return ret == 0 ? emit_others(e, &r) : ret;
}
