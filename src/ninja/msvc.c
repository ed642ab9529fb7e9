/* SPDX-License-Identifier: Apache-2.0 */
#include "ninja/msvc.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "util/arena.h"
#include "util/hash.h"
#include "util/mem.h"
#include "util/path.h"

static bool
contains(struct str s, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= s.n; i++)
		if (strncasecmp(s.p + i, word, n) == 0)
			return true;
	return false;
}

/* cl names the file it compiles before anything else. */
static bool
source_name(struct str line)
{
	static const char *const suffixes[] = {
		".c", ".cc", ".cxx", ".cpp", ".c++",
	};

	for (size_t i = 0; i < countof(suffixes); i++) {
		size_t n = strlen(suffixes[i]);

		if (line.n >= n && strncasecmp(line.p + line.n - n,
		    suffixes[i], n) == 0)
			return true;
	}
	return false;
}

/* The path in a line of /showIncludes; empty if it is none. */
static struct str
included(struct str line, struct str prefix)
{
	size_t i = prefix.n;

	if (line.n <= prefix.n || memcmp(line.p, prefix.p, prefix.n) != 0)
		return STR("");
	while (i < line.n && line.p[i] == ' ')
		i++;
	return (struct str){ line.p + i, line.n - i };
}

/* The line at the beginning of *text, which moves behind it. */
static struct str
next_line(struct str *text)
{
	struct str line = { text->p, 0 };
	size_t n;

	while (line.n < text->n && line.p[line.n] != '\r' &&
	       line.p[line.n] != '\n')
		line.n++;
	n = line.n;
	if (n < text->n && text->p[n] == '\r')
		n++;
	if (n < text->n && text->p[n] == '\n')
		n++;
	*text = (struct str){ text->p + n, text->n - n };
	return line;
}

int
msvc_filter(struct str output, struct str prefix, struct buf *rest,
	int (*include)(void *ctx, struct str path, struct err *err), void *ctx,
	struct err *err)
{
	struct arena mem = { 0 };
	struct map seen = { 0 };
	bool any = false;
	int ret = 0;

	if (prefix.n == 0)
		prefix = STR("Note: including file: ");
	while (ret == 0 && output.n) {
		struct str line = next_line(&output);
		struct str path = included(line, prefix);
		int added;

		if (path.n) {
			any = true;
			path = arena_dup(&mem, path);
			path.n = path_fold((char *)path.p, path.n);
			if (contains(path, "program files") ||
			    contains(path, "microsoft visual studio"))
				continue;
			map_put(&seen, path, &added);
			if (added)
				ret = include(ctx, path, err);
		} else if (any || !source_name(line)) {
			buf_addstr(rest, line);
			buf_addc(rest, '\n');
		}
	}
	map_release(&seen);
	arena_release(&mem);
	return ret < 0 ? -1 : 0;
}
