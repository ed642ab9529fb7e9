/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_EXEC_PROTO_H
#define TG_EXEC_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What goes between us and a worker, over a socket pair; the other end is
 * src/pytgraph/warm/protocol.py. Little-endian; both ends are on one machine. */

#define PROTO_REQUEST_MAGIC 0x51524754u         /* "TGRQ" */
#define PROTO_RESULT_MAGIC 0x53524754u          /* "TGRS" */
#define PROTO_RING_MAGIC 0x47524754u            /* "TGRG" */
#define PROTO_VERSION 1
#define PROTO_NO_PID 0xffffffffu
#define PROTO_NO_OFFSET UINT64_MAX
#define PROTO_MOST_ERRNO 4095u
#define PROTO_MAX_TEXT (1u << 20)               /* of an ERROR */

enum proto_request_type { PROTO_RUN = 1, PROTO_QUIT, PROTO_PING, PROTO_FINISH };
enum proto_result_type {
	PROTO_READY = 1, PROTO_STARTED, PROTO_DONE, PROTO_ERROR, PROTO_PONG,
	PROTO_LINGERS, PROTO_AGAIN
};

struct proto_request {
	uint32_t magic;
	uint16_t version, type;
	uint32_t seq;           /* repeated in every answer */
	uint32_t flags;         /* 0 */
	uint32_t size;          /* bytes of JSON that follow a RUN */
	uint32_t reserved;      /* 0 */
	uint64_t key;
};
_Static_assert(sizeof(struct proto_request) == 32, "goes over the wire");

struct proto_result {
	uint32_t magic;
	uint16_t version, type;
	uint32_t seq;
	int32_t status;         /* DONE: raw wait status */
	uint32_t pid;           /* STARTED, DONE: the child and its group;
	                         * of a DONE, PROTO_NO_PID: it goes on */
	uint32_t size;          /* bytes of payload */
	uint64_t offset;        /* DONE: where in the ring; PROTO_NO_OFFSET:
	                         * it is in the result file alone. Without a
	                         * payload: that, less the errno for which log
	                         * or result can't be written */
	uint64_t usec;          /* DONE: from fork to reaping */
};
_Static_assert(sizeof(struct proto_result) == 40, "goes over the wire");

/* Is it one that a worker may send (asked: is its request one that it was given
 * and has not answered)? Otherwise *why says in words what is wrong. */
bool proto_check(const struct proto_result *r, bool asked, const char **why);

#endif
