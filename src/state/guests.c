/* SPDX-License-Identifier: Apache-2.0 */
#include "state/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/hash.h"

/* What guests have left. */

struct taking {
	struct state *s;
	bool keep;              /* the file stays: nothing is written */
	bool (*see)(void *ctx, uint32_t step, const struct result *r);
	void *ctx;
};

/* One record in pieces. */
struct left {
	struct record_step r;
	const char *text, *end; /* paths */
	const char *nodes;      /* struct record_node, unaligned */
};

static bool
parse_record(struct left *l, const char *p, size_t n)
{
	uint64_t need, names = 0;

	if (n < sizeof(l->r))
		return false;
	memcpy(&l->r, p, sizeof(l->r));
	need = sizeof(l->r) + record_padded(l->r.step) +
	       (uint64_t)l->r.nouts * sizeof(struct record_node);
	if (need != n)
		return false;
	l->text = p + sizeof(l->r);
	l->end = l->text + l->r.step;
	l->nodes = l->text + record_padded(l->r.step);
	for (const char *c = l->text; c < l->end; c++)
		names += *c == '\0';
	return names == (uint64_t)l->r.nouts + l->r.nobs + 1 &&
	       l->end[-1] == '\0';
}

static struct str
next_path(struct left *l)
{
	struct str path = str_of(l->text);

	l->text += path.n + 1;
	return path;
}

static bool
overlap(const struct result *a, const struct result *b)
{
	int64_t a_end = a->start_ns + (int64_t)a->duration_us * 1000;
	int64_t b_end = b->start_ns + (int64_t)b->duration_us * 1000;

	return a->start_ns < b_end && b->start_ns < a_end;
}

/* It was learned before, with its key if it has one by now, and may have been found
 * up to date since: it is as it was, but now it is ours to keep. */
static bool
take_known(const struct taking *t, uint32_t step, const struct result *r)
{
	struct result had = t->s->result[step];

	if (r->start_ns != had.start_ns ||
	    (digest_none(&had.key) && !digest_none(&r->key)))
		return false;
	if (!t->keep)
		state_record(t->s, step, &had, NULL);
	return true;
}

/* Both have written the outputs at the same time: what they left may be of
 * either. */
static void
spoil(const struct taking *t, uint32_t step)
{
	struct result r = t->s->result[step];

	r.key = (struct digest){ 0 };
	r.flags &= (uint16_t)~RESULT_VERIFIED;
	if (t->keep)
		t->s->result[step] = r;
	else
		state_record(t->s, step, &r, NULL);
}

static void
take_outputs(struct state *s, struct left *l)
{
	for (uint32_t i = 0; i < l->r.nouts; i++) {
		uint32_t node = graph_find(s->g, next_path(l));
		struct record_node r;

		memcpy(&r, l->nodes + i * sizeof(r), sizeof(r));
		if (node == GRAPH_NONE)
			continue;
		/* What was looked at in this run is as it was seen. */
		if (!(s->node_flags[node] & NODE_FRESH))
			node_set(s, node, &r.sig, &r.digest,
			         r.flags & (NODE_KNOWN | NODE_RACY));
		state_made(s, node, r.made);
	}
}

static void
take_observed(struct state *s, struct left *l, uint32_t step)
{
	struct id_list ids = { 0 };

	for (uint32_t i = 0; i < l->r.nobs; i++) {
		struct str path = next_path(l);

		if (path.n)
			id_list_add(&ids, graph_node_add(s->g, path));
	}
	graph_observe(s->g, step, ids.p, (uint32_t)ids.n);
	state_grow(s);
	free(ids.p);
}

static void
take_record(const struct taking *t, struct left *l)
{
	struct state *s = t->s;
	uint32_t node = graph_find(s->g, next_path(l));
	uint32_t step = node == GRAPH_NONE ? GRAPH_NONE
	                                   : s->g->nodes.p[node].producer;
	struct result *had;

	if (step >= s->nsteps || graph_step_out(s->g, step) != node ||
	    take_known(t, step, &l->r.result) ||
	    (t->see && t->see(t->ctx, step, &l->r.result)))
		return;
	had = &s->result[step];
	if (l->r.result.start_ns != had->start_ns &&
	    overlap(had, &l->r.result)) {
		spoil(t, step);
		return;
	}
	if (l->r.result.start_ns < had->start_ns)
		return;
	take_outputs(s, l);
	take_observed(s, l, step);
	node_loose(s, step);
	l->r.result.flags &= (uint16_t)~RESULT_VERIFIED;
	if (t->keep)
		*had = l->r.result;
	else
		state_record(s, step, &l->r.result, NULL);
}

static bool
is_header(const char *p, size_t n, uint64_t *sum)
{
	struct journal_header h;

	if (n < sizeof(h))
		return false;
	memcpy(&h, p, sizeof(h));
	if (memcmp(h.magic, GUEST_MAGIC, sizeof(h.magic)) != 0 ||
	    h.version != STATE_VERSION || h.order != STATE_ORDER ||
	    h.sum != hash_bytes(&h, offsetof(struct journal_header, sum)))
		return false;
	*sum = h.sum;
	return true;
}

