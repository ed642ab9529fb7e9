/* SPDX-License-Identifier: Apache-2.0 */
#include "python/lex/token.h"

#include <string.h>

#include "python/lex/bytes.h"
#include "python/lex/internal.h"
#include "util/mem.h"

enum char_class {
	C_BAD, C_SPACE, C_NEWLINE, C_NAME, C_DIGIT, C_QUOTE, C_OPEN, C_CLOSE,
	C_OP, C_DOT, C_HASH, C_BACKSLASH, C_COLON, C_BANG, C_SINGLE,
};

enum char_bits {
	B_CONT = 1u << 4,        /* inside a name */
	B_CLASS = 0x0f,
};

#define N (C_NAME | B_CONT)
#define D (C_DIGIT | B_CONT)
#define S C_SPACE
#define O C_OP

static const unsigned char chars[256] = {
	['\t'] = S, ['\f'] = S, [' '] = S, ['\n'] = C_NEWLINE,
	['#'] = C_HASH, ['\\'] = C_BACKSLASH, ['"'] = C_QUOTE,
	['\''] = C_QUOTE, ['('] = C_OPEN, ['['] = C_OPEN, ['{'] = C_OPEN,
	[')'] = C_CLOSE, [']'] = C_CLOSE, ['}'] = C_CLOSE, ['.'] = C_DOT,
	[':'] = C_COLON, ['!'] = C_BANG, [','] = C_SINGLE, [';'] = C_SINGLE,
	['~'] = C_SINGLE, ['+'] = O, ['-'] = O, ['*'] = O, ['/'] = O, ['%'] = O,
	['&'] = O, ['|'] = O, ['^'] = O, ['<'] = O, ['>'] = O, ['='] = O,
	['@'] = O,
	['0'] = D, ['1'] = D, ['2'] = D, ['3'] = D, ['4'] = D, ['5'] = D,
	['6'] = D, ['7'] = D, ['8'] = D, ['9'] = D, ['_'] = N,
	['a'] = N, ['b'] = N, ['c'] = N, ['d'] = N, ['e'] = N, ['f'] = N,
	['g'] = N, ['h'] = N, ['i'] = N, ['j'] = N, ['k'] = N, ['l'] = N,
	['m'] = N, ['n'] = N, ['o'] = N, ['p'] = N, ['q'] = N, ['r'] = N,
	['s'] = N, ['t'] = N, ['u'] = N, ['v'] = N, ['w'] = N, ['x'] = N,
	['y'] = N, ['z'] = N,
	['A'] = N, ['B'] = N, ['C'] = N, ['D'] = N, ['E'] = N, ['F'] = N,
	['G'] = N, ['H'] = N, ['I'] = N, ['J'] = N, ['K'] = N, ['L'] = N,
	['M'] = N, ['N'] = N, ['O'] = N, ['P'] = N, ['Q'] = N, ['R'] = N,
	['S'] = N, ['T'] = N, ['U'] = N, ['V'] = N, ['W'] = N, ['X'] = N,
	['Y'] = N, ['Z'] = N,
#define R4(i) [i] = N, [i + 1] = N, [i + 2] = N, [i + 3] = N
#define R16(i) R4(i), R4(i + 4), R4(i + 8), R4(i + 12)
	R16(0x80), R16(0x90), R16(0xa0), R16(0xb0),
	R16(0xc0), R16(0xd0), R16(0xe0), R16(0xf0),
#undef R16
#undef R4
};

#undef N
#undef D
#undef S
#undef O

static const struct {
	char word[9];
	unsigned char keyword;
} keywords[] = {
	{ "False", KW_FALSE }, { "None", KW_NONE_VALUE }, { "True", KW_TRUE },
	{ "and", KW_AND }, { "as", KW_AS }, { "assert", KW_OTHER },
	{ "async", KW_ASYNC }, { "await", KW_OTHER }, { "break", KW_OTHER },
	{ "class", KW_CLASS }, { "continue", KW_OTHER }, { "def", KW_DEF },
	{ "del", KW_OTHER }, { "elif", KW_ELIF }, { "else", KW_ELSE },
	{ "except", KW_EXCEPT }, { "finally", KW_FINALLY }, { "for", KW_FOR },
	{ "from", KW_FROM }, { "global", KW_OTHER }, { "if", KW_IF },
	{ "import", KW_IMPORT }, { "in", KW_OTHER }, { "is", KW_OTHER },
	{ "lambda", KW_LAMBDA }, { "nonlocal", KW_OTHER }, { "not", KW_NOT },
	{ "or", KW_OTHER }, { "pass", KW_OTHER }, { "raise", KW_OTHER },
	{ "return", KW_OTHER }, { "try", KW_TRY }, { "while", KW_WHILE },
	{ "with", KW_WITH }, { "yield", KW_YIELD },
};

