/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "python/version/pep440.h"

/* Micro versions that pep440_allows_minor tries. */
#define MICRO_MAX 64

/* Takes the operator off s; false: there is none. */
static bool
take_op(struct str *s, enum pep440_op *op)
{
	static const struct {
		const char *text;
		enum pep440_op op;
	} ops[] = {
		{ "===", SPEC_ARBITRARY }, { "==", SPEC_EQ },
		{ "!=", SPEC_NE }, { "<=", SPEC_LE }, { ">=", SPEC_GE },
		{ "~=", SPEC_COMPATIBLE }, { "<", SPEC_LT }, { ">", SPEC_GT },
	};
	size_t i, n;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (!str_starts(*s, ops[i].text))
			continue;
		n = strlen(ops[i].text);
		*op = ops[i].op;
		*s = str_strip((struct str){ s->p + n, s->n - n });
		return true;
	}
	return false;
}

static bool
has_space(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (char_is_space(s.p[i]))
			return true;
	}
	return false;
}

/* What is wrong with the version of a specifier that PEP 440 refuses; NULL:
 * nothing. */
static const char *
version_fault(struct arena *a, struct pep440_spec *sp)
{
	struct str s = sp->text;
	bool equality = sp->op == SPEC_EQ || sp->op == SPEC_NE;

	if (s.n == 0)
		return "lacks a version";
	sp->wildcard = str_ends(s, ".*");
	if (sp->wildcard)
		s.n -= 2;
	if (!pep440_parse(a, s, &sp->version) || has_space(sp->text))
		return has_space(sp->text) ?
			"is not one version (is a comma missing?)" :
			"is not a version";
	if (sp->wildcard && !equality)
		return "may have '.*' only after == and !=";
	if (sp->wildcard && (pep440_is_pre(&sp->version) ||
	    sp->version.post || sp->version.local.n))
		return "may have '.*' only after a release";
	if (sp->version.local.n && !equality)
		return "may have a local version only after == and !=";
	if (sp->op == SPEC_COMPATIBLE && sp->version.nrelease < 2)
		return "needs at least two parts after ~=";
	return NULL;
}

static int
not_a_specifier(struct err *err, struct str set, struct str part,
	const char *what)
{
	return err_set(err, "'%.*s' is not a version specifier: '%.*s' %s",
		(int)set.n, set.p, (int)part.n, part.p, what);
}

static int
spec_parse(struct arena *a, struct str set, struct str part,
	struct pep440_spec *sp, struct err *err)
{
	const char *fault;

	sp->text = part;
	if (!take_op(&sp->text, &sp->op))
		return not_a_specifier(err, set, part,
			"lacks an operator such as >= or ==");
	if (sp->op == SPEC_ARBITRARY) {
		if (has_space(sp->text) || memchr(sp->text.p, ';', sp->text.n)
		    || memchr(sp->text.p, ')', sp->text.n))
			return not_a_specifier(err, set, part,
				"is not one version (is a comma missing?)");
		return 0;
	}
	fault = version_fault(a, sp);
	return fault ? not_a_specifier(err, set, sp->text, fault) : 0;
}

int
pep440_set_parse(struct arena *a, struct str text, struct pep440_set *set,
	struct err *err)
{
	size_t i, n = 1;
	const char *comma;
	struct str rest = text, part;

	for (i = 0; i < text.n; i++)
		n += text.p[i] == ',';
	*set = (struct pep440_set){ .text = text };
	set->specs = arena_calloc(a, n * sizeof(*set->specs));
	while (rest.n) {
		comma = memchr(rest.p, ',', rest.n);
		n = comma ? (size_t)(comma - rest.p) : rest.n;
		part = str_strip((struct str){ rest.p, n });
		rest.p += n + (comma != NULL);
		rest.n -= n + (comma != NULL);
		if (part.n == 0)
			continue;
		if (spec_parse(a, text, part, &set->specs[set->n], err) < 0)
			return -1;
		set->n++;
	}
	return 0;
}

/* v without everything after the release. */
static struct pep440
base_of(const struct pep440 *v)
{
	return (struct pep440){ .epoch = v->epoch, .release = v->release,
		.nrelease = v->nrelease };
}

static struct pep440
public_of(const struct pep440 *v)
{
	struct pep440 p = *v;

	p.local = (struct str){ 0 };
	return p;
}

static bool
same_base(const struct pep440 *a, const struct pep440 *b)
{
	struct pep440 x = base_of(a), y = base_of(b);

	return pep440_cmp(&x, &y) == 0;
}

