/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SESSION_HINTS_H
#define TG_SESSION_HINTS_H

#include <getopt.h>
#include <stdbool.h>

#include "python/pytest/options.h"
#include "util/buf.h"
#include "util/str.h"

/* What somebody may have meant who knows other programs. */

/* Of an option that there is not: word as it was written ("--co", "-q"); c: its
 * letter, if it is one of a cluster. known: the long options, ended by a zero;
 * theirs: pytest's. Appends "did you mean ...?" or where to look. */
void hint_option(const char *word, int c, const struct option *known,
	const struct pytest_options *theirs, struct buf *out);
/* Is it an option that is called otherwise here? Then it appends "did you mean
 * ...?" */
bool hint_known(const char *word, struct buf *out);
/* Of a target that there is not: a tool, as is_tool knows them, or "help". 1
 * appended, 0 nothing. */
int hint_target(struct str word, bool (*is_tool)(const char *name),
	struct buf *out);

#endif
