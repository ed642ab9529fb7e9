/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_NINJA_DEPFILE_H
#define TG_NINJA_DEPFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "util/err.h"
#include "util/hash.h"
#include "util/str.h"

/* What a depfile says: targets that depend on inputs, as written (not folded),
 * each once, in the order of the file. Zero-initialise it ({0}); it can be
 * used for one file after the other. */
struct depfile {
	struct str *outs;
	size_t nouts, outs_cap;
	struct str *ins;
	size_t nins, ins_cap;
	struct map seen;        /* names, to the lists they are in */
};

/* Reads text, which it changes: names are unescaped in place, point into it
 * and are not NUL-terminated. Earlier content of d is forgotten. 0, or -1
 * with one of ninja's two messages: "expected ':' in depfile", "inputs may not
 * also have inputs". */
int depfile_parse(struct depfile *d, char *text, size_t n, struct err *err);
void depfile_release(struct depfile *d);
/* Could a depfile name this file, with what escapes it has? Not with a
 * backslash, a colon at the end, a control byte, or one of *;|<>^`. */
bool depfile_holds(struct str path);

#endif
