/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/proto.h"

static const char *
wrong(const struct proto_result *r, bool asked)
{
	if (r->magic != PROTO_RESULT_MAGIC)
		return "bad magic";
	if (r->version != PROTO_VERSION)
		return "another version";
	if (r->type < PROTO_READY || r->type > PROTO_AGAIN)
		return "unknown type";
	if (r->type == PROTO_ERROR)
		return r->size > PROTO_MAX_TEXT ? "text too long" : 0;
	if ((r->type == PROTO_STARTED || r->type == PROTO_DONE ||
	     r->type >= PROTO_LINGERS) && !asked)
		return "answer to another request";
	/* Groups 0 and 1 and negative ones are not a child's. */
	if (r->type == PROTO_STARTED &&
	    (r->pid < 2 || r->pid > INT32_MAX))
		return "bad process id";
	if (r->type != PROTO_DONE && r->size)
		return "payload where there is none";
	if (r->type == PROTO_DONE && r->size == 0 &&
	    PROTO_NO_OFFSET - r->offset > PROTO_MOST_ERRNO)
		return "offset without payload";
	return 0;
}

bool
proto_check(const struct proto_result *r, bool asked, const char **why)
{
	*why = wrong(r, asked);
	return !*why;
}
