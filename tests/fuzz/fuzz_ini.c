/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>

#include "text/ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena a = {0};
	struct err err = {0};
	struct ini ini;
	struct str *v;
	const struct ini_section *s;
	const struct ini_item *it;
	int style;

	for (style = INI_PYTEST; style <= INI_CONFIGPARSER; style++) {
		if (ini_parse(&a, (const char *)p, n, (enum ini_style)style,
		    &ini, &err) < 0 && (!err.msg || err.line < 1))
			__builtin_trap();
		err_release(&err);
		for (s = ini.sections; s; s = s->next) {
			for (it = s->items; it; it = it->next) {
				if (!it->value.p)
					__builtin_trap();
				ini_lines(&a, it->value, 1, &v);
			}
		}
	}
	arena_release(&a);
	return 0;
}
