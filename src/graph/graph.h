/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_GRAPH_GRAPH_H
#define TG_GRAPH_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/digest.h"
#include "util/err.h"
#include "util/file.h"
#include "util/str.h"

/* The graph: flat arrays that refer to each other by index, so that a saved
 * graph is mapped and used as it lies in the file. Ids are dense, in the order
 * of the manifest; per-run state is kept by others in arrays by id. Read-only
 * once loaded, but for two things that a build learns: the inputs observed by
 * a step (graph_observe) and what a dyndep file adds (graph_dyndep). Both may
 * move the arrays: keep ids, not pointers, across them. */

#define GRAPH_NONE UINT32_MAX

/* Names of variables are symbols: small numbers. These are known beforehand;
 * others follow in the order they are met. */
enum graph_sym {
	SYM_IN, SYM_IN_NEWLINE, SYM_OUT,
	SYM_COMMAND, SYM_DESCRIPTION, SYM_DEPFILE, SYM_DEPS, SYM_DYNDEP,
	SYM_GENERATOR, SYM_POOL, SYM_RESTAT, SYM_RSPFILE, SYM_RSPFILE_CONTENT,
	SYM_MSVC_DEPS_PREFIX,
	/* tgraph's own; see tgraph(5) */
	SYM_TG_KIND,            /* "test"; of phony steps enum graph_kind */
	SYM_TG_KEY,             /* text that stands for the command in the key */
	SYM_TG_ENV,             /* names of variables that decide the result */
	SYM_TG_TIMEOUT,         /* seconds, 0 or empty: none */
	SYM_TG_WORKER,          /* name of the worker that can run the step */
	SYM_TG_RETRIES,
	SYM_TG_ISOLATION,       /* in which company a test may run */
	SYM_TG_POOLS,           /* names of more pools that it needs a place in */
	SYM_TG_SLOTS,           /* variables that say which: words POOL:NAME=VALUE */
	SYM_TG_SPLIT,           /* "1": its items may run in several processes */
	SYM_TG_CACHE,           /* 0: never stored in nor taken from the cache */
	SYM_TG_RESULT,          /* result file that a test step must leave */
	SYM_TG_LOG,             /* output that holds the step's log */
	SYM_TG_PACKAGE, SYM_TG_PYTHON, SYM_TG_FILE,
	SYM_TG_OBSERVE,         /* 1: what it reads is observed */
	SYM_TG_GATHER,          /* 1: it runs whatever became of its inputs */
	SYM_TG_ASSUMED,         /* 1: see graph_assumed */
	SYM_TG_ALWAYS,          /* 1: it is never up to date */
	SYM_FIXED               /* number of the above */
};

enum graph_node_flag {
	GRAPH_NODE_DEFAULT  = 1u << 0,  /* named by a default statement */
	GRAPH_NODE_MANIFEST = 1u << 1,  /* named in a statement; else only
	                                 * observed */
	GRAPH_NODE_DYNDEP   = 1u << 2,  /* some step's dyndep file */
};

enum graph_step_flag {
	STEP_PHONY      = 1u << 0,
	STEP_RESTAT     = 1u << 1,
	STEP_GENERATOR  = 1u << 2,
	STEP_CONSOLE    = 1u << 3,      /* pool is "console" */
	STEP_DEPFILE    = 1u << 4,      /* has a depfile, deps or none */
	STEP_DEPS_GCC   = 1u << 5,
	STEP_DEPS_MSVC  = 1u << 6,
	STEP_DYNDEP     = 1u << 7,      /* has a dyndep binding */
	STEP_RSPFILE    = 1u << 8,
	STEP_TEST       = 1u << 9,      /* tg_kind = test */
	STEP_WORKER     = 1u << 10,     /* has tg_worker */
	STEP_NOCACHE    = 1u << 11,     /* tg_cache = 0 */
	STEP_DYNDEP_DONE = 1u << 12,    /* its dyndep file was applied */
	STEP_CACHE      = 1u << 16,     /* tg_cache = 1 */
	STEP_OBSERVE    = 1u << 17,     /* tg_observe = 1 */
	STEP_POOLS      = 1u << 18,     /* has tg_pools */
	STEP_SLOTS      = 1u << 19,     /* has tg_slots */
	STEP_GATHER     = 1u << 20,     /* tg_gather = 1 */
	STEP_ASSUMED    = 1u << 21,     /* tg_assumed = 1 */
	STEP_ALWAYS     = 1u << 22,     /* tg_always = 1 */
	STEP_KIND       = 7u << 13,     /* enum graph_kind of a phony step */
	STEP_KIND_AT    = 13,           /* that begins at this bit */
};

/* What a phony step stands for, by its tg_kind. The front end's. */
enum graph_kind {
	KIND_NONE,              /* not told */
	KIND_GROUP,             /* a module, its import cycle and all that it
	                         * imports */
	KIND_DATA,              /* files of a package that are not Python */
	KIND_ALL,               /* every Python file */
	KIND_FILES,             /* every file */
	KIND_ENV,               /* the stamp of an environment, which is a file
	                         * of this name that no command makes */
};

