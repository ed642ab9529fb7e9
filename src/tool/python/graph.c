/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "session/targets/subject.h"
#include "tool/python/python.h"
#include "util/mem.h"
#include "util/path.h"

/* -t graph: who imports whom, in Graphviz's language. An arrow goes from a file
 * to what it imports; one from a test file to its conftest is dotted. */

struct picture {
	struct session *s;
	FILE *out;
	uint8_t *in;            /* by module */
	uint32_t *stack;
	size_t top, cap;
};

static void
take_module(struct picture *p, uint32_t module)
{
	if (p->in[module])
		return;
	p->in[module] = 1;
	p->stack = vec_grow(p->stack, &p->cap, p->top + 1, sizeof(*p->stack));
	p->stack[p->top++] = module;
}

/* The conftest of the directory itself, or MODULE_NONE. */
static uint32_t
conftest_in(const struct picture *p, struct str dir)
{
	struct buf b = { 0 };
	uint32_t id;

	path_join(&b, dir, STR("conftest.py"));
	id = modules_find(&p->s->front.m, buf_str(&b));
	buf_release(&b);
	return id;
}

/* The nearest conftest that pytest loads before the file, or MODULE_NONE. */
static uint32_t
conftest_of(const struct picture *p, uint32_t module)
{
	const struct module *m = &p->s->front.m.v[module];
	struct str dir = path_dir(subject_module_path(p->s, module));
	uint32_t id;

	if (!(m->flags & (MODULE_TEST | MODULE_CONFTEST)))
		return MODULE_NONE;
	for (;; dir = path_dir(dir)) {
		id = conftest_in(p, dir);
		if (id != MODULE_NONE && id != module)
			return id;
		if (!dir.n)
			return MODULE_NONE;
	}
}

/* All that the modules of the picture import. */
static void
close_over(struct picture *p)
{
	const struct modules *m = &p->s->front.m;

	while (p->top) {
		uint32_t id = p->stack[--p->top];
		uint32_t conftest = conftest_of(p, id);

		if (conftest != MODULE_NONE)
			take_module(p, conftest);
		for (uint32_t k = 0; k < m->v[id].ndeps; k++)
			take_module(p, m->deps[m->v[id].deps + k]);
	}
}

static int
take_subject(struct picture *p, const char *text, struct err *err)
{
	struct subject w;
	uint32_t n = 0;

	if (subject_find(p->s, text, &w, err) < 0)
		return -1;
	for (uint32_t i = 0; i < p->s->front.m.n; i++) {
		if (!subject_has(p->s, &w, i))
			continue;
		take_module(p, i);
		n++;
	}
	return n ? 0 : err_code(err, EXIT_USAGE, "-t graph: %s: no Python "
	                        "file there", text);
}

static void
print_text(FILE *out, struct str s)
{
	fputc('"', out);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			fputc('\\', out);
		fputc(s.p[i], out);
	}
	fputc('"', out);
}

static void
print_node(const struct picture *p, uint32_t id)
{
	const struct module *m = &p->s->front.m.v[id];

	fprintf(p->out, "\t\t%" PRIu32 " [label=", id);
	print_text(p->out, subject_module_path(p->s, id));
	if (m->flags & MODULE_TEST)
		fputs(", shape=ellipse", p->out);
	if (m->flags & MODULE_WIDE)
		fputs(", style=dashed", p->out);
	fputs("]\n", p->out);
}

/* A package with its files is a box. */
static void
print_package(const struct picture *p, uint32_t package)
{
	const struct modules *m = &p->s->front.m;
	bool any = false;

	for (uint32_t i = 0; i < m->n; i++) {
		if (!p->in[i] || m->v[i].package != package)
			continue;
		if (!any) {
			fprintf(p->out, "\tsubgraph cluster_%" PRIu32 " {\n"
			       "\t\tlabel=", package);
			print_text(p->out,
			           p->s->front.p.packages[package].name);
			fputc('\n', p->out);
		}
		any = true;
		print_node(p, i);
	}
	if (any)
		fputs("\t}\n", p->out);
}

static void
print_edges(const struct picture *p, uint32_t id)
{
	const struct module *m = &p->s->front.m.v[id];
	uint32_t conftest = conftest_of(p, id);

	for (uint32_t k = 0; k < m->ndeps; k++)
		fprintf(p->out, "\t%" PRIu32 " -> %" PRIu32 "\n", id,
		       p->s->front.m.deps[m->deps + k]);
	if (conftest != MODULE_NONE)
		fprintf(p->out, "\t%" PRIu32 " -> %" PRIu32
		        " [style=dotted]\n", id, conftest);
}

static int
py_graph_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	struct session *s = env->s;
	const struct modules *m = &s->front.m;
	struct picture p = {
		.s = s, .out = env->out, .in = xcalloc(m->n + 1, 1),
	};
	int r = EXIT_OK;

	for (int i = 1; i < argc && r == EXIT_OK; i++)
		r = take_subject(&p, argv[i], err);
	for (uint32_t i = 0; argc < 2 && i < m->n; i++)
		take_module(&p, i);
	close_over(&p);
	if (r == EXIT_OK) {
		fputs("digraph tgraph {\n"
		      "\trankdir=LR\n"
		      "\tnode [fontsize=10, shape=box, height=0.25]\n",
		      env->out);
		for (size_t i = 0; i < s->front.p.npackages; i++)
			print_package(&p, (uint32_t)i);
		for (uint32_t i = 0; i < m->n; i++)
			if (p.in[i])
				print_edges(&p, i);
		fputs("}\n", env->out);
	}
	free(p.in);
	free(p.stack);
	return r;
}

const struct tool tool_py_graph = {
	.name = "graph",
	.usage = "usage: %s -t graph [targets]\n"
		"\n"
		"What imports what, in Graphviz's language: the test files and "
		"modules of the\n"
		"targets (packages, directories, files, modules) and all that "
		"these import.\n",
	.needs = TOOL_FRONT,
	.where = TOOL_PYTHON,
	.own = true,
	.run = py_graph_run,
};
