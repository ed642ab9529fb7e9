/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "python/interp/internal.h"
#include "util/hash.h"
#include "util/mem.h"
#include "util/path.h"

/* A file written less than this before the probe could have changed again
 * without its signature showing it. */
#define RACY_NS (2 * INT64_C(1000000000))

#define HEADER "tgraph interpreters 1\n"

/* A line of a report: its fields, unescaped, in the arena. */
struct fields {
	struct str v[8];
	size_t n;
};

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
		c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct str
unescape(struct arena *a, struct str s)
{
	char *p = arena_text(a, s.n + 1);
	size_t i, n = 0;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && i + 2 < s.n && hex_digit(s.p[i + 1]) >= 0 &&
		    hex_digit(s.p[i + 2]) >= 0) {
			p[n++] = (char)(hex_digit(s.p[i + 1]) << 4 |
				hex_digit(s.p[i + 2]));
			i += 2;
		} else {
			p[n++] = s.p[i];
		}
	}
	p[n] = 0;
	return (struct str){ p, n };
}

static void
put_escaped(struct buf *out, struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] && strchr("%\t\n\r", s.p[i]))
			buf_addf(out, "%%%02x", (unsigned char)s.p[i]);
		else
			buf_addc(out, s.p[i]);
	}
}

static void
put_field(struct buf *out, const char *key, struct str a, struct str b)
{
	buf_adds(out, key);
	buf_addc(out, '\t');
	put_escaped(out, a);
	if (b.p) {
		buf_addc(out, '\t');
		put_escaped(out, b);
	}
	buf_addc(out, '\n');
}

/* Takes a line off the text. false: no complete line is left. */
static bool
cache_line(struct str *text, struct str *line)
{
	const char *nl = text->n ? memchr(text->p, '\n', text->n) : NULL;

	if (!nl)
		return false;
	*line = (struct str){ text->p, (size_t)(nl - text->p) };
	text->p += line->n + 1;
	text->n -= line->n + 1;
	return true;
}

static void
split_fields(struct arena *a, struct str line, struct fields *f)
{
	const char *tab;
	struct str s;

	*f = (struct fields){ 0 };
	while (f->n < countof(f->v)) {
		tab = memchr(line.p, '\t', line.n);
		s = (struct str){ line.p,
			tab ? (size_t)(tab - line.p) : line.n };
		f->v[f->n++] = unescape(a, s);
		if (!tab)
			break;
		line.p += s.n + 1;
		line.n -= s.n + 1;
	}
	for (size_t i = f->n; i < countof(f->v); i++)
		f->v[i] = (struct str){ "", 0 };
}

/* Appends one element to an array in the arena, doubling at powers of two. */
static void *
grown(struct arena *a, void *v, size_t n, size_t size)
{
	void *grown;

	if (n & (n - 1))
		return v;
	if (n > 0 && n < 4)
		return v;
	grown = arena_calloc(a, (n ? n * 2 : 4) * size);
	if (n)
		memcpy(grown, v, n * size);
	return grown;
}

/* Notes what the file at path is like now; path must outlive in. */
static void
interp_watch(struct interps *in, struct interp *it, struct str path)
{
	struct interp_watch *w;

	it->watched = grown(&in->arena, it->watched, it->nwatched,
		sizeof(*it->watched));
	w = &it->watched[it->nwatched++];
	w->path = path;
	if (file_sig(AT_FDCWD, path.p, &w->sig) != 1)
		w->sig = (struct file_sig){ 0 };
}

static void
read_version(struct interps *in, struct interp *it, const struct fields *f)
{
	static const char *const letters[] = { "alpha", "beta", "candidate" };
	static const char *const shorts[] = { "a", "b", "rc" };
	const char *suffix = "";
	size_t i;

	it->major = atoi(f->v[1].p);
	it->minor = atoi(f->v[2].p);
	it->micro = atoi(f->v[3].p);
	it->release = f->v[4];
	for (i = 0; i < countof(letters); i++) {
		if (str_is(it->release, letters[i]))
			suffix = shorts[i];
	}
	it->version = arena_fmt(&in->arena, "%d.%d.%d%s%s", it->major,
		it->minor, it->micro, suffix, *suffix ? f->v[5].p : "");
}

