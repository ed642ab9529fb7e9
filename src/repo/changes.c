/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/internal.h"

#include <stdarg.h>
#include <string.h>

#include "util/mem.h"

int
repo_fail(const struct repo *r, struct err *err, const char *fmt, ...)
{
	const git_error *last = r->lib.error_last();
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	err_code(err, EXIT_ENV, "git: %s: %s", b.p,
	         last && last->message ? last->message : "unknown error");
	buf_release(&b);
	return -1;
}

void
changes_add(const struct repo *r, struct changes *c, const char *path,
	enum repo_how how, const git_oid *old)
{
	struct str p = str_of(path);
	struct repo_change *change;

	c->v = vec_grow(c->v, &c->cap, c->n + 1, sizeof(*c->v));
	change = &c->v[c->n++];
	*change = (struct repo_change){ .how = how, .has_old = old != NULL };
	if (old)
		memcpy(change->old, old->id, sizeof(change->old));
	while (p.n && p.p[p.n - 1] == '/')
		p.n--;
	if (p.n > r->prefix.n && memcmp(p.p, r->prefix.p, r->prefix.n) == 0 &&
	    (r->prefix.n == 0 || p.p[r->prefix.n] == '/')) {
		size_t skip = r->prefix.n + (r->prefix.n > 0);

		change->path = arena_dup(c->a, (struct str){ p.p + skip,
			p.n - skip });
		return;
	}
	change->path = arena_fmt(c->a, "%.*s/%.*s",
	                         r->top.n > 1 ? (int)r->top.n : 0, r->top.p,
	                         (int)p.n, p.p);
}