bool
token_name_start(char c)
{
	return (chars[(unsigned char)c] & B_CLASS) == C_NAME;
}

bool
token_name_char(char c)
{
	return chars[(unsigned char)c] & B_CONT;
}

static inline unsigned
class_of(const char *p)
{
	return chars[(unsigned char)*p] & B_CLASS;
}

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* --- names and numbers ------------------------------------------------- */

/* keywords[] by a hash without collisions: 0 none, else position + 1. */
static int
keyword_of(const char *p, size_t n)
{
	static const unsigned char slots[128] = {
		0, 0, 24, 12, 0, 3, 0, 28, 0, 13, 1, 0, 0, 0, 0, 0, 0, 18,
		0, 0, 0, 0, 15, 14, 0, 0, 0, 27, 0, 0, 0, 19, 0, 0, 0, 7,
		0, 0, 32, 0, 0, 0, 0, 34, 9, 0, 0, 29, 0, 0, 0, 0, 8, 10,
		30, 0, 0, 0, 0, 33, 35, 0, 0, 25, 0, 0, 0, 0, 0, 20, 0, 6,
		0, 0, 0, 16, 0, 0, 0, 22, 0, 0, 31, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 11, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 26, 0, 0, 21, 0, 0, 0, 0, 5, 0, 0, 23, 4, 2
	};
	unsigned i = slots[((unsigned char)p[0] +
		(unsigned char)p[n - 1] + (unsigned)n * 19) & 127];
	const char *word;

	if (!i)
		return KW_NONE;
	word = keywords[i - 1].word;
	if (word[0] != p[0] || word[1] != p[1] || memcmp(word, p, n) != 0 ||
	    word[n])
		return KW_NONE;
	return keywords[i - 1].keyword;
}

static const char *
digits(const char *p)
{
	while (is_digit(*p) || (*p == '_' && is_digit(p[1])))
		p++;
	return p;
}

static const char *
number_end(const char *p)
{
	if (*p == '0' && (p[1] | 0x20) == 'x') {
		for (p += 2; is_digit(*p) || *p == '_' ||
		     ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'f'); p++)
			;
		return p;
	}
	if (*p == '0' && ((p[1] | 0x20) == 'o' || (p[1] | 0x20) == 'b'))
		return digits(p + 2);
	p = digits(p);
	if (*p == '.')
		p = digits(p + 1);
	if ((*p | 0x20) == 'e' && (is_digit(p[1]) ||
	    ((p[1] == '+' || p[1] == '-') && is_digit(p[2]))))
		p = digits(p + 2);
	if ((*p | 0x20) == 'j' || (*p | 0x20) == 'l')
		p++;
	return p;
}

/* --- strings ----------------------------------------------------------- */

/* End of a string's text: the closing quote, or where it breaks off. */
static const char *
string_end(struct lexer *x, const char *p, char quote, bool triple,
	unsigned char *flags)
{
	while (p < x->end) {
		p = bytes_find3(p, quote, '\\', '\n');
		if (*p == quote) {
			if (!triple || (p[1] == quote && p[2] == quote))
				return p;
			p++;
		} else if (*p == '\\') {
			*flags |= TOKEN_ESCAPE;
			if (p[1] == '\n')
				x->line++;
			p += 2;
		} else {
			if (!triple) {
				lexer_fail(x, "unterminated string", x->line);
				return p;
			}
			x->line++;
			p++;
		}
	}
	lexer_fail(x, "unterminated string", x->line);
	return x->end;
}

/* A string whose opening quote is at q. */
static void
begin_string(struct lexer *x, struct token *t, const char *q)
{
	char quote = *q;
	bool triple = q[1] == quote && q[2] == quote;
	const char *body = q + (triple ? 3 : 1), *stop;

	if (t->flags & TOKEN_FORMAT) {
		fstring_begin(x, t, body, triple);
		return;
	}
	stop = string_end(x, body, quote, triple, &t->flags);
	t->kind = TOK_STRING;
	t->p = body;
	t->n = (size_t)(stop - body);
	x->p = stop;
	if (stop < x->end && *stop == quote)
		x->p += triple ? 3 : 1;
}

