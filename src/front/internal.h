/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_FRONT_INTERNAL_H
#define TG_FRONT_INTERNAL_H

#include "front/front.h"
#include "graph/load.h"
#include "python/index/index.h"
#include "python/index/store.h"
#include "python/pytest/options.h"
#include "python/pytest/pytestcfg.h"
#include "util/hash.h"

struct installed_stats;

/* Words of options; the array is owned. */
struct front_words {
	struct str *v;
	size_t n, cap;
};

/* How coverage of a package is measured and reported. */
struct front_cover {
	bool wanted;            /* by addopts */
	bool on, off;           /* off: by addopts */
	bool whole;             /* of everything, whatever source names */
	bool branch;
	bool each;              /* a context for each test */
	bool quiet;             /* without any report, no text either */
	struct str dir;         /* from the root: where coverage is started */
	struct str config;      /* from the root; n 0: where coverage finds it */
	struct str under;       /* a number; n 0: as configured */
	struct front_words source, report;
	struct front_words files;       /* that hold the configuration */
	struct front_words data;        /* what the package's tests leave */
	const struct front_env *env;    /* of the first of them */
};

/* What is worked out for one package. */
struct front_package {
	struct pytestcfg cfg;
	bool loaded;
	uint32_t *tests;        /* modules, in order of path */
	size_t ntests, tests_cap;
	size_t ntexts;                  /* the last of them are no Python */
	uint32_t *units;        /* modules, in order of path: what unittest is
	                         * given; none if pytest runs them all */
	size_t nunits, units_cap;
	uint32_t *collectors;   /* modules: conftests and plugins that may
	                         * make tests of other files */
	size_t ncollectors, collectors_cap;
	bool needs_pytest;      /* only pytest can run a test or conftest
	                         * file */
	struct str pytest_file; /* the first one of these */
	struct front_cover cover;
};

