/* SPDX-License-Identifier: Apache-2.0 */
#include "session/targets/target_name.h"

#include <stdlib.h>
#include <string.h>

#include "decide/dyndep.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/path.h"

uint32_t
target_nearest(const struct graph *g, struct str name)
{
	unsigned best = STR_SLIP + 1, d;
	uint32_t i, found = GRAPH_NONE;

	for (i = 0; i < g->nodes.n && best > 0; i++) {
		if (!(g->nodes.p[i].flags & GRAPH_NODE_MANIFEST))
			continue;
		d = str_distance(name, graph_path(g, i), STR_SLIP);
		if (d < best) {
			best = d;
			found = i;
		}
	}
	return found;
}

static bool
declared(const struct graph *g, uint32_t step, uint32_t node)
{
	const struct graph_step *s = &g->steps.p[step];
	uint32_t i;

	for (i = 0; i < s->nins; i++)
		if (graph_ids(g, s->ins)[i] == node)
			return true;
	return false;
}

/* First output of the first step that uses the node: of those that declare
 * it, else of those that were seen to read it. */
static uint32_t
first_user(const struct graph *g, uint32_t node)
{
	const struct graph_node *n = &g->nodes.p[node];
	const uint32_t *users = graph_ids(g, n->users);
	uint32_t i;

	if (n->nusers == 0)
		return GRAPH_NONE;
	for (i = 0; i < n->nusers; i++)
		if (declared(g, users[i], node))
			return graph_step_out(g, users[i]);
	return graph_step_out(g, users[0]);
}

static int
unknown_name(const struct graph *g, struct str path, const char *prog,
	struct err *err)
{
	uint32_t near;

	if (str_is(path, "clean"))
		return err_set(err, "unknown target '%s', did you mean "
			"'%s -t clean'?", path.p, prog);
	if (str_is(path, "help"))
		return err_set(err, "unknown target '%s', did you mean "
			"'%s -h'?", path.p, prog);
	near = target_nearest(g, path);
	if (near == GRAPH_NONE)
		return err_set(err, "unknown target '%s'", path.p);
	return err_set(err, "unknown target '%s', did you mean '%s'?", path.p,
		graph_cpath(g, near));
}

/* Of one that is only remembered it must be known that no step makes it: a
 * dyndep file that is not read yet might name it as an output. */
static bool
is_known_node(const struct graph *g, uint32_t node)
{
	uint32_t i;

	if (g->nodes.p[node].flags & GRAPH_NODE_MANIFEST ||
	    g->nodes.p[node].producer != GRAPH_NONE)
		return true;
	for (i = 0; i < g->steps.n; i++)
		if (dyndep_pending(g, i))
			return false;
	return true;
}

static int
find_target(struct graph *g, struct buf *path, const char *prog, uint32_t *node,
	struct err *err)
{
	bool user = false;

	path->n = path_fold(path->p, path->n);
	if (path->n && path->p[path->n - 1] == '^') {
		path->p[--path->n] = '\0';
		user = true;
	}
	*node = graph_find(g, buf_str(path));
	if (*node == GRAPH_NONE || !is_known_node(g, *node))
		return unknown_name(g, buf_str(path), prog, err);
	if (!user)
		return 0;
	if (g->users_stale)
		graph_index_users(g);
	*node = first_user(g, *node);
	if (*node == GRAPH_NONE)
		return err_set(err, "'%s' has no out edge", path->p);
	return 0;
}

int
target_find(struct graph *g, const char *name, const char *prog,
	uint32_t *node, struct err *err)
{
	struct buf path = { 0 };
	int r;

	if (!*name)
		return err_set(err, "empty path");
	buf_adds(&path, name);
	r = find_target(g, &path, prog, node, err);
	buf_release(&path);
	return r;
}

int
target_defaults(const struct graph *g, uint32_t **nodes, uint32_t *count,
	struct err *err)
{
	*nodes = NULL;
	*count = 0;
	if (g->defaults.n) {
		*count = g->defaults.n;
		*nodes = xmalloc(*count * sizeof(**nodes));
		memcpy(*nodes, g->defaults.p, *count * sizeof(**nodes));
		return 0;
	}
	graph_roots(g, nodes, count);
	if (*count == 0 && g->steps.n)
		return err_set(err, "could not determine root nodes of build "
			"graph");
	return 0;
}

int
target_list(struct graph *g, char *const *names, int n, const char *prog,
	uint32_t **nodes, uint32_t *count, struct err *err)
{
	int i;

	if (n <= 0)
		return target_defaults(g, nodes, count, err);
	*nodes = xmalloc((size_t)n * sizeof(**nodes));
	*count = (uint32_t)n;
	for (i = 0; i < n; i++) {
		if (target_find(g, names[i], prog, &(*nodes)[i], err) != 0) {
			free(*nodes);
			*nodes = NULL;
			*count = 0;
			return -1;
		}
	}
	return 0;
}
