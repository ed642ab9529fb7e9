/* SPDX-License-Identifier: Apache-2.0 */
#include "util/path.h"

#include <string.h>

/* Needs no work: no "//", no "." or ".." component, no trailing slash. */
static bool
folded(const char *p, size_t n)
{
	size_t i = 0;

	if (n == 0)
		return true;
	if (p[n - 1] == '/')
		return n == 1;
	while (i < n) {
		const char *slash;

		if (p[i] == '/' && i > 0)
			return false;
		if (p[i] == '.') {
			if (i + 1 == n || p[i + 1] == '/')
				return n == 1;
			if (p[i + 1] == '.' &&
			    (i + 2 == n || p[i + 2] == '/'))
				return false;
		}
		slash = memchr(p + i, '/', n - i);
		if (!slash)
			return true;
		i = (size_t)(slash - p) + 1;
	}
	return true;
}

size_t
path_fold(char *p, size_t n)
{
	size_t base, out, in = 0, depth = 0;

	if (folded(p, n))
		return n;
	base = out = p[0] == '/';
	in = base;
	while (in < n) {
		size_t start, len;
		char *slash;

		if (p[in] == '/') {
			in++;
			continue;
		}
		start = in;
		slash = memchr(p + in, '/', n - in);
		len = slash ? (size_t)(slash - p) - in : n - in;
		in += len;
		if (len == 1 && p[start] == '.')
			continue;
		if (len == 2 && p[start] == '.' && p[start + 1] == '.') {
			if (depth) {
				depth--;
				while (out > base && p[out - 1] != '/')
					out--;
				if (out > base)
					out--;
				continue;
			}
			/* "/.." keeps its dots, as ninja has it. */
		} else {
			depth++;
		}
		if (out > base)
			p[out++] = '/';
		memmove(p + out, p + start, len);
		out += len;
	}
	if (out == 0)
		p[out++] = '.';
	if (out < n)
		p[out] = '\0';
	return out;
}

void
path_join(struct buf *out, struct str dir, struct str name)
{
	size_t from = out->n;

	if (!(name.n && name.p[0] == '/') && dir.n && !str_is(dir, ".")) {
		buf_addstr(out, dir);
		buf_addc(out, '/');
	}
	buf_addstr(out, name);
	out->n = from + path_fold(out->p + from, out->n - from);
	out->p[out->n] = '\0';
}

static size_t
last_slash(struct str path)
{
	size_t n = path.n;

	while (n && path.p[n - 1] != '/')
		n--;
	return n;
}

struct str
path_dir(struct str path)
{
	size_t n = last_slash(path);

	return (struct str){ path.p, n > 1 ? n - 1 : n };
}

struct str
path_base(struct str path)
{
	size_t n = last_slash(path);

	return (struct str){ path.p + n, path.n - n };
}

bool
path_below(struct str path, struct str dir)
{
	if (dir.n == 0 || str_is(dir, "."))
		return path.n == 0 || (path.p[0] != '/' &&
		       !str_is(path, "..") && !str_starts(path, "../"));
	if (str_is(dir, "/"))
		return path.n && path.p[0] == '/';
	return path.n >= dir.n && memcmp(path.p, dir.p, dir.n) == 0 &&
	       (path.n == dir.n || path.p[dir.n] == '/');
}

int
path_order(struct str a, struct str b)
{
	size_t i, n = a.n < b.n ? a.n : b.n;
	unsigned char x, y;

	for (i = 0; i < n && a.p[i] == b.p[i]; i++)
		;
	if (i == n)
		return a.n < b.n ? -1 : a.n > b.n;
	x = (unsigned char)a.p[i];
	y = (unsigned char)b.p[i];
	if (x == '/' || y == '/')
		return x == '/' ? -1 : 1;
	return x < y ? -1 : 1;
}

void
path_relative(struct buf *out, struct str dir, struct str path)
{
	size_t same = 0, i = 0, from = out->n;

	while (i < dir.n && i < path.n && dir.p[i] == path.p[i]) {
		if (dir.p[i] == '/')
			same = i + 1;
		i++;
	}
	if (i == dir.n && (i == path.n || path.p[i] == '/'))
		same = i + 1;
	else if (i == path.n && dir.p[i] == '/')
		same = i + 1;
	if (same <= dir.n && dir.n > 1) {
		buf_adds(out, "..");
		for (size_t k = same; k < dir.n; k++)
			if (dir.p[k] == '/')
				buf_adds(out, "/..");
	}
	if (same < path.n) {
		if (out->n > from)
			buf_addc(out, '/');
		buf_add(out, path.p + same, path.n - same);
	}
	if (out->n == from)
		buf_addc(out, '.');
}

static bool
shell_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("_+./-", c));
}

static void
quote(struct buf *out, struct str word, const char *more)
{
	size_t i = 0;

	while (i < word.n && (shell_plain(word.p[i]) ||
	       (word.p[i] && strchr(more, word.p[i]))))
		i++;
	if (i == word.n) {
		buf_addstr(out, word);
		return;
	}
	buf_addc(out, '\'');
	for (i = 0; i < word.n; i++) {
		if (word.p[i] == '\'')
			buf_adds(out, "'\\''");
		else
			buf_addc(out, word.p[i]);
	}
	buf_addc(out, '\'');
}

void
path_shell(struct buf *out, struct str word)
{
	quote(out, word, "");
}

void
path_pasted(struct buf *out, struct str word)
{
	quote(out, word, ":");
}
