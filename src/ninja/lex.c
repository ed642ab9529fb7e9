/* SPDX-License-Identifier: Apache-2.0 */
#include "ninja/lex.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"

enum {
	IDENT = 1u << 0,        /* a-z A-Z 0-9 _ . - */
	NAME = 1u << 1,         /* the same without the dot */
	WORD = IDENT | NAME,
	PATH_STOP = 1u << 2,    /* ends plain text of a path */
	VALUE_STOP = 1u << 3,   /* ends plain text of a value */
};

enum { CONTEXT_COLUMNS = 72 };

static const unsigned char class[256] = {
	['\0'] = PATH_STOP | VALUE_STOP, ['\n'] = PATH_STOP | VALUE_STOP,
	['\r'] = PATH_STOP | VALUE_STOP, ['$'] = PATH_STOP | VALUE_STOP,
	[' '] = PATH_STOP, [':'] = PATH_STOP, ['|'] = PATH_STOP,
	['.'] = IDENT, ['-'] = IDENT | NAME, ['_'] = IDENT | NAME,
	['0'] = WORD, ['1'] = WORD, ['2'] = WORD, ['3'] = WORD, ['4'] = WORD,
	['5'] = WORD, ['6'] = WORD, ['7'] = WORD, ['8'] = WORD, ['9'] = WORD,
	['a'] = WORD, ['b'] = WORD, ['c'] = WORD, ['d'] = WORD, ['e'] = WORD,
	['f'] = WORD, ['g'] = WORD, ['h'] = WORD, ['i'] = WORD, ['j'] = WORD,
	['k'] = WORD, ['l'] = WORD, ['m'] = WORD, ['n'] = WORD, ['o'] = WORD,
	['p'] = WORD, ['q'] = WORD, ['r'] = WORD, ['s'] = WORD, ['t'] = WORD,
	['u'] = WORD, ['v'] = WORD, ['w'] = WORD, ['x'] = WORD, ['y'] = WORD,
	['z'] = WORD, ['A'] = WORD, ['B'] = WORD, ['C'] = WORD, ['D'] = WORD,
	['E'] = WORD, ['F'] = WORD, ['G'] = WORD, ['H'] = WORD, ['I'] = WORD,
	['J'] = WORD, ['K'] = WORD, ['L'] = WORD, ['M'] = WORD, ['N'] = WORD,
	['O'] = WORD, ['P'] = WORD, ['Q'] = WORD, ['R'] = WORD, ['S'] = WORD,
	['T'] = WORD, ['U'] = WORD, ['V'] = WORD, ['W'] = WORD, ['X'] = WORD,
	['Y'] = WORD, ['Z'] = WORD,
};

static const char *const token_names[] = {
	[LEX_ERROR] = "lexing error",
	[LEX_BUILD] = "'build'",
	[LEX_COLON] = "':'",
	[LEX_DEFAULT] = "'default'",
	[LEX_EQUALS] = "'='",
	[LEX_IDENT] = "identifier",
	[LEX_INCLUDE] = "'include'",
	[LEX_INDENT] = "indent",
	[LEX_NEWLINE] = "newline",
	[LEX_PIPE] = "'|'",
	[LEX_PIPE2] = "'||'",
	[LEX_PIPEAT] = "'|@'",
	[LEX_POOL] = "'pool'",
	[LEX_RULE] = "'rule'",
	[LEX_SUBNINJA] = "'subninja'",
	[LEX_EOF] = "eof",
};

/* ---- eight bytes at a time ----
 * In a mask of below() and equal() the lowest bit that is set is right;
 * those above it may be wrong. equal_all() is right everywhere. */

#define ONES 0x0101010101010101u
#define HIGHS 0x8080808080808080u

