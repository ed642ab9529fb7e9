/* SPDX-License-Identifier: Apache-2.0 */
#include "python/inert/internal.h"
#include "util/mem.h"

/* Expressions. Nesting is bounded, so recursion is. */
enum { LEVELS = 200 };

static void
expect(struct inert *x, int op)
{
	if (!inert_eat(x, op))
		inert_deny(x, "expression");
}

/* Runs something that is not known to be harmless. */
static void
deny_run(struct inert *x, const char *why)
{
	if (!x->quiet)
		inert_deny(x, why);
}

static enum inert_kind
attribute(struct inert *x, enum inert_kind kind, struct str name)
{
	switch (kind) {
	case INERT_TARGET:
		buf_addc(&x->target, '.');
		buf_addstr(&x->target, name);
		return INERT_TARGET;
	case INERT_FRESH:
		x->attr = name;
		return INERT_FRESH_ATTR;
	case INERT_PATH:
		x->attr = name;
		if (str_is(name, "parent"))
			return INERT_PATH;
		return str_is(name, "parents") ? INERT_PATH_PARENTS
		                               : INERT_PATH_ATTR;
	default:
		return INERT_OTHER;
	}
}

static enum inert_kind
attributes(struct inert *x, enum inert_kind kind, struct str names)
{
	while (names.n) {
		const char *dot = memchr(names.p, '.', names.n);
		size_t n = dot ? (size_t)(dot - names.p) : names.n;

		kind = attribute(x, kind, (struct str){ names.p, n });
		names.p += n + (dot != NULL);
		names.n -= n + (dot != NULL);
	}
	return kind;
}

static enum inert_kind
name(struct inert *x)
{
	struct str text = inert_text(inert_cur(x)), first = text;
	const char *dot = memchr(text.p, '.', text.n);
	enum inert_kind kind;

	x->i++;
	if (!dot)
		return inert_resolve(x, text);
	first.n = (size_t)(dot - text.p);
	kind = inert_resolve(x, first);
	text.n -= first.n + 1;
	text.p = dot + 1;
	return attributes(x, kind, text);
}

/* . NAME */
static enum inert_kind
dot(struct inert *x, enum inert_kind kind)
{
	x->i++;
	if (inert_cur(x)->kind != TOK_NAME) {
		inert_deny(x, "expression");
		return INERT_OTHER;
	}
	kind = attributes(x, kind, inert_text(inert_cur(x)));
	x->i++;
	return kind;
}

enum inert_kind
inert_dotted(struct inert *x)
{
	enum inert_kind kind;

	if (inert_cur(x)->kind != TOK_NAME)
		return INERT_OTHER;
	kind = name(x);
	while (x->on && inert_op(inert_cur(x), '.'))
		kind = dot(x, kind);
	return kind;
}

/* The fields of an f-string are not told apart in the tokens: no brackets of
 * calls in them at all. */
static void
format(struct inert *x)
{
	uint32_t open = 0;

	do {
		const struct inert_token *t = inert_cur(x);

		if (t->kind == TOK_FSTRING)
			open++;
		else if (t->kind == TOK_FEND)
			open--;
		else if (t->kind == TOK_NEWLINE)
			inert_deny(x, "expression");
		else if (inert_op(t, '(') || inert_op(t, OP_WALRUS) ||
			 t->keyword == KW_LAMBDA || t->keyword == KW_YIELD ||
			 inert_word(t, "await"))
			deny_run(x, "call in an f-string");
		if (!x->on)
			return;
		x->i++;
	} while (open);
}

static enum inert_kind
strings(struct inert *x)
{
	while (x->on) {
		if (inert_cur(x)->kind == TOK_STRING)
			x->i++;
		else if (inert_cur(x)->kind == TOK_FSTRING)
			format(x);
		else
			break;
	}
	return INERT_FRESH;
}

/* The target of a comprehension: its names mean something else inside, where
 * they have been read already. */
