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

struct str
addopts_id(struct str word)
{
	const char *node = memmem(word.p, word.n, "::", 2);

	if (!node)
		return STR("");
	return (struct str){ node, word.n - (size_t)(node - word.p) };
}

/* The path that a word names, absolute; "" if there is nothing. */
static struct str
named_path(struct arena *a, struct str word, struct str dir)
{
	struct buf b = { 0 };
	struct str path = STR("");

	word.n -= addopts_id(word).n;
	if (word.n) {
		path_join(&b, dir, word);
		b.n = path_fold(b.p, b.n);
		if (access(buf_str(&b).p, F_OK) == 0)
			path = arena_dup(a, buf_str(&b));
	}
	buf_release(&b);
	return path;
}

/* Drops the ids in files that are named otherwise too. */
static void
drop_covered(const struct pytest_list *paths, struct pytest_list *ids)
{
	size_t n = 0;

	for (size_t i = 0; i < ids->n; i++) {
		struct str file = ids->v[i];
		bool covered = false;

		file.n -= addopts_id(file).n;
		for (size_t k = 0; k < paths->n && !covered; k++)
			covered = path_below(file, paths->v[k]);
		if (!covered)
			ids->v[n++] = ids->v[i];
	}
	ids->n = n;
}

/* Takes the word for what it names. false: nothing. */
static bool
take_word(struct arena *a, struct str word, struct str dir,
	struct pytest_list *paths, struct pytest_list *ids)
{
	struct str path = named_path(a, word, dir), id = addopts_id(word);

	if (!path.n)
		return false;
	if (id.n)
		ids->v[ids->n++] = arena_fmt(a, "%.*s%.*s", (int)path.n, path.p,
		                             (int)id.n, id.p);
	else
		paths->v[paths->n++] = path;
	return true;
}

void
addopts_paths(struct arena *a, const struct pytest_options *o,
	const struct pytest_list *args, struct str dir,
	struct pytest_list *out, struct pytest_list *ids)
{
	enum pytest_value next = OPTION_ALONE;
	bool sure = false, is;

	*out = *ids = (struct pytest_list){ 0 };
	out->v = arena_alloc(a, (args->n + 1) * sizeof(*out->v));
	ids->v = arena_alloc(a, (args->n + 1) * sizeof(*ids->v));
	for (size_t i = 0; i < args->n; i++) {
		struct str word = args->v[i];

		if (str_is(word, "--pyargs") || str_is(word, "--")) {
			sure = false;
			break;
		}
		if (word.n > 1 && word.p[0] == '-') {
			next = after(o, word);
			continue;
		}
		if (next == OPTION_VALUED || next == OPTION_MAYBE) {
			next = OPTION_ALONE;
			continue;
		}
		is = take_word(a, word, dir, out, ids);
		sure |= is && next == OPTION_ALONE;
		next = OPTION_ALONE;
	}
	if (!sure)
		out->n = ids->n = 0;
	drop_covered(out, ids);
}
