/* SPDX-License-Identifier: Apache-2.0 */
#include "state/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "state/asked.h"
#include "state/asked_find.h"
#include "state/internal.h"
#include "util/mem.h"
#include "util/os.h"

/* What reading a node gave. */
struct read_node {
	uint32_t node;
	int r, error;
	bool racy, nothing;     /* nothing: see asked_find_none */
	struct file_sig sig;
	struct digest digest;
};

struct look {
	struct state *s;
	const uint32_t *nodes;
	const struct file_sig *sigs;    /* found by the caller, or NULL */
	uint8_t *differs;               /* by node: see state_differs; or NULL */
	struct read_node *todo;
	size_t ntodo, todo_cap;
	uint64_t bytes;         /* in files that are to be read */
};

/* To start a thread takes longer than to read few and small files. */
enum { FEW = 32, SMALL = 1 << 20 };

static uint8_t
flags_of(const struct state *s, uint32_t node)
{
	return __atomic_load_n(&s->node_flags[node], __ATOMIC_RELAXED);
}

/* Several threads may look at the same node: all come to the same flags. */
static void
add_flags(struct state *s, uint32_t node, uint8_t flags)
{
	__atomic_fetch_or(&s->node_flags[node], flags, __ATOMIC_RELAXED);
}

static bool
of_phony(const struct state *s, uint32_t node)
{
	uint32_t p = s->g->nodes.p[node].producer;

	return p != GRAPH_NONE && s->g->steps.p[p].flags & STEP_PHONY;
}

/* There is no such file: is that how it was? The output of a phony step that
 * is no file keeps its digest: state_set says what it is. */
static bool
still_missing(const struct state *s, uint32_t node, uint8_t flags)
{
	static const struct file_sig none;

	return flags & NODE_KNOWN && !(flags & NODE_RACY) &&
	       file_sig_eq(&s->sig[node], &none) &&
	       (of_phony(s, node) || digest_none(&s->digest[node]));
}

static void
look_one(void *ctx, uint32_t i)
{
	struct look *l = ctx;
	struct state *s = l->s;
	uint32_t node = l->nodes[i];
	uint8_t flags = flags_of(s, node);
	struct file_sig sig;
	int r;

	if (flags & NODE_FRESH)
		return;
	if (asked_node(s->g, node)) {
		add_flags(s, node, NODE_TODO);
		return;
	}
	if (l->sigs) {
		sig = l->sigs[i];
		r = sig.mode != 0;
	} else {
		r = file_sig(AT_FDCWD, graph_cpath(s->g, node), &sig);
	}
	/* If it cannot be read, that shows when it is. */
	if (r == 1 && below_counts(s, node, &sig))
		below_sig(graph_cpath(s->g, node), &sig);
	if (r == 0 && still_missing(s, node, flags))
		add_flags(s, node, NODE_FRESH | NODE_MISSING);
	else if (r == 1 && flags & NODE_KNOWN && !(flags & NODE_RACY) &&
	         file_sig_eq(&s->sig[node], &sig))
		add_flags(s, node, NODE_FRESH);
	else
		add_flags(s, node, NODE_TODO);
	if (r == 1 && flags_of(s, node) & NODE_TODO)
		__atomic_fetch_add(&l->bytes, sig.size, __ATOMIC_RELAXED);
}

static void
read_one(void *ctx, uint32_t i)
{
	struct look *l = ctx;
	struct read_node *t = &l->todo[i];
	struct state *s = l->s;
	struct file_sig sig;
	const char *path;
	bool below;

	if (asked_node(s->g, t->node)) {
		if (t->nothing)
			t->digest = asked_find_nothing();
		else
			asked_digest(graph_path(s->g, t->node), &t->digest);
		t->r = 1;
		return;
	}
	path = graph_cpath(s->g, t->node);
	below = file_sig(AT_FDCWD, path, &sig) == 1 &&
	        below_counts(s, t->node, &sig);
	t->r = content_digest(&s->priv->clock, path, below, &t->sig,
	                      &t->digest, &t->racy);
	t->error = errno;
}

static void
collect_looks(struct look *l, uint32_t n)
{
	struct state *s = l->s;

	for (uint32_t i = 0; i < n; i++) {
		uint8_t *f = &s->node_flags[l->nodes[i]];

		if (!(*f & NODE_TODO))
			continue;
		*f &= (uint8_t)~NODE_TODO;
		l->todo = vec_grow(l->todo, &l->todo_cap, l->ntodo + 1,
		                   sizeof(*l->todo));
		l->todo[l->ntodo++] = (struct read_node){
			.node = l->nodes[i]
		};
	}
}

/* Is what was read what is known of the node? */
static bool
is_as_known(const struct state *s, const struct read_node *t)
{
	return t->r >= 0 && s->node_flags[t->node] & NODE_KNOWN &&
	       digest_eq(&s->digest[t->node], &t->digest);
}

