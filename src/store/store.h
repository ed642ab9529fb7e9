/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_STORE_STORE_H
#define TG_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/graph.h"
#include "state/state.h"
#include "util/buf.h"
#include "util/digest.h"
#include "util/err.h"

/* Step keys, and the store of results by key: a content-addressed store (cas/)
 * and an action cache (ac/), as Remote Execution API has them. */

/* The static key: digest of command (or tg_key), rspfile content, values of
 * the declared environment variables, output paths, and path and digest of
 * each explicit and implicit input that is not assumed. All inputs must have
 * been looked at (state_look) and phony inputs have a digest (store_phony). -1:
 * a cycle in variables. */
int store_key(const struct state *s, uint32_t step, struct digest *static_key,
	struct err *err);
/* The digest of path and digest of each input that is assumed. */
void store_assumed(const struct state *s, uint32_t step, struct digest *out);
/* The key: the static key, what is assumed unless all was seen (asked_all), and
 * path and digest of each observed input in order (also of the environment
 * variables observed: nodes named "env:NAME", whose digest is that of the value,
 * none if unset; "env:*" is the whole environment less what changes from shell
 * to shell). */
void store_full_key(const struct state *s, uint32_t step,
	const struct digest *static_key, struct digest *key);
/* Digest of the step's outputs' digests in order, as result.outs has it. */
void store_outs(const struct state *s, uint32_t step, struct digest *outs);
/* Digest of a phony step's output that is not a file: that of its inputs'
 * paths and digests (order-only ones left out). */
void store_phony(const struct state *s, uint32_t step, struct digest *out);
/* What result.command holds: low 32 bits of XXH3 of the command and, after
 * ";rspfile=", the content of the rspfile if it has one. */
uint32_t store_command(const struct state *s, uint32_t step);

struct loop;
struct store_backend;

/* What comes of a question to the store, or to its backend. */
enum store_answer {
	STORE_FAILED = -1,      /* it could not be asked; a fetch never says
	                         * so, to that it is a miss */
	STORE_MISS,             /* there is none, or none that is right */
	STORE_HIT,
	STORE_LATER,            /* who asked is called, from the loop */
};

/* Results by key. Where they are kept is the backend's (backend.h) matter. */
struct store;

/* A store on a backend, which it owns. */
struct store *store_new(struct store_backend *backend);
/* Accepts NULL. */
void store_close(struct store *st);

/* The name that a step's results go by: the digest of the static key, the
 * system and machine, and the content of the programs that the command calls
 * (what PATH finds for the words in command position; not with tg_key, which
 * says all itself). So another compiler or interpreter of the same name, here
 * or on another machine that shares the store, is another action. */
void store_action(struct store *st, const struct state *s, uint32_t step,
	const struct digest *static_key, struct digest *action);

/* A fetch of a step's result: read how, and once it is not STORE_LATER any
 * more the others. */
struct store_fetch {
	enum store_answer how;
	struct result result;   /* of a hit: key and outs too, but not
	                         * RESULT_VERIFIED; it is not recorded */
	struct str text;        /* of a hit: what the command wrote */
	struct err err;         /* of a miss: msg is to be told, if any */
};

/* Looks up the step by its static key; of the entries there the first whose
 * observed inputs all have their digests now is the hit: restores outputs
 * (temp + rename; digests checked, a blob that does not fit is a miss; an
 * output that is already as it should be is left alone), sets the step's
 * observed inputs in the graph, and looks at them and at the outputs. Trouble
 * of any kind is a miss, and the first is told of. If the answer is STORE_LATER
 * done is called when it is there, from the loop. May move the graph's and the
 * state's arrays, then too. Never NULL. */
struct store_fetch *store_fetch(struct store *st, struct state *s,
	uint32_t step, const struct digest *static_key, struct loop *loop,
	void (*done)(void *ctx), void *ctx);
/* Ends it, wherever it is; nothing of what has not arrived stays. Accepts
 * NULL. Not from within done. */
void store_fetch_free(struct store_fetch *f);
/* Stores a passed step's outputs under its static key, with its observed
 * inputs and what it wrote (text); if any of it names the working directory,
 * for this directory alone. Outputs and observed inputs must have been
 * looked at. 1 stored, 0 it is not of a kind that is stored (not passed,
 * tg_cache = 0, an output is missing or no regular file, it wrote more than
 * 256 KiB, the store is read-only), -1 could not be stored (the build goes on;
 * err says why once). */
int store_put(struct store *st, const struct state *s, uint32_t step,
	const struct digest *static_key, const struct result *r,
	struct str text, struct err *err);

struct store_stats {
	uint64_t blobs, blob_bytes, actions;
	uint64_t limit;
};
int store_stats(struct store *st, struct store_stats *out, struct err *err);
/* Removes what was used least recently until at most limit bytes are held (0:
 * the store's own limit). Safe beside other users. *freed: bytes. */
int store_gc(struct store *st, uint64_t limit, uint64_t *freed,
	struct err *err);
/* Reads every blob and removes those whose content is not their name. *bad:
 * their number. */
int store_verify(struct store *st, uint64_t *checked, uint64_t *bad,
	struct err *err);
int store_clear(struct store *st, struct err *err);

#endif
