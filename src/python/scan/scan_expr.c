/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "python/lex/bytes.h"
#include "python/scan/internal.h"

/* The position of text in syms, with what it means. */
static uint32_t
symbol(struct scanner *s, struct str text)
{
	bool added;
	uint32_t id = intern_put(&s->syms, text, &added);

	if (added) {
		enum known_call what = known_call_of(text);

		s->syms.v[id].known = what;
		s->syms.v[id].tells = scan_tells_place(text);
		s->known |= 1u << what;
	}
	return id;
}

static void
use(struct scanner *s, struct str text)
{
	uint32_t id = symbol(s, text);
	struct symbol *sym = &s->syms.v[id];
	enum known_call what = sym->known;

	if (sym->seen != s->owner) {
		sym->seen = s->owner;
		if (s->nrefs == s->cap_refs)
			s->refs = scan_room(s, s->refs, &s->cap_refs, s->nrefs,
				sizeof(*s->refs));
		s->refs[s->nrefs++] = (struct scan_ref){ s->owner, id };
	}
	scan_place_use(s, sym);
	if (what != KNOWN_NONE)
		scan_known_call(s, what, text);
}

struct str
scan_dotted(struct scanner *s, struct str first)
{
	struct token *t = &s->in.tok;

	if (!token_op(t, '.'))
		return first;
	buf_clear(&s->text);
	buf_addstr(&s->text, first);
	while (token_op(t, '.')) {
		scan_next(s);
		if (t->kind != TOK_NAME)
			break;
		buf_addc(&s->text, '.');
		buf_addstr(&s->text, token_str(t));
		scan_next(s);
	}
	return scan_keep(s);
}

struct str
scan_chain(struct scanner *s, const struct token *t)
{
	struct str text = scan_dotted(s, token_str(t));

	use(s, text);
	return text;
}

/* A dot on something without a name. */
static void
attribute(struct scanner *s)
{
	struct token *t = &s->in.tok;
	struct str text;

	scan_next(s);
	if (t->kind != TOK_NAME)
		return;
	text = token_str(t);
	if (text.p[-1] == '.') {
		text.p--;
		text.n++;
	} else {
		buf_clear(&s->text);
		buf_addc(&s->text, '.');
		buf_addstr(&s->text, text);
		text = scan_keep(s);
	}
	scan_next(s);
	use(s, scan_dotted(s, text));
}

static bool
names_source(struct str text)
{
	return text.n >= 3 && !memcmp(text.p + text.n - 3, ".py", 3);
}

/* "a.b.c" or "a.b:c" whole: n is set to the dotted part. */
static bool
dotted_text(struct str *text)
{
	const char *p = text->p, *end = p + text->n;
	bool dots = false;

	for (;;) {
		if (p == end || !token_name_start(*p))
			return false;
		while (p < end && token_name_char(*p))
			p++;
		if (p == end)
			break;
		if (*p == ':') {
			text->n = (size_t)(p - text->p);
			return p + 1 < end && token_name_start(p[1]);
		}
		if (*p != '.')
			return false;
		dots = true;
		p++;
	}
	return dots;
}

static const char *
skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

/* A dotted name at p; its end. */
static const char *
dotted_end(const char *p, const char *end)
{
	while (p < end && (token_name_char(*p) || *p == '.'))
		p++;
	return p;
}

/* Names with commas between them, from p on; each below prefix. */
static void
example_names(struct scanner *s, const char *p, const char *end,
	struct str prefix, uint32_t line)
{
	for (;;) {
		const char *q = dotted_end(p, end);

		if (q == p || !token_name_start(*p))
			return;
		buf_clear(&s->text);
		buf_addstr(&s->text, prefix);
		if (prefix.n)
			buf_addc(&s->text, '.');
		buf_add(&s->text, p, (size_t)(q - p));
		scan_add_string(s, scan_keep(s), line);
		while (q < end && *q != ',' && *q != '\n')
			q++;
		if (q == end || *q != ',')
			return;
		p = skip_blanks(q + 1, end);
	}
}

/* `from p import q` at p, after the first word. */
static void
example_from(struct scanner *s, const char *p, const char *end, uint32_t line)
{
	const char *q = dotted_end(p, end);
	struct str module = { p, (size_t)(q - p) };

	if (!module.n || !token_name_start(*p))
		return;
	scan_add_string(s, module, line);
	q = skip_blanks(q, end);
	if (end - q <= 6 || memcmp(q, "import", 6) != 0)
		return;
	q = skip_blanks(q + 6, end);
	if (q < end && *q == '(')
		q = skip_blanks(q + 1, end);
	example_names(s, q, end, module, line);
}

