/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/stamp.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decide/stamp_text.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/mem.h"

/* How the digests of stamps end. Should that of a content end so too, its step
 * runs once more than needed. */
static const unsigned char mark[] = { 's', 't', 'm', 'p' };

enum { MARK_AT = DIGEST_SIZE - sizeof(mark) };

bool
stamp_is(const struct digest *d)
{
	return memcmp(d->b + MARK_AT, mark, sizeof(mark)) == 0;
}

static bool
starts_thin(const char *path)
{
	static const char magic[8] = "!<thin>\n";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char got[sizeof(magic)];
	bool thin;

	if (fd < 0)
		return false;
	thin = read(fd, got, sizeof(got)) == sizeof(got) &&
	       memcmp(got, magic, sizeof(magic)) == 0;
	close(fd);
	return thin;
}

static struct str
extension(struct str path)
{
	for (size_t i = path.n; i > 0 && path.p[i - 1] != '/'; i--)
		if (path.p[i - 1] == '.')
			return (struct str){ path.p + i, path.n - i };
	return (struct str){ 0 };
}

/* By its name: what compilers and generators agree on. An interface says which
 * others it imports, not what is in them. */
static bool
is_interface(struct str ext)
{
	static const char *const names[] = {
		"pcm", "gcm", "ifc", "mod", "smod", "swiftmodule",
		"swiftinterface",
	};

	for (size_t i = 0; i < countof(names); i++)
		if (str_is(ext, names[i]))
			return true;
	return false;
}

static bool
says_little(const struct state *s, uint32_t step, uint32_t node)
{
	const uint8_t want = NODE_KNOWN | NODE_FRESH;
	const char *path = graph_cpath(s->g, node);
	struct str ext = extension(graph_path(s->g, node));

	if ((s->node_flags[node] & (want | NODE_MISSING)) != want ||
	    !S_ISREG(s->sig[node].mode))
		return false;
	if (s->sig[node].size == 0 || is_interface(ext))
		return true;
	if (str_is(ext, "a") || str_is(ext, "lib"))
		return starts_thin(path);
	return stamp_text_names(s->g, step, path);
}

static bool
read_anew(const struct state *s, uint32_t node)
{
	return !stamp_is(&s->digest[node]);
}

static struct digest
content(const struct state *s, uint32_t node)
{
	struct digest d = s->digest[node];

	if (stamp_is(&d) &&
	    digest_file(AT_FDCWD, graph_cpath(s->g, node), &d, NULL, NULL) != 1)
		d = (struct digest){ 0 };
	return d;
}

static void
stamp_set(struct state *s, uint32_t node, const struct digest *key, bool time)
{
	struct file_sig sig = s->sig[node];
	struct digest d = content(s, node);
	struct buf b = { 0 };

	buf_adds(&b, "tgraph stamp 2");
	buf_add(&b, key->b, sizeof(key->b));
	buf_add(&b, d.b, sizeof(d.b));
	if (time)
		buf_add(&b, &sig.mtime_ns, sizeof(sig.mtime_ns));
	d = digest_of(b.p, b.n);
	memcpy(d.b + MARK_AT, mark, sizeof(mark));
	buf_release(&b);
	state_set(s, node, &sig, &d);
}

/* Results of tests are no stamps. */
static bool
may_stamp(const struct state *s, uint32_t step)
{
	return !(s->g->steps.p[step].flags & (STEP_TEST | STEP_PHONY));
}

void
stamp_outputs(struct state *s, uint32_t step, const struct digest *key,
	bool always)
{
	const struct graph_step *st = &s->g->steps.p[step];

	if (!may_stamp(s, step))
		return;
	for (uint32_t i = 0; i < st->nouts; i++) {
		uint32_t n = graph_ids(s->g, st->outs)[i];

		if (says_little(s, step, n) &&
		    (!(st->flags & STEP_RESTAT) || read_anew(s, n)))
			stamp_set(s, n, key, always || digest_none(key));
	}
}

void
stamp_again(struct state *s, uint32_t step, const struct digest *key)
{
	const struct graph_step *st = &s->g->steps.p[step];

	if (!may_stamp(s, step))
		return;
	for (uint32_t i = 0; i < st->nouts; i++) {
		uint32_t n = graph_ids(s->g, st->outs)[i];

		if (read_anew(s, n) && says_little(s, step, n))
			stamp_set(s, n, key, false);
	}
}
