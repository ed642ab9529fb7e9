/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "python/lex/bytes.h"
#include "python/scan/internal.h"
#include "util/mem.h"

void
scan_next(struct scanner *s)
{
	struct token *t = &s->in.tok;

	s->prev_op = t->op;
	if (t->kind == TOK_NEWLINE)
		s->last_line = t->line;
	lexer_next(&s->in.lexer, t);
}

void
scan_fail(struct scanner *s, const char *error)
{
	lexer_fail(&s->in.lexer, error, s->in.tok.line);
}

void *
scan_room(struct scanner *s, void *p, size_t *cap, size_t n, size_t size)
{
	if (n < *cap)
		return p;
	if (n >= SCAN_MAX_ENTRIES) {
		scan_fail(s, "too much in one file");
		s->in.lexer.p = s->in.lexer.end;
		s->in.lexer.depth = s->in.lexer.nfstrings = 0;
	}
	return vec_grow(p, cap, n + 1, size);
}

struct block *
scan_top(struct scanner *s)
{
	return &s->blocks[s->nblocks - 1];
}

struct scan_range
scan_add_text(struct scanner *s, struct scan_range r, struct str text)
{
	struct scan *o = &s->out;

	o->texts = scan_room(s, o->texts, &s->cap_texts, o->ntexts,
		sizeof(*o->texts));
	o->texts[o->ntexts++] = text;
	r.n++;
	return r;
}

void
scan_use_fixture(struct scanner *s, uint32_t owner, struct str name)
{
	struct scan *o = &s->out;

	o->uses = scan_room(s, o->uses, &s->cap_uses, o->nuses,
		sizeof(*o->uses));
	o->uses[o->nuses++] = (struct scan_use){ owner, name };
}

void
scan_add_mark(struct scanner *s, uint32_t owner, struct str name,
	struct str arg)
{
	struct scan *o = &s->out;

	o->marks = scan_room(s, o->marks, &s->cap_marks, o->nmarks,
		sizeof(*o->marks));
	o->marks[o->nmarks++] = (struct scan_mark){ owner, name, arg };
}

void
scan_check_ascii(struct scanner *s, struct str name)
{
	size_t i;

	for (i = 0; i < name.n; i++) {
		if (name.p[i] & 0x80) {
			s->out.flags |= SCAN_NOT_ASCII | SCAN_COMPUTED;
			return;
		}
	}
}

/* Modules whose import lets a file start other programs. */
bool
scan_starts_processes(struct str module)
{
	static const char *const names[] = {
		"subprocess", "pexpect", "sh", "plumbum", "invoke", "pty",
		"asyncio.subprocess", "delegator", "winpty", "ptyprocess",
	};
	size_t i;

	for (i = 0; i < countof(names); i++) {
		if (str_is(module, names[i]))
			return true;
	}
	return false;
}

struct scan_import *
scan_add_import(struct scanner *s, struct str module, uint32_t level,
	uint32_t flags, uint32_t line)
{
	struct scan *o = &s->out;
	struct scan_import *i;

	o->imports = scan_room(s, o->imports, &s->cap_imports, o->nimports,
		sizeof(*o->imports));
	i = &o->imports[o->nimports++];
	*i = (struct scan_import){
		.module = module, .level = level, .line = line, .flags = flags,
		.owner = s->owner, .names = { o->nnames, 0 },
	};
	if (flags & IMPORT_STRING)
		return i;
	i->flags |= scan_top(s)->imports;
	scan_check_ascii(s, module);
	if (level == 0 && scan_starts_processes(module))
		o->flags |= SCAN_PROCESS;
	return i;
}

void
scan_add_string(struct scanner *s, struct str text, uint32_t line)
{
	bool added;

	intern_put(&s->strings, text, &added);
	if (added)
		scan_add_import(s, text, 0, IMPORT_STRING, line);
}


struct str
scan_keep(struct scanner *s)
{
	char *p = arena_text(s->arena, s->text.n + BYTES_PAD);

	memcpy(p, s->text.p, s->text.n);
	memset(p + s->text.n, 0, BYTES_PAD);
	return (struct str){ p, s->text.n };
}

/* p[0..n) moves from malloc to the arena. */
static void *
into_arena(struct scanner *s, void *p, size_t n, size_t size)
{
	void *kept = n ? arena_alloc(s->arena, n * size) : NULL;

	if (n)
		memcpy(kept, p, n * size);
	free(p);
	return kept;
}

/* Refs by owner: each once, in order of first use. The module comes last in
 * count[], its position in the array is that of ndefs. */
