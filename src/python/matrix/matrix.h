/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_MATRIX_MATRIX_H
#define TG_PYTHON_MATRIX_MATRIX_H

#include <stdbool.h>
#include <stddef.h>

#include "python/interp/interp.h"
#include "python/project/project.h"
#include "python/version/releases.h"
#include "util/arena.h"
#include "util/err.h"
#include "util/str.h"

enum matrix_reason {
	MATRIX_CHOSEN,
	MATRIX_NOT_SUPPORTED,   /* end of life, or not in the table */
	MATRIX_EXCLUDED,        /* by requires-python or the classifiers */
	MATRIX_MISSING,         /* no interpreter */
	MATRIX_BAD,             /* an interpreter that does not run */
	MATRIX_NOT_ASKED,       /* --python or python = [...] names others */
	MATRIX_PRERELEASE,
	MATRIX_NOT_ACTIVE,      /* nothing says which: the active one alone */
	MATRIX_ALONE,           /* it could, but the active one runs alone */
};

struct matrix_row {
	size_t package;                 /* in project */
	struct str version;             /* "3.12", "3.14t" */
	int major, minor;
	bool free_threaded;             /* asked for with a final t */
	size_t interp;                  /* in interps; SIZE_MAX: none */
	bool chosen;
	bool asked;                     /* named by --python or python = [...]:
	                                 * missing may then be an error */
	bool wanted;                    /* named by a target */
	bool sole;                      /* of the active interpreter, which
	                                 * alone was to run */
	enum matrix_reason why;
	struct str reason;              /* for people: "excluded by
	                                 * requires-python '>=3.9'" */
	bool no_pytest;                 /* chosen, but pytest cannot be imported
	                                 * there */
};

struct matrix {
	struct arena arena;
	struct matrix_row *rows;        /* by package, then by version */
	size_t n;
};

struct matrix_opts {
	const char *const *python;      /* --python, in order: "3.12", "py312",
	                                 * "python3.12", "3.14t" or a path */
	size_t npython;
	bool all;                       /* not only the active interpreter */
	bool include_prerelease;
	const char *const *also;        /* versions that run as well */
	size_t nalso;
};

/* Decides for every package that is not broken which versions run: those that
 * --python or configuration name; with all, those that requires-python or
 * classifiers allow; else that of the active interpreter alone, as long as
 * requires-python allows it, and those that targets name. Probes the interpreters that are chosen. -1: an option
 * that names no version; err says which. A python = [...] that names no
 * version blocks its package (err of the package). */
int matrix_build(struct matrix *m, struct project *p,
	const struct releases *rel, struct interps *in,
	const struct matrix_opts *opts, struct err *err);
void matrix_release(struct matrix *m);

#endif
