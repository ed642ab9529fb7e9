/* SPDX-License-Identifier: Apache-2.0 */
#include "python/index/record.h"

#include <string.h>

/* --- writing ----------------------------------------------------------- */

struct writer {
	struct buf *b;
	uint32_t line;           /* the one written last */
};

static void
put_raw(struct buf *b, uint32_t v)
{
	while (v >= 0x80) {
		b->p[b->n++] = (char)(v | 0x80);
		v >>= 7;
	}
	b->p[b->n++] = (char)v;
}

static void
put_number(struct writer *w, uint32_t v)
{
	buf_reserve(w->b, 5);
	put_raw(w->b, v);
}

static void
put_text(struct writer *w, struct str s)
{
	buf_reserve(w->b, s.n + 5);
	put_raw(w->b, (uint32_t)s.n);
	if (s.n)
		memcpy(w->b->p + w->b->n, s.p, s.n);
	w->b->n += s.n;
}

static void
put_line(struct writer *w, uint32_t line)
{
	uint32_t diff = line - w->line;

	w->line = line;
	put_number(w, diff << 1 ^ (diff >> 31 ? UINT32_MAX : 0));
}

static void
put_list(struct writer *w, const struct scan *s, struct scan_range r)
{
	uint32_t i;

	put_number(w, r.n);
	for (i = 0; i < r.n; i++)
		put_text(w, s->texts[r.at + i]);
}

static void
put_imports(struct writer *w, const struct scan *s)
{
	uint32_t i, j;

	put_number(w, s->nimports);
	put_number(w, s->nnames);
	for (i = 0; i < s->nimports; i++) {
		const struct scan_import *m = &s->imports[i];

		put_number(w, m->flags);
		put_number(w, m->level);
		put_number(w, m->owner + 1);
		put_line(w, m->line);
		put_text(w, m->module);
		put_text(w, m->as);
		put_number(w, m->names.n);
		for (j = m->names.at; j < m->names.at + m->names.n; j++) {
			put_text(w, s->names[j].name);
			put_text(w, s->names[j].as);
		}
	}
	put_number(w, s->all.n + s->hooks.n);
	put_list(w, s, s->all);
	put_list(w, s, s->hooks);
	put_text(w, s->words);
}

static void
put_defs(struct writer *w, const struct scan *s)
{
	uint32_t i, j, ndecos = 0, ntexts = 0;

	/* decorators that nothing follows belong to no definition */
	for (i = 0; i < s->ndefs; i++) {
		ndecos += s->defs[i].decos.n;
		ntexts += s->defs[i].bases.n + s->defs[i].params.n;
	}
	put_number(w, s->ndefs);
	put_number(w, ntexts);
	put_number(w, ndecos);
	for (i = 0; i < s->ndefs; i++) {
		const struct scan_def *d = &s->defs[i];

		put_text(w, d->name);
		put_number(w, d->parent + 1);
		put_number(w, d->flags);
		put_line(w, d->first_line);
		put_line(w, d->line);
		put_line(w, d->end_line);
		put_list(w, s, d->bases);
		put_list(w, s, d->params);
		put_number(w, d->decos.n);
		for (j = d->decos.at; j < d->decos.at + d->decos.n; j++) {
			put_text(w, s->decos[j].name);
			put_text(w, s->decos[j].arg);
			put_line(w, s->decos[j].line);
			put_number(w, s->decos[j].called);
		}
	}
}

