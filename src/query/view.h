/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_QUERY_VIEW_H
#define TG_QUERY_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/graph.h"
#include "query/bits.h"

/* The graph as its user knows it: files, and what their own steps make. The
 * nodes that the front end of a Python repository adds are not shown: a module
 * stands for the group of what it imports, a test file for its runs, and what
 * gathers files for these. In a graph without such nodes the view is the graph.
 *
 * An order-only or observed input is an input; a validation is none. Of a step
 * that was seen whole, what is assumed is none either; it is not shown what it
 * asked for besides files (state/asked.h). */
struct view {
	const struct graph *g;          /* with its users listed */
	const uint8_t *seen;            /* by step: not 0, it was; or NULL; the
	                                 * caller's */
	bool observed;                  /* some observed input was followed */
	bool assumed;                   /* an assumed one may have been */
	/* What was gone through in the search that is under way, each in two
	 * ways (search.c). */
	struct bits hidden[2], steps[2], met[2], through;
	struct view_mark { struct bits *in; uint32_t i; } *marked;
	size_t nmarked, marked_cap;
	struct view_met { uint32_t node; int way; } *queue;
	size_t nqueue, queue_cap;
	/* What the search found, nearest first, the start included. */
	uint32_t *order;
	uint32_t n;
	size_t cap;
	uint32_t *parent;               /* by node: which one led to it; NULL:
	                                 * nobody asked */
};

enum view_way { VIEW_NEEDS, VIEW_USERS };

/* seen may be NULL, or be set later. */
void view_init(struct view *v, const struct graph *g, const uint8_t *seen);
void view_release(struct view *v);

/* Is the node shown? */
bool view_shows(const struct graph *g, uint32_t node);
/* Is it a test: a file that a test step runs, or what a test step makes? */
bool view_is_test(const struct graph *g, uint32_t node);
/* The test steps that run the file, or the one that makes the node: the next
 * one after *at in the node's list (begin with 0), or GRAPH_NONE. */
uint32_t view_next_run(const struct graph *g, uint32_t node, uint32_t *at);

/* All that the nodes of a set need, or all that needs them, these included, up to
 * a number of steps away (UINT32_MAX: all), nearest first, into v->order and
 * out (an empty set). Linear in the size of the graph. */
void view_search(struct view *v, const struct bits *from, enum view_way way,
	uint32_t depth, struct bits *out);
/* The nodes of a path along what is needed from a node of one set to one of
 * another, in its order, into v->order; false: there is none. It is a shortest
 * one, by imports if these lead through nothing but what is needed. */
bool view_path(struct view *v, const struct bits *from, const struct bits *to);
/* What a node needs, one step away, into v->order, without the node itself. To be
 * called for one node after the other: it takes no time in proportion to the
 * graph, but for the first. */
void view_needs(struct view *v, uint32_t node);

#endif
