/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ninja/parse.h"
#include "ninja_dump.h"
#include "util/mem.h"

/* The statements of text, parsed as version says, must be these. */
static void
statements(const char *version, const struct memory_file *files,
	size_t nfiles, const char *expected)
{
	struct ninja_opts opts = { .version = version };
	struct dump d = { .files = files, .nfiles = nfiles };
	struct err err = { 0 };
	int ret = ninja_parse(files[0].name, &dump_ops, &d, &opts, &err);

	if (ret < 0)
		print_message("%s:%d: %s\n", err.path, err.line, err.msg);
	assert_int_equal(ret, 0);
	assert_string_equal(buf_str(&d.out).p, expected);
	buf_release(&d.out);
	buf_release(&d.warnings);
}

static void
same(const char *text, const char *expected)
{
	struct memory_file f = { STR("build.ninja"), str_of(text) };

	statements("1.13.2", &f, 1, expected);
}

static void
whole_statement(void **state)
{
	(void)state;
	same("rule cc\n  command = cc $in\n  depfile = $out.d\n"
	     "build o1 o2 | o3: cc i1 i2 | i3 || i4 i5 |@ v\n"
	     "  flags = -O\n  empty =\n"
	     "default o1 o3\n",
	     "rule 1 in 0 cc command=<cc $in> depfile=<$out.d>\n"
	     "build in 0 rule 1 out <o1> <o2> | <o3> in <i1> <i2> | <i3>"
	     " || <i4> <i5> |@ <v> flags=<-O> empty=<>\n"
	     "default <o1>\ndefault <o3>\n");
	same("build | b: phony\nbuild a: phony | x\nbuild c: phony || x\n",
	     "build in 0 rule 0 | <b>\n"
	     "build in 0 rule 0 out <a> | <x>\n"
	     "build in 0 rule 0 out <c> || <x>\n");
	same("pool p\n  depth = 3\npool q\n  depth = 1x\n  depth = 0\n",
	     "pool p 3\npool q 0\n");
	same("build all: phony a |\nbuild b |: phony a || \n",
	     "build in 0 rule 0 out <all> in <a>\n"
	     "build in 0 rule 0 out <b> in <a>\n");
}

static void
escapes(void **state)
{
	(void)state;
	same("a = 1\na.b = 2\nx = $a.b ${a.b}$$ $:$ |#  \n",
	     "variable 0 a=<1>\nvariable 0 a.b=<2>\n"
	     "variable 0 x=<1.b 2$ : |#  >\n");
	same("x =   $\n  a $\n    b\ny = $ z\nz=\nu = $nope-$-b-$_\n",
	     "variable 0 x=<a b>\nvariable 0 y=< z>\nvariable 0 z=<>\n"
	     "variable 0 u=<>\n");
	same("build a$ b$:c$$ $\n   d$\n   e#f: phony x*y\n",
	     "build in 0 rule 0 out <a b:c$> <de#f> in <x*y>\n");
	/* Raw values keep their escapes; continuations are not joined. */
	same("rule r\n  command = a $\n     b $$ $in\n",
	     "rule 1 in 0 r command=<a $\\0a     b $$ $in>\n");
	same("x = a\tb\nbuild a\tb: phony\n",
	     "variable 0 x=<a\\09b>\nbuild in 0 rule 0 out <a\\09b>\n");
}

static void
line_ends(void **state)
{
	struct memory_file nul = { STR("f"), STR("x = 1\n\0y = 2\n") };

	(void)state;
	same("x = 1\r\nrule r\r\n  command = a$\r\n   b\r\n\r\n"
	     "build a: r b\r\n  y = 2\r\n# c\r\n",
	     "variable 0 x=<1>\nrule 1 in 0 r command=<a$\\0d\\0a   b>\n"
	     "build in 0 rule 1 out <a> in <b> y=<2>\n");
	same("", "");
	same("\n   \n# c\n  # d\n", "");
	statements("1.13.2", &nul, 1, "variable 0 x=<1>\n");
}

static void
comments_do_not_end_blocks(void **state)
{
	(void)state;
	same("rule r\n# c\n  command = c # d\n   # e\n  deps = gcc\n"
	     "build a: r\n#\n  x = 1\n",
	     "rule 1 in 0 r command=<c # d> deps=<gcc>\n"
	     "build in 0 rule 1 out <a> x=<1>\n");
	same("build a: phony\n\nx = 1\n",
	     "build in 0 rule 0 out <a>\nvariable 0 x=<1>\n");
}