static inline uint64_t
load_word(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
	       (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
	       (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
	       (uint64_t)p[7] << 56;
}

static inline uint64_t
below(uint64_t w, unsigned char c)
{
	return (w - ONES * c) & ~w & HIGHS;
}

static inline uint64_t
equal(uint64_t w, char c)
{
	return below(w ^ ONES * (unsigned char)c, 1);
}

static inline uint64_t
equal_all(uint64_t w, char c)
{
	w ^= ONES * (unsigned char)c;
	return ~(((w & ~HIGHS) + ~HIGHS) | w) & HIGHS;
}

static inline unsigned
is(unsigned bits, const char *p)
{
	return class[(unsigned char)*p] & bits;
}

/* The first byte from p on that ends plain text of a path. */
static const char *
path_stop(const char *p, const char *end)
{
	for (;;) {
		while (end - p >= 8) {
			uint64_t w = load_word(p);
			uint64_t m = below(w, ' ' + 1) | equal(w, '$') |
				equal(w, ':') | equal(w, '|');

			if (m) {
				p += __builtin_ctzll(m) / 8;
				break;
			}
			p += 8;
		}
		if (is(PATH_STOP, p))
			return p;
		p++;
	}
}

static const char *
value_stop(const char *p, const char *end)
{
	for (;;) {
		while (end - p >= 8) {
			uint64_t w = load_word(p);
			uint64_t m = below(w, '\r' + 1) | equal(w, '$');

			if (m) {
				p += __builtin_ctzll(m) / 8;
				break;
			}
			p += 8;
		}
		if (is(VALUE_STOP, p))
			return p;
		p++;
	}
}

bool
lex_is_folded(struct str path)
{
	const char *p = path.p, *end = path.p + path.n;

	while (end - p >= 3 && p[0] == '.' && p[1] == '.' && p[2] == '/')
		p += 3;
	if (p == end || *p == '.' || (*p == '/' && p > path.p) ||
	    (end[-1] == '/' && path.n > 1))
		return false;
	for (; end - p >= 9; p += 8) {
		uint64_t after = load_word(p + 1);

		if (equal_all(load_word(p), '/') &
		    (equal_all(after, '/') | equal_all(after, '.')))
			return false;
	}
	for (; end - p >= 2; p++)
		if (p[0] == '/' && (p[1] == '/' || p[1] == '.'))
			return false;
	return true;
}

/* ---- tokens ---- */

void
lex_init(struct lexer *lx, struct str file, struct str text)
{
	const char *nul = memchr(text.p, '\0', text.n);

	*lx = (struct lexer){
		.file = file,
		.text = text.p,
		.end = nul ? nul : text.p + text.n,
		.p = text.p,
		.last = text.p,
		.counted = text.p,
		.line = 1,
	};
}

/* Length of the line continuation "$\n" or "$\r\n" at p; 0 if there is none. */
static size_t
continuation(const char *p)
{
	if (p[0] != '$')
		return 0;
	if (p[1] == '\n')
		return 2;
	return p[1] == '\r' && p[2] == '\n' ? 3 : 0;
}

static const char *
skip_blank(const char *p)
{
	for (;;) {
		size_t n;

		while (*p == ' ')
			p++;
		n = continuation(p);
		if (!n)
			return p;
		p += n;
	}
}

static enum lex_token
keyword(const char *p, size_t n)
{
	static const struct {
		struct str word;
		enum lex_token token;
	} words[] = {
		{ { "build", 5 }, LEX_BUILD },
		{ { "rule", 4 }, LEX_RULE },
		{ { "pool", 4 }, LEX_POOL },
		{ { "default", 7 }, LEX_DEFAULT },
		{ { "include", 7 }, LEX_INCLUDE },
		{ { "subninja", 8 }, LEX_SUBNINJA },
	};
	struct str word = { p, n };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq(words[i].word, word))
			return words[i].token;
	return LEX_IDENT;
}

/* The token at *at, a byte that is no space; *at moves behind it. */
static enum lex_token
token_at(const char **at)
{
	const char *p = *at, *start = p;

	if (is(IDENT, p)) {
		while (is(IDENT, p))
			p++;
		*at = p;
		return keyword(start, (size_t)(p - start));
	}
	*at = p + 1;
	switch (*p) {
	case '\0':
		*at = p;
		return LEX_EOF;
	case '\n':
		return LEX_NEWLINE;
	case '\r':
		if (p[1] != '\n')
			return LEX_ERROR;
		*at = p + 2;
		return LEX_NEWLINE;
	case '=':
		return LEX_EQUALS;
	case ':':
		return LEX_COLON;
	case '|':
		if (p[1] != '|' && p[1] != '@')
			return LEX_PIPE;
		*at = p + 2;
		return p[1] == '|' ? LEX_PIPE2 : LEX_PIPEAT;
	default:
		return LEX_ERROR;
	}
}

enum lex_token
lex_token(struct lexer *lx)
{
	enum lex_token token;
	const char *p = lx->p, *start, *nl;

	for (;;) {
		start = p;
		while (*p == ' ')
			p++;
		if (*p != '#')
			break;
		nl = memchr(p, '\n', (size_t)(lx->end - p));
		if (!nl)
			break;
		p = nl + 1;
	}
	lx->last = start;
	if (p > start && *p != '\n' && !(p[0] == '\r' && p[1] == '\n'))
		token = LEX_INDENT;
	else
		token = token_at(&p);
	if (token != LEX_NEWLINE && token != LEX_EOF)
		p = skip_blank(p);
	lx->p = p;
	return token;
}

void
lex_unread(struct lexer *lx)
{
	lx->p = lx->last;
}

bool
lex_peek(struct lexer *lx, enum lex_token token)
{
	if (lex_token(lx) == token)
		return true;
	lex_unread(lx);
	return false;
}

int
lex_expect(struct lexer *lx, enum lex_token token, struct err *err)
{
	enum lex_token got = lex_token(lx);

	if (got == token)
		return 0;
	return lex_error(lx, err, "expected %s, got %s%s", token_names[token],
		token_names[got],
		token == LEX_COLON ? " ($ also escapes ':')" : "");
}

bool
lex_ident(struct lexer *lx, struct str *name)
{
	const char *p = lx->p;

	lx->last = p;
	while (is(IDENT, p))
		p++;
	if (p == lx->p)
		return false;
	*name = (struct str){ lx->p, (size_t)(p - lx->p) };
	lx->p = skip_blank(p);
	return true;
}

/* ---- paths and values ---- */

/* Checks the escape at *at, a $, and moves *at behind it. */
static int
escape(struct lexer *lx, const char **at, struct err *err)
{
	const char *p = *at + 1;
	size_t n = continuation(*at);

	lx->last = *at;
	if (n) {
		for (p = *at + n; *p == ' '; p++)
			;
	} else if (*p == '$' || *p == ' ' || *p == ':') {
		p++;
	} else if (is(NAME, p)) {
		while (is(NAME, p))
			p++;
	} else if (*p == '{' && is(IDENT, p + 1)) {
		while (is(IDENT, ++p))
			;
		if (*p++ != '}')
			goto bad;
	} else if (*p == '^' && lx->caret_known) {
		if (!lx->caret_allowed)
			return lex_error(lx, err, "using $^ escape requires "
				"specifying 'ninja_required_version' with "
				"version greater or equal 1.14");
		p++;
	} else {
		goto bad;
	}
	*at = p;
	return 0;
bad:
	return lex_error(lx, err,
		"bad $-escape (literal $ must be written as $$)");
}

/* From lx->p to where stop says, over escapes; what stands there is *end. */
static inline int
read_raw(struct lexer *lx, const char *(*stop)(const char *, const char *),
	struct lex_raw *raw, const char **end, struct err *err)
{
	const char *p = lx->p;

	raw->dollar = false;
	for (;;) {
		p = stop(p, lx->end);
		if (*p != '$')
			break;
		raw->dollar = true;
		if (escape(lx, &p, err) < 0)
			return -1;
	}
	lx->last = p;
	raw->s = (struct str){ lx->p, (size_t)(p - lx->p) };
	*end = p;
	return *p ? 0 : lex_error(lx, err, "unexpected EOF");
}

int
lex_path(struct lexer *lx, struct lex_raw *raw, struct err *err)
{
	const char *p;

	if (read_raw(lx, path_stop, raw, &p, err) < 0)
		return -1;
	if (*p == '\r' && p[1] != '\n')
		return lex_bad_byte(lx, err);
	lx->p = skip_blank(p);
	return 0;
}

int
lex_value(struct lexer *lx, struct lex_raw *raw, struct err *err)
{
	const char *p;

	if (read_raw(lx, value_stop, raw, &p, err) < 0)
		return -1;
	if (*p == '\r' && *++p != '\n')
		return lex_bad_byte(lx, err);
	lx->p = p + 1;
	return 0;
}

int
lex_let(struct lexer *lx, struct str *name, struct lex_raw *value,
	struct err *err)
{
	if (!lex_ident(lx, name))
		return lex_error(lx, err, "expected variable name");
	if (lex_expect(lx, LEX_EQUALS, err) < 0)
		return -1;
	return lex_value(lx, value, err);
}

/* ---- places and messages ---- */

uint32_t
lex_line(struct lexer *lx)
{
	const char *p = lx->counted, *nl;

	while ((nl = memchr(p, '\n', (size_t)(lx->last - p)))) {
		lx->line++;
		p = nl + 1;
	}
	lx->counted = lx->last;
	return lx->line;
}

/* The source line and a caret, if the column allows. */
static void
add_source_line(const struct lexer *lx, struct buf *out)
{
	const char *start = lx->last;
	size_t col, n = 0;

	while (start > lx->text && start[-1] != '\n')
		start--;
	col = (size_t)(lx->last - start);
	if (col == 0 || col >= CONTEXT_COLUMNS)
		return;
	while (n < CONTEXT_COLUMNS && start[n] != '\0' && start[n] != '\n')
		n++;
	buf_add(out, start, n);
	if (n == CONTEXT_COLUMNS)
		buf_adds(out, "...");
	buf_addf(out, "\n%*s^ near here", (int)col, "");
}

int
lex_place(struct lexer *lx, struct err *err)
{
	struct buf msg = { 0 }, file = { 0 };

	if (!err || err->path || !err->msg)
		return -1;
	buf_adds(&msg, err->msg);
	buf_addc(&msg, '\n');
	add_source_line(lx, &msg);
	free(err->msg);
	err->msg = buf_detach(&msg);
	buf_addstr(&file, lx->file);
	lx->counted = lx->text;
	lx->line = 1;
	err_at(err, buf_str(&file).p, (int)lex_line(lx), 0);
	buf_release(&file);
	return -1;
}

int
lex_error(struct lexer *lx, struct err *err, const char *fmt, ...)
{
	struct buf msg = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&msg, fmt, ap);
	va_end(ap);
	err_set(err, "%s", msg.p);
	buf_release(&msg);
	return lex_place(lx, err);
}

int
lex_unexpected(struct lexer *lx, enum lex_token token, struct err *err)
{
	return lex_error(lx, err, "unexpected %s", token_names[token]);
}

int
lex_bad_byte(struct lexer *lx, struct err *err)
{
	return lex_error(lx, err, "%s", *lx->last == '\t' ?
		"tabs are not allowed, use spaces" : "lexing error");
}
