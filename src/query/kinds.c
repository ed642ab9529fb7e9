/* SPDX-License-Identifier: Apache-2.0 */
#include "query/kinds.h"

#include <string.h>

#include "query/view.h"
#include "util/mem.h"
#include "util/path.h"

enum kind { SOURCE, MODULE, CONFTEST, TEST, GENERATED, PHONY, KINDS };

static const char *const words[KINDS] = {
	[SOURCE] = "source", [MODULE] = "module", [CONFTEST] = "conftest",
	[TEST] = "test", [GENERATED] = "generated", [PHONY] = "phony",
};

static enum kind
find_kind(const struct graph *g, uint32_t node)
{
	uint32_t step = g->nodes.p[node].producer;
	struct str path = graph_path(g, node);

	if (view_is_test(g, node))
		return TEST;
	if (step != GRAPH_NONE)
		return g->steps.p[step].flags & STEP_PHONY ? PHONY : GENERATED;
	if (str_is(path_base(path), "conftest.py"))
		return CONFTEST;
	return str_ends(path, ".py") || str_ends(path, ".so") ||
	       str_ends(path, ".pyd") ? MODULE : SOURCE;
}

const char *
kind_of(const struct graph *g, uint32_t node)
{
	return words[find_kind(g, node)];
}

/* Is it made, or run, by a step of this rule? */
static bool
has_rule(const struct graph *g, uint32_t node, struct str name)
{
	uint32_t step = g->nodes.p[node].producer;
	const struct graph_rule *rule;

	if (step == GRAPH_NONE)
		return false;
	rule = &g->rules.p[g->steps.p[step].rule];
	return str_eq(graph_text(g, rule->name, rule->len), name);
}

static bool
is_rule(const struct graph *g, struct str name)
{
	for (uint32_t i = 1; i < g->rules.n; i++)
		if (str_eq(graph_text(g, g->rules.p[i].name, g->rules.p[i].len),
		           name))
			return true;
	return false;
}

int
kind_select(const struct graph *g, struct str kind, struct bits *out,
	struct err *err)
{
	enum kind k = 0;
	bool rule;

	while (k < KINDS && !str_is(kind, words[k]))
		k++;
	rule = is_rule(g, kind);
	if (k == KINDS && !rule)
		return err_set(err, "unknown kind '%s': expected source, "
		               "module, conftest, test, generated, phony or "
		               "the name of a rule", kind.p);
	for (uint32_t i = 0; i < g->nodes.n; i++)
		if (view_shows(g, i) && (find_kind(g, i) == k ||
		    (k == SOURCE && g->nodes.p[i].producer == GRAPH_NONE) ||
		    (rule && has_rule(g, i, kind))))
			bits_add(out, i);
	return 0;
}

static bool
has_value(const struct graph *g, uint32_t step, uint32_t sym, struct str value)
{
	struct buf b = { 0 };
	bool is;

	is = graph_binding(g, step, sym, sym == SYM_COMMAND ||
	                   sym == SYM_RSPFILE_CONTENT ? GRAPH_SHELL : GRAPH_RAW,
	                   &b, NULL) >= 0 && str_eq(buf_str(&b), value);
	buf_release(&b);
	return is;
}

int
attr_select(const struct graph *g, struct str name, struct str value,
	struct bits *out, struct err *err)
{
	uint32_t sym = graph_sym(g, name);

	if (sym == GRAPH_NONE)
		return err_set(err, "no step here has a variable '%s'",
		               name.p);
	for (uint32_t i = 0; i < g->nodes.n; i++) {
		uint32_t made = g->nodes.p[i].producer, run, at = 0;

		if (!view_shows(g, i))
			continue;
		if (made != GRAPH_NONE && has_value(g, made, sym, value))
			bits_add(out, i);
		while ((run = view_next_run(g, i, &at)) != GRAPH_NONE)
			if (has_value(g, run, sym, value))
				bits_add(out, i);
	}
	return 0;
}
