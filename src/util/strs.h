/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_UTIL_STRS_H
#define TG_UTIL_STRS_H

#include <stddef.h>

#include "util/str.h"

/* A growing list of strings that others own. Zero-initialise. */
struct strs {
	struct str *v;
	size_t n, cap;
};

void strs_add(struct strs *l, struct str s);
/* Sorts bytewise and drops repeats. */
void strs_sort(struct strs *l);
/* Frees the list, not the strings; it is empty again. */
void strs_release(struct strs *l);

#endif