/* Lines that are there once. */
static bool
read_simple(struct interp *it, const struct fields *f)
{
	const struct {
		const char *key;
		struct str *to;
	} keys[] = {
		{ "implementation", &it->implementation },
		{ "cache_tag", &it->cache_tag },
		{ "soabi", &it->soabi },
		{ "abiflags", &it->abiflags },
		{ "platform", &it->platform },
		{ "prefix", &it->prefix },
		{ "base_prefix", &it->base_prefix },
		{ "stdlib", &it->stdlib },
		{ "platstdlib", &it->platstdlib },
		{ "executable", &it->executable },
		{ "libpython", &it->libpython },
		{ "pytest", &it->pytest },
		{ "coverage", &it->coverage },
	};
	size_t i;

	for (i = 0; i < countof(keys); i++) {
		if (str_is(f->v[0], keys[i].key)) {
			*keys[i].to = f->v[1];
			return true;
		}
	}
	return false;
}

static void
read_list(struct interps *in, struct interp *it, const struct fields *f)
{
	struct arena *a = &in->arena;
	struct str key = f->v[0];

	if (str_is(key, "path")) {
		it->sys_path = grown(a, it->sys_path, it->nsys_path,
			sizeof(*it->sys_path));
		it->sys_path[it->nsys_path++] = f->v[1];
	} else if (str_is(key, "site")) {
		it->site_dirs = grown(a, it->site_dirs, it->nsite_dirs,
			sizeof(*it->site_dirs));
		it->site_dirs[it->nsite_dirs++] = f->v[1];
	} else if (str_is(key, "editable")) {
		it->editables = grown(a, it->editables, it->neditables,
			sizeof(*it->editables));
		it->editables[it->neditables++] = (struct interp_editable){
			f->v[1], f->v[2] };
	} else if (str_is(key, "dist")) {
		it->dists = grown(a, it->dists, it->ndists,
			sizeof(*it->dists));
		it->dists[it->ndists++] = (struct interp_dist){ f->v[1],
			f->v[2], f->v[3] };
	} else if (str_is(key, "plugin")) {
		it->plugins = grown(a, it->plugins, it->nplugins,
			sizeof(*it->plugins));
		it->plugins[it->nplugins++] = (struct interp_plugin){
			f->v[1], f->v[2], f->v[3], f->v[4] };
	}
}

bool
interp_report_read(struct interps *in, struct interp *it, struct str text)
{
	struct str line;
	struct fields f;
	bool version = false;

	while (cache_line(&text, &line)) {
		split_fields(&in->arena, line, &f);
		if (str_is(f.v[0], "end"))
			return version;
		if (str_is(f.v[0], "version")) {
			read_version(in, it, &f);
			version = it->major > 0;
		} else if (str_is(f.v[0], "gil_disabled")) {
			it->gil_disabled = str_is(f.v[1], "1");
		} else if (str_is(f.v[0], "watch")) {
			interp_watch(in, it, f.v[1]);
		} else if (!read_simple(it, &f)) {
			read_list(in, it, &f);
		}
	}
	return false;
}

static void
write_version(struct buf *out, const struct interp *it)
{
	const char *p = it->version.p + it->version.n;

	while (p > it->version.p && p[-1] >= '0' && p[-1] <= '9')
		p--;
	buf_addf(out, "version\t%d\t%d\t%d\t%s\t%s\n", it->major, it->minor,
		it->micro, it->release.p, p);
}

