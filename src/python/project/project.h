/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_PROJECT_PROJECT_H
#define TG_PYTHON_PROJECT_PROJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "python/project/config.h"
#include "python/tree/discover.h"
#include "python/version/pep440.h"
#include "util/arena.h"
#include "util/err.h"
#include "util/str.h"

/* Where a requirement is stated. */
enum dep_kind { DEP_RUNTIME, DEP_EXTRA, DEP_GROUP };

struct dependency {
	enum dep_kind kind;
	struct str group;       /* of DEP_EXTRA and DEP_GROUP, normalised */
	struct str name;        /* normalised (PEP 503) */
	struct str text;        /* the whole requirement as written */
	int line;
	int package;            /* number of the package of this repository that
	                         * it names, or -1 */
};

/* [tool.uv.sources], [tool.poetry.dependencies] with a path. */
struct source_ref {
	struct str name;        /* normalised */
	struct str path;        /* from the root; "" if none */
	bool workspace;
};

enum package_flags {
	PACKAGE_ROOT = 1u << 0,         /* its directory is the root */
	PACKAGE_IMPLICIT = 1u << 1,     /* no manifest: only for the root */
	PACKAGE_NAMED = 1u << 2,        /* the name is from a manifest, not from
	                                 * the directory */
	PACKAGE_WORKSPACE = 1u << 3,    /* root or member of a uv workspace */
	PACKAGE_PYPROJECT = 1u << 4,
	PACKAGE_SETUP_CFG = 1u << 5,
	PACKAGE_SETUP_PY = 1u << 6,
	PACKAGE_BROKEN = 1u << 7,       /* err is set; nothing else but dir,
	                                 * name and flags counts */
	PACKAGE_INSTALLS = 1u << 8,     /* it can be installed */
	PACKAGE_LEAVES_TREE = 1u << 9,  /* what builds it writes nothing into
	                                 * its directory */
	PACKAGE_DYNAMIC = 1u << 10,     /* what is installed of it is not all in
	                                 * pyproject.toml */
};

struct package {
	struct str dir;         /* from the root; "" is the root */
	struct str name;        /* as written */
	struct str norm;        /* normalised: what is compared */
	struct str manifest;    /* from the root: the file that the name is
	                         * from; "" if none */
	int name_line;
	unsigned flags;
	struct err err;         /* why the package is blocked */

	bool has_requires;
	struct pep440_set requires;     /* requires-python */
	struct str requires_path;       /* from the root */
	int requires_line;
	struct str *classifiers;        /* "3.11" of "Programming Language ::
	                                 * Python :: 3.11", as written order */
	size_t nclassifiers;

	struct dependency *deps;
	size_t ndeps;
	struct config_list groups, extras;      /* their names, normalised,
	                                         * those of empty ones too */
	struct source_ref *sources;
	size_t nsources;

	/* Directories that go on sys.path when the package is installed or run
	 * in place, from the root, best first: what the build backend's table
	 * says (package-dir, where, from, packages ...), src; the package's
	 * directory last. pytest's pythonpath is in struct pytestcfg. */
	struct str *roots;
	size_t nroots;

	struct config config;   /* own settings over the root's */
};

struct project {
	struct arena arena;
	struct str root;                /* absolute */
	struct package *packages;       /* sorted by dir; at least one */
	size_t npackages;
	bool workspace;                 /* there is a [tool.uv.workspace] */
	struct warnings warnings;
};

/* Reads every package among the files of d. A broken manifest, or a name that
 * two packages have, sets err of the packages concerned and blocks no others.
 * A directory inside another package's tests, test, testdata, test_data or
 * fixtures directory is data, not a package, unless it is a workspace member.
 * -1: only if the root itself cannot be read. */
int project_load(struct project *p, const struct discovery *d,
	struct err *err);
/* The same with a profile of [tool.tgraph] (config_read); NULL: none. */
int project_load_profile(struct project *p, const struct discovery *d,
	const char *profile, struct err *err);
/* Accepts a zeroed project; errs of packages are released too. */
void project_release(struct project *p);
/* The package that the file at path (from the root) belongs to: the nearest
 * directory upwards; NULL if there is none (never, as the root is one). */
const struct package *project_owner(const struct project *p, struct str path);
/* By name (normalised before comparing) or by directory; NULL: none. */
const struct package *project_find(const struct project *p, struct str name);
/* PEP 503: lower case, runs of [-_.] are one '-'. */
struct str project_norm(struct arena *a, struct str name);

#endif
