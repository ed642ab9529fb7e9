/* SPDX-License-Identifier: Apache-2.0 */
#include "state/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/hash.h"
#include "util/mem.h"

/* ---- reading ---- */

/* The node that a number in a record stands for; GRAPH_NONE: nothing. */
static uint32_t
node_of(const struct state *s, uint32_t number)
{
	const struct state_private *p = s->priv;

	if (number < p->base)
		return number;
	number -= p->base;
	return number < p->names.n ? p->names.p[number] : GRAPH_NONE;
}

static void
number_node(struct state *s, uint32_t node)
{
	struct state_private *p = s->priv;

	id_list_add(&p->names, node);
	if (node < p->base)
		return;
	while (p->numbers.n <= node - p->base)
		id_list_add(&p->numbers, 0);
	p->numbers.p[node - p->base] = (uint32_t)p->names.n;
}

static bool
apply_name(struct state *s, const char *p, size_t n)
{
	if (n == 0 || memchr(p, '\0', n))
		return false;
	number_node(s, graph_node_add(s->g, (struct str){ p, n }));
	state_grow(s);
	return true;
}

static bool
apply_nodes(struct state *s, const char *p, size_t n)
{
	struct record_node r;

	if (n % sizeof(r))
		return false;
	for (size_t at = 0; at < n; at += sizeof(r)) {
		memcpy(&r, p + at, sizeof(r));
		if (node_of(s, r.node) == GRAPH_NONE)
			return false;
	}
	for (size_t at = 0; at < n; at += sizeof(r)) {
		uint32_t node;

		memcpy(&r, p + at, sizeof(r));
		node = node_of(s, r.node);
		node_set(s, node, &r.sig, &r.digest,
		         r.flags & (NODE_KNOWN | NODE_RACY));
		state_made(s, node, r.made);
		/* It is on disk, and in a run before this. */
		s->node_flags[node] &=
			(uint8_t)~(NODE_DIRTY | NODE_CHANGED);
	}
	return true;
}

static bool
apply_step(struct state *s, char *p, size_t n)
{
	struct record_step r;
	uint64_t obs, outs;

	if (n < sizeof(r))
		return false;
	memcpy(&r, p, sizeof(r));
	obs = ((uint64_t)r.nobs * sizeof(uint32_t) + 7) & ~UINT64_C(7);
	outs = (uint64_t)r.nouts * sizeof(struct record_node);
	if (r.step >= s->nsteps || n - sizeof(r) != obs + outs)
		return false;
	p += sizeof(r);
	for (uint32_t i = 0; i < r.nobs; i++) {
		uint32_t id;

		memcpy(&id, p + i * sizeof(id), sizeof(id));
		id = node_of(s, id);
		if (id == GRAPH_NONE)
			return false;
		memcpy(p + i * sizeof(id), &id, sizeof(id));
	}
	if (!apply_nodes(s, p + obs, outs))
		return false;
	graph_observe(s->g, r.step, (uint32_t *)(void *)p, r.nobs);
	node_loose(s, r.step);
	r.result.flags &= (uint16_t)~RESULT_VERIFIED;
	s->result[r.step] = r.result;
	return true;
}

static bool
apply_verified(struct state *s, const char *p, size_t n)
{
	uint32_t id;

	if (n % sizeof(id))
		return false;
	for (size_t at = 0; at < n; at += sizeof(id)) {
		memcpy(&id, p + at, sizeof(id));
		if (id >= s->nsteps)
			return false;
		s->result[id].flags |= RESULT_VERIFIED;
	}
	return true;
}

static bool
apply_record(struct state *s, uint32_t type, char *p, size_t n)
{
	switch (type) {
	case RECORD_NAME:
		return apply_name(s, p, n);
	case RECORD_STEP:
		return apply_step(s, p, n);
	case RECORD_NODES:
		return apply_nodes(s, p, n);
	case RECORD_VERIFIED:
		return apply_verified(s, p, n);
	case RECORD_ENV:
		if (n != sizeof(s->priv->env))
			return false;
		memcpy(&s->priv->env, p, n);
		state_unverify_env(s);
		return true;
	case RECORD_FILES:
		if (n != s->priv->nfiles * sizeof(*s->priv->files))
			return false;
		memcpy(s->priv->files, p, n);
		return true;
	}
	return false;
}

