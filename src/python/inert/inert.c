/* SPDX-License-Identifier: Apache-2.0 */
#include "python/inert/inert.h"

#include <stdlib.h>

#include "util/mem.h"

/* Statements. */

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

static bool
in_class(const struct inert *x)
{
	return x->nclasses > 0;
}

/* --- imports ----------------------------------------------------------- */

/* A dotted name, in pieces or not, in the arena; n == 0: none. */
static struct str
module_name(struct inert *x, struct str prefix)
{
	struct str text = none;

	buf_clear(&x->target);
	buf_addstr(&x->target, prefix);
	while (inert_cur(x)->kind == TOK_NAME) {
		buf_addstr(&x->target, inert_text(inert_cur(x)));
		x->i++;
		text = buf_str(&x->target);
		if (!inert_eat(x, '.'))
			break;
		buf_addc(&x->target, '.');
	}
	return text.n ? arena_dup(x->arena, buf_str(&x->target)) : none;
}

/* as NAME; n == 0: none. */
static struct str
as_name(struct inert *x)
{
	struct str name = none;

	if (inert_cur(x)->keyword != KW_AS)
		return none;
	x->i++;
	if (!inert_plain(inert_cur(x))) {
		inert_deny(x, "import");
		return none;
	}
	name = inert_text(inert_cur(x));
	x->i++;
	return name;
}

static void
import_statement(struct inert *x)
{
	do {
		struct str module, as, top;
		const char *dot;

		x->i++;
		module = module_name(x, none);
		as = as_name(x);
		if (!module.n)
			inert_deny(x, "import");
		else if (inert_has_effects(module))
			inert_deny(x, "import with effects");
		if (!x->on)
			return;
		dot = memchr(module.p, '.', module.n);
		top = (struct str){ module.p, dot ? (size_t)(dot - module.p)
		                                  : module.n };
		if (str_is(module, "typing_extensions"))
			module = STR("typing");
		if (as.n)
			inert_bind(x, as, INERT_TARGET, module, 0);
		else
			inert_bind(x, top, INERT_TARGET,
				str_is(top, "typing_extensions") ? module : top,
				0);
	} while (x->on && inert_op(inert_cur(x), ','));
}

static void
imported(struct inert *x, struct str module, bool relative)
{
	struct str name, as, target;

	if (!inert_plain(inert_cur(x))) {
		inert_deny(x, "import");
		return;
	}
	name = inert_text(inert_cur(x));
	x->i++;
	as = as_name(x);
	if (!x->on)
		return;
	if (!relative && str_is(module, "__future__") &&
	    str_is(name, "annotations"))
		x->future = true;
	if (str_is(module, "typing_extensions"))
		module = STR("typing");
	if (relative) {
		inert_bind(x, as.n ? as : name, INERT_OTHER, none, 0);
		return;
	}
	buf_clear(&x->target);
	buf_addstr(&x->target, module);
	buf_addc(&x->target, '.');
	buf_addstr(&x->target, name);
	target = arena_dup(x->arena, buf_str(&x->target));
	if (inert_has_effects(target))
		inert_deny(x, "import with effects");
	inert_bind(x, as.n ? as : name, INERT_TARGET, target, 0);
}

static void
from_statement(struct inert *x)
{
	struct str module;
	bool relative = false, bracket;

	x->i++;
	while (inert_eat(x, '.') || inert_eat(x, OP_ELLIPSIS))
		relative = true;
	module = module_name(x, none);
	if ((!module.n && !relative) || inert_cur(x)->keyword != KW_IMPORT)
		inert_deny(x, "import");
	else if (!relative && inert_has_effects(module))
		inert_deny(x, "import with effects");
	if (!x->on)
		return;
	x->i++;
	if (inert_eat(x, '*')) {
		x->star = true;
		x->barrier = (uint32_t)x->nnames;
		return;
	}
	bracket = inert_eat(x, '(');
	do {
		if (bracket && inert_op(inert_cur(x), ')'))
			break;
		imported(x, module, relative);
	} while (x->on && inert_eat(x, ','));
	if (x->on && bracket && !inert_eat(x, ')'))
		inert_deny(x, "import");
}

