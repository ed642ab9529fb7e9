/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front/internal.h"
#include "python/project/requirement.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/path.h"

/* Environments that are made for tests: which there are to be, and whether they
 * are there. */

static const char HEADER[] = "tgraph environment 1";

/* Variables by which installers are told where packages are, and which. */
static const char *const index_env[] = {
	"PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS",
	"PIP_NO_INDEX", "PIP_CONSTRAINT", "PIP_PRE", "PIP_ONLY_BINARY",
	"PIP_NO_BINARY", "PIP_CONFIG_FILE",
	"UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL",
	"UV_FIND_LINKS", "UV_NO_INDEX", "UV_INDEX_STRATEGY", "UV_CONSTRAINT",
	"UV_OVERRIDE", "UV_PRERELEASE", "UV_RESOLUTION", "UV_EXCLUDE_NEWER",
	"UV_NO_BINARY", "UV_CONFIG_FILE",
};

/* A value without what addresses in it have of names and passwords. */
static void
add_open(struct buf *b, const char *value)
{
	for (const char *p = value; *p;) {
		const char *at = strstr(p, "://"), *end, *name;

		if (!at) {
			buf_adds(b, p);
			return;
		}
		at += 3;
		buf_add(b, p, (size_t)(at - p));
		end = at + strcspn(at, "/?# \t");
		name = memchr(at, '@', (size_t)(end - at));
		p = name ? name + 1 : at;
	}
}

void
front_index_env(struct buf *b)
{
	for (size_t i = 0; i < countof(index_env); i++) {
		const char *value = getenv(index_env[i]);

		if (!value)
			continue;
		buf_addf(b, "%s=", index_env[i]);
		add_open(b, value);
		buf_addc(b, '\n');
	}
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The packages that a directory holds, sorted, to be freed. */
static size_t
list_dists(const char *dir, char ***out)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	size_t n = 0, cap = 0;

	*out = NULL;
	while (d && (de = readdir(d)) != NULL) {
		struct str name = str_of(de->d_name);

		if (!str_ends(name, ".dist-info") &&
		    !str_ends(name, ".egg-info"))
			continue;
		*out = vec_grow(*out, &cap, n + 1, sizeof(**out));
		(*out)[n++] = xmemdup0(name.p, name.n);
	}
	if (d)
		closedir(d);
	if (n)
		qsort(*out, n, sizeof(**out), by_name);
	return n;
}

/* The next line of text; false: there is none. */
static bool
next_line(struct str *text, struct str *line)
{
	const char *nl = memchr(text->p, '\n', text->n);

	if (!nl)
		return false;
	*line = (struct str){ text->p, (size_t)(nl - text->p) };
	text->n -= line->n + 1;
	text->p = nl + 1;
	return true;
}

/* Does a site directory hold just the packages that the next lines name? */
static bool
site_intact(struct str dir, struct str site, struct str *text)
{
	struct buf path = { 0 };
	struct str line;
	char **names;
	size_t n, i = 0;
	bool same = true;

	path_join(&path, dir, site);
	n = list_dists(path.p, &names);
	while (str_starts(*text, "dist ") && next_line(text, &line)) {
		same = same && i < n &&
		       str_is((struct str){ line.p + 5, line.n - 5 }, names[i]);
		i++;
	}
	same = same && i == n;
	for (i = 0; i < n; i++)
		free(names[i]);
	free(names);
	buf_release(&path);
	return same;
}

static bool
text_intact(struct str dir, struct str text)
{
	struct str line;
	bool any = false;

	if (!next_line(&text, &line) || !str_is(line, HEADER))
		return false;
	while (next_line(&text, &line)) {
		if (str_is(line, "end"))
			return any && text.n == 0;
		if (!str_starts(line, "site "))
			continue;
		line = (struct str){ line.p + 5, line.n - 5 };
		if (!site_intact(dir, line, &text))
			return false;
		any = true;
	}
	return false;
}