struct graph_node {
	uint32_t path, len;     /* in text, NUL-terminated */
	uint32_t producer;      /* step, or GRAPH_NONE: a source file */
	uint32_t users, nusers; /* ids: steps with it as input of any kind, or
	                         * observed; no step twice; ascending */
	uint32_t flags;
	uint32_t hash;          /* of the path, in the table of nodes */
};

struct graph_step {
	uint32_t rule, scope;   /* rule 0 is phony */
	uint32_t outs, nouts, nimplicit_outs;   /* ids; implicit ones last */
	uint32_t ins, nins, nimplicit, norder;  /* ids; nins counts all:
	                                         * explicit, implicit, order-only */
	uint32_t vals, nvals;   /* ids: validations */
	uint32_t obs, nobs;     /* ids: observed inputs (depfile, test run) */
	uint32_t vars, nvars;   /* vars: the step's own bindings */
	uint32_t pool;
	uint32_t flags;
	uint32_t file, line;    /* where the build statement stands */
};

struct graph_var { uint32_t sym, value, len; };         /* value in text */
struct graph_rule { uint32_t name, len, scope, vars, nvars; };
struct graph_scope { uint32_t parent, vars, nvars; };   /* parent NONE: root */
struct graph_pool { uint32_t name, len; int32_t depth; };  /* 0: no limit */
struct graph_file { uint32_t path, len; struct digest digest; };
struct graph_sym_name { uint32_t name, len; };
/* A manifest as it was read: mode 0 in sig, it is not known how. */
struct graph_read { struct file_sig sig; int64_t wall_ns; };

/* cap 0: the array is not owned (mapped); it is copied when it must grow. */
#define GRAPH_ARRAY(type) struct { type *p; uint32_t n, cap; }

struct graph {
	GRAPH_ARRAY(char) text;
	GRAPH_ARRAY(struct graph_node) nodes;
	GRAPH_ARRAY(struct graph_step) steps;
	GRAPH_ARRAY(uint32_t) ids;
	GRAPH_ARRAY(struct graph_var) vars;
	GRAPH_ARRAY(struct graph_rule) rules;
	GRAPH_ARRAY(struct graph_scope) scopes;
	GRAPH_ARRAY(struct graph_pool) pools;   /* 0: default, 1: console */
	GRAPH_ARRAY(struct graph_file) files;   /* manifests, in load order */
	GRAPH_ARRAY(struct graph_sym_name) syms;
	GRAPH_ARRAY(uint32_t) symtab;           /* hash table: symbol + 1 */
	GRAPH_ARRAY(uint32_t) defaults;         /* nodes, in statement order */
	GRAPH_ARRAY(uint32_t) table;            /* hash table: node + 1, 0 free */
	GRAPH_ARRAY(struct graph_read) reads;   /* by file, of the first so
	                         * many; not saved */
	bool users_stale;       /* nodes or observed inputs came since the users
	                         * were listed: call graph_index_users */
	uint32_t phony_cycles;  /* phony steps that name themselves as an input,
	                         * which is dropped or, if so wished, an error */
};

/* Frees the arrays that are owned; the graph is zeroed. */
void graph_release(struct graph *g);

static inline const uint32_t *
graph_ids(const struct graph *g, uint32_t at)
{
	return g->ids.p + at;
}

static inline struct str
graph_text(const struct graph *g, uint32_t at, uint32_t len)
{
	return (struct str){ g->text.p + at, len };
}

static inline struct str
graph_path(const struct graph *g, uint32_t node)
{
	return graph_text(g, g->nodes.p[node].path, g->nodes.p[node].len);
}

/* NUL-terminated. */
static inline const char *
graph_cpath(const struct graph *g, uint32_t node)
{
	return g->text.p + g->nodes.p[node].path;
}

/* First output: the name that a step goes by in messages. */
static inline uint32_t
graph_step_out(const struct graph *g, uint32_t step)
{
	return g->ids.p[g->steps.p[step].outs];
}

/* The node with this (folded) path, or GRAPH_NONE. */
uint32_t graph_find(const struct graph *g, struct str path);
/* The same; adds a source node if there is none. */
uint32_t graph_node_add(struct graph *g, struct str path);

/* The inputs of a step come in classes, which lie in this order: explicit,
 * implicit and order-only ones, as declared, then the observed ones. */

/* Explicit inputs: the first of the declared ones. */
static inline uint32_t
graph_nexplicit(const struct graph_step *st)
{
	return st->nins - st->nimplicit - st->norder;
}

/* Explicit and implicit inputs: the declared ones but for the order-only. */
static inline uint32_t
graph_nneeded(const struct graph_step *st)
{
	return st->nins - st->norder;
}

/* Inputs of every class: their number, the i-th, and whether the i-th is
 * order-only. */
static inline uint32_t
graph_nall(const struct graph_step *st)
{
	return st->nins + st->nobs;
}

