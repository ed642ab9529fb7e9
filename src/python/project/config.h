/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_PROJECT_CONFIG_H
#define TG_PYTHON_PROJECT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/err.h"
#include "util/str.h"

struct toml;

/* Not fatal; collected for the caller to report. */
struct warning {
	struct str path, msg;
	int line, col;
	struct warning *next;
};

struct warnings {
	struct warning *first, *last;
};

/* Appends a formatted warning, in a. */
void warnings_add(struct warnings *w, struct arena *a, struct str path,
	int line, int col, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

enum config_granularity { GRANULARITY_FILE, GRANULARITY_PACKAGE };
enum config_runner { RUNNER_AUTO, RUNNER_PYTEST, RUNNER_UNITTEST };
/* How far test files are kept apart from each other. */
enum config_isolation {
	ISOLATION_FORK,         /* each in a process forked from one that has
	                         * loaded what it would load first */
	ISOLATION_PROCESS,      /* each in one of its own from the start */
	ISOLATION_BATCH,        /* up to eight of a directory in one; what does
	                         * not pass counts only alone */
	ISOLATION_SHARED,       /* all that a worker is given in one */
};

/* Where tests find what they need. */
enum config_environment {
	ENVIRONMENT_ACTIVE,     /* in the interpreter, as it is */
	ENVIRONMENT_VENV,       /* in one that is made for them, by venv and
	                         * pip */
	ENVIRONMENT_UV,         /* the same, by uv */
};

/* Which keys were given: */
enum config_set {
	CONFIG_PYTHON = 1u << 0,
	CONFIG_GRANULARITY = 1u << 1,
	CONFIG_RUNNER = 1u << 2,
	CONFIG_TIMEOUT = 1u << 3,
	CONFIG_RETRIES = 1u << 4,
	CONFIG_JOBS = 1u << 5,
	CONFIG_ENV = 1u << 6,
	CONFIG_PRELOAD = 1u << 7,
	CONFIG_INCLUDE = 1u << 8,
	CONFIG_EXCLUDE = 1u << 9,
	CONFIG_TESTS = 1u << 10,
	CONFIG_INPUTS = 1u << 11,
	CONFIG_ISOLATION = 1u << 12,
	CONFIG_PATH = 1u << 13,
	CONFIG_GROUP = 1u << 14,
	CONFIG_SPLIT = 1u << 15,
	CONFIG_CACHE = 1u << 16,
	CONFIG_FUNCTIONS = 1u << 17,
	CONFIG_ENVIRONMENT = 1u << 18,
	CONFIG_GROUPS = 1u << 19,
	CONFIG_EXTRAS = 1u << 20,
	CONFIG_REQUIREMENTS = 1u << 21,
	CONFIG_CONSTRAINTS = 1u << 22,
	CONFIG_DEFAULT_INDEX = 1u << 23,
	CONFIG_INDEX = 1u << 24,
	CONFIG_FIND_LINKS = 1u << 25,
	CONFIG_NO_INDEX = 1u << 26,
	CONFIG_INDEX_STRATEGY = 1u << 27,
	CONFIG_OFFLINE = 1u << 28,
};

struct config_list {
	struct str *v;
	size_t n;
};

/* One [[tool.tgraph.path]]: what differs for some files. */
struct config_path {
	struct config_list paths;       /* globs, from the package's directory */
	unsigned set;                   /* CONFIG_ISOLATION, _SPLIT, _CACHE,
	                                 * _INPUTS, _ENV */
	enum config_isolation isolation;
	bool split;
	bool cache;
	struct config_list inputs;      /* globs, from the package's directory */
	struct config_list env;
};

struct config_paths {
	struct config_path *v;
	size_t n;
};

/* A variable that a test finds: "{slot}" in the value stands for the number of
 * its slot. */
struct config_env {
	struct str name, value;
};

/* One [[tool.tgraph.group]]: files that must not meet, or not too many. */
struct config_group {
	struct config_list paths;       /* globs, from the package's directory */
	int limit;                      /* of those that run at once */
	struct config_env *env;
	size_t nenv;
};

struct config_groups {
	struct config_group *v;
	size_t n;
};

/* Where installers look for packages. */
struct config_index {
	struct str default_index;       /* n 0: the installer's */
	struct config_list index;       /* more of them */
	struct config_list links;       /* directories, from the root, and
	                                 * pages */
	bool none;                      /* nothing but links */
	struct str strategy;            /* uv's; n 0: its own */
	bool offline;
};

/* [tool.tgraph]. Zeroed: all defaults. */
struct config {
	unsigned set;                   /* enum config_set */
	struct config_list python;      /* "3.12", "3.13" */
	int python_line;
	enum config_granularity granularity;
	enum config_runner runner;
	double timeout;                 /* seconds; 0: none */
	int retries;
	int jobs;                       /* this package's steps at once; 0: no
	                                 * limit of its own */
	struct config_list env;         /* names of environment variables that
	                                 * tests see and keys hold */
	struct config_list preload;     /* modules the worker imports */
	struct config_list include, exclude;    /* globs of test files and
	                                         * directories, from the
	                                         * package's directory */
	struct config_list tests;       /* paths to look for tests in */
	struct config_list inputs;      /* globs of files every test of the
	                                 * package depends on */
	enum config_isolation isolation;
	bool split;                     /* items of a long file may run in
	                                 * several processes at once */
	bool cache;                     /* if CONFIG_CACHE is set; false: the
	                                 * tests are always run */
	bool functions;         /* it is noted which functions items enter */
	struct config_paths path;       /* of those that fit, the last that says
	                                 * it counts; all inputs and env do */
	struct config_groups group;     /* all that fit count */
	enum config_environment environment;
	struct config_list groups;      /* of [dependency-groups], */
	struct config_list extras;      /* of the package, */
	struct config_list requirements;        /* and files, from the root:
	                                         * what its tests need */
	struct config_list constraints; /* files, from the root */
	struct config_index index;
	bool has_profile;       /* it has the one that was asked for */
};

/* Reads the table [tool.tgraph] of the file called path (for messages). A
 * wrong type or value: -1 with the line. An unknown key: a warning with a
 * suggestion. table NULL: c is all defaults. The keys of the table profile.NAME
 * in it, where NAME is profile (NULL: none), take the place of those outside. */
int config_read(struct config *c, struct arena *a, const struct toml *table,
	const char *profile, struct str path, struct warnings *warn,
	struct err *err);
/* Keys that c does not set are taken from up (the root's settings), except
 * paths and globs, which mean the package they are written in, and what depends
 * on them (isolation, split, cache). */
void config_inherit(struct config *c, const struct config *up);

/* The same of the words of environment. */
int config_environment(const char *word);
extern const char config_environment_words[];
/* The index strategy of this name; NULL: there is none. */
const char *config_strategy(const char *word);
extern const char config_strategy_words[];
/* Does the address of an index hold a name or a password? What is told, and
 * what is kept, must not. */
bool config_has_secret(struct str url);

/* The isolation of this name; -1: there is none. */
int config_isolation(const char *word);
/* All of them, for messages. */
extern const char config_isolation_words[];

#endif
