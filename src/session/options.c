/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "session/options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "python/project/config.h"
#include "python/pytest/keyword.h"
#include "python/pytest/options.h"
#include "python/version/releases.h"
#include "session/hints.h"
#include "session/index.h"
#include "session/session.h"
#include "util/mem.h"
#include "util/os.h"
#include "util/path.h"

enum {
	OPT_VERSION = 256, OPT_QUIET, OPT_PYTHON, OPT_ALL, OPT_PRERELEASE,
	OPT_REQUIRE_ALL, OPT_PACKAGE, OPT_PACKAGE_JOBS, OPT_VERSION_JOBS,
	OPT_SERIAL, OPT_EXPAND, OPT_COLOR, OPT_FAIL_FAST, OPT_TIMEOUT,
	OPT_RETRIES, OPT_MATCH, OPT_PYTEST_K, OPT_PYTEST_M, OPT_RERUN,
	OPT_FAILED, OPT_NO_CACHE, OPT_LAST, OPT_CACHE, OPT_CACHE_RO,
	OPT_CACHE_SIZE, OPT_JUNIT, OPT_JSON, OPT_JOBSERVER,
	OPT_JOBSERVER_STYLE, OPT_NO_WAIT, OPT_NO_WORKERS, OPT_MIN_MEMORY,
	OPT_TRACE, OPT_ISOLATION, OPT_SINCE, OPT_EXITFIRST, OPT_MAXFAIL,
	OPT_LAST_FAILED, OPT_FAILED_FIRST, OPT_TB, OPT_SHOWLOCALS,
	OPT_DEBUG, OPT_SHOW, OPT_PDB, OPT_DURATIONS, OPT_DURATIONS_MIN,
	OPT_PROFILE,
	OPT_COVERAGE, OPT_COVERAGE_BRANCH, OPT_COVERAGE_REPORT,
	OPT_COVERAGE_UNDER, OPT_NO_COVERAGE,
	OPT_ENVIRONMENT, OPT_DEFAULT_INDEX, OPT_INDEX, OPT_FIND_LINKS,
	OPT_NO_INDEX, OPT_INDEX_STRATEGY, OPT_OFFLINE,
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "verbose", no_argument, NULL, 'v' },
	{ "quiet", no_argument, NULL, OPT_QUIET },
	/* ninja knows the four above; the rest is tgraph's */
	{ "python", required_argument, NULL, OPT_PYTHON },
	{ "all-pythons", no_argument, NULL, OPT_ALL },
	{ "include-prerelease", no_argument, NULL, OPT_PRERELEASE },
	{ "require-all-pythons", no_argument, NULL, OPT_REQUIRE_ALL },
	{ "package", required_argument, NULL, OPT_PACKAGE },
	{ "package-jobs", required_argument, NULL, OPT_PACKAGE_JOBS },
	{ "version-jobs", required_argument, NULL, OPT_VERSION_JOBS },
	{ "no-parallel-packages", no_argument, NULL, OPT_SERIAL },
	{ "expand", no_argument, NULL, OPT_EXPAND },
	{ "color", required_argument, NULL, OPT_COLOR },
	{ "fail-fast", no_argument, NULL, OPT_FAIL_FAST },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "retries", required_argument, NULL, OPT_RETRIES },
	{ "match", required_argument, NULL, OPT_MATCH },
	{ "pytest-k", required_argument, NULL, OPT_PYTEST_K },
	{ "pytest-m", required_argument, NULL, OPT_PYTEST_M },
	{ "rerun", no_argument, NULL, OPT_RERUN },
	{ "failed", no_argument, NULL, OPT_FAILED },
	{ "since", required_argument, NULL, OPT_SINCE },
	{ "no-cache", no_argument, NULL, OPT_NO_CACHE },
	{ "last", no_argument, NULL, OPT_LAST },
	{ "cache", required_argument, NULL, OPT_CACHE },
	{ "cache-read-only", no_argument, NULL, OPT_CACHE_RO },
	{ "cache-size", required_argument, NULL, OPT_CACHE_SIZE },
	{ "junit", required_argument, NULL, OPT_JUNIT },
	{ "json", required_argument, NULL, OPT_JSON },
	{ "coverage", optional_argument, NULL, OPT_COVERAGE },
	{ "coverage-branch", no_argument, NULL, OPT_COVERAGE_BRANCH },
	{ "coverage-report", required_argument, NULL, OPT_COVERAGE_REPORT },
	{ "coverage-fail-under", required_argument, NULL,
	  OPT_COVERAGE_UNDER },
	{ "no-coverage", no_argument, NULL, OPT_NO_COVERAGE },
	{ "jobserver", required_argument, NULL, OPT_JOBSERVER },
	{ "jobserver-style", required_argument, NULL, OPT_JOBSERVER_STYLE },
	{ "no-wait", no_argument, NULL, OPT_NO_WAIT },
	{ "no-workers", no_argument, NULL, OPT_NO_WORKERS },
	{ "isolation", required_argument, NULL, OPT_ISOLATION },
	{ "environment", required_argument, NULL, OPT_ENVIRONMENT },
	{ "default-index", required_argument, NULL, OPT_DEFAULT_INDEX },
	{ "index", required_argument, NULL, OPT_INDEX },
	{ "find-links", required_argument, NULL, OPT_FIND_LINKS },
	{ "no-index", no_argument, NULL, OPT_NO_INDEX },
	{ "index-strategy", required_argument, NULL, OPT_INDEX_STRATEGY },
	{ "offline", no_argument, NULL, OPT_OFFLINE },
	{ "min-memory", required_argument, NULL, OPT_MIN_MEMORY },
	{ "trace", required_argument, NULL, OPT_TRACE },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "debug", no_argument, NULL, OPT_DEBUG },
	{ "show", no_argument, NULL, OPT_SHOW },
	/* pytest knows these too */
	{ "pdb", no_argument, NULL, OPT_PDB },
	{ "exitfirst", no_argument, NULL, OPT_EXITFIRST },
	{ "maxfail", required_argument, NULL, OPT_MAXFAIL },
	{ "lf", no_argument, NULL, OPT_LAST_FAILED },
	{ "last-failed", no_argument, NULL, OPT_LAST_FAILED },
	{ "ff", no_argument, NULL, OPT_FAILED_FIRST },
	{ "failed-first", no_argument, NULL, OPT_FAILED_FIRST },
	{ "durations", required_argument, NULL, OPT_DURATIONS },
	{ "durations-min", required_argument, NULL, OPT_DURATIONS_MIN },
	{ "tb", required_argument, NULL, OPT_TB },
	{ "showlocals", no_argument, NULL, OPT_SHOWLOCALS },
	{ 0 },
};

