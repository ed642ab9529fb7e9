/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/walk.h"
#include "report/text/step.h"
#include "session/targets/subject.h"
#include "tool/python/python.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/strs.h"

/* -t targets: what the user may write, as ninja has it: "NAME: WHAT". Files are
 * named from where the user is. */

static void
print_kind(const struct tool_env *env, struct strs *w, const char *what)
{
	strs_sort(w);
	for (size_t i = 0; i < w->n; i++)
		fprintf(env->out, "%s: %s\n", w->v[i].p, what);
	strs_release(w);
}

/* A binding of a test step, or nothing. */
static void
add_bound(struct session *s, uint32_t step, unsigned sym, const char *prefix,
	struct strs *to)
{
	struct buf b = { 0 };

	if (*step_binding(s->graph, step, sym, &b))
		strs_add(to, arena_fmt(&s->front.arena, "%s%s", prefix,
		                        b.p));
	buf_release(&b);
}

/* A path from the root; the result is the front's. */
static struct str
from_here(struct session *s, struct str path)
{
	struct buf b = { 0 };
	struct str here = path;

	if (path.n && path.p[0] != '/') {
		path_relative(&b, buf_str(&s->below), path);
		here = arena_dup(&s->front.arena, buf_str(&b));
	}
	buf_release(&b);
	return here;
}

/* The file, or directory, that a test step runs; n 0: none. */
static struct str
test_of(struct session *s, uint32_t step)
{
	struct buf b = { 0 };
	struct str file = { 0 };

	if (*step_binding(s->graph, step, SYM_TG_FILE, &b))
		file = from_here(s, arena_dup(&s->front.arena, buf_str(&b)));
	buf_release(&b);
	return file;
}

static void
add_test_file(struct session *s, uint32_t step, struct strs *files,
	struct strs *dirs)
{
	struct str file = test_of(s, step);

	if (file.n)
		strs_add(str_ends(file, ".py") ? files : dirs, file);
}

static void
print_user_steps(struct tool_env *env)
{
	struct session *s = env->s;
	const struct graph *g = s->graph;

	for (uint32_t i = 0; i < g->steps.n; i++) {
		const struct graph_step *step = &g->steps.p[i];
		struct str rule = tool_rule(g, i);

		for (uint32_t k = 0; k < step->nouts; k++) {
			struct str out = graph_path(g,
				graph_ids(g, step->outs)[k]);

			if (step->flags & STEP_TEST ||
			    state_owns(out))
				continue;
			fprintf(env->out, "%s: %.*s\n", from_here(s, out).p,
			        (int)rule.n, rule.p);
		}
	}
}

static int
print_words(struct tool_env *env)
{
	struct session *s = env->s;
	struct strs packages = { 0 }, versions = { 0 }, files = { 0 };
	struct strs dirs = { 0 };

	for (uint32_t i = 0; i < s->graph->steps.n; i++) {
		if (!(s->graph->steps.p[i].flags & STEP_TEST))
			continue;
		add_bound(s, i, SYM_TG_PACKAGE, "", &packages);
		add_bound(s, i, SYM_TG_PYTHON, "py", &versions);
		add_test_file(s, i, &files, &dirs);
	}
	print_kind(env, &packages, "package");
	print_kind(env, &versions, "Python version");
	print_kind(env, &dirs, "tests that run together");
	print_kind(env, &files, "test file");
	print_user_steps(env);
	return EXIT_OK;
}

/* ---- the steps ---- */

/* A walk over the graph that passes through nodes of ours: what they are made
 * from stands in their place. Tests are nodes by their first output. */
struct tree {
	struct tool_env *env;
	uint32_t *seen;         /* by node: the list that last held it */
	uint32_t lists;
};

struct level {
	uint32_t *v;
	size_t n, cap;
};