size_t
journal_apply(struct state *s, char *p, size_t n)
{
	struct journal_header h;
	struct record_header r;
	size_t at = sizeof(h);
	uint64_t last;

	if (n < sizeof(h))
		return 0;
	memcpy(&h, p, sizeof(h));
	if (memcmp(h.magic, JOURNAL_MAGIC, sizeof(h.magic)) != 0 ||
	    h.version != STATE_VERSION || h.order != STATE_ORDER ||
	    h.snapshot != s->priv->id ||
	    h.sum != hash_bytes(&h, offsetof(struct journal_header, sum)))
		return 0;
	last = h.sum;
	while (n - at >= sizeof(r)) {
		memcpy(&r, p + at, sizeof(r));
		if (n - at - sizeof(r) < record_padded(r.len))
			break;
		memcpy(p + at, &last, sizeof(last));
		if (hash_bytes(p + at, sizeof(r) + record_padded(r.len)) !=
		    r.sum ||
		    !apply_record(s, r.type, p + at + sizeof(r), r.len))
			break;
		last = r.sum;
		at += sizeof(r) + record_padded(r.len);
	}
	s->priv->journal_sum = last;
	return at;
}

bool
journal_replay(struct state *s)
{
	struct state_private *p = s->priv;
	struct buf b = { 0 };
	bool ours = true;

	if (file_read(p->journal_path, &b, NULL) == 1 && b.n) {
		p->journal_size = journal_apply(s, b.p, b.n);
		ours = p->journal_size != 0;
	}
	if (is_host(s) && p->journal_size < b.n &&
	    truncate(p->journal_path, (off_t)p->journal_size) < 0)
		p->journal_broken = true;
	p->dirty.n = p->verified.n = 0;
	buf_release(&b);
	return ours;
}

void
journal_forget(struct state_private *p)
{
	p->names.n = p->numbers.n = 0;
	p->journal_sum = p->journal_size = 0;
	p->dirty.n = p->verified.n = 0;
}

/* ---- writing ---- */

static size_t
record_begin(struct buf *b, uint32_t type)
{
	struct record_header r = { .type = type };
	size_t at = b->n;

	buf_add(b, &r, sizeof(r));
	return at;
}

static void
record_end(struct state_private *p, size_t at)
{
	static const char zero[8];
	struct buf *b = &p->record;
	struct record_header r;

	memcpy(&r, b->p + at, sizeof(r));
	r.len = (uint32_t)(b->n - at - sizeof(r));
	buf_add(b, zero, -b->n & 7);
	r.sum = p->journal_sum;
	memcpy(b->p + at, &r, sizeof(r));
	r.sum = hash_bytes(b->p + at, b->n - at);
	memcpy(b->p + at, &r.sum, sizeof(r.sum));
	p->journal_sum = r.sum;
}

static uint32_t
number_of(const struct state_private *p, uint32_t node)
{
	if (node < p->base)
		return node;
	node -= p->base;
	if (node >= p->numbers.n || p->numbers.p[node] == 0)
		return GRAPH_NONE;
	return p->base + p->numbers.p[node] - 1;
}

static void
need_name(struct state *s, uint32_t node)
{
	struct state_private *p = s->priv;
	size_t at;

	if (number_of(p, node) != GRAPH_NONE)
		return;
	at = record_begin(&p->record, RECORD_NAME);
	buf_addstr(&p->record, graph_path(s->g, node));
	record_end(p, at);
	number_node(s, node);
}

static void
journal_node(struct state *s, uint32_t node)
{
	struct state_private *p = s->priv;
	uint8_t *f = &s->node_flags[node];
	struct record_node r = {
		.node = number_of(p, node),
		.flags = *f & (NODE_KNOWN | NODE_RACY),
		.sig = s->sig[node], .digest = s->digest[node],
		.made = s->made[node],
	};

	buf_add(&p->record, &r, sizeof(r));
}

static void
begin_file(struct state_private *p)
{
	struct journal_header h = {
		.magic = JOURNAL_MAGIC, .version = STATE_VERSION,
		.order = STATE_ORDER, .snapshot = p->id,
	};

	h.sum = hash_bytes(&h, offsetof(struct journal_header, sum));
	buf_add(&p->record, &h, sizeof(h));
	p->journal_sum = h.sum;
}

static int
open_file(struct state_private *p)
{
	if (p->journal_fd < 0)
		p->journal_fd = open(p->journal_path, O_WRONLY | O_CREAT |
			O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);
	return p->journal_fd;
}

/* Forgets the record that was made but could not be appended. */
static void
undo(struct state_private *p, size_t names)
{
	while (p->names.n > names) {
		uint32_t node = p->names.p[--p->names.n];

		if (node >= p->base)
			p->numbers.p[node - p->base] = 0;
	}
	p->journal_broken = p->fold = true;
}

/* Appends what is in p->record in one write. On failure the file is as it
 * was. */
