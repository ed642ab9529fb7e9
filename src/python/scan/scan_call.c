/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "python/scan/internal.h"

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
		intern_put(&s->strings, name, &added);  /* no string too */
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
	keyword = scan_read_keyword(at);
	package = scan_read_arg(s, at);
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
		named_import(s, scan_join(s, scan_join(s, package.text, STR(".")), name),
			0);
}

static void
import_module(struct scanner *s)
{
	struct stream at;
	struct arg a = scan_first_arg(s, &at, "name");

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
	struct arg a = scan_first_arg(s, &at, "name");

	if (a.kind == ARG_STRING && token_op(&at.tok, ')'))
		named_import(s, a.text, 0);
	else
		computed(s);
}

static void
named(struct scanner *s, enum known_call what)
{
	struct stream at;
	struct arg a = scan_first_arg(s, &at,
		what == KNOWN_IMPORTORSKIP ? "modname" : "name");

	if (a.kind != ARG_STRING || !a.text.n || a.text.p[0] == '.')
		computed(s);
	else if (what == KNOWN_NAMED_STRING)
		scan_add_string(s, a.text, s->in.tok.line);
	else
		named_import(s, a.text, what == KNOWN_IMPORTORSKIP ?
			IMPORT_OPTIONAL : 0);
}

static void
resource(struct scanner *s)
{
	struct stream at;
	struct arg a = scan_first_arg(s, &at, "package");

	if (a.kind == ARG_STRING && a.text.n && a.text.p[0] != '.' &&
	    a.text.p[a.text.n - 1] != '.')
		named_import(s, a.text, 0);
}

/* exec() and eval(): a literal without "import" in it does nothing here. */
static void
run_text(struct scanner *s, enum known_call what)
{
	struct stream at;
	struct arg a = scan_first_arg(s, &at, "source");
	size_t i;

	if (a.kind != ARG_STRING) {
		s->out.flags |= what == KNOWN_EXEC ? SCAN_COMPUTED
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
	uint32_t id = intern_put(&s->syms, name, &added);

	sym = &s->syms.v[id];
	if (added) {
		sym->known = known_call_of(name);
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
	} else if (!scan_ends_arg(at)) {
		return (struct str){ 0 };
	}
	if (name.flags & TOKEN_DOTTED)
		return (struct str){ 0 };
	if (str_is(token_str(&name), "__name__"))
		return scan_join(s, STR("__main__"), tail);
	head = constant(s, token_str(&name));
	return head.p ? scan_join(s, head, tail) : head;
}

static void
patch(struct scanner *s, enum known_call what)
{
	struct stream at;
	struct arg a = scan_first_arg(s, &at, "target");
	struct str text;

	if (a.kind == ARG_STRING) {
		scan_add_string(s, a.text, s->in.tok.line);
		return;
	}
	if (a.kind == ARG_NONE)
		return;
	/* an object to patch, most likely */
	if (what == KNOWN_PATCH && a.first.kind != TOK_FSTRING &&
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
	struct arg a = scan_first_arg(s, &at, "argname");

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
all_call(struct scanner *s, struct str name)
{
	if (s->owner != SCAN_MODULE || str_ends(name, "remove") ||
	    !scan_literals(s, s->in, scan_add_all))
		s->out.flags |= SCAN_ALL_COMPUTED;
	s->out.flags |= SCAN_ALL;
}

void
scan_known_call(struct scanner *s, enum known_call what, struct str name)
{
	bool called = token_op(&s->in.tok, '(');

	switch (what) {
	case KNOWN_CATCH:
		s->caught = true;
		return;
	case KNOWN_SUPPRESS:
		s->suppressed = true;
		return;
	case KNOWN_SYS_PATH:
		s->out.flags |= SCAN_SYS_PATH;
		return;
	case KNOWN_PROCESS:
		s->out.flags |= SCAN_PROCESS;
		return;
	case KNOWN_MAIN:
		if (!scan_top(s)->main)
			s->out.flags |= SCAN_PROCESS;
		return;
	case KNOWN_TYPING:
		if (token_op(&s->in.tok, '='))
			computed(s);
		return;
	case KNOWN_COMPUTED:
		computed(s);
		return;
	case KNOWN_GLOBALS:
	case KNOWN_SETATTR:
		s->out.flags |= SCAN_MAKES_NAMES;
		return;
	case KNOWN_SCOPE:
		if (!scan_top(s)->function)
			s->out.flags |= SCAN_MAKES_NAMES;
		return;
	default:
		break;
	}
	if (!called) {
		/* passed on under another name */
		if (what < KNOWN_COMPUTED || what == KNOWN_EXEC)
			computed(s);
		else if (what == KNOWN_EVAL)
			s->out.flags |= SCAN_EVAL;
		return;
	}
	switch (what) {
	case KNOWN_IMPORT_MODULE:
		import_module(s);
		break;
	case KNOWN_DUNDER_IMPORT:
		dunder_import(s);
		break;
	case KNOWN_IMPORTORSKIP:
	case KNOWN_NAMED:
	case KNOWN_NAMED_STRING:
		named(s, what);
		break;
	case KNOWN_RESOURCE:
		resource(s);
		break;
	case KNOWN_EXEC:
	case KNOWN_EVAL:
		run_text(s, what);
		break;
	case KNOWN_PATCH:
	case KNOWN_PATCH_NAME:
		patch(s, what);
		break;
	case KNOWN_FIXTURE_VALUE:
		fixture_value(s);
		break;
	case KNOWN_TYPE:
		three_arguments(s);
		break;
	case KNOWN_ALL:
		all_call(s, name);
		break;
	default:
		break;
	}
}
