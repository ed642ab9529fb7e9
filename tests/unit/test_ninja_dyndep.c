/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ninja/dyndep.h"
#include "util/buf.h"
#include "util/mem.h"

/* Dyndep files, and what ninja 1.13.2 says about them after "ninja: error: ";
 * recorded from it. The manifest has steps for "out | imp" and "out2". */
static const struct {
	struct str text;
	const char *message;
} cases[] = {
	{ STR(""),
	  "dd:1: expected 'ninja_dyndep_version = ...'\n" },
	{ STR("\n"),
	  "dd:2: expected 'ninja_dyndep_version = ...'\n" },
	{ STR("# c\n"),
	  "dd:2: expected 'ninja_dyndep_version = ...'\n" },
	{ STR("ninja_dyndep_version"),
	  "dd:1: expected '=', got eof\nninja_dyndep_version\n"
	  "                    ^ near here" },
	{ STR("ninja_dyndep_version\n"),
	  "dd:1: expected '=', got newline\nninja_dyndep_version\n"
	  "                    ^ near here" },
	{ STR("ninja_dyndep_version ="),
	  "dd:1: unexpected EOF\nninja_dyndep_version =\n"
	  "                      ^ near here" },
	{ STR("ninja_dyndep_version = 1"),
	  "dd:1: unexpected EOF\nninja_dyndep_version = 1\n"
	  "                        ^ near here" },
	{ STR("ninja_dyndep_version = 2\n"),
	  "dd:1: unsupported 'ninja_dyndep_version = 2'\n"
	  "ninja_dyndep_version = 2\n"
	  "                        ^ near here" },
	{ STR("ninja_dyndep_version = 1.1\n"),
	  "dd:1: unsupported 'ninja_dyndep_version = 1.1'\n"
	  "ninja_dyndep_version = 1.1\n"
	  "                          ^ near here" },
	{ STR("ninja_dyndep_version = x\n"),
	  "dd:1: unsupported 'ninja_dyndep_version = x'\n"
	  "ninja_dyndep_version = x\n"
	  "                        ^ near here" },
	{ STR("ninja_dyndep_version = \n"),
	  "dd:1: unsupported 'ninja_dyndep_version = '\n"
	  "ninja_dyndep_version = \n"
	  "                       ^ near here" },
	{ STR("build out: dyndep\n"),
	  "dd:1: expected 'ninja_dyndep_version = ...'\n" },
	{ STR("x = 1\n"),
	  "dd:1: expected 'ninja_dyndep_version = ...'\nx = 1\n"
	  "     ^ near here" },
	{ STR("not_ninja_dyndep_version = 1\n"),
	  "dd:1: expected 'ninja_dyndep_version = ...'\n"
	  "not_ninja_dyndep_version = 1\n"
	  "                            ^ near here" },
	{ STR("ninja_dyndep_version = 1\nninja_dyndep_version = 1\n"),
	  "dd:2: unexpected identifier\n" },
	{ STR("ninja_dyndep_version = 1\nx = 1\n"),
	  "dd:2: unexpected identifier\n" },
	{ STR("ninja_dyndep_version = 1\nrule r\n"),
	  "dd:2: unexpected 'rule'\n" },
	{ STR("ninja_dyndep_version = 1\npool\n"),
	  "dd:2: unexpected 'pool'\n" },
	{ STR("ninja_dyndep_version = 1\ndefault a\n"),
	  "dd:2: unexpected 'default'\n" },
	{ STR("ninja_dyndep_version = 1\ninclude a\n"),
	  "dd:2: unexpected 'include'\n" },
	{ STR("ninja_dyndep_version = 1\nsubninja a\n"),
	  "dd:2: unexpected 'subninja'\n" },
	{ STR("ninja_dyndep_version = 1\n  x\n"),
	  "dd:2: unexpected indent\n" },
	{ STR("ninja_dyndep_version = 1\n*\n"),
	  "dd:2: lexing error\n" },
	{ STR("ninja_dyndep_version = 1\n\tx\n"),
	  "dd:2: tabs are not allowed, use spaces\n" },
	{ STR("ninja_dyndep_version = 1\n=\n"),
	  "dd:2: unexpected '='\n" },
	{ STR("ninja_dyndep_version = 1\nbuild\n"),
	  "dd:2: expected path\nbuild\n     ^ near here" },
	{ STR("ninja_dyndep_version = 1\nbuild :\n"),
	  "dd:2: expected path\nbuild :\n      ^ near here" },
	{ STR("ninja_dyndep_version = 1\nbuild | out: dyndep\n"),
	  "dd:2: expected path\nbuild | out: dyndep\n"
	  "      ^ near here" },
	{ STR("ninja_dyndep_version = 1\nbuild ${x}: dyndep\n"),
	  "dd:2: empty path\nbuild ${x}: dyndep\n"
	  "          ^ near here" },
	{ STR("ninja_dyndep_version = 1\nbuild nope: dyndep\n"),
	  "dd:2: no build statement exists for 'nope'\n"
	  "build nope: dyndep\n          ^ near here" },
	{ STR("ninja_dyndep_version = 1\nbuild in: dyndep\n"),
	  "dd:2: no build statement exists for 'in'\n"
	  "build in: dyndep\n        ^ near here" },
	{ STR("ninja_dyndep_version = 1\nbuild out: dyndep\n"
	  "build out: dyndep\n"),
	  "dd:3: multiple statements for 'out'\nbuild out: dyndep\n"
	  "         ^ near here" },
	{ STR("ninja_dyndep_version = 1\nbuild out: dyndep\n"
	  "build imp: dyndep\n"),
	  "dd:3: multiple statements for 'imp'\nbuild imp: dyndep\n"
	  "         ^ near here" },
	{ STR("ninja_dyndep_version = 1\nbuild out o2: dyndep\n"),
	  "dd:2: explicit outputs not supported\n"
	  "build out o2: dyndep\n            ^ near here" },
	{ STR("ninja_dyndep_version = 1\nbuild out"),
	  "dd:2: unexpected EOF\nbuild out\n         ^ near here" },
	{ STR("ninja_dyndep_version = 1\nbuild out\n"),
	  "dd:2: expected ':', got newline ($ also escapes ':')\n"
	  "build out\n         ^ near here" },
	{ STR("ninja_dyndep_version = 1\nbuild out: r\n"),
	  "dd:2: expected build command name 'dyndep'\n"
	  "build out: r\n           ^ near here" },
	{ STR("ninja_dyndep_version = 1\nbuild out:\n"),
	  "dd:2: expected build command name 'dyndep'\nbuild out:\n"
	  "          ^ near here" },
	{ STR("ninja_dyndep_version = 1\nbuild out: dyndep in\n"),
	  "dd:2: explicit inputs not supported\n"
	  "build out: dyndep in\n                    ^ near here" },
	{ STR("ninja_dyndep_version = 1\nbuild out: dyndep || a\n"),
	  "dd:2: order-only inputs not supported\n"
	  "build out: dyndep || a\n                  ^ near here" },
	{ STR("ninja_dyndep_version = 1\nbuild out: dyndep | a || b\n"),
	  "dd:2: order-only inputs not supported\n"
	  "build out: dyndep | a || b\n"
	  "                      ^ near here" },
	{ STR("ninja_dyndep_version = 1\nbuild out: dyndep | a |@ b\n"),
	  "dd:2: expected newline, got '|@'\n"
	  "build out: dyndep | a |@ b\n"
	  "                      ^ near here" },
	{ STR("ninja_dyndep_version = 1\nbuild out: dyndep :\n"),
	  "dd:2: expected newline, got ':'\nbuild out: dyndep :\n"
	  "                  ^ near here" },
	{ STR("ninja_dyndep_version = 1\nbuild out: dyndep\n  x = 1\n"),
	  "dd:3: binding is not 'restat'\n  x = 1\n"
	  "       ^ near here" },
	{ STR("ninja_dyndep_version = 1\nbuild out: dyndep\n  restat\n"),
	  "dd:3: expected '=', got newline\n  restat\n"
	  "        ^ near here" },
	{ STR("ninja_dyndep_version = 1\nbuild out: dyndep\n"
	  "  restat = 1\n  restat = 1\n"),
	  "dd:4: unexpected indent\n" },
	{ STR("ninja_dyndep_version = 1\nbuild out | $x: dyndep\n"),
	  "dd:3: empty path\n" },
	{ STR("ninja_dyndep_version = 1\nbuild out: dyndep | ${x}\n"),
	  "dd:3: empty path\n" },
	{ STR("ninja_dyndep_version = 1\nbuild out: dyndep $*\n"),
	  "dd:2: bad $-escape (literal $ must be written as $$)\n"
	  "build out: dyndep $*\n                  ^ near here" },
	{ STR("ninja_dyndep_version = 1\nbuild out: dyndep | a\n\tx\n"),
	  "dd:3: tabs are not allowed, use spaces\n" },
};

