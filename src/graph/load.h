/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_GRAPH_LOAD_H
#define TG_GRAPH_LOAD_H

#include <stdbool.h>

#include "graph/graph.h"
#include "ninja/parse.h"
#include "ninja/stmt.h"

/* Builds a graph from statements. Zero-initialise, then graph_build_begin. */
struct graph_build {
	struct graph *g;
	struct graph_builder *b;        /* private */
	struct ninja_ops ops;           /* load is left NULL: the caller's */
	bool phony_cycle_error;         /* -w phonycycle=err; default: filtered */
};

/* Starts a graph; g must be zeroed. The ops in gb are to be called with gb->b
 * as ctx. */
void graph_build_begin(struct graph_build *gb, struct graph *g);
/* Where warnings go; none by default. */
void graph_build_warn(struct graph_build *gb,
	void (*warn)(void *ctx, struct str text), void *ctx);
/* Notes a manifest that the graph is made from; returns its number. */
uint32_t graph_file_add(struct graph *g, struct str path,
	const struct digest *digest);
/* Ends it: users, defaults. -1: leaves g unusable (release it). */
int graph_build_end(struct graph_build *gb, struct err *err);
/* Frees what building needed; also after an error. */
void graph_build_release(struct graph_build *gb);

struct graph_load_opts {
	const char *version;            /* as struct ninja_opts has it */
	bool phony_cycle_error;
	void (*warn)(void *ctx, struct str text);       /* may be NULL */
	void *ctx;
};

/* Reads a manifest and all it includes from disk into a zeroed graph. opts may
 * be NULL. 0; -1 or NINJA_FATAL: err as ninja_parse describes it, the graph is
 * to be released. */
int graph_load_file(struct graph *g, const char *path,
	const struct graph_load_opts *opts, struct err *err);
/* The statements of a graph again, in order, for the writer: rules, pools,
 * variables, builds, defaults. */
int graph_statements(const struct graph *g, const struct ninja_ops *ops,
	void *ctx, struct err *err);

#endif
