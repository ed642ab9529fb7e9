/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/environments.h"

#include <stdlib.h>

#include "util/file.h"
#include "util/mem.h"

/* Python writes nothing into them by itself but what does not count; somebody
 * who installs something meanwhile does. Results are kept by the environment as
 * it was found at the start, so it must have been that all the time. */
static enum outside_seen
look_at_env(struct session *s, size_t n)
{
	struct front *f = &s->front;
	struct file_sig newest;

	if (!front_env_look(f, n, &newest))
		return OUTSIDE_CHANGED;
	/* They were looked at after that; what was made in this run is not what
	 * somebody else has changed. */
	return state_changed_since(&s->state, f->in.v[f->envs[n].interp].path.p,
	                           &newest, f->begun)
	       ? OUTSIDE_TOUCHED : OUTSIDE_SAME;
}

/* Data that is read by the way of a link has no name in the graph that says so:
 * any test may have. */
static enum outside_seen
look_links(struct session *s)
{
	struct file_sig newest;

	if (!front_links_look(&s->front, &newest))
		return OUTSIDE_CHANGED;
	return newest.ctime_ns >= state_opened(&s->state) ? OUTSIDE_TOUCHED
	                                                  : OUTSIDE_SAME;
}

static enum outside_seen
look_at_environment(void *ctx, uint32_t node)
{
	struct environments *e = ctx;
	struct session *s = e->s;
	struct str stamp = graph_path(s->graph, node);
	enum outside_seen worst = OUTSIDE_SAME, seen;

	for (size_t i = 0; i < s->front.nenvs; i++) {
		if (!str_eq(s->front.envs[i].stamp, stamp))
			continue;
		seen = look_at_env(s, i);
		if (seen > worst)
			worst = seen;
	}
	seen = look_links(s);
	if (seen > worst) {
		e->outside.warning = "a link to a directory was made or changed "
			"while the tests ran; they will run again";
		worst = seen;
	}
	return worst;
}

const struct sched_outside *
environments_begin(struct environments *e, struct session *s)
{
	const struct front *f = &s->front;

	if (!s->python)
		return NULL;
	e->s = s;
	e->nodes = xreallocarray(NULL, f->nenvs + 1, sizeof(*e->nodes));
	e->outside = (struct sched_outside){
		.nodes = e->nodes, .look = look_at_environment, .ctx = e,
		.warning = "what is installed changed while the tests ran; "
			"they will run again",
	};
	for (size_t i = 0; i < f->nenvs; i++) {
		uint32_t node = graph_find(s->graph, f->envs[i].stamp);

		if (node != GRAPH_NONE)
			e->nodes[e->outside.n++] = node;
	}
	return e->outside.n ? &e->outside : NULL;
}

void
environments_release(struct environments *e)
{
	free(e->nodes);
	*e = (struct environments){ 0 };
}