/* The reverse of interp_report_read, for the cache. */
static void
interp_report_write(struct buf *out, const struct interp *it)
{
	struct str none = {0};
	size_t i;

	write_version(out, it);
	buf_addf(out, "gil_disabled\t%d\n", it->gil_disabled);
	put_field(out, "implementation", it->implementation, none);
	put_field(out, "cache_tag", it->cache_tag, none);
	put_field(out, "soabi", it->soabi, none);
	put_field(out, "abiflags", it->abiflags, none);
	put_field(out, "platform", it->platform, none);
	put_field(out, "prefix", it->prefix, none);
	put_field(out, "base_prefix", it->base_prefix, none);
	put_field(out, "stdlib", it->stdlib, none);
	put_field(out, "platstdlib", it->platstdlib, none);
	put_field(out, "executable", it->executable, none);
	put_field(out, "libpython", it->libpython, none);
	put_field(out, "pytest", it->pytest, none);
	put_field(out, "coverage", it->coverage, none);
	for (i = 0; i < it->nsys_path; i++)
		put_field(out, "path", it->sys_path[i], none);
	for (i = 0; i < it->nsite_dirs; i++)
		put_field(out, "site", it->site_dirs[i], none);
	for (i = 0; i < it->neditables; i++)
		put_field(out, "editable", it->editables[i].name,
			it->editables[i].path);
	for (i = 0; i < it->ndists; i++) {
		put_field(out, "dist", it->dists[i].name, it->dists[i].version);
		out->n--;
		put_field(out, "", it->dists[i].path, none);
	}
	for (i = 0; i < it->nplugins; i++) {
		put_field(out, "plugin", it->plugins[i].dist,
			it->plugins[i].version);
		out->n--;
		put_field(out, "", it->plugins[i].name, it->plugins[i].module);
	}
	buf_adds(out, "end\n");
}

/* What in the environment changes an interpreter's report. */
static uint64_t
environment(const struct interps *in)
{
	static const char *const names[] = { "PYTHONPATH", "PYTHONHOME",
		"PYTHONNOUSERSITE", "PYTHONUSERBASE", "PYTHONPLATLIBDIR",
		"HOME", "__PYVENV_LAUNCHER__" };
	struct buf b = {0};
	const char *v;
	uint64_t h;
	size_t i;

	for (i = 0; i < countof(names); i++) {
		v = getenv(names[i]);
		buf_addf(&b, "%s=%s\n", names[i], v ? v : "-");
	}
	buf_addstr(&b, in->root);
	h = hash_bytes(b.p, b.n);
	buf_release(&b);
	return h;
}

static void
put_sig(struct buf *out, const struct file_sig *s)
{
	buf_addf(out, "%" PRId64 " %" PRId64 " %" PRIu64 " %" PRIu64 " %"
		PRIu64 " %" PRIu32, s->mtime_ns, s->ctime_ns, s->size, s->ino,
		s->dev, s->mode);
}

static bool
get_sig(struct str text, struct file_sig *s)
{
	*s = (struct file_sig){ 0 };
	return sscanf(text.p, "%" SCNd64 " %" SCNd64 " %" SCNu64 " %" SCNu64
		" %" SCNu64 " %" SCNu32, &s->mtime_ns, &s->ctime_ns, &s->size,
		&s->ino, &s->dev, &s->mode) == 6;
}

static void
put_watch(struct buf *out, struct str path, const struct file_sig *sig)
{
	struct buf b = {0};

	put_sig(&b, sig);
	put_field(out, "sig", path, buf_str(&b));
	buf_release(&b);
}

/* The files that make the interpreter itself. */
static void
put_identity(struct buf *out, const struct interp *it)
{
	struct str prefix = path_dir(path_dir(it->path));
	struct buf cfg = {0};
	struct file_sig sig;

	if (file_sig(AT_FDCWD, it->real.p, &sig) != 1)
		sig = (struct file_sig){ 0 };
	put_watch(out, it->real, &sig);
	buf_addf(&cfg, "%.*s/pyvenv.cfg", (int)prefix.n, prefix.p);
	if (file_sig(AT_FDCWD, cfg.p, &sig) != 1)
		sig = (struct file_sig){ 0 };
	put_watch(out, buf_str(&cfg), &sig);
	buf_release(&cfg);
}

void
interp_cache_save(const struct interps *in)
{
	struct buf b = {0};
	size_t i, k;

	if (in->state_file.n == 0 || in->read_only)
		return;
	buf_adds(&b, HEADER);
	for (i = 0; i < in->n; i++) {
		const struct interp *it = &in->v[i];

		if (it->state == INTERP_CANDIDATE ||
		    (it->state == INTERP_BAD && it->passing))
			continue;
		put_field(&b, "interpreter", it->path, it->real);
		buf_addf(&b, "environment\t%016" PRIx64 "\n",
			environment(in));
		buf_addf(&b, "when\t%" PRId64 "\n", it->when);
		put_identity(&b, it);
		for (k = 0; k < it->nwatched; k++)
			put_watch(&b, it->watched[k].path,
				&it->watched[k].sig);
		if (it->state == INTERP_BAD)
			put_field(&b, "bad", it->error, (struct str){ 0 });
		else
			interp_report_write(&b, it);
	}
	buf_addf(&b, "sum\t%016" PRIx64 "\n", hash_bytes(b.p, b.n));
	if (dir_make_parent(in->state_file.p, NULL) == 0)
		file_write(in->state_file.p, b.p, b.n, false, NULL);
	buf_release(&b);
}

