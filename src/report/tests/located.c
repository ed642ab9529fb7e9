/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "report/tests/located.h"

#include <string.h>
#include <unistd.h>

#include "util/path.h"

void
located_of(struct located *l, const char *stand, const struct results *r)
{
	const char *cwd = results_text(r->json, "cwd");
	const char *rootdir = results_text(r->json, "rootdir");

	*l = (struct located){
		.stand = str_of(stand ? stand : ""), .cwd = str_of(cwd),
		.rootdir = str_of(*rootdir ? rootdir : cwd),
	};
}

void
located_path(const struct located *l, struct str path, struct buf *out)
{
	if (path.n && path.p[0] == '/')
		buf_addstr(out, path);
	else
		path_relative(out, l->stand, path);
}

static bool
is_same(const struct located *l, struct str dir)
{
	return !l->stand.n && (!dir.n || str_is(dir, "."));
}

/* A path from dir; false, and nothing is added: there is no such file. */
static bool
add_from(const struct located *l, struct str dir, struct str path,
	struct buf *out)
{
	struct buf joined = { 0 };
	bool there;

	path_join(&joined, dir, path);
	there = path.n && access(joined.p, F_OK) == 0;
	if (there)
		located_path(l, buf_str(&joined), out);
	buf_release(&joined);
	return there;
}

void
located_id(const struct located *l, struct str id, struct buf *out)
{
	const char *colons = memmem(id.p, id.n, "::", 2);
	struct str path = id;

	if (colons)
		path.n = (size_t)(colons - id.p);
	if (is_same(l, l->rootdir) || !add_from(l, l->rootdir, path, out))
		buf_addstr(out, path);
	buf_add(out, id.p + path.n, id.n - path.n);
}

/* The length of PATH in "PATH:LINE:"; 0: the line is not like that. */
static size_t
place_length(struct str line)
{
	size_t at, i;

	if (!line.n || line.p[0] == ' ')
		return 0;
	for (at = 1; at < line.n; at++) {
		if (line.p[at] != ':')
			continue;
		for (i = at + 1; i < line.n && line.p[i] >= '0' &&
		     line.p[i] <= '9'; i++)
			continue;
		if (i > at + 1 && i < line.n && line.p[i] == ':')
			return at;
	}
	return 0;
}

void
located_text(const struct located *l, struct str text, struct buf *out)
{
	struct str line, path;
	const char *nl;

	if (is_same(l, l->cwd)) {
		buf_addstr(out, text);
		return;
	}
	while (text.n) {
		nl = memchr(text.p, '\n', text.n);
		line = (struct str){ text.p,
			nl ? (size_t)(nl - text.p) + 1 : text.n };
		path = (struct str){ line.p, place_length(line) };
		if (path.n && add_from(l, l->cwd, path, out))
			buf_add(out, line.p + path.n, line.n - path.n);
		else
			buf_addstr(out, line);
		text.p += line.n;
		text.n -= line.n;
	}
}