enum {
	NINJA_OPTIONS = 4,
	MOST = 1 << 30,         /* what -j and -k can mean */
};

static const char ninja_short[] = "d:f:j:k:l:nt:vw:C:h";
/* pytest's where ninja's leave room. */
static const char short_options[] = "d:f:j:k:l:nt:vw:C:hxm:sr:";

/* A whole number; base 10. */
static int
read_number(const char *text, long min, long max, long *out)
{
	char *end;

	errno = 0;
	*out = strtol(text, &end, 10);
	return *text && !*end && !errno && *out >= min && *out <= max ? 0 : -1;
}

void
option_list_add(struct option_list *l, const char *v)
{
	l->v = vec_grow(l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = v;
}

static int
usage(const struct options *o, struct err *err, const char *fmt,
	const char *value)
{
	return err_code(err, options_usage_code(o), fmt, value);
}

static int
bad_number(const struct options *o, struct err *err, const char *text)
{
	err->fatal = true;
	return usage(o, err, "%s", text);
}

/* -d MODE: 1 done, 0 listed, -1 error. */
static int
debug_mode(struct options *o, const char *mode, struct err *err)
{
	static const char *const modes[] = {
		"stats", "explain", "keepdepfile", "keeprsp", "nostatcache",
	};
	const char *near;

	if (strcmp(mode, "list") == 0) {
		printf("debugging modes:\n"
		       "  stats        print operation counts/timing info\n"
		       "  explain      explain what caused a command to execute\n"
		       "  keepdepfile  don't delete depfiles after they're read by %s\n"
		       "  keeprsp      don't delete @response files on success\n"
		       "multiple modes can be enabled via -d FOO -d BAR\n",
		       o->prog);
		return 0;
	}
	if (strcmp(mode, "stats") == 0)
		o->stats = true;
	else if (strcmp(mode, "explain") == 0)
		o->explain = true;
	else if (strcmp(mode, "keepdepfile") == 0)
		o->keep_depfile = true;
	else if (strcmp(mode, "keeprsp") == 0)
		o->keep_rsp = true;
	else if (strcmp(mode, "nostatcache") != 0) {
		near = str_nearest(mode, modes, countof(modes));
		if (near)
			return err_code(err, options_usage_code(o),
			                "unknown debug setting '%s', did you "
			                "mean '%s'?", mode, near);
		return usage(o, err, "unknown debug setting '%s'", mode);
	}
	return 1;
}

/* Is it NAME=err or NAME=warn, of a warning that is an error by now? */
static bool
former(const char *flag, const char *name)
{
	size_t n = strlen(name);

	return strncmp(flag, name, n) == 0 &&
	       (strcmp(flag + n, "=err") == 0 ||
	        strcmp(flag + n, "=warn") == 0);
}

static int
unknown_flag(const struct options *o, const char *flag, struct err *err)
{
	static const char *const flags[] = {
		"phonycycle=err", "phonycycle=warn",
	};
	const char *near = str_nearest(flag, flags, countof(flags));

	if (near)
		return err_code(err, options_usage_code(o), "unknown "
		                "warning flag '%s', did you mean '%s'?", flag,
		                near);
	return usage(o, err, "unknown warning flag '%s'", flag);
}

static int
warning_flag(struct options *o, const char *flag, struct err *err)
{
	if (strcmp(flag, "list") == 0) {
		printf("warning flags:\n"
		       "  phonycycle={err,warn}  phony build statement references itself\n");
		return 0;
	}
	if (strcmp(flag, "phonycycle=err") == 0)
		o->phony_cycle_error = true;
	else if (strcmp(flag, "phonycycle=warn") == 0)
		o->phony_cycle_error = false;
	else if (former(flag, "dupbuild") || former(flag, "depfilemulti"))
		fprintf(stderr, "%s: warning: deprecated warning '%.*s'\n",
		        o->prog, (int)strcspn(flag, "="), flag);
	else
		return unknown_flag(o, flag, err);
	return 1;
}

static int
ninja_option(struct options *o, int c, const char *arg, struct err *err)
{
	long n;
	char *end;

	switch (c) {
	case 'C':
		o->dir = arg;
		return 1;
	case 'f':
		o->file = arg;
		return 1;
	case 'j':
		if (read_number(arg, 0, LONG_MAX, &n) < 0)
			return bad_number(o, err, "invalid -j parameter");
		o->jobs = n < MOST ? (int)n : MOST;
		o->jobs_given = true;
		return 1;
	case 'k':
		if (read_number(arg, LONG_MIN, LONG_MAX, &n) < 0) {
			if (!o->ninja)
				return 2;       /* pytest's */
			return bad_number(o, err, "-k parameter not numeric; "
				"did you mean -k 0?");
		}
		o->keep = n <= 0 ? 0 : n < MOST ? (int)n : MOST;
		o->keep_given = true;
		return 1;
	case 'l':
		o->load = strtod(arg, &end);
		if (end == arg)
			return bad_number(o, err, o->ninja ? "-l parameter not "
				"numeric: did you mean -l 0.0?" : "-l "
				"parameter not numeric: did you mean -l 0.0? "
				"(pytest's is --showlocals)");
		return 1;
	case 'n':
		o->dry_run = true;
		return 1;
	case 'v':
	case OPT_QUIET:
		o->verbose = c == 'v';
		o->quiet = !o->verbose;
		o->verbosity = o->verbose ? o->verbosity + 1 : 0;
		return 1;
	case 'd':
		return debug_mode(o, arg, err);
	case 'w':
		return warning_flag(o, arg, err);
	case 't':
		o->tool = arg;
		return 1;
	}
	return 2;
}

static int
count_option(struct options *o, const char *name, const char *arg, int *out,
	struct err *err)
{
	long n;

	(void)o;
	if (read_number(arg, 1, 1 << 20, &n) < 0)
		return err_code(err, EXIT_USAGE, "--%s: '%s' is not a number "
		                "from 1", name, arg);
	*out = (int)n;
	return 1;
}

static int
mib_option(const char *name, const char *arg, uint64_t *out, struct err *err)
{
	long n;

	if (read_number(arg, 1, 1L << 40, &n) < 0)
		return err_code(err, EXIT_USAGE, "--%s: '%s' is not a number "
		                "of MiB", name, arg);
	*out = (uint64_t)n << 20;
	return 1;
}

static int
word_option(const char *name, const char *arg, const char *const *words,
	size_t n, const char **out, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(arg, words[i]) != 0)
			continue;
		*out = arg;
		return 1;
	}
	return err_code(err, EXIT_USAGE, "--%s: '%s' is not one of its values "
	                "(see tgraph --help)", name, arg);
}

