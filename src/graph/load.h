/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_GRAPH_LOAD_H
#define TG_GRAPH_LOAD_H

#include <stdbool.h>

#include "graph/graph.h"
#include "ninja/stmt.h"

/* Builds a graph from statements. Zero-initialise, then graph_build_begin. */
struct graph_build {
	struct graph *g;
	struct graph_builder *b;        /* private */
	struct ninja_ops ops;           /* load is left NULL: the caller's */
	bool phony_cycle_error;         /* -w phonycycle=err; default: filtered */
};

/* Starts a graph; g must be zeroed. The ops in gb are called with gb->b as
 * ctx, except load, which the caller sets together with its own ctx by
 * wrapping (see graph_load_file for the usual way). */
void graph_build_begin(struct graph_build *gb, struct graph *g);
/* Ends it: users, defaults. -1: leaves g unusable (release it). */
int graph_build_end(struct graph_build *gb, struct err *err);
/* Frees what building needed; also after an error. */
void graph_build_release(struct graph_build *gb);

/* Reads a manifest and all it includes from disk into a zeroed graph. On
 * error err has ninja's text. */
int graph_load_file(struct graph *g, const char *path,
	const struct ninja_opts *opts, struct err *err);
/* The statements of a graph again, in order, for the writer: rules, pools,
 * variables, builds, defaults. */
int graph_statements(const struct graph *g, const struct ninja_ops *ops,
	void *ctx, struct err *err);

#endif
