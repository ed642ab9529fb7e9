/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "graph/load.h"
#include "session/targets/targets.h"
#include "tree.h"
#include "util/mem.h"

/* Two packages under two versions; low has a package-wide run too. */
#define RUN(package, version, file) \
	"build r/" version "/" file ".json: test " file "\n" \
	"  tg_kind = test\n  tg_package = " package "\n" \
	"  tg_python = " version "\n  tg_file = " file "\n"

static const char manifest[] =
	"rule test\n  command = t $in $out\n"
	"rule up\n  command = u $in $out\n"
	RUN("low", "3.11", "low/tests/test_a.py")
	RUN("low", "3.12", "low/tests/test_a.py")
	RUN("low", "3.12", "low/tests/test_b.py")
	RUN("mid", "3.12", "mid/tests/test_a.py")
	RUN("whole", "3.12", "whole")
	"build made.txt: up data.txt\n"
	"build .tgraph/g/x: phony low/tests/conftest.py whole/test_w.py\n";

struct fixture {
	struct tree tree;
	struct graph g;
	struct session s;
	struct options o;
	struct err err;
};

static int
make(void **state)
{
	static const char *const files[] = {
		"low/tests/test_a.py", "low/tests/test_b.py",
		"low/tests/conftest.py", "mid/tests/test_a.py",
		"whole/test_w.py", "data.txt", "stray.py",
	};
	struct fixture *f = calloc(1, sizeof(*f));

	tree_make(&f->tree);
	tree_file(&f->tree, "m.ninja", manifest);
	for (size_t i = 0; i < countof(files); i++)
		tree_file(&f->tree, files[i], "");
	if (chdir(f->tree.root) < 0 ||
	    graph_load_file(&f->g, "m.ninja", NULL, NULL) < 0)
		return -1;
	buf_adds(&f->s.root, f->tree.root);
	f->o.prog = "tgraph";
	f->s.o = &f->o;
	f->s.python = true;
	f->s.graph = &f->g;
	f->s.state.result = xcalloc(f->g.steps.n, sizeof(struct result));
	*state = f;
	return 0;
}

static int
drop(void **state)
{
	struct fixture *f = *state;

	free(f->s.state.result);
	session_close(&f->s);
	graph_release(&f->g);
	err_release(&f->err);
	if (chdir("/") < 0)
		return -1;
	tree_remove(&f->tree);
	free(f);
	return 0;
}

/* The words, NULL-terminated, mean these nodes: "a b", without "r/", ".json";
 * NULL: an error. */
static void
mean(struct fixture *f, char *const *words, const char *want)
{
	struct targets t = { 0 };
	struct buf b = { 0 };
	int n = 0, r;

	while (words[n])
		n++;
	err_release(&f->err);
	r = targets_find(&f->s, words, n, &t, &f->err);
	for (uint32_t i = 0; r == 0 && i < t.n; i++) {
		struct str path = graph_path(&f->g, t.v[i]);

		if (str_starts(path, "r/"))
			path = (struct str){ path.p + 2, path.n - 7 };
		buf_addf(&b, "%s%.*s", i ? " " : "", (int)path.n, path.p);
	}
	if (want) {
		assert_null(f->err.msg);
		assert_string_equal(b.p ? b.p : "", want);
	}
	assert_int_equal(r, want ? 0 : -1);
	targets_release(&t);
	buf_release(&b);
}

#define MEAN(want, ...) mean(f, (char *[]){ __VA_ARGS__, NULL }, want)
#define WRONG(message, ...) \
	MEAN(NULL, __VA_ARGS__); \
	assert_int_equal(f->err.code, EXIT_USAGE); \
	assert_string_equal(f->err.msg, message)

static void
packages_versions_files(void **state)
{
	struct fixture *f = *state;

	MEAN("3.12/mid/tests/test_a.py", "mid");
	MEAN("3.11/low/tests/test_a.py", "py3.11");
	MEAN("3.11/low/tests/test_a.py", "3.11");
	MEAN("3.11/low/tests/test_a.py", "python3.11");
	MEAN("3.12/low/tests/test_a.py 3.12/low/tests/test_b.py", "low@3.12");
	MEAN("3.12/low/tests/test_b.py", "low/tests/test_b.py");
	MEAN("3.12/low/tests/test_b.py", "./low//tests/../tests/test_b.py");
	MEAN("3.11/low/tests/test_a.py", "low/tests/test_a.py@3.11");
	MEAN("3.12/mid/tests/test_a.py", "mid/");
	MEAN("3.12/low/tests/test_b.py", "*/tests/test_b*");
	MEAN("3.12/mid/tests/test_a.py", "mid/tests/test_a.py::test_x[1::2]");
	/* a file that runs with its package */
	MEAN("3.12/whole", "whole/test_w.py");
}

static void
words_together(void **state)
{
	struct fixture *f = *state;
	const char *package = "low";

	/* versions narrow, the others add up */
	MEAN("3.12/low/tests/test_b.py 3.12/mid/tests/test_a.py", "mid",
	     "low/tests/test_b.py");
	MEAN("3.11/low/tests/test_a.py", "low", "py3.11");
	MEAN("3.11/low/tests/test_a.py 3.12/low/tests/test_a.py "
	     "3.12/low/tests/test_b.py", "low", "py3.11", "py3.12");
	/* --package adds up too */
	f->o.packages = (struct option_list){ &package, 1, 0 };
	MEAN("3.12/low/tests/test_a.py 3.12/low/tests/test_b.py "
	     "3.12/mid/tests/test_a.py", "mid", "py3.12");
}