struct seen {
	bool out, out2;
	struct buf dump;
};

static int
target(void *ctx, struct str out, struct err *err)
{
	struct seen *s = ctx;
	bool *one = str_is(out, "out") || str_is(out, "imp") ? &s->out :
		str_is(out, "out2") ? &s->out2 : NULL;

	if (!one)
		return err_set(err, "no build statement exists for '%.*s'",
			(int)out.n, out.p);
	if (*one)
		return err_set(err, "multiple statements for '%.*s'",
			(int)out.n, out.p);
	*one = true;
	return 0;
}

static int
build(void *ctx, const struct dyndep_build *b, struct err *err)
{
	struct seen *s = ctx;

	buf_addstr(&s->dump, b->out);
	for (size_t i = 0; i < b->nouts; i++)
		buf_addf(&s->dump, " +%.*s", (int)b->outs[i].n, b->outs[i].p);
	for (size_t i = 0; i < b->nins; i++)
		buf_addf(&s->dump, " <%.*s", (int)b->ins[i].n, b->ins[i].p);
	buf_adds(&s->dump, b->restat ? " restat\n" : "\n");
	if (str_is(b->out, "refuse"))
		return err_set(err, "refused");
	return 0;
}

static const struct dyndep_ops ops = { .target = target, .build = build };