static void
names_that_start_like_words(void **state)
{
	(void)state;
	same("builddir = b\nrule-x = 1\ndefault.x = 2\npools = 3\n",
	     "variable 0 builddir=<b>\nvariable 0 rule-x=<1>\n"
	     "variable 0 default.x=<2>\nvariable 0 pools=<3>\n");
	same("rule build\n  command = x\nbuild build: build default\n",
	     "rule 1 in 0 build command=<x>\n"
	     "build in 0 rule 1 out <build> in <default>\n");
}

static void
scopes_of_values(void **state)
{
	(void)state;
	/* Bindings see the file, not each other; paths see the bindings. */
	same("x = file\nbuild $x.o: phony $x ${y}z || $nope./a\n"
	     "  y = $x\n  x = edge$y\n  x = last$out\n",
	     "variable 0 x=<file>\n"
	     "build in 0 rule 0 out <last.o> in <last> <filez> || <a>"
	     " y=<file> x=<edge> x=<last>\n");
	same("x = 1\ny = $x\nx = 2\nbuild $x$y: phony\n",
	     "variable 0 x=<1>\nvariable 0 y=<1>\nvariable 0 x=<2>\n"
	     "build in 0 rule 0 out <21>\n");
}

static void
paths_are_folded(void **state)
{
	(void)state;
	same("d = .\nbuild ./a//b/../c ../../x/. ${d}/y/: phony /../z /a/.. "
	     ".hid/.. a/.hid b/..c ... ${d}\n",
	     "variable 0 d=<.>\n"
	     "build in 0 rule 0 out <a/c> <../../x> <y> in </../z> </> <.> "
	     "<a/.hid> <b/..c> <...> <.>\n");
	same("default a/../b\n", "default <b>\n");
}

static void
include_and_subninja(void **state)
{
	const struct memory_file files[] = {
		{ STR("main"), STR("x = 1\nrule r\n  command = a\n"
			"include inc\nsubninja $x.sub\nbuild $x: r\n"
			"build y: i\n") },
		{ STR("inc"), STR("x = 2\nrule i\n  command = b\n") },
		{ STR("2.sub"), STR("build a: r $x\nx = 3\nrule r\n"
			"  command = c\nbuild b: r $x\nrule phony\n"
			"  command = d\nbuild c: phony\ninclude inc2\n") },
		{ STR("inc2"), STR("subninja last\nz = $x\n") },
		{ STR("last"), STR("build q: r $x\nz = 9\n") },
	};

	(void)state;
	statements("1.13.2", files, countof(files),
		"variable 0 x=<1>\nrule 1 in 0 r command=<a>\n"
		"variable 0 x=<2>\nrule 2 in 0 i command=<b>\n"
		"scope 1 in 0\n"
		"build in 1 rule 1 out <a> in <2>\nvariable 1 x=<3>\n"
		"rule 3 in 1 r command=<c>\n"
		"build in 1 rule 3 out <b> in <3>\n"
		"rule 4 in 1 phony command=<d>\n"
		"build in 1 rule 4 out <c>\n"
		"scope 2 in 1\n"
		"build in 2 rule 3 out <q> in <3>\n"
		"variable 2 z=<9>\nvariable 1 z=<3>\n"
		"build in 0 rule 1 out <2>\nbuild in 0 rule 2 out <y>\n");
}

struct places {
	struct memory_file files[2];
	unsigned loads;
	char seen[200];
};

static int
place_load(void *ctx, struct str path, uint32_t *file, struct str *text,
	struct err *err)
{
	struct places *p = ctx;
	unsigned i = !str_eq(p->files[0].name, path);

	(void)err;
	*file = 10 + p->loads++;
	*text = p->files[i].text;
	return 1;
}

static int
place_build(void *ctx, const struct ninja_build *b, struct err *err)
{
	struct places *p = ctx;
	size_t n = strlen(p->seen);

	snprintf(p->seen + n, sizeof(p->seen) - n, "%.*s %u:%u\n",
		(int)b->outs[0].n, b->outs[0].p, b->file, b->line);
	if (str_is(b->outs[0], "bad"))
		return err_set(err, "multiple rules generate bad");
	return 0;
}

static void
places_of_builds(void **state)
{
	static const struct ninja_ops ops = {
		.load = place_load, .build = place_build,
	};
	struct places p = { .files = {
		{ STR("m"), STR("# c\n\nbuild a: phony\n  x = $\n    1\n"
			"build $\n  b: phony\ninclude i\nbuild c: phony\n"
			"include i\nbuild bad: phony\n\n# c\ny = 1\n") },
		{ STR("i"), STR("\nbuild i: phony\n") },
	} };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(ninja_parse(STR("m"), &ops, &p, NULL, &err), -1);
	assert_string_equal(p.seen,
		"a 10:3\nb 10:6\ni 11:2\nc 10:9\ni 12:2\nbad 10:11\n");
	/* The place of a refused statement is where the parser stands. */
	assert_string_equal(err.msg, "multiple rules generate bad\n");
	assert_string_equal(err.path, "m");
	assert_int_equal(err.line, 12);
	err_release(&err);
}

