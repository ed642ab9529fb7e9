/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_STORE_LOCAL_LOCAL_H
#define TG_STORE_LOCAL_LOCAL_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"
#include "util/buf.h"
#include "util/err.h"

/* Results held in a directory. Every question is answered at once. */

/* Opens (makes) a store; dir is made if missing. limit: bytes the store may
 * hold, 0: the default (5 GiB). -1: cannot be made or read. */
int local_open(struct store **st, const char *dir, uint64_t limit,
	bool read_only, struct err *err);
/* $XDG_CACHE_HOME/tgraph or ~/.cache/tgraph, appended; 0 if there is none. */
int local_default_dir(struct buf *out);
/* May results be taken from this directory though nobody named it? It must be
 * the user's, and no other may write to it; it is made if it is missing, and
 * closed to all others. -1: err says why not. */
int local_own_dir(const char *dir, bool read_only, struct err *err);

#endif
