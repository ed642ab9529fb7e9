/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "session/targets/lacking.h"

#include <ctype.h>
#include <string.h>

#include "util/file.h"
#include "util/path.h"

/* What of an id is a name in the text of its file: without parameters, classes
 * and, of a doctest, modules. */
static struct str
bare_name(struct str id)
{
	const char *bracket = memchr(id.p, '[', id.n);
	struct str name = id;

	if (bracket)
		name.n = (size_t)(bracket - id.p);
	for (size_t i = name.n; i-- > 0;) {
		if (name.p[i] != ':' && name.p[i] != '.')
			continue;
		name.p += i + 1;
		name.n -= i + 1;
		break;
	}
	return name;
}

static bool
is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

/* Is the name a word of the text? */
static bool
text_names(struct str text, struct str name)
{
	const char *end = text.p + text.n, *p = text.p;

	while (name.n && (p = memmem(p, (size_t)(end - p), name.p, name.n))) {
		const char *after = p + name.n;

		if ((p == text.p || !is_word_char(p[-1])) &&
		    (after == end || !is_word_char(*after)))
			return true;
		p = after;
	}
	return !name.n;
}

/* Is it the item, or a class that the item is in? */
static bool
covers(struct str id, const struct scan_item *item)
{
	return str_starts(item->id, id.p) &&
	       (item->id.n == id.n || item->id.p[id.n] == ':');
}

/* May the file have that item, by all that its text tells? */
static bool
may_hold(const struct front_select *want, const struct scan_items *items)
{
	struct buf text = { 0 };
	bool has = file_read(want->file.p, &text, NULL) != 1 ||
	           text_names(buf_str(&text), bare_name(want->id));

	if (items->flags & (ITEMS_MORE | ITEMS_LOAD_TESTS))
		has = true;
	for (uint32_t i = 0; i < items->n && !has; i++)
		has = items->v[i].flags & ITEM_DYNAMIC ||
		      covers(want->id, &items->v[i]);
	buf_release(&text);
	return has;
}

static int
lacks(const struct session *s, const struct front_select *want,
	const struct scan_items *items, struct err *err)
{
	const char *near = NULL;
	unsigned best = STR_SLIP + 1;
	struct buf file = { 0 };
	int r;

	for (uint32_t i = 0; i < items->n; i++) {
		unsigned d = str_distance(want->id, items->v[i].id, STR_SLIP);

		if (d >= best)
			continue;
		best = d;
		near = items->v[i].id.p;
	}
	path_relative(&file, buf_str(&s->below), want->file);
	if (near)
		r = err_code(err, EXIT_USAGE, "%s::%s: there is no such test, "
		             "did you mean '%s::%s'?", file.p, want->id.p,
		             file.p, near);
	else
		r = err_code(err, EXIT_USAGE, "%s::%s: there is no such test "
		             "(tgraph -t tests %s lists those that there "
		             "are)", file.p, want->id.p, file.p);
	buf_release(&file);
	return r;
}

int
lacking_ids(struct session *s, struct err *err)
{
	int r = 0;

	if (!s->front_loaded || s->o->failed)
		return 0;
	for (size_t i = 0; i < s->nselect && r == 0; i++) {
		struct arena a = { 0 };
		struct scan_items items;

		if (front_items(&s->front, s->select[i].file, true, &a,
		                &items) > 0 &&
		    !may_hold(&s->select[i], &items))
			r = lacks(s, &s->select[i], &items, err);
		arena_release(&a);
	}
	return r;
}
