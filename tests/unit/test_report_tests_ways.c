/* SPDX-License-Identifier: Apache-2.0 */
#include "report/tests/ways.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph/load.h"
#include "tree.h"
#include "util/mem.h"

/* Test files that have run, as many as wished, with results alike. */
static struct tree tree;
static struct graph g;
static struct testfiles m;
static struct buf said;

static void
load(uint32_t files, const char *result, const char *bindings)
{
	struct err err = { 0 };
	struct buf text = { 0 }, path = { 0 };

	tree_make(&tree);
	tree_path(&tree, &path, "");
	buf_adds(&text, "pool one\n  depth = 1\nrule r\n  command = c\n");
	for (uint32_t i = 0; i < files; i++) {
		struct buf name = { 0 };

		buf_addf(&name, "%u.json", (unsigned)i);
		tree_file(&tree, name.p, result);
		buf_addf(&text, "build %u: r\n  tg_kind = test\n"
		         "  tg_result = %s/%s\n%s", (unsigned)i, path.p,
		         name.p, bindings);
		buf_release(&name);
	}
	tree_file(&tree, "build.ninja", text.p);
	buf_clear(&path);
	assert_int_equal(graph_load_file(&g, tree_path(&tree, &path,
		"build.ninja"), NULL, &err), 0);
	m = (struct testfiles){ .g = &g, .n = files };
	m.v = xcalloc(files, sizeof(*m.v));
	for (uint32_t i = 0; i < files; i++)
		m.v[i] = (struct testfile){ .step = i, .stage = STAGE_RAN };
	buf_release(&path);
	buf_release(&text);
}

/* What is advised after so many seconds with so many at once. */
static const char *
advice(double took, int jobs)
{
	buf_clear(&said);
	buf_reserve(&said, 1);
	said.p[0] = '\0';
	ways_advice(&m, took, jobs, &said);
	return said.p;
}

static int
teardown(void **state)
{
	(void)state;
	free(m.v);
	graph_release(&g);
	tree_remove(&tree);
	buf_release(&said);
	m = (struct testfiles){ 0 };
	return 0;
}

#define RESULT(members) \
	"{\"version\":1,\"runner\":\"pytest\",\"items\":[]," members \
	"\"done\":true}"

static void
test_forks(void **state)
{
	(void)state;
	load(250, RESULT("\"way\":\"fork\",\"times\":{\"start\":0.004,"
		"\"run\":0.012,\"end\":0.004},"), "");
	assert_string_equal(advice(10, 2), "40 % of the time went into a "
		"process for each file: isolation = \"batch\" in "
		"[tool.tgraph] would save about 2.8 s of 10.0");
	/* less than a second */
	assert_string_equal(advice(3, 2), "");
}

static void
test_forks_are_little(void **state)
{
	(void)state;
	load(50, RESULT("\"way\":\"fork\",\"times\":{\"start\":0.004,"
		"\"run\":0.2,\"end\":0.004},"), "");
	assert_string_equal(advice(100, 2), "");
}

static void
test_few(void **state)
{
	(void)state;
	load(10, RESULT("\"way\":\"fork\",\"times\":{\"start\":1},"), "");
	assert_string_equal(advice(10, 1), "");
}

static void
test_starts(void **state)
{
	(void)state;
	load(8, RESULT("\"way\":\"start\",\"why\":\"thread pump\","
		"\"times\":{\"start\":1.5,\"run\":0.5},"), "");
	assert_string_equal(advice(16, 2), "pytest was started anew for 100 % "
		"of the files, because of thread pump: isolation = "
		"\"shared\" in [tool.tgraph] would save about 9.0 s of 16.0");
	assert_string_equal(advice(16, 8), "");
	assert_string_equal(advice(16, 0), "");
}

static void
test_cannot_share(void **state)
{
	(void)state;
	load(40, RESULT("\"way\":\"fork\","
		"\"times\":{\"start\":1,\"run\":4},"), "  pool = one\n");
	assert_string_equal(advice(200, 1), "");
}

static void
test_package(void **state)
{
	(void)state;
	load(40, RESULT("\"way\":\"fork\",\"files\":[],"
		"\"times\":{\"start\":1,\"run\":4},"), "");
	assert_string_equal(advice(200, 1), "");
}

/* It was chosen so, or needs no advice. */
static void
test_other_ways(void **state)
{
	(void)state;
	load(40, RESULT("\"way\":\"process\","
		"\"times\":{\"start\":1,\"run\":4},"), "");
	assert_string_equal(advice(200, 1), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_teardown(name, teardown)
		T(test_forks), T(test_forks_are_little), T(test_few),
		T(test_starts), T(test_cannot_share),
		T(test_package), T(test_other_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
