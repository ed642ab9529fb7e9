/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "front/internal.h"
#include "text/glob.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/path.h"

/* The statements of a Python repository. */

/* A list of paths being put together. */
struct paths {
	struct str *v;
	size_t n, cap;
};

static void
add_path(struct paths *p, struct str path)
{
	p->v = vec_grow(p->v, &p->cap, p->n + 1, sizeof(*p->v));
	p->v[p->n++] = path;
}

static struct str
file_path(const struct emit *e, uint32_t module)
{
	return e->f->d.files[e->f->m.v[module].file].path;
}

/* build NAME: phony PATHS */
static int
emit_phony(struct emit *e, struct str name, const struct paths *p)
{
	struct ninja_build b = {
		.rule = NINJA_PHONY, .scope = NINJA_ROOT_SCOPE,
		.outs = &name, .nouts = 1,
		.ins = p->v, .nins = p->n,
	};

	return e->gb.ops.build(e->gb.b, &b, e->err);
}

/* Every Python file: what a step depends on that may import anything. */
static int
emit_all(struct emit *e)
{
	struct paths p = { 0 };
	int r;

	if (e->all_node.n)
		return 0;
	e->all_node = arena_fmt(&e->f->arena, "%s/g/all-python",
	                        e->f->o->state_dir);
	for (uint32_t i = 0; i < e->f->m.n; i++)
		add_path(&p, file_path(e, i));
	r = emit_phony(e, e->all_node, &p);
	free(p.v);
	return r;
}

/* Groups come dependencies first, so those of a group have their nodes. */
static int
emit_group(struct emit *e, uint32_t id)
{
	const struct modules *m = &e->f->m;
	const struct group *g = &m->groups[id];
	struct str first = file_path(e, m->members[g->members]);
	struct paths p = { 0 };
	int r;

	if (!g->wide && g->nmembers == 1 && g->ndeps == 0) {
		e->group_node[id] = first;
		return 0;
	}
	e->group_node[id] = arena_fmt(&e->f->arena, "%s/g/m/%s",
	                              e->f->o->state_dir, first.p);
	for (uint32_t i = 0; i < g->nmembers; i++)
		add_path(&p, file_path(e, m->members[g->members + i]));
	if (g->wide) {
		if (emit_all(e) < 0)
			return -1;
		add_path(&p, e->all_node);
	} else {
		for (uint32_t i = 0; i < g->ndeps; i++)
			add_path(&p, e->group_node[
				m->group_deps[g->deps + i]]);
	}
	r = emit_phony(e, e->group_node[id], &p);
	free(p.v);
	return r;
}

bool
front_is_leftover(struct str path)
{
	struct str base = path_base(path);

	return str_starts(base, ".coverage") || str_is(base, ".testmondata") ||
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
			add_path(&p[pkg - f->p.packages], u->outs[k]);
		}
	}
}

/* All files of each package that are not Python. */
static int
emit_data(struct emit *e)
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
		    map_get(&e->after, file->path) ||
		    map_get(&e->made, file->path))
			continue;
		pkg = project_owner(&f->p, file->path);
		add_path(&p[pkg - f->p.packages], file->path);
	}
	add_made(e, p);
	for (size_t i = 0; i < f->p.npackages; i++) {
		struct str dir = f->p.packages[i].dir;

		if (p[i].n && r == 0) {
			e->data_node[i] = arena_fmt(&f->arena, "%s/g/data/%s",
				f->o->state_dir, dir.n ? dir.p : "_root");
			r = emit_phony(e, e->data_node[i], &p[i]);
		}
		free(p[i].v);
	}
	free(p);
	return r;
}

/* Files that are no one's input are nodes too, so that the state knows the
 * digest of every file of the repository. */
static int
emit_rest(struct emit *e)
{
	struct front *f = e->f;
	struct paths p = { 0 };
	int r;

	for (uint32_t i = 0; i < f->d.nfiles; i++)
		add_path(&p, f->d.files[i].path);
	r = emit_phony(e, arena_fmt(&f->arena, "%s/g/files",
	                            f->o->state_dir), &p);
	free(p.v);
	return r;
}