static void
put_tables(struct writer *w, const struct scan *s)
{
	uint32_t i;

	put_number(w, s->nfixtures);
	for (i = 0; i < s->nfixtures; i++) {
		put_number(w, s->fixtures[i].def);
		put_number(w, s->fixtures[i].flags);
		put_text(w, s->fixtures[i].name);
		put_text(w, s->fixtures[i].scope);
	}
	put_number(w, s->nuses);
	for (i = 0; i < s->nuses; i++) {
		put_number(w, s->uses[i].owner + 1);
		put_text(w, s->uses[i].fixture);
	}
	put_number(w, s->nmarks);
	for (i = 0; i < s->nmarks; i++) {
		put_number(w, s->marks[i].owner + 1);
		put_text(w, s->marks[i].name);
		put_text(w, s->marks[i].arg);
	}
	put_number(w, s->nassigns);
	for (i = 0; i < s->nassigns; i++) {
		put_text(w, s->assigns[i].name);
		put_text(w, s->assigns[i].text);
		put_number(w, s->assigns[i].owner + 1);
		put_number(w, s->assigns[i].value);
		put_line(w, s->assigns[i].line);
		put_number(w, s->assigns[i].conditional);
	}
}

static void
put_range(struct writer *w, const struct scan *s, struct scan_range r)
{
	uint32_t i;

	buf_reserve(w->b, ((size_t)r.n + 1) * 5);
	put_raw(w->b, r.n);
	for (i = 0; i < r.n; i++)
		put_raw(w->b, s->refs[r.at + i]);
}

static void
put_refs(struct writer *w, const struct scan *s)
{
	uint32_t i;

	put_number(w, s->nsyms);
	for (i = 0; i < s->nsyms; i++)
		put_text(w, s->syms[i]);
	put_number(w, s->nrefs);
	put_range(w, s, s->module_refs);
	for (i = 0; i < s->ndefs; i++)
		put_range(w, s, s->defs[i].refs);
}

void
record_encode(const struct scan *s, struct buf *out)
{
	struct writer w = { .b = out };

	put_number(&w, s->flags);
	put_number(&w, s->lines);
	put_number(&w, s->error_line);
	put_text(&w, s->error);
	put_imports(&w, s);
	put_defs(&w, s);
	put_tables(&w, s);
	put_refs(&w, s);
	buf_reserve(out, 1);
	out->p[out->n] = '\0';
}

/* --- reading ----------------------------------------------------------- */

struct reader {
	const unsigned char *p, *end;
	uint32_t line;
	bool bad;
};

static uint32_t
take_u32(struct reader *r)
{
	uint32_t v = 0;
	unsigned shift;

	for (shift = 0; shift < 35 && r->p < r->end; shift += 7) {
		uint32_t c = *r->p++;

		if (shift == 28 && c > 0x0f)
			break;
		v |= (c & 0x7f) << shift;
		if (c < 0x80)
			return v;
	}
	r->bad = true;
	r->p = r->end;
	return 0;
}

/* A count of things that take at least size bytes each. */
static uint32_t
take_size(struct reader *r, size_t size)
{
	uint32_t n = take_u32(r);

	if (n > (size_t)(r->end - r->p) / size) {
		r->bad = true;
		r->p = r->end;
		return 0;
	}
	return n;
}

static struct str
get_text(struct reader *r)
{
	uint32_t n = take_size(r, 1);
	struct str s = { (const char *)r->p, n };

	r->p += n;
	return s;
}

static uint32_t
get_line(struct reader *r)
{
	uint32_t v = take_u32(r);

	r->line += v >> 1 ^ (v & 1 ? UINT32_MAX : 0);
	return r->line;
}

/* A position below limit, or SCAN_MODULE if that is allowed. */
static uint32_t
get_owner(struct reader *r, uint32_t limit)
{
	uint32_t v = take_u32(r) - 1;

	if (v != SCAN_MODULE && v >= limit)
		r->bad = true;
	return v;
}

/* Room for n things of which used are taken; fewer fit than are said to come
 * only in a broken record. */
static bool
range_fits(struct reader *r, uint32_t used, uint32_t n, uint32_t cap)
{
	if (n <= cap - used)
		return true;
	r->bad = true;
	return false;
}

static struct scan_range
get_list(struct reader *r, struct scan *s, uint32_t cap)
{
	struct scan_range range = { s->ntexts, take_size(r, 1) };
	uint32_t i;

	if (!range_fits(r, s->ntexts, range.n, cap))
		range.n = 0;
	for (i = 0; i < range.n; i++)
		s->texts[s->ntexts++] = get_text(r);
	return range;
}

