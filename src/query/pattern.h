/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_QUERY_PATTERN_H
#define TG_QUERY_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "util/err.h"
#include "util/str.h"

/* Regular expressions, by PCRE2, which is loaded by the first one. */

struct pattern;

/* NULL: it is no regular expression, and *at says where in the text it is found
 * out; or PCRE2 is missing, and *at is SIZE_MAX. */
struct pattern *pattern_new(struct str text, bool nocase, size_t *at,
	struct err *err);
/* Is there a match anywhere in the text? 1 yes, 0 no, -1 the search was given
 * up (a limit of PCRE2's). */
int pattern_match(struct pattern *p, struct str text, struct err *err);
void pattern_free(struct pattern *p);

#endif
