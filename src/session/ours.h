/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SESSION_OURS_H
#define TG_SESSION_OURS_H

#include <stdbool.h>

#include "session/session.h"
#include "util/err.h"

/* What tgraph wrote into the repository at the user's wish, reports, traces and
 * a cache, is no input of the tests: else each report would make them run again.
 * A list of it is kept beside the state:
 *
 *	list  = { entry }
 *	entry = hex " " path LF         a report or trace, and the digest of
 *	                                what it was when it was written
 *	      | "cache " path LF
	      | "html " path LF         a directory with a report of coverage
 *
 * with paths from the root. A file that is not as it was left is the user's
 * again. */

/* Reads the list into s->ours: the entries that still hold. */
void ours_load(struct session *s);
enum ours_kind { OURS_FILE, OURS_CACHE, OURS_HTML };

/* Notes a report that was just written, or a cache that is in use; one that is
 * not below the root is nothing to note, nor is any where there is no state.
 * -1: the list cannot be written. */
int ours_add(struct session *s, const char *path, enum ours_kind kind,
	struct err *err);

#endif
