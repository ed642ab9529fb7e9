/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PLAN_PLAN_H
#define TG_PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "graph/graph.h"
#include "util/err.h"

/* What is to be done, and in which order: a state machine over the steps of a
 * graph. It knows no files, processes or clocks; whether a step is up to date
 * is decided by others and told here. */

enum plan_state {
	PLAN_NONE,      /* not wanted */
	PLAN_WAIT,      /* an input is not final */
	PLAN_HELD,      /* is up to date, but an order-only input is not final:
	                 * its users wait for that too */
	PLAN_CHECK,     /* all inputs are final: is it up to date? */
	PLAN_FETCH,     /* it is not; the store may have its result */
	PLAN_READY,     /* must run, when its pool and the limits allow */
	PLAN_RUN,       /* runs */
	PLAN_CLEAN,     /* final: was up to date */
	PLAN_DONE,      /* final: ran, or came from the store */
	PLAN_FAILED,    /* ran in vain; what needs it stays in PLAN_WAIT */
	PLAN_STATES
};

/* Step ids, best first (see plan_link). */
struct plan_heap {
	uint32_t *p;
	size_t n, cap;
};

struct plan_pool {
	int depth;              /* 0: no limit */
	int used;               /* of its steps, those let through */
	struct plan_heap held;  /* those that wait for room */
};

/* A pool besides its own that a step needs a place in (tg_pools). */
struct plan_more {
	uint32_t step, pool;
};

/* Read the fields freely. */
struct plan {
	const struct graph *g;
	uint32_t nsteps, nnodes;        /* lengths of the arrays by id */
	unsigned char *state;   /* by step: enum plan_state */
	uint32_t *left;         /* by step: inputs that are not final */
	uint64_t *cost;         /* by step: longest way from here to the end */
	unsigned char *first;   /* by step: goes before the others */
	unsigned char *blocked; /* by step: it failed, or needs one that did */
	uint32_t *order;        /* wanted steps, each after those it needs */
	uint32_t norder;
	uint32_t *nodes;        /* all files of the wanted steps */
	uint32_t nwanted_nodes;
	uint32_t count[PLAN_STATES];    /* steps by state, phony ones left out */
	uint32_t loop;          /* see plan_want */
	struct plan_pool *pools;
	struct plan_more *more; /* by step, then as they stand there */
	size_t nmore, more_cap;
	unsigned char *placed;  /* by step: has its places in pools */
	bool eager;             /* a step that becomes ready takes its place in
	                         * a pool at once, not the best that is ready */
	struct plan_heap ready; /* PLAN_READY and let through by its pool; and
	                         * some that were taken since */
	struct plan_heap fetch; /* PLAN_FETCH */
	uint32_t *check;        /* PLAN_CHECK: a queue from check_at on */
	size_t check_at, ncheck, check_cap;
	unsigned char *seen;    /* scratch, by node */
	unsigned char *mark;    /* scratch, by step */
	size_t order_cap, nodes_cap;
};

/* Starts a plan that wants nothing; p must be zeroed. The graph may grow
 * (graph_node_add, graph_observe, graph_dyndep) between calls. */
void plan_init(struct plan *p, const struct graph *g);
void plan_release(struct plan *p);

/* Wants all steps that these nodes need: through inputs of every kind and
 * observed inputs; and their validations. Fills order and nodes anew; steps
 * not wanted before become PLAN_WAIT, others keep their state. 0 done; 1 there
 * is a dependency cycle that goes through the observed inputs of step p->loop:
 * drop them and call again; -1 a cycle. */
int plan_want(struct plan *p, const uint32_t *nodes, uint32_t n,
	struct err *err);

/* Counts, for each waiting step, the inputs that are not final, and finds the
 * critical paths; then puts waiting steps that have all inputs up for check.
 * weight: by step, what it is expected to take, in any unit. Order of steps
 * from then on: those in p->first, then longest path, then lowest id. Call it
 * after plan_want, when plan_clean has been told of all that is known. */
void plan_link(struct plan *p, const uint32_t *weight);

/* The step is up to date: no input of it waits for anything. From PLAN_WAIT
 * (before plan_link) or PLAN_CHECK. */
void plan_clean(struct plan *p, uint32_t step);
/* The same, but order-only inputs are not final; before plan_link. */
void plan_held(struct plan *p, uint32_t step);
/* From PLAN_CHECK: look in the store first, or run. */
void plan_fetch(struct plan *p, uint32_t step);
void plan_ready(struct plan *p, uint32_t step);
/* From PLAN_RUN or PLAN_FETCH, or a phony one from PLAN_CHECK. Those that need
 * a failed one never run, but for STEP_GATHER: for these its outputs, and those
 * of all that never run, are as final as they will be. */
void plan_done(struct plan *p, uint32_t step);
void plan_failed(struct plan *p, uint32_t step);
/* It was taken to run, but is up to date meanwhile. */
void plan_found(struct plan *p, uint32_t step);
/* A running step needs its places in pools no more. */
void plan_leaves(struct plan *p, uint32_t step);
/* A running step goes back to be run again; it keeps its places in pools. */
void plan_again(struct plan *p, uint32_t step);

/* Next step to check (PLAN_CHECK; or PLAN_HELD, which can be called clean now),
 * to fetch, or GRAPH_NONE. */
uint32_t plan_next_check(struct plan *p);
uint32_t plan_next_fetch(struct plan *p);
/* Does a step that is to be fetched come before those that are ready? */
bool plan_fetch_first(struct plan *p);
/* The best step that is ready to run, or GRAPH_NONE; is there one? */
uint32_t plan_best(struct plan *p);
bool plan_has_ready(struct plan *p);
/* Does the order put b before a, or a before b, by their ids alone? */
bool plan_as_good(const struct plan *p, uint32_t a, uint32_t b);
/* This ready step, one that no pool holds back, becomes PLAN_RUN. */
void plan_take(struct plan *p, uint32_t step);

/* Are the outputs of what makes this node final? */
bool plan_final(const struct plan *p, uint32_t node);
/* Steps, phony ones left out, that ran or may have to. */
uint32_t plan_total(const struct plan *p);

#endif