/* Flags of the string prefix p[0..n), -1 if it is none. */
static int
prefix_flags(const char *p, size_t n)
{
	int flags = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		switch (p[i] | 0x20) {
		case 'r':
			flags |= TOKEN_RAW;
			break;
		case 'b':
			flags |= TOKEN_BYTES;
			break;
		case 'f':
		case 't':
			flags |= TOKEN_FORMAT;
			break;
		case 'u':
			break;
		default:
			return -1;
		}
	}
	return flags;
}

/* --- the rest ---------------------------------------------------------- */

/* True if t is a string. */
static bool
lex_name(struct lexer *x, struct token *t, const char *p)
{
	const char *q = bytes_name_end(p);
	int flags;

	t->p = p;
	t->n = (size_t)(q - p);
	if (t->n <= 2 && class_of(q) == C_QUOTE &&
	    (flags = prefix_flags(p, t->n)) >= 0) {
		t->flags |= (unsigned char)flags;
		begin_string(x, t, q);
		return true;
	}
	if (t->n >= 2 && t->n <= 8) {
		t->keyword = (unsigned char)keyword_of(p, t->n);
		if (t->keyword) {
			t->kind = TOK_KEYWORD;
			x->p = q;
			return false;
		}
	}
	while (*q == '.' && class_of(q + 1) == C_NAME) {
		t->flags |= TOKEN_DOTTED;
		q = bytes_name_end(q + 1);
	}
	t->kind = TOK_NAME;
	t->n = (size_t)(q - p);
	x->p = q;
	return false;
}

static const char *
operator_end(struct token *t, const char *p)
{
	char c = p[0];

	t->op = (unsigned char)c;
	if (p[1] == '=') {
		t->op = c == '=' || c == '<' || c == '>' ? OP_COMPARE
			: OP_ASSIGN_AUG;
		return p + 2;
	}
	if (c == '-' && p[1] == '>') {
		t->op = OP_ARROW;
		return p + 2;
	}
	if (p[1] == c && (c == '*' || c == '/' || c == '<' || c == '>')) {
		t->op = c == '*' ? OP_POWER : OP_PAIR;
		if (p[2] != '=')
			return p + 2;
		t->op = OP_ASSIGN_AUG;
		return p + 3;
	}
	return p + 1;
}

static void
close_bracket(struct lexer *x, char c)
{
	char open = c == ')' ? '(' : c == ']' ? '[' : '{';
	char top;

	if (!x->depth) {
		lexer_fail(x, "bracket was never opened", x->line);
		return;
	}
	top = x->brackets[x->depth - 1];
	if (top != open) {
		lexer_fail(x, "brackets do not match", x->line);
		if (top == 'f')
			return;
	}
	x->depth--;
}

/* Whether p is ! of a conversion in a field; its end if so. */
static const char *
conversion(const char *p)
{
	for (p++; *p == ' '; p++)
		;
	while (chars[(unsigned char)*p] & B_CONT)
		p++;
	return p;
}

static bool
open_bracket(struct lexer *x, struct token *t, const char *p)
{
	t->kind = TOK_OP;
	t->op = (unsigned char)*p;
	t->p = p;
	t->n = 1;
	x->p = p + 1;
	return lexer_push_bracket(x, *p);
}

/* One character that is an operator or not Python at all. */
static void
take_op(struct token *t, const char *p, const char *end, int op)
{
	t->kind = TOK_OP;
	t->op = (unsigned char)op;
	t->p = p;
	t->n = (size_t)(end - p);
}

/* The helpers below read what stands at p. They return NULL if t was set, else
 * where to read on. */

static const char *
take_number(struct lexer *x, struct token *t, const char *p)
{
	t->kind = TOK_NUMBER;
	t->p = p;
	x->p = number_end(p);
	t->n = (size_t)(x->p - p);
	return NULL;
}

static const char *
take_close(struct lexer *x, struct token *t, const char *p)
{
	if (*p == '}' && fstring_in_field(x)) {
		x->p = p + 1;
		return fstring_close(x, t) ? NULL : x->p;
	}
	close_bracket(x, *p);
	t->depth = x->depth;
	take_op(t, p, p + 1, *p);
	x->p = p + 1;
	return NULL;
}