bool
front_made_intact(struct str dir)
{
	struct buf path = { 0 }, text = { 0 };
	bool is;

	path_join(&path, dir, STR(FRONT_MADE_STAMP));
	is = file_read(path.p, &text, NULL) > 0 &&
	     text_intact(dir, buf_str(&text));
	buf_release(&path);
	buf_release(&text);
	return is;
}

struct str
front_made_dir(const struct front *f, struct str interp)
{
	struct buf b = { 0 };
	struct str dir = STR("");

	path_join(&b, str_of(f->o->root), str_of(f->o->state_dir));
	buf_adds(&b, "/" FRONT_MADE_DIR);
	if (path_below(interp, buf_str(&b)))
		dir = path_dir(path_dir(interp));
	buf_release(&b);
	return dir;
}

/* ---- which there are to be ---- */

/* A path as it is named from the root. */
static struct str
from_root(struct front *f, struct str dir, struct str path)
{
	struct str root = str_of(f->o->root);
	struct buf b = { 0 }, rel = { 0 };
	struct str s;

	path_join(&b, dir, path);
	b.n = path_fold(b.p, b.n);
	if (path_below(buf_str(&b), root))
		path_relative(&rel, root, buf_str(&b));
	else
		buf_addstr(&rel, buf_str(&b));
	s = arena_dup(&f->arena, str_is(buf_str(&rel), ".") ? STR("") :
	              buf_str(&rel));
	buf_release(&b);
	buf_release(&rel);
	return s;
}

/* Adds the content of a file of requirements, and notes the files that it
 * names. */
static void
add_file(struct front *f, struct digester *d, struct needs *n,
	struct str path, int depth)
{
	enum { DEEP = 32 };
	struct buf text = { 0 };
	struct str rest, line, named;

	strs_add(&n->inputs, path);
	digest_add_field(d, path.p, path.n);
	if (file_read(path.p, &text, NULL) > 0)
		digest_add_field(d, text.p, text.n);
	buf_addc(&text, '\n');
	rest = buf_str(&text);
	while (depth < DEEP && next_line(&rest, &line)) {
		enum requirement_names what = requirement_line(line, &f->arena,
			&named);

		if (what == REQUIREMENT_FILE)
			add_file(f, d, n, from_root(f, path_dir(path), named),
			         depth + 1);
		else if (what != REQUIREMENT_NOTHING)
			needs_local(n, &f->p, &f->d,
			            from_root(f, STR(""), named),
			            what == REQUIREMENT_IN_PLACE, &f->arena);
	}
	buf_release(&text);
}

static void
add_list(struct digester *d, const struct strs *l)
{
	digest_add_field(d, "", 0);
	for (size_t i = 0; i < l->n; i++)
		digest_add_field(d, l->v[i].p, l->v[i].n);
}

static void
add_words(struct digester *d, const struct config_list *l)
{
	digest_add_field(d, "", 0);
	for (size_t i = 0; i < l->n; i++)
		digest_add_field(d, l->v[i].p, l->v[i].n);
}

static void
add_index(struct digester *d, const struct config_index *x)
{
	struct buf env = { 0 };

	digest_add_field(d, x->default_index.p, x->default_index.n);
	add_words(d, &x->index);
	add_words(d, &x->links);
	digest_add_field(d, x->strategy.p, x->strategy.n);
	digest_add_field(d, x->none ? "n" : "-", 1);
	digest_add_field(d, x->offline ? "o" : "-", 1);
	front_index_env(&env);
	digest_add_field(d, env.p, env.n);
	buf_release(&env);
}

