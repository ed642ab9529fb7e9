/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_STATE_FORMAT_H
#define TG_STATE_FORMAT_H

#include <stdint.h>

#include "state/state.h"
#include "util/digest.h"
#include "util/file.h"

/* What lies in the state's directory. All numbers and structs are as the
 * machine has them: the files are a memory of this directory on this machine,
 * not for exchange. A file of another version, byte order or size is not used.
 *
 * NAME.state, the snapshot: read by mapping it.
 *
 *	snapshot = snap_header section*         each from a multiple of 64
 *	section  = (in the order of enum snap_section)
 *	    SIGS      struct file_sig [nnodes]
 *	    DIGESTS   struct digest [nnodes]
 *	    MADE      uint64_t [nnodes]
 *	    FLAGS     uint8_t [nnodes]          NODE_KNOWN, NODE_RACY
 *	    RESULTS   struct result [nsteps]
 *	    FILES     struct file_sig [nfiles]  of the manifests; pad: racy
 *	    ENV       names of variables, each ended by NUL, sorted
 *	    EXTRAS    uint64_t size [STATE_EXTRAS], then the bytes in order,
 *	              each padded to 8
 *	    GRAPH     as graph_write makes it
 *
 * A section's sum is format_sum of its bytes; the header's is that of the
 * header with sum 0, and is the snapshot's identity.
 *
 * NAME.journal: what happened since.
 *
 *	journal = journal_header record*
 *	record  = record_header payload         padded by zeros to 8
 *	payload = (by type)
 *	    NAME      bytes of a path: the node numbered nnodes of the snapshot
 *	              plus the number of NAME records before this one
 *	    STEP      record_step uint32_t obs [nobs] (padded to 8)
 *	              record_node outs [nouts]
 *	    NODES     record_node +
 *	    VERIFIED  uint32_t step +
 *	    ENV       struct digest: of the variables' values, see state/variables.h
 *	    FILES     struct file_sig [nfiles]
 *
 * NAME.guestN: what a run has done that was started by a step of another one,
 * which holds the lock, and which takes it over; N of them are above it.
 * NAME~N.guest: the same of the Nth run beside that one; NAME~N.lock is its lock.
 * turns: nothing; its bytes are locked, see state_take.
 *
 *	guests  = (journal_header record*)*     as above, snapshot 0
 *	payload = record_step (step: bytes of text) text (padded to 8)
 *	          record_node outs [nouts] (node: 0)
 *	text    = paths, each ended by NUL: of the step's first output, of the
 *	          outs, of the obs
 *
 * A record's sum is the hash of the previous record's sum (the header's for
 * the first) followed by the record from len on: so records can neither be
 * left out, repeated, nor taken over from another journal. Reading ends at the
 * first record that does not fit. */

#define SNAP_MAGIC "tgstate\n"
#define JOURNAL_MAGIC "tgjourn\n"
#define GUEST_MAGIC "tgguest\n"
/* To be raised too when the format of keys changes (store/key.c): what was
 * verified was verified against keys. */
#define STATE_VERSION 6
#define STATE_ORDER 0x01020304u
#define STATE_EXTRAS 16

enum snap_section {
	SNAP_SIGS, SNAP_DIGESTS, SNAP_MADE, SNAP_FLAGS, SNAP_RESULTS,
	SNAP_FILES, SNAP_ENV, SNAP_EXTRAS, SNAP_GRAPH, SNAP_SECTIONS
};

struct snap_part {
	uint64_t at, size, sum;
};

struct snap_header {
	char magic[8];
	uint32_t version, order;
	uint64_t size;          /* of the whole file */
	uint64_t nonce;         /* makes the identity unique: time, pid */
	uint32_t nnodes, nsteps, nfiles, pad;
	struct digest env;
	struct snap_part part[SNAP_SECTIONS];
	uint64_t sum;
};

struct journal_header {
	char magic[8];
	uint32_t version, order;
	uint64_t snapshot;      /* identity */
	uint64_t sum;           /* of the fields before */
};

enum record_type {
	RECORD_NAME = 1, RECORD_STEP, RECORD_NODES, RECORD_VERIFIED, RECORD_ENV,
	RECORD_FILES, RECORD_GUEST,
};

struct record_header {
	uint64_t sum;
	uint32_t len;           /* of the payload, without padding */
	uint32_t type;
};

struct record_step {
	uint32_t step, nobs, nouts, pad;
	struct result result;
};

struct record_node {
	uint32_t node, flags;
	struct file_sig sig;
	struct digest digest;
	uint64_t made;
};

_Static_assert(sizeof(struct file_sig) == 48, "saved as it is");
_Static_assert(sizeof(struct result) == 120, "saved as it is");
_Static_assert(sizeof(struct snap_header) == 304, "saved as it is");
_Static_assert(sizeof(struct journal_header) == 32, "saved as it is");
_Static_assert(sizeof(struct record_header) == 16, "saved as it is");
_Static_assert(sizeof(struct record_step) == 136, "saved as it is");
_Static_assert(sizeof(struct record_node) == 96, "saved as it is");

enum {
	SNAP_ALIGN = 64,
	FORMAT_CHUNK = 1 << 20,
};

/* Checksum of many bytes: the hash of the hashes of its mebibytes (the last may
 * be shorter) and of their number; on all processors. */
uint64_t format_sum(const void *p, size_t n);
/* The same from the hashes of the chunks; sums has room for one more. */
uint64_t format_sums(uint64_t *sums, size_t chunks, uint64_t n);
/* The identity that the header must have. */
uint64_t format_header_sum(const struct snap_header *h);

#endif
