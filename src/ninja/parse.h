/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_NINJA_PARSE_H
#define TG_NINJA_PARSE_H

#include <stddef.h>

#include "ninja/stmt.h"
#include "util/err.h"
#include "util/str.h"

struct ninja_opts {
	/* What ninja_required_version is checked against: "1.13.2". From
	 * "1.14" on the escape $^ is known. NULL: "1.14.0". */
	const char *version;
	/* How long an evaluated value or path may get, in bytes; 0: 256 MiB. */
	size_t max_value;
};

enum { NINJA_FATAL = -2 };

/* Reads the file path and all that it includes; calls ops in the order of the
 * statements. opts may be NULL. 0 done; -1 error; NINJA_FATAL: an error that
 * ninja prints as "fatal: " (ninja_required_version is newer).
 *
 * On -1 err->path and err->line are the place (both unset if the first file
 * could not be loaded), err->col is 0, and err->msg is ninja's text after
 * "FILE:LINE: ": the message, a newline, and if the column is between 1 and
 * 71 the source line, a newline, and the caret. A program that prints
 * "ninja: error: " path ":" line ": " msg "\n" prints what ninja prints. */
int ninja_parse(struct str path, const struct ninja_ops *ops, void *ctx,
	const struct ninja_opts *opts, struct err *err);

#endif
