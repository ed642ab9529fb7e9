/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_STATE_ASKED_FIND_H
#define TG_STATE_ASKED_FIND_H

#include <stdbool.h>
#include <stddef.h>

#include "util/digest.h"
#include "util/str.h"

/* Questions for modules (ASKED_FIND) and their answers. */

/* The answer to one, as it is now. */
void asked_find_digest(struct str name, struct digest *out);

/* Of n names of any kind: none[i] becomes true where nothing can be found under
 * names[i], so that its answer is asked_find_nothing. Where many are asked of a
 * directory it is listed once; what is asked of others, or cannot be told by a
 * listing, is left alone. */
void asked_find_none(const struct str *names, size_t n, bool *none);
struct digest asked_find_nothing(void);

#endif