/* conftest.py files from the cut down to the file's directory. */
static void
add_conftests(struct emit *e, const struct front_package *fp,
	struct str file, struct paths *p)
{
	struct front *f = e->f;
	struct str root = str_of(f->o->root), cut = fp->cfg.confcutdir;
	struct buf b = { 0 };

	for (struct str dir = path_dir(file);; dir = path_dir(dir)) {
		uint32_t id;

		buf_clear(&b);
		path_join(&b, dir, STR("conftest.py"));
		id = modules_find(&f->m, buf_str(&b));
		if (id != MODULE_NONE)
			add_path(p, e->group_node[f->m.v[id].group]);
		buf_clear(&b);
		path_join(&b, root, dir);
		if (!dir.n || (cut.n && str_eq(buf_str(&b), cut)))
			break;
	}
	buf_release(&b);
}

/* Modules of this repository that addopts load with -p. */
static void
add_plugins(struct emit *e, const struct front_package *fp, uint32_t module,
	struct paths *p)
{
	struct modules *m = &e->f->m;

	for (size_t i = 0; i < fp->cfg.plugins.n; i++) {
		size_t from = m->ndeps;

		modules_add_name(m, module, fp->cfg.plugins.v[i]);
		for (size_t k = from; k < m->ndeps; k++)
			add_path(p, e->group_node[m->v[m->deps[k]].group]);
		m->ndeps = from;
	}
}

/* path as it is named in the graph: from the root if it is below it. */
static struct str
graph_name(struct front *f, struct str abs)
{
	struct str root = str_of(f->o->root);

	if (!path_below(abs, root))
		return abs;
	if (abs.n == root.n)
		return STR(".");
	return (struct str){ abs.p + root.n + 1, abs.n - root.n - 1 };
}

/* Globs of [tool.tgraph] inputs. */
static void
add_inputs(struct emit *e, const struct package *pkg, struct paths *p)
{
	struct front *f = e->f;

	for (uint32_t i = 0; pkg->config.inputs.n && i < f->d.nfiles; i++) {
		struct str path = f->d.files[i].path;

		if (pkg->dir.n && path_below(path, pkg->dir)) {
			path.p += pkg->dir.n + 1;
			path.n -= pkg->dir.n + 1;
		}
		if (front_glob(&pkg->config.inputs, path))
			add_path(p, f->d.files[i].path);
	}
}

/* One run: some files of a package under one interpreter. */
struct run {
	size_t package;
	const struct matrix_row *row;
	const struct front_env *env;
	const uint32_t *tests;          /* modules */
	size_t ntests;
	struct str file;                /* what the run is called by */
	bool others;                    /* not tests[0] itself, but the files
	                                 * that its hook makes tests of; without
	                                 * any, the hooks of installed plugins */
};

static void
add_arg(struct buf *b, const char *option, struct str value)
{
	if (b->n)
		buf_addc(b, ' ');
	if (option) {
		buf_adds(b, option);
		buf_addc(b, ' ');
	}
	path_shell(b, value);
}

/* Is this part of a file that the user named one of the run's? */
static bool
run_has(const struct emit *e, const struct run *r,
	const struct front_select *select)
{
	for (size_t i = 0; i < r->ntests; i++)
		if (str_eq(file_path(e, r->tests[i]), select->file))
			return true;
	return false;
}

static bool
run_is_partial(const struct emit *e, const struct run *r)
{
	const struct front_opts *o = e->f->o;

	for (size_t i = 0; i < o->nselect; i++)
		if (run_has(e, r, &o->select[i]))
			return true;
	return o->pytest_k || o->pytest_m || o->match;
}

/* Results of a run are below the version's directory, beside each other. A
 * partial run has a name of its own: it never stands for the whole. */
