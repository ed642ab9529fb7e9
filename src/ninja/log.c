/* SPDX-License-Identifier: Apache-2.0 */
#include "ninja/log.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/arena.h"
#include "util/mem.h"

enum {
	LOG_OLDEST = 5,
	LOG_NEWEST = 7,
	DEPS_VERSION = 4,
	DEPS_MAX_RECORD = (1 << 19) - 1,
};

/* ---- .ninja_log ---- */

/* Takes the field before the next tab off s. */
static bool
field(struct str *s, struct str *out)
{
	const char *tab = s->n ? memchr(s->p, '\t', s->n) : NULL;

	if (!tab)
		return false;
	*out = (struct str){ s->p, (size_t)(tab - s->p) };
	*s = (struct str){ tab + 1, s->n - out->n - 1 };
	return true;
}

/* A decimal number; a wrong or too long one gives false. */
static bool
parse_number(struct str s, int64_t *out)
{
	bool minus = s.n && s.p[0] == '-';
	int64_t v = 0;
	size_t i = minus;

	if (i == s.n)
		return false;
	for (; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' ||
		    v > (INT64_MAX - 9) / 10)
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	*out = minus ? -v : v;
	return true;
}

static bool
hex(struct str s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0 || s.n > 16)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	*out = v;
	return true;
}

static bool
log_line(struct str line, struct ninja_log_entry *e)
{
	struct str start, end, mtime;
	int64_t from, to;

	if (!field(&line, &start) || !field(&line, &end) ||
	    !field(&line, &mtime) || !field(&line, &e->output) ||
	    !parse_number(start, &from) || !parse_number(end, &to) ||
	    !parse_number(mtime, &e->mtime) || !hex(line, &e->command_hash) ||
	    e->output.n == 0)
		return false;
	e->start = (int)from;
	e->end = (int)to;
	return from == e->start && to == e->end;
}

/* The number in the first line, 0 if there is none; *after: where the next
 * line begins. */
static int64_t
first_number(struct str text, size_t *after)
{
	static const char magic[] = "# ninja log v";
	size_t n = sizeof(magic) - 1;
	const char *nl = text.n ? memchr(text.p, '\n', text.n) : NULL;
	int64_t version;

	if (!nl || (size_t)(nl - text.p) < n || memcmp(text.p, magic, n) != 0)
		return 0;
	*after = (size_t)(nl - text.p) + 1;
	return parse_number((struct str){ text.p + n, *after - 1 - n }, &version)
		? version : 0;
}

static int
log_version(struct str *text)
{
	size_t after = 0;
	int64_t version = first_number(*text, &after);

	if (version < LOG_OLDEST || version > LOG_NEWEST)
		return 0;
	*text = (struct str){ text->p + after, text->n - after };
	return (int)version;
}

int
ninja_log_age(struct str text)
{
	size_t after = 0;
	int64_t version = first_number(text, &after);

	return text.n == 0 ? 0 : version < LOG_OLDEST ? -1
		: version > LOG_NEWEST;
}

int
ninja_log_read(struct str text,
	int (*see)(void *ctx, const struct ninja_log_entry *e), void *ctx)
{
	int version = log_version(&text);
	struct ninja_log_entry e;
	const char *nl;

	while (version && text.n && (nl = memchr(text.p, '\n', text.n))) {
		struct str line = { text.p, (size_t)(nl - text.p) };

		text = (struct str){ nl + 1, text.n - line.n - 1 };
		if (log_line(line, &e) && see(ctx, &e))
			break;
	}
	return version;
}

/* ---- hashes of commands ---- */