static int
file_option(const char *name, const char *arg, const char **out,
	struct err *err)
{
	if (!*arg)
		return err_code(err, EXIT_USAGE, "--%s: the name of a file is "
		                "empty", name);
	*out = arg;
	return 1;
}

static int
timeout_option(struct options *o, const char *arg, struct err *err)
{
	char *end;

	o->timeout = strtod(arg, &end);
	if (end == arg || *end || !(o->timeout > 0))
		return err_code(err, EXIT_USAGE, "--timeout: '%s' is not a "
		                "number of seconds above 0", arg);
	return 1;
}

static int
isolation_option(struct options *o, const char *arg, struct err *err)
{
	if (config_isolation(arg) < 0)
		return err_code(err, EXIT_USAGE, "--isolation: '%s' is not "
		                "%s", arg, config_isolation_words);
	o->isolation = arg;
	return 1;
}

static int
index_option(struct options *o, int c, const char *name, const char *arg,
	struct err *err)
{
	switch (c) {
	case OPT_ENVIRONMENT: o->environment = arg; break;
	case OPT_DEFAULT_INDEX: o->default_index = arg; break;
	case OPT_INDEX_STRATEGY: o->index_strategy = arg; break;
	case OPT_INDEX: option_list_add(&o->index, arg); break;
	default: option_list_add(&o->find_links, arg); break;
	}
	return index_check(name, arg, err);
}

