/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/mem.h"
#include "util/path.h"

/* Canonical paths as ninja has them. */
static void
folded(void **state)
{
	static const char *const all[][2] = {
		{ "", "" }, { ".", "." }, { "./.", "." }, { "./", "." },
		{ "foo.h", "foo.h" }, { "./foo.h", "foo.h" },
		{ "./foo/./bar.h", "foo/bar.h" },
		{ "./x/foo/../bar.h", "x/bar.h" },
		{ "./x/foo/../../bar.h", "bar.h" },
		{ "foo//bar", "foo/bar" }, { "foo//.//..///bar", "bar" },
		{ "./x/../foo/../../bar.h", "../bar.h" },
		{ "foo/./.", "foo" }, { "foo/bar/..", "foo" },
		{ "foo/.hidden_bar", "foo/.hidden_bar" },
		{ "foo/..hidden", "foo/..hidden" }, { "a...", "a..." },
		{ "/foo", "/foo" }, { "//foo", "/foo" }, { "/", "/" },
		{ "//", "/" }, { "/.", "/" }, { "/foo/..", "/" },
		{ "..", ".." }, { "../", ".." }, { "../foo", "../foo" },
		{ "../foo/", "../foo" }, { "../..", "../.." },
		{ "../../", "../.." }, { "./../", ".." },
		{ "/../foo", "/../foo" }, { "/a/../../b", "/../b" },
		{ "a/..", "." }, { "a/../", "." }, { "a/../b/..", "." },
		{ "a/b/../../..", ".." }, { "foo/", "foo" },
		{ "a/./b/./c/.", "a/b/c" }, { "a b/../c d", "c d" },
	};

	(void)state;
	for (size_t i = 0; i < countof(all); i++) {
		char *p = xstrdup(all[i][0]);
		size_t n = path_fold(p, strlen(p));

		assert_string_equal(p, all[i][1]);
		assert_int_equal(n, strlen(p));
		assert_int_equal(path_fold(p, n), n);
		free(p);
	}
}

static void
folded_by_length_alone(void **state)
{
	char text[] = "a/../b/cXXXX";

	(void)state;
	assert_int_equal(path_fold(text, 8), 3);
	assert_string_equal(text, "b/c");
	assert_memory_equal(text + 8, "XXXX", 5);
}

/* There is no limit on components. */
static void
deep(void **state)
{
	enum { DEEP = 10000 };
	struct buf b = { 0 };

	(void)state;
	for (int i = 0; i < DEEP; i++)
		buf_adds(&b, "a/./");
	for (int i = 0; i < DEEP - 1; i++)
		buf_adds(&b, "../");
	b.n = path_fold(b.p, b.n);
	assert_true(str_is(buf_str(&b), "a"));
	buf_release(&b);
}

static void
expect_join(const char *dir, const char *name, const char *want)
{
	struct buf b = { 0 };

	path_join(&b, str_of(dir), str_of(name));
	assert_string_equal(b.p, want);
	assert_int_equal(b.n, strlen(want));
	/* behind what is there */
	buf_clear(&b);
	buf_adds(&b, "../x/");
	path_join(&b, str_of(dir), str_of(name));
	assert_memory_equal(b.p, "../x/", 5);
	assert_string_equal(b.p + 5, want);
	buf_release(&b);
}

static void
joined(void **state)
{
	(void)state;
	expect_join("a", "b", "a/b");
	expect_join("a/b", "../c", "a/c");
	expect_join("", "b", "b");
	expect_join(".", "b/", "b");
	expect_join("a", "/b", "/b");
	expect_join("a", "", "a");
	expect_join("", "", "");
	expect_join("/", "b", "/b");
	expect_join("/a", "..", "/");
	expect_join("a", "..", ".");
	expect_join("a", "../..", "..");
}

static void
parts(void **state)
{
	static const char *const all[][3] = {
		{ "a", "", "a" }, { "a/b", "a", "b" }, { "a/b/c", "a/b", "c" },
		{ "/a", "/", "a" }, { "/", "/", "" }, { "", "", "" },
		{ "/a/b", "/a", "b" }, { "a/", "a", "" },
	};

	(void)state;
	for (size_t i = 0; i < countof(all); i++) {
		struct str path = str_of(all[i][0]);

		assert_true(str_is(path_dir(path), all[i][1]));
		assert_true(str_is(path_base(path), all[i][2]));
	}
}