static struct str
run_stem(struct emit *e, const struct run *r, struct str partial)
{
	struct front *f = e->f;
	struct str file = r->file;
	struct digest d;
	char hex[DIGEST_HEX + 1];

	if (str_ends(file, ".py"))
		file.n -= 3;
	if (str_is(file, "."))
		file = STR("all");
	if (r->others)
		file = arena_fmt(&e->scratch, "%.*s+files", (int)file.n,
		                 file.p);
	if (!partial.n)
		return arena_fmt(&e->scratch, "%s/results/%s/%.*s",
		                 f->o->state_dir, r->row->version.p,
		                 (int)file.n, file.p);
	d = digest_of(partial.p, partial.n);
	digest_hex(&d, hex);
	return arena_fmt(&e->scratch, "%s/results/%s/%.*s@%.12s",
	                 f->o->state_dir, r->row->version.p, (int)file.n,
	                 file.p, hex);
}

static void
partial_args(struct emit *e, const struct run *r, struct buf *b)
{
	const struct front_opts *o = e->f->o;

	if (o->pytest_k)
		add_arg(b, "--pytest-k", str_of(o->pytest_k));
	if (o->pytest_m)
		add_arg(b, "--pytest-m", str_of(o->pytest_m));
	if (o->match)
		add_arg(b, "--match", str_of(o->match));
	for (size_t i = 0; i < o->nselect; i++) {
		const struct front_select *s = &o->select[i];

		if (run_has(e, r, s))
			add_arg(b, "--select",
			        arena_fmt(&e->scratch, "%.*s::%.*s",
			                  (int)s->file.n, s->file.p,
			                  (int)s->id.n, s->id.p));
	}
}

/* May the test file be imported before a process is forked for it? (Several,
 * with granularity package, are to know of each other.) */
static bool
inert(const struct front *f, const struct run *r)
{
	return r->ntests == 1 && !r->others &&
	       f->m.groups[f->m.v[r->tests[0]].group].inert;
}

static void
run_args(struct emit *e, const struct run *r, bool pytest, struct str stem,
	struct str partial, struct buf *b)
{
	struct front *f = e->f;
	const struct package *pkg = &f->p.packages[r->package];
	const struct pytestcfg *cfg = &f->priv->pkg[r->package].cfg;
	struct arena *a = &e->scratch;

	add_arg(b, "--runner", pytest ? STR("pytest") : STR("unittest"));
	add_arg(b, "--cwd", pkg->dir.n ? pkg->dir : STR("."));
	if (pytest) {
		add_arg(b, "--rootdir", graph_name(f, cfg->rootdir));
		add_arg(b, "--inifile", cfg->inifile.n
		        ? graph_name(f, cfg->inifile) : STR("none"));
		add_arg(b, "--confcutdir", graph_name(f, cfg->confcutdir));
		add_arg(b, "--cache", arena_fmt(a, "%s/pytest-cache",
		                                f->o->state_dir));
	}
	add_arg(b, "--result", arena_fmt(a, "%s.json", stem.p));
	add_arg(b, "--junit", arena_fmt(a, "%s.xml", stem.p));
	add_arg(b, "--log", arena_fmt(a, "%s.log", stem.p));
	add_arg(b, "--depfile", arena_fmt(a, "%s.d", stem.p));
	add_arg(b, "--pycache", arena_fmt(a, "%s/pycache", f->o->state_dir));
	/* The name of the root's directory is no part of the key: a clone
	 * elsewhere has the same results. */
	if (pkg->dir.n || pkg->flags & PACKAGE_NAMED)
		add_arg(b, "--suite", pkg->name);
	if (partial.n) {
		buf_addc(b, ' ');
		buf_addstr(b, partial);
	}
	if (r->others)
		buf_adds(b, " --others");
	else if (pkg->config.granularity == GRANULARITY_PACKAGE)
		buf_adds(b, " --granularity package");
	else if (pytest && inert(f, r))
		buf_adds(b, " --inert");
	for (size_t i = 0; i < r->ntests; i++)
		add_arg(b, NULL, file_path(e, r->tests[i]));
	if (!r->ntests)
		add_arg(b, NULL, r->file);
}

