/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "tool/internal.h"
#include "util/mem.h"
#include "util/path.h"

/* Inputs of targets: each after what it is made from; outputs of phony steps
 * are left out, what is behind them is not. */
struct collect {
	const struct graph *g;
	uint8_t *seen;          /* by node */
	uint32_t *found;
	size_t nfound, cap;
	struct frame { uint32_t step, at; } *stack;
	size_t top, stack_cap;
};

static void
enter_input(struct collect *c, uint32_t node)
{
	uint32_t step = c->g->nodes.p[node].producer;

	if (step == GRAPH_NONE)
		return;
	c->stack = vec_grow(c->stack, &c->stack_cap, c->top + 1,
		sizeof(*c->stack));
	c->stack[c->top++] = (struct frame){ step, 0 };
}

static bool
phony(const struct graph *g, uint32_t node)
{
	uint32_t step = g->nodes.p[node].producer;

	return step != GRAPH_NONE && (g->steps.p[step].flags & STEP_PHONY);
}

static void
list_input(struct collect *c, uint32_t node)
{
	if (phony(c->g, node))
		return;
	c->found = vec_grow(c->found, &c->cap, c->nfound + 1,
		sizeof(*c->found));
	c->found[c->nfound++] = node;
}

/* at counts inputs that were entered; one is left when its own frame is. */
static void
collect_inputs(struct collect *c, uint32_t target)
{
	const struct graph_step *s;
	struct frame *f;
	uint32_t node;

	enter_input(c, target);
	while (c->top) {
		f = &c->stack[c->top - 1];
		s = &c->g->steps.p[f->step];
		if (f->at == s->nins) {
			if (--c->top) {
				f = &c->stack[c->top - 1];
				s = &c->g->steps.p[f->step];
				node = graph_ids(c->g, s->ins)[f->at - 1];
				list_input(c, node);
			}
			continue;
		}
		node = graph_ids(c->g, s->ins)[f->at++];
		if (c->seen[node])
			continue;
		c->seen[node] = 1;
		if (c->g->nodes.p[node].producer == GRAPH_NONE)
			list_input(c, node);
		else
			enter_input(c, node);
	}
}

static void
collect_start(struct collect *c, const struct graph *g)
{
	*c = (struct collect){ .g = g, .seen = xcalloc(g->nodes.n + 1, 1) };
}

static void
collect_release(struct collect *c)
{
	free(c->seen);
	free(c->found);
	free(c->stack);
}

static void
add_input_path(struct buf *out, struct str path, bool escape)
{
	if (escape)
		path_shell(out, path);
	else
		buf_addstr(out, path);
}

/* What is printed of each input: ends with its terminator. */
static void
print_inputs(struct tool_env *env, struct collect *c, bool escape, bool order,
	char end)
{
	struct str *lines = xcalloc(c->nfound + 1, sizeof(*lines));
	struct arena mem = { 0 };
	struct buf text = { 0 };
	size_t i;

	for (i = 0; i < c->nfound; i++) {
		buf_clear(&text);
		add_input_path(&text, graph_path(c->g, c->found[i]), escape);
		lines[i] = arena_dup(&mem, buf_str(&text));
	}
	if (!order)
		qsort(lines, c->nfound, sizeof(*lines), str_cmp_qsort);
	for (i = 0; i < c->nfound; i++) {
		tool_put(env, lines[i]);
		fputc(end, env->out);
	}
	buf_release(&text);
	arena_release(&mem);
	free(lines);
}

static int
inputs_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "print0", no_argument, NULL, '0' },
		{ "no-shell-escape", no_argument, NULL, 'E' },
		{ "dependency-order", no_argument, NULL, 'd' },
		{ NULL, 0, NULL, 0 },
	};
	bool escape = true, order = false;
	struct targets t = { 0 };
	struct collect c;
	char end = '\n';
	int opt, r;

	while ((opt = tool_getopt(env, argc, argv, "0Edh", longs)) != -1) {
		switch (opt) {
		case '0': end = '\0'; break;
		case 'E': escape = false; break;
		case 'd': order = true; break;
		default: return tool_usage(env, opt != 'h');
		}
	}
	r = tool_find_targets(env, argv + optind, argc - optind, &t, err);
	collect_start(&c, env->s->graph);
	for (uint32_t i = 0; r == 0 && i < t.n; i++)
		collect_inputs(&c, t.v[i]);
	if (r == 0)
		print_inputs(env, &c, escape, order, end);
	collect_release(&c);
	targets_release(&t);
	return r;
}

static void
print_of_target(struct tool_env *env, uint32_t target, const char *delimiter,
	char end)
{
	struct collect c;
	size_t i;

	collect_start(&c, env->s->graph);
	collect_inputs(&c, target);
	for (i = 0; i < c.nfound; i++) {
		tool_put(env, graph_path(env->s->graph, target));
		fputs(delimiter, env->out);
		tool_put(env, graph_path(env->s->graph, c.found[i]));
		fputc(end, env->out);
	}
	collect_release(&c);
}

static int
multi_inputs_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "delimiter", required_argument, NULL, 'd' },
		{ "print0", no_argument, NULL, '0' },
		{ NULL, 0, NULL, 0 },
	};
	const char *delimiter = "\t";
	struct targets t = { 0 };
	char end = '\n';
	int opt, r;

	while ((opt = tool_getopt(env, argc, argv, "d:0h", longs)) != -1) {
		switch (opt) {
		case '0': end = '\0'; break;
		case 'd': delimiter = optarg; break;
		default:
			return tool_usage(env, opt != 'h');
		}
	}
	r = tool_find_targets(env, argv + optind, argc - optind, &t, err);
	for (uint32_t i = 0; r == 0 && i < t.n; i++)
		print_of_target(env, t.v[i], delimiter, end);
	targets_release(&t);
	return r;
}

const struct tool tool_inputs = {
	.name = "inputs",
	.summary = "list all inputs required to rebuild given targets",
	.usage = "Usage '-t inputs [options] [targets]\n"
		"\n"
		"List all inputs used for a set of targets, sorted in "
		"dependency order.\n"
		"Note that by default, results are shell escaped, and sorted "
		"alphabetically,\n"
		"and never include validation target paths.\n"
		"\n"
		"Options:\n"
		"  -h, --help          Print this message.\n"
		"  -0, --print0            Use \\0, instead of \\n as a line "
		"terminator.\n"
		"  -E, --no-shell-escape   Do not shell escape the result.\n"
		"  -d, --dependency-order  Sort results by dependency "
		"order.\n",
	.needs = TOOL_GRAPH,
	.words = true,
	.run = inputs_run,
};

const struct tool tool_multi_inputs = {
	.name = "multi-inputs",
	.summary = "print one or more sets of inputs required to build "
		"targets",
	.usage = "Usage '-t multi-inputs [options] [targets]\n"
		"\n"
		"Print one or more sets of inputs required to build targets, "
		"sorted in dependency order.\n"
		"The tool works like inputs tool but with addition of the "
		"target for each line.\n"
		"The output will be a series of lines with the following "
		"elements:\n"
		"<target> <delimiter> <input> <terminator>\n"
		"Note that a given input may appear for several targets if it "
		"is used by more than one targets.\n"
		"Options:\n"
		"  -h, --help                   Print this message.\n"
		"  -d  --delimiter=DELIM        Use DELIM instead of TAB for "
		"field delimiter.\n"
		"  -0, --print0                 Use \\0, instead of \\n as a "
		"line terminator.\n",
	.needs = TOOL_GRAPH,
	.words = true,
	.run = multi_inputs_run,
};
