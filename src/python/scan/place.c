/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "python/scan/internal.h"
#include "util/mem.h"

/* Words that can tell a program where it lies. What only opens a file by such a
 * path does not depend on it, but that cannot be told apart here. */

struct word {
	const char *last;
	const char *under;      /* the name before it must be this; NULL: any or
	                         * none, ".": any */
};

/* Sorted. */
static const struct word words[] = {
	{ "__cached__", NULL }, { "__file__", NULL }, { "__loader__", NULL },
	{ "__path__", NULL }, { "__spec__", NULL }, { "absolute", NULL },
	{ "abspath", NULL }, { "bestrelpath", NULL }, { "co_filename", NULL },
	{ "cwd", NULL }, { "extract_stack", NULL }, { "extract_tb", NULL },
	{ "filename", "." }, { "files", "resources" }, { "format_exc", NULL },
	{ "format_exception", NULL }, { "format_stack", NULL },
	{ "format_tb", NULL }, { "fspath", "item" }, { "fspath", "node" },
	{ "fspath", "request" }, { "get_filename", NULL },
	{ "getabsfile", NULL }, { "getcwd", NULL }, { "getcwdb", NULL },
	{ "getfile", NULL }, { "getsourcefile", NULL }, { "inifile", NULL },
	{ "inipath", NULL }, { "instance_path", NULL },
	{ "invocation_dir", NULL }, { "invocation_params", NULL },
	{ "origin", "." }, { "path", "item" }, { "path", "node" },
	{ "path", "request" }, { "pathname", "." }, { "print_exc", NULL },
	{ "print_stack", NULL }, { "realpath", NULL }, { "relpath", NULL },
	{ "resolve", NULL }, { "resource_filename", NULL },
	{ "root_path", NULL }, { "rootdir", NULL }, { "rootpath", NULL },
	{ "stack", "inspect" }, { "startdir", NULL }, { "startpath", NULL },
	{ "strpath", NULL }, { "submodule_search_locations", NULL },
};

/* As strcmp has it. */
static int
compare(struct str a, const char *b)
{
	size_t n = strlen(b);
	int c = memcmp(a.p, b, a.n < n ? a.n : n);

	return c ? c : (a.n > n) - (a.n < n);
}

/* The first of the words that is not before name. */
static size_t
find(struct str name)
{
	size_t low = 0, high = countof(words);

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (compare(name, words[mid].last) > 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool
word_tells(struct str last, struct str before)
{
	for (size_t i = find(last); i < countof(words); i++) {
		const char *under = words[i].under;

		if (!str_is(last, words[i].last))
			return false;
		if (!under || (*under == '.' ? before.n > 0
		                             : str_is(before, under)))
			return true;
	}
	return false;
}

bool
scan_tells_place(struct str name)
{
	struct str before = { name.p, 0 };
	const char *end = name.p + name.n;

	for (const char *p = name.p; p < end;) {
		const char *dot = memchr(p, '.', (size_t)(end - p));
		struct str word = { p, (size_t)((dot ? dot : end) - p) };

		/* .x: an attribute of what has no name */
		if (word.n && word_tells(word, p == name.p ? before :
		                         before.n ? before : STR(".")))
			return true;
		before = word;
		p = dot ? dot + 1 : end;
	}
	return false;
}

bool
scan_text_tells_place(struct str text)
{
	const char *end = text.p + text.n;

	for (const char *p = text.p; p < end;) {
		const char *q = p;

		while (q < end && (token_name_char(*q) || *q == '.'))
			q++;
		if (q > p && scan_tells_place((struct str){
		    p, (size_t)(q - p) }))
			return true;
		p = q + 1;
	}
	return false;
}

/* A call that only adds to sys.path: what it adds need not be known. */
static bool
adds_path(const struct scanner *s, struct str name)
{
	static const char *const calls[] = {
		"sys.path.insert", "sys.path.append", "site.addsitedir",
	};

	for (size_t i = 0; i < countof(calls); i++)
		if (str_is(name, calls[i]))
			return token_op(&s->in.tok, '(');
	return str_ends(name, ".syspath_prepend");
}

void
scan_place_use(struct scanner *s, const struct symbol *sym)
{
	if (sym->known == KNOWN_SYS_PATH && adds_path(s, sym->s))
		s->path_call = true;
	else if (!s->path_call && (sym->place ||
	         sym->known == KNOWN_SYS_PATH))
		s->place = true;
}

/* ---- words ---- */

static unsigned
word_hash(struct str word)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < word.n; i++)
		h = (h ^ (unsigned char)word.p[i]) * 16777619u;
	return (h ^ h >> 16) & 0xffff;
}

