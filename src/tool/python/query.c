/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>

#include "query/reach.h"
#include "query/view.h"
#include "report/text/step.h"
#include "session/targets/subject.h"
#include "tool/env/ask.h"
#include "tool/python/python.h"
#include "util/path.h"
#include "util/strs.h"

/* -t query: what something depends on, and what depends on it, in the user's
 * words. What a test file depends on is read off its steps; imports are the
 * front end's. */

static void
print_list(const struct tool_env *env, const char *title, struct strs *w)
{
	strs_sort(w);
	if (w->n)
		fprintf(env->out, "  %s:\n", title);
	for (size_t i = 0; i < w->n; i++)
		fprintf(env->out, "    %s\n", w->v[i].p);
	strs_release(w);
}

/* Why a module counts as using every Python file; NULL: it does not. */
static const char *
wide_reason(const struct module *m)
{
	uint32_t flags = m->scan.flags;

	if (!(m->flags & MODULE_WIDE))
		return NULL;
	if (flags & SCAN_ERROR)
		return "it is not clean Python";
	if (flags & SCAN_PROCESS)
		return "it can start other processes";
	if (flags & SCAN_PY_PATH)
		return "it names Python files by their path";
	return "it imports or runs what is known only when it runs";
}

/* The test files that a node reaches; true: of all it is known what they use. */
static bool
add_reached(struct session *s, uint32_t node, struct strs *out)
{
	const struct graph *g = s->graph;
	uint8_t *seen = ask_seen(s);
	struct buf name = { 0 };
	struct bits runs;
	bool known = true;

	bits_init(&runs, g->steps.n);
	ask_runs(g, node, seen, &runs);
	for (uint32_t i = bits_next(&runs, 0); i < runs.n;
	     i = bits_next(&runs, i + 1)) {
		known &= seen[i] != 0;
		strs_add(out, arena_dup(&s->front.arena,
			str_of(step_binding(g, i, SYM_TG_FILE, &name))));
	}
	bits_release(&runs);
	buf_release(&name);
	free(seen);
	return known;
}

/* What a step of the user's own makes of the node, or makes it from. */
static void
print_made(struct tool_env *env, uint32_t node)
{
	const struct graph *g = env->s->graph;
	uint32_t step = g->nodes.p[node].producer;
	struct nodes users = { .g = g };
	struct strs w = { 0 };

	if (step != GRAPH_NONE && !(g->steps.p[step].flags & STEP_TEST)) {
		const struct graph_step *st = &g->steps.p[step];

		fprintf(env->out, "  made by: %.*s\n",
		        (int)tool_rule(g, step).n, tool_rule(g, step).p);
		for (uint32_t i = 0; i < st->nins; i++)
			strs_add(&w, graph_path(g, graph_ids(g, st->ins)[i]));
		print_list(env, "made from", &w);
	}
	reach_users(&users, node);
	for (uint32_t i = 0; i < users.n; i++)
		if (!state_owns(graph_path(g, users.v[i])))
			strs_add(&w, graph_path(g, users.v[i]));
	print_list(env, "made from it", &w);
	nodes_release(&users);
}

static void
print_reached(struct tool_env *env, uint32_t node)
{
	struct strs w = { 0 };
	bool known = true;

	if (node != GRAPH_NONE)
		known = add_reached(env->s, node, &w);
	if (w.n)
		print_list(env, known ? "test files that were seen to use it"
		           : "test files that depend on it", &w);
	else
		fputs("  no test file depends on it\n", env->out);
}

/* ---- test files ---- */

/* A step's inputs, sorted out. */
struct inputs {
	struct strs pythons, conftests, plugins, others, data;
	struct strs used;       /* files of the tree that were seen to be used */
};

static void
sort_group(struct session *s, struct str first, struct str file,
	struct inputs *in)
{
	const struct modules *m = &s->front.m;
	uint32_t id = modules_find(m, first);
	const struct group *g;

	if (id == MODULE_NONE)
		return;
	g = &m->groups[m->v[id].group];
	for (uint32_t i = 0; i < g->nmembers; i++) {
		uint32_t member = m->members[g->members + i];
		struct str path = subject_module_path(s, member);

		if (str_eq(path, file))
			continue;
		if (m->v[member].flags & MODULE_CONFTEST)
			strs_add(&in->conftests, path);
		else if (g->nmembers == 1)
			strs_add(&in->plugins, path);
	}
}

/* How many files the data of a package are. */
static void
sort_data(struct session *s, uint32_t node, struct inputs *in)
{
	const struct graph *g = s->graph;
	struct str dir = graph_kind_of(g, node);
	uint32_t made = g->nodes.p[node].producer;
	const struct package *pkg;

	if (str_is(dir, "."))
		dir = STR("");
	for (size_t i = 0; i < s->front.p.npackages; i++) {
		pkg = &s->front.p.packages[i];
		if (str_eq(pkg->dir, dir))
			strs_add(&in->data, arena_fmt(&s->front.arena,
				"%" PRIu32 " files of %s that are not Python",
				g->steps.p[made].nins, pkg->name.p));
	}
}

