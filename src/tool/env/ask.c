/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/env/ask.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "decide/seen.h"
#include "session/targets/named.h"
#include "session/targets/target_name.h"

bool
ask_wanted(const struct tool_env *env, int argc, char **argv)
{
	if (env->s->o->ninja)
		return false;
	for (int i = 1; i < argc; i++) {
		if (graph_find(env->s->graph, str_of(argv[i])) != GRAPH_NONE)
			continue;
		if (argv[i][0] == '-' || strpbrk(argv[i], "()&|\"'") ||
		    strstr(argv[i], " - "))
			return true;
	}
	return false;
}

struct ask {
	struct tool_env *env;
	bool again;             /* the front end has to be asked */
	uint8_t *seen;          /* owned: by step, SEEN_NOW alone is not 0 */
};

uint8_t *
ask_seen(struct session *s)
{
	struct seen_steps x;
	uint8_t *now;

	seen_find(&x, &s->state);
	now = x.how;
	x.how = NULL;
	for (uint32_t i = 0; i < s->graph->steps.n; i++)
		now[i] = now[i] == SEEN_NOW;
	seen_release(&x);
	return now;
}

void
ask_runs(const struct graph *g, uint32_t node, const uint8_t *seen,
	struct bits *runs)
{
	struct bits from, reached;
	struct view v;

	view_init(&v, g, seen);
	bits_init(&from, g->nodes.n);
	bits_init(&reached, g->nodes.n);
	bits_add(&from, node);
	view_search(&v, &from, VIEW_USERS, UINT32_MAX, &reached);
	for (uint32_t i = 0; i < v.n; i++) {
		uint32_t at = 0, run;

		while ((run = view_next_run(g, v.order[i], &at)) != GRAPH_NONE)
			bits_add(runs, run);
	}
	bits_release(&from);
	bits_release(&reached);
	view_release(&v);
}

static const uint8_t *
seen_by_last_run(void *ctx)
{
	struct ask *ask = ctx;

	if (!ask->seen)
		ask->seen = ask_seen(ask->env->s);
	return ask->seen;
}

static int
find_node(struct ask *ask, struct str name, struct bits *out, struct err *err)
{
	struct session *s = ask->env->s;
	uint32_t node;

	if (target_find(s->graph, name.p, s->o->prog, &node, err) < 0)
		return -1;
	bits_add(out, node);
	return 0;
}

static int
set_by_name(void *ctx, struct str name, struct bits *out, struct err *err)
{
	struct ask *ask = ctx;
	int r;

	if (!ask->env->s->python)
		return find_node(ask, name, out, err);
	r = named_find(ask->env->s, name, out, err);
	ask->again = r == 0;
	return r > 0 ? 0 : -1;
}

static int
evaluate_words(struct ask *ask, struct eval *ev, const struct expr *e,
	struct err *err)
{
	struct session *s = ask->env->s;

	if (s->graph->users_stale)
		graph_index_users(s->graph);
	view_init(ev->view, s->graph, NULL);
	return eval_run(ev, e, err);
}

static int
answer_query(struct tool_env *env, struct str text, const struct expr *e,
	enum ask_form form, char end, struct err *err)
{
	struct ask ask = { .env = env };
	struct view view = { 0 };
	struct eval ev = {
		.view = &view, .text = text, .find = set_by_name,
		.seen = seen_by_last_run, .ctx = &ask,
	};
	int r = evaluate_words(&ask, &ev, e, err);

	if (r < 0 && ask.again) {
		err_release(err);
		eval_release(&ev);
		view_release(&view);
		free(ask.seen);
		ask.seen = NULL;
		r = session_reload(env->s, err);
		if (r == 0)
			r = evaluate_words(&ask, &ev, e, err);
	}
	if (r == 0 && form == ASK_DOT)
		view.seen = seen_by_last_run(&ask);
	if (r == 0)
		ask_print(env, &ev, form, end);
	eval_release(&ev);
	view_release(&view);
	free(ask.seen);
	return r;
}

/* The words that are left, joined by spaces. */
static int
ask_words(struct tool_env *env, char **words, int n, enum ask_form form,
	char end, struct err *err)
{
	struct buf text = { 0 };
	struct arena arena = { 0 };
	struct expr *e;
	int r = -1;

	for (int i = 0; i < n; i++) {
		buf_adds(&text, i ? " " : "");
		buf_adds(&text, words[i]);
	}
	e = expr_parse(&arena, buf_str(&text).p, text.n, err);
	if (e)
		r = answer_query(env, buf_str(&text), e, form, end, err);
	buf_release(&text);
	arena_release(&arena);
	if (r < 0 && !err->code)
		err->code = options_usage_code(env->s->o);
	return r < 0 ? -1 : EXIT_OK;
}

int
ask_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "dot", no_argument, NULL, 'd' },
		{ "print0", no_argument, NULL, '0' },
		{ NULL, 0, NULL, 0 },
	};
	enum ask_form form = ASK_TEXT;
	char end = '\n';
	int opt;

	while ((opt = tool_getopt(env, argc, argv, "0", longs)) != -1) {
		switch (opt) {
		case 'j': form = ASK_JSON; break;
		case 'd': form = ASK_DOT; break;
		case '0': end = '\0'; break;
		default: return tool_usage(env, true);
		}
	}
	if (form != ASK_TEXT && end == '\0')
		return tool_error(env, "-t query: -0 is for text alone");
	if (optind == argc)
		return tool_error(env, "-t query: expected an expression");
	tool_dyndeps(env, GRAPH_NONE);
	return ask_words(env, argv + optind, argc - optind, form, end, err);
}
