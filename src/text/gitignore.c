/* SPDX-License-Identifier: Apache-2.0 */
#include "text/gitignore.h"

#include <string.h>

#include "text/glob.h"
#include "util/path.h"

/* How a pattern is compared: the cheap ways cover nearly every real rule. */
enum how {
	HOW_LITERAL,            /* the whole text */
	HOW_SUFFIX,             /* "*text" */
	HOW_PREFIX,             /* "text*" */
	HOW_GLOB,
};

struct gitignore_rule {
	struct str text;        /* without '!', a leading or final '/' */
	enum how how;
	bool negated, dir_only;
	bool anchored;          /* compared with the path from base, not with
	                         * the last component */
};

static bool
is_literal(struct str s)
{
	return !glob_is(s) && !memchr(s.p, '\\', s.n);
}

/* Spaces at the end do not count unless the last has a backslash. */
static void
trim(struct str *s)
{
	size_t i, end = 0;

	for (i = 0; i < s->n; i++) {
		if (s->p[i] == '\\' && i + 1 < s->n)
			i++;
		else if (s->p[i] == ' ')
			continue;
		end = i + 1;
	}
	s->n = end;
}

static void
classify(struct gitignore_rule *r)
{
	struct str s = r->text;

	r->how = HOW_GLOB;
	if (is_literal(s)) {
		r->how = HOW_LITERAL;
	} else if (!r->anchored && s.n > 1 && s.p[0] == '*' &&
	           is_literal((struct str){ s.p + 1, s.n - 1 })) {
		r->how = HOW_SUFFIX;
		r->text = (struct str){ s.p + 1, s.n - 1 };
	} else if (!r->anchored && s.n > 1 && s.p[s.n - 1] == '*' &&
	           is_literal((struct str){ s.p, s.n - 1 })) {
		r->how = HOW_PREFIX;
		r->text.n--;
	}
}

/* false: a comment or blank line. */
static bool
rule_parse(struct str s, struct gitignore_rule *r)
{
	*r = (struct gitignore_rule){ 0 };
	if (s.n && s.p[s.n - 1] == '\r')
		s.n--;
	if (s.n == 0 || s.p[0] == '#')
		return false;
	if (s.p[0] == '!') {
		r->negated = true;
		s.p++;
		s.n--;
	}
	trim(&s);
	if (s.n && s.p[s.n - 1] == '/') {
		r->dir_only = true;
		s.n--;
	}
	if (s.n == 0)
		return false;
	r->anchored = memchr(s.p, '/', s.n) != NULL;
	if (s.p[0] == '/') {
		s.p++;
		s.n--;
	}
	r->text = s;
	classify(r);
	return s.n > 0;
}

struct gitignore *
gitignore_parse(struct arena *a, const struct gitignore *up, struct str base,
	const char *p, size_t n)
{
	struct gitignore *ig = arena_calloc(a, sizeof(*ig));
	struct str text, line;
	const char *nl;
	size_t lines = 1, i;

	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		p += 3;
		n -= 3;
	}
	text = arena_dup(a, (struct str){ p, n });
	for (i = 0; i < n; i++)
		lines += text.p[i] == '\n';
	ig->up = up;
	ig->base = arena_dup(a, base);
	ig->rules = arena_alloc(a, lines * sizeof(*ig->rules));
	while (text.n) {
		nl = memchr(text.p, '\n', text.n);
		line = (struct str){ text.p,
			nl ? (size_t)(nl - text.p) : text.n };
		text.p += line.n + (nl != NULL);
		text.n -= line.n + (nl != NULL);
		if (rule_parse(line, &ig->rules[ig->n]))
			ig->n++;
	}
	return ig;
}

static bool
rule_match(const struct gitignore_rule *r, struct str path, struct str base)
{
	struct str s = r->anchored ? path : base;

	switch (r->how) {
	case HOW_LITERAL:
		return str_eq(s, r->text);
	case HOW_SUFFIX:
		return s.n >= r->text.n && memcmp(s.p + s.n - r->text.n,
			r->text.p, r->text.n) == 0;
	case HOW_PREFIX:
		return s.n >= r->text.n &&
		       memcmp(s.p, r->text.p, r->text.n) == 0;
	case HOW_GLOB:
		return glob_path(r->text, s);
	}
	return false;
}

bool
gitignore_match(const struct gitignore *ig, struct str path, bool is_dir)
{
	struct str base = path_base(path), sub;
	const struct gitignore_rule *r;
	size_t i;

	for (; ig; ig = ig->up) {
		if (path.n < ig->base.n ||
		    memcmp(path.p, ig->base.p, ig->base.n) != 0)
			continue;
		sub = (struct str){ path.p + ig->base.n,
			path.n - ig->base.n };
		for (i = ig->n; i-- > 0;) {
			r = &ig->rules[i];
			if ((!r->dir_only || is_dir) &&
			    rule_match(r, sub, base))
				return !r->negated;
		}
	}
	return false;
}