static void
comp_target(struct inert *x)
{
	const struct inert_token *t = inert_cur(x);

	while (x->on && !inert_word(t, "in")) {
		if (inert_plain(t)) {
			enum inert_kind kind = inert_resolve(x, inert_text(t));

			if (kind != INERT_OTHER && (kind != INERT_TARGET ||
			    !str_starts(buf_str(&x->target), "builtins.") ||
			    inert_use(buf_str(&x->target))))
				inert_deny(x, "name bound in a comprehension");
		} else if (t->kind != TOK_OP || !(t->op == ',' ||
			   t->op == '(' || t->op == ')' || t->op == '[' ||
			   t->op == ']' || t->op == '*')) {
			inert_deny(x, "target in a comprehension");
		}
		if (inert_op(t, '[') && x->i && t[-1].kind == TOK_NAME)
			inert_deny(x, "target in a comprehension");
		if (x->on)
			x->i++;
		t = inert_cur(x);
	}
	if (x->on)
		x->i++;
}

static enum inert_kind operands(struct inert *x);

static bool
at_comp(const struct inert *x)
{
	const struct inert_token *t = inert_cur(x);

	return t->keyword == KW_FOR || t->keyword == KW_ASYNC;
}

/* for a in b if c ... */
static void
comprehension(struct inert *x)
{
	while (x->on && at_comp(x)) {
		if (inert_cur(x)->keyword == KW_ASYNC)
			inert_deny(x, "async comprehension");
		if (x->on)
			x->i++;
		comp_target(x);
		operands(x);
		while (x->on && inert_cur(x)->keyword == KW_IF) {
			x->i++;
			operands(x);
		}
	}
}

/* May an expression begin here, after a comma? */
static bool
begins(const struct inert_token *t)
{
	switch (t->kind) {
	case TOK_NAME:
	case TOK_NUMBER:
	case TOK_STRING:
	case TOK_FSTRING:
		return true;
	case TOK_KEYWORD:
		return t->keyword == KW_TRUE || t->keyword == KW_FALSE ||
		       t->keyword == KW_NONE_VALUE || t->keyword == KW_NOT ||
		       t->keyword == KW_LAMBDA;
	case TOK_OP:
		return t->op == '(' || t->op == '[' || t->op == '{' ||
		       t->op == '-' || t->op == '+' || t->op == '~' ||
		       t->op == '*' || t->op == OP_ELLIPSIS;
	}
	return false;
}

enum inert_kind
inert_tests(struct inert *x)
{
	enum inert_kind kind;

	inert_eat(x, '*');
	kind = inert_test(x);
	while (x->on && inert_eat(x, ',')) {
		kind = INERT_FRESH;
		if (!begins(inert_cur(x)))
			break;
		inert_eat(x, '*');
		inert_test(x);
	}
	return kind;
}

static enum inert_kind
paren(struct inert *x)
{
	enum inert_kind kind;

	x->i++;
	if (inert_eat(x, ')'))
		return INERT_FRESH;
	kind = inert_tests(x);
	if (at_comp(x)) {
		comprehension(x);
		kind = INERT_OTHER;
	}
	expect(x, ')');
	return kind;
}

static void
list_display(struct inert *x)
{
	x->i++;
	if (inert_eat(x, ']'))
		return;
	inert_tests(x);
	if (at_comp(x))
		comprehension(x);
	expect(x, ']');
}

static void
brace(struct inert *x)
{
	x->i++;
	while (x->on && !inert_op(inert_cur(x), '}')) {
		if (inert_eat(x, OP_POWER)) {
			inert_test(x);
		} else {
			inert_eat(x, '*');
			inert_test(x);
			if (inert_eat(x, ':'))
				inert_test(x);
		}
		if (at_comp(x))
			comprehension(x);
		if (!inert_eat(x, ','))
			break;
	}
	expect(x, '}');
}

void
inert_subscript(struct inert *x)
{
	while (x->on && !inert_op(inert_cur(x), ']')) {
		if (inert_eat(x, ':') || inert_eat(x, ','))
			continue;
		inert_eat(x, '*');
		inert_test(x);
		if (!inert_op(inert_cur(x), ':') &&
		    !inert_op(inert_cur(x), ','))
			break;
	}
	expect(x, ']');
}

