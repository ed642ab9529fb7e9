/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_EVENT_REASON_H
#define TG_EVENT_REASON_H

#include <stddef.h>
#include <stdint.h>

#include "util/digest.h"

/* Why a step is not up to date, as data: who decides fills it in, who tells of
 * it finds the words (report/text/reason.h). Nodes and steps are ids of the
 * graph, GRAPH_NONE where there is none. */

enum reason_why {
	/* of the step's inputs */
	WHY_INPUT_RUNS,         /* node: an input that a step makes which runs
	                         * too */
	WHY_INPUT_FORCED,       /* node: a phony input that is out of date for
	                         * ever */
	WHY_INPUT_MISSING,      /* node: a source file that was there */
	WHY_INPUT_CHANGED,      /* node, was, is (none: it is missing now) */
	WHY_FILE_NEW,           /* node: behind a phony input */
	WHY_FILES_MORE,         /* count: so many more behind phony inputs */
	WHY_FILE_GONE,          /* node: the phony input that it was behind */
	WHY_INPUTS_OTHER,       /* none of the above, but they are not those of
	                         * the last result */
	/* of its outputs */
	WHY_OUTPUT_MISSING,     /* node */
	WHY_OUTPUT_CHANGED,     /* node: not as the step left it */
	WHY_OUTPUT_OLDER,       /* node, other: the input that is newer;
	                         * node_ns, other_ns: their times */
	WHY_DEPFILE_MISSING,    /* the depfile that it leaves */
	/* of its last run; node: its first output */
	WHY_NO_RESULT,
	WHY_BAD_RESULT,         /* count: enum result_status */
	WHY_RERUN,              /* the user wants it run again */
	WHY_ALWAYS,             /* it is never up to date: tg_always */
	WHY_COMMAND,            /* its command is another */
	WHY_COMPANY,            /* other tests ran in its process, and it is to
	                         * be kept apart from them now */
	WHY_PARTS,              /* its tests ran in several processes, and are
	                         * to run in one now */
	WHY_CHANGED_MEANWHILE,  /* its inputs changed while it ran */
	/* of what was observed when it ran */
	WHY_UNSEEN,             /* node: unseen:..., see state/asked.h */
	/* of no step: what decides was learned anew */
	WHY_DYNDEP_READ,        /* node: a dyndep file */
	WHY_ADOPTED,            /* count: steps taken over from ninja's log */
};

struct reason {
	enum reason_why why;
	uint32_t step;
	uint32_t node, other;
	uint32_t count;
	struct digest was, is;
	int64_t node_ns, other_ns;
};

/* Zero-initialise it. */
struct reasons {
	struct reason *v;
	size_t n, cap;
};

/* Adds one (copied). */
void reasons_add(struct reasons *rs, const struct reason *r);
void reasons_release(struct reasons *rs);

#endif