static void
sort_input(struct session *s, uint32_t node, struct str file,
	struct inputs *in)
{
	struct str path = graph_path(s->graph, node);
	enum graph_kind kind = graph_kind(s->graph, node);

	if (str_eq(path, file))
		return;
	if (kind == KIND_DATA)
		sort_data(s, node, in);
	else if (kind == KIND_GROUP)
		sort_group(s, graph_kind_of(s->graph, node), file, in);
	else if (modules_find(&s->front.m, path) != MODULE_NONE)
		sort_group(s, path, file, in);
	else if (!state_owns(path))
		strs_add(&in->others, path);
}

static void
add_step(struct session *s, uint32_t step, struct str file, struct inputs *in)
{
	const struct graph *g = s->graph;
	const struct graph_step *st = &g->steps.p[step];
	struct buf version = { 0 }, python = { 0 };

	step_binding(g, step, SYM_TG_PYTHON, &version);
	graph_binding(g, step, graph_sym(g, STR("tg_interpreter")), GRAPH_RAW,
	              &python, NULL);
	strs_add(&in->pythons, arena_fmt(&s->front.arena, "%s: %s",
	                                  version.p, buf_str(&python).p));
	for (uint32_t i = graph_nexplicit(st); i < st->nins; i++)
		sort_input(s, graph_ids(g, st->ins)[i], file, in);
	buf_release(&version);
	buf_release(&python);
}

/* What was seen to be used by a step that was seen whole. */
static void
add_used(const struct graph *g, uint32_t step, struct inputs *in)
{
	const struct graph_step *st = &g->steps.p[step];

	for (uint32_t i = 0; i < st->nobs; i++) {
		uint32_t node = graph_ids(g, st->obs)[i];

		if (view_shows(g, node) && graph_path(g, node).p[0] != '/')
			strs_add(&in->used, graph_path(g, node));
	}
}

/* The steps that run this file. */
static void
print_runs(struct tool_env *env, uint32_t node)
{
	struct session *s = env->s;
	const struct graph *g = s->graph;
	struct str file = graph_path(g, node);
	uint8_t *seen = ask_seen(s);
	struct inputs in = { 0 };

	for (uint32_t i = 0; i < g->nodes.p[node].nusers; i++) {
		uint32_t step = graph_ids(g, g->nodes.p[node].users)[i];
		const struct graph_step *st = &g->steps.p[step];

		for (uint32_t k = 0; st->flags & STEP_TEST &&
		     k < graph_nexplicit(st); k++)
			if (graph_ids(g, st->ins)[k] == node) {
				add_step(s, step, file, &in);
				if (seen[step])
					add_used(g, step, &in);
			}
	}
	free(seen);
	print_list(env, "runs under Python", &in.pythons);
	print_list(env, "conftest files", &in.conftests);
	print_list(env, "plugins", &in.plugins);
	print_list(env, "configuration and inputs", &in.others);
	if (in.used.n) {
		strs_release(&in.data);
		print_list(env, "what it was seen to use", &in.used);
	} else {
		print_list(env, "other files", &in.data);
	}
}

/* ---- modules, files, packages, versions ---- */

static void
print_imports(struct tool_env *env, uint32_t id)
{
	struct session *s = env->s;
	const struct modules *m = &s->front.m;
	struct strs to = { 0 }, from = { 0 };

	for (uint32_t k = 0; k < m->v[id].ndeps; k++)
		strs_add(&to, subject_module_path(s,
			m->deps[m->v[id].deps + k]));
	for (uint32_t i = 0; i < m->n; i++)
		for (uint32_t k = 0; k < m->v[i].ndeps; k++)
			if (m->deps[m->v[i].deps + k] == id && i != id)
				strs_add(&from, subject_module_path(s, i));
	print_list(env, "imports", &to);
	if (wide_reason(&m->v[id]))
		fprintf(env->out, "  depends on every Python file: %s\n",
		       wide_reason(&m->v[id]));
	print_list(env, "imported by", &from);
}

static void
query_module(struct tool_env *env, uint32_t id)
{
	struct session *s = env->s;
	const struct module *mod = &s->front.m.v[id];
	struct str path = subject_module_path(s, id);
	uint32_t node = graph_find(s->graph, path);
	const char *what = mod->flags & MODULE_TEST ? "test file"
	                 : mod->flags & MODULE_CONFTEST ? "conftest file"
	                 : mod->flags & MODULE_EXT ? "extension module"
	                 : "module";

	fprintf(env->out, "%s: %s of %s\n", path.p, what,
	       s->front.p.packages[mod->package].name.p);
	if (node == GRAPH_NONE)
		return;
	if (mod->flags & MODULE_TEST)
		print_runs(env, node);
	print_imports(env, id);
	print_made(env, node);
	if (!(mod->flags & MODULE_TEST))
		print_reached(env, node);
}

static void
query_file(struct tool_env *env, const struct subject *w)
{
	struct session *s = env->s;
	uint32_t node = (uint32_t)w->at;

	fprintf(env->out, "%s: file of %s\n", w->path.p,
	       project_owner(&s->front.p, w->path)->name.p);
	print_made(env, node);
	print_reached(env, node);
}