/* Methods that only read. */
static bool
reads(struct str name, bool *fresh)
{
	static const char *const methods[] = {
		"capitalize", "casefold", "center", "copy", "count",
		"decode", "difference", "encode", "endswith", "expandtabs",
		"find", "format", "get", "hex", "index", "intersection",
		"isdigit", "issubset", "issuperset", "items", "join", "keys",
		"ljust", "lower", "lstrip", "partition", "removeprefix",
		"removesuffix", "replace", "rjust", "rpartition", "rsplit",
		"rstrip", "split", "splitlines", "startswith", "strip",
		"swapcase", "title", "translate", "union", "upper", "values",
		"zfill",
	};
	size_t i;

	for (i = 0; i < countof(methods); i++) {
		if (str_is(name, methods[i])) {
			*fresh = !str_is(name, "get");
			return true;
		}
	}
	return false;
}

static bool
path_method(struct str name)
{
	return str_is(name, "joinpath") || str_is(name, "resolve") ||
	       str_is(name, "absolute") || str_is(name, "with_name") ||
	       str_is(name, "with_suffix");
}

static uint32_t
use_of(struct inert *x, enum inert_kind kind)
{
	bool fresh;

	switch (kind) {
	case INERT_TARGET:
		return inert_use(buf_str(&x->target));
	case INERT_FRESH_ATTR:
		if (!reads(x->attr, &fresh))
			return 0;
		return INERT_CALL | (fresh ? INERT_MAKES_FRESH : 0);
	case INERT_PATH_ATTR:
		if (str_is(x->attr, "as_posix"))
			return INERT_CALL | INERT_MAKES_FRESH;
		if (path_method(x->attr))
			return INERT_CALL | INERT_MAKES_PATH;
		return 0;
	default:
		return 0;
	}
}

struct args {
	uint32_t place, key;
	bool star, stars;
	bool bare;               /* the last positional may be a function */
};

/* The value of an argument that pytest calls if it is a function. */
static bool
is_called(struct inert *x, enum inert_kind kind)
{
	if (kind == INERT_TARGET)
		return !(inert_use(buf_str(&x->target)) & INERT_MAKES_FRESH);
	return kind != INERT_FRESH;
}

static void
keyword_argument(struct inert *x, uint32_t use, struct args *a)
{
	struct str key = inert_text(inert_cur(x));
	enum inert_kind kind;

	x->i += 2;
	a->key++;
	kind = inert_test(x);
	if ((use & INERT_NO_KEY) && str_is(key, "key"))
		deny_run(x, "key= of a call");
	if ((use & INERT_IDS) && is_called(x, kind) &&
	    (str_is(key, "ids") || str_is(key, "scope") || str_is(key, "id")))
		deny_run(x, "ids= or scope= that may be called");
}

static bool
is_type(struct str target)
{
	return str_is(target, "builtins.list") ||
	       str_is(target, "builtins.dict") ||
	       str_is(target, "builtins.set") ||
	       str_is(target, "builtins.int") ||
	       str_is(target, "builtins.float") ||
	       str_is(target, "builtins.str") ||
	       str_is(target, "builtins.tuple") ||
	       str_is(target, "builtins.bool");
}

static void
positional(struct inert *x, uint32_t use, struct args *a)
{
	enum inert_kind kind = inert_test(x);

	a->bare = kind != INERT_FRESH;
	if ((use & INERT_FACTORY) && a->place == 0 && kind != INERT_FRESH &&
	    !(kind == INERT_TARGET && is_type(buf_str(&x->target))))
		deny_run(x, "defaultdict of a function");
	a->place++;
	if (at_comp(x))
		comprehension(x);
}

static void
check_args(struct inert *x, uint32_t use, const struct args *a)
{
	if ((use & INERT_ONE) && (a->place != 1 || a->key || a->star ||
	    a->stars))
		deny_run(x, "type() with bases");
	if ((use & INERT_NO_PLACE) && (a->place || a->star))
		deny_run(x, "decorator called");
	if ((use & INERT_NO_KEY) && a->stars)
		deny_run(x, "key= of a call");
	if ((use & INERT_IDS) && a->stars)
		deny_run(x, "ids= or scope= that may be called");
	if ((use & INERT_FACTORY) && a->star)
		deny_run(x, "defaultdict of a function");
	/* a mark called with nothing but a function marks that */
	if ((use & INERT_MAKES_MARK) && !a->key && !a->stars &&
	    (a->star || (a->place == 1 && a->bare)))
		deny_run(x, "mark of a function");
}