/* Letters of -r add up; N takes those before it back. */
static int
add_chars(struct options *o, const char *chars)
{
	struct buf b = { 0 };

	if (o->report_chars)
		buf_adds(&b, o->report_chars);
	buf_adds(&b, chars);
	option_list_add(&o->owned, b.p);
	o->report_chars = b.p;
	return 1;
}

/* KIND, KIND:PATH or term:skip-covered. */
static int
report_word(const char *word, struct err *err)
{
	static const char *const kinds[] = {
		"term", "term-missing", "html", "xml", "json", "lcov",
	};
	size_t n = strcspn(word, ":");
	const char *more = word[n] ? word + n + 1 : NULL;

	for (size_t i = 0; i < countof(kinds); i++) {
		if (strlen(kinds[i]) != n || memcmp(word, kinds[i], n) != 0)
			continue;
		if (!more || (i < 2 ? strcmp(more, "skip-covered") == 0
		                    : *more))
			return 1;
	}
	return err_code(err, EXIT_USAGE, "--coverage-report: '%s' is not term, "
	                "term-missing, html, xml, json or lcov (and of the "
	                "first two :skip-covered, of the others :PATH)", word);
}

static int
coverage_option(struct options *o, int c, const char *name, const char *arg,
	struct err *err)
{
	char *end;
	double n;

