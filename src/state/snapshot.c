/* SPDX-License-Identifier: Apache-2.0 */
#include "state/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "state/snap_out.h"
#include "util/os.h"

static void *
part_at(const struct state_private *p, const struct snap_header *h,
	enum snap_section i)
{
	return (char *)p->map.p + h->part[i].at;
}

static bool
header_ok(const struct snap_header *h, size_t n)
{
	return n >= sizeof(*h) &&
	       memcmp(h->magic, SNAP_MAGIC, sizeof(h->magic)) == 0 &&
	       h->version == STATE_VERSION && h->order == STATE_ORDER &&
	       h->size == n && h->sum != 0 && h->sum == format_header_sum(h);
}

static bool
parts_ok(const struct state_private *p, const struct snap_header *h)
{
	const uint64_t want[SNAP_SECTIONS] = {
		[SNAP_SIGS] = h->nnodes * sizeof(struct file_sig),
		[SNAP_DIGESTS] = h->nnodes * sizeof(struct digest),
		[SNAP_MADE] = h->nnodes * sizeof(uint64_t),
		[SNAP_FLAGS] = h->nnodes,
		[SNAP_RESULTS] = h->nsteps * sizeof(struct result),
		[SNAP_FILES] = h->nfiles * sizeof(struct file_sig),
		[SNAP_ENV] = h->part[SNAP_ENV].size,
		[SNAP_EXTRAS] = h->part[SNAP_EXTRAS].size,
		[SNAP_GRAPH] = h->part[SNAP_GRAPH].size,
	};

	uint64_t end = sizeof(*h);

	/* In order: what is changed in one must not be in another. */
	for (int i = 0; i < SNAP_SECTIONS; i++) {
		const struct snap_part *s = &h->part[i];

		if (s->at % SNAP_ALIGN || s->at < end || s->at > p->map.n ||
		    s->size > p->map.n - s->at || s->size != want[i] ||
		    format_sum((char *)p->map.p + s->at, s->size) != s->sum)
			return false;
		end = s->at + s->size;
	}
	return true;
}

static bool
extras_ok(struct state_private *p, const struct snap_header *h)
{
	const char *at = part_at(p, h, SNAP_EXTRAS);
	uint64_t left = h->part[SNAP_EXTRAS].size, n;
	uint64_t size[STATE_EXTRAS];

	if (left < sizeof(size))
		return false;
	memcpy(size, at, sizeof(size));
	at += sizeof(size);
	left -= sizeof(size);
	for (int i = 0; i < STATE_EXTRAS; i++) {
		n = size[i];
		if (n > left || (-n & 7) > left - n)
			return false;
		p->extra[i] = (struct str){ at, n };
		n += -n & 7;
		at += n;
		left -= n;
	}
	return left == 0;
}

static bool
env_ok(struct state_private *p, const struct snap_header *h)
{
	const char *names = part_at(p, h, SNAP_ENV);
	size_t n = h->part[SNAP_ENV].size;

	if (n && names[n - 1] != '\0')
		return false;
	buf_clear(&p->env_names);
	buf_add(&p->env_names, names, n);
	p->env = h->env;
	return true;
}

static void
attach(struct state *s, struct graph *graph, const struct snap_header *h)
{
	struct state_private *p = s->priv;

	s->g = graph;
	s->sig = part_at(p, h, SNAP_SIGS);
	s->digest = part_at(p, h, SNAP_DIGESTS);
	s->made = part_at(p, h, SNAP_MADE);
	s->node_flags = part_at(p, h, SNAP_FLAGS);
	s->result = part_at(p, h, SNAP_RESULTS);
	s->nnodes = h->nnodes;
	s->nsteps = h->nsteps;
	p->files = part_at(p, h, SNAP_FILES);
	p->nfiles = h->nfiles;
	p->id = h->sum;
	p->base = h->nnodes;
	p->snap_size = h->size;
	for (uint32_t i = 0; i < s->nnodes; i++)
		if (s->node_flags[i] & ~(NODE_KNOWN | NODE_RACY))
			s->node_flags[i] &= NODE_KNOWN | NODE_RACY;
}

int
snapshot_open(struct state *s, struct graph *graph)
{
	struct state_private *p = s->priv;
	const struct snap_header *h;

	if (file_map(p->snap_path, &p->map, NULL) != 1)
		return 0;
	h = p->map.p;
	if (!header_ok(h, p->map.n) || !parts_ok(p, h) || !extras_ok(p, h) ||
	    !env_ok(p, h) ||
	    !graph_map(graph, part_at(p, h, SNAP_GRAPH),
	               h->part[SNAP_GRAPH].size) ||
	    graph->nodes.n != h->nnodes || graph->steps.n != h->nsteps ||
	    graph->files.n != h->nfiles) {
		graph_release(graph);
		memset(p->extra, 0, sizeof(p->extra));
		buf_clear(&p->env_names);
		file_unmap(&p->map);
		return 0;
	}
	attach(s, graph, h);
	return 1;
}

