/* SPDX-License-Identifier: Apache-2.0 */
#include "python/pytest/addopts.h"

#include <string.h>
#include <unistd.h>

#include "util/path.h"

/* Letters take the rest of the word as their value, or the next one. */
static enum pytest_value
after_letters(const struct pytest_options *o, struct str word)
{
	for (size_t i = 1; i < word.n; i++) {
		char name[2] = { '-', word.p[i] };

		switch (pytest_options_find(o, (struct str){ name, 2 })) {
		case OPTION_VALUED:
		case OPTION_MAYBE:
			return i + 1 < word.n ? OPTION_ALONE : OPTION_VALUED;
		case OPTION_UNKNOWN:
			return OPTION_UNKNOWN;
		case OPTION_ALONE:
			break;
		}
	}
	return OPTION_ALONE;
}

/* Is the word after an option its value? */
static enum pytest_value
after(const struct pytest_options *o, struct str word)
{
	if (!str_starts(word, "--"))
		return after_letters(o, word);
	return memchr(word.p, '=', word.n) ? OPTION_ALONE :
	       pytest_options_find(o, word);
}

/* The path that a word names, absolute; "" if there is nothing. */
static struct str
path_of(struct arena *a, struct str word, struct str dir)
{
	const char *node = memmem(word.p, word.n, "::", 2);
	struct buf b = { 0 };
	struct str path = STR("");

	if (node)
		word.n = (size_t)(node - word.p);
	if (word.n) {
		path_join(&b, dir, word);
		b.n = path_fold(b.p, b.n);
		if (access(buf_str(&b).p, F_OK) == 0)
			path = arena_dup(a, buf_str(&b));
	}
	buf_release(&b);
	return path;
}

void
addopts_paths(struct arena *a, const struct pytest_options *o,
	const struct pytest_list *args, struct str dir,
	struct pytest_list *out)
{
	enum pytest_value next = OPTION_ALONE;
	bool sure = false;

	*out = (struct pytest_list){ 0 };
	out->v = arena_alloc(a, (args->n + 1) * sizeof(*out->v));
	for (size_t i = 0; i < args->n; i++) {
		struct str word = args->v[i], path;

		if (str_is(word, "--pyargs") || str_is(word, "--")) {
			out->n = 0;
			return;
		}
		if (word.n > 1 && word.p[0] == '-') {
			next = after(o, word);
			continue;
		}
		if (next == OPTION_VALUED || next == OPTION_MAYBE) {
			next = OPTION_ALONE;
			continue;
		}
		path = path_of(a, word, dir);
		if (path.n)
			out->v[out->n++] = path;
		sure |= path.n && next == OPTION_ALONE;
		next = OPTION_ALONE;
	}
	if (!sure)
		out->n = 0;
}
