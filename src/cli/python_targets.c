/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/python.h"
#include "cli/words.h"
#include "report/results.h"
#include "util/path.h"

/* -t targets: what the user may write, as ninja has it: "NAME: WHAT". */

static void
print(struct words *w, const char *what)
{
	words_sort(w);
	for (size_t i = 0; i < w->n; i++)
		printf("%s: %s\n", w->v[i].p, what);
	free(w->v);
}

/* A binding of a test step, or nothing. */
static void
add_binding(struct session *s, uint32_t step, unsigned sym, const char *prefix,
	struct words *to)
{
	struct buf b = { 0 };

	if (*step_binding(s->graph, step, sym, &b))
		words_add(to, arena_fmt(&s->front.arena, "%s%s", prefix,
		                        b.p));
	buf_release(&b);
}

/* Files are named from where the user is. */
static void
add_file(struct session *s, uint32_t step, struct words *files,
	struct words *dirs)
{
	struct buf b = { 0 }, path = { 0 };
	struct str file;

	if (*step_binding(s->graph, step, SYM_TG_FILE, &b)) {
		path_relative(&path, buf_str(&s->below), buf_str(&b));
		file = arena_dup(&s->front.arena, buf_str(&path));
		words_add(str_ends(file, ".py") ? files : dirs, file);
	}
	buf_release(&b);
	buf_release(&path);
}

static void
print_made(const struct session *s)
{
	const struct graph *g = s->graph;

	for (uint32_t i = 0; i < g->steps.n; i++) {
		const struct graph_step *step = &g->steps.p[i];
		const struct graph_rule *rule = &g->rules.p[step->rule];

		for (uint32_t k = 0; k < step->nouts; k++) {
			struct str out = graph_path(g,
				graph_ids(g, step->outs)[k]);

			if (step->flags & STEP_TEST ||
			    path_below(out, STR(".tgraph")))
				continue;
			printf("%s: %.*s\n", out.p, (int)rule->len,
			       graph_text(g, rule->name, rule->len).p);
		}
	}
}

int
python_targets(struct session *s, int argc, char **argv, struct err *err)
{
	struct words packages = { 0 }, versions = { 0 }, files = { 0 };
	struct words dirs = { 0 };

	if (argc > 2 || (argc == 2 && strcmp(argv[1], "all") != 0))
		return err_code(err, EXIT_USAGE, "-t targets: expected all, "
		                "rule [NAME], depth [N], or nothing");
	for (uint32_t i = 0; i < s->graph->steps.n; i++) {
		if (!(s->graph->steps.p[i].flags & STEP_TEST))
			continue;
		add_binding(s, i, SYM_TG_PACKAGE, "", &packages);
		add_binding(s, i, SYM_TG_PYTHON, "py", &versions);
		add_file(s, i, &files, &dirs);
	}
	print(&packages, "package");
	print(&versions, "Python version");
	print(&dirs, "tests that run together");
	print(&files, "test file");
	print_made(s);
	return EXIT_OK;
}