/* The digest of all that decides what an environment holds. */
static struct digest
digest_made(struct front *f, struct front_made *m)
{
	const struct interp *in = &f->in.v[m->base];
	struct needs *n = &m->needs;
	struct digester d;

	digest_begin(&d);
	digest_add_field(&d, HEADER, sizeof(HEADER) - 1);
	digest_add_field(&d, in->implementation.p, in->implementation.n);
	digest_add_field(&d, in->version.p, in->version.n);
	digest_add_field(&d, in->gil_disabled ? "t" : "-", 1);
	digest_add_field(&d, m->with == ENVIRONMENT_UV ? "uv" : "venv",
		m->with == ENVIRONMENT_UV ? 2 : 4);
	strs_sort(&n->editable);
	strs_sort(&n->lines);
	strs_sort(&n->states);
	add_list(&d, &n->editable);
	add_list(&d, &n->lines);
	add_list(&d, &n->states);
	for (size_t i = 0; i < n->files.n; i++)
		add_file(f, &d, n, n->files.v[i], 0);
	digest_add_field(&d, "", 0);
	for (size_t i = 0; i < n->constraints.n; i++)
		add_file(f, &d, n, n->constraints.v[i], 0);
	strs_sort(&n->inputs);
	strs_sort(&n->busy);
	strs_sort(&n->found);
	add_index(&d, m->index);
	return digest_end(&d);
}

/* The environment of that name, if another row has it already. */
static size_t
same_made(const struct front *f, struct str name)
{
	size_t i = 0;

	while (i < f->nmade && !str_eq(f->made[i].name, name))
		i++;
	return i;
}

/* pip asks all indexes at once. */
static int
strategy_fits(const struct front_made *m, struct package *pkg)
{
	if (m->with == ENVIRONMENT_UV || !m->index->strategy.n)
		return 0;
	return err_set(&pkg->err, "index-strategy: pip has none; it is for "
	               "environment = \"uv\"");
}

static int
find_row(struct front *f, size_t at)
{
	struct matrix_row *row = &f->matrix.rows[at];
	struct package *pkg = &f->p.packages[row->package];
	struct front_made m = { .with = pkg->config.environment,
		.index = &pkg->config.index, .base = row->interp,
		.package = row->package, .version = row->version,
		.interp = SIZE_MAX };
	char hex[DIGEST_HEX + 1];
	struct digest d;
	size_t i;

	if (strategy_fits(&m, pkg) < 0 ||
	    needs_find(&m.needs, &f->p, &f->d, row->package, &f->arena,
	    &pkg->err) < 0) {
		needs_release(&m.needs);
		return -1;
	}
	d = digest_made(f, &m);
	digest_hex(&d, hex);
	m.name = arena_fmt(&f->arena, "%.16s", hex);
	i = same_made(f, m.name);
	f->row_made[at] = i;
	if (i < f->nmade) {
		f->made[i].nrows++;
		needs_release(&m.needs);
		return 0;
	}
	m.nrows = 1;
	m.dir = arena_fmt(&f->arena, "%s/" FRONT_MADE_DIR "/%s",
	                  f->o->state_dir, m.name.p);
	m.stamp = arena_fmt(&f->arena, "%s/" FRONT_MADE_STAMP, m.dir.p);
	f->made = vec_grow(f->made, &f->made_cap, f->nmade + 1,
	                   sizeof(*f->made));
	f->made[f->nmade++] = m;
	return 0;
}

/* Those that are there are asked what is in them. */
static int
probe_made(struct front *f, struct err *err)
{
	size_t *which = xreallocarray(NULL, f->nmade + 1, sizeof(*which));
	size_t n = 0;
	int r;

	for (size_t i = 0; i < f->nmade; i++) {
		struct front_made *m = &f->made[i];
		struct str python = arena_fmt(&f->arena, "%s/bin/python",
		                              m->dir.p);

		/* another tgraph may be about to make it */
		m->stamped = access(m->stamp.p, F_OK) == 0;
		if (!front_made_intact(m->dir) ||
		    !interps_add(&f->in, python, &m->interp))
			m->interp = SIZE_MAX;
		else
			which[n++] = m->interp;
	}
	r = n ? interps_probe(&f->in, which, n, err) : 0;
	for (size_t i = 0; i < f->nmade; i++) {
		struct front_made *m = &f->made[i];

		if (m->interp != SIZE_MAX &&
		    f->in.v[m->interp].state != INTERP_OK)
			m->interp = SIZE_MAX;
		/* What is left of it is not what the stamp says. */
		if (m->interp == SIZE_MAX && m->stamped && !f->o->read_only)
			unlink(m->stamp.p);
	}
	free(which);
	return r < 0 ? -1 : 0;
}

