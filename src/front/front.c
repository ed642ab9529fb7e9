/* SPDX-License-Identifier: Apache-2.0 */
#include "front/front.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "front/internal.h"
#include "python/interp/installed.h"
#include "util/file.h"
#include "util/hash.h"
#include "util/mem.h"
#include "util/os.h"
#include "util/path.h"

/* What front_remember leaves in the state: this, the nodes of the files in
 * order of discovery, then the environments used. */
struct summary {
	uint64_t sum;
	uint32_t nfiles, nenvs;
};

struct summary_env {
	struct digest digest;
	uint32_t len, stamp;    /* lengths of the interpreter's path and the
	                         * stamp's, which follow, padded to a multiple
	                         * of 8 together */
};

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

static int digest_dir(struct digester *d, const char *dir, struct err *err);

/* A file or folder by the name that the directory has for it. */
static int
digest_entry(struct digester *d, const char *dir, struct str name,
	struct err *err)
{
	struct buf path = { 0 }, text = { 0 };
	struct stat st;
	int r = 0;

	if (name.p[0] == '.' || str_ends(name, ".pyc") ||
	    str_is(name, "__pycache__"))
		return 0;
	buf_addf(&path, "%s/%s", dir, name.p);
	digest_add_field(d, name.p, name.n);
	if (stat(path.p, &st) == 0 && S_ISDIR(st.st_mode)) {
		r = digest_dir(d, path.p, err);
	} else {
		r = file_read(path.p, &text, err) < 0 ? -1 : 0;
		digest_add_field(d, text.p, text.n);
	}
	buf_release(&path);
	buf_release(&text);
	return r;
}

static int
digest_dir(struct digester *d, const char *dir, struct err *err)
{
	struct dirent **names;
	int r = 0, n = scandir(dir, &names, NULL, alphasort);

	if (n < 0)
		return err_code(err, EXIT_ENV, "%s: cannot be read; is "
		                "tgraph installed completely?", dir);
	for (int k = 0; k < n; k++) {
		if (r == 0)
			r = digest_entry(d, dir, str_of(names[k]->d_name),
			                 err);
		free(names[k]);
	}
	free(names);
	return r;
}

