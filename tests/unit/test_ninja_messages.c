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

/* Manifests, and what ninja 1.13.2 says about them after "ninja: error: "
 * ("fatal: " stands for "ninja: fatal: "); recorded from it. Beside each there
 * is a file bad.ninja. */
static const struct {
	struct str text;
	const char *message;
} cases[] = {
	{ STR("build a: r"),
	  "build.ninja:1: unknown build rule 'r'\nbuild a: r\n"
	  "         ^ near here" },
	{ STR("subn"),
	  "build.ninja:1: expected '=', got eof\nsubn\n"
	  "    ^ near here" },
	{ STR("foobar"),
	  "build.ninja:1: expected '=', got eof\nfoobar\n"
	  "      ^ near here" },
	{ STR("x 3"),
	  "build.ninja:1: expected '=', got identifier\nx 3\n"
	  "  ^ near here" },
	{ STR("x = 3"),
	  "build.ninja:1: unexpected EOF\nx = 3\n     ^ near here" },
	{ STR("x = $3"),
	  "build.ninja:1: unexpected EOF\nx = $3\n      ^ near here" },
	{ STR("x = $\n $[\n"),
	  "build.ninja:2: bad $-escape (literal $ must be written a"
	  "s $$)\n $[\n ^ near here" },
	{ STR("x = a$\n b$\n $\n"),
	  "build.ninja:4: unexpected EOF\n" },
	{ STR("x = ${\n"),
	  "build.ninja:1: bad $-escape (literal $ must be written a"
	  "s $$)\nx = ${\n    ^ near here" },
	{ STR("x = ${}\n"),
	  "build.ninja:1: bad $-escape (literal $ must be written a"
	  "s $$)\nx = ${}\n    ^ near here" },
	{ STR("x = ${a b}\n"),
	  "build.ninja:1: bad $-escape (literal $ must be written a"
	  "s $$)\nx = ${a b}\n    ^ near here" },
	{ STR("x = $.\n"),
	  "build.ninja:1: bad $-escape (literal $ must be written a"
	  "s $$)\nx = $.\n    ^ near here" },
	{ STR("x = a\rb\n"),
	  "build.ninja:1: lexing error\nx = a\rb\n     ^ near here" },
	{ STR("build\n"),
	  "build.ninja:1: expected path\nbuild\n     ^ near here" },
	{ STR("build :\n"),
	  "build.ninja:1: expected path\nbuild :\n      ^ near here" },
	{ STR("build x: y z\n"),
	  "build.ninja:1: unknown build rule 'y'\nbuild x: y z\n"
	  "         ^ near here" },
	{ STR("build x:: y z\n"),
	  "build.ninja:1: expected build command name\n"
	  "build x:: y z\n        ^ near here" },
	{ STR("build x: r\n  foo = 1\n"),
	  "build.ninja:1: unknown build rule 'r'\nbuild x: r\n"
	  "         ^ near here" },
	{ STR("rule r\n  command = c\nbuild x: r $y z: a\n"),
	  "build.ninja:3: expected newline, got ':'\n"
	  "build x: r $y z: a\n               ^ near here" },
	{ STR("rule r\n  command = c\nbuild a: r b\n\tx = 1\n"),
	  "build.ninja:4: tabs are not allowed, use spaces\n" },
	{ STR("rule r\n  command = c\nbuild a: r b\n  x\n"),
	  "build.ninja:4: expected '=', got newline\n  x\n"
	  "   ^ near here" },
	{ STR("rule r\n  command = c\nbuild a: r b\n  x = \n  = y\n"),
	  "build.ninja:5: expected variable name\n  = y\n"
	  "  ^ near here" },
	{ STR("rule r\n  command = c\nbuild a b\n"),
	  "build.ninja:3: expected ':', got newline ($ also escapes"
	  " ':')\nbuild a b\n         ^ near here" },
	{ STR("rule r\n  command = c\nbuild a: $*\n"),
	  "build.ninja:3: expected build command name\n"
	  "build a: $*\n         ^ near here" },
	{ STR("rule r\n  command = c\nbuild a: r b |@ c | d\n"),
	  "build.ninja:3: expected newline, got '|'\n"
	  "build a: r b |@ c | d\n                  ^ near here" },
	{ STR("rule r\n  command = c\nbuild a: r b || c | d\n"),
	  "build.ninja:3: expected newline, got '|'\n"
	  "build a: r b || c | d\n                  ^ near here" },
	{ STR("rule r\n  command = c\nbuild a | b | c: r\n"),
	  "build.ninja:3: expected ':', got '|' ($ also escapes ':'"
	  ")\nbuild a | b | c: r\n            ^ near here" },
	{ STR("rule r\n  command = c\nbuild | : r\n"),
	  "build.ninja:3: expected path\nbuild | : r\n"
	  "        ^ near here" },
	{ STR("rule r\n  command = c\nbuild ${nothing}: r\n"),
	  "build.ninja:4: empty path\n" },
	{ STR("rule r\n  command = c\nbuild a: r ${nothing}\n"),
	  "build.ninja:4: empty path\n" },
	{ STR("rule r\n  command = c\nbuild a: r |@ ${nothing}\n"
	  "  x = 1\nbuild b: r\n"),
	  "build.ninja:5: empty path\n" },
	{ STR("rule r\n  command = c\nbuild a: r : b\n"),
	  "build.ninja:3: expected newline, got ':'\n"
	  "build a: r : b\n           ^ near here" },
	{ STR("rule r\n  command = c\nbuild a: r\n  x = 1"),
	  "build.ninja:4: unexpected EOF\n  x = 1\n"
	  "       ^ near here" },
	{ STR("rule r\n  command = c\nbuild a: r\r\n\r"),
	  "build.ninja:4: lexing error\n" },
	{ STR("rule r\n  command = c\nbuild a: 1\n"),
	  "build.ninja:3: unknown build rule '1'\nbuild a: 1\n"
	  "         ^ near here" },
	{ STR("rule r\n  command = c\nbuild a: |\n"),
	  "build.ninja:3: expected build command name\nbuild a: |\n"
	  "         ^ near here" },
	{ STR("rule\n"),
	  "build.ninja:1: expected rule name\nrule\n    ^ near here" },
	{ STR("rule %foo\n"),
	  "build.ninja:1: expected rule name\nrule %foo\n"
	  "     ^ near here" },
	{ STR("rule cat\n"),
	  "build.ninja:2: expected 'command =' line\n" },
	{ STR("rule cat\n  command = \n"),
	  "build.ninja:3: expected 'command =' line\n" },
	{ STR("rule cat\n  commandx = 1\n"),
	  "build.ninja:2: unexpected variable 'commandx'\n"
	  "  commandx = 1\n              ^ near here" },
	{ STR("rule cat\n\tcommand = 1\n"),
	  "build.ninja:2: expected 'command =' line\n" },
	{ STR("rule cat\n  command = a\n  rspfile = x\n"),
	  "build.ninja:4: rspfile and rspfile_content need to be bo"
	  "th specified\n" },
	{ STR("rule cat\n  command = a\n  rspfile_content = x\n"),
	  "build.ninja:4: rspfile and rspfile_content need to be bo"
	  "th specified\n" },
	{ STR("rule cat\n  command = a\n  rspfile = \n"
	  "  rspfile_content = x\n"),
	  "build.ninja:5: rspfile and rspfile_content need to be bo"
	  "th specified\n" },
	{ STR("rule r\n  command = a\n  othervar = b\n"),
	  "build.ninja:3: unexpected variable 'othervar'\n"
	  "  othervar = b\n              ^ near here" },
	{ STR("rule r\n  command = c\nrule r\n  command = c\n"),
	  "build.ninja:3: duplicate rule 'r'\nrule r\n"
	  "      ^ near here" },
	{ STR("rule phony\n  command = x\n"),
	  "build.ninja:1: duplicate rule 'phony'\nrule phony\n"
	  "          ^ near here" },
	{ STR("rule r # no\n  command = a\n"),
	  "build.ninja:2: expected newline, got indent\n" },
	{ STR("rule r\n  command = ${fafsd\nfoo = bar\n"),
	  "build.ninja:2: bad $-escape (literal $ must be written a"
	  "s $$)\n  command = ${fafsd\n            ^ near here" },
	{ STR("rule r\n  command = $\n"),
	  "build.ninja:3: unexpected EOF\n" },
	{ STR("rule r\n  command = c\n  x\n"),
	  "build.ninja:3: expected '=', got newline\n  x\n"
	  "   ^ near here" },
	{ STR("rule r\n  command = c\n  command\n"),
	  "build.ninja:3: expected '=', got newline\n  command\n"
	  "         ^ near here" },
	{ STR("rule r x\n"),
	  "build.ninja:1: expected newline, got identifier\n"
	  "rule r x\n       ^ near here" },
	{ STR("rule r\n  command = c$^d\n"),
	  "build.ninja:2: bad $-escape (literal $ must be written a"
	  "s $$)\n  command = c$^d\n             ^ near here" },
	{ STR("rule cc\n  command = foo\n  && bar\n"),
	  "build.ninja:3: expected variable name\n  && bar\n"
	  "  ^ near here" },
	{ STR("pool\n"),
	  "build.ninja:1: expected pool name\npool\n    ^ near here" },
	{ STR("pool foo"),
	  "build.ninja:1: expected newline, got eof\npool foo\n"
	  "        ^ near here" },
	{ STR("pool foo\n"),
	  "build.ninja:2: expected 'depth =' line\n" },
	{ STR("pool foo\n  bar = 1\n"),
	  "build.ninja:2: unexpected variable 'bar'\n  bar = 1\n"
	  "         ^ near here" },
	{ STR("pool foo\n  depth = -1\n"),
	  "build.ninja:2: invalid pool depth\n  depth = -1\n"
	  "            ^ near here" },
	{ STR("pool foo\n  depth = 1\npool foo\n  depth = 1\n"),
	  "build.ninja:3: duplicate pool 'foo'\npool foo\n"
	  "        ^ near here" },
	{ STR("pool console\n  depth = 2\n"),
	  "build.ninja:1: duplicate pool 'console'\npool console\n"
	  "            ^ near here" },
	{ STR("pool p q\n"),
	  "build.ninja:1: expected newline, got identifier\n"
	  "pool p q\n       ^ near here" },
	{ STR("pool p\n  depth = 1"),
	  "build.ninja:2: unexpected EOF\n  depth = 1\n"
	  "           ^ near here" },
	{ STR("pool =\n"),
	  "build.ninja:1: expected pool name\npool =\n"
	  "     ^ near here" },
	{ STR("default\n"),
	  "build.ninja:1: expected target name\ndefault\n"
	  "       ^ near here" },
	{ STR("default :\n"),
	  "build.ninja:1: expected target name\ndefault :\n"
	  "        ^ near here" },
	{ STR("default $a\n"),
	  "build.ninja:1: empty path\ndefault $a\n"
	  "          ^ near here" },
	{ STR("build a: phony\ndefault a b"),
	  "build.ninja:2: unexpected EOF\ndefault a b\n"
	  "           ^ near here" },
	{ STR("default |\n"),
	  "build.ninja:1: expected target name\ndefault |\n"
	  "        ^ near here" },
	{ STR("include\n"),
	  "build.ninja:1: loading '': No such file or directory\n"
	  "include\n       ^ near here" },
	{ STR("include nope\n"),
	  "build.ninja:1: loading 'nope': No such file or directory"
	  "\ninclude nope\n            ^ near here" },
	{ STR("include nope.ninja x\n"),
	  "build.ninja:1: loading 'nope.ninja': No such file or dir"
	  "ectory\ninclude nope.ninja x\n"
	  "                  ^ near here" },
	{ STR("include bad.ninja\n"),
	  "bad.ninja:1: expected ':', got newline ($ also escapes '"
	  ":')\nbuild a b\n         ^ near here" },
	{ STR("subninja bad.ninja\n"),
	  "bad.ninja:1: expected ':', got newline ($ also escapes '"
	  ":')\nbuild a b\n         ^ near here" },
	{ STR("subninja nope.ninja\n"),
	  "build.ninja:1: loading 'nope.ninja': No such file or dir"
	  "ectory\nsubninja nope.ninja\n"
	  "                   ^ near here" },
	{ STR("include $a\n"),
	  "build.ninja:1: loading '': No such file or directory\n"
	  "include $a\n          ^ near here" },
	{ STR("include a$*\n"),
	  "build.ninja:1: bad $-escape (literal $ must be written a"
	  "s $$)\ninclude a$*\n         ^ near here" },
	{ STR("subninja\n"),
	  "build.ninja:1: loading '': No such file or directory\n"
	  "subninja\n        ^ near here" },
	{ STR("ninja_required_version = 9.9\n"),
	  "fatal: ninja version (1.13.2) incompatible with build fi"
	  "le ninja_required_version version (9.9)." },
	{ STR("ninja_required_version = 1.99\n"),
	  "fatal: ninja version (1.13.2) incompatible with build fi"
	  "le ninja_required_version version (1.99)." },
	{ STR("ninja_required_version = 1.5\nx"),
	  "build.ninja:2: expected '=', got eof\nx\n ^ near here" },
	{ STR("   x = 1\n"),
	  "build.ninja:1: unexpected indent\n" },
	{ STR("  \n\tx\n"),
	  "build.ninja:2: tabs are not allowed, use spaces\n" },
	{ STR("# comment"),
	  "build.ninja:1: lexing error\n" },
	{ STR("x = 1\n # comment"),
	  "build.ninja:2: unexpected indent\n" },
	{ STR("=\n"),
	  "build.ninja:1: unexpected '='\n" },
	{ STR("|\n"),
	  "build.ninja:1: unexpected '|'\n" },
	{ STR("||\n"),
	  "build.ninja:1: unexpected '||'\n" },
	{ STR("|@\n"),
	  "build.ninja:1: unexpected '|@'\n" },
	{ STR(":\n"),
	  "build.ninja:1: unexpected ':'\n" },
	{ STR("*\n"),
	  "build.ninja:1: lexing error\n" },
	{ STR("x = 1\n  y = 2\n"),
	  "build.ninja:2: unexpected indent\n" },
	{ STR("build a: phony b\n    \n  x = 1\n"),
	  "build.ninja:3: unexpected indent\n" },
	{ STR("#\0\nx"),
	  "build.ninja:1: lexing error\n" },
	{ STR("x = 1\0\n"),
	  "build.ninja:1: unexpected EOF\nx = 1\n     ^ near here" },
	{ STR("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxx y\n"),
	  "build.ninja:1: expected '=', got identifier\n" },
	{ STR("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx yxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxx\n"),
	  "build.ninja:1: expected '=', got identifier\n"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx yxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxx...\n"
	  "                                         ^ near here" },
	{ STR("build xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: x\n"),
	  "build.ninja:1: unknown build rule 'x'\n" },
	{ STR("build xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: rr xxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxx\n"),
	  "build.ninja:1: unknown build rule 'rr'\n"
	  "build xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: rr xxxxx"
	  "xxxxxxxxxxxxxxxx...\n"
	  "                                                ^ near h"
	  "ere" },
};

static void
messages_are_those_of_ninja(void **state)
{
	struct ninja_opts opts = { .version = "1.13.2" };

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		const struct memory_file files[] = {
			{ STR("build.ninja"), cases[i].text },
			{ STR("bad.ninja"), STR("build a b\n") },
		};
		struct dump d = { .files = files, .nfiles = 2 };
		struct err err = { 0 };
		struct buf got = { 0 };
		int ret = ninja_parse(files[0].name, &dump_ops, &d, &opts,
			&err);

		assert_true(ret < 0);
		if (ret == NINJA_FATAL)
			buf_adds(&got, "fatal: ");
		else
			buf_addf(&got, "%s:%d: ", err.path, err.line);
		buf_adds(&got, err.msg);
		assert_string_equal(got.p, cases[i].message);
		buf_release(&got);
		buf_release(&d.out);
		buf_release(&d.warnings);
		err_release(&err);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_those_of_ninja),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