enum { RUN_VARS = 20 };

struct run_vars {
	struct ninja_var v[RUN_VARS];
	size_t n;
};

static void
add_var(struct run_vars *vars, const char *name, struct str value)
{
	if (value.n)
		vars->v[vars->n++] = (struct ninja_var){ str_of(name), value };
}

/* A number of [tool.tgraph] as text; empty if it is 0. */
static struct str
number(struct arena *a, double v)
{
	return v > 0 ? arena_fmt(a, "%g", v) : STR("");
}

/* The pool of a package's steps: a name in ninja's format, of its own for each
 * directory. What a name cannot have is _ and two digits. */
static struct str
package_pool(struct arena *a, struct str dir)
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

static struct str
version_pool(struct arena *a, struct str version)
{
	return arena_fmt(a, "tg_version_%s", version.p);
}

static struct str
run_pool(struct emit *e, const struct run *r)
{
	const struct front_opts *o = e->f->o;
	const struct package *pkg = &e->f->p.packages[r->package];
	struct arena *a = &e->scratch;

	if (o->serial_packages)
		return STR("tg_packages");
	if (o->package_jobs || pkg->config.jobs)
		return package_pool(a, pkg->dir);
	if (o->version_jobs)
		return version_pool(a, r->row->version);
	return STR("");
}

/* Modules that the worker imports beforehand. */
static struct str
worker_command(struct emit *e, const struct run *r)
{
	const struct package *pkg = &e->f->p.packages[r->package];
	struct buf b = { 0 };
	struct str s;

	path_shell(&b, e->f->in.v[r->env->interp].path);
	buf_addc(&b, ' ');
	path_shell(&b, str_of(e->f->o->pytgraph));
	buf_adds(&b, " worker");
	for (size_t i = 0; i < pkg->config.preload.n; i++)
		add_arg(&b, "--preload", pkg->config.preload.v[i]);
	s = arena_dup(&e->scratch, buf_str(&b));
	buf_release(&b);
	return s;
}

/* Workers are shared by packages that preload the same. */
static struct str
worker_name(struct emit *e, const struct run *r, struct str command)
{
	struct digest d = digest_of(command.p, command.n);
	char hex[DIGEST_HEX + 1];

	digest_hex(&d, hex);
	return arena_fmt(&e->scratch, "py%s-%.8s", r->row->version.p, hex);
}

static struct str
env_names(struct emit *e, const struct package *pkg)
{
	struct buf b = { 0 };
	struct str s;

	if (!pkg->config.env.n)
		return STR("");
	buf_addstr(&b, e->env_base);
	for (size_t i = 0; i < pkg->config.env.n; i++) {
		buf_addc(&b, ' ');
		buf_addstr(&b, pkg->config.env.v[i]);
	}
	s = arena_dup(&e->scratch, buf_str(&b));
	buf_release(&b);
	return s;
}

static void
run_vars(struct emit *e, const struct run *r, struct str stem,
	struct str args, struct run_vars *vars)
{
	const struct package *pkg = &e->f->p.packages[r->package];
	struct arena *a = &e->scratch;
	struct buf interp = { 0 };
	struct str command = worker_command(e, r);