/* A guest's record that was not written to its end is followed by nothing, or
 * by another guest's header. chain: the sum of what is before p. Returns where
 * the last one that was ends. */
static size_t
take_records(const struct taking *t, char *p, size_t n, uint64_t *chain)
{
	uint64_t sum = *chain, last;
	struct record_header h;
	struct left l;
	size_t at = 0, end = 0;

	while (n - at >= sizeof(h)) {
		if (is_header(p + at, n - at, &sum)) {
			at += sizeof(struct journal_header);
			end = at;
			*chain = sum;
			continue;
		}
		memcpy(&h, p + at, sizeof(h));
		last = h.sum;
		if (n - at - sizeof(h) >= h.len) {
			memcpy(p + at, &sum, sizeof(sum));
			if (hash_bytes(p + at, sizeof(h) + h.len) == last &&
			    h.type == RECORD_GUEST &&
			    parse_record(&l, p + at + sizeof(h), h.len)) {
				take_record(t, &l);
				*chain = sum = last;
				at += sizeof(h) + h.len;
				end = at;
				continue;
			}
			memcpy(p + at, &last, sizeof(last));
		}
		at++;
	}
	return end;
}

static void
read_left(const struct taking *t, const char *path)
{
	struct buf b = { 0 };
	uint64_t sum = 0;

	if (file_read(path, &b, NULL) == 1 && b.n)
		take_records(t, b.p, b.n, &sum);
	buf_release(&b);
}

void
guest_learn(struct state *s, unsigned level)
{
	struct taking t = { .s = s, .keep = true };
	struct buf path = { 0 };

	guest_path(s->priv->guest_path, level, &path);
	read_left(&t, path.p);
	buf_release(&path);
}

/* All of one that has ended, and of those that its steps had started. */
static void
take_beside(const struct taking *t, unsigned which)
{
	const struct state_private *p = t->s->priv;
	struct buf path = { 0 }, name = { 0 };
	int lock = -1;

	beside_path(p, which, ".guest", &path);
	if (access(path.p, F_OK) == 0) {
		beside_path(p, which, ".lock", &name);
		lock = lock_try(name.p);
	}
	if (lock >= 0) {
		for (unsigned level = 0; level <= GUEST_DEEPEST; level++) {
			guest_path(path.p, level, &name);
			read_left(t, name.p);
			unlink(name.p);
		}
		close(lock);
	}
	buf_release(&path);
	buf_release(&name);
}

static bool
read_rest(int fd, size_t at, size_t end, struct buf *out)
{
	while (at < end) {
		ssize_t n;

		buf_reserve(out, end - at);
		n = pread(fd, out->p + out->n, end - at, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		out->n += (size_t)n;
		at += (size_t)n;
	}
	return out->n;
}

static void
read_more(const struct taking *t, const char *path, struct beside_read *had)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct buf b = { 0 };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		*had = (struct beside_read){ 0 };
	} else {
		if ((uint64_t)st.st_ino != had->ino ||
		    (size_t)st.st_size < had->at)
			*had = (struct beside_read){
				.ino = (uint64_t)st.st_ino,
			};
		if (read_rest(fd, had->at, (size_t)st.st_size, &b))
			had->at += take_records(t, b.p, b.n, &had->sum);
	}
	buf_release(&b);
	if (fd >= 0)
		close(fd);
}

void
beside_learn(struct state *s, bool again)
{
	struct taking t = { .s = s, .keep = true };
	struct state_private *p = s->priv;
	struct buf path = { 0 };

	for (unsigned i = 1; beside_was(p, i, &path); i++) {
		beside_path(p, i, ".guest", &path);
		if (again)
			p->read[i] = (struct beside_read){ 0 };
		if (i != p->beside || again)
			read_more(&t, path.p, &p->read[i]);
	}
	buf_release(&path);
}

void
state_guests(struct state *s,
	bool (*see)(void *ctx, uint32_t step, const struct result *r),
	void *ctx)
{
	const struct state_private *p = s->priv;
	struct taking t = { .s = s, .see = see, .ctx = ctx };
	struct buf path = { 0 };
	int lock;

	if (p->mode == STATE_READ)
		return;
	guest_path(p->guest_path, p->level + 1, &path);
	if (access(path.p, F_OK) == 0) {
		struct buf name = { 0 };

		guest_path(p->lock_path, p->level + 1, &name);
		lock = lock_try(name.p);
		buf_release(&name);
		if (lock >= 0) {
			read_left(&t, path.p);
			unlink(path.p);
			close(lock);
		}
	}
	for (unsigned i = 1; is_host(s) && beside_was(p, i, &path); i++)
		take_beside(&t, i);
	buf_release(&path);
}
