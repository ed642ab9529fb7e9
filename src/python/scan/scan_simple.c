/* SPDX-License-Identifier: Apache-2.0 */
#include "python/scan/internal.h"
#include "util/mem.h"

/* A dotted name in an import statement, joined if it is in pieces. */
static struct str
module_name(struct scanner *s)
{
	struct token *t = &s->in.tok;
	struct str first;

	if (t->kind != TOK_NAME)
		return (struct str){ 0 };
	first = token_str(t);
	scan_next(s);
	return scan_dotted(s, first);
}

static struct str
as_name(struct scanner *s)
{
	struct token *t = &s->in.tok;
	struct str name = { 0 };

	if (t->kind != TOK_KEYWORD || t->keyword != KW_AS)
		return name;
	scan_next(s);
	if (t->kind == TOK_NAME) {
		name = token_str(t);
		scan_next(s);
	}
	return name;
}

static void
import_statement(struct scanner *s)
{
	struct token *t = &s->in.tok;

	do {
		uint32_t line;
		struct scan_import *i;
		struct str module;

		scan_next(s);
		line = t->line;
		module = module_name(s);
		if (!module.n) {
			scan_fail(s, "invalid import");
			break;
		}
		i = scan_add_import(s, module, 0, 0, line);
		i->as = as_name(s);
	} while (token_op(t, ','));
}

/* Functions that mean something must be seen by their own name: under another
 * one, or passed on, they count as called with something unknown. */
static void
check_imported(struct scanner *s, struct str module, struct scan_name name)
{
	enum known_call what;

	scan_check_ascii(s, name.name);
	buf_clear(&s->text);
	buf_addstr(&s->text, module);
	buf_addc(&s->text, '.');
	buf_addstr(&s->text, name.name);
	if (scan_starts_processes(buf_str(&s->text)) ||
	    scan_starts_processes(name.name))
		s->out.flags |= SCAN_PROCESS;
	what = known_call_of(buf_str(&s->text));
	if (what == KNOWN_PROCESS)
		s->out.flags |= SCAN_PROCESS;
	else if (what == KNOWN_SYS_PATH)
		s->out.flags |= SCAN_SYS_PATH;
	else if (name.as.n && !str_eq(name.as, name.name) &&
		 what != KNOWN_NONE && what < KNOWN_PROCESS)
		s->out.flags |= SCAN_COMPUTED;
	if (str_is(name.name, "TYPE_CHECKING") && !str_is(module, "typing") &&
	    !str_is(module, "typing_extensions"))
		s->typing_unsafe = true;
}

static void
from_names(struct scanner *s, struct scan_import *i)
{
	struct scan *o = &s->out;
	struct token *t = &s->in.tok;
	bool bracket = token_op(t, '(');
	struct str module = i->module;
	uint32_t n = 0;

	if (bracket)
		scan_next(s);
	while (t->kind == TOK_NAME) {
		struct scan_name name = { token_str(t), { 0 } };

		scan_next(s);
		name.as = as_name(s);
		o->names = scan_room(s, o->names, &s->cap_names, o->nnames,
			sizeof(*o->names));
		o->names[o->nnames++] = name;
		check_imported(s, module, name);
		n++;
		if (!token_op(t, ','))
			break;
		scan_next(s);
	}
	i->names.n = n;
	if (bracket) {
		if (!token_op(t, ')'))
			scan_fail(s, "invalid import");
		else
			scan_next(s);
	}
}

static void
from_statement(struct scanner *s)
{
	struct token *t = &s->in.tok;
	struct scan_import *i;
	struct str module;
	uint32_t line = t->line, level = 0;

	scan_next(s);
	while (token_op(t, '.') || token_op(t, OP_ELLIPSIS)) {
		level += token_op(t, '.') ? 1 : 3;
		scan_next(s);
	}
	module = module_name(s);
	if (t->kind != TOK_KEYWORD || t->keyword != KW_IMPORT ||
	    (!module.n && !level)) {
		scan_fail(s, "invalid import");
		return;
	}
	scan_next(s);
	i = scan_add_import(s, module, level, IMPORT_FROM, line);
	if (token_op(t, '*')) {
		i->flags |= IMPORT_STAR;
		s->out.flags |= SCAN_STAR;
		scan_next(s);
	} else {
		from_names(s, i);
	}
}


static void
assign(struct scanner *s, struct str name, uint32_t line)
{
	struct scan *o = &s->out;
	struct symbol *sym;
	bool added;
	uint32_t id;

	o->assigns = scan_room(s, o->assigns, &s->cap_assigns, o->nassigns,
		sizeof(*o->assigns));
	o->assigns[o->nassigns++] = (struct scan_assign){
		.name = name, .owner = s->owner, .line = line,
		.conditional = scan_top(s)->conditional,
	};
	if (s->owner != SCAN_MODULE)
		return;
	id = intern_put(&s->syms, name, &added);
	sym = &s->syms.v[id];
	if (added)
		sym->known = known_call_of(name);
	sym->constant = sym->constant ? UINT32_MAX : o->nassigns;
}