	path_shell(&interp, e->f->in.v[r->env->interp].path);
	add_var(vars, "tg_kind", STR("test"));
	add_var(vars, "tg_package", pkg->name);
	add_var(vars, "tg_python", r->row->version);
	add_var(vars, "tg_file", r->file);
	add_var(vars, "tg_stem", stem);
	add_var(vars, "tg_result", arena_fmt(a, "%s.json", stem.p));
	add_var(vars, "tg_log", arena_fmt(a, "%s.log", stem.p));
	add_var(vars, "tg_interpreter", arena_dup(a, buf_str(&interp)));
	add_var(vars, "tg_args", args);
	add_var(vars, "tg_key", arena_fmt(a, "%s %s", e->tools, args.p));
	add_var(vars, "tg_label", arena_fmt(a, "%s (%s)", r->file.p,
	                                    r->row->version.p));
	add_var(vars, "tg_worker", worker_name(e, r, command));
	add_var(vars, "tg_worker_command", command);
	add_var(vars, "tg_worker_args", args);
	add_var(vars, "tg_env", env_names(e, pkg));
	add_var(vars, "tg_timeout", number(a, pkg->config.timeout));
	add_var(vars, "tg_retries", number(a, pkg->config.retries));
	add_var(vars, "pool", run_pool(e, r));
	buf_release(&interp);
}

static int
run_inputs(struct emit *e, const struct run *r, struct paths *p)
{
	struct front *f = e->f;
	const struct front_package *fp = &f->priv->pkg[r->package];
	const struct package *pkg = &f->p.packages[r->package];

	for (size_t i = 0; i < r->ntests; i++) {
		const struct module *mod = &f->m.v[r->tests[i]];

		add_path(p, e->group_node[mod->group]);
		add_conftests(e, fp, file_path(e, r->tests[i]), p);
	}
	if (r->ntests)
		add_plugins(e, fp, r->tests[0], p);
	if (fp->cfg.inifile.n)
		add_path(p, graph_name(f, fp->cfg.inifile));
	add_path(p, r->env->stamp);
	if (e->data_node[r->package].n)
		add_path(p, e->data_node[r->package]);
	for (size_t i = 0; i < f->p.npackages; i++)
		if (f->p.packages[i].dir.n == 0 && i != r->package &&
		    e->data_node[i].n)
			add_path(p, e->data_node[i]);
	add_inputs(e, pkg, p);
	/* pytest-django imports settings, and Django what these name. What a
	 * hook makes tests of is not known. */
	if (fp->cfg.django || r->others) {
		if (emit_all(e) < 0)
			return -1;
		add_path(p, e->all_node);
	}
	return 0;
}