/* --- assignments ------------------------------------------------------- */

/* tok[from..to) as the target of an assignment of kind. */
static void
assign(struct inert *x, size_t from, size_t to, enum inert_kind kind)
{
	struct str target = none;
	size_t i;

	if (to - from == 1 && kind == INERT_TARGET)
		target = arena_dup(x->arena, buf_str(&x->target));
	if (to - from > 1 || kind == INERT_CLASS)
		kind = INERT_OTHER;
	for (i = from; i < to && x->on; i++) {
		const struct inert_token *t = &x->tok[i];

		if (inert_plain(t)) {
			if (i + 1 < to && (inert_op(t + 1, '(') ||
			    inert_op(t + 1, '[') || inert_op(t + 1, '.')))
				inert_deny(x, "assignment to a part");
			else
				inert_bind(x, inert_text(t), kind, target, 0);
		} else if (t->kind != TOK_OP || !(t->op == ',' ||
			   t->op == '*' || t->op == '(' || t->op == ')' ||
			   t->op == '[' || t->op == ']')) {
			inert_deny(x, "assignment to a part");
		}
	}
}

/* From the first = on; the target began at from. */
static void
assignment(struct inert *x, size_t from)
{
	size_t at[32], n = 0, k;
	enum inert_kind kind;

	do {
		if (n + 2 > countof(at)) {
			inert_deny(x, "assignment");
			return;
		}
		at[n++] = from;
		at[n++] = x->i;
		x->i++;
		from = x->i;
		kind = inert_tests(x);
	} while (x->on && inert_op(inert_cur(x), '='));
	for (k = 0; k < n && x->on; k += 2)
		assign(x, at[k], at[k + 1], kind);
}

static void
annotation(struct inert *x)
{
	x->quiet += x->future;
	inert_eat(x, '*');
	inert_test(x);
	x->quiet -= x->future;
}

static void
annotated(struct inert *x, size_t from)
{
	enum inert_kind kind;

	if (x->i != from + 1 || !inert_plain(&x->tok[from]))
		inert_deny(x, "assignment to a part");
	if (!x->on)
		return;
	x->i++;
	annotation(x);
	if (!x->on || !inert_eat(x, '='))
		return;
	kind = inert_tests(x);
	if (x->on)
		assign(x, from, from + 1, kind);
}

/* NAME += value: only what is this module's own may change. */
static void
augmented(struct inert *x, size_t from)
{
	bool plain = x->i == from + 1 && inert_plain(&x->tok[from]);
	struct inert_name *b = plain ? inert_find(x, inert_text(&x->tok[from]))
	                             : NULL;

	if (!b || b->kind != INERT_FRESH || (size_t)(b - x->names) < x->barrier)
		inert_deny(x, "assignment to what may be shared");
	if (!x->on)
		return;
	x->arithmetic = true;
	x->i++;
	inert_tests(x);
}

static void
constant(struct inert *x, size_t from)
{
	size_t i;

	for (i = from; i < x->i; i++) {
		const struct inert_token *t = &x->tok[i];

		if (t->kind != TOK_STRING && t->kind != TOK_NUMBER &&
		    !inert_op(t, OP_ELLIPSIS) && t->keyword != KW_TRUE &&
		    t->keyword != KW_FALSE && t->keyword != KW_NONE_VALUE) {
			x->i = from;
			inert_deny(x, "expression statement");
		}
	}
}

static void
expression(struct inert *x)
{
	size_t from = x->i;
	const struct inert_token *t;

	inert_tests(x);
	if (!x->on)
		return;
	t = inert_cur(x);
	if (inert_op(t, '='))
		assignment(x, from);
	else if (inert_op(t, ':'))
		annotated(x, from);
	else if (inert_op(t, OP_ASSIGN_AUG))
		augmented(x, from);
	else
		constant(x, from);
}

/* Names in the brackets of type parameters; what else is in them is evaluated
 * when it is asked for. */
