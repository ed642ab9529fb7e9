/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>

#include "ninja/eval.h"
#include "tool/internal.h"
#include "util/mem.h"

struct named {
	struct str name;
	uint32_t rule;
};

static int
cmp_named(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return str_cmp(x->name, y->name);
}

static int
keep_name(void *ctx, struct str name, struct buf *out, struct err *err)
{
	(void)ctx;
	(void)err;
	buf_addf(out, "${%.*s}", (int)name.n, name.p);
	return 0;
}

/* The description as the rule has it, variables as ${name}. */
static void
print_description(struct tool_env *env, uint32_t rule)
{
	const struct graph *g = env->s->graph;
	const struct graph_rule *r = &g->rules.p[rule];
	const struct graph_var *v, *found = NULL;
	struct buf text = { 0 };
	uint32_t i;

	for (i = 0; i < r->nvars; i++) {
		v = &g->vars.p[r->vars + i];
		if (v->sym == SYM_DESCRIPTION)
			found = v;
	}
	if (!found)
		return;
	ninja_eval(graph_text(g, found->value, found->len), keep_name, NULL,
		&text, NULL);
	fputs(": ", env->out);
	tool_put(env, buf_str(&text));
	buf_release(&text);
}

static int
rules_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	const struct graph *g = env->s->graph;
	bool descriptions = false;
	struct named *rules;
	uint32_t i, n = 0;
	int opt;

	while ((opt = tool_getopt(env, argc, argv, "hd", NULL)) != -1) {
		switch (opt) {
		case 'd': descriptions = true; break;
		default: return tool_usage(env, opt != 'h');
		}
	}
	rules = xcalloc(g->rules.n + 1, sizeof(*rules));
	for (i = 0; i < g->rules.n; i++)
		if (g->rules.p[i].scope == 0 && g->rules.p[i].len)
			rules[n++] = (struct named){ graph_text(g,
				g->rules.p[i].name, g->rules.p[i].len), i };
	qsort(rules, n, sizeof(*rules), cmp_named);
	for (i = 0; i < n; i++) {
		tool_put(env, rules[i].name);
		if (descriptions)
			print_description(env, rules[i].rule);
		fputc('\n', env->out);
	}
	free(rules);
	return EXIT_OK;
}

const struct tool tool_rules = {
	.name = "rules",
	.summary = "list all rules",
	.usage = "usage: %s -t rules [options]\n"
		"\n"
		"options:\n"
		"  -d     also print the description of the rule\n"
		"  -h     print this message\n",
	.needs = TOOL_GRAPH,
	.run = rules_run,
};
