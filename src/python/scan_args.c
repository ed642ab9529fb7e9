/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "python/scanner.h"
#include "util/mem.h"

/* What stands in the place of an argument. */
enum arg_kind {
	ARG_NONE,                /* no arguments */
	ARG_STRING,              /* a literal string: text */
	ARG_CONSTANT,            /* number, True, False, None: text */
	ARG_NAME,                /* a plain dotted name: text */
	ARG_OTHER,
};

struct arg {
	enum arg_kind kind;
	struct str text;
	struct token first;
};

static struct str
join(struct scanner *s, struct str a, struct str b)
{
	buf_clear(&s->text);
	buf_addstr(&s->text, a);
	buf_addstr(&s->text, b);
	return scan_keep(s);
}

/* Strings that stand side by side as one; in moves behind them. *clean is
 * cleared if one is not plain text. */
static struct str
adjacent(struct scanner *s, struct stream *in, bool *clean)
{
	struct str first = token_str(&in->tok);
	unsigned n = 0;

	buf_clear(&s->text);
	while (in->tok.kind == TOK_STRING) {
		if (in->tok.flags & (TOKEN_BYTES | TOKEN_ESCAPE | TOKEN_FORMAT))
			*clean = false;
		buf_addstr(&s->text, token_str(&in->tok));
		n++;
		stream_next(in);
	}
	return n == 1 ? first : scan_keep(s);
}

static bool
ends_arg(const struct stream *in)
{
	return token_op(&in->tok, ',') || token_op(&in->tok, ')') ||
	       stream_ends(in);
}

/* The argument in stands on; in moves over what was looked at, which is up to
 * the comma or bracket unless the kind is ARG_OTHER. */
static struct arg
read_arg(struct scanner *s, struct stream *in)
{
	struct arg a = { .kind = ARG_OTHER, .first = in->tok };
	struct token *t = &in->tok;

	if (token_op(t, ')')) {
		a.kind = ARG_NONE;
		return a;
	}
	if (t->kind == TOK_NAME || t->kind == TOK_NUMBER ||
	    (t->kind == TOK_KEYWORD && (t->keyword == KW_TRUE ||
	     t->keyword == KW_FALSE || t->keyword == KW_NONE_VALUE))) {
		a.text = token_str(t);
		stream_next(in);
		if (ends_arg(in))
			a.kind = a.first.kind == TOK_NAME ? ARG_NAME
				: ARG_CONSTANT;
		return a;
	}
	if (t->kind == TOK_STRING) {
		bool clean = true;

		a.text = adjacent(s, in, &clean);
		if (clean && ends_arg(in))
			a.kind = ARG_STRING;
	}
	return a;
}

/* Moves to the comma or bracket that ends the present argument. */
static void
skip_arg(struct stream *in, uint32_t depth)
{
	struct token *t = &in->tok;

	while (t->kind != TOK_EOF && t->kind != TOK_NEWLINE) {
		if (t->depth < depth ||
		    (t->depth == depth && token_op(t, ',')))
			return;
		stream_next(in);
	}
}

/* The keyword of the argument in stands on, passed with its =; n == 0: it is
 * positional. */
static struct str
read_keyword(struct stream *in)
{
	struct stream ahead;
	struct str name = { 0 };

	if (in->tok.kind != TOK_NAME || in->tok.flags & TOKEN_DOTTED)
		return name;
	ahead = *in;
	stream_next(&ahead);
	if (!token_op(&ahead.tok, '='))
		return name;
	name = token_str(&in->tok);
	stream_next(&ahead);
	*in = ahead;
	return name;
}

/* The first argument of the call s stands on, positional or by this keyword;
 * at is left behind it. */
static struct arg
first_arg(struct scanner *s, struct stream *at, const char *keyword)
{
	struct str name;

	*at = s->in;
	stream_next(at);
	name = read_keyword(at);
	if (name.n && !str_is(name, keyword))
		return (struct arg){ .kind = ARG_OTHER, .first = at->tok };
	return read_arg(s, at);
}

/* --- imports by name --------------------------------------------------- */

static void
computed(struct scanner *s)
{
	s->out.flags |= SCAN_COMPUTED;
}

static void
named_import(struct scanner *s, struct str name, uint32_t flags)
{
	struct str last = name;
	bool added;

	while (last.n && last.p[last.n - 1] != '.')
		last.n--;
	if (!name.n || last.n == name.n) {
		computed(s);
		return;
	}
	if (!(scan_add_import(s, name, 0, IMPORT_DYNAMIC | flags,
	    s->in.tok.line)->flags & IMPORT_TYPING))
		symbols_put(&s->strings, name, &added);  /* no string too */
}