void
inert_args(struct inert *x, uint32_t use)
{
	struct args a = { 0 };

	x->i++;
	while (x->on && !inert_op(inert_cur(x), ')')) {
		if (inert_eat(x, '*')) {
			a.star = true;
			inert_test(x);
		} else if (inert_eat(x, OP_POWER)) {
			a.stars = true;
			inert_test(x);
		} else if (inert_plain(inert_cur(x)) &&
			   inert_op(inert_cur(x) + 1, '=')) {
			keyword_argument(x, use, &a);
		} else {
			positional(x, use, &a);
		}
		if (!inert_eat(x, ','))
			break;
	}
	expect(x, ')');
	if (x->on)
		check_args(x, use, &a);
}

static enum inert_kind
call(struct inert *x, enum inert_kind kind)
{
	uint32_t use = use_of(x, kind);

	if (!(use & INERT_CALL))
		deny_run(x, "call");
	if (!x->on)
		return INERT_OTHER;
	if (!x->quiet && (use & INERT_IS_DECIMAL))
		x->decimal = true;
	if (!x->quiet && (use & INERT_IS_PROPERTY) && x->nclasses)
		x->classes[x->nclasses - 1].flags |= INERT_HOOKS;
	inert_args(x, use);
	if (use & INERT_MAKES_FRESH)
		return INERT_FRESH;
	if (use & INERT_MAKES_PATH)
		return INERT_PATH;
	if (use & INERT_MAKES_MARK) {
		buf_clear(&x->target);
		buf_adds(&x->target, "pytest.mark.()");
		return INERT_TARGET;
	}
	return INERT_OTHER;
}

static enum inert_kind
atom(struct inert *x)
{
	const struct inert_token *t = inert_cur(x);

	switch (t->kind) {
	case TOK_NAME:
		return name(x);
	case TOK_STRING:
	case TOK_FSTRING:
		return strings(x);
	case TOK_NUMBER:
		x->i++;
		return INERT_FRESH;
	case TOK_KEYWORD:
		if (t->keyword != KW_TRUE && t->keyword != KW_FALSE &&
		    t->keyword != KW_NONE_VALUE)
			break;
		x->i++;
		return INERT_FRESH;
	case TOK_OP:
		if (t->op == '(')
			return paren(x);
		if (t->op == '[')
			list_display(x);
		else if (t->op == '{')
			brace(x);
		else if (t->op == OP_ELLIPSIS)
			x->i++;
		else
			break;
		return INERT_FRESH;
	}
	inert_deny(x, "expression");
	return INERT_OTHER;
}

static enum inert_kind
primary(struct inert *x)
{
	enum inert_kind kind = atom(x);

	while (x->on) {
		const struct inert_token *t = inert_cur(x);

		if (inert_op(t, '.')) {
			kind = dot(x, kind);
		} else if (inert_op(t, '(')) {
			kind = call(x, kind);
		} else if (inert_op(t, '[')) {
			x->i++;
			inert_subscript(x);
			kind = kind == INERT_PATH_PARENTS ? INERT_PATH
			                                  : INERT_OTHER;
		} else {
			break;
		}
	}
	return kind > INERT_CLASS ? INERT_OTHER : kind;
}

enum operator { NONE, ARITHMETIC, DIVIDE, LOGIC };

