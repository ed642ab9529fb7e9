/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_PROJECT_NEEDS_H
#define TG_PYTHON_PROJECT_NEEDS_H

#include <stddef.h>

#include "python/project/project.h"
#include "python/tree/discover.h"
#include "util/arena.h"
#include "util/err.h"
#include "util/strs.h"

/* What an environment for a package's tests is to hold. Strings are the
 * project's, or in the arena. */
struct needs {
	struct strs editable;   /* packages that are installed in place, as
	                         * installers take them: "./core[fast]" */
	struct strs lines;      /* requirements as they are written */
	struct strs files;      /* files of them, and */
	struct strs constraints;        /* of constraints, from the root */
	struct strs groups;     /* dependency groups that were chosen, and */
	struct strs extras;     /* extras, normalised: of the package, if */
	bool own_groups;        /* not of the root's */
	struct strs states;     /* what the packages state of themselves: as a
	                         * change of it means another environment */
	struct strs inputs;     /* files that say what is installed of the
	                         * packages, from the root, sorted */
	struct strs busy;       /* directories that installers write into while
	                         * they look at them, from the root, sorted */
	struct strs found;      /* packages of the repository that files of
	                         * requirements lead to, normalised */
};

/* Finds out what a package needs: itself and the packages of the repository
 * that it depends on, each installed in place if it can be; the groups, extras
 * and files that [tool.tgraph] names, or else the group or extra that is there
 * for tests. n must be zeroed. -1: something that is named is not there; err
 * has the file. */
int needs_find(struct needs *n, const struct project *p,
	const struct discovery *d, size_t package, struct arena *a,
	struct err *err);
/* Adds to inputs, busy and found what an installer reads for a directory or file
 * (from the root) that a file of requirements names: what says how a package is
 * installed in place, and the packages of the repository that it requires, or
 * all that a copy may be made of. They are sorted no more. */
void needs_local(struct needs *n, const struct project *p,
	const struct discovery *d, struct str path, bool in_place,
	struct arena *a);
void needs_release(struct needs *n);

/* The group or extra (at *owner: a package by number) that is there for a
 * package's tests, as needs_find would choose it; *extra says which it is. n 0:
 * there is none with pytest in it. */
struct str needs_tests(const struct project *p, size_t package, size_t *owner,
	bool *extra);

#endif