static bool
is_to_be_made(const struct front *f, const struct matrix_row *row)
{
	const struct package *pkg = &f->p.packages[row->package];

	return pkg->config.environment != ENVIRONMENT_ACTIVE &&
	       !pkg->err.msg && row->chosen && row->interp != SIZE_MAX &&
	       f->in.v[row->interp].state == INTERP_OK;
}

int
front_find_made(struct front *f, struct err *err)
{
	f->row_made = xreallocarray(NULL, f->matrix.n + 1,
	                            sizeof(*f->row_made));
	for (size_t i = 0; i < f->matrix.n; i++) {
		f->row_made[i] = SIZE_MAX;
		if (is_to_be_made(f, &f->matrix.rows[i]) && find_row(f, i) < 0)
			f->row_made[i] = SIZE_MAX;
	}
	if (probe_made(f, err) < 0)
		return -1;
	for (size_t i = 0; i < f->matrix.n; i++) {
		const struct front_made *m = front_row_made(f,
			&f->matrix.rows[i]);

		if (!m || m->interp == SIZE_MAX)
			continue;
		f->matrix.rows[i].interp = m->interp;
		f->matrix.rows[i].no_pytest =
			f->in.v[m->interp].pytest.n == 0;
	}
	return 0;
}

const struct front_made *
front_row_made(const struct front *f, const struct matrix_row *row)
{
	size_t i = f->row_made ? f->row_made[row - f->matrix.rows] : SIZE_MAX;

	return i == SIZE_MAX ? NULL : &f->made[i];
}

bool
front_row_unmade(const struct front *f, const struct matrix_row *row)
{
	const struct front_made *m = front_row_made(f, row);

	return m && m->interp == SIZE_MAX &&
	       !f->p.packages[row->package].err.msg;
}

void
front_release_made(struct front *f)
{
	for (size_t i = 0; i < f->nmade; i++)
		needs_release(&f->made[i].needs);
	free(f->made);
	free(f->row_made);
}

/* ---- their steps ---- */

static void
add_option(struct buf *b, const char *option, struct str value)
{
	if (value.n)
		arg_add(b, option, value);
}

static void
index_words(const struct front_made *m, struct buf *b)
{
	const struct config_index *x = m->index;
	bool uv = m->with == ENVIRONMENT_UV;

	add_option(b, uv ? "--default-index" : "--index-url",
	           x->default_index);
	for (size_t i = 0; i < x->index.n; i++)
		add_option(b, uv ? "--index" : "--extra-index-url",
		           x->index.v[i]);
	for (size_t i = 0; i < x->links.n; i++)
		add_option(b, "--find-links", x->links.v[i]);
	if (x->none || (x->offline && !uv))
		buf_adds(b, b->n ? " --no-index" : "--no-index");
	if (uv)
		add_option(b, "--index-strategy", x->strategy);
	if (uv && x->offline)
		buf_adds(b, b->n ? " --offline" : "--offline");
}

