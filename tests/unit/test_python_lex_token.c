/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "python/lex/source.h"
#include "python/lex/token.h"
#include "util/buf.h"

/* Tokens of text in short: names and numbers as they are, keywords in <>,
 * strings in quotes, f-strings as F' ... ', operators as they are or by name,
 * then the error and its line if there is one. */
static void
spell(struct buf *out, const struct token *t)
{
	static const char *const ops[] = {
		[OP_ASSIGN_AUG] = "aug", [OP_COMPARE] = "cmp",
		[OP_WALRUS] = ":=", [OP_ARROW] = "->", [OP_ELLIPSIS] = "...",
		[OP_POWER] = "**", [OP_PAIR] = "pair",
	};

	if (out->n)
		buf_addc(out, ' ');
	switch (t->kind) {
	case TOK_NEWLINE: buf_adds(out, "NL"); break;
	case TOK_INDENT: buf_adds(out, "IN"); break;
	case TOK_DEDENT: buf_adds(out, "DE"); break;
	case TOK_NAME:
	case TOK_NUMBER: buf_addstr(out, token_str(t)); break;
	case TOK_KEYWORD:
		buf_addf(out, "<%.*s>", (int)t->n, t->p);
		break;
	case TOK_STRING: buf_addf(out, "'%.*s'", (int)t->n, t->p); break;
	case TOK_FSTRING: buf_addf(out, "F'%.*s", (int)t->n, t->p); break;
	case TOK_FEND: buf_addf(out, "%.*s'", (int)t->n, t->p); break;
	case TOK_OP:
		if (t->op < sizeof(ops) / sizeof(*ops))
			buf_adds(out, ops[t->op]);
		else
			buf_addc(out, (char)t->op);
		break;
	}
}

static void
check_n(const char *text, size_t n, const char *want)
{
	struct arena a = { 0 };
	struct buf got = { 0 };
	struct source src;
	struct lexer x;
	struct token t;

	source_prepare(text, n, &a, &src);
	lexer_init(&x, &src);
	for (lexer_next(&x, &t); t.kind != TOK_EOF; lexer_next(&x, &t)) {
		assert_in_range(t.line, 1, x.line);
		spell(&got, &t);
	}
	lexer_next(&x, &t);
	assert_int_equal(t.kind, TOK_EOF);
	if (x.error)
		buf_addf(&got, " ! %u %s", x.error_line, x.error);
	assert_string_equal(buf_str(&got).p, want);
	buf_release(&got);
	arena_release(&a);
}

static void
check(const char *text, const char *want)
{
	check_n(text, strlen(text), want);
}

static void
names_and_keywords(void **state)
{
	static const char *const words[] = {
		"False", "None", "True", "and", "as", "assert", "async",
		"await", "break", "class", "continue", "def", "del", "elif",
		"else", "except", "finally", "for", "from", "global", "if",
		"import", "in", "is", "lambda", "nonlocal", "not", "or",
		"pass", "raise", "return", "try", "while", "with", "yield",
	};
	char text[32], want[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		snprintf(text, sizeof(text), "%s", words[i]);
		snprintf(want, sizeof(want), "<%s> NL", words[i]);
		check(text, want);
		snprintf(text, sizeof(text), "%sx", words[i]);
		snprintf(want, sizeof(want), "%sx NL", words[i]);
		check(text, want);
	}
	check("match case type print _", "match case type print _ NL");
	check("a.b.c a . b a.b (c).d", "a.b.c a . b a.b ( c ) . d NL");
	check("nonsense elsewhere deft", "nonsense elsewhere deft NL");
	check("caf\xc3\xa9.x", "caf\xc3\xa9.x NL");
	check("from .a import b", "<from> . a <import> b NL");
	check("from ...x.y import *", "<from> ... x.y <import> * NL");
}

static void
numbers(void **state)
{
	(void)state;
	check("1 1_000 0xFf 0b1_0 0o17 1.5 .5 1. 1e5 1E-5 1.e+5 3j 1.5J",
		"1 1_000 0xFf 0b1_0 0o17 1.5 .5 1. 1e5 1E-5 1.e+5 3j 1.5J NL");
	check("1if x else 2", "1 <if> x <else> 2 NL");
	check("0x1for x", "0x1f <or> x NL");
	check("1..real 1 .real", "1. . real 1 . real NL");
	check("x[1:2]", "x [ 1 : 2 ] NL");
	check("1_a", "1 _a NL");
}

