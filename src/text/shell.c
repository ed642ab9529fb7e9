/* SPDX-License-Identifier: Apache-2.0 */
#include "text/shell.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

enum { MAX_DEPTH = 64 };

static bool
is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

/* Bytes that mean nothing to a shell wherever they stand. */
static bool
means_nothing(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || is_one_of(c, "_./-+,:@%=") ||
	       (unsigned char)c >= 0x80;
}

static char
byte_at(const struct shell *sh, size_t i)
{
	return i < sh->rest.n ? sh->rest.p[i] : '\0';
}

static bool
is_joined_line(const struct shell *sh, size_t i)
{
	return byte_at(sh, i) == '\\' && byte_at(sh, i + 1) == '\n';
}

/* ---- what is expanded ---- */

static size_t
span_end(struct str t, size_t i, char close, unsigned depth);

/* The end of what begins at i, if something does that ends by a byte of its
 * own; else i. */
static size_t
nested_end(struct str t, size_t i, char close, unsigned depth)
{
	char c = t.p[i], next = i + 1 < t.n ? t.p[i + 1] : '\0';

	if (c == '\\')
		return i + 1;
	if (close == '`')
		return i;
	if (c == '$' && next == '(')
		return span_end(t, i + 2, ')', depth);
	if (c == '$' && next == '{')
		return span_end(t, i + 2, '}', depth);
	if (c == '`' || (c == '"' && close != '"'))
		return span_end(t, i + 1, c, depth);
	if (close == ')' && c == '(')
		return span_end(t, i + 1, ')', depth);
	while (close != '"' && c == '\'' && ++i < t.n && t.p[i] != c)
		;
	return i;
}

/* Where the byte stands that ends what goes on at i; t.n: nowhere. */
static size_t
span_end(struct str t, size_t i, char close, unsigned depth)
{
	if (depth > MAX_DEPTH)
		return t.n;
	while (i < t.n && t.p[i] != close)
		i = nested_end(t, i, close, depth + 1) + 1;
	return i < t.n ? i : t.n;
}

static void
note_command(struct shell *sh, size_t from, size_t to)
{
	sh->subs = vec_grow(sh->subs, &sh->cap, sh->nsubs + 1,
	                    sizeof(*sh->subs));
	sh->subs[sh->nsubs++] = (struct str){ sh->rest.p + from, to - from };
}

static size_t quoted(struct shell *sh, size_t i, char close);

/* Copies what begins with the $ or ` at i; the place behind it. */
static size_t
expanded(struct shell *sh, size_t i)
{
	char next = byte_at(sh, i + 1);
	bool tick = sh->rest.p[i] == '`';
	size_t from = i + (tick ? 1 : 2), end;

	sh->flags |= SHELL_EXPANDS | SHELL_ODD;
	if (!tick && next == '{') {
		buf_adds(&sh->word, "${");
		i = quoted(sh, from, '}');
		if (!(sh->flags & SHELL_OPEN))
			buf_addc(&sh->word, '}');
		return i;
	}
	if (!tick && next != '(') {
		buf_addc(&sh->word, '$');
		return i + 1;
	}
	end = span_end(sh->rest, from, tick ? '`' : ')', sh->depth);
	if (end == sh->rest.n)
		sh->flags |= SHELL_OPEN;
	if (tick || byte_at(sh, from) != '(')
		note_command(sh, from, end);
	end += end < sh->rest.n;
	buf_add(&sh->word, sh->rest.p + i, end - i);
	return end;
}

/* ---- words ---- */

static size_t
single_quoted(struct shell *sh, size_t i)
{
	const char *from = sh->rest.p + i;
	const char *end = memchr(from, '\'', sh->rest.n - i);
	size_t n = end ? (size_t)(end - from) : sh->rest.n - i;

	buf_add(&sh->word, from, n);
	if (!end)
		sh->flags |= SHELL_OPEN;
	return i + n + (end != NULL);
}

static size_t
quoted_part(struct shell *sh, size_t i, char close)
{
	char c = sh->rest.p[i], next = byte_at(sh, i + 1);

	if (is_joined_line(sh, i))
		return i + 2;
	if (c == '$' || c == '`')
		return expanded(sh, i);
	if (close == '}' && c == '\'')
		return single_quoted(sh, i + 1);
	if (close == '}' && c == '"')
		return quoted(sh, i + 1, '"');
	if (c == '\\' && (is_one_of(next, "$`\"\\") || next == close))
		c = sh->rest.p[++i];
	buf_addc(&sh->word, c);
	return i + 1;
}

