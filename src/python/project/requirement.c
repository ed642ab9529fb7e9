/* SPDX-License-Identifier: Apache-2.0 */
#include "python/project/requirement.h"

#include <string.h>

#include "text/shell.h"
#include "util/mem.h"

static const struct option {
	const char *name;
	enum requirement_names names;
} options[] = {
	{ "--requirement", REQUIREMENT_FILE },
	{ "--constraint", REQUIREMENT_FILE },
	{ "--editable", REQUIREMENT_IN_PLACE },
	{ "-r", REQUIREMENT_FILE }, { "-c", REQUIREMENT_FILE },
	{ "-e", REQUIREMENT_IN_PLACE },
};

static struct str
cut(struct str s, size_t n)
{
	return (struct str){ s.p + n, s.n - n };
}

/* The next word, without its quotes. */
static struct str
next_word(struct str text, struct arena *a)
{
	struct shell sh = { .rest = text };
	struct str word = STR("");

	if (shell_next(&sh) == SHELL_WORD)
		word = arena_dup(a, buf_str(&sh.word));
	shell_release(&sh);
	return word;
}

static bool
is_archive(struct str word)
{
	static const char *const ends[] = {
		".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz",
	};

	for (size_t i = 0; i < countof(ends); i++)
		if (str_ends(word, ends[i]))
			return true;
	return false;
}

/* A path, be it an address, without what is to be chosen of it; n 0: it is none.
 * sure: no name of a package stands here. */
static struct str
local_path(struct str word, bool sure, struct arena *a)
{
	const char *end;

	if (str_starts(word, "file:")) {
		word = cut(word, 5);
		word = str_starts(word, "//localhost/") ? cut(word, 11) :
		       str_starts(word, "///") ? cut(word, 2) : word;
		sure = true;
	}
	if (strstr(word.p, "://"))
		return STR("");
	end = memchr(word.p, '#', word.n);
	word.n = end ? (size_t)(end - word.p) : word.n;
	end = memchr(word.p, '[', word.n);
	word.n = end ? (size_t)(end - word.p) : word.n;
	if (!sure && !memchr(word.p, '/', word.n) && !str_starts(word, ".") &&
	    !is_archive(word))
		return STR("");
	return arena_dup(a, word);
}

/* What follows the name of an option; false: the line has another. */
static bool
option_value(struct str line, const char *name, struct str *value)
{
	size_t n = strlen(name);

	if (!str_starts(line, name))
		return false;
	*value = cut(line, n);
	if (value->n && (*value->p == '=' || strchr(" \t", *value->p)))
		*value = cut(*value, 1);
	else if (n > 2)
		return false;
	*value = str_strip(*value);
	return true;
}

/* Behind "name @"; else the line itself. */
static struct str
behind_name(struct str line)
{
	const char *at = memchr(line.p, '@', line.n);
	struct str name = { line.p, at ? (size_t)(at - line.p) : 0 };

	if (!at || memchr(name.p, '/', name.n) || memchr(name.p, ':', name.n))
		return line;
	return str_strip(cut(line, name.n + 1));
}

enum requirement_names
requirement_line(struct str line, struct arena *a, struct str *path)
{
	struct str value;

	line = str_strip(line);
	for (size_t i = 0; i < countof(options); i++) {
		if (!option_value(line, options[i].name, &value))
			continue;
		value = next_word(value, a);
		*path = options[i].names != REQUIREMENT_FILE
		      ? local_path(value, true, a)
		      : strstr(value.p, "://") ? STR("") : value;
		return path->n ? options[i].names : REQUIREMENT_NOTHING;
	}
	if (!line.n || *line.p == '-' || *line.p == '#')
		return REQUIREMENT_NOTHING;
	*path = local_path(next_word(behind_name(line), a), false, a);
	return path->n ? REQUIREMENT_COPY : REQUIREMENT_NOTHING;
}
