/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_VERSION_PEP440_H
#define TG_PYTHON_VERSION_PEP440_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/err.h"
#include "util/str.h"

enum pep440_pre { PRE_NONE, PRE_A, PRE_B, PRE_RC };

/* A number of any length: digits without leading zeros ("" is 0). */
struct pep440_num {
	const char *p;
	size_t n;
};

/* A version as PEP 440 has it. All parts point into the text given to
 * pep440_parse (or arena memory). */
struct pep440 {
	struct pep440_num epoch;
	struct pep440_num *release;     /* in the arena */
	size_t nrelease;
	enum pep440_pre pre;
	struct pep440_num pre_n;
	bool post, dev;
	struct pep440_num post_n, dev_n;
	struct str local;               /* as written, without '+' */
};

/* 1 parsed, 0 text is not a version. Surrounding white space is allowed, as is
 * every spelling that PEP 440 normalises. text must outlive v. */
int pep440_parse(struct arena *a, struct str text, struct pep440 *v);
/* <0, 0, >0. Local versions count. */
int pep440_cmp(const struct pep440 *a, const struct pep440 *b);
bool pep440_is_pre(const struct pep440 *v);     /* pre or dev */

enum pep440_op {
	SPEC_EQ, SPEC_NE, SPEC_LE, SPEC_GE, SPEC_LT, SPEC_GT, SPEC_COMPATIBLE,
	SPEC_ARBITRARY,         /* === */
};

struct pep440_spec {
	enum pep440_op op;
	bool wildcard;          /* ==X.* and !=X.* */
	struct str text;        /* the version as written */
	struct pep440 version;  /* not for SPEC_ARBITRARY */
};

/* All must hold. n 0 (from "") lets every version in. */
struct pep440_set {
	struct pep440_spec *specs;
	size_t n;
	struct str text;        /* as written */
};

/* Reads ">=3.9,<3.13,!=3.10.*". -1: err has "'>=3.9 <4' is not a version
 * specifier: REASON" (no place). text must outlive set. */
int pep440_set_parse(struct arena *a, struct str text,
	struct pep440_set *set, struct err *err);
/* Does v satisfy every specifier? pre says whether pre-releases may: 1 yes, 0
 * no, -1 as PEP 440 has it (only if a specifier itself names one). */
bool pep440_match(const struct pep440_set *set, const struct pep440 *v,
	struct str text, int pre);
/* Could a release of Python major.minor (any micro release from 0 up to a
 * large one) satisfy the set? Used to choose minor versions when the micro
 * version is not known yet. */
bool pep440_allows_minor(const struct pep440_set *set, int major, int minor);

#endif
