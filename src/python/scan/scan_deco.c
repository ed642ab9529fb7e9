/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "python/scan/internal.h"
#include "util/mem.h"

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
	if (scan_read_keyword(&at).n)
		return (struct str){ 0 };
	a = scan_read_arg(s, &at);
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
		struct arg a = scan_read_arg(s, &at);

		if (a.kind == ARG_STRING)
			scan_use_fixture(s, owner, a.text);
		scan_skip_arg(&at, depth);
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
		struct str key = scan_read_keyword(&at);
		struct arg a = scan_read_arg(s, &at);

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
		scan_skip_arg(&at, depth);
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

static void
add_plugin(struct scanner *s, struct str name, uint32_t line)
{
	bool added;

	if (!name.n)
		return;
	scan_add_import(s, name, 0, IMPORT_PLUGIN, line);
	intern_put(&s->strings, name, &added);
}

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
		if (!scan_literals(s, s->in, add_plugin))
			s->out.flags |= SCAN_PLUGINS_COMPUTED | SCAN_COMPUTED;
	} else if (str_is(name, "__all__")) {
		if (!scan_literals(s, s->in, scan_add_all))
			s->out.flags |= SCAN_ALL_COMPUTED;
		s->out.flags |= SCAN_ALL;
	} else if (str_ends(name, "_APPS") && !plus) {
		scan_literals(s, s->in, add_app);
	}
}