	o->coverage = true;
	switch (c) {
	case OPT_COVERAGE:
		if (arg && !*arg)
			return err_code(err, EXIT_USAGE, "--%s=: empty", name);
		if (arg)
			option_list_add(&o->coverage_source, arg);
		return 1;
	case OPT_COVERAGE_BRANCH:
		o->coverage_branch = true;
		return 1;
	case OPT_COVERAGE_REPORT:
		option_list_add(&o->coverage_report, arg);
		return report_word(arg, err);
	default:
		o->coverage_under = arg;
		n = strtod(arg, &end);
		if (end == arg || *end || !(n >= 0 && n <= 100))
			return err_code(err, EXIT_USAGE, "--%s: '%s' is not a "
			                "number from 0 to 100", name, arg);
		return 1;
	}
}

static int
own_flag(struct options *o, int c)
{
	switch (c) {
	case OPT_ALL: o->all_pythons = true; return 1;
	case OPT_PRERELEASE:
		o->all_pythons = o->prerelease = true;
		return 1;
	case OPT_REQUIRE_ALL:
		o->all_pythons = o->require_all = true;
		return 1;
	case OPT_SERIAL: o->serial_packages = true; return 1;
	case OPT_EXPAND: o->expand = true; return 1;
	case OPT_FAIL_FAST: o->keep = 1; o->keep_given = true; return 1;
	case 'x':
	case OPT_EXITFIRST:
		o->keep = o->maxfail = 1;
		o->keep_given = true;
		return 1;
	/* capturing goes on: without it tests might end otherwise */
	case 's': return add_chars(o, "P");
	case OPT_DEBUG: o->debug = true; return 1;
	case OPT_SHOW: o->show = true; return 1;
	case OPT_PDB: o->pdb = true; return 1;
	case OPT_LAST_FAILED: o->failed = o->last_failed = true; return 1;
	/* they do in any case */
	case OPT_FAILED_FIRST: return 1;
	case OPT_SHOWLOCALS: option_list_add(&o->shows, "--showlocals"); return 1;
	case OPT_RERUN: o->rerun = true; return 1;
	case OPT_FAILED: o->failed = true; return 1;
	case OPT_NO_CACHE: o->no_cache = true; return 1;
	case OPT_LAST: o->last = true; return 1;
	case OPT_CACHE_RO: o->cache_read_only = true; return 1;
	case OPT_NO_COVERAGE: o->no_coverage = true; return 1;
	case OPT_NO_WAIT: o->no_wait = true; return 1;
	case OPT_NO_INDEX: o->no_index = true; return 1;
	case OPT_OFFLINE: o->offline = true; return 1;
	case OPT_NO_WORKERS: o->no_workers = true; return 1;
	}
	return 2;
}

static int
word_needed(const char *name, const char *arg, const char **out,
	struct err *err)
{
	*out = arg;
	return *arg ? 1 : err_code(err, EXIT_USAGE, "--%s: empty", name);
}

/* pytest would say of each file that it is wrong. */
static int
take_expression(const char *name, const char *arg, bool calls,
	const char **out, struct err *err)
{
	struct err why = { 0 };

	*out = arg;
	if (keyword_check(arg, strlen(arg), calls, &why) == 0)
		return 1;
	err_code(err, EXIT_USAGE, "%s%s '%s': %s", name[1] ? "--" : "-", name,
	         arg, why.msg);
	err_release(&why);
	return -1;
}

/* How pytest is to show what failed. */
static int
tb_option(struct options *o, const char *arg, struct err *err)
{
	static const char *const styles[] = {
		"auto", "long", "short", "line", "native", "no",
	};
	const char *style = arg;
	struct buf b = { 0 };
	int r = word_option("tb", arg, styles, countof(styles), &style, err);

	if (r < 0)
		return r;
	buf_addf(&b, "--tb=%s", style);
	option_list_add(&o->owned, b.p);
	option_list_add(&o->shows, b.p);
	return 1;
}

