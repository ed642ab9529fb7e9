/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_NINJA_MSVC_H
#define TG_NINJA_MSVC_H

#include <stddef.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/str.h"

/* Takes the lines of cl's /showIncludes out of a step's output. Appends what
 * is left to rest, and calls include once for each different path (folded)
 * that was named, system headers left out. prefix is msvc_deps_prefix; if it
 * is empty, "Note: including file: ". -1 if include returned that. */
int msvc_filter(struct str output, struct str prefix, struct buf *rest,
	int (*include)(void *ctx, struct str path, struct err *err), void *ctx,
	struct err *err);

#endif
