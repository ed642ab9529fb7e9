/* SPDX-License-Identifier: Apache-2.0 */
#include "python/scan/internal.h"
#include "util/mem.h"

static uint32_t
new_def(struct scanner *s, uint32_t flags)
{
	struct scan *o = &s->out;
	struct block *b = scan_top(s);
	uint32_t line = s->in.tok.line, d = o->ndefs;

	o->defs = scan_room(s, o->defs, &s->cap_defs, o->ndefs,
		sizeof(*o->defs));
	o->defs[o->ndefs++] = (struct scan_def){
		.parent = b->owner, .flags = flags | b->defs,
		.line = line, .first_line = line, .end_line = line,
		.bases = { o->ntexts, 0 }, .params = { o->ntexts, 0 },
		.decos = { o->ndecos, 0 },
	};
	if (s->deco_pending) {
		o->defs[d].first_line = s->deco_line;
		o->defs[d].decos.at = s->deco_at;
		o->defs[d].decos.n = o->ndecos - s->deco_at;
	}
	return d;
}

static void
type_params(struct scanner *s)
{
	if (!token_op(&s->in.tok, '['))
		return;
	scan_next(s);
	while (s->in.tok.kind != TOK_EOF && s->in.tok.kind != TOK_NEWLINE &&
	       !token_op(&s->in.tok, ']')) {
		scan_expr(s, STOP_COMMA);
		if (token_op(&s->in.tok, ','))
			scan_next(s);
		else
			break;
	}
	if (token_op(&s->in.tok, ']'))
		scan_next(s);
}

static void
params(struct scanner *s, uint32_t d)
{
	struct token *t = &s->in.tok;
	uint32_t base = t->depth + 1;

	s->out.defs[d].params.at = s->out.ntexts;
	scan_next(s);
	while (t->kind != TOK_NEWLINE && t->kind != TOK_EOF &&
	       t->depth >= base) {
		if (t->kind != TOK_NAME || t->depth != base) {
			scan_next(s);
			continue;
		}
		s->out.defs[d].params = scan_add_text(s, s->out.defs[d].params,
			token_str(t));
		if (str_is(token_str(t), "pytester") ||
		    str_is(token_str(t), "testdir") ||
		    str_is(token_str(t), "script_runner"))
			s->out.flags |= SCAN_PROCESS;
		scan_next(s);
		if (token_op(t, ':')) {
			scan_next(s);
			scan_expr(s, STOP_COMMA | STOP_ASSIGN);
		}
		if (token_op(t, '=')) {
			scan_next(s);
			scan_expr(s, STOP_COMMA);
		}
	}
	if (token_op(t, ')'))
		scan_next(s);
}

/* Whether the subscript s stands on is the end of an argument. */
static bool
subscript_ends(const struct scanner *s)
{
	struct stream at = s->in;
	uint32_t depth = at.tok.depth;

	do {
		stream_next(&at);
	} while (at.tok.depth > depth && at.tok.kind != TOK_EOF);
	stream_next(&at);
	return token_op(&at.tok, ',') || token_op(&at.tok, ')');
}

static void
add_base(struct scanner *s, uint32_t d, uint32_t base)
{
	struct token *t = &s->in.tok, name = *t;
	struct scan_def *def = &s->out.defs[d];
	struct str text;

	if (t->kind != TOK_NAME) {
		def->flags |= DEF_COMPUTED_BASE;
		scan_expr(s, STOP_COMMA);
		return;
	}
	scan_next(s);
	if (token_op(t, '=') && !(name.flags & TOKEN_DOTTED)) {
		if (str_is(token_str(&name), "metaclass"))
			def->flags |= DEF_METACLASS;
		scan_next(s);
		scan_expr(s, STOP_COMMA);
		return;
	}
	text = scan_chain(s, &name);
	if (token_op(t, ',') || (token_op(t, '[') && subscript_ends(s)) ||
	    (token_op(t, ')') && t->depth < base))
		def->bases = scan_add_text(s, def->bases, text);
	else
		def->flags |= DEF_COMPUTED_BASE;
	if (t->depth >= base && !token_op(t, ','))
		scan_expr(s, STOP_COMMA);
}

