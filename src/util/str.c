/* SPDX-License-Identifier: Apache-2.0 */
#include "util/str.h"

#include <stdlib.h>

#include "util/mem.h"

int
str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	if (c)
		return c;
	return (a.n > b.n) - (a.n < b.n);
}

/* The run of digits that s begins with, without zeros in front; taken off. */
static struct str
take_number(struct str *s)
{
	struct str run = { s->p, 0 };

	while (run.n < s->n && run.p[run.n] >= '0' && run.p[run.n] <= '9')
		run.n++;
	s->p += run.n;
	s->n -= run.n;
	while (run.n > 1 && *run.p == '0') {
		run.p++;
		run.n--;
	}
	return run;
}

int
str_cmp_natural(struct str a, struct str b)
{
	struct str x = a, y = b;

	while (x.n && y.n) {
		struct str m = take_number(&x), n = take_number(&y);

		if (m.n && n.n && m.n != n.n)
			return m.n < n.n ? -1 : 1;
		if (m.n && n.n && !str_eq(m, n))
			return str_cmp(m, n);
		if (!m.n != !n.n)
			return str_cmp(m.n ? m : x, n.n ? n : y);
		if (!x.n || !y.n)
			break;
		if (*x.p != *y.p)
			return (unsigned char)*x.p < (unsigned char)*y.p ? -1
			                                                  : 1;
		x.p++, x.n--;
		y.p++, y.n--;
	}
	return x.n != y.n && (!x.n || !y.n) ? x.n ? 1 : -1 : str_cmp(a, b);
}

int
str_cmp_qsort(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static unsigned
min3(unsigned a, unsigned b, unsigned c)
{
	if (b < a)
		a = b;
	return c < a ? c : a;
}

unsigned
str_distance(struct str a, struct str b, unsigned max)
{
	size_t gap = a.n > b.n ? a.n - b.n : b.n - a.n;
	unsigned *row, diag, up, best;

	if (gap > max)
		return max + 1;
	row = xcalloc(b.n + 1, sizeof(*row));
	for (size_t j = 0; j <= b.n; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= a.n; i++) {
		diag = row[0];
		best = row[0] = (unsigned)i;
		for (size_t j = 1; j <= b.n; j++) {
			up = row[j];
			row[j] = min3(up + 1, row[j - 1] + 1,
			              diag + (a.p[i - 1] != b.p[j - 1]));
			diag = up;
			if (row[j] < best)
				best = row[j];
		}
		if (best > max)
			break;
	}
	best = row[b.n] > max ? max + 1 : row[b.n];
	free(row);
	return best;
}

const char *
str_nearest(const char *word, const char *const *words, unsigned n)
{
	unsigned best = STR_SLIP + 1, d;
	const char *found = NULL;

	for (unsigned i = 0; i < n; i++) {
		d = str_distance(str_of(word), str_of(words[i]), STR_SLIP);
		if (d < best) {
			best = d;
			found = words[i];
		}
	}
	return found;
}
