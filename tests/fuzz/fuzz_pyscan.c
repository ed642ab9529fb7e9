/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as Python source: the scan must be sound in itself, and the same
 * after a record; its items must be found. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "python/index/record.h"
#include "python/items/items.h"
#include "python/scan/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(int ok)
{
	if (!ok)
		__builtin_trap();
}

static void
range(struct scan_range r, uint32_t n)
{
	must(r.at <= n && r.n <= n - r.at);
}

static void
owner(const struct scan *s, uint32_t owner)
{
	must(owner == SCAN_MODULE || owner < s->ndefs);
}

static void
sound(const struct scan *s)
{
	uint32_t i;

	must(!(s->flags & SCAN_ERROR) || s->error.n);
	must(!(s->flags & SCAN_ERROR) || (s->flags & SCAN_COMPUTED));
	for (i = 0; i < s->nimports; i++) {
		range(s->imports[i].names, s->nnames);
		owner(s, s->imports[i].owner);
	}
	for (i = 0; i < s->ndefs; i++) {
		const struct scan_def *d = &s->defs[i];

		must(d->parent == SCAN_MODULE || d->parent < i);
		must(d->first_line <= d->line && d->line <= d->end_line);
		range(d->bases, s->ntexts);
		range(d->params, s->ntexts);
		range(d->decos, s->ndecos);
		range(d->refs, s->nrefs);
	}
	for (i = 0; i < s->nrefs; i++)
		must(s->refs[i] < s->nsyms);
	for (i = 0; i < s->nfixtures; i++)
		must(s->fixtures[i].def < s->ndefs);
	for (i = 0; i < s->nmarks; i++)
		owner(s, s->marks[i].owner);
	for (i = 0; i < s->nuses; i++)
		owner(s, s->uses[i].owner);
	for (i = 0; i < s->nassigns; i++)
		owner(s, s->assigns[i].owner);
	range(s->module_refs, s->nrefs);
	range(s->all, s->ntexts);
	range(s->hooks, s->ntexts);
}

/* Every import of a module means that module itself. */
static int
itself(void *ctx, const void *from, struct str module, uint32_t level,
	struct scan_module *out)
{
	(void)from;
	if (level == 0 && module.n % 2)
		return 0;
	*out = (struct scan_module){ ctx, NULL };
	return 1;
}

static void
items(struct scan *s, struct arena *a)
{
	struct scan_module m = { s, NULL };
	struct scan_rules rules = { 0 };
	struct scan_items out;
	uint32_t i;

	scan_items(&m, &rules, itself, s, a, &out);
	for (i = 0; i < out.n; i++)
		must(out.v[i].id.n > 0);
	rules.unittest = true;
	scan_items(&m, &rules, NULL, NULL, a, &out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena a = { 0 };
	struct buf one = { 0 }, two = { 0 };
	struct scan s, t;

	scan_source((const char *)p, n, &a, &s);
	sound(&s);
	record_encode(&s, &one);
	must(record_decode(one.p, one.n, &a, &t));
	sound(&t);
	record_encode(&t, &two);
	must(one.n == two.n && !memcmp(one.p, two.p, one.n));
	items(&s, &a);
	buf_release(&one);
	buf_release(&two);
	arena_release(&a);
	return 0;
}
