/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_INTERP_INTERNAL_H
#define TG_PYTHON_INTERP_INTERNAL_H

#include "python/interp/interp.h"
#include "util/buf.h"

/* Reads what the probe script printed into it. false: it is not complete. */
bool interp_report_read(struct interps *in, struct interp *it,
	struct str text);

/* Fills in candidates that the cache file vouches for. */
void interp_cache_load(struct interps *in);
/* Writes every known interpreter to the cache file; an unwritable one is as
 * good as none. */
void interp_cache_save(const struct interps *in);

#endif
