/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SESSION_OPTIONS_H
#define TG_SESSION_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"
#include "util/str.h"

/* A list of option values, in order; the strings are argv's. */
struct option_list {
	const char **v;
	size_t n, cap;
};

/* The command line. Zeroed but for what options_parse sets; strings are
 * argv's. */
struct options {
	bool ninja;             /* called through a link named ninja */
	const char *prog;       /* "tgraph" or "ninja" */

	const char *dir;        /* -C */
	const char *file;       /* -f; NULL: not given */
	int jobs;               /* -j; 0: no limit */
	bool jobs_given;
	int keep;               /* -k; 0: never stop */
	bool keep_given;
	double load;            /* -l */
	bool dry_run, verbose, quiet;
	bool explain, stats, keep_depfile, keep_rsp;    /* -d */
	bool phony_cycle_error; /* -w phonycycle=err */
	const char *tool;       /* -t */

	struct option_list python, packages, cache;
	struct option_list pytest;      /* for pytest, and part of the key */
	struct option_list shows;       /* for pytest, but only of how a result
	                                 * is shown */
	struct option_list owned;       /* words of those two, to be freed */
	struct option_list versions;    /* that targets name */
	bool all_pythons;       /* also implied by the next two */
	bool prerelease, require_all, serial_packages, expand;
	bool rerun, failed, no_cache, cache_read_only, last, no_wait;
	bool last_failed;       /* failed, but everything if nothing has */
	bool debug, show;       /* run in the foreground; say how that is done */
	bool pdb;               /* the same of what fails, after the run */
	bool durations_given;   /* show the slowest tests, */
	int durations;          /* so many; 0: all, */
	double durations_min;   /* that took so many seconds */
	const char *report_chars;       /* pytest's -r; NULL: not given */
	int maxfail;            /* stop after so many failed tests; 0: never */
	int verbosity;          /* how often -v was given */
	bool no_workers;
	int package_jobs, version_jobs, retries;
	/* Coverage; each of the first lines says that it is measured. */
	bool coverage, coverage_branch, no_coverage;
	struct option_list coverage_source, coverage_report;
	const char *coverage_under;     /* a number */
	double timeout;
	uint64_t min_memory;    /* bytes */
	uint64_t cache_size;    /* bytes; 0: default */
	const char *profile;    /* of [tool.tgraph]; NULL: not given */
	const char *isolation;  /* one that config_isolation knows */
	const char *environment;        /* one that config_environment knows */
	/* Where environments come from. */
	const char *default_index, *index_strategy;
	struct option_list index, find_links;
	bool no_index, offline;
	const char *color, *match, *pytest_k, *pytest_m, *junit, *json, *trace;
	const char *since;      /* a revision; NULL: not given */
	const char *jobserver;  /* as sched_opts.jobserver */
	const char *for_python; /* the first option, without dashes, that means
	                         * nothing but in a Python repository */

	char **args;            /* what is left: targets, or the tool's words */
	int nargs;
	int nafter;             /* the last of them stood behind "--"; see
	                         * pytest_words.h */
	char **own_args;        /* args, if they are not argv's; owned */
};

enum options_end {
	OPTIONS_RUN,            /* go on */
	OPTIONS_EXIT,           /* *code says how: help, version, lists */
};

/* The version of ninja that a link of that name answers with. */
extern const char options_ninja_version[];

/* Parses argv (permuted). Prints help, version and lists itself; a mistake is
 * an err with code EXIT_USAGE (1 as ninja). The lists are freed by
 * options_release. */
int options_parse(struct options *o, int argc, char **argv,
	enum options_end *end, int *code, struct err *err);
void options_release(struct options *o);
void option_list_add(struct option_list *l, const char *v);
/* Takes an option by pytest's name ("--maxfail", "-k") that means the same
 * here; value may be NULL. 1 taken, 2 there is none such, -1 error. */
int options_take_pytest(struct options *o, struct str name, const char *value,
	struct err *err);
/* Notes the versions of targets such as py3.12 and package@3.12. */
void options_find_versions(struct options *o);
/* Steps at once, without -j. */
int options_default_jobs(void);
/* What -h says: to standard output, and what a program called ninja says, as
 * that to standard error. */
void options_help(void);
void options_ninja_help(const struct options *o);
/* The exit code of a mistake of the user's: EXIT_USAGE, as ninja 1. */
int options_usage_code(const struct options *o);

#endif
