/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SESSION_INDEX_H
#define TG_SESSION_INDEX_H

#include "session/session.h"

/* Options that say where environments come from. */

/* May that be the value of the option "environment", "default-index", "index",
 * "find-links" or "index-strategy"? 1 yes, -1: err. */
int index_check(const char *name, const char *arg, struct err *err);
/* Fills in front_opts; paths are as seen from where the user was. */
void index_options(struct session *s);
void index_release(struct session *s);

#endif
