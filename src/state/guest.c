/* SPDX-License-Identifier: Apache-2.0 */
#include "state/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/hash.h"
#include "util/mem.h"
#include "util/process.h"

/* Runs that were started by a step of the run which holds the lock: it waits for
 * them, so they must not wait for it. They know what it has written, and write
 * what they do into a file beside, which it takes over when they have ended.
 * Guests of one level wait for each other; guests of a guest are of the next. */

void
guest_path(const char *path, unsigned level, struct buf *out)
{
	buf_clear(out);
	buf_adds(out, path);
	if (level)
		buf_addf(out, "%u", level);
}

static size_t
padded(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

/* ---- writing ---- */

static int
open_file(struct state_private *p)
{
	struct buf path = { 0 };

	if (p->guest_fd < 0) {
		guest_path(p->guest_path, p->level, &path);
		p->guest_fd = open(path.p, O_WRONLY | O_CREAT | O_APPEND |
		                   O_CLOEXEC | O_NOCTTY, 0666);
		buf_release(&path);
		p->guest_sum = 0;
	}
	return p->guest_fd;
}

static void
add_header(struct state_private *p)
{
	struct journal_header h = {
		.magic = GUEST_MAGIC, .version = STATE_VERSION,
		.order = STATE_ORDER,
	};

	h.sum = hash_bytes(&h, offsetof(struct journal_header, sum));
	buf_add(&p->record, &h, sizeof(h));
	p->guest_sum = h.sum;
}

static void
add_guest_path(struct state *s, uint32_t node)
{
	struct str path = graph_path(s->g, node);

	buf_add(&s->priv->record, path.p, path.n);
	buf_addc(&s->priv->record, '\0');
}

static void
add_payload(struct state *s, uint32_t step)
{
	static const char zero[8];
	const struct graph_step *st = &s->g->steps.p[step];
	const uint32_t *outs = graph_ids(s->g, st->outs);
	struct record_step r = { .nobs = st->nobs, .result = s->result[step] };
	struct buf *b = &s->priv->record;
	size_t at = b->n;

	buf_add(b, &r, sizeof(r));
	add_guest_path(s, outs[0]);
	for (uint32_t i = 0; i < st->nouts; i++) {
		if (s->node_flags[outs[i]] & NODE_FRESH) {
			add_guest_path(s, outs[i]);
			r.nouts++;
		}
	}
	for (uint32_t i = 0; i < st->nobs; i++)
		add_guest_path(s, graph_ids(s->g, st->obs)[i]);
	r.step = (uint32_t)(b->n - at - sizeof(r));
	buf_add(b, zero, padded(r.step) - r.step);
	memcpy(b->p + at, &r, sizeof(r));
	for (uint32_t i = 0; i < st->nouts; i++) {
		uint32_t n = outs[i];
		struct record_node node = {
			.flags = s->node_flags[n] & (NODE_KNOWN | NODE_RACY),
			.sig = s->sig[n], .digest = s->digest[n],
			.made = s->made[n],
		};

		if (s->node_flags[n] & NODE_FRESH)
			buf_add(b, &node, sizeof(node));
	}
}

int
guest_record(struct state *s, uint32_t step, struct err *err)
{
	struct state_private *p = s->priv;
	struct record_header h = { .type = RECORD_GUEST };
	struct buf *b = &p->record;
	size_t at;

	if (p->journal_broken)
		return 0;
	buf_clear(b);
	if (open_file(p) >= 0 && !p->guest_sum)
		add_header(p);
	at = b->n;
	buf_add(b, &h, sizeof(h));
	add_payload(s, step);
	h.len = (uint32_t)(b->n - at - sizeof(h));
	h.sum = p->guest_sum;
	memcpy(b->p + at, &h, sizeof(h));
	h.sum = hash_bytes(b->p + at, b->n - at);
	memcpy(b->p + at, &h.sum, sizeof(h.sum));
	p->guest_sum = h.sum;
	if (p->guest_fd >= 0 && write_all(p->guest_fd, b->p, b->n) == 0)
		return 0;
	/* The host does not learn of it: it runs once more. */
	p->journal_broken = true;
	return err_code(err, EXIT_ENV, "write %s%u: %s", p->guest_path,
	                p->level, strerror(errno));
}

/* ---- reading ---- */

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
	need = sizeof(l->r) + padded(l->r.step) +
	       (uint64_t)l->r.nouts * sizeof(struct record_node);
	if (need != n)
		return false;
	l->text = p + sizeof(l->r);
	l->end = l->text + l->r.step;
	l->nodes = l->text + padded(l->r.step);
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
 * by another guest's header. */
static void
take_records(const struct taking *t, char *p, size_t n)
{
	uint64_t sum = 0, last;
	struct record_header h;
	struct left l;
	size_t at = 0;

	while (n - at >= sizeof(h)) {
		if (is_header(p + at, n - at, &sum)) {
			at += sizeof(struct journal_header);
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
				sum = last;
				at += sizeof(h) + h.len;
				continue;
			}
			memcpy(p + at, &last, sizeof(last));
		}
		at++;
	}
}

