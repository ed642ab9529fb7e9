/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TOOL_DOCTOR_INTERNAL_H
#define TG_TOOL_DOCTOR_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "session/session.h"
#include "tool/env/env.h"
#include "util/arena.h"
#include "util/hash.h"
#include "util/str.h"
#include "util/strs.h"

/* The findings are a JSON document from the start; --json prints it, else it is
 * put into words. Doctor.c says what is in it. */

/* NULL: there is none. */
static inline const cJSON *
member(const cJSON *o, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(o, name);
}

/* --- ask.c --- */

/* What a runner says that was called by hand. */
struct answer {
	cJSON *json;            /* as src/pytgraph/command/collects.py has it;
	                         * NULL: it did not come to its end */
	int status;             /* of the process, as waitpid gives it */
	struct buf said;        /* what it printed */
};

/* Calls the runner (its name, and its words, NULL-terminated) in an absolute
 * directory. Ctrl-C reaches it, too. -1: it could not be started. */
int ask_runner(const struct session *s, const struct interp *in,
	const char *dir, const char *const *words, struct answer *out,
	struct err *err);
/* Lets pytgraph/command/pollution.py answer a request (its page says what is in
 * both); how far it is goes to stderr. */
int ask_pollution(const struct session *s, const struct interp *in,
	struct str request, struct answer *out, struct err *err);
void answer_release(struct answer *a);

/* --- files.c --- */

/* One of the two sides of a file. */
struct side {
	bool has;               /* it is a test file there */
	bool known;             /* and its ids are known, all of them: */
	struct strs ids;        /* sorted; what follows "FILE::" */
	bool doubt;             /* they may be of a moment that has passed: they
	                         * prove nothing unless they are the same */
	bool unrun;             /* nothing is known of it: it has not run */
	const char *why;        /* if not known, or in doubt: why */
};

/* A file (path from the root, or absolute) as the runner and as tgraph has it.
 */
struct checked {
	struct str path;
	struct side runner, ours;
};

/* Zero-initialise it. */
struct checks {
	struct arena arena;
	struct map at;          /* path: number */
	struct checked *v;      /* sorted by path after checks_sort */
	size_t n, cap;
};

/* The file's entry, a new one if there was none; valid until the next is made.
 */
struct checked *checks_at(struct checks *c, struct str path);
/* Adds what a runner said; it stays in use. */
void checks_add_answer(struct checks *c, const struct session *s,
	const struct answer *a);
/* What a test step's result is worth. */
enum currency {
	RESULT_OLD,             /* there is none, or its inputs have changed */
	RESULT_MEANWHILE,       /* its inputs changed while it ran */
	RESULT_CURRENT,         /* its inputs are as they are now */
};

/* Adds the file, or files, that a test step runs, with the ids of its result if
 * that is not old. */
void checks_add_step(struct checks *c, const struct session *s, uint32_t step,
	enum currency currency);
/* Sorts files and ids. */
void checks_sort(struct checks *c);
void checks_release(struct checks *c);

/* --- scope.c --- */

/* What the words of the command line, and where the user is, leave. */
struct scope {
	bool *rows;             /* of the matrix; owned */
	struct strs paths;      /* from the root; none: all files */
	struct arena arena;
};

/* -1: a word that means nothing. */
int scope_find(struct scope *c, const struct session *s, char *const *words,
	int n, struct err *err);
bool scope_has(const struct scope *c, struct str path);
void scope_release(struct scope *c);

/* --- row.c --- */

/* What the rows have in common. */
struct doctor {
	struct tool_env *env;
	struct scope scope;
	enum currency *currency;        /* by step; owned */
	bool differs;           /* what is run and what is collected */
	bool unasked;           /* a runner could not be asked */
};

/* Compares the tests of one row of the matrix; adds to the findings what comes
 * of it. */
int row_check(struct doctor *d, const struct matrix_row *row, cJSON *list,
	struct err *err);
/* Is it a test step of the row? */
bool row_has_step(const struct session *s, const struct matrix_row *row,
	uint32_t step);
/* Is the test step of the path, of any row? */
bool doctor_runs(const struct session *s, struct str path);

/* --- pollution.c --- */

/* Which tests of the rows come out otherwise in company than alone, and whose
 * that is: printed, in words or as JSON. The exit code; -1. */
int pollution_examine(struct doctor *d, bool json, struct err *err);

/* --- around.c: what is around the tests, each a member of the findings --- */

void around_place(struct doctor *d, cJSON *top);
void around_cache(struct doctor *d, cJSON *top);
void around_observed(struct doctor *d, cJSON *top);
void around_ways(struct doctor *d, cJSON *top);

/* --- print.c --- */

/* The findings in words. */
void print_findings(const struct doctor *d, const cJSON *top);
/* As they are. */
void print_json(const struct doctor *d, const cJSON *top);

#endif