static void
type_params(struct inert *x)
{
	uint32_t depth = 0;

	if (!inert_op(inert_cur(x), '['))
		return;
	do {
		const struct inert_token *t = inert_cur(x);

		if (inert_op(t, '['))
			depth++;
		else if (inert_op(t, ']'))
			depth--;
		else if (inert_plain(t))
			inert_bind(x, inert_text(t), INERT_MIXED, none, 0);
		else if (t->kind == TOK_NEWLINE)
			inert_deny(x, "definition");
		if (!x->on)
			return;
		x->i++;
	} while (depth);
}

/* type NAME = value */
static void
type_statement(struct inert *x)
{
	struct str name;

	x->i++;
	name = inert_text(inert_cur(x));
	x->i++;
	type_params(x);
	if (x->on && !inert_eat(x, '='))
		inert_deny(x, "type statement");
	if (!x->on)
		return;
	inert_tests(x);
	inert_bind(x, name, INERT_OTHER, none, 0);
}

static void
names(struct inert *x, bool delete)
{
	do {
		x->i++;
		if (!inert_plain(inert_cur(x))) {
			inert_deny(x, "statement");
			return;
		}
		if (delete)
			inert_bind(x, inert_text(inert_cur(x)), INERT_MIXED,
				none, 0);
		x->i++;
	} while (x->on && inert_op(inert_cur(x), ','));
}

static void
simple(struct inert *x)
{
	const struct inert_token *t = inert_cur(x);

	if (t->keyword == KW_IMPORT)
		import_statement(x);
	else if (t->keyword == KW_FROM)
		from_statement(x);
	else if (inert_word(t, "pass"))
		x->i++;
	else if (inert_word(t, "del"))
		names(x, true);
	else if (inert_word(t, "global") && !in_class(x))
		names(x, false);
	else if (t->kind == TOK_NAME && str_is(inert_text(t), "type") &&
		 inert_plain(t + 1))
		type_statement(x);
	else if (t->kind == TOK_KEYWORD && t->keyword == KW_OTHER)
		inert_deny(x, "statement that runs");
	else
		expression(x);
}

/* Simple statements to the end of the line. */
static void
simple_line(struct inert *x)
{
	while (x->on && inert_cur(x)->kind != TOK_NEWLINE) {
		simple(x);
		if (x->on && !inert_eat(x, ';') &&
		    inert_cur(x)->kind != TOK_NEWLINE)
			inert_deny(x, "statement");
	}
}

/* --- compound statements ----------------------------------------------- */

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

/* From the : on: what is on the line, or the block to come. */
static void
suite(struct inert *x, enum inert_block kind)
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
	simple_line(x);
	if (x->on && kind == INERT_CLASS_BLOCK)
		close_class(x);
}

/* @... : notes in x what kind of decorator it is. */
static void
decorator(struct inert *x)
{
	struct inert_open *c = in_class(x) ? &x->classes[x->nclasses - 1]
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
			annotation(x);
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
	struct inert_open *c = in_class(x) ? &x->classes[x->nclasses - 1]
	                                   : NULL;
	struct str name;

	x->i++;
	if (!inert_plain(inert_cur(x))) {
		inert_deny(x, "definition");
		return;
	}
	name = inert_text(inert_cur(x));
	x->i++;
	type_params(x);
	params(x);
	if (x->on && inert_eat(x, OP_ARROW))
		annotation(x);
	if (x->setter.n && !str_eq(x->setter, name))
		inert_deny(x, "decorator");
	suite(x, INERT_SKIP_BLOCK);
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
	type_params(x);
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
	suite(x, INERT_CLASS_BLOCK);
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
		suite(x, INERT_SKIP_BLOCK);
		return;
	}
	inert_test(x);
	suite(x, INERT_PLAIN_BLOCK);
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
	suite(x, INERT_PLAIN_BLOCK);
}

static void
definition(struct inert *x)
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

static void
line(struct inert *x)
{
	const struct inert_token *t = &x->tok[0];

	x->i = 0;
	x->level = x->quiet = 0;
	if (inert_op(t, '@')) {
		decorator(x);
		return;
	}
	if (t->keyword == KW_DEF || t->keyword == KW_CLASS ||
	    t->keyword == KW_ASYNC) {
		definition(x);
		return;
	}
	if (x->decorated)
		inert_deny(x, "decorator");
	if (in_class(x))
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
		suite(x, INERT_PLAIN_BLOCK);
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
		simple_line(x);
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
