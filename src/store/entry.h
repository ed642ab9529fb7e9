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
 * Its bytes, a file or what goes over a wire; numbers are little-endian,
 * without padding:
 *
 *	entry    = "tgact" 0 0 0, u32 version, u32 flags (1: body is a zstd
 *	           frame), u64 size of the body once decompressed, u64 sum,
 *	           digest of the action, body
 *	body     = u32 count, variant *         most recent first
 *	variant  = u32 size of the rest
 *	           u64 start_ns, u64 duration_us, u32 exit, u32 status,
 *	           u32 flags, u32 counts [7]
 *	           u32 nobs, observed *, u32 nouts, output *,
 *	           u32 len, text
 *	observed = u32 len, path, digest
 *	output   = u32 len, path, u64 size, u8 flags, digest, and with flag
 *	           OUTPUT_INLINE its bytes
 *
 * sum is XXH3 of all of it with sum 0. Content is checked against its digest
 * besides; and who asks for one action and gets the entry of another, which
 * may well be right for that, must not take it. */

#define ENTRY_VERSION 4
#define ENTRY_VARIANTS 16              /* kept at most */
#define ENTRY_BODY_MAX (16u << 20)     /* bytes; a larger one is not read */
#define ENTRY_BODY_KEEP (1u << 20)     /* no second variant above this */

enum output_flag {
	OUTPUT_EXEC = 1,        /* executable */
	OUTPUT_INLINE = 2,      /* content is here, not in the cas */
};

struct observed {
	struct str path;        /* or a name that is no path: see place.c */
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

struct entry {
	struct variant *variants;
	uint32_t n;
	struct buf body;
	struct arena arena;
};

/* Appends a variant as it stands in the body, with its size before it. */
void entry_encode(const struct variant *v, struct buf *out);
/* Appends a whole entry made of variants as entry_encode gave them. */
void entry_pack(const struct digest *action, const struct buf *variants,
	uint32_t count, struct buf *out);
/* Appends an entry that holds v, and of an old one (may be none, or broken)
 * what there is room for beside it. */
void entry_add(const struct digest *action, struct str old,
	const struct variant *v, struct buf *out);
/* Reads an entry; everything in e points into it. false: it is no valid entry
 * of this version for this action. Release e in either case. */
bool entry_unpack(struct entry *e, const struct digest *action, const void *p,
	size_t n);
void entry_release(struct entry *e);

#endif
