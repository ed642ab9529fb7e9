/* SPDX-License-Identifier: Apache-2.0 */
/* Reads lines "SPECIFIER<TAB>VERSION<TAB>PRE" and "VERSION<TAB>VERSION" and
 * prints what it finds; see tests/py/pep440_compare.py. */
#include <stdio.h>
#include <stdlib.h>

#include "pep440_print.h"
#include "python/version/pep440.h"

static void
compare(struct arena *a, struct str x, struct str y)
{
	struct pep440 v, w;
	struct buf b = {0};
	int r;

	if (!pep440_parse(a, x, &v)) {
		printf("invalid\n");
		return;
	}
	pep440_print(&b, &v);
	if (!pep440_parse(a, y, &w)) {
		printf("%s invalid\n", b.p);
	} else {
		r = pep440_cmp(&v, &w);
		printf("%s %d\n", b.p, r < 0 ? -1 : r > 0);
	}
	buf_release(&b);
}

static void
match(struct arena *a, struct str spec, struct str version, int pre)
{
	struct pep440_set set;
	struct pep440 v;
	struct err err = {0};

	if (pep440_set_parse(a, spec, &set, &err) < 0)
		printf("invalid\n");
	else if (!pep440_parse(a, version, &v))
		printf("invalid version\n");
	else
		printf("%d\n", pep440_match(&set, &v, version, pre));
	err_release(&err);
}

int
main(void)
{
	char *line = NULL, *tab, *tab2;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, stdin)) > 0) {
		struct arena a = {0};

		line[n - 1] = 0;
		tab = strchr(line, '\t');
		if (!tab)
			return 2;
		*tab++ = 0;
		tab2 = strchr(tab, '\t');
		if (tab2) {
			*tab2++ = 0;
			match(&a, str_of(line), str_of(tab), atoi(tab2));
		} else {
			compare(&a, str_of(line), str_of(tab));
		}
		arena_release(&a);
	}
	free(line);
	return 0;
}
