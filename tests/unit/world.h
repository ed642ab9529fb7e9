/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_WORLD_H
#define TG_TESTS_WORLD_H

/* A temporary directory that is the working directory, a manifest in it, and
 * the state of its graph: for tests of what is remembered. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "graph/graph.h"
#include "graph/load.h"
#include "state/state.h"
#include "store/store.h"
#include "unit/tree.h"
#include "util/err.h"

struct world {
	struct tree t;
	struct graph mapped, loaded, again;
	struct state s;
	struct err err;
};

static inline void
world_make(struct world *w, const char *manifest)
{
	*w = (struct world){ 0 };
	tree_make(&w->t);
	if (chdir(w->t.root) < 0)
		abort();
	tree_file(&w->t, "build.ninja", manifest);
}

/* Opens the state; loads the manifest if there is no compiled graph. Returns
 * what state_open does. */
static inline int
world_open(struct world *w, enum state_mode mode)
{
	int r = state_open(&w->s, &w->mapped, ".tgraph", "t", mode, NULL, NULL,
	                   &w->err);

	if (r == 0) {
		if (graph_load_file(&w->loaded, "build.ninja", NULL,
		                    &w->err) != 0)
			fail_msg("%s", w->err.msg);
		state_rebase(&w->s, &w->loaded);
	}
	return r;
}

/* Loads the manifest anew; once a world. */
static inline void
world_rebase(struct world *w)
{
	assert_int_equal(graph_load_file(&w->again, "build.ninja", NULL,
	                                 &w->err), 0);
	state_rebase(&w->s, &w->again);
	graph_release(&w->mapped);
	graph_release(&w->loaded);
}

static inline void
world_close(struct world *w)
{
	state_close(&w->s);
	graph_release(&w->mapped);
	graph_release(&w->loaded);
	graph_release(&w->again);
	err_release(&w->err);
}

static inline void
world_remove(struct world *w)
{
	world_close(w);
	if (chdir("/") < 0)
		abort();
	tree_remove(&w->t);
}

static inline uint32_t
world_node(struct world *w, const char *path)
{
	uint32_t n = graph_find(w->s.g, str_of(path));

	assert_int_not_equal(n, GRAPH_NONE);
	return n;
}

/* The step that makes path. */
static inline uint32_t
world_step(struct world *w, const char *path)
{
	uint32_t p = w->s.g->nodes.p[world_node(w, path)].producer;

	assert_int_not_equal(p, GRAPH_NONE);
	return p;
}

static inline int
world_look(struct world *w, const char *path)
{
	uint32_t n = world_node(w, path);

	return state_look(&w->s, &n, 1, &w->err);
}

static inline void
world_look_all(struct world *w)
{
	for (uint32_t i = 0; i < w->s.g->nodes.n; i++)
		assert_int_equal(state_look(&w->s, &i, 1, &w->err), 0);
}

static inline uint8_t
world_flags(struct world *w, const char *path)
{
	return w->s.node_flags[world_node(w, path)];
}

static inline bool
world_verified(struct world *w, const char *path)
{
	return w->s.result[world_step(w, path)].flags & RESULT_VERIFIED;
}

/* Records that the step which makes path passed, with these observed inputs
 * (a list ended by NULL, or NULL), and that it is verified: as the scheduler
 * does after the command ended. */
static inline int
world_passed(struct world *w, const char *path, const char *const *observed)
{
	uint32_t step = world_step(w, path), ids[64], n = 0;
	struct result r = { .status = RESULT_PASSED, .start_ns = 7 };
	struct digest key;
	int rc;

	for (; observed && observed[n]; n++)
		ids[n] = graph_node_add(w->s.g, str_of(observed[n]));
	graph_observe(w->s.g, step, ids, n);
	state_grow(&w->s);
	for (uint32_t i = 0; i < w->s.g->steps.p[step].nouts; i++)
		state_stale(&w->s, graph_ids(w->s.g,
			w->s.g->steps.p[step].outs)[i]);
	world_look_all(w);
	assert_int_equal(store_key(&w->s, step, &key, &w->err), 0);
	store_full_key(&w->s, step, &key, &r.key);
	store_outs(&w->s, step, &r.outs);
	r.command = store_command(&w->s, step);
	rc = state_record(&w->s, step, &r, &w->err);
	state_verified(&w->s, step);
	return rc;
}

/* Is the last result of the step that makes path good for its files as they
 * are? As the scheduler decides, without the short cut of RESULT_VERIFIED. */
static inline bool
world_current(struct world *w, const char *path)
{
	uint32_t step = world_step(w, path);
	const struct result *r = &w->s.result[step];
	struct digest static_key, key, outs;

	world_look_all(w);
	r = &w->s.result[step];
	assert_int_equal(store_key(&w->s, step, &static_key, &w->err), 0);
	store_full_key(&w->s, step, &static_key, &key);
	store_outs(&w->s, step, &outs);
	return r->status == RESULT_PASSED && digest_eq(&key, &r->key) &&
	       digest_eq(&outs, &r->outs);
}

/* Writes a file and sets its times back by an hour, so that they vouch for the
 * content. (ctime cannot be set back: state_look may still read it again.) */
static inline void
world_file(struct world *w, const char *path, const char *text)
{
	struct timespec past[2] = {
		{ .tv_sec = time(NULL) - 3600, .tv_nsec = 1 },
		{ .tv_sec = time(NULL) - 3600, .tv_nsec = 1 },
	};

	tree_file(&w->t, path, text);
	if (utimensat(AT_FDCWD, path, past, 0) < 0)
		abort();
}

#endif
