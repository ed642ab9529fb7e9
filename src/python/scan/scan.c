/* SPDX-License-Identifier: Apache-2.0 */
#include "python/scan/scan.h"

#include <stdlib.h>

#include "python/scan/internal.h"
#include "util/mem.h"

/* A block inside the present one. */
static struct block
inner(struct scanner *s, enum block_kind kind, uint32_t imports)
{
	struct block b = *scan_top(s);

	b.kind = kind;
	b.imports |= imports;
	b.conditional = true;
	b.defs |= DEF_CONDITIONAL;
	if (imports & IMPORT_TYPING)
		b.defs |= DEF_TYPING;
	b.from = s->out.nimports;
	b.try_from = b.try_to = 0;
	b.last_if = IF_OTHER;
	return b;
}


/* Is `name` TYPE_CHECKING or a module's? */
static bool
is_type_checking(struct scanner *s, struct str name)
{
	struct str root = name;
	uint32_t i;

	if (str_is(name, "TYPE_CHECKING"))
		return true;
	if (!str_ends(name, ".TYPE_CHECKING"))
		return false;
	root.n -= sizeof(".TYPE_CHECKING") - 1;
	if (str_is(root, "typing") || str_is(root, "typing_extensions"))
		return true;
	/* such imports stand at the top */
	for (i = 0; i < s->out.nimports && i < 64; i++) {
		struct scan_import *m = &s->out.imports[i];

		if (str_eq(m->as, root) && (str_is(m->module, "typing") ||
		    str_is(m->module, "typing_extensions")))
			return true;
	}
	return false;
}

/* The test of if or elif up to its colon. *main: it is of __name__. */
static enum if_kind
if_test(struct scanner *s, bool *main)
{
	struct token *t = &s->in.tok, first;
	enum if_kind kind = IF_TYPING;
	bool constant = false;

	scan_next(s);
	if (t->kind == TOK_KEYWORD && t->keyword == KW_NOT) {
		kind = IF_NOT_TYPING;
		scan_next(s);
	}
	first = *t;
	*main = kind == IF_TYPING && t->kind == TOK_NAME &&
		str_is(token_str(t), "__name__");
	if (t->kind == TOK_NAME) {
		scan_next(s);
		*main = *main && token_op(t, OP_COMPARE) && t->p[0] == '=';
		constant = is_type_checking(s, scan_chain(s, &first));
	} else if ((t->kind == TOK_KEYWORD && t->keyword == KW_FALSE) ||
		   (t->kind == TOK_NUMBER && str_is(token_str(t), "0"))) {
		scan_next(s);
		constant = true;
	}
	if (!token_op(t, ':')) {
		constant = false;
		scan_expr(s, STOP_COLON);
	}
	return constant ? kind : IF_OTHER;
}

static void
if_statement(struct scanner *s)
{
	bool elif = s->in.tok.keyword == KW_ELIF;
	struct block b;
	bool main;
	enum if_kind kind = if_test(s, &main);

	if (!elif)
		scan_top(s)->last_if = kind;
	else
		scan_top(s)->last_if = IF_OTHER;
	b = inner(s, BLOCK_OTHER, IMPORT_CONDITIONAL |
		(kind == IF_TYPING ? IMPORT_TYPING : 0));
	b.main |= main;
	scan_suite(s, &b);
}

static void
else_statement(struct scanner *s)
{
	bool typing = scan_top(s)->last_if == IF_NOT_TYPING;
	struct block b = inner(s, BLOCK_OTHER, IMPORT_CONDITIONAL |
		(typing ? IMPORT_TYPING : 0));

	scan_next(s);
	scan_suite(s, &b);
}

static void
except_statement(struct scanner *s)
{
	struct token *t = &s->in.tok;
	struct block *outer = scan_top(s), b;
	uint32_t i;

	scan_next(s);
	if (token_op(t, '*'))
		scan_next(s);
	s->caught = token_op(t, ':');
	if (!s->caught)
		scan_expr(s, STOP_COLON);
	if (s->caught) {
		for (i = outer->try_from; i < outer->try_to; i++) {
			if (!(s->out.imports[i].flags & IMPORT_STRING))
				s->out.imports[i].flags |= IMPORT_OPTIONAL;
		}
	}
	b = inner(s, BLOCK_OTHER, IMPORT_CONDITIONAL);
	scan_suite(s, &b);
}

/* with, for, while, finally: anything with a block under it. */
static void
other_statement(struct scanner *s, enum block_kind kind, uint32_t imports)
{
	struct block b;

	scan_next(s);
	s->caught = s->suppressed = false;
	if (!token_op(&s->in.tok, ':'))
		scan_expr(s, STOP_COLON);
	if (s->caught && s->suppressed)
		imports |= IMPORT_OPTIONAL;
	b = inner(s, kind, imports);
	scan_suite(s, &b);
}

