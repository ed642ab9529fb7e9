/* SPDX-License-Identifier: Apache-2.0 */
#include "python/inert/internal.h"
#include "util/mem.h"

/* Statements of one line. */

static const struct str none = { NULL, 0 };

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

void
inert_annotation(struct inert *x)
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
	inert_annotation(x);
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

void
inert_type_params(struct inert *x)
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
	inert_type_params(x);
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
	else if (inert_word(t, "global") && !inert_in_class(x))
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
void
inert_simple_line(struct inert *x)
{
	while (x->on && inert_cur(x)->kind != TOK_NEWLINE) {
		simple(x);
		if (x->on && !inert_eat(x, ';') &&
		    inert_cur(x)->kind != TOK_NEWLINE)
			inert_deny(x, "statement");
	}
}
