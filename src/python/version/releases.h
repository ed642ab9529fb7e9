/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_VERSION_RELEASES_H
#define TG_PYTHON_VERSION_RELEASES_H

#include <stdbool.h>
#include <stddef.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/str.h"

enum release_status {
	RELEASE_PRERELEASE,
	RELEASE_BUGFIX,
	RELEASE_SECURITY,
	RELEASE_END_OF_LIFE,
};

struct release {
	int major, minor;
	struct str version;     /* "3.12" */
	enum release_status status;
	struct str released, end;       /* "2023-10-02"; the end may be a month */
};

struct releases {
	struct release *v;      /* oldest first */
	size_t n;
};

/* Reads rules/python-releases: lines "VERSION STATUS RELEASED END", '#'
 * comments. All in a. -1 with the line: not such a table. */
int releases_parse(struct arena *a, const char *p, size_t n,
	struct releases *out, struct err *err);
const char *release_status_name(enum release_status status);
/* Such a table (see releases_parse; it is yet to be read by that) from JSON:
 * that of python.org's release cycle, an object by version with status,
 * first_release and end_of_life; or endoflife.date's, a list with cycle or
 * name, releaseDate, and eol or eolFrom. today ("2026-11-21") decides the
 * status where none is given. -1: it is neither. */
int releases_from_json(const char *p, size_t n, const char *today,
	struct buf *out, struct err *err);

/* Reads "3.12", "py3.12", "py312", "python3.12", "3.12.1" (micro is dropped),
 * "3.14t". 1 read, 0 not a version. */
int releases_version(struct str text, int *major, int *minor,
	bool *free_threaded);

#endif
