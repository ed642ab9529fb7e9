/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>

#include "front/internal.h"
#include "util/mem.h"
#include "util/path.h"

/* Coverage: how it is measured, and the steps that put together what test
 * files have measured and report it. */

/* ---- what is asked for ---- */

static void
list_add(struct front *f, struct front_words *l, struct str word)
{
	l->v = vec_grow(l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = arena_dup(&f->arena, word);
}

static bool
list_has(const struct front_words *l, struct str word)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->v[i], word))
			return true;
	return false;
}

/* Is the word, or what it begins with before "=", this option? *value: what
 * follows "=", or p NULL. */
static bool
is_option(struct str word, const char *name, struct str *value)
{
	size_t n = strlen(name);

	*value = (struct str){ 0 };
	if (word.n > n && word.p[n] == '=' && memcmp(word.p, name, n) == 0) {
		*value = (struct str){ word.p + n + 1, word.n - n - 1 };
		return true;
	}
	return str_is(word, name);
}

/* Where a report goes that is a file or directory; n 0: it is none. */
static struct str
report_path(struct str word)
{
	const char *colon = memchr(word.p, ':', word.n);

	if (!colon || str_starts(word, "term"))
		return STR("");
	return (struct str){ colon + 1, word.n - (size_t)(colon + 1 - word.p) };
}

/* What a kind of report is called if nothing is said of that; NULL: it is none
 * of these. */
static const char *
usual_path(struct str kind)
{
	static const struct { const char *kind, *path; } all[] = {
		{ "html", "htmlcov" }, { "xml", "coverage.xml" },
		{ "json", "coverage.json" }, { "lcov", "coverage.lcov" },
	};

	for (size_t i = 0; i < countof(all); i++)
		if (str_is(kind, all[i].kind))
			return all[i].path;
	return NULL;
}

/* A report and where it goes, as seen from dir (from the root). false: there is
 * no such report here. */
static bool
add_report(struct front *f, struct front_cover *c, struct str dir,
	struct str word)
{
	struct str path = report_path(word), kind = word;
	struct buf b = { 0 };
	const char *usual;

	if (path.n)
		kind.n -= path.n + 1;
	usual = usual_path(kind);
	if (!usual && !str_starts(kind, "term"))
		return false;
	if (usual) {
		buf_addstr(&b, kind);
		buf_addc(&b, ':');
		path_join(&b, dir, path.n ? path : str_of(usual));
		word = buf_str(&b);
	}
	if (!list_has(&c->report, word))
		list_add(f, &c->report, word);
	buf_release(&b);
	return true;
}

/* What stands for an option's value: after "=", or the next word. */
static struct str
value_of(const struct pytest_list *words, size_t *at, struct str value,
	bool needed)
{
	if (value.p || *at + 1 == words->n)
		return value.p ? value : STR("");
	if (!needed && words->v[*at + 1].p[0] == '-')
		return STR("");
	return words->v[++*at];
}

static void
tell_unknown(struct front *f, const struct front_package *fp, struct str word)
{
	warnings_add(&f->p.warnings, &f->arena, front_graph_name(f,
		fp->cfg.inifile), 0, 0, "--cov-report=%.*s in addopts does "
		"not count: it is not term, term-missing, html, xml, json or "
		"lcov", (int)word.n, word.p);
}

/* pytest-cov's options in addopts and PYTEST_ADDOPTS. */
static void
read_addopts(struct front *f, struct front_package *fp, struct str dir)
{
	const struct pytest_list *words = &fp->cfg.addopts;
	struct front_cover *c = &fp->cover;
	struct str v;

	for (size_t i = 0; i < words->n; i++) {
		struct str word = words->v[i];

		if (is_option(word, "--cov", &v)) {
			c->on = true;
			v = value_of(words, &i, v, false);
			if (v.n)
				list_add(f, &c->source, v);
			else
				c->whole = true;
		} else if (is_option(word, "--no-cov", &v)) {
			c->off = true;
		} else if (is_option(word, "--cov-branch", &v)) {
			c->branch = true;
		} else if (is_option(word, "--cov-config", &v)) {
			v = value_of(words, &i, v, true);
			c->config = arena_dup(&f->arena, v);
		} else if (is_option(word, "--cov-context", &v)) {
			v = value_of(words, &i, v, true);
			c->each = str_is(v, "test");
		} else if (is_option(word, "--cov-fail-under", &v)) {
			v = value_of(words, &i, v, true);
			c->under = arena_dup(&f->arena, v);
		} else if (is_option(word, "--cov-report", &v)) {
			v = value_of(words, &i, v, true);
			if (v.n && !add_report(f, c, dir, v))
				tell_unknown(f, fp, v);
			c->quiet |= v.n == 0;
		}
	}
}

