/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_STATE_VARIABLES_H
#define TG_STATE_VARIABLES_H

#include <stdbool.h>

#include "graph/graph.h"
#include "util/buf.h"
#include "util/digest.h"
#include "util/str.h"

/* Takes the next name off a list as tg_env has it (separated by spaces, tabs
 * or commas); false: no more. */
bool env_next(struct str *list, struct str *name);
/* getenv for a name that is not NUL-terminated. NULL: unset. */
const char *env_value(struct str name);
/* What stands for a name of a tg_env in keys, into the place of out: the value
 * of the variable, or what else every process finds as it was when tgraph was
 * started and no variable can be called: "umask()" (its three octal digits) and
 * "superuser()" ("yes" or "no"). False: an unset variable. */
bool env_counts(struct str name, struct buf *out);
/* Does a path name a variable ("env:...")? */
bool env_is(struct str path);
/* Appends the names of all variables that tg_env bindings of the graph have,
 * each ended by NUL, sorted, none twice. */
void env_declared(const struct graph *g, struct buf *out);
/* Digest of the values of these. */
void environ_digest(struct str names, struct digest *out);

#endif