static void
operators(void **state)
{
	(void)state;
	check("a+=b; a//=b; a>>=b; a**=b; a@=b; a->b",
		"a aug b ; a aug b ; a aug b ; a aug b ; a aug b ; a -> b NL");
	check("a==b!=c<=d>=e<f", "a cmp b cmp c cmp d cmp e < f NL");
	check("f(**a, *b)", "f ( ** a , * b ) NL");
	check("(a:=1)", "( a := 1 ) NL");
	check("x = ...", "x = ... NL");
	check("a = b", "a = b NL");
	check("a?b", "a b NL ! 1 invalid character");
	check("a ! b", "a cmp b NL ! 1 invalid character");
}

static void
strings(void **state)
{
	(void)state;
	check("'a' \"b'c\" '' \"\"", "'a' 'b'c' '' '' NL");
	check("r'\\' + x", "'\\' + x' NL ! 1 unterminated string");
	check("'a\\'b' x", "'a\\'b' x NL");
	check("'''a\n'b''c''' x", "'a\n'b''c' x NL");
	check("\"\"\"\"a\"\"\"", "'\"a' NL");
	check("rb'x' Rb'x' BR'x' u'x' F'x' f'' t'y'",
		"'x' 'x' 'x' 'x' 'x' '' 'y' NL");
	check("ur 'x'", "ur 'x' NL");
	check("'a\\\nb' c", "'a\\\nb' c NL");
	check("'a\nb", "'a' NL b NL ! 1 unterminated string");
	check("'''a\n\n", "'a\n\n' NL ! 3 unterminated string");
}

static void
fstrings(void **state)
{
	(void)state;
	check("f'{x}'", "F' x ' NL");
	check("f'a{x}b{y}c' d", "F'a x y c' d NL");
	check("f'{{a}}'", "'{{a}}' NL");
	check("f'{x!r:>{w}.{p}}e'", "F' x w p e' NL");
	check("f'{x:%Y-%m}' y", "F' x ' y NL");
	check("f'{d[\"a\"]}' y", "F' d [ 'a' ] ' y NL");
	check("f'{d['a']}' y", "F' d [ 'a' ] ' y NL");
	check("f'{f'{f'{x}'}'}' y", "F' F' F' x ' ' ' y NL");
	check("f'{a != b}{a=}{a = !r}'", "F' a cmp b a = a = ' NL");
	check("f'{ {1: 2}[1] }' y", "F' { 1 : 2 } [ 1 ] ' y NL");
	check("f'{lambda}' y", "F' <lambda> ' y NL");
	check("f'''{\nx\n:\n}''' y", "F' x ' y NL");
	check("rf'\\{x}' y", "F'\\ x ' y NL");
	check("f'\\N{DASH}{x}' y", "F'\\N{DASH} x ' y NL");
	check("f'\\{x}' y", "F'\\ x ' y NL");
	check("f'{(x:=1)}' y", "F' ( x := 1 ) ' y NL");
	check("f'{x:=5}' y", "F' x ' y NL");
	check("f'{x' y\nz", "F' x ' y' z NL ! 1 unterminated string");
	check("f'}' y", "'}' y NL ! 1 single } in f-string");
	check("f'{x:a", "F' x a' NL ! 1 unterminated f-string");
	check("f'a\nb", "'a' NL b NL ! 1 unterminated f-string");
	check("f'{(x}' y", "F' ( x } ' y' NL ! 1 brackets do not match");
}

static void
lines(void **state)
{
	(void)state;
	check("", "");
	check("\n\n # c\n", "");
	check("a", "a NL");
	check("a\\\n b", "a b NL");
	check("(a\n\n# c\n b)\nc", "( a b ) NL c NL");
	check("if x:\n  a\n\n # c\n  b\nc",
		"<if> x : NL IN a NL b NL DE c NL");
	check("if x:\n  if y:\n    a\nb",
		"<if> x : NL IN <if> y : NL IN a NL DE DE b NL");
	check("if x:\n  if y:\n    a", "<if> x : NL IN <if> y : NL IN a NL "
		"DE DE");
	check("if x:\n\ta\n        b", "<if> x : NL IN a NL b NL DE ! 3 "
		"inconsistent use of tabs and spaces");
	check("if x:\n  a\n b", "<if> x : NL IN a NL DE b NL ! 3 unindent "
		"matches no outer level");
	check("\fa\n \f b", "a NL IN b NL DE");
	check("a\r\nb\rc", "a NL b NL c NL");
	check("a # b", "a NL");
	check("a \\ b", "a b NL ! 1 stray backslash");
	check("a \\", "a NL ! 1 stray backslash");
	check("(a", "( a NL ! 2 bracket was never closed");
	check("a)", "a ) NL ! 1 bracket was never opened");
	check("(a]", "( a ] NL ! 1 brackets do not match");
	check("\\\n  a\nb", "IN a NL DE b NL");
}

