/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_FRONT_FRONT_H
#define TG_FRONT_FRONT_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/graph.h"
#include "python/imports/modules.h"
#include "python/interp/interp.h"
#include "python/items/items.h"
#include "python/matrix/matrix.h"
#include "python/project/needs.h"
#include "python/project/project.h"
#include "python/tree/discover.h"
#include "state/state.h"
#include "util/arena.h"
#include "util/digest.h"
#include "util/err.h"
#include "util/file.h"

/* The Python front end: finds packages, interpreters and test files of a
 * repository, works out what each test file depends on, and says it all in
 * statements of ninja's format. */

/* Part of a file's tests, as the user named it. */
struct front_select {
	struct str file;        /* from the root */
	struct str id;          /* "TestX::test_y[1]" */
	bool failed;            /* it did: if there is no such item any more,
	                         * the others that did count, or else all */
};

/* How coverage is measured. */
struct front_coverage {
	bool on;                /* everywhere, whatever addopts say */
	bool off;               /* nowhere */
	bool branch;
	const char *const *source;      /* n 0: as configured */
	size_t nsource;
	const char *const *report;      /* kinds, with ":PATH" from the root; n
	                                 * 0: as addopts have it */
	size_t nreport;
	const char *under;      /* a number, or NULL */
	bool chosen;            /* only these data are put together: */
	const struct str *only;
	size_t nonly;
};

struct front_opts {
	const char *root;       /* absolute; also the working directory */
	const char *state_dir;  /* from the root: ".tgraph" */
	const char *rules_dir;  /* absolute: python.ninja, python-releases */
	const char *releases;   /* a table of releases to be used instead of
	                         * that one, or NULL */
	const char *pytgraph;   /* absolute: the directory of the Python side */
	const char *version;    /* of this program */
	const char *user_manifest;      /* tgraph.ninja, or NULL */
	struct matrix_opts matrix;
	unsigned threads;       /* 0: as many as processors */
	int package_jobs, version_jobs; /* 0: no limit of their own */
	bool serial_packages;
	bool require_all;       /* --require-all-pythons */
	const char *profile;    /* of [tool.tgraph], or NULL */
	bool profile_asked;     /* by name: it has to be there */
	const char *environment;        /* of every package, likewise; or
	                                 * NULL */
	struct config_index index;      /* what is set in it comes before what
	                                 * is configured */
	const char *isolation;  /* of every file, whatever is configured: a
	                         * word that config_isolation knows; or NULL */
	struct front_coverage coverage;
	bool read_only;         /* nothing is written: see front_pretend */
	const char *pytest_k, *pytest_m;        /* NULL: none */
	const char *const *pytest;      /* more words for pytest */
	size_t npytest;
	const struct front_select *select;      /* partial runs of files */
	size_t nselect;
	const struct str *own;  /* files and directories, from the root, that
	                         * are this program's and no inputs */
	size_t nown;
	const char *match;      /* pattern over node ids, or NULL */
	void (*progress)(void *ctx, uint32_t done, uint32_t total,
		uint32_t failed);       /* scanning; may be NULL */
	/* Reading installed packages, in bytes; from any thread, one at a
	 * time. May be NULL. */
	void (*digesting)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
};

/* Where environments of ours are, below the state's directory. */
#define FRONT_MADE_DIR "envs"

/* The file in one of them that is written when all else is there
 * (pytgraph/command/environment.py says what is in it). */
#define FRONT_MADE_STAMP "tgraph.made"

/* An environment that is made for tests. */
struct front_made {
	struct str name;        /* 16 digits of the digest of all that says how
	                         * it is to be */
	struct str dir, stamp;  /* from the root */
	enum config_environment with;
	const struct config_index *index;
	struct needs needs;
	size_t base;            /* in interps: what it is made with */
	size_t interp;          /* its own; SIZE_MAX: it is not made yet */
	size_t package;         /* the first that uses it, under */
	struct str version;
	size_t nrows;           /* of the matrix, that use it */
	bool stamped;           /* there was a stamp when it was looked at */
	bool used;              /* there are tests that could run in it */
};

/* An interpreter that test steps use. */
struct front_env {
	size_t interp;          /* in interps */
	struct digest digest;   /* of interpreter and installed packages */
	struct str stamp;       /* file that holds them, from the root */
	struct str place;       /* and one that says where the interpreter is */
};