/* Is the text whole? Takes the last line off it. */
static bool
intact(struct str *text)
{
	static const char tag[] = "sum\t0123456789abcdef\n";
	size_t n = sizeof(tag) - 1;
	struct buf want = {0};
	bool ok;

	if (!str_starts(*text, HEADER) || text->n < n)
		return false;
	text->n -= n;
	buf_addf(&want, "sum\t%016" PRIx64 "\n",
		hash_bytes(text->p, text->n));
	ok = memcmp(want.p, text->p + text->n, n) == 0;
	buf_release(&want);
	text->p += sizeof(HEADER) - 1;
	text->n -= sizeof(HEADER) - 1;
	return ok;
}

static struct interp *
candidate(struct interps *in, const struct fields *f)
{
	size_t i;

	for (i = 0; i < in->n; i++) {
		if (in->v[i].state == INTERP_CANDIDATE &&
		    str_eq(in->v[i].path, f->v[1]) &&
		    str_eq(in->v[i].real, f->v[2]))
			return &in->v[i];
	}
	return NULL;
}

/* One "sig" line: is the file as it was, and was it old enough then? */
static bool
unchanged(const struct fields *f, int64_t when)
{
	struct file_sig was, now;

	if (!get_sig(f->v[2], &was))
		return false;
	if (file_sig(AT_FDCWD, f->v[1].p, &now) != 1)
		now = (struct file_sig){ 0 };
	return file_sig_eq(&was, &now) && now.mtime_ns < when - RACY_NS &&
	       now.ctime_ns < when - RACY_NS;
}

/* Reads an entry up to its report; leaves text behind the entry. */
static void
load_entry(struct interps *in, struct interp *it, struct str *text)
{
	struct arena *a = &in->arena;
	struct interp was = it ? *it : (struct interp){ 0 };
	bool ok = it != NULL;
	int64_t when = 0;
	struct str line, before;
	struct fields f;
	char want[17];

	snprintf(want, sizeof(want), "%016" PRIx64, environment(in));
	for (before = *text; cache_line(text, &line); before = *text) {
		if (str_starts(line, "interpreter\t")) {
			*text = before;
			break;
		}
		if (!ok)
			continue;
		split_fields(a, line, &f);
		if (str_is(f.v[0], "environment")) {
			ok = str_is(f.v[1], want);
		} else if (str_is(f.v[0], "when")) {
			when = strtoll(f.v[1].p, NULL, 10);
		} else if (str_is(f.v[0], "sig")) {
			ok = unchanged(&f, when);
			if (ok && !str_eq(f.v[1], it->real) &&
			    !str_ends(f.v[1], "/pyvenv.cfg"))
				interp_watch(in, it, f.v[1]);
		} else if (str_is(f.v[0], "bad")) {
			it->state = INTERP_BAD;
			it->error = f.v[1];
			it->when = when;
			ok = false;
		} else if (str_is(f.v[0], "version")) {
			if (interp_report_read(in, it, before)) {
				it->state = INTERP_OK;
				it->when = when;
			}
			ok = false;
		}
	}
	if (it && it->state == INTERP_CANDIDATE)
		*it = was;
}

void
interp_cache_load(struct interps *in)
{
	struct buf b = {0};
	struct str text, line;
	struct fields f;

	if (in->state_file.n == 0 ||
	    file_read(in->state_file.p, &b, NULL) != 1)
		return;
	text = buf_str(&b);
	if (intact(&text)) {
		while (cache_line(&text, &line)) {
			if (!str_starts(line, "interpreter\t"))
				continue;
			split_fields(&in->arena, line, &f);
			load_entry(in, candidate(in, &f), &text);
		}
	}
	buf_release(&b);
}
