/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "front/internal.h"
#include "util/path.h"

/* The steps that put together what test files have measured of coverage, and
 * report it. */

/* What is to be made of what. */
struct making {
	struct emit *e;
	const struct front_env *env;
	struct paths ins, outs;         /* of outs the first is explicit */
	size_t nexplicit;
	uint32_t rule;
	bool gather;
	struct str args, label;
};

static int
make(struct making *m, struct err *err)
{
	struct emit *e = m->e;
	struct arena *a = &e->scratch;
	struct buf interp = { 0 };
	struct ninja_var vars[7];
	size_t n = 0;
	struct ninja_build b;
	int r;

	path_shell(&interp, e->f->in.v[m->env->interp].path);
	vars[n++] = (struct ninja_var){ STR("tg_interpreter"),
		arena_dup(a, buf_str(&interp)) };
	vars[n++] = (struct ninja_var){ STR("tg_args"), m->args };
	vars[n++] = (struct ninja_var){ STR("tg_label"), m->label };
	vars[n++] = (struct ninja_var){ STR("tg_key"), arena_fmt(a,
		"%s %s at %s", e->tools, m->args.p, e->f->o->root) };
	vars[n++] = (struct ninja_var){ STR("tg_env"), arena_fmt(a,
		"%.*s COVERAGE_CORE COVERAGE_RCFILE", (int)e->env_base.n,
		e->env_base.p) };
	/* quickly made, and of this place */
	vars[n++] = (struct ninja_var){ STR("tg_cache"), STR("0") };
	if (m->gather)
		vars[n++] = (struct ninja_var){ STR("tg_gather"), STR("1") };
	b = (struct ninja_build){
		.rule = m->rule, .scope = NINJA_ROOT_SCOPE,
		.outs = m->outs.v, .nouts = m->outs.n,
		.nimplicit_outs = m->outs.n - 1,
		.ins = m->ins.v, .nins = m->ins.n,
		.nimplicit = m->ins.n - m->nexplicit,
		.vars = vars, .nvars = n,
	};
	r = e->gb.ops.build(e->gb.b, &b, err);
	buf_release(&interp);
	free(m->ins.v);
	free(m->outs.v);
	return r;
}

static void
add_settings(const struct front_cover *c, struct buf *b)
{
	arg_add(b, "--cwd", c->dir.n ? c->dir : STR("."));
	if (c->config.n)
		arg_add(b, "--config", c->config);
}

/* Every file that may be a source, and what says which. */
static void
add_sources(struct emit *e, const struct front_cover *c, struct paths *p)
{
	for (size_t i = 0; i < c->files.n; i++)
		paths_add(p, c->files.v[i]);
	paths_add(p, c->env->stamp);
	paths_add(p, e->all_node);
	for (size_t i = 0; i < e->f->p.npackages; i++)
		if (e->data_node[i].n)
			paths_add(p, e->data_node[i]);
}

void
front_cover_dir(const struct front_opts *o, struct buf *out)
{
	bool partial = o->nselect || o->pytest_k || o->pytest_m || o->match;

	buf_addf(out, "%s/coverage/%s%s", o->state_dir,
	         o->coverage.on ? "asked" : "addopts",
	         partial ? "-partial" : "");
}