/* import_module(".a.b", package): at stands behind the first argument. */
static void
relative_import(struct scanner *s, struct str name, struct stream *at)
{
	uint32_t level = 0;
	struct str keyword;
	struct arg package;

	while (level < name.n && name.p[level] == '.')
		level++;
	name.p += level;
	name.n -= level;
	if (!token_op(&at->tok, ',')) {
		computed(s);
		return;
	}
	stream_next(at);
	keyword = read_keyword(at);
	package = read_arg(s, at);
	if (keyword.n && !str_is(keyword, "package")) {
		computed(s);
		return;
	}
	if (package.kind == ARG_NAME && (str_is(package.text, "__package__") ||
	    str_is(package.text, "__name__") ||
	    str_is(package.text, "__spec__.parent"))) {
		scan_add_import(s, name, level, IMPORT_DYNAMIC,
			s->in.tok.line);
		return;
	}
	if (package.kind != ARG_STRING) {
		computed(s);
		return;
	}
	while (level > 1 && package.text.n) {
		package.text.n--;
		level -= package.text.p[package.text.n] == '.';
	}
	if (!package.text.n)
		computed(s);
	else if (!name.n)
		named_import(s, package.text, 0);
	else
		named_import(s, join(s, join(s, package.text, STR(".")), name),
			0);
}

static void
import_module(struct scanner *s)
{
	struct stream at;
	struct arg a = first_arg(s, &at, "name");

	if (a.kind != ARG_STRING)
		computed(s);
	else if (a.text.p[0] == '.')
		relative_import(s, a.text, &at);
	else
		named_import(s, a.text, 0);
}

static void
dunder_import(struct scanner *s)
{
	struct stream at;
	struct arg a = first_arg(s, &at, "name");

	if (a.kind == ARG_STRING && token_op(&at.tok, ')'))
		named_import(s, a.text, 0);
	else
		computed(s);
}

static void
named(struct scanner *s, enum special what)
{
	struct stream at;
	struct arg a = first_arg(s, &at,
		what == SPECIAL_IMPORTORSKIP ? "modname" : "name");

	if (a.kind != ARG_STRING || !a.text.n || a.text.p[0] == '.')
		computed(s);
	else if (what == SPECIAL_NAMED_STRING)
		scan_add_string(s, a.text, s->in.tok.line);
	else
		named_import(s, a.text, what == SPECIAL_IMPORTORSKIP ?
			IMPORT_OPTIONAL : 0);
}

/* exec() and eval(): a literal without "import" in it does nothing here. */
static void
run_text(struct scanner *s, enum special what)
{
	struct stream at;
	struct arg a = first_arg(s, &at, "source");
	size_t i;

	if (a.kind != ARG_STRING) {
		s->out.flags |= what == SPECIAL_EXEC ? SCAN_COMPUTED
			: SCAN_EVAL;
		return;
	}
	for (i = 0; i + 6 <= a.text.n; i++) {
		if (!memcmp(a.text.p + i, "import", 6)) {
			computed(s);
			return;
		}
	}
}

/* --- patches ----------------------------------------------------------- */

/* The text of a module-level string constant; p NULL: not known. */
static struct str
constant(struct scanner *s, struct str name)
{
	struct symbol *sym;
	const struct scan_assign *a;
	bool added;
	uint32_t id = symbols_put(&s->syms, name, &added);

	sym = &s->syms.v[id];
	if (added) {
		sym->special = special_of(name);
		return (struct str){ 0 };
	}
	if (!sym->constant || sym->constant == UINT32_MAX)
		return (struct str){ 0 };
	a = &s->out.assigns[sym->constant - 1];
	if (a->value != VALUE_STRING || a->conditional)
		return (struct str){ 0 };
	return a->text;
}

/* patch(NAME), patch(NAME + ".x"), patch(f"{NAME}.x"): the text if NAME is a
 * constant of this file; p NULL: not known. */
static struct str
patch_target(struct scanner *s, struct stream *at, const struct token *first)
{
	struct token *t = &at->tok, name = *first;
	struct str head, tail = { "", 0 };

	if (first->kind == TOK_FSTRING) {
		if (first->n)
			return (struct str){ 0 };
		stream_next(at);
		name = *t;
		if (name.kind != TOK_NAME)
			return (struct str){ 0 };
		stream_next(at);
		if (t->kind != TOK_FEND)
			return (struct str){ 0 };
		tail = token_str(t);
	} else if (token_op(t, '+')) {
		stream_next(at);
		if (t->kind != TOK_STRING || t->flags & TOKEN_ESCAPE)
			return (struct str){ 0 };
		tail = token_str(t);
	} else if (!ends_arg(at)) {
		return (struct str){ 0 };
	}
	if (name.flags & TOKEN_DOTTED)
		return (struct str){ 0 };
	if (str_is(token_str(&name), "__name__"))
		return join(s, STR("__main__"), tail);
	head = constant(s, token_str(&name));
	return head.p ? join(s, head, tail) : head;
}