/* What the lines of a string that begin with this prompt import, as examples
 * of doctest. false: there is none. */
static bool
examples(struct scanner *s, const struct token *t, const char *prompt)
{
	const char *p = t->p, *end = t->p + t->n;
	bool any = false;

	while ((p = memmem(p, (size_t)(end - p), prompt, 4))) {
		any = true;
		p = skip_blanks(p + 4, end);
		if (end - p > 5 && !memcmp(p, "lazy ", 5))
			p = skip_blanks(p + 5, end);
		if (end - p > 7 && !memcmp(p, "import ", 7))
			example_names(s, skip_blanks(p + 7, end), end,
				(struct str){ "", 0 }, t->line);
		else if (end - p > 5 && !memcmp(p, "from ", 5))
			example_from(s, skip_blanks(p + 5, end), end, t->line);
	}
	return any;
}

void
scan_string(struct scanner *s, const struct token *t)
{
	struct str text = token_str(t);

	scan_place_words(s, text);
	if (text.n > 6 && examples(s, t, ">>> "))
		s->tells |= scan_text_tells_place(text);
	if (text.n > 12)
		examples(s, t, "... ");
	if (str_starts(text, "__"))     /* getattr(module, "__file__") */
		s->tells |= scan_tells_place(text);
	if (names_source(text))
		s->out.flags |= SCAN_PY_PATH;
	if (t->flags & (TOKEN_BYTES | TOKEN_ESCAPE | TOKEN_FORMAT) ||
	    text.n < 3 || text.n > 200 || !token_name_start(text.p[0]))
		return;
	if (dotted_text(&text))
		scan_add_string(s, text, t->line);
}

/* f"a.b.{x}": the module may be named by what is before the field. */
static void
format_prefix(struct scanner *s, const struct token *t)
{
	struct str text = token_str(t);
	size_t i;

	scan_place_words(s, text);
	if (text.n < 2 || text.n > 200 || text.p[text.n - 1] != '.')
		return;
	text.n--;
	if (!token_name_start(text.p[0]))
		return;
	for (i = 1; i < text.n; i++) {
		if (!token_name_char(text.p[i]) && text.p[i] != '.')
			return;
	}
	scan_add_string(s, text, t->line);
}

/* A name that is the keyword of an argument, or assigned to, is not used.
 * annotated: at the depth of the start, the name ends an annotation. */
static bool
is_keyword_argument(const struct scanner *s, const struct token *t,
	bool annotated, uint32_t base)
{
	if (!token_op(&s->in.tok, '=') || t->flags & (TOKEN_DOTTED | TOKEN_FIELD))
		return false;
	return !(annotated && t->depth == base);
}

static void
yields(struct scanner *s)
{
	struct block *b = scan_top(s);

	if (b->function)
		s->out.defs[b->owner].flags |= DEF_GENERATOR;
}

void
scan_expr(struct scanner *s, unsigned stop)
{
	struct token *t = &s->in.tok, name;
	uint32_t base = t->depth, lambdas = 0;
	bool annotated = stop & STOP_ASSIGN;

	for (;;) {
		switch (t->kind) {
		case TOK_NAME:
			name = *t;
			scan_next(s);
			if (!is_keyword_argument(s, &name, annotated, base))
				scan_chain(s, &name);
			continue;
		case TOK_KEYWORD:
			if (t->keyword == KW_LAMBDA)
				lambdas += t->depth == base;
			else if (t->keyword == KW_YIELD)
				yields(s);
			break;
		case TOK_STRING:
			scan_string(s, t);
			break;
		case TOK_FSTRING:
			format_prefix(s, t);
			break;
		case TOK_FEND:
			scan_place_words(s, token_str(t));
			if (names_source(token_str(t)))
				s->out.flags |= SCAN_PY_PATH;
			break;
		case TOK_NUMBER:
			break;
		case TOK_OP:
			if (t->op == '.') {
				attribute(s);
				continue;
			}
			if (t->depth > base)
				break;
			if (t->depth < base)
				return;
			s->calls += t->op == '(';
			if (t->op == ';' && t->depth == 0)
				return;
			if (t->op == ':' && lambdas)
				lambdas--;
			else if (t->op == ':' && (stop & STOP_COLON))
				return;
			else if (t->op == ':')
				annotated = true;
			if (t->op == ',' && (stop & STOP_COMMA) && !lambdas)
				return;
			if (t->op == '=' && (stop & STOP_ASSIGN) && !lambdas)
				return;
			break;
		default:
			return;
		}
		scan_next(s);
	}
}
