/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "report/text/ansi.h"
#include "report/text/format.h"
#include "report/text/xml.h"

static void
strips_sequences(void **state)
{
	static const char *const cases[][2] = {
		{ "plain", "plain" },
		{ "\033[31mred\033[0m!", "red!" },
		{ "a\033[1;2;3Kb", "ab" },
		{ "a\033]b", "a]b" },
		{ "end\033", "end" },
		{ "end\033[", "end" },
		{ "end\033[12", "end" },
	};
	struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&b);
		ansi_strip(&b, str_of(cases[i][0]));
		assert_string_equal(buf_str(&b).p, cases[i][1]);
	}
	buf_release(&b);
}

/* As ninja 1.13 does in a terminal of that width. */
static void
elides_the_middle(void **state)
{
	static const struct {
		const char *text;
		size_t width;
		const char *want;
	} cases[] = {
		{ "0123456789", 10, "0123456789" },
		{ "0123456789", 9, "012...789" },
		{ "0123456789", 8, "01...789" },
		{ "0123456789", 4, "...9" },
		{ "0123456789", 3, "..." },
		{ "0123456789", 1, "." },
		{ "0123456789", 0, "" },
		{ "\033[0;31m01234\033[0m56789", 1, ".\033[0;31m\033[0m" },
		{ "\033[0;31m01234\033[0m56789", 4, "...\033[0;31m\033[0m9" },
		{ "\033[0;31m01234\033[0m56789", 5, "\033[0;31m0...\033[0m9" },
		{ "\033[0;31m01234\033[0m56789", 9,
		  "\033[0;31m012...\033[0m789" },
		{ "\033[0;31m01234\033[0m56789", 10,
		  "\033[0;31m01234\033[0m56789" },
		{ "012\033[1m345678901\033[0m", 9, "012...\033[1m901\033[0m" },
		{ "012\033[1m345678901\033[0m", 10,
		  "012...\033[1m8901\033[0m" },
	};
	struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&b);
		ansi_elide(&b, str_of(cases[i].text), cases[i].width);
		assert_string_equal(buf_str(&b).p, cases[i].want);
	}
	buf_release(&b);
}

static void
color_by_environment(void **state)
{
	(void)state;
	unsetenv("NO_COLOR");
	unsetenv("CLICOLOR_FORCE");
	unsetenv("FORCE_COLOR");
	assert_int_equal(ansi_color(NULL, true), 1);
	assert_int_equal(ansi_color("auto", false), 0);
	assert_int_equal(ansi_color("always", false), 1);
	assert_int_equal(ansi_color("never", true), 0);
	assert_int_equal(ansi_color("maybe", true), -1);
	setenv("FORCE_COLOR", "1", 1);
	assert_int_equal(ansi_color(NULL, false), 1);
	assert_false(ansi_color_ninja(false));
	setenv("FORCE_COLOR", "0", 1);
	assert_int_equal(ansi_color(NULL, false), 0);
	setenv("CLICOLOR_FORCE", "1", 1);
	assert_int_equal(ansi_color(NULL, false), 1);
	assert_true(ansi_color_ninja(false));
	setenv("NO_COLOR", "1", 1);
	assert_int_equal(ansi_color(NULL, true), 0);
	assert_int_equal(ansi_color("always", true), 1);
	unsetenv("NO_COLOR");
	unsetenv("CLICOLOR_FORCE");
	unsetenv("FORCE_COLOR");
}

static void
fills_placeholders(void **state)
{
	struct format_values v = {
		.started = 3, .finished = 2, .running = 1, .total = 8,
		.elapsed_ms = 4500, .left_ms = 61000, .rate = -1,
	};
	struct buf b = { 0 };

	(void)state;
	format_fill(&b, "[%s %t %p %r %u %f %o %c %e %E %w %W %P %%]", &v);
	assert_string_equal(b.p, "[3 8  25% 1 5 2 0.4 ? 4.500 61.000 00:04 "
		"01:01   6% %]");
	buf_clear(&b);
	v.left_ms = -1;
	v.elapsed_ms = 3661000;
	v.rate = 2.25;
	format_fill(&b, "%w %E %W %c%P", &v);
	assert_string_equal(b.p, "1:01:01 ? ? 2.2  0%");
	buf_clear(&b);
	v = (struct format_values){ .left_ms = -1, .rate = -1 };
	format_fill(&b, "%p %u %o", &v);
	assert_string_equal(b.p, "  0% 0 ?");
	buf_release(&b);
}

static void
refuses_unknown_placeholders(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(format_check("%s%t%p%r%u%f%o%c%e%E%w%W%P%%", "X",
		&err), 0);
	assert_int_equal(format_check("a %x", "NINJA_STATUS", &err), -1);
	assert_string_equal(err.msg,
		"unknown placeholder '%x' in $NINJA_STATUS");
	err_release(&err);
	assert_int_equal(format_check("a %", "NINJA_STATUS", &err), -1);
	err_release(&err);
}

static void
rate_looks_back(void **state)
{
	struct rate r = { .value = -1 };

	(void)state;
	rate_update(&r, 0, 0, 2);
	assert_true(r.value < 0);
	rate_update(&r, 1, 500, 2);
	assert_true(r.value > 3.9 && r.value < 4.1);
	rate_update(&r, 2, 2500, 2);
	assert_true(r.value > 0.9 && r.value < 1.1);
	rate_update(&r, 2, 9500, 2);
	assert_true(r.value > 0.9 && r.value < 1.1);
}

static void
xml_holds_any_bytes(void **state)
{
	static const struct {
		struct str text;
		const char *want;
	} cases[] = {
		{ STR("a < b && c > \"d\""),
		  "a &lt; b &amp;&amp; c &gt; \"d\"" },
		{ STR("tab\tline\n"), "tab\tline\n" },
		{ STR("cr\r"), "cr&#13;" },
		{ STR("\033[1mbold\033[0m"), "bold" },
		{ STR("nul\0bell\a"), "nul\xef\xbf\xbd" "bell\xef\xbf\xbd" },
		{ STR("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x8d"),
		  "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x8d" },
		{ STR("latin \xe9!"), "latin \xef\xbf\xbd!" },
		{ STR("cut \xe2\x82"),
		  "cut \xef\xbf\xbd\xef\xbf\xbd" },
		{ STR("surrogate \xed\xa0\x80"), "surrogate \xef\xbf\xbd" },
		{ STR("long \xc0\x80"), "long \xef\xbf\xbd\xef\xbf\xbd" },
		{ STR("\xef\xbf\xbe"), "\xef\xbf\xbd" },
	};
	struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&b);
		xml_text(&b, cases[i].text);
		assert_string_equal(b.p, cases[i].want);
	}
	buf_clear(&b);
	xml_attr(&b, "name", STR("a\n\"b\"\t<"));
	assert_string_equal(b.p, " name=\"a&#10;&quot;b&quot;&#9;&lt;\"");
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strips_sequences),
		cmocka_unit_test(elides_the_middle),
		cmocka_unit_test(color_by_environment),
		cmocka_unit_test(fills_placeholders),
		cmocka_unit_test(refuses_unknown_placeholders),
		cmocka_unit_test(rate_looks_back),
		cmocka_unit_test(xml_holds_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
