/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../pep440_print.h"
#include "python/version/pep440.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* What is printed must be read back as the same version. */
static void
round_trip(struct arena *a, const struct pep440 *v)
{
	struct buf b = {0};
	struct pep440 w;

	pep440_print(&b, v);
	if (!pep440_parse(a, buf_str(&b), &w) || pep440_cmp(v, &w) != 0)
		__builtin_trap();
	buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str text = { (const char *)p, n }, first = text;
	const char *line = n ? memchr(p, '\n', n) : NULL;
	struct arena a = {0};
	struct err err = {0};
	struct pep440_set set;
	struct pep440 v;

	if (line)
		first.n = (size_t)(line - text.p);
	if (pep440_parse(&a, first, &v))
		round_trip(&a, &v);
	text.p += first.n;
	text.n -= first.n;
	if (pep440_set_parse(&a, text, &set, &err) == 0) {
		pep440_allows_minor(&set, 3, 12);
		if (pep440_parse(&a, first, &v))
			pep440_match(&set, &v, first, -1);
	} else if (!err.msg) {
		__builtin_trap();
	}
	err_release(&err);
	arena_release(&a);
	return 0;
}
