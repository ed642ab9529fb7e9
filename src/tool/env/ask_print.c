/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>

#include "query/kinds.h"
#include "report/text/json.h"
#include "tool/env/ask.h"
#include "util/mem.h"
#include "util/path.h"

/* The answer to an expression: its nodes sorted by path, or those of a path
 * along it. */

/* What a node is called: what hooks make tests of, by its directory. */
static void
node_name(const struct graph *g, uint32_t node, struct buf *out)
{
	if (state_owns(graph_path(g, node)))
		graph_binding(g, g->nodes.p[node].producer, SYM_TG_FILE,
		              GRAPH_RAW, out, NULL);
	else
		buf_addstr(out, graph_path(g, node));
}

void
ask_path(const struct tool_env *env, uint32_t node, struct buf *out)
{
	struct buf path = { 0 };

	node_name(env->s->graph, node, &path);
	if (env->s->python && path.n && path.p[0] != '/')
		path_relative(out, buf_str(&env->s->below), buf_str(&path));
	else
		buf_addstr(out, buf_str(&path));
	buf_release(&path);
}

struct line {
	uint32_t node;
	char *text;             /* owned */
};

static int
cmp_line(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int r = str_cmp(str_of(x->text), str_of(y->text));

	return r ? r : (x->node > y->node) - (x->node < y->node);
}

static struct line *
collect_lines(const struct tool_env *env, const struct eval *ev,
	uint32_t *count)
{
	struct line *v = xcalloc(bits_count(&ev->set) + 1, sizeof(*v));
	const struct bits *set = &ev->set;
	struct buf b = { 0 };
	uint32_t n = 0;

	for (uint32_t i = 0; i < ev->npath; i++)
		v[n++].node = ev->path[i];
	for (uint32_t i = bits_next(set, 0); !ev->npath && i < set->n;
	     i = bits_next(set, i + 1))
		if (view_shows(env->s->graph, i))
			v[n++].node = i;
	for (uint32_t i = 0; i < n; i++) {
		ask_path(env, v[i].node, &b);
		v[i].text = xmemdup0(buf_str(&b).p, b.n);
		buf_clear(&b);
	}
	buf_release(&b);
	if (!ev->npath && n)
		qsort(v, n, sizeof(*v), cmp_line);
	*count = n;
	return v;
}

static void
print_json_node(cJSON *nodes, const struct graph *g, const struct line *line)
{
	uint32_t step = g->nodes.p[line->node].producer;
	cJSON *o = cJSON_CreateObject();
	struct str rule;

	json_text(o, "path", line->text);
	json_text(o, "kind", kind_of(g, line->node));
	if (step != GRAPH_NONE) {
		char *name;

		rule = tool_rule(g, step);
		name = xmemdup0(rule.p, rule.n);
		json_text(o, "rule", name);
		free(name);
	}
	cJSON_AddItemToArray(nodes, o);
}

static void
print_json(const struct tool_env *env, const struct eval *ev,
	const struct line *v, uint32_t n)
{
	cJSON *top = cJSON_CreateObject();
	cJSON *nodes;
	char *text;

	cJSON_AddNumberToObject(top, "version", 1);
	json_text(top, "query", ev->text.p);
	cJSON_AddBoolToObject(top, "observed", ev->view->observed);
	cJSON_AddBoolToObject(top, "assumed", ev->view->assumed);
	cJSON_AddNumberToObject(top, "count", n);
	nodes = cJSON_AddArrayToObject(top, "nodes");
	for (uint32_t i = 0; i < n; i++)
		print_json_node(nodes, env->s->graph, &v[i]);
	text = cJSON_Print(top);
	fprintf(env->out, "%s\n", text);
	cJSON_free(text);
	cJSON_Delete(top);
}

static void
print_quoted(FILE *out, const char *s)
{
	fputc('"', out);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fputc('\\', out);
		fputc(*s, out);
	}
	fputc('"', out);
}

/* What in the set each node of it needs directly. */
static void
print_dot(const struct tool_env *env, const struct eval *ev,
	const struct line *v, uint32_t n)
{
	struct view *view = ev->view;

	fputs("digraph tgraph {\n\trankdir=LR\n"
	      "\tnode [fontsize=10, shape=box, height=0.25]\n", env->out);
	for (uint32_t i = 0; i < n; i++) {
		fprintf(env->out, "\t%" PRIu32 " [label=", v[i].node);
		print_quoted(env->out, v[i].text);
		fputs(view_is_test(view->g, v[i].node) ? ", shape=ellipse]\n"
		      : "]\n", env->out);
	}
	for (uint32_t i = 0; i < n; i++) {
		view_needs(view, v[i].node);
		for (uint32_t k = 0; k < view->n; k++)
			if (bits_has(&ev->set, view->order[k]))
				fprintf(env->out, "\t%" PRIu32 " -> %" PRIu32
				        "\n", v[i].node, view->order[k]);
	}
	fputs("}\n", env->out);
}

void
ask_print(const struct tool_env *env, const struct eval *ev,
	enum ask_form form, char end)
{
	uint32_t n;
	struct line *v = collect_lines(env, ev, &n);

	if (form == ASK_JSON)
		print_json(env, ev, v, n);
	else if (form == ASK_DOT)
		print_dot(env, ev, v, n);
	for (uint32_t i = 0; i < n; i++) {
		if (form == ASK_TEXT)
			fprintf(env->out, "%s%c", v[i].text, end);
		free(v[i].text);
	}
	free(v);
}
