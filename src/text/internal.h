/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TEXT_INTERNAL_H
#define TG_TEXT_INTERNAL_H

#include <stdbool.h>

#include "text/toml.h"

/* Where the TOML parser is in its text. */
struct toml_in {
	const char *p, *end, *bol;      /* next byte, end, begin of the line */
	int line;
	unsigned depth;                 /* of arrays and inline tables */
	unsigned section;               /* counts headers and inline tables */
	struct arena *a;
	struct err *err;
};

/* Says where in the text the error is, unless that is known; returns -1. */
int toml_at(struct err *err, int line, int col);
/* err_set with the place p; returns -1. */
int toml_fail(struct toml_in *in, const char *p, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Checks that the text is UTF-8 and has no control characters that TOML
 * forbids everywhere. */
int toml_check_text(struct toml_in *in);
/* Any of the four kinds of string; in->p at the opening quote. multi: may it
 * be a multi-line string? */
int toml_string(struct toml_in *in, bool multi, struct str *out);
/* A number, date or time; in->p at its first byte. */
int toml_scalar(struct toml_in *in, struct toml *v);

#endif