/* The operator the line stands on, passed. */
static enum operator
binary(struct inert *x)
{
	const struct inert_token *t = inert_cur(x);

	if (t->kind == TOK_OP) {
		enum operator got = ARITHMETIC;

		switch (t->op) {
		case OP_COMPARE:
		case '<':
		case '>':
			got = LOGIC;
			break;
		case '/':
			got = DIVIDE;
			break;
		case '+': case '-': case '*': case '%': case '&': case '|':
		case '^': case '@': case OP_POWER: case OP_PAIR:
			break;
		default:
			return NONE;
		}
		x->i++;
		return got;
	}
	if (t->keyword == KW_AND || inert_word(t, "or") ||
	    inert_word(t, "in")) {
		x->i++;
		return LOGIC;
	}
	if (t->keyword == KW_NOT && inert_word(t + 1, "in")) {
		x->i += 2;
		return LOGIC;
	}
	if (inert_word(t, "is")) {
		x->i += inert_cur(x)[1].keyword == KW_NOT ? 2 : 1;
		return LOGIC;
	}
	return NONE;
}

/* Unary operators; true if all are arithmetic. */
static bool
unary(struct inert *x)
{
	bool arithmetic = true;

	for (;; x->i++) {
		const struct inert_token *t = inert_cur(x);

		if (t->keyword == KW_NOT)
			arithmetic = false;
		else if (!inert_op(t, '-') && !inert_op(t, '+') &&
			 !inert_op(t, '~'))
			return arithmetic;
		else if (!x->quiet && t[1].kind != TOK_NUMBER)
			x->arithmetic = true;
	}
}

/* Operands and operators, whatever binds how. */
static enum inert_kind
operands(struct inert *x)
{
	enum inert_kind kind = INERT_OTHER, first = INERT_OTHER;
	bool plain, fresh = false, logic = false, path = true;
	uint32_t n = 0;

	while (x->on) {
		size_t at = x->i;
		enum operator op;

		plain = unary(x);
		logic |= !plain;
		plain = x->i == at;
		kind = primary(x);
		if (n++ == 0)
			first = kind;
		if (!plain && n == 1 && kind != INERT_FRESH)
			first = INERT_OTHER;
		fresh |= kind == INERT_FRESH;
		if (!x->on || (op = binary(x)) == NONE)
			break;
		logic |= op == LOGIC;
		path &= op == DIVIDE;
		if (op != LOGIC && !x->quiet)
			x->arithmetic = true;
	}
	if (logic)
		return INERT_OTHER;
	if (n == 1)
		return first;
	if (path && first == INERT_PATH)
		return INERT_PATH;
	return fresh ? INERT_FRESH : INERT_OTHER;
}

static void
lambda(struct inert *x)
{
	x->i++;
	while (x->on && !inert_op(inert_cur(x), ':')) {
		const struct inert_token *t = inert_cur(x);

		if (inert_op(t, '=')) {
			x->i++;
			inert_test(x);
		} else if (inert_plain(t) || (t->kind == TOK_OP &&
			   (t->op == ',' || t->op == '*' || t->op == '/' ||
			    t->op == OP_POWER))) {
			x->i++;
		} else {
			inert_deny(x, "expression");
		}
	}
	expect(x, ':');
	x->quiet++;
	inert_test(x);
	x->quiet--;
}

/* A constant that is a whole element or argument. */
static bool
is_short(const struct inert_token *t)
{
	return (t->kind == TOK_STRING || t->kind == TOK_NUMBER) &&
	       t[1].kind == TOK_OP && (t[1].op == ',' || t[1].op == ')' ||
	       t[1].op == ']' || t[1].op == '}' || t[1].op == ':');
}

enum inert_kind
inert_test(struct inert *x)
{
	enum inert_kind kind = INERT_OTHER;

	if (is_short(inert_cur(x))) {
		x->i++;
		return INERT_FRESH;
	}
	if (++x->level > LEVELS)
		inert_deny(x, "nested too deeply");
	if (inert_cur(x)->keyword == KW_LAMBDA) {
		lambda(x);
	} else if (x->on) {
		kind = operands(x);
		if (x->on && inert_cur(x)->keyword == KW_IF) {
			x->i++;
			operands(x);
			if (inert_cur(x)->keyword == KW_ELSE) {
				x->i++;
				inert_test(x);
			} else {
				inert_deny(x, "expression");
			}
			kind = INERT_OTHER;
		}
		if (x->on && inert_op(inert_cur(x), OP_WALRUS))
			inert_deny(x, "assignment expression");
	}
	x->level--;
	return kind;
}
