/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "python/lex/bytes.h"
#include "python/scan/internal.h"
#include "util/mem.h"

/* Words that can tell a program where it lies. What only opens a file by such a
 * path does not depend on it, but that cannot be told apart here. */

struct word {
	const char *last;
	const char *under;      /* the name before it must be this; NULL: any or
	                         * none, ".": any */
	bool prefix;            /* it tells where the interpreter lies */
};

/* By length. */
static const struct word words3[] = {
	{ "cwd", NULL }, { NULL, NULL },
};
static const struct word words4[] = {
	{ "path", "item" }, { "path", "node" }, { "path", "request" },
	{ NULL, NULL },
};
static const struct word words5[] = {
	{ "files", "resources" }, { "stack", "inspect" }, { NULL, NULL },
};
static const struct word words6[] = {
	{ "fspath", "item" }, { "fspath", "node" }, { "fspath", "request" },
	{ "getcwd", NULL }, { "origin", "." }, { "prefix", "sys", true },
	{ NULL, NULL },
};
static const struct word words7[] = {
	{ "abspath", NULL }, { "getcwdb", NULL }, { "getfile", NULL },
	{ "inifile", NULL }, { "inipath", NULL }, { "relpath", NULL },
	{ "resolve", NULL }, { "rootdir", NULL }, { "strpath", NULL },
	{ NULL, NULL },
};
static const struct word words8[] = {
	{ "__file__", NULL }, { "__path__", NULL }, { "__spec__", NULL },
	{ "absolute", NULL }, { "filename", "." }, { "pathname", "." },
	{ "get_path", "sysconfig", true }, { "realpath", NULL }, { "rootpath", NULL },
	{ "startdir", NULL }, { NULL, NULL },
};
static const struct word words9[] = {
	{ "format_tb", NULL }, { "get_paths", "sysconfig", true },
	{ "print_exc", NULL }, { "root_path", NULL }, { "startpath", NULL },
	{ NULL, NULL },
};
static const struct word words10[] = {
	{ "__cached__", NULL }, { "__loader__", NULL },
	{ "executable", "sys", true }, { "extract_tb", NULL },
	{ "format_exc", NULL }, { "getabsfile", NULL }, { NULL, NULL },
};
static const struct word words11[] = {
	{ "bestrelpath", NULL }, { "co_filename", NULL },
	{ "base_prefix", NULL, true }, { "exec_prefix", NULL, true },
	{ "print_stack", NULL }, { NULL, NULL },
};
static const struct word words12[] = {
	{ "format_stack", NULL }, { "get_filename", NULL }, { NULL, NULL },
};
static const struct word words13[] = {
	{ "extract_stack", NULL }, { "getsourcefile", NULL },
	{ "instance_path", NULL }, { NULL, NULL },
};
static const struct word words14[] = {
	{ "get_config_var", "sysconfig", true }, { "invocation_dir", NULL },
	{ NULL, NULL },
};
static const struct word words15[] = {
	{ "get_config_vars", "sysconfig", true }, { "getsitepackages", NULL, true },
	{ NULL, NULL },
};
static const struct word words16[] = {
	{ "format_exception", NULL }, { NULL, NULL },
};
static const struct word words17[] = {
	{ "invocation_params", NULL }, { "resource_filename", NULL },
	{ NULL, NULL },
};
static const struct word words26[] = {
	{ "submodule_search_locations", NULL }, { NULL, NULL },
};
static const struct word *const by_length[] = {
	[3] = words3, [4] = words4, [5] = words5, [6] = words6, [7] = words7,
	[8] = words8, [9] = words9, [10] = words10, [11] = words11,
	[12] = words12, [13] = words13, [14] = words14, [15] = words15,
	[16] = words16,
	[17] = words17, [26] = words26,
};

/* SCAN_PLACE, SCAN_PREFIX or 0. */
static uint32_t
word_tells(struct str last, struct str before)
{
	const struct word *w;

	if (last.n >= countof(by_length) || !by_length[last.n])
		return 0;
	for (w = by_length[last.n]; w->last; w++) {
		if (w->last[0] != last.p[0] || !str_is(last, w->last))
			continue;
		if (!w->under || (*w->under == '.' ? before.n > 0
		                                   : str_is(before, w->under)))
			return w->prefix ? SCAN_PREFIX : SCAN_PLACE;
	}
	return 0;
}

uint32_t
scan_tells_place(struct str name)
{
	struct str before = { name.p, 0 };
	const char *end = name.p + name.n;
	uint32_t tells = 0;

	for (const char *p = name.p; p < end;) {
		const char *dot = memchr(p, '.', (size_t)(end - p));
		struct str word = { p, (size_t)((dot ? dot : end) - p) };

		/* .x: an attribute of what has no name */
		if (word.n)
			tells |= word_tells(word, p == name.p ? before :
			                    before.n ? before : STR("."));
		before = word;
		p = dot ? dot + 1 : end;
	}
	return tells;
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
	else if (!s->path_call)
		s->tells |= sym->known == KNOWN_SYS_PATH ? SCAN_PLACE
		                                         : sym->tells;
}

/* ---- words ---- */

