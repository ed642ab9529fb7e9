/* SPDX-License-Identifier: Apache-2.0 */
#include "python/interp/recorded.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"
#include "util/path.h"
#include "util/walk.h"

/* From the writing of a RECORD to its getting its name: more than this, and
 * its status was changed otherwise, so that it does not tell when the
 * installation ended. */
#define IN_PLACE_NS (2 * INT64_C(1000000000))

enum { BASE64_LEN = 43 };       /* of a SHA-256, without padding */

struct recorded_file {
	struct digest digest;
	uint64_t size;
	int64_t mtime_ns, ctime_ns;     /* of the RECORD */
	bool disputed;                  /* two RECORDs differ */
};

/* Does the file begin with a line that names a program in prefix? */
static bool
names_prefix(const char *script, struct str prefix)
{
	int fd = open(script, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct buf want = { 0 };
	char head[1024];
	ssize_t n;
	bool ok = false;

	if (fd < 0)
		return false;
	n = read(fd, head, sizeof(head));
	close(fd);
	buf_addstr(&want, prefix);
	buf_adds(&want, "/bin/");
	if (n > 2 && memcmp(head, "#!", 2) == 0)
		ok = memmem(head, (size_t)n, want.p, want.n) != NULL;
	buf_release(&want);
	return ok;
}

bool
recorded_in_place(struct str prefix)
{
	static const char *const scripts[] = { "bin/pytest", "bin/pip" };
	struct buf path = { 0 };
	struct file_sig sig;
	bool ok = false;
	size_t i;

	for (i = 0; i < countof(scripts) && prefix.n > 1; i++) {
		buf_clear(&path);
		path_join(&path, prefix, str_of(scripts[i]));
		if (file_sig(AT_FDCWD, path.p, &sig) != 1)
			continue;
		ok = names_prefix(path.p, prefix);
		break;
	}
	buf_release(&path);
	return ok;
}

static int
sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* "sha256=" and base64 for URLs without padding. */
static bool
parse_hash(struct str text, struct digest *out)
{
	static const char kind[] = "sha256=";
	size_t k = sizeof(kind) - 1, i, n = 0;
	unsigned bits = 0, have = 0;

	if (text.n != k + BASE64_LEN || memcmp(text.p, kind, k) != 0)
		return false;
	for (i = k; i < text.n; i++) {
		int v = sextet(text.p[i]);

		if (v < 0)
			return false;
		bits = bits << 6 | (unsigned)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out->b[n++] = (unsigned char)(bits >> have);
			bits &= (1u << have) - 1;
		}
	}
	return n == DIGEST_SIZE && bits == 0;
}

static bool
parse_claimed(struct str text, uint64_t *out)
{
	size_t i;

	*out = 0;
	for (i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		*out = *out * 10 + (uint64_t)(text.p[i] - '0');
	}
	return text.n > 0 && text.n < 16;
}

/* Cuts off the last field of a line, and the comma before it. */
static bool
last_field(struct str *line, struct str *field)
{
	const char *comma = line->n ? memrchr(line->p, ',', line->n) : NULL;

	if (!comma)
		return false;
	field->p = comma + 1;
	field->n = (size_t)(line->p + line->n - field->p);
	line->n = (size_t)(comma - line->p);
	return true;
}

/* "path,sha256=...,size"; paths in quotes are left out. */
static void
add_claim(struct recorded *r, struct str line, const struct file_sig *sig)
{
	struct recorded_file f = { .mtime_ns = sig->mtime_ns,
		.ctime_ns = sig->ctime_ns };
	struct str size, hash;
	struct map_slot *slot;
	int added;

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (!last_field(&line, &size) || !last_field(&line, &hash) ||
	    !line.n || line.p[0] == '"' || line.p[0] == '/' ||
	    str_starts(line, "../") || !parse_claimed(size, &f.size) ||
	    !parse_hash(hash, &f.digest))
		return;
	slot = map_put(&r->by_path, line, &added);
	if (added) {
		r->v = vec_grow(r->v, &r->cap, r->n + 1, sizeof(*r->v));
		slot->value = (uint32_t)r->n;
		r->v[r->n++] = f;
	} else if (r->v[slot->value].size != f.size ||
	           !digest_eq(&r->v[slot->value].digest, &f.digest)) {
		r->v[slot->value].disputed = true;
	}
}

static void
add_record(struct recorded *r, const char *path)
{
	struct file_sig sig, after;
	struct buf text = { 0 };
	const char *p, *end, *nl;

	if (file_sig(AT_FDCWD, path, &sig) != 1 || !S_ISREG(sig.mode) ||
	    sig.ctime_ns < sig.mtime_ns ||
	    sig.ctime_ns - sig.mtime_ns > IN_PLACE_NS ||
	    file_read(path, &text, NULL) != 1 ||
	    file_sig(AT_FDCWD, path, &after) != 1 ||
	    !file_sig_eq(&sig, &after)) {
		buf_release(&text);
		return;
	}
	p = arena_dup(&r->arena, buf_str(&text)).p;
	end = p + text.n;
	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (!nl)
			nl = end;
		add_claim(r, (struct str){ p, (size_t)(nl - p) }, &sig);
	}
	buf_release(&text);
}

void
recorded_read(struct recorded *r, struct str site)
{
	int fd = open(site.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct walk_names names = { 0 };
	struct buf path = { 0 };
	size_t i;

	if (fd < 0)
		return;
	walk_names(fd, &names);
	close(fd);
	for (i = 0; i < names.n; i++) {
		struct str name = { names.v[i].name, names.v[i].len };

		if (!str_ends(name, ".dist-info"))
			continue;
		buf_clear(&path);
		path_join(&path, site, name);
		buf_adds(&path, "/RECORD");
		add_record(r, path.p);
	}
	buf_release(&path);
	walk_names_release(&names);
}

/* A change in the very tick in which RECORD was written would not show, so
 * only what is older counts. */
bool
recorded_digest(const struct recorded *r, struct str path,
	const struct file_sig *sig, struct digest *out)
{
	const struct map_slot *s = r->n ? map_get(&r->by_path, path) : NULL;
	const struct recorded_file *f = s ? &r->v[s->value] : NULL;

	if (!f || f->disputed || f->size != sig->size ||
	    sig->mtime_ns > f->mtime_ns || sig->ctime_ns >= f->ctime_ns)
		return false;
	*out = f->digest;
	return true;
}

void
recorded_release(struct recorded *r)
{
	free(r->v);
	map_release(&r->by_path);
	arena_release(&r->arena);
	*r = (struct recorded){ 0 };
}
