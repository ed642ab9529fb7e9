/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "front/internal.h"
#include "util/path.h"

/* The variables of a run's step: what runs it, where, and what decides its result
 * besides its inputs. */

static void
set_var(struct front_vars *vars, const char *name, struct str value)
{
	if (value.n)
		vars->v[vars->n++] = (struct ninja_var){ str_of(name), value };
}

/* A number of [tool.tgraph] as text; empty if it is 0. */
static struct str
number_text(struct arena *a, double v)
{
	return v > 0 ? arena_fmt(a, "%g", v) : STR("");
}

static struct str
run_pool(struct emit *e, const struct front_run *r)
{
	const struct front_opts *o = e->f->o;
	const struct package *pkg = &e->f->p.packages[r->package];
	struct arena *a = &e->scratch;

	if (o->serial_packages)
		return STR("tg_packages");
	if (o->package_jobs || pkg->config.jobs)
		return front_package_pool(a, pkg->dir);
	if (o->version_jobs)
		return front_version_pool(a, r->row->version);
	return STR("");
}

/* Modules that the worker imports beforehand. */
static struct str
worker_command(struct emit *e, const struct front_run *r)
{
	const struct package *pkg = &e->f->p.packages[r->package];
	struct buf b = { 0 };
	struct str s;

	path_shell(&b, e->f->in.v[r->env->interp].path);
	buf_addc(&b, ' ');
	path_shell(&b, str_of(e->f->o->pytgraph));
	buf_adds(&b, " worker");
	/* What is measured is imported while it is measured. */
	for (size_t i = 0; !r->covers && i < pkg->config.preload.n; i++)
		arg_add(&b, "--preload", pkg->config.preload.v[i]);
	s = arena_dup(&e->scratch, buf_str(&b));
	buf_release(&b);
	return s;
}

/* Workers are shared by packages that preload the same. */
static struct str
worker_name(struct emit *e, const struct front_run *r, struct str command)
{
	struct digest d = digest_of(command.p, command.n);
	char hex[DIGEST_HEX + 1];

	digest_hex(&d, hex);
	return arena_fmt(&e->scratch, "py%s-%.8s", r->row->version.p, hex);
}

static void
add_env_names(void *ctx, const struct package *pkg,
	const struct config_list *list)
{
	(void)pkg;
	for (size_t i = 0; i < list->n; i++) {
		buf_addc(ctx, ' ');
		buf_addstr(ctx, list->v[i]);
	}
}

static struct str
env_names(struct emit *e, const struct front_run *r)
{
	const struct package *pkg = &e->f->p.packages[r->package];
	struct buf b = { 0 }, more = { 0 };
	struct str s;

	front_path_lists(e, r, CONFIG_ENV, add_env_names, &more);
	if (!pkg->config.env.n && !r->covers && !more.n)
		return STR("");
	buf_addstr(&b, e->env_base);
	if (r->covers)
		buf_adds(&b, " COVERAGE_CORE COVERAGE_RCFILE");
	add_env_names(&b, pkg, &pkg->config.env);
	buf_addstr(&b, buf_str(&more));
	s = arena_dup(&e->scratch, buf_str(&b));
	buf_release(&b);
	buf_release(&more);
	return s;
}

/* Paths that programs trip over: long ones (sockets have room for 107 bytes)
 * and those that have to be quoted. */
static bool
is_special(const char *root)
{
	enum { LONG = 80 };
	size_t n = strlen(root);

	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)root[i]) &&
		    !strchr("/._-+", root[i]))
			return true;
	return n > LONG;
}

/* The names of the root's path that the run may know: compared with the path,
 * they say what another place would. */
static void
add_known_names(const char *root, uint32_t names, struct buf *b)
{
	const char *p = strchr(root + 1, '/');

	p = p ? p : root;
	for (unsigned i = 0; p && i < NAMES_ROOT; i++, p = strchr(p, '/')) {
		size_t n = strcspn(++p, "/");

		if (!(names >> i & 1))
			continue;
		buf_adds(b, " in ");
		path_shell(b, (struct str){ p, n });
	}
}

