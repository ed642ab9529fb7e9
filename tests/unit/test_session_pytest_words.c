/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session/pytest_words.h"
#include "util/buf.h"
#include "util/mem.h"

static const char table_text[] =
	"-k 1\n-l 0 shows\n-m 1\n-p 1\n-v 0 shows\n-x 0 drop\n"
	"--cov ? drop\n--collect-only 0 ends\n--debug ?\n--lf 0 drop\n"
	"--maxfail 1 drop\n--tb 1 shows\n-W 1\n";

/* A command line that is split at its spaces, and its words sorted. */
struct line {
	struct options o;
	struct err err;
	struct arena a;
	struct pytest_options table;
	char *text, *argv[64];
	int r;
};

static void
sort_line(struct line *l, const char *text)
{
	enum options_end end;
	int argc = 0, code;
	char *save = NULL;

	*l = (struct line){ .text = xstrdup(text) };
	for (char *w = strtok_r(l->text, " ", &save); w;
	     w = strtok_r(NULL, " ", &save))
		l->argv[argc++] = w;
	assert_int_equal(pytest_options_parse(&l->a, table_text,
		sizeof(table_text) - 1, &l->table, NULL), 0);
	assert_int_equal(options_parse(&l->o, argc, l->argv, &end, &code,
	                               &l->err), 0);
	l->r = pytest_words_sort(&l->o, &l->table, &l->err);
}

static void
drop(struct line *l)
{
	options_release(&l->o);
	err_release(&l->err);
	arena_release(&l->a);
	free(l->text);
}

static void
append(struct buf *b, const char *what, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%s[%s]", what, v[i]);
}

/* What the line is sorted into: t[...] targets, p[...] for pytest, s[...] for
 * pytest, but only shown. */
static void
sorts(const char *text, const char *want)
{
	struct line l;
	struct buf b = { 0 };

	sort_line(&l, text);
	assert_null(l.err.msg);
	assert_int_equal(l.r, 0);
	append(&b, "t", (const char *const *)l.o.args, (size_t)l.o.nargs);
	append(&b, "p", l.o.pytest.v, l.o.pytest.n);
	append(&b, "s", l.o.shows.v, l.o.shows.n);
	assert_string_equal(b.n ? b.p : "", want);
	buf_release(&b);
	drop(&l);
}

static void
words(void **state)
{
	(void)state;
	sorts("tgraph a b", "t[a]t[b]");
	sorts("tgraph a -- b", "t[a]t[b]");
	sorts("tgraph a -- -p no:x b --tb line",
	      "t[a]t[b]p[-pno:x]s[--tb=line]");
	/* as letters stand together */
	sorts("tgraph -- -lpno:x -l", "p[-pno:x]s[-l]s[-l]");
	sorts("tgraph -- --debug -l --debug=x", "p[--debug]p[--debug=x]s[-l]");
	/* of plugins that nobody knows */
	sorts("tgraph -- --frob=1 --frob no-such-file -l",
	      "p[--frob=1]p[--frob]p[no-such-file]s[-l]");
}

static void
what_is_ours_too(void **state)
{
	struct line l;

	(void)state;
	sort_line(&l, "tgraph -- -vvx -k low -m slow --lf");
	assert_int_equal(l.r, 0);
	assert_int_equal(l.o.maxfail, 1);
	assert_int_equal(l.o.verbosity, 2);
	assert_string_equal(l.o.pytest_k, "low");
	assert_string_equal(l.o.pytest_m, "slow");
	assert_true(l.o.last_failed);
	assert_int_equal(l.o.pytest.n + l.o.shows.n, 0);
	drop(&l);
	/* a number is no number of failures behind the dashes */
	sort_line(&l, "tgraph -- -k 3 --maxfail=4 py3.12");
	assert_string_equal(l.o.pytest_k, "3");
	assert_false(l.o.keep_given);
	assert_int_equal(l.o.maxfail, 4);
	assert_int_equal(l.o.versions.n, 1);
	drop(&l);
}

static void
fails(const char *text, const char *message)
{
	struct line l;

	sort_line(&l, text);
	assert_int_equal(l.r, -1);
	assert_int_equal(l.err.code, EXIT_USAGE);
	assert_string_equal(l.err.msg, message);
	drop(&l);
}

static void
mistakes(void **state)
{
	(void)state;
	fails("tgraph -- --cov=x", "--cov: it is for a whole run of pytest, "
	      "and tgraph runs each file by itself");
	fails("tgraph -- --collect-only", "--collect-only: did you mean "
	      "-t tests?");
	fails("tgraph -- -p", "-p after --: a value is missing");
	fails("tgraph -- --tb", "--tb after --: a value is missing");
	fails("tgraph -- -lz", "-lz after --: pytest has no option -z");
	fails("tgraph -- --maxfail=x", "--maxfail: 'x' is not a number from "
	      "1");
	fails("tgraph -- --frob /", "--frob / after --: is it a value or a "
	      "target? Write --frob=/, or the target before --");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(what_is_ours_too),
		cmocka_unit_test(mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