static void
versions(void **state)
{
	struct memory_file f = { STR("f"),
		STR("ninja_required_version = 1.14\nx = a$^b\n") };
	struct memory_file old = { STR("f"),
		STR("ninja_required_version = 0.9\n") };
	struct memory_file too_new = { STR("f"),
		STR("x = 1\nninja_required_version = 1.14\n*\n") };
	struct memory_file none = { STR("f"), STR("x = a$^b\n") };
	struct ninja_opts opts = { .version = "1.13.2" };
	struct dump d = { .files = &old, .nfiles = 1 };
	struct err err = { 0 };

	(void)state;
	statements("1.14.0", &f, 1, "variable 0 ninja_required_version=<1.14>\n"
		"variable 0 x=<a\\0ab>\n");
	assert_int_equal(ninja_parse(STR("f"), &dump_ops, &d, &opts, &err), 0);
	assert_string_equal(d.warnings.p, "ninja executable version (1.13.2) "
		"greater than build file ninja_required_version (0.9); "
		"versions may be incompatible.\n");
	d.files = &too_new;
	assert_int_equal(ninja_parse(STR("f"), &dump_ops, &d, &opts, &err),
		NINJA_FATAL);
	assert_string_equal(err.msg, "ninja version (1.13.2) incompatible with "
		"build file ninja_required_version version (1.14).");
	err_release(&err);
	d.files = &none;
	opts.version = NULL;
	assert_int_equal(ninja_parse(STR("f"), &dump_ops, &d, &opts, &err), -1);
	assert_string_equal(err.msg, "using $^ escape requires specifying "
		"'ninja_required_version' with version greater or equal 1.14\n"
		"x = a$^b\n     ^ near here");
	err_release(&err);
	buf_release(&d.out);
	buf_release(&d.warnings);
}

static void
limits(void **state)
{
	struct memory_file self = { STR("f"), STR("x = 1\ninclude f\n") };
	struct memory_file grow = { STR("f"), STR("a = 0123456789\n"
		"a = $a$a\na = $a$a\na = $a$a\nbuild x: phony\n") };
	struct ninja_opts opts = { .max_value = 50 };
	struct dump d = { .files = &self, .nfiles = 1 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(ninja_parse(STR("f"), &dump_ops, &d, NULL, &err), -1);
	assert_string_equal(err.msg, "loading 'f': too many nested files\n"
		"include f\n         ^ near here");
	err_release(&err);
	d.files = &grow;
	assert_int_equal(ninja_parse(STR("f"), &dump_ops, &d, &opts, &err), -1);
	assert_string_equal(err.msg,
		"value of a is too long\na = $a$a\n        ^ near here");
	assert_int_equal(err.line, 4);
	err_release(&err);
	buf_release(&d.out);
}

/* Statements of which each needs more room than is kept between them. */
static void
many_long_statements(void **state)
{
	struct buf text = { 0 };
	struct dump d = { 0 };
	struct memory_file f = { STR("f"), { 0 } };

	(void)state;
	for (int i = 0; i < 40; i++) {
		buf_addf(&text, "x = %d\nbuild o$x:phony", i);
		for (int k = 0; k < 4000; k++)
			buf_addf(&text, " ./$x/%d", k);
		buf_addc(&text, '\n');
	}
	f.text = buf_str(&text);
	d.files = &f;
	d.nfiles = 1;
	assert_int_equal(ninja_parse(STR("f"), &dump_ops, &d, NULL, NULL), 0);
	assert_true(str_ends(buf_str(&d.out), " <39/3998> <39/3999>\n"));
	buf_release(&text);
	buf_release(&d.out);
}

static void
missing_first_file(void **state)
{
	struct dump d = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(ninja_parse(STR("f"), &dump_ops, &d, NULL, &err), -1);
	assert_string_equal(err.msg, "loading 'f': No such file or directory");
	assert_null(err.path);
	err_release(&err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_statement),
		cmocka_unit_test(escapes),
		cmocka_unit_test(line_ends),
		cmocka_unit_test(comments_do_not_end_blocks),
		cmocka_unit_test(names_that_start_like_words),
		cmocka_unit_test(scopes_of_values),
		cmocka_unit_test(paths_are_folded),
		cmocka_unit_test(include_and_subninja),
		cmocka_unit_test(places_of_builds),
		cmocka_unit_test(versions),
		cmocka_unit_test(limits),
		cmocka_unit_test(many_long_statements),
		cmocka_unit_test(missing_first_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
