/* SPDX-License-Identifier: Apache-2.0 */
#include "python/inert/inert.h"

#include <stdlib.h>

#include "python/inert/internal.h"
#include "util/mem.h"

/* Lines and blocks, from tokens. */

static const struct str none = { NULL, 0 };

enum {
	BLOCK_TOKENS = 1u << TOK_INDENT | 1u << TOK_DEDENT,
	ALL_TOKENS = ((1u << (TOK_OP + 1)) - 1) & ~(1u << TOK_EOF),
};

void
inert_deny(struct inert *x, const char *why)
{
	if (!x->on)
		return;
	x->on = false;
	x->wants = 0;
	x->why = why;
	if (x->n)
		x->i = x->n - 1;
}

static void
close_class(struct inert *x)
{
	struct inert_open *c = &x->classes[x->nclasses - 1];

	if ((c->flags & INERT_ENUM) &&
	    (c->flags & (INERT_HOOKS | INERT_PRIVATE)))
		inert_deny(x, "enumeration with methods of its own making");
	else if ((c->flags & INERT_CASE) && (c->flags & INERT_HOOKS))
		inert_deny(x, "test class with special methods");
	inert_drop(x, c->names);
	x->nclasses--;
	inert_bind(x, c->name, INERT_CLASS, none, c->flags);
}

static void
pop_block(struct inert *x)
{
	if (x->blocks[--x->nblocks] == INERT_CLASS_BLOCK)
		close_class(x);
}

void
inert_suite(struct inert *x, enum inert_block kind)
{
	if (!x->on)
		return;
	if (!inert_eat(x, ':')) {
		inert_deny(x, "statement");
		return;
	}
	if (inert_cur(x)->kind == TOK_NEWLINE) {
		x->opened = true;
		x->pending = (unsigned char)kind;
		return;
	}
	if (kind == INERT_SKIP_BLOCK) {
		x->i = x->n - 1;
		return;
	}
	inert_simple_line(x);
	if (x->on && kind == INERT_CLASS_BLOCK)
		close_class(x);
}

/* Is the test of `if` always false here, so that its block does not run? */
static bool
never(struct inert *x)
{
	const struct inert_token *t = inert_cur(x);
	size_t at = x->i;
	bool typing;

	if (inert_plain(t) && str_is(inert_text(t), "__name__") &&
	    inert_op(t + 1, OP_COMPARE) && t[1].p[0] == '=' &&
	    t[2].kind == TOK_STRING && str_is(inert_text(t + 2), "__main__") &&
	    inert_op(t + 3, ':')) {
		x->i += 3;
		return true;
	}
	if (t->kind != TOK_NAME)
		return false;
	typing = inert_dotted(x) == INERT_TARGET &&
		str_is(buf_str(&x->target), "typing.TYPE_CHECKING") &&
		inert_op(inert_cur(x), ':');
	if (!typing && x->on)
		x->i = at;
	return typing;
}

static void
if_statement(struct inert *x)
{
	x->i++;
	if (never(x)) {
		inert_suite(x, INERT_SKIP_BLOCK);
		return;
	}
	inert_test(x);
	inert_suite(x, INERT_PLAIN_BLOCK);
}

static void
except(struct inert *x)
{
	x->i++;
	inert_eat(x, '*');
	if (!inert_op(inert_cur(x), ':'))
		inert_tests(x);
	if (x->on && inert_cur(x)->keyword == KW_AS) {
		x->i++;
		if (!inert_plain(inert_cur(x))) {
			inert_deny(x, "statement");
			return;
		}
		inert_bind(x, inert_text(inert_cur(x)), INERT_MIXED, none, 0);
		if (x->on)
			x->i++;
	}
	inert_suite(x, INERT_PLAIN_BLOCK);
}

static void
line(struct inert *x)
{
	const struct inert_token *t = &x->tok[0];

	x->i = 0;
	x->level = x->quiet = 0;
	if (inert_op(t, '@')) {
		inert_decorator(x);
		return;
	}
	if (t->keyword == KW_DEF || t->keyword == KW_CLASS ||
	    t->keyword == KW_ASYNC) {
		inert_definition(x);
		return;
	}
	if (x->decorated)
		inert_deny(x, "decorator");
	if (inert_in_class(x))
		x->classes[x->nclasses - 1].property = none;
	switch (t->keyword) {
	case KW_IF:
	case KW_ELIF:
		if_statement(x);
		break;
	case KW_ELSE:
	case KW_TRY:
	case KW_FINALLY:
		x->i++;
		inert_suite(x, INERT_PLAIN_BLOCK);
		break;
	case KW_EXCEPT:
		except(x);
		break;
	case KW_FOR:
	case KW_WHILE:
	case KW_WITH:
		inert_deny(x, "statement that runs");
		break;
	default:
		inert_simple_line(x);
	}
}

/* --- tokens ------------------------------------------------------------ */

void
inert_begin(struct inert *x, struct arena *a)
{
	x->on = true;
	x->wants = ALL_TOKENS;
	x->arena = a;
}

static void
block(struct inert *x, bool indent)
{
	if (!indent) {
		if (x->nblocks)
			pop_block(x);
		return;
	}
	if (!x->opened || x->nblocks == countof(x->blocks)) {
		inert_deny(x, "indentation");
		return;
	}
	x->opened = false;
	if (x->pending == INERT_SKIP_BLOCK) {
		x->skip = 1;
		x->wants = BLOCK_TOKENS;
	} else {
		x->blocks[x->nblocks++] = x->pending;
	}
}

void
inert_take(struct inert *x, const volatile struct token *t)
{
	if (x->skip) {
		if (t->kind == TOK_INDENT)
			x->skip++;
		else if (--x->skip == 0)
			x->wants = ALL_TOKENS;
		return;
	}
	if (t->kind == TOK_INDENT || t->kind == TOK_DEDENT) {
		block(x, t->kind == TOK_INDENT);
		return;
	}
	if (x->n == x->cap)
		x->tok = vec_grow(x->tok, &x->cap, x->n + 128,
			sizeof(*x->tok));
	inert_put(x, t);
	if (t->kind != TOK_NEWLINE)
		return;
	x->line = t->line;
	if (x->opened)
		inert_deny(x, "indentation");
	else if (x->n > 1)
		line(x);
	if (x->on && x->i != x->n - 1)
		inert_deny(x, "statement");
	x->n = 0;
	x->i = 0;
}

bool
inert_end(struct inert *x)
{
	if (x->n || x->nblocks || x->skip || x->opened || x->decorated)
		inert_deny(x, "end of file");
	if (x->arithmetic && x->decimal)
		inert_deny(x, "arithmetic beside Decimal");
	return x->on;
}

void
inert_release(struct inert *x)
{
	free(x->tok);
	free(x->names);
	map_release(&x->by_name);
	buf_release(&x->target);
}