static void
match_block(struct scanner *s)
{
	struct block b = inner(s, BLOCK_MATCH, IMPORT_CONDITIONAL);

	scan_push_block(s, &b);
	scan_next(s);
}

/* A line of simple statements, or one that begins with a soft keyword. */
static void
plain_statement(struct scanner *s)
{
	struct token first = s->in.tok;
	bool colon;

	if (first.kind == TOK_NAME && scan_top(s)->kind == BLOCK_MATCH &&
	    str_is(token_str(&first), "case")) {
		other_statement(s, BLOCK_OTHER, IMPORT_CONDITIONAL);
		return;
	}
	scan_simple(s);
	colon = s->prev_op == ':';
	if (token_op(&s->in.tok, ';')) {
		scan_next(s);
		scan_simple_line(s);
	} else if (s->in.tok.kind == TOK_NEWLINE) {
		scan_next(s);
	}
	if (colon && s->in.tok.kind == TOK_INDENT && first.kind == TOK_NAME &&
	    str_is(token_str(&first), "match"))
		match_block(s);
	else if (colon)
		scan_fail(s, "invalid syntax");
}

static void
async_statement(struct scanner *s)
{
	struct token *t = &s->in.tok;

	scan_next(s);
	if (t->kind != TOK_KEYWORD)
		plain_statement(s);
	else if (t->keyword == KW_DEF)
		scan_definition(s, DEF_ASYNC);
	else
		other_statement(s, BLOCK_OTHER,
			t->keyword == KW_FOR ? IMPORT_CONDITIONAL : 0);
}

static void
statement(struct scanner *s)
{
	struct token *t = &s->in.tok;
	struct block *b = scan_top(s);

	if (token_op(t, '@')) {
		scan_decorators(s);
		return;
	}
	if (s->deco_pending && t->keyword != KW_DEF &&
	    t->keyword != KW_CLASS && t->keyword != KW_ASYNC) {
		scan_fail(s, "decorator without definition");
		s->deco_pending = false;
		s->owner = b->owner;
	}
	if (t->keyword != KW_IF && t->keyword != KW_ELIF &&
	    t->keyword != KW_ELSE)
		b->last_if = IF_OTHER;
	switch (t->kind == TOK_KEYWORD ? t->keyword : KW_NONE) {
	case KW_IF:
	case KW_ELIF:
		if_statement(s);
		break;
	case KW_ELSE:
		else_statement(s);
		break;
	case KW_EXCEPT:
		except_statement(s);
		break;
	case KW_TRY:
		other_statement(s, BLOCK_TRY, IMPORT_CONDITIONAL);
		break;
	case KW_FINALLY:
	case KW_WITH:
		other_statement(s, BLOCK_OTHER, 0);
		break;
	case KW_FOR:
	case KW_WHILE:
		other_statement(s, BLOCK_OTHER, IMPORT_CONDITIONAL);
		break;
	case KW_DEF:
		scan_definition(s, 0);
		break;
	case KW_CLASS:
		scan_definition(s, DEF_CLASS);
		break;
	case KW_ASYNC:
		async_statement(s);
		break;
	default:
		plain_statement(s);
	}
}

static void
scan_lines(struct scanner *s)
{
	struct token *t = &s->in.tok;

	scan_next(s);
	while (t->kind != TOK_EOF) {
		switch (t->kind) {
		case TOK_DEDENT:
			scan_pop_block(s);
			scan_next(s);
			break;
		case TOK_NEWLINE:
			scan_next(s);
			break;
		case TOK_INDENT: {
			struct block b = inner(s, BLOCK_OTHER, 0);

			scan_fail(s, "unexpected indent");
			scan_push_block(s, &b);
			scan_next(s);
			break;
		}
		default:
			statement(s);
		}
	}
	while (s->nblocks > 1)
		scan_pop_block(s);
}

void
scan_unreadable(struct str message, struct arena *a, struct scan *out)
{
	*out = (struct scan){
		.flags = SCAN_ERROR | SCAN_COMPUTED | SCAN_PLACE |
		         SCAN_PREFIX,
		.error = arena_dup(a, message),
	};
}

void
scan_source(const char *p, size_t n, struct arena *a, struct scan *out)
{
	struct scanner *s;
	struct source src;

	if (n > SCAN_MAX_BYTES) {
		scan_unreadable(STR("file is too large"), a, out);
		return;
	}
	source_prepare(p, n, a, &src);
	s = xcalloc(1, sizeof(*s));
	s->arena = a;
	lexer_init(&s->in.lexer, &src);
	s->owner = SCAN_MODULE;
	s->blocks[0] = (struct block){
		.kind = BLOCK_MODULE, .owner = SCAN_MODULE,
	};
	s->nblocks = 1;
	scan_lines(s);
	scan_finish(s);
	*out = s->out;
	free(s);
}
