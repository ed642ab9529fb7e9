/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_PYTEST_OPTIONS_H
#define TG_PYTHON_PYTEST_OPTIONS_H

#include <stddef.h>

#include "util/arena.h"
#include "util/err.h"
#include "util/str.h"

/* The options of pytest and of plugins, as rules/pytest-options has them. */

enum pytest_value {
	OPTION_UNKNOWN,         /* it is not in the table */
	OPTION_ALONE,           /* none */
	OPTION_VALUED,          /* the next word, or attached */
	OPTION_MAYBE,           /* the next word unless that is an option */
};

/* What it is for. */
enum pytest_use {
	USE_DECIDES,            /* which tests run, or how they end; and all of
	                         * which nothing is known */
	USE_DROPPED,            /* it is for a whole run: tgraph decides */
	USE_ENDS,               /* no tests are run with it */
	USE_SHOWS,              /* what is printed, and nothing else */
};

struct pytest_option {
	struct str name;        /* "--maxfail", "-k" */
	enum pytest_value value;
	enum pytest_use use;
};

/* Zeroed: a table without options. */
struct pytest_options {
	struct pytest_option *v;        /* sorted by name */
	size_t n;
};

/* Reads the table's text, which must live as long as out; its array is in the
 * arena. -1: err has line and reason. */
int pytest_options_parse(struct arena *a, const char *p, size_t n,
	struct pytest_options *out, struct err *err);
/* Reads the file of that name in dir, which must be there; its text is in the
 * arena too. -1: err has path and line, and EXIT_ENV. */
int pytest_options_read(struct arena *a, const char *dir,
	struct pytest_options *out, struct err *err);
/* What follows the option of that name, without "=" and what is behind it. */
enum pytest_value pytest_options_find(const struct pytest_options *o,
	struct str name);
/* The option itself, or NULL. */
const struct pytest_option *pytest_options_get(const struct pytest_options *o,
	struct str name);

#endif