struct front {
	const struct front_opts *o;
	struct arena arena;
	struct discovery d;
	struct project p;
	struct interps in;
	struct releases releases;
	struct matrix matrix;
	struct modules m;
	struct front_made *made;
	size_t nmade, made_cap;
	size_t *row_made;       /* by row of the matrix: in made, or SIZE_MAX */
	struct front_env *envs;
	size_t nenvs, envs_cap; /* after front_load or front_current */
	struct str links;       /* a file of where the symlinks to directories
	                         * lead, from the root; n 0: there are none */
	struct digest tools;    /* of this program, pytgraph and the rules */
	int64_t begun;          /* wall clock when the walk began, ns */
	uint64_t sum;           /* of all that the graph is made from */
	uint32_t nfailed;       /* files whose scan has an error */
	uint32_t ntests;        /* test steps made */
	bool looked;            /* front_current was asked */
	struct front_private *priv;
};

/* Looks at the repository (directory walk, interpreters, environments). f must
 * be zeroed; o must outlive it. */
int front_begin(struct front *f, const struct front_opts *o, struct err *err);
/* Is the state's graph what front_load would make? Looks at the nodes of all
 * files (state_look_sigs). 1 yes, 0 no, -1 error. */
int front_current(struct front *f, struct state *s, struct err *err);
/* Makes the graph, into a zeroed one. s may be empty; it is asked for digests
 * only. Troubles of single packages are in f->p.packages[].err and in the
 * project's warnings. */
int front_load(struct front *f, struct graph *g, const struct state *s,
	struct err *err);
/* With read_only, after the state speaks of the graph: tells it what the files
 * that front_load would have written hold. */
void front_pretend(const struct front *f, struct state *s);
/* Looks again at the n-th environment: 1 it is as it was (and *newest is what was
 * last written in it), 0 it is not. After front_load, or a front_current that
 * said yes. */
int front_env_look(struct front *f, size_t n, struct file_sig *newest);
/* The same of symlinks to directories: *newest is that of the one that was made
 * last. */
int front_links_look(const struct front *f, struct file_sig *newest);
/* Leaves with the state what front_current needs next time. */
void front_remember(const struct front *f, struct state *s);
void front_release(struct front *f);

/* The test items that the text of a test file (path from the root) has, by
 * pytest's rules and configuration or unittest's; in the arena. After
 * front_load. 1 found, 0 no such Python file. */
int front_items(struct front *f, struct str path, bool pytest,
	struct arena *a, struct scan_items *out);

/* The file of a package (by number) that only pytest can run; "" if there is
 * none. After front_load. */
struct str front_pytest_file(const struct front *f, size_t package);

/* Does exclude of [tool.tgraph] leave a path (from the root) out? */
bool front_excludes(const struct front *f, struct str path);

/* Would a file of this path (from the root) be a test file, or a conftest, if it
 * was there? After front_load. */
bool front_collects(struct front *f, struct str path);

/* Where coverage is put together and reported (from the root): apart for runs
 * that may go on at the same time, as they have a state of their own. */
void front_cover_dir(const struct front_opts *o, struct buf *out);

/* The names of modules that addopts and PYTEST_PLUGINS make pytest load for a
 * package's tests. After front_load. */
size_t front_plugins(const struct front *f, size_t package,
	const struct str **names);

/* Do inputs of [tool.tgraph] of a package, for all of its files or some, name a
 * path (from the root)? */
bool front_is_input(const struct package *pkg, struct str path);

/* Is it something that tools of the tests leave behind, and no input? */
bool front_is_leftover(struct str path);

/* Is a package's row run by pytest? After front_load. */
bool front_row_pytest(const struct front *f, const struct matrix_row *row);

/* Where pytest is run for a package's tests, absolute; "" if that could not be
 * read. After front_load. */
struct str front_pytest_dir(const struct front *f, size_t package);

/* Why a path (from the root) is no test file whatever its name: left out on
 * purpose, by settings of ours or because it lies where nothing is looked for.
 * Text, appended; false: it is not left out. After front_load. */
bool front_left_out(const struct front *f, struct str path, struct buf *why);

/* The options in addopts that pytest is not given, as tgraph decides what they are
 * for: a line for each file that has such, "FILE: WORD...". After front_load. */
void front_dropped(struct front *f, struct buf *out);

/* The environment that is made for a package's row, NULL: it has none; is it
 * still to be made? After front_load. */
const struct front_made *front_row_made(const struct front *f,
	const struct matrix_row *row);
bool front_row_unmade(const struct front *f, const struct matrix_row *row);

/* Does a package's row run, and if not why: text, or NULL if it does. */
const char *front_row_skipped(const struct front *f,
	const struct matrix_row *row);

#endif