/* Most modules that were looked for are not there: directories tell. */
static void
find_nothing(struct look *l)
{
	const struct graph *g = l->s->g;
	struct str *names = xcalloc(l->ntodo + 1, sizeof(*names));
	bool *none = xcalloc(l->ntodo + 1, sizeof(*none));

	for (size_t i = 0; i < l->ntodo; i++)
		if (asked_node(g, l->todo[i].node))
			names[i] = graph_path(g, l->todo[i].node);
	asked_find_none(names, l->ntodo, none);
	for (size_t i = 0; i < l->ntodo; i++)
		l->todo[i].nothing = none[i];
	free(names);
	free(none);
}

static int
apply(struct look *l, struct err *err)
{
	static const struct file_sig none;
	struct state *s = l->s;
	int rc = 0;

	for (size_t i = 0; i < l->ntodo; i++) {
		struct read_node *t = &l->todo[i];
		uint8_t *f = &s->node_flags[t->node];
		uint8_t known = NODE_KNOWN;

		if (t->racy)
			known |= NODE_RACY;
		if (t->r < 0) {
			known = 0;
			rc = err_set(err, "read %s: %s",
			             graph_cpath(s->g, t->node),
			             strerror(t->error));
		}
		if (t->r == 0 && of_phony(s, t->node) && *f & NODE_KNOWN &&
		    file_sig_eq(&s->sig[t->node], &none))
			t->digest = s->digest[t->node];
		if (l->differs && !is_as_known(s, t)) {
			l->differs[t->node] = 1;
			continue;
		}
		node_set(s, t->node, &t->sig, &t->digest, known);
		*f |= NODE_FRESH;
		if (t->r == 0)
			*f |= NODE_MISSING;
		else
			*f &= (uint8_t)~NODE_MISSING;
	}
	return rc;
}

static int
look_at_nodes(struct look *l, uint32_t n, struct err *err)
{
	int rc;

	state_grow(l->s);
	os_parallel(n < 128 || l->sigs ? 1 : 0, n, look_one, l);
	collect_looks(l, n);
	if (l->ntodo)
		find_nothing(l);
	os_parallel(l->ntodo < FEW && l->bytes < SMALL ? 1 : 0,
	            (uint32_t)l->ntodo, read_one, l);
	rc = apply(l, err);
	free(l->todo);
	return rc;
}

int
state_look(struct state *s, const uint32_t *nodes, uint32_t n,
	struct err *err)
{
	struct look l = { .s = s, .nodes = nodes };

	return look_at_nodes(&l, n, err);
}

int
state_look_sigs(struct state *s, const uint32_t *nodes,
	const struct file_sig *sigs, uint32_t n, struct err *err)
{
	struct look l = { .s = s, .nodes = nodes, .sigs = sigs };

	return look_at_nodes(&l, n, err);
}

void
state_differs(struct state *s, const uint32_t *nodes, uint32_t n,
	uint8_t *differs)
{
	struct look l = { .s = s, .nodes = nodes, .differs = differs };
	struct err none = { 0 };

	if (look_at_nodes(&l, n, &none) < 0)
		err_release(&none);
}

void
state_set(struct state *s, uint32_t node, const struct file_sig *sig,
	const struct digest *digest)
{
	static const struct file_sig none;
	uint8_t *f;

	state_grow(s);
	node_set(s, node, sig ? sig : &none, digest, NODE_KNOWN);
	f = &s->node_flags[node];
	*f |= NODE_FRESH;
	if (sig)
		*f &= (uint8_t)~NODE_MISSING;
	else
		*f |= NODE_MISSING;
}

void
state_stale(struct state *s, uint32_t node)
{
	if (node < s->nnodes)
		s->node_flags[node] &=
			(uint8_t)~(NODE_FRESH | NODE_MISSING);
}

void
state_edited(struct state *s, uint32_t node)
{
	s->node_flags[node] |= NODE_EDITED;
}

void
state_forget(struct state *s)
{
	if (!s->g)
		return;
	if (s->g->users_stale) {
		graph_index_users(s->g);
		node_loose_clear(s);
	}
	for (uint32_t i = 0; i < s->nnodes; i++)
		s->node_flags[i] &=
			(uint8_t)~(NODE_FRESH | NODE_CHANGED | NODE_MISSING |
			           NODE_EDITED);
	state_check_env(s);
}

int
state_lookup(const struct state *s, struct str path,
	const struct file_sig *sig, struct digest *out)
{
	uint32_t n = s->g ? graph_find(s->g, path) : GRAPH_NONE;

	if (n == GRAPH_NONE || n >= s->nnodes ||
	    (s->node_flags[n] & (NODE_KNOWN | NODE_RACY)) != NODE_KNOWN ||
	    sig->mode == 0 || !file_sig_eq(&s->sig[n], sig))
		return 0;
	*out = s->digest[n];
	return 1;
}
