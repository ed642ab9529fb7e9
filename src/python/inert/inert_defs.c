/* SPDX-License-Identifier: Apache-2.0 */
#include "python/inert/internal.h"
#include "util/mem.h"

/* Definitions of functions and classes. */

static const struct str none = { NULL, 0 };

/* @... : notes in x what kind of decorator it is. */
void
inert_decorator(struct inert *x)
{
	struct inert_open *c = inert_in_class(x) ? &x->classes[x->nclasses - 1]
	                                   : NULL;
	const struct inert_token *t = &x->tok[1];
	enum inert_kind kind;
	uint32_t use;

	x->i = 1;
	x->decorated = true;
	if (c && c->property.n && t->kind == TOK_NAME &&
	    t[1].kind == TOK_NEWLINE && t->n > c->property.n &&
	    !memcmp(t->p, c->property.p, c->property.n)) {
		struct str rest = { t->p + c->property.n,
		                    t->n - c->property.n };

		if (str_is(rest, ".setter") || str_is(rest, ".getter") ||
		    str_is(rest, ".deleter")) {
			x->i = x->n - 1;
			x->setter = c->property;
			x->property = true;
			return;
		}
	}
	kind = inert_dotted(x);
	use = kind == INERT_TARGET ? inert_use(buf_str(&x->target)) : 0;
	if (use & INERT_IS_PROPERTY)
		x->property = true;
	if (inert_cur(x)->kind == TOK_NEWLINE) {
		if (!(use & INERT_DECO))
			inert_deny(x, "decorator");
		return;
	}
	if (!(use & INERT_MAKER) || !inert_op(inert_cur(x), '(')) {
		inert_deny(x, "decorator");
		return;
	}
	inert_args(x, use);
	if (x->on && inert_cur(x)->kind != TOK_NEWLINE)
		inert_deny(x, "decorator");
}

static void
params(struct inert *x)
{
	if (!inert_eat(x, '(')) {
		inert_deny(x, "definition");
		return;
	}
	while (x->on && !inert_eat(x, ')')) {
		const struct inert_token *t = inert_cur(x);

		if (inert_op(t, '=')) {
			x->i++;
			inert_test(x);
		} else if (inert_op(t, ':')) {
			x->i++;
			inert_annotation(x);
		} else if (inert_plain(t) || (t->kind == TOK_OP &&
			   (t->op == ',' || t->op == '*' || t->op == '/' ||
			    t->op == OP_POWER))) {
			x->i++;
		} else {
			inert_deny(x, "definition");
		}
	}
}

/* On `def`. */
static void
function(struct inert *x)
{
	struct inert_open *c = inert_in_class(x) ? &x->classes[x->nclasses - 1]
	                                   : NULL;
	struct str name;

	x->i++;
	if (!inert_plain(inert_cur(x))) {
		inert_deny(x, "definition");
		return;
	}
	name = inert_text(inert_cur(x));
	x->i++;
	inert_type_params(x);
	params(x);
	if (x->on && inert_eat(x, OP_ARROW))
		inert_annotation(x);
	if (x->setter.n && !str_eq(x->setter, name))
		inert_deny(x, "decorator");
	inert_suite(x, INERT_SKIP_BLOCK);
	inert_bind(x, name, INERT_OTHER, none, 0);
	if (c) {
		c->property = x->property ? name : none;
		c->flags |= x->property ? INERT_HOOKS : 0;
	}
}

/* A base that is not of this module. */
static uint32_t
foreign_base(struct inert *x, enum inert_kind kind)
{
	uint32_t use = kind == INERT_TARGET ? inert_use(buf_str(&x->target))
	                                    : 0;

	if (!(use & INERT_BASE)) {
		inert_deny(x, "base class");
		return 0;
	}
	if (inert_op(inert_cur(x), '(')) {
		if (!(use & INERT_CALL_BASE))
			inert_deny(x, "base class");
		if (x->on)
			inert_args(x, use);
	} else if (inert_eat(x, '[')) {
		inert_subscript(x);
	}
	return (use & INERT_IS_ENUM ? INERT_ENUM : 0) |
	       (use & INERT_IS_CASE ? INERT_CASE : 0);
}

/* Its flags. *mixed: it is a class of this module that is no enumeration. */
static uint32_t
base(struct inert *x, bool *mixed)
{
	const struct inert_token *t = inert_cur(x);
	uint32_t flags;

	if (inert_plain(t) && inert_op(t + 1, '=')) {
		enum inert_kind kind;
		bool meta = str_is(inert_text(t), "metaclass");

		x->i += 2;
		kind = inert_test(x);
		if (x->on && meta && (kind != INERT_TARGET ||
		    !(inert_use(buf_str(&x->target)) & INERT_META)))
			inert_deny(x, "metaclass");
		return 0;
	}
	if (inert_plain(t)) {
		struct inert_name *b = inert_find(x, inert_text(t));

		if (b && b->kind == INERT_CLASS &&
		    (size_t)(b - x->names) >= x->barrier) {
			x->i++;
			flags = b->flags;
			*mixed |= !(flags & INERT_ENUM);
			if (inert_eat(x, '['))
				inert_subscript(x);
			return flags;
		}
	}
	if (t->kind != TOK_NAME) {
		inert_deny(x, "base class");
		return 0;
	}
	return foreign_base(x, inert_dotted(x));
}

static bool
names_test(struct str name)
{
	size_t i;

	for (i = 0; i + 4 <= name.n; i++) {
		const char *p = name.p + i;

		if ((p[0] | 32) == 't' && (p[1] | 32) == 'e' &&
		    (p[2] | 32) == 's' && (p[3] | 32) == 't')
			return true;
	}
	return false;
}

static void
class(struct inert *x)
{
	struct inert_open *c;
	struct str name;
	uint32_t flags = 0;
	bool mixed = false;

	x->i++;
	if (!inert_plain(inert_cur(x)) || x->nclasses == countof(x->classes)) {
		inert_deny(x, "definition");
		return;
	}
	name = inert_text(inert_cur(x));
	x->i++;
	inert_type_params(x);
	if (x->on && inert_eat(x, '(')) {
		while (x->on && !inert_op(inert_cur(x), ')')) {
			flags |= base(x, &mixed);
			if (!inert_eat(x, ','))
				break;
		}
		if (x->on && !inert_eat(x, ')'))
			inert_deny(x, "base class");
	}
	if ((flags & INERT_ENUM) && mixed)
		inert_deny(x, "enumeration of a class");
	if (!x->on)
		return;
	c = &x->classes[x->nclasses++];
	*c = (struct inert_open){
		.name = name, .names = (uint32_t)x->nnames,
		.flags = flags | (names_test(name) ? INERT_CASE : 0),
	};
	inert_suite(x, INERT_CLASS_BLOCK);
}

void
inert_definition(struct inert *x)
{
	const struct inert_token *t = inert_cur(x);

	if (t->keyword == KW_CLASS) {
		class(x);
	} else {
		if (t->keyword == KW_ASYNC)
			x->i++;
		if (inert_cur(x)->keyword == KW_DEF)
			function(x);
		else
			inert_deny(x, "statement that runs");
	}
	x->decorated = x->property = false;
	x->setter = none;
}