struct front_private {
	struct front_package *pkg;      /* by package */
	struct test_index index;
	struct scan_store scans;
	struct pytest_options options;
	struct scan_file *files;        /* by module */
	char **paths;                   /* theirs, NUL-terminated */
	struct digest tools_sum;        /* what front_remember_tools has to
	                                 * write; none: nothing */
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
	uint32_t rule_combine, rule_report;     /* of coverage; 0: none */
	uint32_t rule_venv, rule_uv;    /* of environments; 0: none */
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

/* A list of paths being put together. */
struct paths {
	struct str *v;
	size_t n, cap;
};

/* One run: some files of a package under one interpreter. */
struct front_run {
	size_t package;
	const struct matrix_row *row;
	const struct front_env *env;
	const uint32_t *tests;          /* modules */
	size_t ntests;
	struct str file;                /* what the run is called by */
	bool place;                     /* it may depend on where it lies */
	bool covers;                    /* it measures coverage */
	uint32_t names;                 /* as a group's */
	bool others;                    /* not tests[0] itself, but the files
	                                 * that its hook makes tests of; without
	                                 * any, the hooks of installed plugins */
};

/* Variables of a run's step. */
enum { FRONT_VARS = 28 };

struct front_vars {
	struct ninja_var v[FRONT_VARS];
	size_t n;
};

/* Finds the tests of every package and resolves imports. */
int front_scan(struct front *f, const struct state *s, struct err *err);
/* Finds the packages' collectors, once imports are resolved. */
void front_collectors(struct front *f);
/* Finds the files that packages give to unittest, after that. */
void front_units(struct front *f);
/* Could a plugin that is installed for an interpreter make tests of files that
 * are none by their names? */
bool front_plugins_collect(const struct interp *in);
/* Makes the statements. */
int front_emit(struct front *f, struct graph *g, struct err *err);

/* --- front_paths.c: what makes statements has in common --- */

/* Adds a path to a list; the caller frees its v. */
void paths_add(struct paths *p, struct str path);
/* The path of a module's file, from the root. */
struct str front_file(const struct emit *e, uint32_t module);
/* path as it is named in the graph: from the root if it is below it. */
struct str front_graph_name(struct front *f, struct str abs);
/* build NAME: phony PATHS, with tg_kind and what it is of (see graph_kind_of;
 * n 0: nothing). The last nimplicit paths are implicit inputs: of a group, what
 * its modules import, where the others are the modules. */
int front_phony(struct emit *e, enum graph_kind kind, struct str of,
	struct str name, const struct paths *p, size_t nimplicit);

/* --- front_groups.c --- */

/* Makes the node of every Python file unless it is made: what a step depends
 * on that may import anything. */
int front_all_python(struct emit *e);
/* Makes the node of a group. Groups come dependencies first, so those of a
 * group have their nodes. */
int front_group(struct emit *e, uint32_t id);
/* Makes a node of all files of each package that are not Python. */
int front_data(struct emit *e);
/* Files that are no one's input are nodes too, so that the state knows the
 * digest of every file of the repository. */
int front_rest(struct emit *e);
/* Says of the environments' stamps that they are such. */
int front_envs(struct emit *e);

/* --- front_pools.c --- */

/* Makes the pools that the options and packages ask for. */
int front_pools(struct emit *e);
/* The pool of a package's steps: a name in ninja's format, of its own for each
 * directory. What a name cannot have is _ and two digits. */
struct str front_package_pool(struct arena *a, struct str dir);
/* The pool of a version's steps. */
struct str front_version_pool(struct arena *a, struct str version);

/* --- front_limits.c: [[tool.tgraph.group]] --- */

/* Makes a pool for each. */
int front_limit_pools(struct emit *e);
/* Is a file of the run in one? */
bool front_is_limited(const struct emit *e, const struct front_run *r);
/* The variables that the run is given by its groups, "{slot}" as it stands
 * there, as words; empty: none. */
struct str front_limit_key(struct emit *e, const struct front_run *r);

struct front_limits {
	struct str pool;        /* the binding pool */
	struct str more;        /* tg_pools; each empty: none */
	struct str slots;       /* tg_slots */
};

/* What a run is bound by, where pool would be its pool without groups; in the
 * scratch arena. */
void front_run_limits(struct emit *e, const struct front_run *r,
	struct str pool, struct front_limits *out);

/* --- front_isolation.c --- */

/* How a run's process is to be kept apart from those of others. */
enum config_isolation front_isolation(const struct emit *e,
	const struct front_run *r);
/* Is the run never up to date (cache = false for one of its files)? */
bool front_always(const struct emit *e, const struct front_run *r);
/* Calls see for each list of this key (CONFIG_ENV or CONFIG_INPUTS) that settings
 * have for the path of one of the run's files, in the package or the root. */
void front_path_lists(const struct emit *e, const struct front_run *r,
	unsigned what, void (*see)(void *ctx, const struct package *pkg,
		const struct config_list *list), void *ctx);
/* Does a list of globs from a package's directory name a path (from the
 * root)? */
bool front_names(const struct package *pkg, const struct config_list *list,
	struct str path);
/* May the items of its file run in several processes at once? */
bool front_splits(const struct emit *e, const struct front_run *r);

/* --- front_coverage.c --- */

/* Finds out how coverage of a package is measured, by the options and addopts.
 */
void front_cover_read(struct front *f, size_t package);
void front_cover_release(struct front_cover *c);
/* Is the path, or a directory above it, a report of coverage? */
bool front_cover_makes(const struct front *f, struct str path);
/* Where a report ("html:DIR") goes that is a file or directory; n 0: it is
 * none. */
struct str front_cover_file(struct str report);
/* Does the run measure coverage? 1 yes, 0 no, -1 it can't. */
int front_covers(struct emit *e, const struct front_run *r, bool pytest);
/* Writes the words for that; returns the path of the data that the run leaves,
 * which lives as long as the front. */
struct str front_cover_args(struct emit *e, const struct front_run *r,
	struct str stem, struct buf *b);
/* The run's step is made: its data count, if they are to. */
void front_cover_add(struct emit *e, const struct front_run *r,
	struct str data);

/* --- front_cover_steps.c --- */

/* Makes the steps that put together and report, if anything is measured. */
int front_cover_steps(struct emit *e);

/* --- front_args.c --- */

/* Appends an option (or NULL) and a value to the words of a command, as the
 * shell takes them. */
void arg_add(struct buf *b, const char *option, struct str value);
/* Did the user ask for some of the tests in the run's files? */
bool front_run_is_partial(const struct emit *e, const struct front_run *r);
/* The words that say which. */
void front_partial_args(struct emit *e, const struct front_run *r,
	struct buf *b);
/* What the names of the run's results begin with. They are below the
 * version's directory, beside each other. A partial run has a name of its own:
 * it never stands for the whole. */
struct str front_run_stem(struct emit *e, const struct front_run *r,
	struct str partial);
/* Writes the words of the run's command. */
void front_run_args(struct emit *e, const struct front_run *r, bool pytest,
	struct str stem, struct str partial, struct buf *b);

/* --- front_vars.c --- */

/* Fills in the variables of the run's step, args among them; what they point
 * to is in the scratch arena. */
void front_run_vars(struct emit *e, const struct front_run *r, bool pytest,
	struct str stem, struct str args, struct front_vars *vars);

/* --- front_tests.c --- */

/* Makes the steps of a package under one version. */
int front_tests(struct emit *e, const struct matrix_row *row);

/* --- front_rules.c --- */

/* Reads the rule files and the user's manifest, whose steps are then in user.
 */
int front_rules(struct emit *e, struct err *err);

/* --- front_chosen.c --- */

/* Do include, exclude and tests of [tool.tgraph] let this file of the package
 * be a test? */
bool front_may_test(const struct package *pkg, struct str path);
/* A path (from the root) as seen from the package's directory; as it is if it
 * does not lie below. It is a part of path. */
struct str front_within(const struct package *pkg, struct str path);
/* Is its name one of those that unittest discovery looks for? */
bool front_unit_name(struct str path);
/* Does one of the globs match path, or name a directory above it? */
bool front_glob(const struct config_list *list, struct str path);

/* --- front_rows.c --- */

/* Which runner a package's tests use under this interpreter. */
bool front_uses_pytest(const struct front *f, size_t package,
	const struct interp *in);

/* --- front_env.c --- */

/* What is installed for an interpreter. keep: let the next one know what was
 * read. stats are asked for while tests run, and NULL before: only then
 * progress is shown. */
int front_env_digest(struct front *f, const struct interp *in, bool keep,
	struct digest *out, struct installed_stats *stats, struct err *err);
/* Adds an environment, to be filled in. */
struct front_env *front_env_add(struct front *f, size_t interp);
/* The file of its stamp, which ends in ".env" and is copied. */
void front_env_name(struct front *f, struct front_env *env, struct str stamp);
/* The row's environment, NULL if it has none. */
const struct front_env *front_env_of(const struct front *f,
	const struct matrix_row *row);
/* Digests the environments of all rows that run. */
int front_load_envs(struct front *f, struct err *err);

/* --- front_made.c --- */

/* Finds out which environments are to be made for the rows of the matrix, and
 * which of them are there: these rows' interpreters are then theirs. A mistake
 * in what a package asks for blocks it. */
int front_find_made(struct front *f, struct err *err);
void front_release_made(struct front *f);
/* Is the environment in a directory as it was made? */
bool front_made_intact(struct str dir);
/* The directory of the environment of ours that an interpreter is of; n 0: of
 * none. A part of interp. */
struct str front_made_dir(const struct front *f, struct str interp);
/* Adds the variables that say where installers find packages, without
 * passwords. */
void front_index_env(struct buf *b);
/* Makes their steps. */
int front_made_steps(struct emit *e);

/* --- front_tools.c --- */

/* Could the file have been edited after it was read, without a trace in its
 * signature? As git's index has it: if it is as young as the walk. */
bool front_is_racy(const struct front *f, const struct file_sig *sig);

/* Fills in f->tools; f->begun must be set. What it was for files of the same
 * signatures is taken from the state directory. */
int front_tools(struct front *f, struct err *err);
/* Writes that down, unless it is known or the files are too young to vouch for
 * it. What fails only costs the next run some time. */
void front_remember_tools(const struct front *f);

/* --- front_stamps.c --- */

/* Is no stamp missing? The tests that need it could never run. */
bool front_stamps_there(const struct front *f, const struct graph *g);
/* Writes those that differ. Also where the graph is as it was: a run that was
 * killed, or a tool, may have left those of another moment. */
int front_write_stamps(const struct front *f, struct err *err);

#endif
