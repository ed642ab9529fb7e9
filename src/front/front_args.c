/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "front/internal.h"
#include "ninja/depfile.h"
#include "python/pytest/addopts.h"
#include "util/path.h"

/* How a run is called: the words of its command. */

void
arg_add(struct buf *b, const char *option, struct str value)
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
run_has(const struct emit *e, const struct front_run *r,
	const struct front_select *select)
{
	for (size_t i = 0; i < r->ntests; i++)
		if (str_eq(front_file(e, r->tests[i]), select->file))
			return true;
	return false;
}

bool
front_run_is_partial(const struct emit *e, const struct front_run *r)
{
	const struct front_opts *o = e->f->o;

	for (size_t i = 0; i < o->nselect; i++)
		if (run_has(e, r, &o->select[i]))
			return true;
	return o->pytest_k || o->pytest_m || o->match || o->npytest;
}

/* May what is called by path + suffix be called so? Not with bytes that a
 * depfile can't hold, nor if a suffix would make it too long. */
static bool
is_plain_name(struct str path)
{
	enum { COMPONENT = 200, ALL = 1024 };

	if (!depfile_holds(path) || path.n > ALL)
		return false;
	return path_base(path).n <= COMPONENT;
}

/* Another name for such a path, beside the others as far as it goes. */
static struct str
plain_name(struct arena *a, struct str path)
{
	enum { KEPT = 100 };
	struct digest d = digest_of(path.p, path.n);
	char hex[DIGEST_HEX + 1];
	struct str s;

	if (is_plain_name(path))
		return path;
	digest_hex(&d, hex);
	if (path.n > KEPT)
		path.n = KEPT;
	while (path.n && (path.p[path.n] & 0xc0) == 0x80)
		path.n--;
	s = arena_fmt(a, "%.*s-%.16s", (int)path.n, path.p, hex);
	for (size_t i = 0; i < path.n; i++)
		if (!depfile_holds((struct str){ s.p + i, 1 }))
			((char *)s.p)[i] = '_';
	return s;
}

struct str
front_run_stem(struct emit *e, const struct front_run *r, struct str partial)
{
	const char *plus = !r->covers ? "" :
		e->f->o->coverage.on ? "+coverage" : "+addopts";
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
	file = plain_name(&e->scratch, file);
	if (!partial.n)
		return arena_fmt(&e->scratch, "%s/results/%s%s/%.*s",
		                 f->o->state_dir, r->row->version.p, plus,
		                 (int)file.n, file.p);
	d = digest_of(partial.p, partial.n);
	digest_hex(&d, hex);
	return arena_fmt(&e->scratch, "%s/results/%s%s/%.*s@%.12s",
	                 f->o->state_dir, r->row->version.p, plus,
	                 (int)file.n, file.p, hex);
}

void
front_partial_args(struct emit *e, const struct front_run *r, struct buf *b)
{
	const struct front_opts *o = e->f->o;

	if (o->pytest_k)
		arg_add(b, "--pytest-k", str_of(o->pytest_k));
	if (o->pytest_m)
		arg_add(b, "--pytest-m", str_of(o->pytest_m));
	if (o->match)
		arg_add(b, "--match", str_of(o->match));
	for (size_t i = 0; i < o->nselect; i++) {
		const struct front_select *s = &o->select[i];

		if (run_has(e, r, s))
			arg_add(b, s->failed ? "--failed" : "--select",
			        arena_fmt(&e->scratch, "%.*s::%.*s",
			                  (int)s->file.n, s->file.p,
			                  (int)s->id.n, s->id.p));
	}
	for (size_t i = 0; i < o->npytest; i++)
		arg_add(b, "--pytest", str_of(o->pytest[i]));
}

/* The node id in addopts from the file's path on, if it is one of the file's;
 * else "". */