/* Takes the next word off text. */
static bool
next_word(struct str *text, struct str *word)
{
	const char *p = text->p, *end = text->p + text->n, *q;

	while (p < end && !token_name_char(*p))
		p++;
	for (q = p; q < end && token_name_char(*q); q++)
		;
	*word = (struct str){ p, (size_t)(q - p) };
	*text = (struct str){ q, (size_t)(end - q) };
	return word->n > 0;
}

void
scan_place_words(struct scanner *s, struct str text)
{
	struct str word;

	while (next_word(&text, &word)) {
		unsigned h = word_hash(word);

		s->words[h / 64] |= UINT64_C(1) << h % 64;
	}
}

static bool
has_word(const struct scan *s, unsigned hash)
{
	size_t low = 0, high = s->words.n / 2;

	while (low < high) {
		size_t mid = (low + high) / 2;
		const unsigned char *p =
			(const unsigned char *)s->words.p + 2 * mid;
		unsigned at = p[0] | (unsigned)p[1] << 8;

		if (at == hash)
			return true;
		if (at < hash)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

bool
scan_has_words(const struct scan *s, struct str text)
{
	struct str word;
	bool any = false;

	while (next_word(&text, &word)) {
		if (!has_word(s, word_hash(word)))
			return false;
		any = true;
	}
	return any;
}

/* ---- the end ---- */

/* from importlib.resources import files */
static bool
import_tells(const struct scan *o, const struct scan_import *m)
{
	struct str before = m->module;

	while (before.n && memchr(before.p, '.', before.n)) {
		before.p++;
		before.n--;
	}
	for (uint32_t i = 0; i < m->names.n; i++)
		if (word_tells(o->names[m->names.at + i].name, before))
			return true;
	return false;
}

/* A name that the file uses, or imports from elsewhere, may be of these; and
 * what runs text, or was not read, is not known. */
static bool
tells_place(const struct scanner *s)
{
	const struct scan *o = &s->out;

	if (s->place || s->known & (1u << KNOWN_EXEC | 1u << KNOWN_EVAL) ||
	    o->flags & (SCAN_ERROR | SCAN_EVAL))
		return true;
	for (uint32_t i = 0; i < o->nimports; i++)
		if (import_tells(o, &o->imports[i]))
			return true;
	return false;
}

/* out.words from the bits. */
static void
settle_words(struct scanner *s)
{
	unsigned n = 0;
	char *p;

	for (size_t i = 0; i < countof(s->words); i++)
		n += (unsigned)__builtin_popcountll(s->words[i]);
	p = arena_text(s->arena, 2 * (size_t)n);
	s->out.words = (struct str){ p, 2 * (size_t)n };
	for (unsigned i = 0; i < countof(s->words); i++) {
		for (uint64_t w = s->words[i]; w; w &= w - 1) {
			unsigned h = 64 * i + (unsigned)__builtin_ctzll(w);

			*p++ = (char)h;
			*p++ = (char)(h >> 8);
		}
	}
}

void
scan_place(struct scanner *s)
{
	if (tells_place(s))
		s->out.flags |= SCAN_PLACE;
	settle_words(s);
}
