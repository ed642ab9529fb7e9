/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "python/project/requirement.h"

static void
names(const char *line, enum requirement_names what, const char *path)
{
	struct arena a = { 0 };
	struct str got = STR("");

	assert_int_equal(requirement_line(str_of(line), &a, &got), what);
	if (what != REQUIREMENT_NOTHING)
		assert_string_equal(got.p, path);
	arena_release(&a);
}

static void
other_files(void **state)
{
	names("-r base.txt", REQUIREMENT_FILE, "base.txt");
	names("-rbase.txt", REQUIREMENT_FILE, "base.txt");
	names("  -c ../c.txt   # why", REQUIREMENT_FILE, "../c.txt");
	names("--requirement=base.txt", REQUIREMENT_FILE, "base.txt");
	names("--constraint base.txt", REQUIREMENT_FILE, "base.txt");
	names("-r \"with space.txt\"", REQUIREMENT_FILE, "with space.txt");
	names("-r https://example.org/x.txt", REQUIREMENT_NOTHING, NULL);
	names("-r", REQUIREMENT_NOTHING, NULL);
}

static void
directories(void **state)
{
	names("-e .", REQUIREMENT_IN_PLACE, ".");
	names("-e ./sib[fast]  # ours", REQUIREMENT_IN_PLACE, "./sib");
	names("-e sib", REQUIREMENT_IN_PLACE, "sib");
	names("--editable=../sib", REQUIREMENT_IN_PLACE, "../sib");
	names("-e file:///srv/sib#egg=sib", REQUIREMENT_IN_PLACE, "/srv/sib");
	names("-e git+https://example.org/x", REQUIREMENT_NOTHING, NULL);
	names("./sib", REQUIREMENT_COPY, "./sib");
	names("libs/sib[a,b] ; python_version > '3'", REQUIREMENT_COPY,
	      "libs/sib");
	names("sib @ file:///srv/sib", REQUIREMENT_COPY, "/srv/sib");
	names("sib@file://localhost/srv/sib", REQUIREMENT_COPY, "/srv/sib");
	names("sib @ ./sib", REQUIREMENT_COPY, "./sib");
	names("x-1.0-py3-none-any.whl", REQUIREMENT_COPY,
	      "x-1.0-py3-none-any.whl");
}

static void
packages(void **state)
{
	names("", REQUIREMENT_NOTHING, NULL);
	names("# -r base.txt", REQUIREMENT_NOTHING, NULL);
	names("helper", REQUIREMENT_NOTHING, NULL);
	names("helper[fast]>=1.0,<2 ; sys_platform == 'linux'  # a/b",
	      REQUIREMENT_NOTHING, NULL);
	names("helper @ git+ssh://me@example.org/x", REQUIREMENT_NOTHING, NULL);
	names("--hash=sha256:00", REQUIREMENT_NOTHING, NULL);
	names("--extra-index-url https://example.org/x", REQUIREMENT_NOTHING,
	      NULL);
	names("--require-hashes", REQUIREMENT_NOTHING, NULL);
	names("--no-binary ./x", REQUIREMENT_NOTHING, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_files),
		cmocka_unit_test(directories),
		cmocka_unit_test(packages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