static void
no_words(void **state)
{
	struct fixture *f = *state;
	char *none = NULL;

	mean(f, &none, "3.11/low/tests/test_a.py 3.12/low/tests/test_a.py "
	     "3.12/low/tests/test_b.py 3.12/mid/tests/test_a.py 3.12/whole "
	     "made.txt");
	/* only what is below where the user was */
	buf_adds(&f->s.below, "mid");
	mean(f, &none, "3.12/mid/tests/test_a.py");
}

static void
from_below_and_by_absolute_path(void **state)
{
	struct fixture *f = *state;
	struct buf b = { 0 };

	buf_adds(&f->s.below, "low/tests");
	MEAN("3.12/low/tests/test_b.py", "test_b.py");
	MEAN("3.12/mid/tests/test_a.py", "../../mid");
	MEAN("3.12/low/tests/test_b.py", "test_b*");
	tree_path(&f->tree, &b, "mid/tests/test_a.py");
	MEAN("3.12/mid/tests/test_a.py", b.p);
	buf_clear(&b);
	session_path(&f->s, str_of(f->tree.root), &b);
	assert_int_equal(b.n, 0);
	session_path(&f->s, STR("../.."), &b);
	assert_int_equal(b.n, 0);
	session_path(&f->s, STR("/elsewhere"), &b);
	assert_string_equal(b.p, "/elsewhere");
	buf_release(&b);
}

static void
what_a_manifest_makes(void **state)
{
	struct fixture *f = *state;

	MEAN("made.txt", "made.txt");
	MEAN("made.txt 3.12/mid/tests/test_a.py", "made.txt", "mid");
	WRONG("data.txt: not a test file; tgraph -t query data.txt shows "
	      "which test files depend on it", "data.txt");
}

static void
only_what_failed(void **state)
{
	struct fixture *f = *state;
	char *none = NULL;

	for (uint32_t i = 0; i < f->g.steps.n; i++)
		f->s.state.result[i].status = RESULT_PASSED;
	f->s.state.result[1].status = RESULT_FAILED;
	f->s.state.result[2].status = RESULT_NONE;
	f->s.state.result[3].status = RESULT_EMPTY;
	f->o.failed = true;
	mean(f, &none, "3.12/low/tests/test_a.py 3.12/low/tests/test_b.py");
	MEAN("3.12/low/tests/test_b.py", "low/tests/test_b.py");
	MEAN("", "mid");
}

static void
words_that_mean_nothing(void **state)
{
	struct fixture *f = *state;

	WRONG("unknown target 'loww', did you mean 'low'?", "loww");
	WRONG("unknown target 'low/tests/test_c.py', did you mean "
	      "'low/tests/test_a.py'?", "low/tests/test_c.py");
	WRONG("unknown target 'quite-another': it is no package, Python "
	      "version, file, directory or node id", "quite-another");
	WRONG("py3.9: nothing is tested under this version (tgraph -t matrix "
	      "shows packages and versions)", "py3.9");
	WRONG("mid@3.11: not tested under Python 3.11 (tgraph -t matrix shows "
	      "packages and versions)", "mid@3.11");
	WRONG("nothing*: no test file matches", "nothing*");
	WRONG("stray.py: it is not one of this repository's files (ignored, "
	      "or in a directory that is left out)", "stray.py");
	WRONG("low/tests/conftest.py: a conftest file has no tests; tgraph "
	      "-t query low/tests/conftest.py shows which test files depend "
	      "on it", "low/tests/conftest.py");
	WRONG("nosuch.py::test_x: no such file", "nosuch.py::test_x");
	/* one good word does not make up for it */
	MEAN(NULL, "mid", "loww");
}

static bool
is_tool(const char *name)
{
	return strcmp(name, "why") == 0;
}

static void
tools_are_no_targets(void **state)
{
	struct fixture *f = *state;

	f->s.is_tool = is_tool;
	WRONG("unknown target 'why', did you mean 'tgraph -t why'?", "why");
}

static void
node_ids_are_noted(void **state)
{
	struct fixture *f = *state;
	char *words[] = {
		(char *)"mid", (char *)"test_b.py::TestX::test_y[a::b]", NULL,
	};

	f->o.args = words;
	f->o.nargs = 2;
	buf_adds(&f->s.below, "low/tests");
	assert_int_equal(targets_prepare(&f->s, &f->err), 0);
	assert_int_equal(f->s.nselect, 1);
	assert_string_equal(f->s.select[0].file.p, "low/tests/test_b.py");
	assert_string_equal(f->s.select[0].id.p, "TestX::test_y[a::b]");
	assert_true(session_is_partial(&f->s));
	words[1] = (char *)"test_b.py::";
	assert_int_equal(targets_prepare(&f->s, &f->err), -1);
	assert_int_equal(f->err.code, EXIT_USAGE);
	assert_string_equal(f->err.msg,
		"'test_b.py::': there is no name after '::'");
	/* a ninja file has no node ids */
	f->s.python = false;
	assert_int_equal(targets_prepare(&f->s, &f->err), 0);
}

static void
of_a_ninja_file(void **state)
{
	struct fixture *f = *state;

	f->s.python = false;
	MEAN("made.txt", "data.txt^");
	WRONG("unknown target 'made.tx', did you mean 'made.txt'?", "made.tx");
	f->o.ninja = true;
	MEAN(NULL, "made.tx");
	assert_int_equal(f->err.code, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(packages_versions_files),
		TEST(words_together),
		TEST(no_words),
		TEST(from_below_and_by_absolute_path),
		TEST(what_a_manifest_makes),
		TEST(only_what_failed),
		TEST(words_that_mean_nothing),
		TEST(tools_are_no_targets),
		TEST(node_ids_are_noted),
		TEST(of_a_ninja_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