static void
patch(struct scanner *s, enum special what)
{
	struct stream at;
	struct arg a = first_arg(s, &at, "target");
	struct str text;

	if (a.kind == ARG_STRING) {
		scan_add_string(s, a.text, s->in.tok.line);
		return;
	}
	if (a.kind == ARG_NONE)
		return;
	/* an object to patch, most likely */
	if (what == SPECIAL_PATCH && a.first.kind != TOK_FSTRING &&
	    !token_op(&at.tok, '+'))
		return;
	if (a.first.kind == TOK_FSTRING || a.first.kind == TOK_NAME)
		text = patch_target(s, &at, &a.first);
	else
		text = (struct str){ 0 };
	if (text.p)
		scan_add_string(s, text, s->in.tok.line);
	else
		computed(s);
}

/* --- the rest of what is special --------------------------------------- */

static void
fixture_value(struct scanner *s)
{
	struct stream at;
	struct arg a = first_arg(s, &at, "argname");

	if (a.kind == ARG_STRING)
		scan_use_fixture(s, s->owner, a.text);
}

/* type(a, b, c) makes a class; type(x) does not. */
static void
three_arguments(struct scanner *s)
{
	struct stream at = s->in;
	unsigned i;

	for (i = 0; i < 32; i++) {
		stream_next(&at);
		if (at.tok.depth == s->in.tok.depth + 1 &&
		    token_op(&at.tok, ','))
			break;
		if (at.tok.depth <= s->in.tok.depth)
			return;
	}
	s->out.flags |= SCAN_MAKES_NAMES;
}

static void
add_all(struct scanner *s, struct str name, uint32_t line)
{
	(void)line;
	s->all = scan_room(s, s->all, &s->cap_all, s->nall, sizeof(*s->all));
	s->all[s->nall++] = name;
}

static void
add_plugin(struct scanner *s, struct str name, uint32_t line)
{
	bool added;

	if (!name.n)
		return;
	scan_add_import(s, name, 0, IMPORT_PLUGIN, line);
	symbols_put(&s->strings, name, &added);
}

/* Every literal string from in on to the end of the statement or, if in
 * stands on (, to its ). True if there is nothing but them, brackets, commas
 * and plus signs. */
static bool
literals(struct scanner *s, struct stream in,
	void (*put)(struct scanner *, struct str, uint32_t))
{
	struct token *t = &in.tok;
	bool clean = true;

	while (!stream_ends(&in)) {
		uint32_t line = t->line;

		if (t->kind != TOK_STRING) {
			if (t->kind != TOK_OP || !strchr("[](){},+", t->op) ||
			    !t->op)
				clean = false;
			stream_next(&in);
			continue;
		}
		put(s, adjacent(s, &in, &clean), line);
	}
	return clean;
}

static void
all_call(struct scanner *s, struct str name)
{
	if (s->owner != SCAN_MODULE || str_ends(name, "remove") ||
	    !literals(s, s->in, add_all))
		s->out.flags |= SCAN_ALL_COMPUTED;
	s->out.flags |= SCAN_ALL;
}

