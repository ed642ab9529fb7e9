/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TEXT_TOML_H
#define TG_TEXT_TOML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/err.h"
#include "util/str.h"

enum toml_type {
	TOML_TABLE,
	TOML_ARRAY,
	TOML_STRING,
	TOML_INT,
	TOML_FLOAT,
	TOML_BOOL,
	TOML_DATETIME,          /* with an offset */
	TOML_DATETIME_LOCAL,
	TOML_DATE_LOCAL,
	TOML_TIME_LOCAL,
};

/* A value. Which of the members counts is said by type. */
struct toml {
	enum toml_type type;
	unsigned state;         /* how a table or array was made: for the parser */
	int line, col;          /* where the value (of a table: its header or
	                         * first key) starts, from 1 */
	struct str str;         /* TOML_STRING: decoded; dates and times: as RFC
	                         * 3339 text with 'T' and 'Z' */
	int64_t integer;
	double number;
	bool boolean;
	struct toml **items;    /* TOML_ARRAY: n values */
	struct toml_key *keys;  /* TOML_TABLE: in the order of appearance */
	struct toml_key **slots, *last;
	size_t n, cap;          /* items or keys; cap is the parser's */
};

struct toml_key {
	struct str name;        /* decoded, NUL-terminated */
	int line, col;
	struct toml *value;
	struct toml_key *next, *chain;
};

/* Reads a TOML 1.0 document of n bytes. Everything is allocated in a; the
 * text need not outlive the call. NULL: not TOML, err has line, column and
 * reason; no path: the caller adds it with
 * err_at(err, path, err->line, err->col). */
struct toml *toml_parse(struct arena *a, const char *p, size_t n,
	struct err *err);

/* The key called name in table, NULL if there is none or table is NULL or no
 * table. name is one key, dots included. */
const struct toml_key *toml_key(const struct toml *table, struct str name);
/* Its value, with the same NULLs. */
const struct toml *toml_get(const struct toml *table, const char *name);
/* Follows a path of plain keys, "tool.uv.workspace"; NULL if any is missing. */
const struct toml *toml_path(const struct toml *table, const char *path);

/* Typed getters: 1 present and of the type, 0 absent, -1 of another type (err
 * gets the line and "NAME: expected a string, not an integer"). */
int toml_str(const struct toml *table, const char *name, struct str *out,
	struct err *err);
int toml_int(const struct toml *table, const char *name, int64_t *out,
	struct err *err);
int toml_bool(const struct toml *table, const char *name, bool *out,
	struct err *err);
/* Integers are taken too. */
int toml_num(const struct toml *table, const char *name, double *out,
	struct err *err);
/* An array of strings only; *out is an array of *n in a. */
int toml_strs(const struct toml *table, const char *name, struct arena *a,
	struct str **out, size_t *n, struct err *err);
int toml_table(const struct toml *table, const char *name,
	const struct toml **out, struct err *err);

/* "a string", "an integer", "a table" ...: for messages. */
const char *toml_type_name(enum toml_type type);

#endif