static int
durations_option(struct options *o, const char *arg, struct err *err)
{
	long n;

	if (read_number(arg, 0, 1 << 20, &n) < 0)
		return err_code(err, EXIT_USAGE, "--durations: '%s' is not a "
		                "number", arg);
	o->durations = (int)n;
	o->durations_given = true;
	return 1;
}

static int
durations_min_option(struct options *o, const char *arg, struct err *err)
{
	char *end;

	o->durations_min = strtod(arg, &end);
	if (end == arg || *end || !(o->durations_min >= 0))
		return err_code(err, EXIT_USAGE, "--durations-min: '%s' is not "
		                "a number of seconds", arg);
	return 1;
}

/* Options of which a ninja file's steps know nothing. */
static bool
is_for_python(int c)
{
	static const int all[] = {
		OPT_PYTHON, OPT_ALL, OPT_PRERELEASE, OPT_REQUIRE_ALL,
		OPT_PACKAGE, OPT_PACKAGE_JOBS, OPT_VERSION_JOBS, OPT_SERIAL, OPT_EXPAND,
		OPT_MATCH, OPT_PYTEST_K, OPT_PYTEST_M, OPT_FAILED, OPT_LAST,
		OPT_JUNIT, OPT_JSON, OPT_ISOLATION, OPT_SINCE, 'k', 'm',
		OPT_MAXFAIL, OPT_LAST_FAILED, OPT_FAILED_FIRST, OPT_TB,
		OPT_SHOWLOCALS, OPT_DEBUG, OPT_SHOW, OPT_PDB, OPT_DURATIONS,
		OPT_DURATIONS_MIN, 's', 'r', OPT_PROFILE,
		OPT_COVERAGE, OPT_COVERAGE_BRANCH, OPT_COVERAGE_REPORT,
		OPT_COVERAGE_UNDER, OPT_NO_COVERAGE,
		OPT_ENVIRONMENT, OPT_DEFAULT_INDEX, OPT_INDEX, OPT_FIND_LINKS,
		OPT_NO_INDEX, OPT_INDEX_STRATEGY, OPT_OFFLINE,
	};

	for (size_t i = 0; i < countof(all); i++)
		if (all[i] == c)
			return true;
	return false;
}

static int
own_option(struct options *o, int c, const char *name, const char *arg,
	struct err *err)
{
	static const char *const colors[] = { "always", "never", "auto" };
	static const char *const servers[] = { "auto", "off" };
	static const char *const styles[] = { "pipe", "fifo", "none" };