static void
read_left(const struct taking *t, const char *path)
{
	struct buf b = { 0 };

	if (file_read(path, &b, NULL) == 1 && b.n)
		take_records(t, b.p, b.n);
	buf_release(&b);
}

void
guest_replay(struct state *s)
{
	struct taking t = { .s = s, .keep = true };
	struct buf path = { 0 };

	guest_path(s->priv->guest_path, s->priv->level, &path);
	read_left(&t, path.p);
	buf_release(&path);
}

void
state_guests(struct state *s,
	bool (*see)(void *ctx, uint32_t step, const struct result *r),
	void *ctx)
{
	struct state_private *p = s->priv;
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
	buf_release(&path);
}

/* ---- what the others know ---- */

bool
state_has_others(const struct state *s)
{
	struct buf path = { 0 };
	bool yes;

	guest_path(s->priv->lock_path, s->priv->level + 1, &path);
	yes = s->priv->level || access(path.p, F_OK) == 0;
	buf_release(&path);
	return yes;
}

/* Another state of another graph, which has the step too. */
static void
learn(struct state *s, uint32_t step, const struct state *from)
{
	uint32_t node = graph_find(from->g, graph_path(s->g,
		graph_step_out(s->g, step)));
	const struct graph_step *st;
	struct id_list ids = { 0 };
	uint32_t i, id;

	id = node == GRAPH_NONE ? GRAPH_NONE : from->g->nodes.p[node].producer;
	if (id >= from->nsteps || graph_step_out(from->g, id) != node ||
	    from->result[id].start_ns <= s->result[step].start_ns)
		return;
	st = &from->g->steps.p[id];
	for (i = 0; i < st->nouts; i++) {
		uint32_t out = graph_ids(from->g, st->outs)[i];
		uint32_t mine = graph_find(s->g, graph_path(from->g, out));

		if (mine != GRAPH_NONE)
			state_made(s, mine, from->made[out]);
	}
	for (i = 0; i < st->nobs; i++)
		id_list_add(&ids, graph_node_add(s->g, graph_path(from->g,
			graph_ids(from->g, st->obs)[i])));
	graph_observe(s->g, step, ids.p, (uint32_t)ids.n);
	state_grow(s);
	free(ids.p);
	node_loose(s, step);
	s->result[step] = from->result[id];
	s->result[step].flags &= (uint16_t)~RESULT_VERIFIED;
}

void
state_learn(struct state *s, uint32_t step)
{
	struct state_private *p = s->priv;
	struct taking t = { .s = s, .keep = true };
	struct graph g = { 0 };
	struct state from = { 0 };
	struct buf path = { 0 };

	if (p->level && state_open(&from, &g, p->dir, p->name, STATE_READ,
	                           NULL, NULL, NULL) == 1)
		learn(s, step, &from);
	state_close(&from);
	graph_release(&g);
	for (unsigned i = 1; i <= p->level + 1; i++) {
		guest_path(p->guest_path, i, &path);
		read_left(&t, path.p);
	}
	buf_release(&path);
}

bool
state_waits_below(const struct state *s, pid_t pid)
{
	const struct state_private *p = s->priv;
	DIR *d = opendir(p->dir);
	struct buf start = { 0 };
	struct dirent *e;
	struct process who;
	bool yes = false;

	buf_addf(&start, "%s.waits.", p->name);
	while (d && !yes && (e = readdir(d))) {
		pid_t at;

		if (strncmp(e->d_name, start.p, start.n) != 0)
			continue;
		at = (pid_t)atol(e->d_name + start.n);
		yes = process_is_below(pid, at);
		/* It was killed while it waited. */
		if (!process_look(at, &who))
			unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d)
		closedir(d);
	buf_release(&start);
	return yes;
}

void
guest_waits(const struct state_private *p, bool waits)
{
	struct buf path = { 0 };
	int fd;

	buf_addf(&path, "%s/%s.waits.%ld", p->dir, p->name, (long)getpid());
	if (waits) {
		fd = open(path.p, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
		if (fd >= 0)
			close(fd);
	} else {
		unlink(path.p);
	}
	buf_release(&path);
}