static void *
array(struct arena *a, uint32_t n, size_t size)
{
	return arena_calloc(a, ((size_t)n + 1) * size);
}

static void
get_head(struct reader *r, struct scan *s)
{
	s->flags = take_u32(r);
	s->lines = take_u32(r);
	s->error_line = take_u32(r);
	s->error = get_text(r);
}

/* all and hooks, alone in texts until the definitions come. */
static void
get_lists(struct reader *r, struct arena *a, struct scan *s)
{
	uint32_t n = take_size(r, 1);

	s->texts = array(a, n, sizeof(*s->texts));
	s->all = get_list(r, s, n);
	s->hooks = get_list(r, s, n);
	s->words = get_text(r);
	r->bad |= s->words.n % 2 != 0;
}

static void
get_imports(struct reader *r, struct arena *a, struct scan *s)
{
	uint32_t n = take_size(r, 7), names = take_size(r, 2), i, j;

	s->imports = array(a, n, sizeof(*s->imports));
	s->names = array(a, names, sizeof(*s->names));
	s->nimports = n;
	for (i = 0; i < n && !r->bad; i++) {
		struct scan_import *m = &s->imports[i];

		m->flags = take_u32(r);
		m->level = take_u32(r);
		m->owner = take_u32(r) - 1;
		m->line = get_line(r);
		m->module = get_text(r);
		m->as = get_text(r);
		m->names.at = s->nnames;
		m->names.n = take_size(r, 2);
		if (!range_fits(r, s->nnames, m->names.n, names))
			return;
		for (j = 0; j < m->names.n; j++) {
			struct scan_name *name = &s->names[s->nnames++];

			name->name = get_text(r);
			name->as = get_text(r);
		}
	}
	get_lists(r, a, s);
}

static void
get_decos(struct reader *r, struct scan *s, struct scan_def *d, uint32_t cap)
{
	uint32_t i;

	d->decos.at = s->ndecos;
	d->decos.n = take_size(r, 4);
	if (!range_fits(r, s->ndecos, d->decos.n, cap)) {
		d->decos.n = 0;
		return;
	}
	for (i = 0; i < d->decos.n; i++) {
		struct scan_deco *deco = &s->decos[s->ndecos++];

		deco->name = get_text(r);
		deco->arg = get_text(r);
		deco->line = get_line(r);
		deco->called = take_u32(r);
	}
}

static void
get_defs(struct reader *r, struct arena *a, struct scan *s)
{
	uint32_t n = take_size(r, 9);
	uint32_t texts = take_size(r, 1) + s->ntexts;
	uint32_t decos = take_size(r, 4), i;
	struct str *both = array(a, texts, sizeof(*both));

	memcpy(both, s->texts, s->ntexts * sizeof(*both));
	s->texts = both;
	s->defs = array(a, n, sizeof(*s->defs));
	s->decos = array(a, decos, sizeof(*s->decos));
	s->ndefs = n;
	for (i = 0; i < n && !r->bad; i++) {
		struct scan_def *d = &s->defs[i];

		d->name = get_text(r);
		d->parent = get_owner(r, i);
		d->flags = take_u32(r);
		d->first_line = get_line(r);
		d->line = get_line(r);
		d->end_line = get_line(r);
		d->bases = get_list(r, s, texts);
		d->params = get_list(r, s, texts);
		get_decos(r, s, d, decos);
	}
	for (i = 0; i < s->nimports; i++) {
		if (s->imports[i].owner != SCAN_MODULE &&
		    s->imports[i].owner >= n)
			r->bad = true;
	}
}