/* The value of assignments from on; s stands on it. */
static void
scan_value(struct scanner *s, uint32_t from)
{
	struct scan *o = &s->out;
	struct token *t = &s->in.tok, first = *t;
	uint32_t kind = VALUE_OTHER, i;
	struct str text = { 0 };

	if (t->kind == TOK_NAME) {
		scan_next(s);
		text = scan_chain(s, &first);
		if (stream_ends(&s->in))
			kind = VALUE_NAME;
		else if (token_op(t, '('))
			kind = VALUE_CALL;
	} else if (t->kind == TOK_KEYWORD || t->kind == TOK_NUMBER) {
		if (t->kind == TOK_KEYWORD && t->keyword == KW_TRUE)
			kind = VALUE_TRUE;
		else if (t->keyword == KW_FALSE ||
			 t->keyword == KW_NONE_VALUE ||
			 str_is(token_str(t), "0"))
			kind = VALUE_FALSE;
		else if (t->kind == TOK_NUMBER)
			kind = VALUE_TRUE;
		if (kind != VALUE_OTHER) {
			scan_next(s);
			if (!stream_ends(&s->in))
				kind = VALUE_OTHER;
		}
	} else if (t->kind == TOK_STRING) {
		scan_string(s, t);
		scan_next(s);
		if (stream_ends(&s->in) &&
		    !(first.flags & (TOKEN_BYTES | TOKEN_FORMAT))) {
			kind = VALUE_STRING;
			text = token_str(&first);
		}
	}
	if (kind == VALUE_OTHER)
		text.n = 0;
	for (i = from; i < o->nassigns; i++) {
		o->assigns[i].value = kind;
		o->assigns[i].text = text;
		if (str_is(o->assigns[i].name, "TYPE_CHECKING") &&
		    kind != VALUE_FALSE)
			s->typing_unsafe = true;
		if (str_is(o->assigns[i].name, "__test__") &&
		    s->owner == SCAN_MODULE && kind == VALUE_FALSE)
			o->flags |= SCAN_NOT_A_TEST;
	}
	scan_expr(s, 0);
}

/* a, b = ...: after the first name. True if it was an assignment. */
static bool
tuple_target(struct scanner *s, const struct token *first)
{
	struct token names[16], *t = &s->in.tok;
	size_t n = 0, i;

	names[n++] = *first;
	while (token_op(t, ',')) {
		scan_next(s);
		if (token_op(t, '*'))
			scan_next(s);
		if (t->kind != TOK_NAME || t->flags & TOKEN_DOTTED ||
		    n == countof(names))
			break;
		names[n++] = *t;
		scan_next(s);
	}
	if (token_op(t, '=')) {
		for (i = 0; i < n; i++)
			assign(s, token_str(&names[i]), names[i].line);
		scan_next(s);
		return true;
	}
	for (i = 0; i + 1 < n; i++) {
		struct token keep = *t;

		/* not followed by what these names were followed by */
		*t = (struct token){ .kind = TOK_OP, .op = ',' };
		scan_chain(s, &names[i]);
		*t = keep;
	}
	scan_chain(s, &names[n - 1]);
	return false;
}

/* A statement that begins with a plain name, in a module or class body. */
static void
name_statement(struct scanner *s)
{
	struct token *t = &s->in.tok, name = *t;
	uint32_t from = s->out.nassigns;

	scan_next(s);
	if (t->kind == TOK_NAME && str_is(token_str(&name), "type")) {
		name = *t;
		scan_next(s);
		if (token_op(t, '['))
			scan_expr(s, STOP_ASSIGN);
	}
	for (;;) {
		if (token_op(t, ':')) {
			scan_next(s);
			scan_expr(s, STOP_ASSIGN);
			if (!token_op(t, '='))
				return;
		}
		if (token_op(t, ',')) {
			if (tuple_target(s, &name))
				scan_value(s, s->out.nassigns);
			else
				scan_expr(s, 0);
			return;
		}
		if (token_op(t, OP_ASSIGN_AUG)) {
			scan_next(s);
			scan_known_value(s, token_str(&name), s->owner, true);
			assign(s, token_str(&name), name.line);
			scan_expr(s, 0);
			return;
		}
		if (!token_op(t, '='))
			break;
		assign(s, token_str(&name), name.line);
		scan_next(s);
		scan_known_value(s, token_str(&name), s->owner, false);
		if (t->kind != TOK_NAME || t->flags & TOKEN_DOTTED) {
			scan_value(s, from);
			return;
		}
		/* perhaps another target */
		struct stream ahead = s->in;

		stream_next(&ahead);
		if (!token_op(&ahead.tok, '=')) {
			scan_value(s, from);
			return;
		}
		name = *t;
		scan_next(s);
	}
	scan_chain(s, &name);
	scan_expr(s, 0);
}

/* `lazy` before an import statement: then on to that. */
static void
lazy_import(struct scanner *s)
{
	struct stream ahead = s->in;

	stream_next(&ahead);
	if (ahead.tok.kind == TOK_KEYWORD &&
	    (ahead.tok.keyword == KW_IMPORT || ahead.tok.keyword == KW_FROM))
		scan_next(s);
}

void
scan_simple(struct scanner *s)
{
	struct token *t = &s->in.tok;

	s->path_call = false;
	if (t->kind == TOK_NAME && str_is(token_str(t), "lazy"))
		lazy_import(s);
	if (t->kind == TOK_KEYWORD && t->keyword == KW_IMPORT)
		import_statement(s);
	else if (t->kind == TOK_KEYWORD && t->keyword == KW_FROM)
		from_statement(s);
	else if (t->kind == TOK_NAME && !scan_top(s)->function &&
		 (!(t->flags & TOKEN_DOTTED) ||
		  str_ends(token_str(t), ".__test__")))
		name_statement(s);
	/* what is left of it */
	while (!stream_ends(&s->in)) {
		scan_expr(s, 0);
		if (!stream_ends(&s->in))
			scan_next(s);
	}
}

/* Simple statements up to the end of the line. */
void
scan_simple_line(struct scanner *s)
{
	struct token *t = &s->in.tok;

	for (;;) {
		scan_simple(s);
		if (!token_op(t, ';'))
			break;
		scan_next(s);
	}
	if (t->kind == TOK_NEWLINE)
		scan_next(s);
}
