/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_INERT_INTERNAL_H
#define TG_PYTHON_INERT_INTERNAL_H

#include "python/inert/inert.h"

static inline struct str
inert_text(const struct inert_token *t)
{
	return (struct str){ t->p, t->n };
}

static inline const struct inert_token *
inert_cur(const struct inert *x)
{
	return &x->tok[x->i];
}

static inline bool
inert_eat(struct inert *x, int op)
{
	if (!inert_op(inert_cur(x), op))
		return false;
	x->i++;
	return true;
}

static inline bool
inert_word(const struct inert_token *t, const char *word)
{
	return t->kind == TOK_KEYWORD && str_is(inert_text(t), word);
}

static inline bool
inert_plain(const struct inert_token *t)
{
	return t->kind == TOK_NAME && !(t->flags & TOKEN_DOTTED);
}

/* Is the statement in the body of a class? */
static inline bool
inert_in_class(const struct inert *x)
{
	return x->nclasses > 0;
}

/* --- inert_names.c, inert_uses.c --- */

/* What may be done with the target; 0: nothing. */
uint32_t inert_use(struct str target);
struct inert_name *inert_find(const struct inert *x, struct str name);
void inert_bind(struct inert *x, struct str name, enum inert_kind kind,
	struct str target, uint32_t flags);
/* Drops the bindings from number n on. */
void inert_drop(struct inert *x, uint32_t n);
/* A name as an expression begins with it: INERT_TARGET with x->target. */
enum inert_kind inert_resolve(struct inert *x, struct str name);
/* Does importing the module have effects? */
bool inert_has_effects(struct str module);

/* --- inert_expr.c --- */

enum inert_kind inert_test(struct inert *x);
/* One or more, with commas, up to what no expression begins with. */
enum inert_kind inert_tests(struct inert *x);
/* A dotted name; INERT_OTHER if there is none. */
enum inert_kind inert_dotted(struct inert *x);
/* From ( on. */
void inert_args(struct inert *x, uint32_t use);
/* From behind [ on. */
void inert_subscript(struct inert *x);

/* --- inert_simple.c --- */

/* One or more simple statements, which end the line. */
void inert_simple_line(struct inert *x);
/* The expression of an annotation, which may not be evaluated. */
void inert_annotation(struct inert *x);
/* Names in the brackets of type parameters; what else is in them is evaluated
 * when it is asked for. */
void inert_type_params(struct inert *x);

/* --- inert_defs.c --- */

/* From @ on. */
void inert_decorator(struct inert *x);
/* From def, class or async on. */
void inert_definition(struct inert *x);

/* --- inert.c --- */

/* From the colon of a compound statement on: what is on the line, or the block
 * to come. */
void inert_suite(struct inert *x, enum inert_block kind);

#endif