static void
print_pythons(const struct tool_env *env, size_t package)
{
	const struct front *f = &env->s->front;

	for (size_t i = 0; i < f->matrix.n; i++) {
		const struct matrix_row *row = &f->matrix.rows[i];

		if (row->package == package && !front_row_skipped(f, row))
			fprintf(env->out, "  runs under Python %s: %s\n",
			        row->version.p, f->in.v[row->interp].path.p);
	}
}

static void
query_package(struct tool_env *env, size_t at)
{
	struct session *s = env->s;
	const struct front *f = &s->front;
	const struct modules *m = &f->m;
	const struct package *pkg = &f->p.packages[at];
	struct strs tests = { 0 }, to = { 0 }, from = { 0 };

	fprintf(env->out, "%s: package in %s\n", pkg->name.p,
	       pkg->dir.n ? pkg->dir.p : "the root");
	if (pkg->err.msg)
		fprintf(env->out, "  not tested: %s\n", pkg->err.msg);
	print_pythons(env, at);
	for (uint32_t i = 0; i < m->n; i++) {
		uint32_t mine = m->v[i].package;

		if (mine == at && (m->v[i].flags & MODULE_TEST))
			strs_add(&tests, subject_module_path(s, i));
		for (uint32_t k = 0; k < m->v[i].ndeps; k++) {
			uint32_t dep = m->deps[m->v[i].deps + k];
			uint32_t other = m->v[dep].package;

			if (mine == at && other != at)
				strs_add(&to, f->p.packages[other].name);
			if (mine != at && other == at)
				strs_add(&from, f->p.packages[mine].name);
		}
	}
	print_list(env, "test files", &tests);
	print_list(env, "imports packages", &to);
	print_list(env, "imported by packages", &from);
}

static int
query_version(struct tool_env *env, const struct subject *w, const char *text,
	struct err *err)
{
	const struct front *f = &env->s->front;
	const struct interp *in = NULL;
	struct strs packages = { 0 };

	for (size_t i = 0; i < f->matrix.n; i++) {
		const struct matrix_row *row = &f->matrix.rows[i];

		if (row->major != w->major || row->minor != w->minor ||
		    front_row_skipped(f, row))
			continue;
		in = &f->in.v[row->interp];
		strs_add(&packages, f->p.packages[row->package].name);
	}
	if (!in)
		return err_code(err, EXIT_USAGE, "nothing runs under '%s' "
		                "(tgraph -t matrix shows why)", text);
	fprintf(env->out, "py%d.%d: %s %s, %s\n", w->major, w->minor,
	       in->implementation.p, in->version.p, in->path.p);
	if (in->pytest.n)
		fprintf(env->out, "  pytest %s\n", in->pytest.p);
	print_list(env, "runs the tests of", &packages);
	return 0;
}

/* A directory: every package and test file below it. */
static void
query_dir(struct tool_env *env, const struct subject *w)
{
	struct session *s = env->s;
	const struct front *f = &s->front;
	struct strs packages = { 0 }, tests = { 0 };

	for (size_t i = 0; i < f->p.npackages; i++)
		if (path_below(f->p.packages[i].dir, w->path))
			strs_add(&packages, f->p.packages[i].name);
	for (uint32_t i = 0; i < f->m.n; i++)
		if ((f->m.v[i].flags & MODULE_TEST) && subject_has(s, w, i))
			strs_add(&tests, subject_module_path(s, i));
	fprintf(env->out, "%s: directory\n", w->path.n ? w->path.p : ".");
	print_list(env, "packages", &packages);
	print_list(env, "test files", &tests);
}

static int
py_query_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	struct session *s = env->s;
	struct subject w;

	if (argc < 2)
		return err_code(err, EXIT_USAGE, "-t query: expected a test "
		                "file, a module, a package or a version");
	if (ask_wanted(env, argc, argv))
		return ask_run(env, argc, argv, err);
	if (!s->front_loaded && session_reload(s, err) < 0)
		return -1;
	if (s->graph->users_stale)
		graph_index_users(s->graph);
	for (int i = 1; i < argc; i++) {
		if (subject_find(s, argv[i], &w, err) < 0)
			return -1;
		switch (w.kind) {
		case SUBJECT_PACKAGE:
			query_package(env, w.at);
			break;
		case SUBJECT_VERSION:
			if (query_version(env, &w, argv[i], err) < 0)
				return -1;
			break;
		case SUBJECT_MODULE:
			query_module(env, (uint32_t)w.at);
			break;
		case SUBJECT_FILE:
			query_file(env, &w);
			break;
		case SUBJECT_DIR:
			query_dir(env, &w);
			break;
		}
	}
	return EXIT_OK;
}

const struct tool tool_py_query = {
	.name = "query",
	.usage = ASK_USAGE,
	.needs = TOOL_STATE,
	.where = TOOL_PYTHON,
	.own = true,
	.run = py_query_run,
};
