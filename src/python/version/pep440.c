/* SPDX-License-Identifier: Apache-2.0 */
#include "python/version/pep440.h"

#include <string.h>

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* Takes digits off the front of s; 0 if there are none. */
static int
take_digits(struct str *s, struct pep440_num *out)
{
	size_t n = 0, zeros = 0;

	while (n < s->n && is_digit(s->p[n]))
		n++;
	if (n == 0)
		return 0;
	while (zeros < n && s->p[zeros] == '0')
		zeros++;
	*out = (struct pep440_num){ s->p + zeros, n - zeros };
	s->p += n;
	s->n -= n;
	return 1;
}

static bool
take_literal(struct str *s, const char *word)
{
	size_t i, n = strlen(word);

	if (s->n < n)
		return false;
	for (i = 0; i < n; i++) {
		if (lower(s->p[i]) != word[i])
			return false;
	}
	s->p += n;
	s->n -= n;
	return true;
}

static void
take_separator(struct str *s)
{
	if (s->n && (*s->p == '.' || *s->p == '-' || *s->p == '_')) {
		s->p++;
		s->n--;
	}
}

static int
take_release(struct arena *a, struct str *s, struct pep440 *v)
{
	struct str t = *s;
	size_t n = 1, i;

	for (i = 0; i < t.n; i++)
		n += t.p[i] == '.';
	v->release = arena_alloc(a, n * sizeof(*v->release));
	if (!take_digits(s, &v->release[0]))
		return 0;
	v->nrelease = 1;
	while (s->n > 1 && s->p[0] == '.' && is_digit(s->p[1])) {
		s->p++;
		s->n--;
		take_digits(s, &v->release[v->nrelease++]);
	}
	return 1;
}

static void
take_pre(struct str *s, struct pep440 *v)
{
	static const struct {
		const char *word;
		enum pep440_pre pre;
	} words[] = {
		{ "alpha", PRE_A }, { "a", PRE_A }, { "beta", PRE_B },
		{ "b", PRE_B }, { "preview", PRE_RC }, { "pre", PRE_RC },
		{ "c", PRE_RC }, { "rc", PRE_RC },
	};
	struct str t = *s;
	size_t i;

	take_separator(&t);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!take_literal(&t, words[i].word))
			continue;
		take_separator(&t);
		take_digits(&t, &v->pre_n);
		v->pre = words[i].pre;
		*s = t;
		return;
	}
}

static void
take_post(struct str *s, struct pep440 *v)
{
	struct str t = *s;

	if (t.n > 1 && t.p[0] == '-' && is_digit(t.p[1])) {
		s->p++;
		s->n--;
		v->post = true;
		take_digits(s, &v->post_n);
		return;
	}
	take_separator(&t);
	if (!take_literal(&t, "post") && !take_literal(&t, "rev") &&
	    !take_literal(&t, "r"))
		return;
	take_separator(&t);
	take_digits(&t, &v->post_n);
	v->post = true;
	*s = t;
}

static void
take_dev(struct str *s, struct pep440 *v)
{
	struct str t = *s;

	take_separator(&t);
	if (!take_literal(&t, "dev"))
		return;
	take_separator(&t);
	take_digits(&t, &v->dev_n);
	v->dev = true;
	*s = t;
}

static bool
is_local(char c)
{
	c = lower(c);
	return is_digit(c) || (c >= 'a' && c <= 'z');
}

/* "+abc.1"; 0 if what is left is no local version. */
static int
take_local(struct str *s, struct pep440 *v)
{
	size_t i;

	if (s->n == 0)
		return 1;
	if (s->p[0] != '+' || s->n == 1)
		return 0;
	for (i = 1; i < s->n; i++) {
		if (is_local(s->p[i]))
			continue;
		if (!strchr(".-_", s->p[i]) || s->p[i] == 0 || i == 1 ||
		    i + 1 == s->n || !is_local(s->p[i - 1]))
			return 0;
	}
	v->local = (struct str){ s->p + 1, s->n - 1 };
	s->p += s->n;
	s->n = 0;
	return 1;
}