	if (!o->for_python && is_for_python(c))
		o->for_python = c == 'k' ? "pytest-k" :
		                c == 'm' ? "pytest-m" :
		                c == 's' ? "s" : c == 'r' ? "r" : name;
	switch (c) {
	case OPT_PYTHON: option_list_add(&o->python, arg); return 1;
	case OPT_PACKAGE: option_list_add(&o->packages, arg); return 1;
	case OPT_CACHE: option_list_add(&o->cache, arg); return 1;
	case OPT_MATCH: o->match = arg; return 1;
	case OPT_SINCE: return word_needed(name, arg, &o->since, err);
	case 'k':
	case OPT_PYTEST_K:
		return take_expression(name, arg, false, &o->pytest_k, err);
	case 'm':
	case OPT_PYTEST_M:
		return take_expression(name, arg, true, &o->pytest_m, err);
	case OPT_JUNIT: return file_option(name, arg, &o->junit, err);
	case OPT_JSON: return file_option(name, arg, &o->json, err);
	case OPT_TRACE: return file_option(name, arg, &o->trace, err);
	case OPT_TIMEOUT: return timeout_option(o, arg, err);
	case OPT_PACKAGE_JOBS:
		return count_option(o, name, arg, &o->package_jobs, err);
	case OPT_VERSION_JOBS:
		return count_option(o, name, arg, &o->version_jobs, err);
	case OPT_MAXFAIL:
		return count_option(o, name, arg, &o->maxfail, err);
	case OPT_PROFILE: return word_needed(name, arg, &o->profile, err);
	case OPT_TB: return tb_option(o, arg, err);
	case OPT_DURATIONS: return durations_option(o, arg, err);
	case OPT_DURATIONS_MIN: return durations_min_option(o, arg, err);
	case 'r': return add_chars(o, arg);
	case OPT_RETRIES:
		return count_option(o, name, arg, &o->retries, err);
	case OPT_MIN_MEMORY:
		return mib_option(name, arg, &o->min_memory, err);
	case OPT_CACHE_SIZE:
		return mib_option(name, arg, &o->cache_size, err);
	case OPT_COLOR:
		return word_option(name, arg, colors, countof(colors),
		                   &o->color, err);
	case OPT_COVERAGE: case OPT_COVERAGE_BRANCH: case OPT_COVERAGE_REPORT:
	case OPT_COVERAGE_UNDER:
		return coverage_option(o, c, name, arg, err);
	case OPT_ISOLATION: return isolation_option(o, arg, err);
	case OPT_ENVIRONMENT: case OPT_DEFAULT_INDEX: case OPT_INDEX:
	case OPT_FIND_LINKS: case OPT_INDEX_STRATEGY:
		return index_option(o, c, name, arg, err);
	case OPT_JOBSERVER:
		return word_option(name, arg, servers, countof(servers),
		                   &o->jobserver, err);
	case OPT_JOBSERVER_STYLE:
		return word_option(name, arg, styles, countof(styles),
		                   &o->jobserver, err);
	}
	return own_flag(o, c);
}

static void
hint(const char *word, int letter, struct buf *out)
{
	struct session data = { 0 };
	struct pytest_options theirs = { 0 };
	struct arena a = { 0 };
	struct err err = { 0 };

	session_find_data(&data);
	if (pytest_options_read(&a, data.rules.p, &theirs, &err) < 0)
		theirs = (struct pytest_options){ 0 };
	hint_option(word, letter, long_options, &theirs, out);
	err_release(&err);
	arena_release(&a);
	session_close(&data);
}

/* After getopt has said what is wrong with the word; of a cluster of letters
 * it tells which. */
static void
say_hint(const char *word)
{
	struct buf b = { 0 };

	/* an option that only lacks its value, or has one too many */
	if (optopt >= OPT_VERSION || (optopt && strchr(short_options, optopt)))
		buf_adds(&b, "see tgraph --help");
	else
		hint(word, optopt, &b);
	fprintf(stderr, "tgraph: %s\n", b.p);
	buf_release(&b);
}

static void
short_usage(const struct options *o)
{
	if (o->ninja)
		options_ninja_help(o);
}

void
options_find_versions(struct options *o)
{
	o->versions.n = 0;
	for (int i = 0; i < o->nargs; i++) {
		const char *word = o->args[i], *at = strrchr(word, '@');
		int major, minor;
		bool threaded;

		if (releases_version(str_of(word), &major, &minor, &threaded))
			option_list_add(&o->versions, word);
		else if (at && releases_version(str_of(at + 1), &major,
		         &minor, &threaded))
			option_list_add(&o->versions, at + 1);
	}
}

int
options_take_pytest(struct options *o, struct str name, const char *value,
	struct err *err)
{
	static const struct {
		const char *name;
		int option;
	} all[] = {
		{ "-k", OPT_PYTEST_K }, { "-m", OPT_PYTEST_M },
		{ "-v", 'v' }, { "--verbose", 'v' }, { "-x", OPT_EXITFIRST },
		{ "--exitfirst", OPT_EXITFIRST }, { "--maxfail", OPT_MAXFAIL },
		{ "--lf", OPT_LAST_FAILED },
		{ "--last-failed", OPT_LAST_FAILED },
		{ "--ff", OPT_FAILED_FIRST },
		{ "--failed-first", OPT_FAILED_FIRST },
		{ "--tb", OPT_TB }, { "--pdb", OPT_PDB },
		{ "--durations", OPT_DURATIONS },
		{ "--durations-min", OPT_DURATIONS_MIN }, { "-s", 's' },
		{ "-r", 'r' }, { "--report-chars", 'r' },
	};

