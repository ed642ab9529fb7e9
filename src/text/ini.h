/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TEXT_INI_H
#define TG_TEXT_INI_H

#include <stddef.h>

#include "util/arena.h"
#include "util/err.h"
#include "util/str.h"

/* Which reader's rules: */
enum ini_style {
	INI_PYTEST,     /* iniconfig: pytest.ini, tox.ini, and setup.cfg as
	                 * pytest reads it; keys keep their case, a duplicate is
	                 * an error */
	INI_CONFIGPARSER,       /* setup.cfg as setuptools reads it: keys in
	                         * lower case, the last duplicate counts,
	                         * inline comments are text */
};

struct ini_item {
	struct str key, value;  /* value: lines joined by '\n', each stripped */
	int line;
	struct ini_item *next;
};

struct ini_section {
	struct str name;
	int line;
	struct ini_item *items; /* in the order of the file */
	struct ini_section *next;
};

struct ini {
	struct ini_section *sections;
};

/* Reads n bytes; all is copied to a. -1: err has line and reason. */
int ini_parse(struct arena *a, const char *p, size_t n, enum ini_style style,
	struct ini *out, struct err *err);
/* NULL if there is none. */
const struct ini_section *ini_section(const struct ini *ini, const char *name);
const struct ini_item *ini_get(const struct ini_section *s, const char *key);
/* The non-empty lines of a value (or, with by_comma, its comma-separated
 * parts too), each stripped; *out is an array in a. */
size_t ini_lines(struct arena *a, struct str value, int by_comma,
	struct str **out);

#endif