/* A path below that. */
static struct str
cover_path(struct front *f, const char *dir, const char *name)
{
	struct buf b = { 0 };
	struct str s;

	front_cover_dir(f->o, &b);
	buf_addf(&b, "/%s%s", dir, name);
	s = arena_dup(&f->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

/* What is put together of a package, without suffix. */
static struct str
package_stem(struct front *f, size_t package)
{
	struct str dir = f->p.packages[package].dir;

	return cover_path(f, "packages/", dir.n ? dir.p : "_root");
}

static void
set_outs(struct front *f, struct str stem, struct making *m)
{
	paths_add(&m->outs, arena_fmt(&f->arena, "%s.coverage", stem.p));
	paths_add(&m->outs, arena_fmt(&f->arena, "%s.data", stem.p));
}

static int
combine_package(struct emit *e, size_t at)
{
	struct front *f = e->f;
	const struct front_cover *c = &f->priv->pkg[at].cover;
	struct str dir = f->p.packages[at].dir;
	struct making m = { .e = e, .env = c->env, .rule = e->rule_combine,
		.gather = true };
	struct buf b = { 0 };
	int r;

	for (size_t i = 0; i < c->data.n; i++)
		paths_add(&m.ins, c->data.v[i]);
	m.nexplicit = m.ins.n;
	add_sources(e, c, &m.ins);
	set_outs(f, package_stem(f, at), &m);
	add_settings(c, &b);
	for (size_t i = 0; i < c->source.n; i++)
		arg_add(&b, "--source", c->source.v[i]);
	buf_adds(&b, " --unexecuted");
	arg_add(&b, "--data", m.outs.v[1]);
	arg_add(&b, "--out", m.outs.v[0]);
	m.args = arena_dup(&e->scratch, buf_str(&b));
	m.label = dir.n ? dir : f->p.packages[at].name;
	r = make(&m, e->err);
	buf_release(&b);
	return r;
}

/* Those of all packages. */
static int
combine_all(struct emit *e, const struct front_cover *c, struct str stem)
{
	struct front *f = e->f;
	struct making m = { .e = e, .env = c->env, .rule = e->rule_combine,
		.label = STR("the workspace") };
	struct buf b = { 0 };
	int r;

	for (size_t i = 0; i < f->p.npackages; i++)
		if (f->priv->pkg[i].cover.data.n)
			paths_add(&m.ins, arena_fmt(&f->arena, "%s.coverage",
				package_stem(f, i).p));
	m.nexplicit = m.ins.n;
	paths_add(&m.ins, c->env->stamp);
	set_outs(f, stem, &m);
	add_settings(c, &b);
	arg_add(&b, "--data", m.outs.v[1]);
	arg_add(&b, "--out", m.outs.v[0]);
	m.args = arena_dup(&e->scratch, buf_str(&b));
	r = make(&m, e->err);
	buf_release(&b);
	return r;
}

static int
emit_report(struct emit *e, const struct front_cover *c, struct str stem)
{
	struct front *f = e->f;
	struct making m = { .e = e, .env = c->env, .rule = e->rule_report,
		.label = STR("report") };
	struct str data = arena_fmt(&f->arena, "%s.data", stem.p);
	struct buf b = { 0 };
	int r;

	paths_add(&m.ins, data);
	m.nexplicit = 1;
	add_sources(e, c, &m.ins);
	paths_add(&m.outs, cover_path(f, "", "report.txt"));
	for (size_t i = 0; i < c->report.n; i++) {
		struct str path = front_cover_file(c->report.v[i]);

		if (str_starts(c->report.v[i], "html"))
			path = arena_fmt(&f->arena, "%.*s/index.html",
			                 (int)path.n, path.p);
		if (path.n)
			paths_add(&m.outs, path);
	}
	add_settings(c, &b);
	for (size_t i = 0; i < c->report.n; i++)
		arg_add(&b, "--report", c->report.v[i]);
	if (c->quiet && !c->report.n)
		arg_add(&b, "--report", STR("none"));
	if (c->under.n)
		arg_add(&b, "--fail-under", c->under);
	arg_add(&b, "--data", data);
	arg_add(&b, "--out", m.outs.v[0]);
	m.args = arena_dup(&e->scratch, buf_str(&b));
	r = make(&m, e->err);
	buf_release(&b);
	return r;
}

/* The settings of the whole: those of the only package with data or, of
 * several, those of the root. */
static void
whole_settings(struct emit *e, size_t n, struct front_cover *c)
{
	struct front *f = e->f;
	const struct front_env *env = NULL;

	for (size_t i = 0; i < f->p.npackages; i++) {
		const struct front_cover *of = &f->priv->pkg[i].cover;

		if (of->data.n && !env)
			env = of->env;
		if (n == 1 ? of->data.n > 0 : !f->p.packages[i].dir.n)
			*c = *of;
	}
	if (!c->env)
		c->env = env;
}

int
front_cover_steps(struct emit *e)
{
	struct front *f = e->f;
	struct front_cover whole = { 0 };
	struct str stem = { 0 };
	size_t n = 0;
	int r;

	for (size_t i = 0; i < f->p.npackages; i++)
		n += f->priv->pkg[i].cover.data.n > 0;
	if (n == 0)
		return 0;
	if (!e->rule_combine || !e->rule_report)
		return err_code(e->err, EXIT_USAGE, "python.ninja has no "
		                "rules 'coverage' and 'coverage-report'");
	r = front_all_python(e);
	for (size_t i = 0; r == 0 && i < f->p.npackages; i++) {
		if (!f->priv->pkg[i].cover.data.n)
			continue;
		stem = package_stem(f, i);
		r = combine_package(e, i);
	}
	whole_settings(e, n, &whole);
	if (r == 0 && n > 1) {
		stem = cover_path(f, "", "all");
		r = combine_all(e, &whole, stem);
	}
	if (r == 0)
		r = emit_report(e, &whole, stem);
	arena_release(&e->scratch);
	return r;
}
