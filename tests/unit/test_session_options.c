/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session/options.h"
#include "util/buf.h"
#include "util/mem.h"

/* A command line, split at its spaces; a word "''" is empty. */
struct line {
	struct options o;
	struct err err;
	enum options_end end;
	int code, r;
	char *text;
	char *argv[64];
};

static void
parse(struct line *l, const char *text)
{
	int argc = 0;
	char *save = NULL;

	*l = (struct line){ .text = xstrdup(text) };
	for (char *w = strtok_r(l->text, " ", &save); w;
	     w = strtok_r(NULL, " ", &save))
		l->argv[argc++] = strcmp(w, "''") == 0 ? w + 2 : w;
	l->r = options_parse(&l->o, argc, l->argv, &l->end, &l->code, &l->err);
}

static void
drop(struct line *l)
{
	options_release(&l->o);
	err_release(&l->err);
	free(l->text);
}

/* Parses it; it must be one to go on with. */
static void
take(struct line *l, const char *text)
{
	parse(l, text);
	assert_null(l->err.msg);
	assert_int_equal(l->r, 0);
	assert_int_equal(l->end, OPTIONS_RUN);
}

static void
defaults(void **state)
{
	struct line l;

	(void)state;
	take(&l, "tgraph");
	assert_false(l.o.ninja);
	assert_string_equal(l.o.prog, "tgraph");
	assert_true(l.o.jobs >= 2);
	assert_false(l.o.jobs_given);
	assert_int_equal(l.o.keep, 1);
	assert_false(l.o.keep_given);
	assert_int_equal(l.o.nargs, 0);
	assert_null(l.o.tool);
	assert_null(l.o.for_python);
	assert_int_equal(options_usage_code(&l.o), EXIT_USAGE);
	drop(&l);
	take(&l, "/usr/bin/ninja");
	assert_true(l.o.ninja);
	assert_string_equal(l.o.prog, "ninja");
	assert_int_equal(options_usage_code(&l.o), 1);
	drop(&l);
}

static void
as_ninja(void **state)
{
	struct line l;

	(void)state;
	take(&l, "tgraph -C dir -f file -j 3 -k0 -l 1.5 -n -v -w "
	         "phonycycle=err -d explain -d stats -d keepdepfile "
	         "-d keeprsp -d nostatcache a b");
	assert_string_equal(l.o.dir, "dir");
	assert_string_equal(l.o.file, "file");
	assert_int_equal(l.o.jobs, 3);
	assert_true(l.o.jobs_given);
	assert_int_equal(l.o.keep, 0);
	assert_true(l.o.keep_given);
	assert_true(l.o.load > 1.4 && l.o.load < 1.6);
	assert_true(l.o.dry_run && l.o.verbose && !l.o.quiet);
	assert_true(l.o.phony_cycle_error);
	assert_true(l.o.explain && l.o.stats && l.o.keep_depfile &&
	            l.o.keep_rsp);
	assert_int_equal(l.o.nargs, 2);
	assert_string_equal(l.o.args[0], "a");
	drop(&l);
	/* the last of them counts */
	take(&l, "tgraph -v --quiet -w phonycycle=err -w phonycycle=warn");
	assert_true(l.o.quiet && !l.o.verbose && !l.o.phony_cycle_error);
	drop(&l);
	take(&l, "tgraph -k -3 -j 99999999999");
	assert_int_equal(l.o.keep, 0);
	assert_true(l.o.jobs >= 1 << 30);
	drop(&l);
}