static void
messages_are_those_of_ninja(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct err err = { 0 };
		struct seen s = { 0 };
		struct buf got = { 0 };

		assert_int_equal(dyndep_parse(STR("dd"), cases[i].text, &ops,
			&s, &err), -1);
		buf_addf(&got, "%s:%d: %s", err.path, err.line, err.msg);
		assert_string_equal(got.p, cases[i].message);
		buf_release(&got);
		buf_release(&s.dump);
		err_release(&err);
	}
}

static void
statements(void **state)
{
	struct err err = { 0 };
	struct seen s = { 0 };

	(void)state;
	assert_int_equal(dyndep_parse(STR("dd"), STR("# c\n"
		"ninja_dyndep_version = 1.0-x\n\n"
		"build ./out | a//b c$ d: dyndep | e ../f\n  restat = 1\n"
		"build out2: dyndep\n# c\n  restat =\n"), &ops, &s, &err), 0);
	assert_string_equal(s.dump.p,
		"out +a/b +c d <e <../f restat\nout2\n");
	buf_release(&s.dump);
}

static void
refusal_is_passed_on(void **state)
{
	static const struct dyndep_ops no_target = { .build = build };
	struct err err = { 0 };
	struct seen s = { 0 };

	(void)state;
	assert_int_equal(dyndep_parse(STR("dd"), STR("ninja_dyndep_version = "
		"1\r\nbuild refuse: dyndep | a\r\nbuild"), &no_target, &s,
		&err), -1);
	assert_string_equal(err.msg, "refused");
	assert_null(err.path);
	err_release(&err);
	buf_release(&s.dump);
}

/* ninja goes on after these as if nothing was wrong. */
static void
end_among_implicit_paths(void **state)
{
	struct err err = { 0 };
	struct seen s = { 0 };

	(void)state;
	assert_int_equal(dyndep_parse(STR("dd"), STR("ninja_dyndep_version = "
		"1\nbuild out: dyndep | a"), &ops, &s, &err), -1);
	assert_string_equal(err.msg, "unexpected EOF\n"
		"build out: dyndep | a\n                     ^ near here");
	err_release(&err);
	assert_null(s.dump.p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_those_of_ninja),
		cmocka_unit_test(statements),
		cmocka_unit_test(refusal_is_passed_on),
		cmocka_unit_test(end_among_implicit_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