static inline uint32_t
graph_any(const struct graph *g, const struct graph_step *st, uint32_t i)
{
	return i < st->nins ? graph_ids(g, st->ins)[i]
	                    : graph_ids(g, st->obs)[i - st->nins];
}

static inline bool
graph_is_order(const struct graph_step *st, uint32_t i)
{
	return i >= graph_nneeded(st) && i < st->nins;
}

/* The inputs that decide, which are all but the order-only ones: their number,
 * and the i-th. */
static inline uint32_t
graph_ndeciding(const struct graph_step *st)
{
	return graph_nneeded(st) + st->nobs;
}

static inline uint32_t
graph_deciding(const struct graph *g, const struct graph_step *st, uint32_t i)
{
	uint32_t needed = graph_nneeded(st);

	return i < needed ? graph_ids(g, st->ins)[i]
	                  : graph_ids(g, st->obs)[i - needed];
}

/* What the phony step that makes a node stands for; KIND_NONE if another makes
 * it, or none. */
static inline enum graph_kind
graph_kind(const struct graph *g, uint32_t node)
{
	uint32_t step = g->nodes.p[node].producer;

	return step == GRAPH_NONE ? KIND_NONE :
	       (enum graph_kind)((g->steps.p[step].flags & STEP_KIND) >>
	                         STEP_KIND_AT);
}

/* Is this input of a step assumed: one of many files, of which the step will
 * use some? It decides until what the step used has been seen. It orders steps
 * as other inputs do. */
static inline bool
graph_assumed(const struct graph *g, uint32_t step, uint32_t node)
{
	enum graph_kind kind;

	if (!(g->steps.p[step].flags & STEP_ASSUMED))
		return false;
	kind = graph_kind(g, node);
	return kind == KIND_GROUP || kind == KIND_DATA || kind == KIND_ALL;
}

/* The word that tg_kind has for it. */
const char *graph_kind_word(enum graph_kind kind);

/* Of which: the first module of a group, the directory of data ("." for the
 * root), the interpreter of an environment; n 0 for the others. */
struct str graph_kind_of(const struct graph *g, uint32_t node);

/* A binding that stands in the build statement itself; n 0: there is none. */
struct str graph_own(const struct graph *g, uint32_t step, uint32_t sym);

/* The number of a variable's name, or GRAPH_NONE if nothing in the graph has
 * a variable of that name. */
uint32_t graph_sym(const struct graph *g, struct str name);
struct str graph_sym_name(const struct graph *g, uint32_t sym);

enum graph_expand { GRAPH_RAW, GRAPH_SHELL };  /* $in and $out: plain or quoted */

/* Appends the value of a variable as the step sees it: the step's own
 * bindings, then its rule's, then the file scopes outwards. command and
 * rspfile_content want GRAPH_SHELL, paths GRAPH_RAW. 1 set and not empty, 0
 * unset or empty, -1 a cycle in rule variables. */
int graph_binding(const struct graph *g, uint32_t step, uint32_t sym,
	enum graph_expand how, struct buf *out, struct err *err);
/* Is it set and not empty? (restat = 0 is true, as in ninja.) A cycle is
 * false. */
bool graph_flag(const struct graph *g, uint32_t step, uint32_t sym);

/* Takes the next word off a list of names that spaces separate, as tg_pools
 * has it; false: no more. */
bool graph_word(struct str *list, struct str *word);
/* The pool of this name, or GRAPH_NONE. */
uint32_t graph_pool(const struct graph *g, struct str name);

/* Sets the observed inputs of a step to these nodes (copied; duplicates and
 * the step's declared inputs are dropped). */
void graph_observe(struct graph *g, uint32_t step, const uint32_t *nodes,
	uint32_t n);
/* What a dyndep file says of a step: implicit outputs and inputs more, and
 * restat. -1: another step makes one of the outputs ("multiple rules generate
 * X"). Sets STEP_DYNDEP_DONE. */
int graph_dyndep(struct graph *g, uint32_t step, const uint32_t *outs,
	uint32_t nouts, const uint32_t *ins, uint32_t nins, bool restat,
	struct err *err);

/* Lists the users of every node anew, and lays the ids out without gaps. */
void graph_index_users(struct graph *g);

/* Saved graphs. graph_write hands the bytes on, piece by piece, as they lie in
 * the graph: their number is always a multiple of 8. graph_map uses bytes in place
 * (8-aligned, writable privately, outliving the graph), checking sizes and
 * that every index is in range; false: not a graph of this version. */
void graph_write(const struct graph *g,
	void (*add)(void *ctx, const void *p, size_t n), void *ctx);
bool graph_map(struct graph *g, void *p, size_t n);

/* Root nodes: outputs that no step declares as input, in order (that a step
 * was seen to read one does not take it from the default targets); an array of
 * ids (malloc'd, owned by the caller). */
void graph_roots(const struct graph *g, uint32_t **out, uint32_t *n);

#endif