static inline bool
in_name(char c)
{
	unsigned u = (unsigned char)c;

	return (u | 0x20) - 'a' < 26 || u - '0' < 10 || u == '_' || u >= 0x80;
}

/* Up to 8 bytes of a word as a number, the first lowest. */
static uint64_t
word_number(const char *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n && i < 8; i++)
		v |= (uint64_t)(unsigned char)p[i] << 8 * i;
	return v;
}

/* The same if 8 bytes can be read. */
static inline uint64_t
number_of_padded(const char *p, size_t n)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return n < 8 ? v & (((uint64_t)1 << 8 * n) - 1) : v;
}

/* 16 bits of a hash. */
static inline unsigned
word_hash(const char *p, size_t n, uint64_t (*number)(const char *, size_t))
{
	uint64_t h = n * 0x9e3779b97f4a7c15u;

	for (; n > 8; p += 8, n -= 8) {
		h = (h ^ number(p, 8)) * 0x9fb21c651e98df25u;
		h ^= h >> 29;
	}
	return (unsigned)((h ^ number(p, n)) * 0x9fb21c651e98df25u >> 48);
}

/* Takes the next word off text. */
static bool
next_text_word(struct str *text, struct str *word)
{
	const char *p = text->p, *end = text->p + text->n, *q;

	while (p < end && !in_name(*p))
		p++;
	for (q = p; q < end && in_name(*q); q++)
		;
	*word = (struct str){ p, (size_t)(q - p) };
	*text = (struct str){ q, (size_t)(end - q) };
	return word->n > 0;
}

static inline void
add_hashed_word(struct scanner *s, unsigned h)
{
	uint64_t bit = UINT64_C(1) << h % 64;

	if (s->words[h / 64] & bit)
		return;
	s->words[h / 64] |= bit;
	s->filled[h / 64 / 64] |= UINT64_C(1) << h / 64 % 64;
	s->nwords++;
}

void
scan_place_words(struct scanner *s, struct str text)
{
	const char *p = text.p, *end = text.p + text.n, *q;

	for (; p < end; p++) {
		unsigned h;

		if (!in_name(*p))
			continue;
		q = bytes_name_end(p);
		if (q > end)
			q = end;
		h = word_hash(p, (size_t)(q - p), number_of_padded);
		add_hashed_word(s, h);
		p = q;
	}
}

uint32_t
scan_text_tells_place(struct str text)
{
	const char *p = text.p, *end = text.p + text.n, *q;
	struct str before = { p, 0 }, word;
	bool dot = false;       /* p is behind one */
	uint32_t tells = 0;

	for (; p < end; p = q) {
		if (!in_name(*p)) {
			if (*p != '.' || dot)
				before.n = 0;
			dot = *p == '.';
			q = p + 1;
			continue;
		}
		q = bytes_name_end(p);
		if (q > end)
			q = end;
		word = (struct str){ p, (size_t)(q - p) };
		/* .x: an attribute of what has no name */
		tells |= word_tells(word, dot && !before.n ? STR(".") : before);
		before = word;
		dot = false;
	}
	return tells;
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

	while (next_text_word(&text, &word)) {
		if (!has_word(s, word_hash(word.p, word.n, word_number)))
			return false;
		any = true;
	}
	return any;
}

/* ---- the end ---- */

/* from importlib.resources import files */
static uint32_t
import_tells(const struct scan *o, const struct scan_import *m)
{
	struct str before = m->module;
	uint32_t tells = 0;

	while (before.n && memchr(before.p, '.', before.n)) {
		before.p++;
		before.n--;
	}
	for (uint32_t i = 0; i < m->names.n; i++)
		tells |= word_tells(o->names[m->names.at + i].name, before);
	return tells;
}

/* A name that the file uses, or imports from elsewhere, may be of these; and
 * what runs text, or was not read, is not known. */
static uint32_t
tells_place(const struct scanner *s)
{
	const struct scan *o = &s->out;
	uint32_t tells = s->tells;

	if (s->known & (1u << KNOWN_EXEC | 1u << KNOWN_EVAL) ||
	    o->flags & (SCAN_ERROR | SCAN_EVAL))
		tells |= SCAN_PLACE | SCAN_PREFIX;
	for (uint32_t i = 0; i < o->nimports; i++)
		tells |= import_tells(o, &o->imports[i]);
	return tells;
}

/* out.words from the bits. */
static void
settle_words(struct scanner *s)
{
	char *p = arena_text(s->arena, 2 * (size_t)s->nwords);

	s->out.words = (struct str){ p, 2 * (size_t)s->nwords };
	for (unsigned k = 0; k < countof(s->filled); k++) {
		for (uint64_t f = s->filled[k]; f; f &= f - 1) {
			unsigned i = 64 * k + (unsigned)__builtin_ctzll(f);

			for (uint64_t w = s->words[i]; w; w &= w - 1) {
				unsigned h = 64 * i +
					(unsigned)__builtin_ctzll(w);

				*p++ = (char)h;
				*p++ = (char)(h >> 8);
			}
		}
	}
}

void
scan_place(struct scanner *s)
{
	s->out.flags |= tells_place(s);
	settle_words(s);
}