static void
below(void **state)
{
	static const struct {
		const char *path, *dir;
		bool is;
	} all[] = {
		{ "a", "a", true }, { "a/b", "a", true }, { "ab", "a", false },
		{ "a", "a/b", false }, { "a", "", true }, { "", "", true },
		{ "a", ".", true }, { "/a", "", false }, { "..", "", false },
		{ "../a", ".", false }, { "..a", "", true },
		{ "/a", "/", true }, { "/", "/", true }, { "a", "/", false },
		{ "/a/b", "/a", true }, { "/ab", "/a", false },
		{ "", "a", false },
	};

	(void)state;
	for (size_t i = 0; i < countof(all); i++)
		if (path_below(str_of(all[i].path), str_of(all[i].dir)) !=
		    all[i].is)
			fail_msg("'%s' below '%s'", all[i].path, all[i].dir);
}

/* path as seen from dir leads, joined to dir, to path again. */
/* What lies below a directory comes before other names that begin like it. */
static void
ordered(void **state)
{
	static const char *const all[] = {
		"", "a", "a/b", "a/b/c", "a/z", "a-b", "a.b", "a0", "ab", "b",
		"\xff",
	};

	(void)state;
	for (size_t i = 0; i < countof(all); i++) {
		for (size_t k = 0; k < countof(all); k++) {
			int r = path_order(str_of(all[i]), str_of(all[k]));

			assert_int_equal(i < k ? -1 : i > k, r);
		}
	}
}

static void
relative(void **state)
{
	static const char *const all[][3] = {
		{ "/a", "/a", "." }, { "/a", "/a/b", "b" },
		{ "/a/b", "/a", ".." }, { "/a", "/b", "../b" },
		{ "/a/b", "/a/c", "../c" }, { "/a/b/c", "/a", "../.." },
		{ "/ab", "/a", "../a" }, { "/a", "/ab", "../ab" },
		{ "/", "/a/b", "a/b" }, { "/a/b", "/", "../.." },
		{ "/", "/", "." }, { "/a/bc/d", "/a/b/d", "../../b/d" },
	};

	(void)state;
	for (size_t i = 0; i < countof(all); i++) {
		struct str dir = str_of(all[i][0]), path = str_of(all[i][1]);
		struct buf b = { 0 }, back = { 0 };

		path_relative(&b, dir, path);
		assert_string_equal(b.p, all[i][2]);
		path_join(&back, dir, buf_str(&b));
		assert_string_equal(back.p, all[i][1]);
		buf_release(&b);
		buf_release(&back);
	}
}

static void
quoted(void **state)
{
	static const char *const all[][2] = {
		{ "a_B9+./-", "a_B9+./-" }, { "", "" }, { "a b", "'a b'" },
		{ "a'b", "'a'\\''b'" }, { "'", "''\\'''" }, { "$x", "'$x'" },
		{ "a\nb", "'a\nb'" }, { "\xc3\xa4", "'\xc3\xa4'" },
		{ "~", "'~'" }, { "a=b", "'a=b'" }, { "c:d", "'c:d'" },
	};
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < countof(all); i++) {
		buf_clear(&b);
		path_shell(&b, str_of(all[i][0]));
		assert_string_equal(buf_str(&b).p, all[i][1]);
	}
	buf_clear(&b);
	path_pasted(&b, STR("a.py::test"));
	assert_string_equal(b.p, "a.py::test");
	buf_clear(&b);
	path_pasted(&b, STR("a.py::test[1]"));
	assert_string_equal(b.p, "'a.py::test[1]'");
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folded),
		cmocka_unit_test(folded_by_length_alone),
		cmocka_unit_test(deep),
		cmocka_unit_test(joined),
		cmocka_unit_test(parts),
		cmocka_unit_test(below),
		cmocka_unit_test(ordered),
		cmocka_unit_test(relative),
		cmocka_unit_test(quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