/* Digest of every file that says how tests are run. */
static int
digest_tools(struct front *f, struct err *err)
{
	const char *dirs[] = { f->o->pytgraph, f->o->rules_dir };
	struct digester d;
	int r = 0;

	digest_begin(&d);
	digest_add_field(&d, f->o->version, strlen(f->o->version));
	for (size_t i = 0; i < countof(dirs) && r == 0; i++)
		r = digest_dir(&d, dirs[i], err);
	f->tools = digest_end(&d);
	return r;
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
	sum_text(b, o->isolation);
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
	static const uint32_t format = 6;
	static const char *const names[] = {
		"PATH", "HOME", "VIRTUAL_ENV", "CONDA_PREFIX",
		"CONDA_DEFAULT_ENV", "PYENV_ROOT", "PYENV_VERSION",
		"PYTHONPATH", "PYTEST_ADDOPTS", "PYTEST_PLUGINS",
		"DJANGO_SETTINGS_MODULE",
	};
	struct buf b = { 0 };

	buf_add(&b, &format, sizeof(format));
	buf_add(&b, f->tools.b, sizeof(f->tools.b));
	sum_text(&b, f->o->pytgraph);
	for (size_t i = 0; i < countof(names); i++)
		sum_text(&b, getenv(names[i]));
	sum_options(f, &b);
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
	if (digest_tools(f, err) < 0 ||
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

/* keep: let the next one know what was read. stats are asked for while tests
 * run, and NULL before: only then progress is shown. */
static int
digest_env(struct front *f, const struct interp *in, bool keep,
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

static struct front_env *
add_env(struct front *f, size_t interp)
{
	f->envs = vec_grow(f->envs, &f->envs_cap, f->nenvs + 1,
	                   sizeof(*f->envs));
	f->envs[f->nenvs] = (struct front_env){ .interp = interp };
	return &f->envs[f->nenvs++];
}

static size_t
find_interp(const struct front *f, struct str path)
{
	size_t i = 0;

	while (i < f->in.n && !str_eq(f->in.v[i].path, path))
		i++;
	return i;
}

/* Is the environment at p in the summary as it was? Then it is one of f's. */
static bool
env_current(struct front *f, const char **p, const char *end)
{
	struct summary_env e;
	struct front_env *env;
	struct digest now;
	const char *text;
	size_t interp;

	if ((size_t)(end - *p) < sizeof(e))
		return false;
	memcpy(&e, *p, sizeof(e));
	text = *p + sizeof(e);
	if ((size_t)(end - text) < (size_t)e.len + e.stamp)
		return false;
	*p = text + ((e.len + e.stamp + 7) & ~7u);
	interp = find_interp(f, (struct str){ text, e.len });
	if (interp == f->in.n || f->in.v[interp].state != INTERP_OK ||
	    digest_env(f, &f->in.v[interp], true, &now, NULL, NULL) < 0 ||
	    !digest_eq(&now, &e.digest))
		return false;
	env = add_env(f, interp);
	env->digest = now;
	env->stamp = arena_dup(&f->arena,
	                       (struct str){ text + e.len, e.stamp });
	return true;
}

/* Are the environments that were used as they were? */
static bool
envs_current(struct front *f, const char *p, const char *end, uint32_t n)
{
	bool current = true;

	for (uint32_t i = 0; i < n && current; i++)
		current = env_current(f, &p, end);
	if (!current)
		f->nenvs = 0;
	return current;
}

int
front_env_look(struct front *f, size_t n, struct file_sig *newest)
{
	const struct front_env *e = &f->envs[n];
	struct installed_stats stats;
	struct digest now;

	if (digest_env(f, &f->in.v[e->interp], false, &now, &stats, NULL) < 0)
		return 0;
	*newest = stats.newest;
	return digest_eq(&now, &e->digest);
}

/* Is no stamp missing? The tests that need it could never run. */
static bool
stamps_there(const struct front *f, const struct graph *g)
{
	if (f->links.n && access(f->links.p, F_OK) < 0)
		return false;
	for (uint32_t i = 0; i < g->steps.n; i++) {
		uint32_t out = graph_step_out(g, i);

		if (graph_kind(g, out) == KIND_ENV &&
		    access(graph_cpath(g, out), F_OK) < 0)
			return false;
	}
	return true;
}

/* An environment's stamp: the file that is an input of its tests. */
static void
stamp_text(const struct front *f, const struct front_env *e, struct buf *out)
{
	const struct interp *in = &f->in.v[e->interp];
	char hex[DIGEST_HEX + 1];

	digest_hex(&e->digest, hex);
	buf_addf(out, "%.*s %.*s\n%s\n", (int)in->implementation.n,
	         in->implementation.p, (int)in->version.n, in->version.p,
	         hex);
}

/* What the symlinks hold; a newline in it ends nothing, as lengths are said. */
static void
links_text(const struct front *f, struct buf *out)
{
	for (uint32_t i = 0; i < f->d.nlinks; i++) {
		const struct disc_link *l = &f->d.links[i];

		buf_addf(out, "%zu %zu ", l->path.n, l->to.n);
		buf_addstr(out, l->path);
		buf_adds(out, " -> ");
		buf_addstr(out, l->to);
		buf_addc(out, '\n');
	}
}

static int
write_stamp(struct str path, struct buf *text, struct err *err)
{
	int r = dir_make_parent(path.p, err);

	if (r == 0)
		r = file_write_if_changed(path.p, text->p, text->n, err);
	buf_clear(text);
	if (r < 0)
		err->code = EXIT_ENV;
	return r;
}

/* Several interpreters may have the same: it is the last one's. */
static bool
stamped_later(const struct front *f, size_t n)
{
	for (size_t i = n + 1; i < f->nenvs; i++)
		if (str_eq(f->envs[i].stamp, f->envs[n].stamp))
			return true;
	return false;
}

static void
pretend(struct state *s, struct str path, struct buf *text)
{
	uint32_t node = graph_find(s->g, path);
	struct file_sig sig = { .mode = S_IFREG };
	struct digest d = digest_of(text->p, text->n);

	if (node != GRAPH_NONE)
		state_set(s, node, &sig, &d);
	buf_clear(text);
}

void
front_pretend(const struct front *f, struct state *s)
{
	struct buf text = { 0 };

	if (!f->o->read_only)
		return;
	for (size_t i = 0; i < f->nenvs; i++) {
		stamp_text(f, &f->envs[i], &text);
		pretend(s, f->envs[i].stamp, &text);
	}
	if (f->links.n) {
		links_text(f, &text);
		pretend(s, f->links, &text);
	}
	buf_release(&text);
}

/* Also where the graph is as it was: a run that was killed, or a tool, may have
 * left those of another moment. */
static int
write_stamps(const struct front *f, struct err *err)
{
	struct buf text = { 0 };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < f->nenvs; i++) {
		if (stamped_later(f, i))
			continue;
		stamp_text(f, &f->envs[i], &text);
		r = write_stamp(f->envs[i].stamp, &text, err);
	}
	if (r >= 0 && f->links.n) {
		links_text(f, &text);
		r = write_stamp(f->links, &text, err);
	}
	buf_release(&text);
	return r < 0 ? -1 : 0;
}

int
front_links_look(const struct front *f, struct file_sig *newest)
{
	struct buf to = { 0 };
	int same = 1;

	*newest = (struct file_sig){ 0 };
	for (uint32_t i = 0; same && i < f->d.nlinks; i++) {
		const struct disc_link *l = &f->d.links[i];
		struct file_sig sig;

		same = disc_link_read(AT_FDCWD, l->path.p, &to, &sig) == 0 &&
		       str_eq(buf_str(&to), l->to);
		if (same && sig.ctime_ns > newest->ctime_ns)
			*newest = sig;
	}
	buf_release(&to);
	return same;
}

int
front_current(struct front *f, struct state *s, struct err *err)
{
	struct str bytes = state_extra(s, STATE_FRONT);
	const uint32_t *nodes;
	struct summary sum;
	struct file_sig *sigs;
	bool *known;
	size_t at = sizeof(sum);
	int r, current = 1;

	if (bytes.n < sizeof(sum))
		return 0;
	memcpy(&sum, bytes.p, sizeof(sum));
	if (sum.sum != f->sum || sum.nfiles != f->d.nfiles ||
	    (bytes.n - at) / sizeof(*nodes) < sum.nfiles)
		return 0;
	nodes = (const uint32_t *)(bytes.p + at);
	at += (sum.nfiles * sizeof(*nodes) + 7) & ~(size_t)7;
	if (at > bytes.n || !stamps_there(f, s->g) ||
	    !envs_current(f, bytes.p + at, bytes.p + bytes.n, sum.nenvs))
		return 0;
	sigs = xreallocarray(NULL, sum.nfiles + 1, sizeof(*sigs));
	known = xcalloc(sum.nfiles + 1, sizeof(*known));
	for (uint32_t i = 0; i < sum.nfiles; i++) {
		sigs[i] = f->d.files[i].sig;
		known[i] = s->node_flags[nodes[i]] & NODE_KNOWN;
	}
	r = state_look_sigs(s, nodes, sigs, sum.nfiles, err);
	/* One that is looked at for the first time has the signature that it had
	 * when the graph was made: sum says so. */
	for (uint32_t i = 0; r == 0 && i < sum.nfiles; i++)
		if (known[i] && s->node_flags[nodes[i]] & NODE_CHANGED)
			current = 0;
	if (r < 0 || !current)
		f->nenvs = 0;
	else if (f->o->read_only)
		front_pretend(f, s);
	else
		r = write_stamps(f, err);
	free(sigs);
	free(known);
	return r < 0 ? -1 : current;
}

/* Must the repository be read again at every run? Blocked packages are told
 * each time, and without any test there is nothing to remember. With
 * --require-all-pythons a missing interpreter is an error each time. */
static bool
troubled(const struct front *f)
{
	for (size_t i = 0; i < f->p.npackages; i++)
		if (f->p.packages[i].err.msg)
			return true;
	return f->ntests == 0 || f->o->require_all;
}

/* Could a file have been edited after it was read, without a trace in its
 * signature? As git's index has it: if it is as young as the walk. */
static bool
racy(const struct front *f)
{
	enum { TICK = 20000000, COARSE = 2000000000 };  /* ns */

	for (uint32_t i = 0; i < f->d.nfiles; i++) {
		const struct file_sig *sig = &f->d.files[i].sig;
		int64_t when = sig->mtime_ns > sig->ctime_ns ? sig->mtime_ns
		                                             : sig->ctime_ns;
		int64_t tick = when % 1000000000 ? TICK : COARSE;

		if (when + tick >= f->begun)
			return true;
	}
	return false;
}

void
front_remember(const struct front *f, struct state *s)
{
	struct summary sum = {
		.sum = f->sum, .nfiles = f->d.nfiles,
		.nenvs = (uint32_t)f->nenvs,
	};
	static const char zero[8];
	struct buf b = { 0 };

	if (troubled(f) || racy(f)) {
		state_set_extra(s, STATE_FRONT, STR(""));
		return;
	}
	buf_add(&b, &sum, sizeof(sum));
	for (uint32_t i = 0; i < f->d.nfiles; i++) {
		uint32_t node = graph_find(s->g, f->d.files[i].path);

		if (node == GRAPH_NONE)
			goto out;
		buf_add(&b, &node, sizeof(node));
	}
	buf_add(&b, zero, -b.n & 7);
	for (size_t i = 0; i < f->nenvs; i++) {
		const struct interp *in = &f->in.v[f->envs[i].interp];
		struct summary_env e = {
			.digest = f->envs[i].digest,
			.len = (uint32_t)in->path.n,
			.stamp = (uint32_t)f->envs[i].stamp.n,
		};

		buf_add(&b, &e, sizeof(e));
		buf_addstr(&b, in->path);
		buf_addstr(&b, f->envs[i].stamp);
		buf_add(&b, zero, -b.n & 7);
	}
	state_set_extra(s, STATE_FRONT, buf_str(&b));
out:
	buf_release(&b);
}

const struct front_env *
front_env_of(const struct front *f, const struct matrix_row *row)
{
	for (size_t i = 0; i < f->nenvs; i++)
		if (f->envs[i].interp == row->interp)
			return &f->envs[i];
	return NULL;
}

bool
front_uses_pytest(const struct front *f, size_t package,
	const struct interp *in)
{
	switch (f->p.packages[package].config.runner) {
	case RUNNER_PYTEST:
		return true;
	case RUNNER_UNITTEST:
		return false;
	default:
		return in->pytest.n || f->priv->pkg[package].needs_pytest;
	}
}

struct str
front_pytest_file(const struct front *f, size_t package)
{
	struct str file = f->priv->pkg ? f->priv->pkg[package].pytest_file :
		STR("");

	return file.p ? file : STR("");
}

/* Is the package installed for the active interpreter, and not for this one?
 * Then the other's tests are not meant to run. */
static bool
lacks_package(const struct front *f, const struct package *pkg,
	const struct matrix_row *row)
{
	const struct interp *in = &f->in.v[row->interp];
	const struct interp *active = &f->in.v[0];

	return !row->asked && !in->active && active->active &&
	       active->state == INTERP_OK &&
	       interp_dist(active, pkg->norm) && !interp_dist(in, pkg->norm);
}

const char *
front_row_skipped(const struct front *f, const struct matrix_row *row)
{
	const struct package *pkg = &f->p.packages[row->package];
	const struct interp *in;

	if (pkg->err.msg)
		return "the package is blocked";
	if (!row->chosen)
		return row->reason.p;
	in = &f->in.v[row->interp];
	if (in->state != INTERP_OK)
		return "the interpreter does not run";
	if (f->priv->pkg && !in->pytest.n &&
	    front_uses_pytest(f, row->package, in))
		return "no pytest in this interpreter";
	if (lacks_package(f, pkg, row))
		return "the package is not installed in this interpreter";
	return NULL;
}

/* Digests the environments of all rows that run. */
static int
load_envs(struct front *f, struct err *err)
{
	for (size_t i = 0; i < f->matrix.n; i++) {
		const struct matrix_row *row = &f->matrix.rows[i];
		const struct interp *in;
		struct front_env *e;

		if (front_row_skipped(f, row) || front_env_of(f, row))
			continue;
		in = &f->in.v[row->interp];
		e = add_env(f, row->interp);
		if (digest_env(f, in, true, &e->digest, NULL, err) < 0)
			return -1;
		e->stamp = arena_fmt(&f->arena, "%s/env/%.*s-%s.env",
			f->o->state_dir, (int)in->implementation.n,
			in->implementation.p, row->version.p);
	}
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
load_options(struct front *f, struct err *err)
{
	struct str path = arena_fmt(&f->arena, "%s/pytest-options",
		f->o->rules_dir);
	struct str text;

	if (load_table(f, path, &text, err) < 0)
		return -1;
	if (pytest_options_parse(&f->arena, text.p, text.n,
	    &f->priv->options, err) < 0) {
		err->code = EXIT_ENV;
		return err_at(err, path.p, err->line, 0);
	}
	return 0;
}

int
front_load(struct front *f, struct graph *g, const struct state *s,
	struct err *err)
{
	if (load_releases(f, err) < 0 || load_options(f, err) < 0 ||
	    project_load(&f->p, &f->d, err) < 0 ||
	    matrix_build(&f->matrix, &f->p, &f->releases, &f->in,
	                 &f->o->matrix, err) < 0 ||
	    front_scan(f, s, err) < 0 || load_envs(f, err) < 0 ||
	    (!f->o->read_only && write_stamps(f, err) < 0))
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
	free(f->envs);
	arena_release(&f->arena);
	*f = (struct front){ 0 };
}