int
pep440_parse(struct arena *a, struct str text, struct pep440 *v)
{
	struct str s = str_strip(text), t;

	*v = (struct pep440){ 0 };
	if (s.n && lower(*s.p) == 'v') {
		s.p++;
		s.n--;
	}
	t = s;
	if (take_digits(&t, &v->epoch) && t.n && *t.p == '!') {
		s.p = t.p + 1;
		s.n = t.n - 1;
	} else {
		v->epoch = (struct pep440_num){ 0 };
	}
	if (!take_release(a, &s, v))
		return 0;
	take_pre(&s, v);
	take_post(&s, v);
	take_dev(&s, v);
	return take_local(&s, v);
}

static int
num_cmp(struct pep440_num a, struct pep440_num b)
{
	if (a.n != b.n)
		return a.n < b.n ? -1 : 1;
	return a.n ? memcmp(a.p, b.p, a.n) : 0;
}

/* The i-th part of the release; missing ones are 0. */
static struct pep440_num
release_part(const struct pep440 *v, size_t i)
{
	return i < v->nrelease ? v->release[i] : (struct pep440_num){ 0 };
}

static int
release_cmp(const struct pep440 *a, const struct pep440 *b)
{
	size_t i, n = a->nrelease > b->nrelease ? a->nrelease : b->nrelease;
	int r = num_cmp(a->epoch, b->epoch);

	for (i = 0; r == 0 && i < n; i++)
		r = num_cmp(release_part(a, i), release_part(b, i));
	return r;
}

/* Where the pre-release puts v among versions of the same release: a dev
 * release alone is before all, no pre-release after all. */
static int
pre_rank(const struct pep440 *v)
{
	if (v->pre != PRE_NONE)
		return (int)v->pre;
	return !v->post && v->dev ? 0 : PRE_RC + 1;
}

static int
suffix_cmp(const struct pep440 *a, const struct pep440 *b)
{
	int r = pre_rank(a) - pre_rank(b);

	if (r == 0 && a->pre != PRE_NONE)
		r = num_cmp(a->pre_n, b->pre_n);
	if (r == 0)
		r = (int)a->post - (int)b->post;
	if (r == 0 && a->post)
		r = num_cmp(a->post_n, b->post_n);
	if (r == 0)
		r = (int)b->dev - (int)a->dev;
	if (r == 0 && a->dev)
		r = num_cmp(a->dev_n, b->dev_n);
	return r;
}

/* Takes the next part of a local version off s; false: none left. */
static bool
local_next(struct str *s, struct str *out)
{
	size_t n = 0;

	if (s->n == 0)
		return false;
	while (n < s->n && is_local(s->p[n]))
		n++;
	*out = (struct str){ s->p, n };
	n += n < s->n;
	s->p += n;
	s->n -= n;
	return true;
}

static int
local_part_cmp(struct str a, struct str b)
{
	struct pep440_num x, y;
	struct str s = a, t = b;
	bool i = take_digits(&s, &x) && s.n == 0;
	bool j = take_digits(&t, &y) && t.n == 0;
	size_t k;

	if (i && j)
		return num_cmp(x, y);
	if (i != j)
		return i ? 1 : -1;
	for (k = 0; k < a.n && k < b.n; k++) {
		if (lower(a.p[k]) != lower(b.p[k]))
			return lower(a.p[k]) - lower(b.p[k]);
	}
	return a.n < b.n ? -1 : a.n > b.n;
}

static int
local_cmp(struct str a, struct str b)
{
	struct str x, y;
	bool i, j;
	int r;

	for (;;) {
		i = local_next(&a, &x);
		j = local_next(&b, &y);
		if (!i || !j)
			return (int)i - (int)j;
		r = local_part_cmp(x, y);
		if (r != 0)
			return r;
	}
}

static int
public_cmp(const struct pep440 *a, const struct pep440 *b)
{
	int r = release_cmp(a, b);

	return r ? r : suffix_cmp(a, b);
}

int
pep440_cmp(const struct pep440 *a, const struct pep440 *b)
{
	int r = public_cmp(a, b);

	return r ? r : local_cmp(a->local, b->local);
}

bool
pep440_is_pre(const struct pep440 *v)
{
	return v->dev || v->pre != PRE_NONE;
}
