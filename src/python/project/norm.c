/* SPDX-License-Identifier: Apache-2.0 */
#include "python/project/project.h"

struct str
project_norm(struct arena *a, struct str name)
{
	char *p = arena_text(a, name.n + 1);
	size_t i, n = 0;
	char c;

	for (i = 0; i < name.n; i++) {
		c = name.p[i];
		if (c == '-' || c == '_' || c == '.') {
			if (n == 0 || p[n - 1] != '-')
				p[n++] = '-';
		} else {
			p[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') :
				c;
		}
	}
	p[n] = 0;
	return (struct str){ p, n };
}