static void
limits(void **state)
{
	struct buf b = { 0 };
	struct arena a = { 0 };
	struct source src;
	struct lexer x;
	struct token t;
	unsigned i, n;

	(void)state;
	for (i = 0; i < 1000; i++)
		buf_adds(&b, "f'{");
	source_prepare(b.p, b.n, &a, &src);
	lexer_init(&x, &src);
	for (n = 0, lexer_next(&x, &t); t.kind != TOK_EOF; n++)
		lexer_next(&x, &t);
	assert_in_range(n, LEXER_FSTRINGS, LEXER_FSTRINGS + 3);
	assert_string_equal(x.error, "too many nested f-strings");
	buf_clear(&b);
	for (i = 0; i < 200; i++)
		buf_addf(&b, "%*sif x:\n", (int)i, "");
	source_prepare(b.p, b.n, &a, &src);
	lexer_init(&x, &src);
	for (lexer_next(&x, &t); t.kind != TOK_EOF; )
		lexer_next(&x, &t);
	assert_string_equal(x.error, "too many levels of indentation");
	buf_release(&b);
	arena_release(&a);
}

static const char *
coding(const char *text, size_t n)
{
	static struct arena a;
	struct source src;
	const char *error;

	source_prepare(text, n, &a, &src);
	error = src.error;
	assert_true(!src.opaque || src.n == 0);
	arena_release(&a);
	return error ? error : "clean";
}

#define CODING(text) coding(text, sizeof(text) - 1)

static void
encodings(void **state)
{
	(void)state;
	assert_string_equal(CODING("a = '\xc3\xa9'"), "clean");
	assert_string_equal(CODING("a = '\xe9'"),
		"not UTF-8, and no coding comment");
	assert_string_equal(CODING("# coding: latin-1\na = '\xe9'"), "clean");
	assert_string_equal(CODING("#!x\n# -*- coding: cp1252 -*-\n\xe9"),
		"clean");
	assert_string_equal(CODING("x\n# coding: latin-1\n\xe9"),
		"not UTF-8, and no coding comment");
	assert_string_equal(CODING("\n\n# coding: latin-1\n\xe9"),
		"not UTF-8, and no coding comment");
	assert_string_equal(CODING("# vim:fileencoding=ISO-8859-15\n\xe9"),
		"clean");
	assert_string_equal(CODING("# coding: utf-7\n"),
		"encoding is not one that is read here");
	assert_string_equal(CODING("# coding: shift_jis\n"),
		"encoding is not one that is read here");
	assert_string_equal(CODING("# coding: ascii\n\xe9"),
		"not ASCII, as the coding comment says");
	assert_string_equal(CODING("\xef\xbb\xbf# coding: utf8\n"), "clean");
	assert_string_equal(CODING("\xef\xbb\xbf# coding: latin1\n"),
		"coding comment contradicts the byte order mark");
	assert_string_equal(CODING("\xff\xfe" "a\0"), "UTF-16 or UTF-32 text");
	assert_string_equal(CODING("\xfe\xff\0a"), "UTF-16 or UTF-32 text");
	assert_string_equal(CODING("a\0b"), "holds a NUL byte");
	assert_string_equal(CODING("\xed\xa0\x80"),
		"not UTF-8, and no coding comment");
	assert_string_equal(CODING("\xc0\x80"),
		"not UTF-8, and no coding comment");
	assert_string_equal(CODING("\xf4\x90\x80\x80"),
		"not UTF-8, and no coding comment");
	assert_string_equal(CODING("\xf0\x9f\x98\x80"), "clean");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_keywords),
		cmocka_unit_test(numbers),
		cmocka_unit_test(operators),
		cmocka_unit_test(strings),
		cmocka_unit_test(fstrings),
		cmocka_unit_test(lines),
		cmocka_unit_test(limits),
		cmocka_unit_test(encodings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