	for (size_t i = 0; i < countof(all); i++) {
		int c = all[i].option;

		if (!str_is(name, all[i].name))
			continue;
		if (c == 'v')
			return ninja_option(o, c, NULL, err);
		return own_option(o, c, all[i].name + 1 + (name.n > 2), value,
		                  err);
	}
	return 2;
}

/* How many words stand behind the "--" that ended the options, if one did: it is
 * then the last of them. */
static int
count_after(char **was, char **argv, int argc)
{
	int i = 1;

	if (optind < 2 || strcmp(argv[optind - 1], "--") != 0)
		return 0;
	while (i < argc && was[i] != argv[optind - 1])
		i++;
	return argc - 1 - i;
}

/* Takes the options off argv. 1 go on, 0 *code says how it ends, -1 error. */
static int
take_options(struct options *o, int argc, char **argv, int *code,
	struct err *err)
{
	struct option ninja_long[NINJA_OPTIONS + 1] = { 0 };
	int c, at = 0, r = 1;

	memcpy(ninja_long, long_options, NINJA_OPTIONS * sizeof(*ninja_long));
	os_getopt_start();
	while (r == 1 && !o->tool &&
	       (c = getopt_long(argc, argv,
	                        o->ninja ? ninja_short : short_options,
	                        o->ninja ? ninja_long : long_options,
	                        &at)) != -1) {
		char letter[] = { (char)c, '\0' };

		if (c == OPT_VERSION) {
			puts(o->ninja ? options_ninja_version : TG_VERSION);
			*code = 0;
			return 0;
		}
		if (c == 'h' || c == '?') {
			/* getopt has said what is wrong */
			*code = o->ninja ? 1 : c == 'h' ? 0 : EXIT_USAGE;
			if (c == 'h' && !o->ninja)
				options_help();
			else if (!o->ninja)
				say_hint(argv[optind - 1]);
			short_usage(o);
			return 0;
		}
		r = ninja_option(o, c, optarg, err);
		if (r == 2)
			r = own_option(o, c, c < OPT_VERSION ? letter :
			               long_options[at].name, optarg, err);
	}
	if (r == 0)
		*code = o->ninja ? 1 : 0;
	return r;
}

int
options_parse(struct options *o, int argc, char **argv, enum options_end *end,
	int *code, struct err *err)
{
	struct str name = path_base(str_of(argc ? argv[0] : "tgraph"));
	char **was = xreallocarray(NULL, (size_t)argc + 1, sizeof(*was));
	int r;

	memcpy(was, argv, (size_t)argc * sizeof(*was));
	*o = (struct options){ .jobs = options_default_jobs(), .keep = 1,
		.durations_min = 0.005 };
	o->ninja = str_is(name, "ninja");
	o->prog = o->ninja ? "ninja" : "tgraph";
	r = take_options(o, argc, argv, code, err);
	*end = r == 0 ? OPTIONS_EXIT : OPTIONS_RUN;
	o->args = argv + optind;
	o->nargs = argc - optind;
	o->coverage &= !o->no_coverage;
	if (r > 0 && !o->tool) {
		o->nafter = count_after(was, argv, argc);
		options_find_versions(o);
	}
	free(was);
	return r < 0 ? -1 : 0;
}

int
options_usage_code(const struct options *o)
{
	return o->ninja ? 1 : EXIT_USAGE;
}

void
options_release(struct options *o)
{
	free(o->python.v);
	free(o->versions.v);
	free(o->packages.v);
	free(o->cache.v);
	free(o->coverage_source.v);
	free(o->index.v);
	free(o->find_links.v);
	free(o->coverage_report.v);
	free(o->pytest.v);
	free(o->shows.v);
	for (size_t i = 0; i < o->owned.n; i++)
		free((char *)o->owned.v[i]);
	free(o->owned.v);
	free(o->own_args);
}
