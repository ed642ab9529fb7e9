/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/clean.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "query/reach.h"
#include "tool/internal.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/path.h"

static bool
is_talkative(const struct cleaner *c)
{
	return c->env->s->o->verbose || c->env->s->o->dry_run;
}

void
cleaner_begin(struct cleaner *c, const struct tool_env *env)
{
	*c = (struct cleaner){ .env = env };
	fputs("Cleaning...", env->out);
	fputc(is_talkative(c) ? '\n' : ' ', env->out);
	fflush(env->out);
}

void
cleaner_remove(struct cleaner *c, struct str path)
{
	struct file_sig sig;
	int added = 0;

	if (map_get(&c->gone, path))
		return;
	path = arena_dup(&c->mem, path);
	map_put(&c->gone, path, &added);
	if (c->env->s->o->dry_run) {
		if (file_sig(AT_FDCWD, path.p, &sig) != 1)
			return;
	} else if (remove(path.p) != 0) {
		if (errno != ENOENT) {
			tool_error(c->env, "remove(%s): %s", path.p,
				strerror(errno));
			c->status = 1;
		}
		return;
	}
	c->files++;
	if (is_talkative(c))
		fprintf(c->env->out, "Remove %s\n", path.p);
}

int
cleaner_end(struct cleaner *c)
{
	fprintf(c->env->out, "%u files.\n", c->files);
	map_release(&c->gone);
	arena_release(&c->mem);
	return c->status;
}

static void
remove_bound_file(struct cleaner *c, uint32_t step, uint32_t sym)
{
	struct buf path = { 0 };

	if (graph_binding(c->env->s->graph, step, sym, GRAPH_RAW, &path,
			NULL) == 1)
		cleaner_remove(c, buf_str(&path));
	buf_release(&path);
}

static void
remove_step_files(struct cleaner *c, uint32_t step)
{
	remove_bound_file(c, step, SYM_DEPFILE);
	remove_bound_file(c, step, SYM_RSPFILE);
}

static void
remove_step(struct cleaner *c, uint32_t step)
{
	const struct graph *g = c->env->s->graph;
	const struct graph_step *s = &g->steps.p[step];
	uint32_t i;

	for (i = 0; i < s->nouts; i++)
		cleaner_remove(c, graph_path(g, graph_ids(g, s->outs)[i]));
	remove_step_files(c, step);
}

static void
clean_all(struct cleaner *c, bool generator)
{
	const struct graph *g = c->env->s->graph;
	uint32_t i;

	for (i = 0; i < g->steps.n; i++)
		if (!(g->steps.p[i].flags & STEP_PHONY) &&
		    (generator || !(g->steps.p[i].flags & STEP_GENERATOR)))
			remove_step(c, i);
}

/* The target and all that it is made from by steps. */
static void
clean_target(struct cleaner *c, uint32_t target, struct nodes *seen)
{
	const struct graph *g = c->env->s->graph;
	uint32_t i = seen->n;

	if (is_talkative(c))
		fprintf(c->env->out, "Target %s\n", graph_cpath(g, target));
	reach_inputs(seen, target);
	for (; i < seen->n; i++) {
		uint32_t step = g->nodes.p[seen->v[i]].producer;

		if (step == GRAPH_NONE || g->steps.p[step].flags & STEP_PHONY)
			continue;
		/* others may use it too */
		if (c->env->s->python && path_below(graph_path(g, seen->v[i]),
		    STR(STATE_DIR "/" FRONT_MADE_DIR)))
			continue;
		cleaner_remove(c, graph_path(g, seen->v[i]));
		remove_step_files(c, step);
	}
}

static void
clean_names(struct cleaner *c, int n, char **names)
{
	const struct graph *g = c->env->s->graph;
	struct nodes seen = { .g = g };
	struct buf path = { 0 };
	uint32_t node;

	for (int i = 0; i < n; i++) {
		if (!*names[i]) {
			tool_error(c->env, "failed to canonicalize '': "
				"empty path");
			c->status = 1;
			continue;
		}
		buf_clear(&path);
		buf_adds(&path, names[i]);
		path.n = path_fold(path.p, path.n);
		node = graph_find(g, buf_str(&path));
		if (node == GRAPH_NONE) {
			tool_error(c->env, "unknown target '%s'", path.p);
			c->status = 1;
			continue;
		}
		clean_target(c, node, &seen);
	}
	buf_release(&path);
	nodes_release(&seen);
}

static void
clean_targets(struct cleaner *c, const struct targets *t)
{
	struct nodes seen = { .g = c->env->s->graph };

	for (uint32_t i = 0; i < t->n; i++)
		clean_target(c, t->v[i], &seen);
	nodes_release(&seen);
}

static bool
root_rule(const struct graph *g, const char *name)
{
	uint32_t i;

	for (i = 0; i < g->rules.n; i++)
		if (g->rules.p[i].scope == 0 && str_is(graph_text(g,
				g->rules.p[i].name, g->rules.p[i].len), name))
			return true;
	return strcmp(name, "phony") == 0;
}

static void
clean_rules(struct cleaner *c, int n, char **names)
{
	const struct graph *g = c->env->s->graph;
	uint32_t step;
	int i;

	for (i = 0; i < n; i++) {
		if (!root_rule(g, names[i])) {
			tool_error(c->env, "unknown rule '%s'", names[i]);
			c->status = 1;
			continue;
		}
		if (is_talkative(c))
			fprintf(c->env->out, "Rule %s\n", names[i]);
		for (step = 0; step < g->steps.n; step++)
			if (str_is(tool_rule(g, step), names[i]))
				remove_step(c, step);
	}
}

static int
clean_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	bool generator = false, rules = false, environments;
	struct targets t = { 0 };
	struct cleaner c;
	int opt, r;

	while ((opt = tool_getopt(env, argc, argv, "hgr", NULL)) != -1) {
		switch (opt) {
		case 'g': generator = true; break;
		case 'r': rules = true; break;
		default: return tool_usage(env, opt != 'h');
		}
	}
	argc -= optind;
	argv += optind;
	if (rules && argc == 0)
		return tool_error(env, "expected a rule to clean");
	environments = env->s->python && !rules &&
		(argc == 0 || (argc == 1 && strcmp(*argv, "environments") == 0));
	if (environments && argc) {
		cleaner_begin(&c, env);
		cleaner_environments(&c);
		return cleaner_end(&c);
	}
	if (argc && !rules && env->s->python) {
		r = tool_find_targets(env, argv, argc, &t, err);
		if (r != 0) {
			targets_release(&t);
			return r;
		}
	}
	cleaner_begin(&c, env);
	tool_dyndeps(env, GRAPH_NONE);
	if (environments)
		cleaner_environments(&c);
	if (argc == 0)
		clean_all(&c, generator);
	else if (rules)
		clean_rules(&c, argc, argv);
	else if (env->s->python)
		clean_targets(&c, &t);
	else
		clean_names(&c, argc, argv);
	targets_release(&t);
	return cleaner_end(&c);
}

const struct tool tool_clean = {
	.name = "clean",
	.summary = "clean built files",
	.usage = "usage: %s -t clean [options] [targets | environments]\n"
		"\n"
		"options:\n"
		"  -g     also clean files marked as ninja generator output\n"
		"  -r     interpret targets as a list of rules to clean "
		"instead\n",
	.needs = TOOL_GRAPH,
	.words = true,
	.run = clean_run,
};