/* Does v begin with the first n parts of the prefix's release? */
static bool
prefix_match(const struct pep440 *prefix, size_t n, const struct pep440 *v)
{
	struct pep440 a = base_of(prefix), b = base_of(v);

	a.nrelease = n;
	if (b.nrelease > n)
		b.nrelease = n;
	return pep440_cmp(&a, &b) == 0;
}

static bool
versions_equal(const struct pep440_spec *sp, const struct pep440 *v)
{
	struct pep440 p = public_of(v);

	if (sp->wildcard)
		return prefix_match(&sp->version, sp->version.nrelease, v);
	return pep440_cmp(sp->version.local.n ? v : &p, &sp->version) == 0;
}

/* A pre-release of the specified version is not less than it, unless that is
 * a pre-release too. */
static bool
less(const struct pep440 *s, const struct pep440 *v)
{
	struct pep440 p = public_of(v);

	if (pep440_cmp(v, s) >= 0)
		return false;
	if (pep440_is_pre(s) || !pep440_is_pre(v))
		return true;
	p.dev = false;
	return s->post ? pep440_cmp(&p, s) != 0 : !same_base(v, s);
}

/* A post-release or local version of the specified version is not greater
 * than it, unless that is a post-release too. */
static bool
greater(const struct pep440 *s, const struct pep440 *v)
{
	struct pep440 p = public_of(v);

	if (pep440_cmp(&p, s) <= 0)
		return false;
	if (s->post || !v->post)
		return true;
	p.post = p.dev = false;
	return pep440_cmp(&p, s) != 0;
}

static char
to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool
same_text(struct str a, struct str b)
{
	size_t i;

	if (a.n != b.n)
		return false;
	for (i = 0; i < a.n; i++) {
		if (to_lower(a.p[i]) != to_lower(b.p[i]))
			return false;
	}
	return true;
}

static bool
spec_match(const struct pep440_spec *sp, const struct pep440 *v,
	struct str text)
{
	struct pep440 p = public_of(v);

	switch (sp->op) {
	case SPEC_EQ:
		return versions_equal(sp, v);
	case SPEC_NE:
		return !versions_equal(sp, v);
	case SPEC_LE:
		return pep440_cmp(&p, &sp->version) <= 0;
	case SPEC_GE:
		return pep440_cmp(&p, &sp->version) >= 0;
	case SPEC_LT:
		return less(&sp->version, v);
	case SPEC_GT:
		return greater(&sp->version, v);
	case SPEC_COMPATIBLE:
		return pep440_cmp(&p, &sp->version) >= 0 &&
		       prefix_match(&sp->version, sp->version.nrelease - 1, v);
	case SPEC_ARBITRARY:
		return same_text(text, sp->text);
	}
	return false;
}

static bool
names_pre(const struct pep440_set *set)
{
	size_t i;

	for (i = 0; i < set->n; i++) {
		if (set->specs[i].op != SPEC_NE &&
		    set->specs[i].op != SPEC_ARBITRARY &&
		    pep440_is_pre(&set->specs[i].version))
			return true;
	}
	return false;
}

bool
pep440_match(const struct pep440_set *set, const struct pep440 *v,
	struct str text, int pre)
{
	size_t i;

	if (pep440_is_pre(v) && !(pre > 0 || (pre < 0 && names_pre(set))))
		return false;
	for (i = 0; i < set->n; i++) {
		if (!spec_match(&set->specs[i], v, text))
			return false;
	}
	return true;
}

bool
pep440_allows_minor(const struct pep440_set *set, int major, int minor)
{
	char text[3][16];
	struct pep440_num release[3];
	struct pep440 v = { .release = release, .nrelease = 3 };
	char whole[48];
	int micro, i, parts[3] = { major, minor, 0 };

	for (micro = 0; micro <= MICRO_MAX + 1; micro++) {
		parts[2] = micro > MICRO_MAX ? 9999 : micro;
		for (i = 0; i < 3; i++) {
			snprintf(text[i], sizeof(text[i]), "%d", parts[i]);
			release[i] = (struct pep440_num){ text[i],
				parts[i] ? strlen(text[i]) : 0 };
		}
		snprintf(whole, sizeof(whole), "%d.%d.%d", major, minor,
			parts[2]);
		if (pep440_match(set, &v, str_of(whole), 1))
			return true;
	}
	return false;
}