static const char *
take_colon(struct lexer *x, struct token *t, const char *p)
{
	if (fstring_in_field(x)) {
		x->fstrings[x->nfstrings - 1].flags |= F_SPEC;
		x->p = p + 1;
		return fstring_resume(x, t) ? NULL : x->p;
	}
	x->p = p + (p[1] == '=' ? 2 : 1);
	take_op(t, p, x->p, x->p - p == 2 ? OP_WALRUS : ':');
	return NULL;
}

static const char *
take_bang(struct lexer *x, struct token *t, const char *p)
{
	if (p[1] != '=' && fstring_in_field(x))
		return conversion(p);
	if (p[1] != '=')
		lexer_fail(x, "invalid character", x->line);
	x->p = p + (p[1] == '=' ? 2 : 1);
	take_op(t, p, x->p, OP_COMPARE);
	return NULL;
}

static const char *
take_dot(struct lexer *x, struct token *t, const char *p)
{
	if (is_digit(p[1]))
		return take_number(x, t, p);
	x->p = p + (p[1] == '.' && p[2] == '.' ? 3 : 1);
	take_op(t, p, x->p, x->p - p == 3 ? OP_ELLIPSIS : '.');
	return NULL;
}

static const char *
take_newline(struct lexer *x, struct token *t, const char *p)
{
	x->line++;
	if (x->depth)
		return p + 1;
	x->bol = true;
	x->content = false;
	t->p = p;
	x->p = p + 1;
	lexer_emit(t, TOK_NEWLINE);
	return NULL;
}

static const char *
take_backslash(struct lexer *x, const char *p)
{
	if (p[1] == '\n' && p + 2 < x->end) {
		x->line++;
		return p + 2;
	}
	lexer_fail(x, "stray backslash", x->line);
	return p + 1;
}

/* True if t was set: the line, or what is to be said before it. */
static bool
line_start(struct lexer *x, struct token *t)
{
	if (x->dedents) {
		x->dedents--;
		t->depth = 0;
		t->p = x->p;
		t->line = x->line;
		lexer_emit(t, TOK_DEDENT);
		return true;
	}
	if (!x->bol)
		return false;
	t->depth = 0;
	return lexer_begin_line(x, t);
}

/* What stands at p, which is no space, comment or end. */
static const char *
take_token(struct lexer *x, struct token *t, const char *p)
{
	x->content = true;
	switch (class_of(p)) {
	case C_NAME:
		if (fstring_in_field(x))
			t->flags = TOKEN_FIELD;
		lex_name(x, t, p);
		return NULL;
	case C_SINGLE:
		x->p = p + 1;
		take_op(t, p, p + 1, *p);
		return NULL;
	case C_OP:
		x->p = operator_end(t, p);
		t->kind = TOK_OP;
		t->p = p;
		t->n = (size_t)(x->p - p);
		return NULL;
	case C_OPEN:
		if (!open_bracket(x, t, p))
			lexer_at_end(x, t);
		return NULL;
	case C_CLOSE:
		return take_close(x, t, p);
	case C_QUOTE:
		begin_string(x, t, p);
		return NULL;
	case C_DIGIT:
		return take_number(x, t, p);
	case C_NEWLINE:
		return take_newline(x, t, p);
	case C_DOT:
		return take_dot(x, t, p);
	case C_COLON:
		return take_colon(x, t, p);
	case C_BANG:
		return take_bang(x, t, p);
	case C_BACKSLASH:
		return take_backslash(x, p);
	default:
		lexer_fail(x, "invalid character", x->line);
		return p + 1;
	}
}

void
lexer_next(struct lexer *x, struct token *t)
{
	const char *p;

	t->keyword = t->op = t->flags = 0;
	if ((x->dedents || x->bol) && line_start(x, t))
		return;
	for (p = x->p; p; p = take_token(x, t, p)) {
		while (class_of(p) == C_SPACE)
			p++;
		if (*p == '#')
			p = memchr(p, '\n', (size_t)(x->end - p));
		t->line = x->line;
		t->depth = x->depth;
		if (p >= x->end) {
			lexer_at_end(x, t);
			return;
		}
	}
}
