/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sched/known/rewrite.h"

static enum rewrite
says(const char *command)
{
	return rewrite_says(str_of(command), STR("/w/b"), STR("/w/b/d/lib"));
}

static void
test_content(void **state)
{
	static const char *const yes[] = {
		"strip d/lib", "x && strip -s ./d/../d/lib", "strip /w/b/d/lib",
		"cd /w/b && llvm-strip d/lib && touch st", "cd d; strip lib",
		"x86_64-linux-gnu-strip d/lib", "/usr/bin/codesign -s - d/lib",
		"sed -i /x/d d/lib", "sed -e 's/a;b/c/' -i.bak d/lib",
		"perl -pi -e 's/a/b/' d/lib", "echo x >>d/lib",
		"echo x > 'd/lib'", "(cat in; echo) >d/lib", "cp in d/lib",
		"mv d/lib.new d/lib", "install_name_tool -id x d/lib",
		"dd if=/dev/zero of=d/lib", "cat x | tee d/lib",
		"env X=1 strip d/lib", "X=1 strip d/lib",
		"cmake -E env X=1 strip d/lib", "cmake -E copy in d/lib",
	};
	static const char *const no[] = {
		"strip d/other", "cat d/lib >out", "cp d/lib out",
		"sed s/a/b/ d/lib >out", "cc -c d/lib -o d/lib.o",
		"echo strip d/lib", "cd e && strip d/lib", "strip lib",
		"strip $x", "", ">", "strip", "mv d/lib d/other",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		if (says(yes[i]) != REWRITE_CONTENT)
			fail_msg("writes it: %s", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		if (says(no[i]) != REWRITE_NONE)
			fail_msg("does not write it: %s", no[i]);
}

static void
test_times(void **state)
{
	(void)state;
	assert_int_equal(says("ln -f d/lib out"), REWRITE_TIMES);
	assert_int_equal(says("cp -l d/lib out"), REWRITE_TIMES);
	assert_int_equal(says("chmod +x d/lib"), REWRITE_TIMES);
	assert_int_equal(says("cmake -E touch d/lib"), REWRITE_TIMES);
	assert_int_equal(says("touch d/lib; strip d/lib"), REWRITE_CONTENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