static void
sort_refs(struct scanner *s)
{
	struct scan *o = &s->out;
	uint32_t *at = xcalloc((size_t)o->ndefs + 2, sizeof(*at));
	uint32_t *refs = arena_alloc(s->arena, (s->nrefs + 1) * sizeof(*refs));
	uint32_t i, j, n = 0;

	for (i = 0; i < s->nrefs; i++) {
		if (s->refs[i].owner > o->ndefs)
			s->refs[i].owner = o->ndefs;
		at[s->refs[i].owner + 1]++;
	}
	for (i = 0; i <= o->ndefs; i++)
		at[i + 1] += at[i];
	for (i = 0; i < s->nrefs; i++)
		refs[at[s->refs[i].owner]++] = s->refs[i].sym;
	for (i = 0; i < s->syms.n; i++)
		s->syms.v[i].seen = SCAN_MODULE;
	for (i = 0, j = 0; i <= o->ndefs; i++) {
		struct scan_range *r = i < o->ndefs ? &o->defs[i].refs
			: &o->module_refs;

		r->at = n;
		for (; j < at[i]; j++) {
			struct symbol *sym = &s->syms.v[refs[j]];

			if (sym->seen != i)
				refs[n++] = refs[j];
			sym->seen = i;
		}
		r->n = n - r->at;
	}
	o->refs = refs;
	o->nrefs = n;
	free(at);
}

/* Keeps the symbols that are used, in order of first appearance in refs. */
static void
settle_symbols(struct scanner *s)
{
	struct scan *o = &s->out;
	uint32_t i;

	o->syms = arena_alloc(s->arena, (s->syms.n + 1) * sizeof(*o->syms));
	for (i = 0; i < s->syms.n; i++)
		s->syms.v[i].seen = SCAN_MODULE;
	for (i = 0; i < o->nrefs; i++) {
		struct symbol *sym = &s->syms.v[o->refs[i]];

		if (sym->seen == SCAN_MODULE) {
			sym->seen = o->nsyms;
			o->syms[o->nsyms++] = sym->s;
		}
		o->refs[i] = sym->seen;
	}
}

static struct scan_range
settle_list(struct scanner *s, struct str *v, size_t n)
{
	struct scan_range r = { s->out.ntexts, 0 };
	size_t i;

	for (i = 0; i < n; i++)
		r = scan_add_text(s, r, v[i]);
	free(v);
	return r;
}

static void
settle_typing(struct scanner *s)
{
	struct scan *o = &s->out;
	uint32_t i;

	if (!s->typing_unsafe)
		return;
	for (i = 0; i < o->nimports; i++)
		o->imports[i].flags &= ~(uint32_t)IMPORT_TYPING;
	for (i = 0; i < o->ndefs; i++)
		o->defs[i].flags &= ~(uint32_t)DEF_TYPING;
}

/* Decorators that no definition followed leave an owner that does not exist. */
static void
check_owners(struct scan *o)
{
	uint32_t i;

	for (i = 0; i < o->nimports; i++) {
		if (o->imports[i].owner >= o->ndefs)
			o->imports[i].owner = SCAN_MODULE;
	}
	for (i = 0; i < o->nuses; i++) {
		if (o->uses[i].owner >= o->ndefs)
			o->uses[i].owner = SCAN_MODULE;
	}
	for (i = 0; i < o->nmarks; i++) {
		if (o->marks[i].owner >= o->ndefs)
			o->marks[i].owner = SCAN_MODULE;
	}
	for (i = 0; i < o->nassigns; i++) {
		if (o->assigns[i].owner >= o->ndefs)
			o->assigns[i].owner = SCAN_MODULE;
	}
	while (o->nfixtures && o->fixtures[o->nfixtures - 1].def >= o->ndefs)
		o->nfixtures--;
}

void
scan_finish(struct scanner *s)
{
	struct scan *o = &s->out;

	check_owners(o);
	settle_typing(s);
	sort_refs(s);
	settle_symbols(s);
	o->all = settle_list(s, s->all, s->nall);
	o->hooks = settle_list(s, s->hooks, s->nhooks);
	o->imports = into_arena(s, o->imports, o->nimports, sizeof(*o->imports));
	o->names = into_arena(s, o->names, o->nnames, sizeof(*o->names));
	o->defs = into_arena(s, o->defs, o->ndefs, sizeof(*o->defs));
	o->texts = into_arena(s, o->texts, o->ntexts, sizeof(*o->texts));
	o->decos = into_arena(s, o->decos, o->ndecos, sizeof(*o->decos));
	o->fixtures = into_arena(s, o->fixtures, o->nfixtures,
		sizeof(*o->fixtures));
	o->uses = into_arena(s, o->uses, o->nuses, sizeof(*o->uses));
	o->marks = into_arena(s, o->marks, o->nmarks, sizeof(*o->marks));
	o->assigns = into_arena(s, o->assigns, o->nassigns, sizeof(*o->assigns));
	o->lines = s->in.lexer.line - 1;
	if (s->in.lexer.error) {
		o->flags |= SCAN_ERROR | SCAN_COMPUTED;
		o->error = str_of(s->in.lexer.error);
		o->error_line = s->in.lexer.error_line;
	}
	scan_place(s);
	free(s->refs);
	intern_release(&s->syms);
	intern_release(&s->strings);
	buf_release(&s->text);
}