static void
of_our_own(void **state)
{
	struct line l;

	(void)state;
	take(&l, "tgraph --package a x --package=b --python 3.12 --match /(/ "
	         "--pytest-k a --pytest-m m --cache c --cache-size 2 "
	         "--min-memory 3 --timeout 0.5 --retries 2 --package-jobs 4 "
	         "--version-jobs 5 --color never --jobserver-style fifo "
	         "--junit j --json k --trace t --isolation process y");
	assert_int_equal(l.o.packages.n, 2);
	assert_string_equal(l.o.packages.v[1], "b");
	assert_string_equal(l.o.python.v[0], "3.12");
	/* what a regular expression is, Python knows */
	assert_string_equal(l.o.match, "/(/");
	assert_int_equal(l.o.cache_size, 2 << 20);
	assert_int_equal(l.o.min_memory, 3 << 20);
	assert_true(l.o.timeout > 0.4 && l.o.timeout < 0.6);
	assert_int_equal(l.o.retries, 2);
	assert_int_equal(l.o.package_jobs, 4);
	assert_int_equal(l.o.version_jobs, 5);
	assert_string_equal(l.o.color, "never");
	assert_string_equal(l.o.jobserver, "fifo");
	assert_string_equal(l.o.trace, "t");
	assert_string_equal(l.o.isolation, "process");
	assert_int_equal(l.o.nargs, 2);
	assert_string_equal(l.o.args[1], "y");
	drop(&l);
	take(&l, "tgraph --rerun --failed --no-cache --cache-read-only --last "
	         "--no-wait --no-workers --include-prerelease --expand "
	         "--require-all-pythons --no-parallel-packages --fail-fast");
	assert_true(l.o.rerun && l.o.failed && l.o.no_cache &&
	            l.o.cache_read_only && l.o.last && l.o.no_wait &&
	            l.o.no_workers && l.o.prerelease && l.o.expand &&
	            l.o.require_all && l.o.serial_packages);
	assert_int_equal(l.o.keep, 1);
	assert_true(l.o.keep_given);
	drop(&l);
}

static void
for_python_is_the_first(void **state)
{
	struct line l;

	(void)state;
	take(&l, "tgraph --retries 1 --last --junit x");
	assert_string_equal(l.o.for_python, "last");
	drop(&l);
	take(&l, "tgraph --retries 1 --trace x --no-cache");
	assert_null(l.o.for_python);
	drop(&l);
}

static void
a_tool_ends_them(void **state)
{
	struct line l;

	(void)state;
	take(&l, "tgraph -n -t clean -r --frobnicate x");
	assert_true(l.o.dry_run);
	assert_string_equal(l.o.tool, "clean");
	assert_int_equal(l.o.nargs, 3);
	assert_string_equal(l.o.args[0], "-r");
	assert_string_equal(l.o.args[-1], "clean");
	drop(&l);
}

static void
mistakes(void **state)
{
	static const struct {
		const char *line, *message;
	} all[] = {
		{ "tgraph -j x", "invalid -j parameter" },
		{ "tgraph -j -1", "invalid -j parameter" },
		{ "tgraph -j ''", "invalid -j parameter" },
		{ "tgraph -k (", "-k '(': expected a name, 'not' or '(' at "
		  "the end" },
		{ "tgraph -l x", "-l parameter not numeric: did you mean "
		  "-l 0.0? (pytest's is --showlocals)" },
		{ "tgraph --maxfail x", "--maxfail: 'x' is not a number from "
		  "1" },
		{ "tgraph --tb none", "--tb: 'none' is not one of its values "
		  "(see tgraph --help)" },
		{ "tgraph -d explian", "unknown debug setting 'explian', did "
		  "you mean 'explain'?" },
		{ "tgraph -d zzzzzzzz", "unknown debug setting 'zzzzzzzz'" },
		{ "tgraph -w x", "unknown warning flag 'x'" },
		{ "tgraph --retries 0", "--retries: '0' is not a number from "
		  "1" },
		{ "tgraph --retries 1x", "--retries: '1x' is not a number "
		  "from 1" },
		{ "tgraph --cache-size 0", "--cache-size: '0' is not a number "
		  "of MiB" },
		{ "tgraph --timeout 0", "--timeout: '0' is not a number of "
		  "seconds above 0" },
		{ "tgraph --timeout 5s", "--timeout: '5s' is not a number of "
		  "seconds above 0" },
		{ "tgraph --isolation none", "--isolation: 'none' is not "
		  "\"fork\", \"process\", \"batch\" or \"shared\"" },
		{ "tgraph --color red", "--color: 'red' is not one of its "
		  "values (see tgraph --help)" },
		{ "tgraph --jobserver on", "--jobserver: 'on' is not one of "
		  "its values (see tgraph --help)" },
		{ "tgraph --junit ''", "--junit: the name of a file is "
		  "empty" },
		{ "tgraph --trace=", "--trace: the name of a file is empty" },
	};

	(void)state;
	for (size_t i = 0; i < countof(all); i++) {
		struct line l;

		parse(&l, all[i].line);
		assert_int_equal(l.r, -1);
		assert_string_equal(l.err.msg, all[i].message);
		if (l.err.code)
			assert_int_equal(l.err.code, EXIT_USAGE);
		drop(&l);
	}
}