static void
level_add(struct level *l, uint32_t node)
{
	l->v = vec_grow(l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = node;
}

static bool
is_test_step(const struct graph *g, uint32_t step)
{
	return step != GRAPH_NONE && g->steps.p[step].flags & STEP_TEST;
}

static bool
is_ours_node(const struct graph *g, uint32_t node)
{
	return state_owns(graph_path(g, node));
}

/* The nodes among ids and below, in order, that the user knows. through: what
 * our own ones are made from, too. */
static struct level
known_below(struct tree *t, const uint32_t *ids, uint32_t n, bool through)
{
	const struct graph *g = t->env->s->graph;
	struct level stack = { 0 }, out = { 0 };

	t->lists++;
	for (uint32_t i = n; i-- > 0;)
		level_add(&stack, ids[i]);
	while (stack.n) {
		uint32_t node = stack.v[--stack.n];
		uint32_t step = g->nodes.p[node].producer;
		const struct graph_step *st;

		if (is_test_step(g, step))
			node = graph_step_out(g, step);
		if (t->seen[node] == t->lists)
			continue;
		t->seen[node] = t->lists;
		if (is_test_step(g, step) || !is_ours_node(g, node)) {
			level_add(&out, node);
			continue;
		}
		if (!through || step == GRAPH_NONE)
			continue;
		st = &g->steps.p[step];
		for (uint32_t i = st->nins; i-- > 0;)
			level_add(&stack, graph_ids(g, st->ins)[i]);
	}
	free(stack.v);
	return out;
}

/* A file; of a test what it runs, and under which version. One that a
 * tgraph.ninja has may name neither. */
static void
print_name(struct tool_env *env, uint32_t node)
{
	struct session *s = env->s;
	struct graph *g = s->graph;
	uint32_t step = g->nodes.p[node].producer;
	struct str path = from_here(s, graph_path(g, node)), file = { 0 };
	struct buf version = { 0 };

	if (is_test_step(g, step))
		file = test_of(s, step);
	fputs(file.n ? file.p : path.p, env->out);
	if (file.n && *step_binding(g, step, SYM_TG_PYTHON, &version))
		fprintf(env->out, " (%s)", version.p);
	buf_release(&version);
}

static void
print_level(struct tree *t, const struct level *l, long depth, int indent)
{
	const struct graph *g = t->env->s->graph;

	for (size_t i = 0; i < l->n; i++) {
		uint32_t step = g->nodes.p[l->v[i]].producer;
		struct level below;
		struct str rule;

		fprintf(t->env->out, "%*s", indent, "");
		print_name(t->env, l->v[i]);
		if (step == GRAPH_NONE) {
			fputc('\n', t->env->out);
			continue;
		}
		rule = tool_rule(g, step);
		fprintf(t->env->out, ": %.*s\n", (int)rule.n, rule.p);
		if (depth == 1)
			continue;
		below = known_below(t, graph_ids(g, g->steps.p[step].ins),
		              g->steps.p[step].nins, true);
		print_level(t, &below, depth - 1, indent + 2);
		free(below.v);
	}
}

/* depth: 0 or less is all. */
static int
print_depth(struct tool_env *env, long depth, struct err *err)
{
	struct session *s = env->s;
	struct tree t = { .env = env };
	uint32_t *roots = NULL, n = 0;
	struct level l;
	int r = 0;

	graph_roots(s->graph, &roots, &n);
	if (depth != 1)
		r = graph_check_cycles(s->graph, roots, n, err);
	if (r == 0) {
		t.seen = xcalloc(s->graph->nodes.n + 1, sizeof(*t.seen));
		l = known_below(&t, roots, n, false);
		print_level(&t, &l, depth, 0);
		free(l.v);
		free(t.seen);
	}
	free(roots);
	return r < 0 ? -1 : EXIT_OK;
}

/* The files that steps of that rule make, tests by their files; NULL: files
 * that no step makes. */
static int
print_of_rule(struct tool_env *env, const char *name)
{
	struct session *s = env->s;
	const struct graph *g = s->graph;
	struct strs w = { 0 };

	for (uint32_t i = 0; i < g->nodes.n; i++) {
		uint32_t step = g->nodes.p[i].producer;
		struct str file;

		if (step == GRAPH_NONE) {
			if (!name && g->nodes.p[i].nusers && !is_ours_node(g, i))
				strs_add(&w, from_here(s, graph_path(g, i)));
			continue;
		}
		if (!name || !str_is(tool_rule(g, step), name))
			continue;
		file = is_test_step(g, step) ? test_of(s, step)
		                             : (struct str){ 0 };
		if (file.n)
			strs_add(&w, file);
		else if (!is_ours_node(g, i))
			strs_add(&w, from_here(s, graph_path(g, i)));
	}
	strs_sort(&w);
	for (size_t i = 0; i < w.n; i++)
		fprintf(env->out, "%s\n", w.v[i].p);
	strs_release(&w);
	return EXIT_OK;
}

static int
py_targets_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	struct session *s = env->s;
	const char *mode = argc > 1 ? argv[1] : "all";
	const char *value = argc > 2 ? argv[2] : NULL;
	char *end;
	long depth;

	if (strcmp(mode, "all") == 0 && !value)
		return print_words(env);
	if (s->graph->users_stale)
		graph_index_users(s->graph);
	if (strcmp(mode, "rule") == 0 && argc < 4)
		return print_of_rule(env, value && *value ? value : NULL);
	if (strcmp(mode, "depth") == 0 && argc < 4) {
		depth = value ? strtol(value, &end, 10) : 1;
		if (!value || (*value && !*end))
			return print_depth(env, depth, err);
	}
	return err_code(err, EXIT_USAGE, "-t targets: expected all, "
	                "rule [NAME], depth [N], or nothing");
}

const struct tool tool_py_targets = {
	.name = "targets",
	.usage = "usage: %s -t targets [all | rule [NAME] | depth [N]]\n"
		"\n"
		"The words that name tests: packages, Python versions and test "
		"files; and what a\n"
		"tgraph.ninja makes.\n"
		"\n"
		"  depth N    steps, down to so many from the end [1; 0: all]\n"
		"  rule NAME  what a rule's steps make or test; without it: "
		"files that no step\n"
		"             makes\n",
	.needs = TOOL_STATE,
	.where = TOOL_PYTHON,
	.own = true,
	.run = py_targets_run,
};