void
scan_special(struct scanner *s, enum special what, struct str name)
{
	bool called = token_op(&s->in.tok, '(');

	switch (what) {
	case SPECIAL_CATCH:
		s->caught = true;
		return;
	case SPECIAL_SUPPRESS:
		s->suppressed = true;
		return;
	case SPECIAL_SYS_PATH:
		s->out.flags |= SCAN_SYS_PATH;
		return;
	case SPECIAL_PROCESS:
		s->out.flags |= SCAN_PROCESS;
		return;
	case SPECIAL_COMPUTED:
		computed(s);
		return;
	case SPECIAL_GLOBALS:
	case SPECIAL_SETATTR:
		s->out.flags |= SCAN_MAKES_NAMES;
		return;
	case SPECIAL_SCOPE:
		if (!scan_top(s)->function)
			s->out.flags |= SCAN_MAKES_NAMES;
		return;
	default:
		break;
	}
	if (!called) {
		/* passed on under another name */
		if (what < SPECIAL_COMPUTED || what == SPECIAL_EXEC)
			computed(s);
		else if (what == SPECIAL_EVAL)
			s->out.flags |= SCAN_EVAL;
		return;
	}
	switch (what) {
	case SPECIAL_IMPORT_MODULE:
		import_module(s);
		break;
	case SPECIAL_DUNDER_IMPORT:
		dunder_import(s);
		break;
	case SPECIAL_IMPORTORSKIP:
	case SPECIAL_NAMED:
	case SPECIAL_NAMED_STRING:
		named(s, what);
		break;
	case SPECIAL_EXEC:
	case SPECIAL_EVAL:
		run_text(s, what);
		break;
	case SPECIAL_PATCH:
	case SPECIAL_PATCH_NAME:
		patch(s, what);
		break;
	case SPECIAL_FIXTURE_VALUE:
		fixture_value(s);
		break;
	case SPECIAL_TYPE:
		three_arguments(s);
		break;
	case SPECIAL_ALL:
		all_call(s, name);
		break;
	default:
		break;
	}
}

/* --- decorators, marks, fixtures --------------------------------------- */

/* The name of a mark: pytest.mark.x, mark.x; n == 0: it is none. */
static struct str
mark_name(struct str name)
{
	size_t i;

	for (i = 0; i + 5 < name.n; i++) {
		if ((i == 0 || name.p[i - 1] == '.') &&
		    !memcmp(name.p + i, "mark.", 5))
			return (struct str){ name.p + i + 5, name.n - i - 5 };
	}
	return (struct str){ 0 };
}

static struct str
last_part(struct str name)
{
	size_t i = name.n;

	if (!i)
		return name;
	while (i && name.p[i - 1] != '.')
		i--;
	return (struct str){ name.p + i, name.n - i };
}

/* The first argument if it is a literal. in stands on the (. */
static struct str
literal_arg(struct scanner *s, const struct stream *in)
{
	struct stream at = *in;
	struct arg a;

	stream_next(&at);
	if (read_keyword(&at).n)
		return (struct str){ 0 };
	a = read_arg(s, &at);
	if (a.kind == ARG_STRING || a.kind == ARG_CONSTANT)
		return a.text;
	return (struct str){ 0 };
}

/* All positional strings of usefixtures(...). in stands on the (. */
static void
used_fixtures(struct scanner *s, const struct stream *in, uint32_t owner)
{
	struct stream at = *in;
	uint32_t depth = at.tok.depth + 1;

	stream_next(&at);
	while (at.tok.depth >= depth && at.tok.kind != TOK_NEWLINE &&
	       at.tok.kind != TOK_EOF) {
		struct arg a = read_arg(s, &at);

		if (a.kind == ARG_STRING)
			scan_use_fixture(s, owner, a.text);
		skip_arg(&at, depth);
		if (token_op(&at.tok, ',') && at.tok.depth == depth)
			stream_next(&at);
	}
}

static void
note_mark(struct scanner *s, struct str mark, const struct stream *in,
	uint32_t owner)
{
	struct str arg = { 0 };

	if (token_op(&in->tok, '(')) {
		arg = literal_arg(s, in);
		if (str_is(mark, "usefixtures"))
			used_fixtures(s, in, owner);
	}
	scan_add_mark(s, owner, mark, arg);
}

/* What the arguments of a fixture decorator say. in stands on the (. */
static void
fixture_args(struct scanner *s, struct scan_fixture *f, struct stream at)
{
	uint32_t depth = at.tok.depth + 1;

	stream_next(&at);
	while (at.tok.depth >= depth && at.tok.kind != TOK_NEWLINE &&
	       at.tok.kind != TOK_EOF) {
		struct str key = read_keyword(&at);
		struct arg a = read_arg(s, &at);

		if (str_is(key, "name") || str_is(key, "scope")) {
			if (a.kind != ARG_STRING)
				f->flags |= FIXTURE_COMPUTED;
			else if (key.n == 4)
				f->name = a.text;
			else
				f->scope = a.text;
		} else if (str_is(key, "autouse")) {
			if (a.kind != ARG_CONSTANT ||
			    !str_is(a.text, "False"))
				f->flags |= FIXTURE_AUTOUSE;
		} else if (str_is(key, "params")) {
			f->flags |= FIXTURE_PARAMS;
		}
		skip_arg(&at, depth);
		if (token_op(&at.tok, ',') && at.tok.depth == depth)
			stream_next(&at);
	}
}

static bool
is_fixture(struct str name)
{
	struct str last = last_part(name);

	return str_is(last, "fixture") || str_is(last, "yield_fixture");
}

