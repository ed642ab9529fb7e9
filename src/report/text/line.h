/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_TEXT_LINE_H
#define TG_REPORT_TEXT_LINE_H

#include <stdbool.h>
#include <stdio.h>

#include "util/buf.h"
#include "util/str.h"

/* A status line at the bottom of a terminal that is written over again and
 * again, with whole lines of output above it; elsewhere plain lines. While a
 * step has the console nothing is written: output is kept, and of the status
 * lines the last one. */
struct line {
	FILE *out;
	bool smart;             /* a terminal: write over the line */
	int columns;            /* 0: ask the terminal each time */
	bool half;              /* the cursor is behind a status line */
	bool locked;
	bool kept_elide;
	struct buf kept_line;   /* last status while locked */
	struct buf kept;        /* output while locked */
};

/* Columns to fill, 0: unknown. */
int line_columns(const struct line *l);
/* A status. Smart and elide: written over the former, cut in its middle to
 * the width of the terminal; else a line. */
void line_status(struct line *l, struct str text, bool elide);
/* Output, on a line of its own; it should end in a newline. Empty: just ends
 * the status line. */
void line_output(struct line *l, struct str text);
/* Ends the status line so that others can write to the terminal. */
void line_break(struct line *l);
/* A step takes (or gives back) the console. */
void line_lock(struct line *l, bool locked);
void line_release(struct line *l);

#endif