static int
append(struct state_private *p, size_t names, struct err *err)
{
	uint64_t size = p->journal_size;
	int fd = open_file(p);
	ssize_t n = -1;

	if (fd >= 0) {
		do {
			n = write(fd, p->record.p, p->record.n);
		} while (n < 0 && errno == EINTR);
	}
	if (n == (ssize_t)p->record.n) {
		p->journal_size += p->record.n;
		p->unsynced = true;
		return 0;
	}
	if (n >= 0)
		errno = ENOSPC;
	err_code(err, EXIT_ENV, "write %s: %s", p->journal_path,
	         strerror(errno));
	if (n > 0 && ftruncate(fd, (off_t)size) < 0)
		n = 0; /* the torn record is dropped by the next reader */
	undo(p, names);
	return -1;
}

int
journal_step(struct state *s, uint32_t step, struct err *err)
{
	struct state_private *p = s->priv;
	const struct graph_step *st = &s->g->steps.p[step];
	const uint32_t *obs = graph_ids(s->g, st->obs);
	const uint32_t *outs = graph_ids(s->g, st->outs);
	struct record_step r = {
		.step = step, .nobs = st->nobs, .result = s->result[step],
	};
	size_t names = p->names.n, at;

	buf_clear(&p->record);
	if (p->journal_size == 0)
		begin_file(p);
	for (uint32_t i = 0; i < st->nobs; i++)
		need_name(s, obs[i]);
	for (uint32_t i = 0; i < st->nouts; i++) {
		if (s->node_flags[outs[i]] & NODE_FRESH) {
			need_name(s, outs[i]);
			r.nouts++;
		}
	}
	at = record_begin(&p->record, RECORD_STEP);
	buf_add(&p->record, &r, sizeof(r));
	for (uint32_t i = 0; i < st->nobs; i++) {
		uint32_t number = number_of(p, obs[i]);

		buf_add(&p->record, &number, sizeof(number));
	}
	buf_add(&p->record, "\0\0\0\0\0\0\0", -p->record.n & 7);
	for (uint32_t i = 0; i < st->nouts; i++)
		if (s->node_flags[outs[i]] & NODE_FRESH)
			journal_node(s, outs[i]);
	record_end(p, at);
	if (append(p, names, err) < 0)
		return -1;
	for (uint32_t i = 0; i < st->nouts; i++)
		if (s->node_flags[outs[i]] & NODE_FRESH)
			s->node_flags[outs[i]] &= (uint8_t)~NODE_DIRTY;
	return 0;
}

uint64_t
journal_pending(const struct state *s)
{
	const struct state_private *p = s->priv;

	return p->dirty.n * sizeof(struct record_node) +
	       p->verified.n * sizeof(uint32_t) +
	       (p->env_dirty ? sizeof(p->env) : 0) +
	       (p->files_dirty ? p->nfiles * sizeof(*p->files) : 0);
}

static void
add_dirty(struct state *s)
{
	struct state_private *p = s->priv;
	size_t at;

	for (size_t i = 0; i < p->dirty.n; i++)
		need_name(s, p->dirty.p[i]);
	at = record_begin(&p->record, RECORD_NODES);
	for (size_t i = 0; i < p->dirty.n; i++) {
		uint8_t *f = &s->node_flags[p->dirty.p[i]];

		if (*f & NODE_DIRTY)
			journal_node(s, p->dirty.p[i]);
		*f &= (uint8_t)~NODE_DIRTY;
	}
	record_end(p, at);
}

static void
add_verified(struct state *s)
{
	struct state_private *p = s->priv;
	size_t at = record_begin(&p->record, RECORD_VERIFIED);

	for (size_t i = 0; i < p->verified.n; i++) {
		uint32_t step = p->verified.p[i];

		if (s->result[step].flags & RESULT_VERIFIED)
			buf_add(&p->record, &step, sizeof(step));
	}
	record_end(p, at);
}

int
journal_sync(struct state *s, struct err *err)
{
	struct state_private *p = s->priv;
	size_t names = p->names.n, at;

	buf_clear(&p->record);
	if (p->journal_size == 0)
		begin_file(p);
	if (p->files_dirty) {
		at = record_begin(&p->record, RECORD_FILES);
		buf_add(&p->record, p->files, p->nfiles * sizeof(*p->files));
		record_end(p, at);
	}
	if (p->env_dirty) {
		at = record_begin(&p->record, RECORD_ENV);
		buf_add(&p->record, &p->env, sizeof(p->env));
		record_end(p, at);
	}
	if (p->dirty.n)
		add_dirty(s);
	if (p->verified.n)
		add_verified(s);
	if (append(p, names, err) < 0)
		return -1;
	p->dirty.n = p->verified.n = 0;
	p->files_dirty = p->env_dirty = false;
	return 0;
}