static void
expressions_of_pytest(void **state)
{
	struct line l;

	(void)state;
	parse(&l, "tgraph --pytest-k (a");
	assert_int_equal(l.r, -1);
	assert_int_equal(l.err.code, EXIT_USAGE);
	assert_true(strncmp(l.err.msg, "--pytest-k '(a': ", 17) == 0);
	drop(&l);
	/* calls are for marks alone */
	parse(&l, "tgraph --pytest-k a(b=1)");
	assert_int_equal(l.r, -1);
	drop(&l);
	take(&l, "tgraph --pytest-m a(b=1)");
	drop(&l);
}

static void
as_pytest_has_them(void **state)
{
	struct line l;

	(void)state;
	take(&l, "tgraph -xk low -m slow --tb short --showlocals a");
	assert_string_equal(l.o.pytest_k, "low");
	assert_string_equal(l.o.pytest_m, "slow");
	assert_int_equal(l.o.maxfail, 1);
	assert_int_equal(l.o.keep, 1);
	assert_int_equal(l.o.shows.n, 2);
	assert_string_equal(l.o.shows.v[0], "--tb=short");
	assert_string_equal(l.o.for_python, "pytest-k");
	assert_int_equal(l.o.nargs, 1);
	drop(&l);
	take(&l, "tgraph -rs -s --durations 0 --durations-min=1.5");
	assert_string_equal(l.o.report_chars, "sP");
	assert_true(l.o.durations_given && l.o.durations == 0);
	assert_true(l.o.durations_min > 1.4 && l.o.durations_min < 1.6);
	drop(&l);
	/* a number is ninja's */
	take(&l, "tgraph -k 3 --lf --maxfail 2 -vv");
	assert_null(l.o.pytest_k);
	assert_int_equal(l.o.keep, 3);
	assert_int_equal(l.o.maxfail, 2);
	assert_int_equal(l.o.verbosity, 2);
	assert_true(l.o.failed && l.o.last_failed);
	drop(&l);
	parse(&l, "ninja -x");
	assert_int_equal(l.end, OPTIONS_EXIT);
	assert_int_equal(l.code, 1);
	drop(&l);
}

static void
words_behind_two_dashes(void **state)
{
	struct line l;

	(void)state;
	take(&l, "tgraph a -j 2 b -- c -x d");
	assert_int_equal(l.o.jobs, 2);
	assert_int_equal(l.o.nargs, 5);
	assert_int_equal(l.o.nafter, 3);
	assert_string_equal(l.o.args[1], "b");
	assert_string_equal(l.o.args[3], "-x");
	assert_int_equal(l.o.maxfail, 0);
	drop(&l);
	take(&l, "tgraph -- a");
	assert_int_equal(l.o.nafter, 1);
	drop(&l);
	take(&l, "tgraph a --");
	assert_int_equal(l.o.nargs, 1);
	assert_int_equal(l.o.nafter, 0);
	drop(&l);
	take(&l, "tgraph a b");
	assert_int_equal(l.o.nafter, 0);
	drop(&l);
}

static void
mistakes_as_ninja(void **state)
{
	struct line l;

	(void)state;
	parse(&l, "ninja -k x");
	assert_int_equal(l.r, -1);
	assert_true(l.err.fatal);
	assert_int_equal(l.err.code, 1);
	assert_string_equal(l.err.msg, "-k parameter not numeric; did you "
	                    "mean -k 0?");
	drop(&l);
	parse(&l, "ninja -d explian");
	assert_int_equal(l.err.code, 1);
	assert_false(l.err.fatal);
	drop(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(as_ninja),
		cmocka_unit_test(of_our_own),
		cmocka_unit_test(for_python_is_the_first),
		cmocka_unit_test(a_tool_ends_them),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(expressions_of_pytest),
		cmocka_unit_test(as_pytest_has_them),
		cmocka_unit_test(words_behind_two_dashes),
		cmocka_unit_test(mistakes_as_ninja),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
