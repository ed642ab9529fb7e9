/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_INERT_INERT_H
#define TG_PYTHON_INERT_INERT_H

/* Is a module inert: does importing it do nothing but import other modules
 * and define names? Judged from the tokens of its module level and of the
 * bodies of its classes there; function bodies do not run. What is not known
 * to be harmless is not inert. What the module imports is judged by itself.
 * It is part of the scanner, but for inert_knows. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "python/lex/token.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/hash.h"
#include "util/str.h"

/* What is known of a value, or of what a name is bound to. */
enum inert_kind {
	INERT_OTHER,             /* a value nothing is known of */
	INERT_MIXED,             /* name: bound to different things */
	INERT_TARGET,            /* what a dotted name stands for: "re.compile",
	                            "builtins.len" */
	INERT_FRESH,             /* a new object of a built-in type, or a
	                            constant */
	INERT_PATH,              /* a path of pathlib */
	INERT_CLASS,             /* a class of this module */
	INERT_FRESH_ATTR,        /* value: attribute `attr` of INERT_FRESH */
	INERT_PATH_ATTR,
	INERT_PATH_PARENTS,
};

/* What is known of a class, with what it inherits in this module. */
enum inert_class {
	INERT_HOOKS = 1u << 0,   /* special methods or properties */
	INERT_PRIVATE = 1u << 1, /* names that begin with _ */
	INERT_ENUM = 1u << 2,
	INERT_CASE = 1u << 3,    /* of unittest, or named as test classes are */
};

/* What may be done with something of the standard library or pytest. */
enum inert_use {
	INERT_CALL = 1u << 0,    /* called */
	INERT_DECO = 1u << 1,    /* @x */
	INERT_MAKER = 1u << 2,   /* @x(...) */
	INERT_BASE = 1u << 3,    /* a base class; a call of it too if
	                            INERT_CALL_BASE */
	INERT_CALL_BASE = 1u << 4,
	INERT_IS_ENUM = 1u << 5, /* base of an enumeration */
	INERT_IS_CASE = 1u << 6, /* base of unittest's cases */
	INERT_META = 1u << 7,    /* metaclass */
	/* of a call */
	INERT_MAKES_FRESH = 1u << 8,
	INERT_MAKES_PATH = 1u << 9,
	INERT_MAKES_MARK = 1u << 10,
	INERT_NO_KEY = 1u << 11, /* no key=, which would be called */
	INERT_ONE = 1u << 12,    /* one argument exactly */
	INERT_NO_PLACE = 1u << 13,      /* no positional argument */
	INERT_FACTORY = 1u << 14,       /* the first argument is called */
	INERT_IDS = 1u << 15,    /* ids= and scope= may be called */
	INERT_IS_PROPERTY = 1u << 16,
	INERT_IS_DECIMAL = 1u << 17,
};

struct inert_name {
	struct str name;
	struct str target;       /* INERT_TARGET */
	uint32_t before;         /* the name's binding it hides, + 1 */
	unsigned char kind;      /* enum inert_kind */
	unsigned char flags;     /* enum inert_class */
};

/* What is kept of a struct token. */
struct inert_token {
	unsigned char kind, keyword, op, flags;
	uint32_t n;
	const char *p;
};

enum inert_block {
	INERT_PLAIN_BLOCK,       /* runs */
	INERT_CLASS_BLOCK,
	INERT_SKIP_BLOCK,        /* does not run */
};

/* An open class. */
struct inert_open {
	struct str name;
	struct str property;     /* the property defined by the statement
	                            before, n == 0: none */
	uint32_t flags;          /* enum inert_class */
	uint32_t names;          /* bindings before it */
};

struct inert {
	uint32_t wants;          /* bits of the kinds of tokens it looks at */
	bool on;                 /* inert up to here */
	const char *why;         /* if not: static text */
	uint32_t line;           /* of the statement, when it is judged */
	struct arena *arena;
	uint32_t skip;           /* > 0: in a block that does not run, that many
	                            levels deep */
	unsigned char blocks[LEXER_INDENTS + 4], pending;
	uint32_t nblocks;
	bool opened;             /* a header was read, its block comes */
	struct inert_open classes[LEXER_INDENTS + 4];
	uint32_t nclasses;
	struct inert_token *tok; /* of the line; its NEWLINE last */
	size_t n, cap, i;
	struct inert_name *names;
	size_t nnames, cap_names;
	uint32_t barrier;        /* names up to here may mean anything since
	                            import * */
	bool star;
	struct map by_name;      /* name -> binding + 1 */
	bool future;             /* annotations are not evaluated */
	bool arithmetic, decimal;
	uint32_t quiet;          /* > 0: inside what does not run */
	uint32_t level;
	struct buf target;       /* of the INERT_TARGET read last */
	struct str attr;
	/* decorators of the definition to come */
	bool decorated, property;
	struct str setter;       /* NAME of @NAME.setter */
};

void inert_begin(struct inert *x, struct arena *a);
/* A token that is new in its line's array, or ends a line or block. */
void inert_take(struct inert *x, const volatile struct token *t);
/* After the last token: is the text inert, as far as its tokens tell? */
bool inert_end(struct inert *x);
void inert_release(struct inert *x);

/* Does the analysis rely on what the top-level module of this name is? */
bool inert_knows(struct str name);

/* Not inert; reading of the line ends. */
void inert_deny(struct inert *x, const char *why);
/* Does what is imported by this name show or change which modules are
 * loaded? */
bool inert_is_telling(struct str name);

static inline bool
inert_op(const struct inert_token *t, int op)
{
	return t->kind == TOK_OP && t->op == op;
}

/* Reads t byte by byte, as it was written just before: a wider load would have
 * to wait for these stores. */
static inline void
inert_put(struct inert *x, const volatile struct token *t)
{
	struct inert_token *to = &x->tok[x->n++];

	to->kind = t->kind;
	to->keyword = t->keyword;
	to->op = t->op;
	to->flags = t->flags;
	to->n = (uint32_t)t->n;
	to->p = t->p;
}

static inline bool
inert_literal(const struct inert_token *t)
{
	return t->kind == TOK_STRING || t->kind == TOK_NUMBER;
}

/* The comma that comes next: what it ends is forgotten, and it, if that is a
 * constant after another comma, or in a display, or a pair of constants. */
static inline bool
inert_fold(struct inert *x)
{
	const struct inert_token *t;

	if (x->n < 4)
		return false;
	t = x->tok + x->n;
	if (!inert_literal(t - 1) || t[-2].kind != TOK_OP)
		return false;
	if (t[-2].op == ',' || t[-2].op == '[' || t[-2].op == '{') {
		x->n -= 1;
		return true;
	}
	if (t[-2].op != ':' || !inert_literal(t - 3) ||
	    (!inert_op(t - 4, ',') && !inert_op(t - 4, '{')))
		return false;
	x->n -= 3;
	return true;
}

/* Each token in order, when it has been read. */
static inline void
inert_see(struct inert *x, const volatile struct token *t)
{
	unsigned kind = t->kind;

	if (!(x->wants >> kind & 1) ||
	    (kind == TOK_OP && t->op == ',' && inert_fold(x)))
		return;
	if (kind > TOK_DEDENT && x->n < x->cap)
		inert_put(x, t);
	else
		inert_take(x, t);
}
#endif