/* What decides a run's result besides its inputs. */
static struct str
run_key(struct emit *e, const struct front_run *r, struct str args)
{
	const char *root = e->f->o->root;
	struct buf b = { 0 };
	struct str s, slots = front_limit_key(e, r);

	buf_addf(&b, "%s %s", e->tools, args.p);
	if (slots.n)
		buf_addf(&b, " with %s", slots.p);
	if (r->place || is_special(root)) {
		buf_adds(&b, " at ");
		path_shell(&b, str_of(root));
	} else {
		add_known_names(root, r->names, &b);
	}
	s = arena_dup(&e->scratch, buf_str(&b));
	buf_release(&b);
	return s;
}

/* How long the run may take, in ms, as far as its files tell: only to find out
 * which of them should not begin last. */
static struct str
guess_text(const struct emit *e, const struct front_run *r, struct arena *a)
{
	enum { FILE_MS = 10, IMPORT_MS = 2 };
	uint64_t ms = 0;

	for (size_t i = 0; i < r->ntests; i++) {
		const struct scan *s = &e->f->m.v[r->tests[i]].scan;

		/* a test of six lines takes some 5 ms */
		ms += FILE_MS + (uint64_t)s->nimports * IMPORT_MS +
		      (uint64_t)s->lines * 5 / 6;
	}
	return ms ? arena_fmt(a, "%llu", (unsigned long long)ms) : STR("");
}

void
front_run_vars(struct emit *e, const struct front_run *r, bool pytest,
	struct str stem, struct str args, struct front_vars *vars)
{
	const struct package *pkg = &e->f->p.packages[r->package];
	struct arena *a = &e->scratch;
	struct buf interp = { 0 };
	struct str command = worker_command(e, r);
	enum config_isolation way = front_isolation(e, r);
	bool limited = front_is_limited(e, r);
	struct front_limits limits;

	front_run_limits(e, r, run_pool(e, r), &limits);
	path_shell(&interp, e->f->in.v[r->env->interp].path);
	set_var(vars, "tg_kind", STR("test"));
	/* Which files hooks make tests of, nobody knows. */
	if (!r->others)
		set_var(vars, "tg_assumed", STR("1"));
	set_var(vars, "tg_package", pkg->name);
	set_var(vars, "tg_python", r->row->version);
	set_var(vars, "tg_file", r->file);
	set_var(vars, "tg_stem", stem);
	set_var(vars, "tg_result", arena_fmt(a, "%s.json", stem.p));
	set_var(vars, "tg_log", arena_fmt(a, "%s.log", stem.p));
	set_var(vars, "tg_interpreter", arena_dup(a, buf_str(&interp)));
	set_var(vars, "tg_args", args);
	set_var(vars, "tg_key", run_key(e, r, args));
	set_var(vars, "tg_label", arena_fmt(a, "%s (%s)", r->file.p,
	                                    r->row->version.p));
	if (way != ISOLATION_PROCESS) {
		struct str name = worker_name(e, r, command);

		/* What those share that must not meet, no other process has. */
		if (way == ISOLATION_SHARED && limited)
			name = arena_fmt(a, "%s+%s+%s", name.p, limits.pool.p,
			                 limits.more.p);
		set_var(vars, "tg_worker", name);
		set_var(vars, "tg_worker_command", command);
		set_var(vars, "tg_worker_args", args);
	}
	if (!pytest || r->ntests != 1 || r->others || r->covers)
		way = ISOLATION_FORK;
	/* A process for several files outlives those that must not meet. */
	if (way == ISOLATION_BATCH && !limited)
		set_var(vars, "tg_isolation", STR("batch"));
	else if (way == ISOLATION_SHARED)
		set_var(vars, "tg_isolation", STR("shared"));
	/* Parts of a file that must not meet others would meet each other. */
	else if (way == ISOLATION_FORK && pytest && !r->others && !limited &&
	         !r->covers && front_splits(e, r))
		set_var(vars, "tg_split", STR("1"));
	set_var(vars, "tg_env", env_names(e, r));
	if (front_always(e, r))
		set_var(vars, "tg_always", STR("1"));
	set_var(vars, "tg_guess", guess_text(e, r, a));
	set_var(vars, "tg_timeout", number_text(a, pkg->config.timeout));
	set_var(vars, "tg_retries", number_text(a, pkg->config.retries));
	set_var(vars, "pool", limits.pool);
	set_var(vars, "tg_pools", limits.more);
	set_var(vars, "tg_slots", limits.slots);
	buf_release(&interp);
}