static void
requirement_words(const struct front_made *m, struct buf *b)
{
	const struct needs *n = &m->needs;

	for (size_t i = 0; i < n->constraints.n; i++)
		arg_add(b, "-c", n->constraints.v[i]);
	for (size_t i = 0; i < n->editable.n; i++)
		arg_add(b, "-e", n->editable.v[i]);
	for (size_t i = 0; i < n->files.n; i++)
		arg_add(b, "-r", n->files.v[i]);
	for (size_t i = 0; i < n->lines.n; i++)
		arg_add(b, NULL, n->lines.v[i]);
	/* uv takes what a file names from its cache, whatever has changed */
	for (size_t i = 0; m->with == ENVIRONMENT_UV && i < n->found.n; i++)
		arg_add(b, "--refresh-package", n->found.v[i]);
}

static bool
is_empty(const struct needs *n)
{
	return !n->editable.n && !n->files.n && !n->lines.n;
}

static struct str
label(struct emit *e, const struct front_made *m)
{
	struct str name = e->f->p.packages[m->package].name;

	if (m->nrows > 1)
		return arena_fmt(&e->scratch, "of %s and %zu more (%s)", name.p,
		                 m->nrows - 1, m->version.p);
	return arena_fmt(&e->scratch, "of %s (%s)", name.p, m->version.p);
}

static struct str
kept(struct emit *e, struct buf *b)
{
	struct str s = arena_dup(&e->scratch, buf_str(b));

	buf_release(b);
	return s;
}

static int
emit_made(struct emit *e, const struct front_made *m)
{
	struct buf interp = { 0 }, args = { 0 }, index = { 0 }, what = { 0 };
	struct ninja_var vars[7];
	size_t n = 0;
	struct ninja_build b = {
		.rule = m->with == ENVIRONMENT_UV ? e->rule_uv : e->rule_venv,
		.scope = NINJA_ROOT_SCOPE, .outs = &m->stamp, .nouts = 1,
		.ins = m->needs.inputs.v, .nins = m->needs.inputs.n,
		.vars = vars,
	};

	if (!b.rule)
		return err_code(e->err, EXIT_USAGE, "python.ninja has no rule "
		                "'environment-%s'",
		                m->with == ENVIRONMENT_UV ? "uv" : "venv");
	path_shell(&interp, e->f->in.v[m->base].path);
	arg_add(&args, "--dir", m->dir);
	arg_add(&args, "--stamp", m->stamp);
	for (size_t i = 0; i < m->needs.busy.n; i++)
		arg_add(&args, "--busy", m->needs.busy.v[i]);
	if (is_empty(&m->needs))
		buf_adds(&args, " --empty");
	index_words(m, &index);
	requirement_words(m, &what);
	vars[n++] = (struct ninja_var){ STR("tg_interpreter"),
		kept(e, &interp) };
	vars[n++] = (struct ninja_var){ STR("tg_dir"), m->dir };
	vars[n++] = (struct ninja_var){ STR("tg_args"), kept(e, &args) };
	vars[n++] = (struct ninja_var){ STR("tg_index"), kept(e, &index) };
	vars[n++] = (struct ninja_var){ STR("tg_requirements"),
		kept(e, &what) };
	vars[n++] = (struct ninja_var){ STR("tg_label"), label(e, m) };
	/* what it leaves besides its stamp is nowhere kept */
	vars[n++] = (struct ninja_var){ STR("tg_cache"), STR("0") };
	b.nvars = n;
	return e->gb.ops.build(e->gb.b, &b, e->err);
}

/* Are there files in the package that could be tests? */
static bool
has_tests(const struct front *f, size_t package)
{
	const struct front_package *fp = &f->priv->pkg[package];

	return fp->ntests || fp->nunits || fp->ncollectors;
}

int
front_made_steps(struct emit *e)
{
	struct front *f = e->f;

	for (size_t i = 0; i < f->matrix.n; i++)
		if (f->row_made[i] != SIZE_MAX &&
		    has_tests(f, f->matrix.rows[i].package))
			f->made[f->row_made[i]].used = true;
	for (size_t i = 0; i < f->nmade; i++)
		if (f->made[i].used && emit_made(e, &f->made[i]) < 0)
			return -1;
	arena_release(&e->scratch);
	return 0;
}