/* Drops repeats, keeping the first of each. */
static void
unique(struct paths *p, struct paths *explicit)
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
emit_run(struct emit *e, const struct run *r)
{
	struct front *f = e->f;
	bool pytest = front_uses_pytest(f, r->package,
	                                &f->in.v[r->env->interp]);
	struct buf partial = { 0 }, args = { 0 };
	struct run_vars vars = { .n = 0 };
	struct paths ins = { 0 }, more = { 0 };
	struct str stem, outs[3];
	struct ninja_build b;
	int ret;

	if (run_is_partial(e, r))
		partial_args(e, r, &partial);
	stem = run_stem(e, r, buf_str(&partial));
	run_args(e, r, pytest, stem, buf_str(&partial), &args);
	run_vars(e, r, stem, arena_dup(&e->scratch, buf_str(&args)), &vars);
	for (size_t i = 0; i < r->ntests; i++)
		add_path(&ins, file_path(e, r->tests[i]));
	ret = run_inputs(e, r, &more);
	unique(&more, &ins);
	outs[0] = arena_fmt(&e->scratch, "%s.json", stem.p);
	outs[1] = arena_fmt(&e->scratch, "%s.xml", stem.p);
	outs[2] = arena_fmt(&e->scratch, "%s.log", stem.p);
	b = (struct ninja_build){
		.rule = e->rule_test, .scope = NINJA_ROOT_SCOPE,
		.outs = outs, .nouts = 3, .nimplicit_outs = 2,
		.nins = ins.n + more.n, .nimplicit = more.n,
		.vars = vars.v, .nvars = vars.n,
	};
	for (size_t i = 0; i < more.n; i++)
		add_path(&ins, more.v[i]);
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
emit_file(struct emit *e, struct run *r, uint32_t test)
{
	r->tests = &test;
	r->ntests = 1;
	r->file = file_path(e, test);
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
emit_others(struct emit *e, struct run *r)
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
emit_tests(struct emit *e, struct run *r, size_t n)
{
	const struct front_package *fp = &e->f->priv->pkg[r->package];
	const struct package *pkg = &e->f->p.packages[r->package];
	int ret = 0;

	if (n && pkg->config.granularity == GRANULARITY_PACKAGE) {
		r->tests = fp->tests;
		r->ntests = n;
		r->file = pkg->dir.n ? pkg->dir : STR(".");
		return emit_run(e, r);
	}
	for (size_t i = 0; i < n && ret == 0; i++)
		ret = emit_file(e, r, fp->tests[i]);
	return ret;
}

static int
emit_row(struct emit *e, const struct matrix_row *row)
{
	struct front *f = e->f;
	const struct front_package *fp = &f->priv->pkg[row->package];
	struct run r = { .package = row->package, .row = row };
	int ret;

	if (front_row_skipped(f, row))
		return 0;
	r.env = front_env_of(f, row);
	/* unittest runs no doctests and has no hooks. */
	if (!front_uses_pytest(f, row->package, &f->in.v[row->interp]))
		return emit_tests(e, &r, fp->ntests - fp->ntexts);
	ret = emit_tests(e, &r, fp->ntests);
	return ret == 0 ? emit_others(e, &r) : ret;
}

static int
emit_pool(struct emit *e, struct str name, int depth)
{
	return e->gb.ops.pool(e->gb.b, name, depth, e->err);
}

static int
emit_pools(struct emit *e)
{
	struct front *f = e->f;
	const struct front_opts *o = f->o;
	int r = 0;

	if (o->serial_packages)
		return emit_pool(e, STR("tg_packages"), 1);
	for (size_t i = 0; i < f->p.npackages && r == 0; i++) {
		const struct package *pkg = &f->p.packages[i];
		int depth = pkg->config.jobs ? pkg->config.jobs
		                             : o->package_jobs;

		if (depth)
			r = emit_pool(e, package_pool(&f->arena, pkg->dir),
			              depth);
	}
	for (size_t i = 0; o->version_jobs && i < f->releases.n && r == 0; i++)
		r = emit_pool(e, version_pool(&f->arena,
			f->releases.v[i].version), o->version_jobs);
	return r;
}

static int
emit_all_statements(struct emit *e)
{
	struct front *f = e->f;

	if (emit_pools(e) < 0)
		return -1;
	for (uint32_t i = 0; i < f->m.ngroups; i++)
		if (emit_group(e, i) < 0)
			return -1;
	if (emit_data(e) < 0 || emit_rest(e) < 0)
		return -1;
	for (size_t i = 0; i < f->matrix.n; i++)
		if (emit_row(e, &f->matrix.rows[i]) < 0)
			return -1;
	return 0;
}

int
front_emit(struct front *f, struct graph *g, struct err *err)
{
	struct emit e = { .f = f, .err = err };
	char hex[DIGEST_HEX + 1];
	int r;

	digest_hex(&f->tools, hex);
	memcpy(e.tools, hex, sizeof(e.tools) - 1);
	e.group_node = xcalloc(f->m.ngroups + 1, sizeof(*e.group_node));
	e.data_node = xcalloc(f->p.npackages, sizeof(*e.data_node));
	e.plugins_collect = xcalloc(f->in.n, sizeof(*e.plugins_collect));
	f->ntests = 0;
	graph_build_begin(&e.gb, g);
	r = front_rules(&e, err);
	if (r == 0)
		r = emit_all_statements(&e);
	if (r == 0)
		r = graph_build_end(&e.gb, err);
	graph_build_release(&e.gb);
	for (size_t i = 0; i < e.ntexts; i++)
		buf_release(&e.texts[i]);
	free(e.texts);
	free(e.group_node);
	free(e.data_node);
	free(e.plugins_collect);
	free(e.user);
	map_release(&e.after);
	map_release(&e.made);
	return r;
}
