/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_FRONT_INTERNAL_H
#define TG_FRONT_INTERNAL_H

#include "front/front.h"
#include "graph/load.h"
#include "python/index/index.h"
#include "python/index/store.h"
#include "python/pytest/pytestcfg.h"
#include "util/hash.h"

/* What is worked out for one package. */
struct front_package {
	struct pytestcfg cfg;
	bool loaded;
	uint32_t *tests;        /* modules, in order of path */
	size_t ntests, tests_cap;
	size_t ntexts;                  /* the last of them are no Python */
	uint32_t *collectors;   /* modules: conftests and plugins that may
	                         * make tests of other files */
	size_t ncollectors, collectors_cap;
	bool needs_pytest;      /* only pytest can run a test or conftest
	                         * file */
	struct str pytest_file; /* the first one of these */
};

struct front_private {
	struct front_package *pkg;      /* by package */
	struct test_index index;
	struct scan_store scans;
	struct scan_file *files;        /* by module */
	char **paths;                   /* theirs, NUL-terminated */
};

/* A step of the user's manifest. */
struct user_step {
	struct str *outs, *ins;         /* all inputs */
	size_t nouts, nins;
	bool phony;
	bool after;             /* it needs a result of a test */
};

/* While statements are made. */
enum known { KNOWN_NOT, KNOWN_NO, KNOWN_YES };

struct emit {
	struct front *f;
	struct graph_build gb;
	uint32_t rule_test;
	struct buf *texts;              /* manifests' contents */
	size_t ntexts, texts_cap;
	struct str *group_node;         /* by group; p NULL: not made yet */
	struct str *data_node;          /* by package */
	enum known *plugins_collect;    /* by interpreter: see
	                                 * front_plugins_collect */
	struct str all_node;            /* every Python file; n 0: not made */
	struct arena scratch;           /* of the step that is being made */
	struct err *err;
	struct str env_base;            /* tg_env of the rules */
	char tools[17];                 /* short hex of f->tools */
	struct user_step *user;
	size_t nuser, user_cap;
	struct map after, made;         /* outputs of those that are after, and
	                                 * of the others */
};

/* Finds the tests of every package and resolves imports. */
int front_scan(struct front *f, const struct state *s, struct err *err);
/* Finds the packages' collectors, once imports are resolved. */
void front_collectors(struct front *f);
/* Could a plugin that is installed for an interpreter make tests of files that
 * are none by their names? */
bool front_plugins_collect(const struct interp *in);
/* Makes the statements. */
int front_emit(struct front *f, struct graph *g, struct err *err);
/* The row's environment, NULL if it has none. */
const struct front_env *front_env_of(const struct front *f,
	const struct matrix_row *row);
/* Reads the rule files and the user's manifest, whose steps are then in user.
 */
int front_rules(struct emit *e, struct err *err);
/* Does one of the globs match path, or name a directory above it? */
bool front_glob(const struct config_list *list, struct str path);
/* Which runner a package's tests use under this interpreter. */
bool front_uses_pytest(const struct front *f, size_t package,
	const struct interp *in);

#endif