static void
add_fixture(struct scanner *s)
{
	struct scan *o = &s->out;
	struct scan_fixture *f;

	o->fixtures = scan_room(s, o->fixtures, &s->cap_fixtures,
		o->nfixtures, sizeof(*o->fixtures));
	f = &o->fixtures[o->nfixtures++];
	*f = (struct scan_fixture){
		.def = o->ndefs, .scope = STR("function"),
	};
	if (token_op(&s->in.tok, '('))
		fixture_args(s, f, s->in);
}

void
scan_decorator(struct scanner *s, struct str name, uint32_t line)
{
	struct scan *o = &s->out;
	struct str mark = mark_name(name);
	bool called = token_op(&s->in.tok, '(');

	o->decos = scan_room(s, o->decos, &s->cap_decos, o->ndecos,
		sizeof(*o->decos));
	o->decos[o->ndecos++] = (struct scan_deco){
		.name = name, .line = line, .called = called,
		.arg = called ? literal_arg(s, &s->in) : (struct str){ 0 },
	};
	if (mark.n)
		note_mark(s, mark, &s->in, o->ndefs);
	if (is_fixture(name))
		add_fixture(s);
}

static uint32_t
deco_flags(struct str last)
{
	static const struct {
		const char *last;
		uint32_t flags;
	} known[] = {
		{ "parametrize", DEF_PARAMETRIZED },
		{ "parametrize_with_cases", DEF_PARAMETRIZED },
		{ "staticmethod", DEF_STATIC },
		{ "classmethod", DEF_CLASSMETHOD },
		{ "property", DEF_PROPERTY },
		{ "cached_property", DEF_PROPERTY },
		{ "abstractmethod", DEF_ABSTRACT },
		{ "abstractproperty", DEF_ABSTRACT | DEF_PROPERTY },
	};
	static const char *const dynamic[] = {
		"expand", "parameterized", "parameterized_class", "ddt",
		"data", "file_data", "idata", "named_data", "params",
		"parameters", "named_parameters", "product", "genty",
		"genty_dataset",
	};
	size_t i;

	for (i = 0; i < countof(known); i++) {
		if (str_is(last, known[i].last))
			return known[i].flags;
	}
	for (i = 0; i < countof(dynamic); i++) {
		if (str_is(last, dynamic[i]))
			return DEF_DYNAMIC;
	}
	return 0;
}

void
scan_decorated(struct scanner *s, uint32_t d)
{
	struct scan *o = &s->out;
	struct scan_def *def = &o->defs[d];
	uint32_t i;

	if (!s->deco_pending)
		return;
	s->deco_pending = false;
	for (i = def->decos.at; i < def->decos.at + def->decos.n; i++) {
		struct str name = o->decos[i].name;

		if (!name.n)
			def->flags |= DEF_DYNAMIC;
		else
			def->flags |= deco_flags(last_part(name));
	}
	for (i = o->nfixtures; i > 0 && o->fixtures[i - 1].def == d; i--) {
		struct scan_fixture *f = &o->fixtures[i - 1];

		def->flags |= DEF_FIXTURE;
		if (!f->name.n)
			f->name = def->name;
	}
}

/* --- names that mean something when they are assigned ------------------ */

/* Marks in the value of pytestmark. */
static void
mark_list(struct scanner *s, uint32_t owner)
{
	struct stream in = s->in;

	while (!stream_ends(&in)) {
		struct str mark = { 0 };

		if (in.tok.kind == TOK_NAME)
			mark = mark_name(token_str(&in.tok));
		stream_next(&in);
		if (mark.n)
			note_mark(s, mark, &in, owner);
	}
}

static void
add_app(struct scanner *s, struct str name, uint32_t line)
{
	if (name.n && name.n <= 200)
		scan_add_string(s, name, line);
}

void
scan_known_value(struct scanner *s, struct str name, uint32_t owner, bool plus)
{
	if (str_is(name, "pytestmark")) {
		mark_list(s, owner);
		return;
	}
	if (owner != SCAN_MODULE)
		return;
	if (str_is(name, "pytest_plugins")) {
		if (!literals(s, s->in, add_plugin))
			s->out.flags |= SCAN_PLUGINS_COMPUTED | SCAN_COMPUTED;
	} else if (str_is(name, "__all__")) {
		if (!literals(s, s->in, add_all))
			s->out.flags |= SCAN_ALL_COMPUTED;
		s->out.flags |= SCAN_ALL;
	} else if (str_ends(name, "_APPS") && !plus) {
		literals(s, s->in, add_app);
	}
}
