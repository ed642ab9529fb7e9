/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_PYTEST_INTERNAL_H
#define TG_PYTHON_PYTEST_INTERNAL_H

#include "python/pytest/pytestcfg.h"
#include "text/ini.h"
#include "text/toml.h"

/* The settings that pytest's configuration file has, whichever kind it is. */
struct pytest_values {
	struct arena *a;
	const struct ini_section *ini;  /* one of these, or neither */
	const struct toml *toml;
	bool native;                    /* toml with types that count:
	                                 * [tool.pytest], pytest.toml */
	struct pytest_list overrides;   /* -o: NAME=VALUE; the last counts */
	bool overridden;                /* the last value read was such */
	struct str path;                /* of the file, absolute */
	struct str base;                /* what paths are relative to */
	struct err *err;
};

/* --- find.c --- */

/* Finds the file with the configuration that pytest of this major version (0:
 * newest) uses in c->dir, or reads the one that -c names (n 0: none), and the
 * root directory: c's rootdir, inifile and configured. out (a and err set) gets
 * its settings. -1: a file that pytest itself would refuse. */
int pytestcfg_find(struct pytestcfg *c, struct pytestcfg_read *read, int major,
	struct str named, struct pytest_values *out);

/* --- list.c --- */

/* Splits as shlex.split does. -1: no closing quotation. */
int pytest_list_split(struct arena *a, struct str text, struct pytest_list *out,
	struct err *err);
/* Adds to a list that only this has added to. */
void pytest_list_add(struct arena *a, struct pytest_list *l, struct str s);
/* path as seen from dir, absolute and folded; in the arena. */
struct str pytest_list_path(struct arena *a, struct str dir, struct str path);

/* --- values.c --- */

/* Each: 1 there, 0 not, -1 of a wrong type (err is set). */
int values_args(struct pytest_values *v, const char *name,
	struct pytest_list *out);
int values_lines(struct pytest_values *v, const char *name,
	struct pytest_list *out);
int values_paths(struct pytest_values *v, const char *name,
	struct pytest_list *out);
int values_bool(struct pytest_values *v, const char *name, bool *out);
/* Is it set, to whatever? */
bool values_has(struct pytest_values *v, const char *name);

#endif
