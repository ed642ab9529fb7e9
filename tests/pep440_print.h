/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_PEP440_PRINT_H
#define TG_TESTS_PEP440_PRINT_H

/* A version in PEP 440's normal form, to see how it was understood. */

#include <string.h>

#include "python/version/pep440.h"
#include "util/buf.h"

static inline void
pep440_print_num(struct buf *out, const char *before, struct pep440_num n)
{
	buf_adds(out, before);
	buf_addstr(out, n.n ? (struct str){ n.p, n.n } : STR("0"));
}

/* A part of a local version: a number without zeros in front, or lower case. */
static inline void
pep440_print_part(struct buf *out, struct str part)
{
	size_t digits = 0;

	while (digits < part.n && strchr("0123456789", part.p[digits]))
		digits++;
	while (digits == part.n && part.n > 1 && part.p[0] == '0') {
		part.p++;
		part.n--;
		digits--;
	}
	for (size_t i = 0; i < part.n; i++)
		buf_addc(out, part.p[i] >= 'A' && part.p[i] <= 'Z' ?
			(char)(part.p[i] + 'a' - 'A') : part.p[i]);
}

static inline void
pep440_print(struct buf *out, const struct pep440 *v)
{
	static const char *const pre[] = { "", "a", "b", "rc" };
	struct str part = { v->local.p, 0 };

	if (v->epoch.n) {
		pep440_print_num(out, "", v->epoch);
		buf_addc(out, '!');
	}
	for (size_t i = 0; i < v->nrelease; i++)
		pep440_print_num(out, i ? "." : "", v->release[i]);
	if (v->pre != PRE_NONE)
		pep440_print_num(out, pre[v->pre], v->pre_n);
	if (v->post)
		pep440_print_num(out, ".post", v->post_n);
	if (v->dev)
		pep440_print_num(out, ".dev", v->dev_n);
	for (size_t i = 0; v->local.n && i <= v->local.n; i++) {
		if (i < v->local.n && !strchr(".-_", v->local.p[i])) {
			part.n++;
			continue;
		}
		buf_addc(out, part.p == v->local.p ? '+' : '.');
		pep440_print_part(out, part);
		part = (struct str){ v->local.p + i + 1, 0 };
	}
}

#endif