/* Copies what is between double quotes, or in ${}; the place behind it. */
static size_t
quoted(struct shell *sh, size_t i, char close)
{
	if (++sh->depth > MAX_DEPTH) {
		sh->flags |= SHELL_OPEN;
		i = sh->rest.n;
	}
	while (i < sh->rest.n && sh->rest.p[i] != close)
		i = quoted_part(sh, i, close);
	sh->depth--;
	if (i >= sh->rest.n)
		sh->flags |= SHELL_OPEN;
	return i < sh->rest.n ? i + 1 : sh->rest.n;
}

static size_t
escaped(struct shell *sh, size_t i)
{
	if (i + 1 == sh->rest.n) {
		sh->flags |= SHELL_OPEN;
		return i + 1;
	}
	buf_addc(&sh->word, sh->rest.p[i + 1]);
	return i + 2;
}

/* Copies the part of a word that begins at i; the place behind it. */
static size_t
word_part(struct shell *sh, size_t i, bool first)
{
	char c = sh->rest.p[i];

	if (c == '\'' || c == '"' || c == '\\')
		sh->flags |= SHELL_QUOTED;
	if (c == '\'')
		return single_quoted(sh, i + 1);
	if (c == '"')
		return quoted(sh, i + 1, '"');
	if (c == '\\')
		return escaped(sh, i);
	if (c == '$' || c == '`')
		return expanded(sh, i);
	if (!means_nothing(c))
		sh->flags |= SHELL_ODD;
	if (!means_nothing(c) && (first || !is_one_of(c, "#~^!{}]")))
		sh->flags |= SHELL_EXPANDS;
	buf_addc(&sh->word, c);
	return i + 1;
}

static size_t
whole_word(struct shell *sh, size_t i)
{
	size_t from = i;

	while (i < sh->rest.n && !is_one_of(sh->rest.p[i], " \t\n&|;()<>"))
		i = is_joined_line(sh, i) ? i + 2 : word_part(sh, i, i == from);
	return i;
}

static bool
is_number(const struct buf *word)
{
	return word->n && strspn(word->p, "0123456789") == word->n;
}

/* ---- tokens ---- */

static size_t
redirect(struct shell *sh, size_t i)
{
	char c = sh->rest.p[i], next = byte_at(sh, i + 1);

	buf_clear(&sh->word);
	sh->flags = 0;
	buf_addc(&sh->word, c);
	i++;
	if (next != '&' && next != '>' && !(c == '>' && next == '|') &&
	    !(c == '<' && next == '<'))
		return i;
	buf_addc(&sh->word, next);
	i++;
	if (next == '<' && byte_at(sh, i) == '-') {
		buf_addc(&sh->word, '-');
		i++;
	}
	return i;
}

static size_t
whole_operator(struct shell *sh, size_t i)
{
	char c = sh->rest.p[i];

	buf_addc(&sh->word, c);
	i++;
	if (is_one_of(c, "&|;") && byte_at(sh, i) == c) {
		buf_addc(&sh->word, c);
		i++;
	}
	return i;
}

enum shell_token
shell_next(struct shell *sh)
{
	enum shell_token t = SHELL_OPERATOR;
	size_t i = 0;

	buf_clear(&sh->word);
	buf_reserve(&sh->word, 0);
	sh->word.p[0] = '\0';
	sh->flags = 0;
	sh->nsubs = 0;
	while (is_one_of(byte_at(sh, i), " \t") || is_joined_line(sh, i))
		i += is_joined_line(sh, i) ? 2 : 1;
	if (i >= sh->rest.n) {
		t = SHELL_END;
	} else if (is_one_of(sh->rest.p[i], "\n&|;()")) {
		i = whole_operator(sh, i);
	} else if (sh->rest.p[i] == '#') {
		t = SHELL_COMMENT;
		while (i < sh->rest.n && sh->rest.p[i] != '\n')
			buf_addc(&sh->word, sh->rest.p[i++]);
	} else {
		t = SHELL_WORD;
		i = whole_word(sh, i);
		if (is_one_of(byte_at(sh, i), "<>") && (sh->word.n == 0 ||
		    is_number(&sh->word)) && !sh->flags) {
			t = SHELL_REDIRECT;
			i = redirect(sh, i);
		}
	}
	sh->rest.p += i;
	sh->rest.n -= i;
	return t;
}

void
shell_release(struct shell *sh)
{
	buf_release(&sh->word);
	free(sh->subs);
	*sh = (struct shell){ 0 };
}