static void
get_tables(struct reader *r, struct arena *a, struct scan *s)
{
	uint32_t i;

	s->nfixtures = take_size(r, 4);
	s->fixtures = array(a, s->nfixtures, sizeof(*s->fixtures));
	for (i = 0; i < s->nfixtures; i++) {
		s->fixtures[i].def = take_u32(r);
		s->fixtures[i].flags = take_u32(r);
		s->fixtures[i].name = get_text(r);
		s->fixtures[i].scope = get_text(r);
		r->bad |= s->fixtures[i].def >= s->ndefs;
	}
	s->nuses = take_size(r, 2);
	s->uses = array(a, s->nuses, sizeof(*s->uses));
	for (i = 0; i < s->nuses; i++) {
		s->uses[i].owner = get_owner(r, s->ndefs);
		s->uses[i].fixture = get_text(r);
	}
	s->nmarks = take_size(r, 3);
	s->marks = array(a, s->nmarks, sizeof(*s->marks));
	for (i = 0; i < s->nmarks; i++) {
		s->marks[i].owner = get_owner(r, s->ndefs);
		s->marks[i].name = get_text(r);
		s->marks[i].arg = get_text(r);
	}
	s->nassigns = take_size(r, 6);
	s->assigns = array(a, s->nassigns, sizeof(*s->assigns));
	for (i = 0; i < s->nassigns; i++) {
		s->assigns[i].name = get_text(r);
		s->assigns[i].text = get_text(r);
		s->assigns[i].owner = get_owner(r, s->ndefs);
		s->assigns[i].value = take_u32(r);
		s->assigns[i].line = get_line(r);
		s->assigns[i].conditional = take_u32(r);
	}
}

static struct scan_range
get_range(struct reader *r, struct scan *s, uint32_t cap)
{
	struct scan_range range = { s->nrefs, take_size(r, 1) };
	uint32_t i;

	if (!range_fits(r, s->nrefs, range.n, cap))
		range.n = 0;
	for (i = 0; i < range.n; i++) {
		uint32_t sym = take_u32(r);

		r->bad |= sym >= s->nsyms;
		s->refs[s->nrefs++] = sym;
	}
	return range;
}

static void
get_refs(struct reader *r, struct arena *a, struct scan *s)
{
	uint32_t i, n;

	s->nsyms = take_size(r, 1);
	s->syms = array(a, s->nsyms, sizeof(*s->syms));
	for (i = 0; i < s->nsyms; i++)
		s->syms[i] = get_text(r);
	n = take_size(r, 1);
	s->refs = array(a, n, sizeof(*s->refs));
	s->module_refs = get_range(r, s, n);
	for (i = 0; i < s->ndefs && !r->bad; i++)
		s->defs[i].refs = get_range(r, s, n);
}

static bool
begin_record(struct reader *r, const void *p, size_t n, struct scan *out)
{
	*out = (struct scan){ 0 };
	*r = (struct reader){ .p = p };
	if (n == 0)
		return false;
	r->end = r->p + n;
	get_head(r, out);
	return !r->bad;
}

static int
reading_done(const struct reader *r, struct scan *out)
{
	if (!r->bad)
		return 1;
	*out = (struct scan){ 0 };
	return 0;
}

int
record_decode(const void *p, size_t n, struct arena *a, struct scan *out)
{
	struct reader r;

	if (!begin_record(&r, p, n, out))
		return 0;
	get_imports(&r, a, out);
	if (!r.bad)
		get_defs(&r, a, out);
	if (!r.bad)
		get_tables(&r, a, out);
	if (!r.bad)
		get_refs(&r, a, out);
	if (r.p != r.end)
		r.bad = true;
	return reading_done(&r, out);
}

int
record_decode_imports(const void *p, size_t n, struct arena *a,
	struct scan *out)
{
	struct reader r;

	if (!begin_record(&r, p, n, out))
		return 0;
	get_imports(&r, a, out);
	return reading_done(&r, out);
}

uint32_t
record_flags(const void *p, size_t n)
{
	struct reader r;
	struct scan s;

	return begin_record(&r, p, n, &s) ? s.flags
		: SCAN_ERROR | SCAN_COMPUTED | SCAN_PLACE | SCAN_PREFIX;
}
