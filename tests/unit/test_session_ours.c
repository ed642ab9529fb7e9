/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "session/ours.h"
#include "tree.h"

/* The working directory is a root of its own. */
static int
make(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));

	tree_make(t);
	*state = t;
	return chdir(t->root);
}

static int
drop(void **state)
{
	struct tree *t = *state;

	if (chdir("/") < 0)
		return -1;
	tree_remove(t);
	free(t);
	return 0;
}

static void
add(const char *path, bool cache)
{
	struct session s = { 0 };
	struct err err = { 0 };

	assert_int_equal(ours_add(&s, path, cache ? OURS_CACHE
	                                          : OURS_FILE, &err), 0);
	assert_null(err.msg);
	session_close(&s);
}

/* What a run that begins now takes for ours, sorted: "a b". */
static void
loads(const char *want)
{
	struct session s = { 0 };
	struct buf b = { 0 };

	ours_load(&s);
	strs_sort(&s.ours);
	for (size_t i = 0; i < s.ours.n; i++)
		buf_addf(&b, "%s%s", i ? " " : "", s.ours.v[i].p);
	assert_string_equal(b.p ? b.p : "", want);
	buf_release(&b);
	session_close(&s);
}

static void
reports_as_they_were_left(void **state)
{
	const struct tree *t = *state;

	tree_dir(t, ".tgraph");
	loads("");
	tree_file(t, "out/a.xml", "1");
	tree_file(t, "b c.json", "1");
	add("out/a.xml", false);
	add("b c.json", false);
	loads("b c.json out/a.xml");
	/* the user changed one, and removed the other */
	tree_file(t, "out/a.xml", "2");
	unlink("b c.json");
	loads("");
	/* written again, it is ours again, once */
	add("out/a.xml", false);
	add("./out/../out/a.xml", false);
	loads("out/a.xml");
}

static void
a_session_knows_what_it_added(void **state)
{
	const struct tree *t = *state;
	struct session s = { 0 };
	struct err err = { 0 };

	tree_dir(t, ".tgraph");
	tree_file(t, "r.xml", "1");
	assert_int_equal(ours_add(&s, "r.xml", OURS_FILE, &err), 0);
	assert_int_equal(s.ours.n, 1);
	assert_string_equal(s.ours.v[0].p, "r.xml");
	session_close(&s);
}

static void
caches(void **state)
{
	const struct tree *t = *state;

	tree_dir(t, ".tgraph");
	tree_dir(t, "cache/cas");
	tree_dir(t, "cache/ac");
	add("cache", true);
	loads("cache");
	tree_file(t, "cache/cas/x", "its content may change");
	loads("cache");
	/* what is no cache any more is the user's */
	assert_int_equal(rmdir("cache/ac"), 0);
	loads("");
}

static void
what_is_not_to_be_noted(void **state)
{
	const struct tree *t = *state;
	struct buf b = { 0 };

	tree_file(t, "root/a.xml", "1");
	tree_file(t, "other.xml", "1");
	assert_int_equal(chdir("root"), 0);
	/* nothing ever ran here: no state, and none is made */
	add("a.xml", false);
	assert_int_not_equal(access(".tgraph", F_OK), 0);
	tree_dir(t, "root/.tgraph");
	add(tree_path(t, &b, "other.xml"), false);
	add("../other.xml", false);
	add("missing.xml", false);
	add(".", true);
	tree_file(t, "root/.tgraph/x", "1");
	add(".tgraph/x", false);
	tree_file(t, "root/new\nline", "1");
	add("new\nline", false);
	loads("");
	buf_release(&b);
}

static void
a_list_that_is_damaged(void **state)
{
	const struct tree *t = *state;

	tree_file(t, "a", "1");
	tree_file(t, ".tgraph/own", "nospace\n\nzz a\ncache\ncache nowhere\n"
	          " a\nunfinished a");
	loads("");
	add("a", false);
	loads("a");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reports_as_they_were_left),
		TEST(a_session_knows_what_it_added),
		TEST(caches),
		TEST(what_is_not_to_be_noted),
		TEST(a_list_that_is_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