/* The files in which coverage looks for its configuration. */
static void
find_config(struct front *f, struct front_cover *c, struct str dir)
{
	static const char *const names[] = {
		".coveragerc", ".coveragerc.toml", "setup.cfg", "tox.ini",
		"pyproject.toml",
	};
	const char *rc = getenv("COVERAGE_RCFILE");
	struct buf b = { 0 };

	if (!c->config.n && rc)
		c->config = arena_dup(&f->arena, str_of(rc));
	if (c->config.n) {
		path_join(&b, dir, c->config);
		c->config = arena_dup(&f->arena, buf_str(&b));
		list_add(f, &c->files, c->config);
	}
	for (size_t i = 0; !c->config.n && i < countof(names); i++) {
		buf_clear(&b);
		path_join(&b, dir, str_of(names[i]));
		if (access(b.p, F_OK) == 0)
			list_add(f, &c->files, buf_str(&b));
	}
	buf_release(&b);
}

static struct str
graph_dir(struct front *f, const struct pytestcfg *cfg,
	const struct package *pkg)
{
	struct str dir = cfg->dir.n ? front_graph_name(f, cfg->dir) : pkg->dir;

	return str_is(dir, ".") ? STR("") : dir;
}

void
front_cover_read(struct front *f, size_t at)
{
	const struct front_coverage *o = &f->o->coverage;
	struct front_package *fp = &f->priv->pkg[at];
	struct front_cover *c = &fp->cover;

	read_addopts(f, fp, graph_dir(f, &fp->cfg, &f->p.packages[at]));
	c->wanted = c->on && !c->off;
	c->on = !o->off && (o->on || c->wanted);
	c->branch |= o->branch;
	if (o->nsource || c->whole)
		c->source.n = 0;
	for (size_t i = 0; i < o->nsource; i++)
		list_add(f, &c->source, str_of(o->source[i]));
	if (o->nreport) {
		c->report.n = 0;
		c->quiet = false;
	}
	for (size_t i = 0; i < o->nreport; i++)
		add_report(f, c, STR(""), str_of(o->report[i]));
	if (o->under)
		c->under = str_of(o->under);
}

bool
front_cover_makes(const struct front *f, struct str path)
{
	for (size_t i = 0; i < f->p.npackages; i++) {
		const struct front_cover *c = &f->priv->pkg[i].cover;

		for (size_t k = 0; c->on && k < c->report.n; k++) {
			struct str to = report_path(c->report.v[k]);

			if (to.n && path_below(path, to))
				return true;
		}
	}
	return false;
}

void
front_cover_release(struct front_cover *c)
{
	free(c->source.v);
	free(c->report.v);
	free(c->files.v);
	free(c->data.v);
}

int
front_covers(struct emit *e, const struct front_run *r, bool pytest)
{
	struct front *f = e->f;
	struct front_package *fp = &f->priv->pkg[r->package];
	const struct interp *in = &f->in.v[r->env->interp];
	const struct package *pkg = &f->p.packages[r->package];
	struct front_cover *c = &fp->cover;

	if (!c->on)
		return 0;
	if (!in->coverage.n && f->o->coverage.on)
		return err_code(e->err, EXIT_ENV, "coverage is not installed "
		                "for %s (pip install coverage)", in->path.p);
	if (!in->coverage.n)
		return 0;
	if (!c->env) {
		c->env = r->env;
		c->dir = pytest ? graph_dir(f, &fp->cfg, pkg) : pkg->dir;
		find_config(f, c, c->dir);
	}
	return 1;
}

/* ---- the run of a file ---- */

struct str
front_cover_args(struct emit *e, const struct front_run *r, struct str stem,
	struct buf *b)
{
	const struct front_cover *c = &e->f->priv->pkg[r->package].cover;
	struct str data = arena_fmt(&e->f->arena, "%s.coverage", stem.p);

	arg_add(b, "--coverage", data);
	if (c->config.n)
		arg_add(b, "--coverage-config", c->config);
	for (size_t i = 0; i < c->source.n; i++)
		arg_add(b, "--coverage-source", c->source.v[i]);
	if (c->branch)
		buf_adds(b, " --coverage-branch");
	if (c->each)
		buf_adds(b, " --coverage-context test");
	return data;
}

static bool
is_chosen(const struct front_coverage *o, struct str data)
{
	for (size_t i = 0; o->chosen && i < o->nonly; i++)
		if (str_eq(o->only[i], data))
			return true;
	return !o->chosen;
}

void
front_cover_add(struct emit *e, const struct front_run *r, struct str data)
{
	struct front_cover *c = &e->f->priv->pkg[r->package].cover;

	if (!is_chosen(&e->f->o->coverage, data))
		return;
	c->data.v = vec_grow(c->data.v, &c->data.cap, c->data.n + 1,
	                     sizeof(*c->data.v));
	c->data.v[c->data.n++] = data;
}

/* ---- the steps that follow ---- */

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
report(struct emit *e, const struct front_cover *c, struct str stem)
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
		struct str path = report_path(c->report.v[i]);

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
		r = report(e, &whole, stem);
	arena_release(&e->scratch);
	return r;
}
