/* SPDX-License-Identifier: Apache-2.0 */
#include "text/shell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
show_word(struct buf *b, const struct shell *sh)
{
	buf_addf(b, "[%s]", sh->word.p);
	if (sh->flags & SHELL_QUOTED)
		buf_addc(b, 'q');
	if (sh->flags & SHELL_ODD)
		buf_addc(b, 'o');
	if (sh->flags & SHELL_EXPANDS)
		buf_addc(b, 'e');
	if (sh->flags & SHELL_OPEN)
		buf_addc(b, '!');
	for (size_t i = 0; i < sh->nsubs; i++)
		buf_addf(b, "<%.*s>", (int)sh->subs[i].n, sh->subs[i].p);
}

/* [word] and its flags and commands, (operator), {redirection}, #comment */
static void
check(const char *text, const char *want)
{
	struct shell sh = { .rest = str_of(text) };
	struct buf b = { 0 };
	enum shell_token t;

	buf_adds(&b, "");
	while ((t = shell_next(&sh)) != SHELL_END) {
		if (t == SHELL_WORD)
			show_word(&b, &sh);
		else if (t == SHELL_OPERATOR)
			buf_addf(&b, "(%s)", sh.word.p);
		else if (t == SHELL_REDIRECT)
			buf_addf(&b, "{%s}", sh.word.p);
		else
			buf_adds(&b, sh.word.p);
	}
	assert_string_equal(b.p, want);
	buf_release(&b);
	shell_release(&sh);
}

static void
test_words(void **state)
{
	(void)state;
	check("", "");
	check(" \t ", "");
	check("  cc -O2\t-DX=1 -o a/b.o ./c.c ", "[cc][-O2][-DX=1][-o][a/b.o][./c.c]");
	check("a%b @c d:e,f+g h\xc3\xa9", "[a%b][@c][d:e,f+g][h\xc3\xa9]");
	check("a\\\n  b \\\nc d\\\ne", "[a][b][c][de]");
}

static void
test_quotes(void **state)
{
	(void)state;
	check("'a b' \"c d\" e' 'f", "[a b]q[c d]q[e f]q");
	check("'' \"\"", "[]q[]q");
	check("'a\"b' \"c'd\"", "[a\"b]q[c'd]q");
	check("'a\\' 'b\nc'", "[a\\]q[b\nc]q");
	check("'$x `y` *'", "[$x `y` *]q");
	check("\"a;b|c&d(e)<f>g#h\"", "[a;b|c&d(e)<f>g#h]q");
	check("'a'\"b\"c\\d", "[abcd]q");
	check("a 'b", "[a][b]q!");
	check("a \"b c", "[a][b c]q!");
}

static void
test_escapes(void **state)
{
	(void)state;
	check("a\\ b \\; \\' \\\" \\\\", "[a b]q[;]q[']q[\"]q[\\]q");
	check("\\#a \\$x \\*", "[#a]q[$x]q[*]q");
	/* between double quotes only these lose it */
	check("\"\\$ \\` \\\" \\\\ \\a \\' \\}\"", "[$ ` \" \\ \\a \\' \\}]q");
	check("\"a\\\nb\"", "[ab]q");
	check("a\\", "[a]q!");
}

static void
test_operators(void **state)
{
	(void)state;
	check("a&&b||c&d|e;f;;g", "[a](&&)[b](||)[c](&)[d](|)[e](;)[f](;;)[g]");
	check("(a)\nb\n\nc", "(()[a]())(\n)[b](\n)(\n)[c]");
	check("a &&\\\n b", "[a](&&)[b]");
	check("a >b >>c >|d <e <>f <<g <<-h", "[a]{>}[b]{>>}[c]{>|}[d]{<}[e]"
	      "{<>}[f]{<<}[g]{<<-}[h]");
	check("a 2>&1 3<&- b2>c 2 >d '2'>e", "[a]{>&}[1]{<&}[-][b2]{>}[c][2]"
	      "{>}[d][2]q{>}[e]");
	check("a >b;c>d", "[a]{>}[b](;)[c]{>}[d]");
	check("a # b 'c\nd#e #", "[a]# b 'c(\n)[d#e]o#");
}

static void
test_expansions(void **state)
{
	(void)state;
	check("$x a$y \"$z\" $", "[$x]oe[a$y]oe[$z]qoe[$]oe");
	check("${x:-a b}c d", "[${x:-a b}c]oe[d]");
	check("${x:-'}'} ${x:-\"}\"} ${x:-\\}}", "[${x:-}}]oe[${x:-}}]oe"
	      "[${x:-}}]oe");
	check("a* b? c[d] ~/e f~ g^h {i} j{k,l} !", "[a*]oe[b?]oe[c[d]]oe[~/e]"
	      "oe[f~]o[g^h]o[{i}]oe[j{k,l}]o[!]oe");
	check("${x", "[${x]oe!");
}

static void
test_substitutions(void **state)
{
	(void)state;
	check("cc $(pkg x) b", "[cc][$(pkg x)]oe<pkg x>[b]");
	check("a`b c`d", "[a`b c`d]oe<b c>");
	check("\"$(a \"b)\" 'c)') d\"", "[$(a \"b)\" 'c)') d]qoe<a \"b)\" 'c)'>");
	check("$(a $(b (c)) `d )` \\)) e", "[$(a $(b (c)) `d )` \\))]oe"
	      "<a $(b (c)) `d )` \\)>[e]");
	check("$(a)$(b)`c`", "[$(a)$(b)`c`]oe<a><b><c>");
	check("${x:-$(a b)}", "[${x:-$(a b)}]oe<a b>");
	check("$((1+(2))) a", "[$((1+(2)))]oe[a]");
	check("`a \\`b\\`` c", "[`a \\`b\\``]oe<a \\`b\\`>[c]");
	check("$(a b", "[$(a b]oe!<a b>");
	check("'$(a)' \\$(b", "[$(a)]q[$]q(()[b]");
}

static void
test_depth(void **state)
{
	struct buf text = { 0 };
	struct shell sh = { 0 };

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_adds(&text, "${$(");
	sh.rest = buf_str(&text);
	assert_int_equal(shell_next(&sh), SHELL_WORD);
	assert_true(sh.flags & SHELL_OPEN);
	assert_int_equal(shell_next(&sh), SHELL_END);
	shell_release(&sh);
	buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_operators),
		cmocka_unit_test(test_expansions),
		cmocka_unit_test(test_substitutions),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