static void
add_extras(const struct state_private *p, struct snap_out *o)
{
	static const char zero[8];

	for (int i = 0; i < STATE_EXTRAS; i++) {
		uint64_t n = p->extra[i].n;

		snap_out_add(o, &n, sizeof(n));
	}
	for (int i = 0; i < STATE_EXTRAS; i++) {
		snap_out_add(o, p->extra[i].p, p->extra[i].n);
		snap_out_add(o, zero, -p->extra[i].n & 7);
	}
}

/* Those that outlive the run. */
static void
add_node_flags(const struct state *s, struct snap_out *o)
{
	uint8_t some[4096];

	for (uint32_t at = 0, n; at < s->nnodes; at += n) {
		n = s->nnodes - at;
		if (n > sizeof(some))
			n = sizeof(some);
		for (uint32_t i = 0; i < n; i++)
			some[i] = s->node_flags[at + i] &
			          (NODE_KNOWN | NODE_RACY);
		snap_out_add(o, some, n);
	}
}

static void
add_part(const struct state *s, struct snap_out *o, enum snap_section i)
{
	const struct state_private *p = s->priv;

	switch (i) {
	case SNAP_SIGS:
		snap_out_add(o, s->sig, s->nnodes * sizeof(*s->sig));
		break;
	case SNAP_DIGESTS:
		snap_out_add(o, s->digest, s->nnodes * sizeof(*s->digest));
		break;
	case SNAP_MADE:
		snap_out_add(o, s->made, s->nnodes * sizeof(*s->made));
		break;
	case SNAP_FLAGS:
		add_node_flags(s, o);
		break;
	case SNAP_RESULTS:
		snap_out_add(o, s->result, s->nsteps * sizeof(*s->result));
		break;
	case SNAP_FILES:
		snap_out_add(o, p->files, p->nfiles * sizeof(*p->files));
		break;
	case SNAP_ENV:
		snap_out_add(o, p->env_names.p, p->env_names.n);
		break;
	case SNAP_EXTRAS:
		add_extras(p, o);
		break;
	case SNAP_GRAPH:
		graph_write(s->g, snap_out_add, o);
		break;
	case SNAP_SECTIONS:
		break;
	}
}

static void
settle_graph(struct state *s)
{
	if (s->g->users_stale) {
		node_loose_clear(s);
		graph_index_users(s->g);
	}
	state_grow(s);
}

/* The dirty are no more: the snapshot has them. */
static void
all_clean(struct state *s)
{
	struct state_private *p = s->priv;

	for (size_t i = 0; i < p->dirty.n; i++)
		s->node_flags[p->dirty.p[i]] &= (uint8_t)~NODE_DIRTY;
	p->dirty.n = p->verified.n = 0;
	p->fold = p->files_dirty = p->env_dirty = false;
}

int
snapshot_write(struct state *s, struct err *err)
{
	struct state_private *p = s->priv;
	struct snap_header h = {
		.magic = SNAP_MAGIC, .version = STATE_VERSION,
		.order = STATE_ORDER,
		.nonce = (uint64_t)os_wall() ^ (uint64_t)getpid() << 48,
		.nfiles = p->nfiles, .nsteps = s->nsteps, .env = p->env,
	};
	struct snap_out o;

	settle_graph(s);
	h.nnodes = s->nnodes;
	if (snap_out_open(&o, p->snap_path, err) < 0)
		return -1;
	for (int i = 0; i < SNAP_SECTIONS; i++) {
		snap_out_begin(&o, &h.part[i]);
		add_part(s, &o, i);
		snap_out_end(&o, &h.part[i]);
	}
	if (snap_out_close(&o, p->snap_path, &h, err) < 0)
		return -1;
	p->id = h.sum;
	p->base = s->nnodes;
	p->snap_size = h.size;
	p->journal_sum = p->journal_size = 0;
	p->names.n = p->numbers.n = 0;
	p->journal_broken = p->unsynced = false;
	if (p->journal_fd >= 0)
		close(p->journal_fd);
	p->journal_fd = -1;
	all_clean(s);
	/* What is in the journal is not this snapshot's: nobody reads it. */
	if (truncate(p->journal_path, 0) < 0 && errno != ENOENT)
		p->journal_broken = true;
	return 0;
}