static struct str
id_in(struct emit *e, struct str id, struct str file)
{
	struct str rest = addopts_id(id), path = { id.p, id.n - rest.n };

	if (!str_eq(front_graph_name(e->f, path), file))
		return STR("");
	return arena_fmt(&e->scratch, "%.*s%.*s", (int)file.n, file.p,
	                 (int)rest.n, rest.p);
}

/* Names the tests of one file that addopts names. false: it names none. */
static bool
add_ids(struct emit *e, const struct pytest_list *ids, struct str file,
	struct buf *b)
{
	bool any = false;

	for (size_t i = 0; i < ids->n; i++) {
		struct str id = id_in(e, ids->v[i], file);

		if (!id.n)
			continue;
		arg_add(b, "--select", id);
		any = true;
	}
	return any;
}

/* What addopts says is a part of these files, unless the user has said more. */
static void
add_named(struct emit *e, const struct front_run *r, struct buf *b)
{
	const struct pytest_list *ids = &e->f->priv->pkg[r->package].cfg.ids;
	const struct front_opts *o = e->f->o;
	struct buf all = { 0 };
	bool any = false;

	for (size_t i = 0; i < o->nselect; i++)
		if (run_has(e, r, &o->select[i]) && !o->select[i].failed)
			return;
	for (size_t i = 0; i < r->ntests && ids->n && !r->others; i++) {
		struct str file = front_file(e, r->tests[i]);

		if (add_ids(e, ids, file, &all))
			any = true;
		else
			arg_add(&all, "--select", file);
	}
	if (any) {
		buf_addc(b, ' ');
		buf_addstr(b, buf_str(&all));
	}
	buf_release(&all);
}

void
front_run_args(struct emit *e, const struct front_run *r, bool pytest,
	struct str stem, struct str partial, struct buf *b)
{
	struct front *f = e->f;
	const struct package *pkg = &f->p.packages[r->package];
	const struct pytestcfg *cfg = &f->priv->pkg[r->package].cfg;
	struct arena *a = &e->scratch;

	arg_add(b, "--runner", pytest ? STR("pytest") : STR("unittest"));
	if (!pytest) {
		arg_add(b, "--cwd", pkg->dir.n ? pkg->dir : STR("."));
	} else {
		arg_add(b, "--cwd", front_graph_name(f, cfg->dir));
		if (!str_eq(cfg->dir, cfg->package))
			arg_add(b, "--package", pkg->dir);
		arg_add(b, "--rootdir", front_graph_name(f, cfg->rootdir));
		arg_add(b, "--inifile", cfg->inifile.n
		        ? front_graph_name(f, cfg->inifile) : STR("none"));
		arg_add(b, "--confcutdir",
		        front_graph_name(f, cfg->confcutdir));
		arg_add(b, "--cache", arena_fmt(a, "%s/pytest-cache",
		                                f->o->state_dir));
	}
	arg_add(b, "--result", arena_fmt(a, "%s.json", stem.p));
	arg_add(b, "--log", arena_fmt(a, "%s.log", stem.p));
	arg_add(b, "--depfile", arena_fmt(a, "%s.d", stem.p));
	arg_add(b, "--pycache", arena_fmt(a, "%s/pycache", f->o->state_dir));
	if (partial.n) {
		buf_addc(b, ' ');
		buf_addstr(b, partial);
	}
	/* sys.monitoring is of 3.12 */
	if (pytest && pkg->config.functions &&
	    (r->row->major > 3 || r->row->minor >= 12))
		buf_adds(b, " --functions");
	if (pytest)
		add_named(e, r, b);
	if (r->others)
		buf_adds(b, " --others");
	else if (pkg->config.granularity == GRANULARITY_PACKAGE)
		buf_adds(b, " --granularity package");
	for (size_t i = 0; i < r->ntests; i++)
		arg_add(b, NULL, front_file(e, r->tests[i]));
	if (!r->ntests)
		arg_add(b, NULL, r->file);
}