static void
bases(struct scanner *s, uint32_t d)
{
	struct token *t = &s->in.tok;
	uint32_t base = t->depth + 1;

	s->out.defs[d].bases.at = s->out.ntexts;
	scan_next(s);
	while (t->kind != TOK_NEWLINE && t->kind != TOK_EOF &&
	       t->depth >= base) {
		if (token_op(t, ','))
			scan_next(s);
		else
			add_base(s, d, base);
	}
	if (token_op(t, ')'))
		scan_next(s);
}

static bool
is_hook(struct str name)
{
	static const char *const hooks[] = {
		"setUpModule", "tearDownModule", "load_tests", "__getattr__",
		"setup_module", "teardown_module", "setup_function",
		"teardown_function", "setUpClass",
	};
	size_t i;

	if (str_starts(name, "pytest_"))
		return true;
	for (i = 0; i < countof(hooks); i++) {
		if (str_is(name, hooks[i]))
			return true;
	}
	return false;
}

static void
note_hook(struct scanner *s, struct str name)
{
	if (!is_hook(name))
		return;
	s->hooks = scan_room(s, s->hooks, &s->cap_hooks, s->nhooks,
		sizeof(*s->hooks));
	s->hooks[s->nhooks++] = name;
	if (str_is(name, "load_tests"))
		s->out.flags |= SCAN_LOAD_TESTS;
	if (str_is(name, "__getattr__"))
		s->out.flags |= SCAN_GETATTR;
}

/* def or class, from its name on. */
void
scan_definition(struct scanner *s, uint32_t flags)
{
	struct token *t = &s->in.tok;
	struct block b;
	uint32_t d = new_def(s, flags);

	scan_next(s);
	s->owner = d;
	if (t->kind == TOK_NAME) {
		s->out.defs[d].name = token_str(t);
		scan_next(s);
	} else {
		scan_fail(s, "invalid definition");
	}
	scan_decorated(s, d);
	if (!(flags & DEF_CLASS) && s->out.defs[d].parent == SCAN_MODULE)
		note_hook(s, s->out.defs[d].name);
	type_params(s);
	if (token_op(t, '(')) {
		if (flags & DEF_CLASS)
			bases(s, d);
		else
			params(s, d);
	}
	if (!token_op(t, ':'))
		scan_expr(s, STOP_COLON);
	b = *scan_top(s);
	b.kind = BLOCK_DEF;
	b.owner = d;
	b.function = !(flags & DEF_CLASS);
	b.conditional = false;
	b.defs &= DEF_TYPING | DEF_LOCAL;
	b.try_from = b.try_to = 0;
	b.last_if = IF_OTHER;
	if (b.function) {
		b.imports |= IMPORT_LAZY;
		b.defs |= DEF_LOCAL;
	}
	scan_suite(s, &b);
	s->owner = scan_top(s)->owner;
}

void
scan_decorators(struct scanner *s)
{
	struct token *t = &s->in.tok, name;
	uint32_t line = t->line;

	if (!s->deco_pending) {
		s->deco_pending = true;
		s->deco_at = s->out.ndecos;
		s->deco_line = line;
		/* these names count to the definition to come */
		s->owner = s->out.ndefs;
	}
	scan_next(s);
	name = *t;
	if (t->kind == TOK_NAME) {
		struct str text;

		scan_next(s);
		text = scan_chain(s, &name);
		if (!token_op(t, '(') && t->kind != TOK_NEWLINE)
			text.n = 0;
		scan_decorator(s, text, line);
	} else {
		scan_decorator(s, (struct str){ 0 }, line);
	}
	s->calls = 0;
	scan_expr(s, 0);
	if (s->calls > 1 || (s->calls && s->prev_op != ')'))
		s->out.decos[s->out.ndecos - 1].name.n = 0;
	if (t->kind == TOK_NEWLINE) {
		scan_next(s);
		return;
	}
	scan_fail(s, "decorator without definition");
	s->deco_pending = false;
	s->owner = scan_top(s)->owner;
	scan_simple_line(s);
}
