/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "python/pytest/internal.h"
#include "util/buf.h"
#include "util/path.h"

int
pytest_list_split(struct arena *a, struct str text, struct pytest_list *out,
	struct err *err)
{
	struct buf b = {0};
	bool word = false;
	size_t cap = 0;
	char quote = 0, c;
	size_t i;
	struct str *grown;

	*out = (struct pytest_list){ 0 };
	for (i = 0; i <= text.n; i++) {
		c = i < text.n ? text.p[i] : ' ';
		if (i == text.n && quote)
			break;
		if (quote ? c == quote : c == '"' || c == '\'') {
			quote = quote ? 0 : c;
			word = true;
		} else if (c == '\\' && quote != '\'') {
			if (i + 1 == text.n)
				break;
			if (quote && text.p[i + 1] != '"' &&
			    text.p[i + 1] != '\\')
				buf_addc(&b, c);
			else
				buf_addc(&b, text.p[++i]);
			word = true;
		} else if (!quote && strchr(" \t\r\n", c) && c) {
			if (!word)
				continue;
			if (out->n == cap) {
				cap = cap ? cap * 2 : 8;
				grown = arena_alloc(a, cap * sizeof(*grown));
				if (out->n)
					memcpy(grown, out->v, out->n *
						sizeof(*grown));
				out->v = grown;
			}
			out->v[out->n++] = arena_dup(a, buf_str(&b));
			buf_clear(&b);
			word = false;
		} else {
			buf_addc(&b, c);
			word = true;
		}
	}
	buf_release(&b);
	if (i <= text.n)
		return err_set(err, quote ? "no closing quotation in '%.*s'" :
			"nothing after the backslash in '%.*s'", (int)text.n,
			text.p);
	return 0;
}

void
pytest_list_add(struct arena *a, struct pytest_list *l, struct str s)
{
	struct str *grown;

	if ((l->n & (l->n - 1)) == 0) {
		grown = arena_alloc(a, (l->n ? l->n * 2 : 1) *
			sizeof(*grown));
		if (l->n)
			memcpy(grown, l->v, l->n * sizeof(*grown));
		l->v = grown;
	}
	l->v[l->n++] = s;
}

struct str
pytest_list_path(struct arena *a, struct str dir, struct str path)
{
	struct buf b = {0};
	struct str s;

	path_join(&b, dir, path);
	if (b.n)
		b.n = path_fold(b.p, b.n);
	s = arena_dup(a, buf_str(&b));
	buf_release(&b);
	return s;
}
