/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>

#include "front/internal.h"
#include "util/mem.h"
#include "util/path.h"

/* Coverage: what is asked for, and how a run of tests measures it. */

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

struct str
front_cover_file(struct str word)
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
	struct str path = front_cover_file(word), kind = word;
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
option_value(const struct pytest_list *words, size_t *at, struct str value,
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
take_addopts(struct front *f, struct front_package *fp, struct str dir)
{
	const struct pytest_list *words = &fp->cfg.addopts;
	struct front_cover *c = &fp->cover;
	struct str v;

	for (size_t i = 0; i < words->n; i++) {
		struct str word = words->v[i];

		if (is_option(word, "--cov", &v)) {
			c->on = true;
			v = option_value(words, &i, v, false);
			if (v.n)
				list_add(f, &c->source, v);
			else
				c->whole = true;
		} else if (is_option(word, "--no-cov", &v)) {
			c->off = true;
		} else if (is_option(word, "--cov-branch", &v)) {
			c->branch = true;
		} else if (is_option(word, "--cov-config", &v)) {
			v = option_value(words, &i, v, true);
			c->config = arena_dup(&f->arena, v);
		} else if (is_option(word, "--cov-context", &v)) {
			v = option_value(words, &i, v, true);
			c->each = str_is(v, "test");
		} else if (is_option(word, "--cov-fail-under", &v)) {
			v = option_value(words, &i, v, true);
			c->under = arena_dup(&f->arena, v);
		} else if (is_option(word, "--cov-report", &v)) {
			v = option_value(words, &i, v, true);
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

	take_addopts(f, fp, graph_dir(f, &fp->cfg, &f->p.packages[at]));
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
			struct str to = front_cover_file(c->report.v[k]);

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
