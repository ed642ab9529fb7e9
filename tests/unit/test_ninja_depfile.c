/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ninja/depfile.h"
#include "util/buf.h"

/* text must read as "outs: ins", both joined by commas; or be refused with
 * this message if expected starts with "!". */
static void
reads(struct depfile *d, const char *text, const char *expected)
{
	struct buf copy = { 0 }, got = { 0 };
	struct err err = { 0 };

	buf_adds(&copy, text);
	if (depfile_parse(d, copy.p ? copy.p : (char []){ 0 }, copy.n,
	    &err) < 0) {
		buf_addf(&got, "!%s", err.msg);
	} else {
		for (size_t i = 0; i < d->nouts; i++)
			buf_addf(&got, "%s%.*s", i ? "," : "",
				(int)d->outs[i].n, d->outs[i].p);
		buf_adds(&got, ": ");
		for (size_t i = 0; i < d->nins; i++)
			buf_addf(&got, "%s%.*s", i ? "," : "",
				(int)d->ins[i].n, d->ins[i].p);
	}
	assert_string_equal(got.p, expected);
	buf_release(&copy);
	buf_release(&got);
	err_release(&err);
}

static void
names_it_can_hold(void **state)
{
	static const char *const good[] = {
		"a", "a b", "#a$", "x/y[1].py", "co:lon/x", "\xc3\xa4", " ", "a~!",
	};
	static const char *const bad[] = {
		"", "a\\b", "a*", "a|b", "a;b", "a\tb", "a\nb", "a:", "<", "a^",
		"`", "\x01", "\x7f",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(depfile_holds(str_of(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(depfile_holds(str_of(bad[i])));
}

static void
rules(void **state)
{
	struct depfile d = { 0 };

	(void)state;
	reads(&d, "out: a b \\\n  c \\\r\n d\n", "out: a,b,c,d");
	reads(&d, "out: a", "out: a");
	reads(&d, "a b: x\nc: y", "a,b,c: x,y");
	reads(&d, "out:\n", "out: ");
	reads(&d, "out : a\n", "out: a");
	reads(&d, "", ": ");
	reads(&d, " \n\n", ": ");
	reads(&d, ":\n", ": ");
	reads(&d, "out: a a b a\n", "out: a,b");
	reads(&d, "out: a\nout: b\n", "out: a,b");
	reads(&d, "\\\n out: a\n", "out: a");
	/* What -MP adds. */
	reads(&d, "out: a.h b.h\na.h:\nb.h :\n", "out: a.h,b.h");
	reads(&d, "a: b\nb:", "a: b");
	reads(&d, "a: b: c: d", "a: b,c,d");
	reads(&d, "out: a\n\\\n  b: c\n", "out,b: a,c");
	depfile_release(&d);
}

static void
refused(void **state)
{
	struct depfile d = { 0 };

	(void)state;
	reads(&d, "out a b\n", "!expected ':' in depfile");
	reads(&d, "foo", "!expected ':' in depfile");
	reads(&d, "out: a\na: b\n", "!inputs may not also have inputs");
	reads(&d, "out: a\na: a\n", "out: a");
	reads(&d, "out: a b\na: b\nx: y\n", "out,x: a,b,y");
	depfile_release(&d);
}

static void
escapes(void **state)
{
	struct depfile d = { 0 };

	(void)state;
	reads(&d, "a\\ b: c\\\\ d \\#e $$f g$h\n", "a b: c\\\\,d,#e,$f,g,h");
	reads(&d, "o: a\\\\\\ b c\\\\#d\n", "o: a\\ b,c\\#d");
	reads(&d, "c\\:/x\\:y: z\n", "c:/x:y: z");
	reads(&d, "o\\: a\n", "o\\: a");
	reads(&d, "o: a\\:", "o: a\\");
	reads(&d, "o: a\\\\:b\n", "o: a\\:b");
	reads(&d, "c:\\x\\y.o: d\\e\n", "c:\\x\\y.o: d\\e");
	reads(&d, "o: a\\\\\n b: c\n", "o,b: a\\\\,c");
	reads(&d, "o: a*b;c^d\n", "o: a,b,c,d");
	reads(&d, "o: +?\"'&,/_:.~()}{%=@[]!-\xc3\xa9\n",
		"o: +?\"'&,/_:.~()}{%=@[]!-\xc3\xa9");
	reads(&d, "o: a\tb\rc\r\n", "o: a,b,c");
	depfile_release(&d);
}

static void
many_inputs(void **state)
{
	struct depfile d = { 0 };
	struct buf b = { 0 };
	struct err err = { 0 };

	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		buf_clear(&b);
		buf_adds(&b, "out:");
		for (int i = 0; i < 20000; i++)
			buf_addf(&b, " \\\n f%d f%d", i, i / 2);
		assert_int_equal(depfile_parse(&d, b.p, b.n, &err), 0);
		assert_int_equal(d.nins, 20000);
		assert_true(str_is(d.ins[19999], "f19999"));
	}
	reads(&d, "o: f1\n", "o: f1");
	buf_release(&b);
	depfile_release(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules),
		cmocka_unit_test(names_it_can_hold),
		cmocka_unit_test(refused),
		cmocka_unit_test(escapes),
		cmocka_unit_test(many_inputs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
