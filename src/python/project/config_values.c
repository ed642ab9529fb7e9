/* SPDX-License-Identifier: Apache-2.0 */
#include "python/project/internal.h"

int
config_place(struct err *err, const struct toml *v)
{
	if (err && !err->line) {
		err->line = v->line;
		err->col = v->col;
	}
	return -1;
}

int
config_word(const struct toml *table, const char *name,
	const char *const *words, const char *all, struct err *err)
{
	struct str s;
	int i;

	if (toml_str(table, name, &s, err) < 0)
		return -1;
	for (i = 0; words[i]; i++) {
		if (str_is(s, words[i]))
			return i;
	}
	err_set(err, "%s: must be %s, not \"%s\"", name, all, s.p);
	return config_place(err, toml_get(table, name));
}