static inline uint64_t
load_n(const unsigned char *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

static uint64_t
murmur(const unsigned char *p, size_t n)
{
	const uint64_t m = 0xc6a4a7935bd1e995u;
	uint64_t h = 0xdecafbaddecafbadu ^ (n * m);

	for (; n >= 8; p += 8, n -= 8) {
		uint64_t k = load_n(p, 8) * m;

		h = (h ^ (k ^ k >> 47) * m) * m;
	}
	if (n)
		h = (h ^ load_n(p, n)) * m;
	h = (h ^ h >> 47) * m;
	return h ^ h >> 47;
}

static void
multiply(uint64_t a, uint64_t b, uint64_t *low, uint64_t *high)
{
	uint64_t a0 = (uint32_t)a, a1 = a >> 32;
	uint64_t b0 = (uint32_t)b, b1 = b >> 32;
	uint64_t middle = a1 * b0 + (a0 * b0 >> 32);
	uint64_t other = a0 * b1 + (uint32_t)middle;

	*low = a * b;
	*high = a1 * b1 + (middle >> 32) + (other >> 32);
}

static uint64_t
rapid_mix(uint64_t a, uint64_t b)
{
	uint64_t low, high;

	multiply(a, b, &low, &high);
	return low ^ high;
}

static const uint64_t secret[3] = {
	0x2d358dccaa6c78a5u, 0x8bb84b93962eacc9u, 0x4b33a62ed433d4a3u,
};

/* The two words that at most 16 bytes become. */
static void
rapid_short(const unsigned char *p, size_t n, uint64_t *a, uint64_t *b)
{
	size_t delta = n >= 8 ? 4 : 0;

	*a = *b = 0;
	if (n >= 4) {
		*a = load_n(p, 4) << 32 | load_n(p + n - 4, 4);
		*b = load_n(p + delta, 4) << 32 | load_n(p + n - 4 - delta, 4);
	} else if (n > 0) {
		*a = (uint64_t)p[0] << 56 | (uint64_t)p[n >> 1] << 32 |
			p[n - 1];
	}
}

static uint64_t
rapid(const unsigned char *p, size_t len)
{
	uint64_t seed = 0xbdd89aa982704029u, a, b;
	size_t n = len;

	seed ^= rapid_mix(seed ^ secret[0], secret[1]) ^ len;
	if (len <= 16) {
		rapid_short(p, len, &a, &b);
	} else {
		if (n > 48) {
			uint64_t s1 = seed, s2 = seed;

			for (; n >= 48; p += 48, n -= 48) {
				seed = rapid_mix(load_n(p, 8) ^ secret[0],
					load_n(p + 8, 8) ^ seed);
				s1 = rapid_mix(load_n(p + 16, 8) ^ secret[1],
					load_n(p + 24, 8) ^ s1);
				s2 = rapid_mix(load_n(p + 32, 8) ^ secret[2],
					load_n(p + 40, 8) ^ s2);
			}
			seed ^= s1 ^ s2;
		}
		if (n > 16)
			seed = rapid_mix(load_n(p, 8) ^ secret[2],
				load_n(p + 8, 8) ^ seed ^ secret[1]);
		if (n > 32)
			seed = rapid_mix(load_n(p + 16, 8) ^ secret[2],
				load_n(p + 24, 8) ^ seed);
		a = load_n(p + n - 16, 8);
		b = load_n(p + n - 8, 8);
	}
	multiply(a ^ secret[1], b ^ seed, &a, &b);
	return rapid_mix(a ^ secret[0] ^ len, b ^ secret[1]);
}

uint64_t
ninja_command_hash(int version, struct str command)
{
	const unsigned char *p = (const unsigned char *)command.p;

	switch (version) {
	case 5:
	case 6:
		return murmur(p, command.n);
	case 7:
		return rapid(p, command.n);
	default:
		return 0;
	}
}

/* ---- .ninja_deps ---- */

struct deps {
	struct str *paths;              /* by number */
	size_t npaths, paths_cap;
	const char **records;           /* the last one of each path, or NULL */
	size_t records_cap;
	struct str *ins;
	size_t ins_cap;
};

static uint32_t
get_word(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static bool
deps_path(struct deps *d, const char *p, size_t size)
{
	size_t n = size - 4;

	if (size <= 4 || size % 4 || ~get_word(p + n) != d->npaths)
		return false;
	for (int i = 0; i < 3 && n && p[n - 1] == '\0'; i++)
		n--;
	d->paths = vec_grow(d->paths, &d->paths_cap, d->npaths + 1,
		sizeof(*d->paths));
	d->records = vec_grow(d->records, &d->records_cap, d->npaths + 1,
		sizeof(*d->records));
	d->records[d->npaths] = NULL;
	d->paths[d->npaths++] = (struct str){ p, n };
	return true;
}

static bool
deps_record(struct deps *d, const char *p, size_t size)
{
	if (size < 12 || size % 4 || get_word(p) >= d->npaths)
		return false;
	for (size_t i = 12; i < size; i += 4)
		if (get_word(p + i) >= d->npaths)
			return false;
	d->records[get_word(p)] = p - 4;
	return true;
}

/* Calls see for the record that starts with its size at p. */
static int
deps_see(struct deps *d, const char *p,
	int (*see)(void *ctx, const struct ninja_deps_entry *e), void *ctx)
{
	size_t n = ((get_word(p) & 0x7fffffffu) - 12) / 4;
	struct ninja_deps_entry e = {
		.output = d->paths[get_word(p + 4)],
		.mtime = (int64_t)((uint64_t)get_word(p + 12) << 32 |
			get_word(p + 8)),
		.nins = n,
	};

	d->ins = vec_grow(d->ins, &d->ins_cap, n + 1, sizeof(*d->ins));
	for (size_t i = 0; i < n; i++)
		d->ins[i] = d->paths[get_word(p + 16 + 4 * i)];
	e.ins = d->ins;
	return see(ctx, &e);
}

int
ninja_deps_read(struct str text, size_t *good,
	int (*see)(void *ctx, const struct ninja_deps_entry *e), void *ctx)
{
	static const char magic[] = "# ninjadeps\n";
	size_t at = sizeof(magic) - 1 + 4;
	struct deps d = { 0 };

	if (good)
		*good = 0;
	if (text.n < at || memcmp(text.p, magic, at - 4) != 0 ||
	    get_word(text.p + at - 4) != DEPS_VERSION)
		return 0;
	while (text.n - at >= 4) {
		uint32_t head = get_word(text.p + at);
		size_t size = head & 0x7fffffffu;
		const char *p = text.p + at + 4;

		if (size > DEPS_MAX_RECORD || size > text.n - at - 4)
			break;
		if (!(head >> 31 ? deps_record(&d, p, size) :
		    deps_path(&d, p, size)))
			break;
		at += 4 + size;
	}
	if (good)
		*good = at;
	for (size_t i = 0; i < d.npaths; i++)
		if (d.records[i] && deps_see(&d, d.records[i], see, ctx))
			break;
	free(d.paths);
	free(d.records);
	free(d.ins);
	return DEPS_VERSION;
}
