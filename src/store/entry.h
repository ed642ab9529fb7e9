/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_STORE_ENTRY_H
#define TG_STORE_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "state/state.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/digest.h"
#include "util/str.h"

/* An entry of the action cache: what is known of one action (store_action). An
 * action can have several variants: the same command and declared inputs met
 * with other contents of observed inputs.
 *
 * The file; numbers are little-endian, without padding:
 *
 *	entry    = "tgact" 0 0 0, u32 version, u32 flags (1: body is a zstd
 *	           frame), u64 size of the body once decompressed, u64 sum, body
 *	body     = u32 count, variant *         most recent first
 *	variant  = u32 size of the rest
 *	           u64 start_ns, u64 duration_us, u32 exit, u32 status,
 *	           u32 flags, u32 counts [6]
 *	           u32 nobs, observed *, u32 nouts, output *,
 *	           u32 len, text
 *	observed = u32 len, path, digest
 *	output   = u32 len, path, u64 size, u8 flags, digest, and with flag
 *	           OUTPUT_INLINE its bytes
 *
 * sum is XXH3 of the rest of the file with sum 0. Content is checked against
 * its digest besides. */

#define ACTION_VERSION 2
#define ACTION_VARIANTS 16              /* kept at most */
#define ACTION_BODY_MAX (16u << 20)     /* bytes; a larger one is not read */
#define ACTION_BODY_KEEP (1u << 20)     /* no second variant above this */

enum output_flag {
	OUTPUT_EXEC = 1,        /* executable */
	OUTPUT_INLINE = 2,      /* content is here, not in the cas */
};

struct observed {
	struct str path;
	struct digest digest;   /* none: it did not exist */
};

struct output {
	struct str path;
	uint64_t size;
	uint8_t flags;
	struct digest digest;
	const char *bytes;      /* if OUTPUT_INLINE */
};

struct variant {
	struct result result;   /* no key, outs, command */
	struct observed *obs;
	uint32_t nobs;
	struct output *outs;
	uint32_t nouts;
	struct str text;        /* what the command wrote */
	struct str bytes;       /* as it stands in the body, without the size */
};

struct action {
	struct variant *variants;
	uint32_t n;
	struct buf body;
	struct arena arena;
};

/* Appends a variant as it stands in the body, with its size before it. */
void action_encode(const struct variant *v, struct buf *out);
/* Appends a whole entry made of variants as action_encode gave them. */
void action_pack(const struct buf *variants, uint32_t count, struct buf *out);
/* Reads an entry; everything in a points into it. false: it is no valid entry
 * of this version. Release a in either case. */
bool action_unpack(struct action *a, const void *p, size_t n);
void action_release(struct action *a);

#endif
