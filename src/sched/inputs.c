/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sched/known/rewrite.h"
#include "state/asked.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/os.h"
#include "util/path.h"

/* Time here is a number that goes up with all that is learned of files. A step
 * knows its inputs as they were when it was decided on; what is learned of them
 * later may have been so when it read them, or not. */

void
inputs_release(struct inputs *in)
{
	free(in->nodes);
	free(in->decided);
	free(in->walked);
	buf_release(&in->cwd);
	*in = (struct inputs){ 0 };
}

static struct input_node *
node_at(struct build *b, uint32_t node)
{
	struct inputs *in = &b->inputs;
	uint32_t n = in->nnodes;

	if (node < n)
		return &in->nodes[node];
	in->nnodes = b->g->nodes.n + b->g->nodes.n / 8;
	in->nodes = xreallocarray(in->nodes, in->nnodes, sizeof(*in->nodes));
	memset(in->nodes + n, 0, (in->nnodes - n) * sizeof(*in->nodes));
	return &in->nodes[node];
}

void
inputs_begin(struct build *b)
{
	struct inputs *in = &b->inputs;

	if (!in->decided)
		in->decided = xcalloc(b->g->steps.n + 1, sizeof(*in->decided));
	in->now++;
}

void
inputs_known(struct build *b)
{
	for (uint32_t i = 0; i < b->plan.nwanted_nodes; i++) {
		struct input_node *n = node_at(b, b->plan.nodes[i]);

		if (!n->since)
			n->since = b->inputs.now;
	}
}

void
inputs_decided(struct build *b, uint32_t step)
{
	b->inputs.decided[step] = b->inputs.now;
}

/* Who knows its inputs only when it ends has nothing but times to go by. Where
 * they are coarse, what was written just before us has that of our beginning:
 * it is waited for until that has passed. */
int64_t
inputs_start(struct build *b, uint32_t step)
{
	static const struct timespec wait = { .tv_nsec = 500000 };
	const unsigned kinds = STEP_DEPFILE | STEP_DEPS_GCC | STEP_DEPS_MSVC |
	                       STEP_OBSERVE;
	int64_t now = state_clock(b->s);

	if (b->g->steps.p[step].flags & kinds)
		for (int i = 0; i < 40 && now == state_opened(b->s); i++) {
			nanosleep(&wait, NULL);
			now = state_clock(b->s);
		}
	return now;
}

/* ---- changes ---- */

static void
note_change(struct build *b, uint32_t node, const struct file_sig *was,
	const struct digest *old)
{
	const struct file_sig *is = &b->s->sig[node];
	bool content = !digest_eq(old, &b->s->digest[node]);
	struct input_node *n;

	if (file_sig_eq(was, is) && !content)
		return;
	if (S_ISDIR(is->mode) && !content)
		return;
	n = node_at(b, node);
	n->changed = ++b->inputs.now;
	n->content |= content;
	n->moved |= was->ino != is->ino || was->dev != is->dev;
}

/* Looks again. */
static void
renew(struct build *b, uint32_t node)
{
	struct state *s = b->s;
	struct file_sig was = s->sig[node];
	struct digest old = s->digest[node];
	bool looked = s->node_flags[node] & NODE_FRESH;

	state_stale(s, node);
	/* One that cannot be read counts as changed each time. */
	state_look(s, &node, 1, NULL);
	if (looked && !digest_eq(&old, &s->digest[node]))
		state_edited(s, node);
	note_change(b, node, &was, &old);
}

void
inputs_look(struct build *b, const uint32_t *nodes, uint32_t n)
{
	struct state *s = b->s;
	struct file_sig *was = xreallocarray(NULL, n + 1, sizeof(*was));
	struct digest *old = xreallocarray(NULL, n + 1, sizeof(*old));

	for (uint32_t i = 0; i < n; i++) {
		was[i] = s->sig[nodes[i]];
		old[i] = s->digest[nodes[i]];
		state_stale(s, nodes[i]);
	}
	state_look(s, nodes, n, NULL);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t before = b->inputs.now;

		note_change(b, nodes[i], &was[i], &old[i]);
		if (b->inputs.now != before)
			node_at(b, nodes[i])->written = b->inputs.now;
	}
	free(was);
	free(old);
}

void
inputs_replaced(struct build *b, uint32_t step)
{
	const struct graph_step *st = &b->g->steps.p[step];

	b->inputs.now++;
	for (uint32_t i = 0; i < st->nouts; i++) {
		uint32_t out = graph_ids(b->g, st->outs)[i];
		struct input_node *n = node_at(b, out);

		n->changed = n->written = b->inputs.now;
		n->content = n->moved = true;
	}
}

/* ---- generators ---- */

static bool
is_in_cwd(const struct inputs *in, struct str path)
{
	struct str cwd = buf_str(&in->cwd);

	if (path.n && path.p[0] == '/')
		return str_starts(path, cwd.p) && path.n > cwd.n &&
		       path.p[cwd.n] == '/';
	return !str_starts(path, "../");
}

/* Do people write in the build directory? */
static bool
has_sources(const struct graph *g, const struct inputs *in)
{
	for (uint32_t i = 0; i < g->steps.n; i++) {
		const struct graph_step *st = &g->steps.p[i];

		for (uint32_t k = 0; k < graph_nexplicit(st) &&
		     !(st->flags & (STEP_GENERATOR | STEP_PHONY)); k++) {
			uint32_t n = graph_ids(g, st->ins)[k];

			if (g->nodes.p[n].producer == GRAPH_NONE &&
			    is_in_cwd(in, graph_path(g, n)))
				return true;
		}
	}
	return false;
}

static bool
find_cwd(struct inputs *in)
{
	return in->cwd.n || os_cwd(&in->cwd, NULL) == 0;
}

/* A generator may write its own inputs (CMake's cache): those that lie in the
 * build directory, if nobody else does. */
static bool
may_rewrite(struct build *b, uint32_t node)
{
	struct inputs *in = &b->inputs;

	if (!find_cwd(in) || !is_in_cwd(in, graph_path(b->g, node)))
		return false;
	return !node_at(b, node)->content || !has_sources(b->g, in);
}

/* ---- what a step has read ---- */

struct check {
	struct build *b;
	uint32_t step;
	uint32_t depfile;       /* written by the step itself */
	int64_t start;
	enum inputs_seen seen;
	uint32_t *groups;       /* phony steps whose inputs are to be seen */
	size_t ngroups, cap;
	struct buf command;     /* of the step; empty: not asked for */
};

/* The step that stands for others by the name of the node; GRAPH_NONE: it is a
 * file. */
static uint32_t
group_of(const struct graph *g, uint32_t node)
{
	uint32_t made = g->nodes.p[node].producer;

	return made != GRAPH_NONE && g->steps.p[made].flags & STEP_PHONY &&
	       g->steps.p[made].nins ? made : GRAPH_NONE;
}

bool
inputs_made(const struct graph *g, uint32_t node)
{
	uint32_t made = g->nodes.p[node].producer;

	return made != GRAPH_NONE && !(g->steps.p[made].flags & STEP_PHONY);
}

bool
inputs_rewritten(struct build *b, uint32_t node)
{
	const struct input_node *n = node_at(b, node);

	return n->changed > n->written;
}

void
inputs_look_again(struct build *b, uint32_t node)
{
	struct state *s = b->s;
	struct input_node *n = node_at(b, node);
	struct file_sig now;

	if (n->round == b->inputs.round)
		return;
	n->round = b->inputs.round;
	if (s->node_flags[node] & NODE_RACY ||
	    file_sig(AT_FDCWD, graph_cpath(b->g, node), &now) < 0 ||
	    !file_sig_eq(&now, &s->sig[node]))
		renew(b, node);
}

/* Was this name in a directory changed? A link leads elsewhere, where nobody
 * looks. */
static bool
name_changed(const struct state *s, const char *path, int64_t since)
{
	struct file_sig sig;
	struct stat st;

	if (lstat(path, &st) < 0 || S_ISLNK(st.st_mode))
		return true;
	file_sig_of(&st, &sig);
	return state_changed_since(s, path, &sig, since);
}

/* Another file has taken its place, and may be older than that: were the
 * directories on the way to it left alone since? */
static bool
way_changed(const struct state *s, const char *path, int64_t since)
{
	bool yes = name_changed(s, path, since);
	struct buf dir = { 0 };

	for (size_t n = 1; path[n] && !yes; n++) {
		if (path[n] != '/')
			continue;
		buf_clear(&dir);
		buf_add(&dir, path, n);
		yes = name_changed(s, dir.p, since);
	}
	buf_release(&dir);
	return yes;
}

/* decided: when what is read under this name was decided on. */
static enum inputs_seen
seen_file(struct check *c, uint32_t node, uint32_t decided)
{
	struct build *b = c->b;
	struct state *s = b->s;
	const struct input_node *n;
	bool late;

	if (s->node_flags[node] & NODE_FRESH)
		inputs_look_again(b, node);
	else
		state_look(s, &node, 1, NULL);
	n = node_at(b, node);
	late = state_changed_since(s, graph_cpath(b->g, node), &s->sig[node],
	                           c->start);
	if (!n->since || n->since > decided)
		/* It was not known then. If it is gone, it was there. */
		return late || n->changed > decided ||
		       s->node_flags[node] & NODE_MISSING ? INPUTS_MEANWHILE
		                                          : INPUTS_SAME;
	/* A step may write its output anew as it was. */
	if (n->changed <= decided || (inputs_made(b->g, node) && !n->content))
		return INPUTS_SAME;
	if (!late && !(n->moved && way_changed(s, graph_cpath(b->g, node),
	                                       c->start)))
		return INPUTS_BEFORE;
	return n->content && (!inputs_made(b->g, node) || n->written > decided)
	     ? INPUTS_MEANWHILE : INPUTS_TOUCHED;
}

/* Does the step's command say that it writes this input? */
static bool
is_own_writing(struct check *c, uint32_t node)
{
	struct build *b = c->b;
	struct buf path = { 0 };
	enum rewrite says;

	if (b->g->steps.p[c->step].flags & STEP_GENERATOR)
		return may_rewrite(b, node);
	if (!find_cwd(&b->inputs))
		return false;
	if (c->command.n == 0)
		graph_binding(b->g, c->step, SYM_COMMAND, GRAPH_SHELL,
		              &c->command, NULL);
	path_join(&path, buf_str(&b->inputs.cwd), graph_path(b->g, node));
	says = rewrite_says(buf_str(&c->command), buf_str(&b->inputs.cwd),
	                    buf_str(&path));
	buf_release(&path);
	return says == REWRITE_CONTENT || (says == REWRITE_TIMES &&
	       !node_at(b, node)->content);
}

/* All that a step has asked for, at once: what is asked of one directory costs
 * one look at it then. */
static void
look_asked(struct build *b, uint32_t step)
{
	const struct graph_step *st = &b->g->steps.p[step];
	uint32_t count = graph_ndeciding(st), n = 0;
	uint32_t *nodes = xreallocarray(NULL, count + 1, sizeof(*nodes));

	for (uint32_t i = 0; i < count; i++) {
		uint32_t node = graph_deciding(b->g, st, i);
		struct input_node *in;

		if (!asked_node(b->g, node))
			continue;
		in = node_at(b, node);
		if (in->round == b->inputs.round &&
		    b->s->node_flags[node] & NODE_FRESH)
			continue;
		in->round = b->inputs.round;
		state_stale(b->s, node);
		nodes[n++] = node;
	}
	state_look(b->s, nodes, n, NULL);
	free(nodes);
}

/* Are the answers that the step was given the same as now? */
static bool
same_answers(const struct build *b)
{
	const struct deps *d = &b->deps;

	for (size_t i = 0; i < d->nanswers; i++) {
		const struct deps_answer *a = &d->answers[i];

		if (digest_eq(&b->s->digest[a->node], &a->digest) == a->other)
			return false;
	}
	return true;
}

/* Has a step changed the content of a source that it has read? Of a test's
 * sources nobody wants that: it may come out differently the next time. */
static bool
changes_source(struct check *c, uint32_t node)
{
	const struct graph *g = c->b->g;

	return g->steps.p[c->step].flags & STEP_ASSUMED &&
	       g->nodes.p[node].flags & GRAPH_NODE_MANIFEST &&
	       g->nodes.p[node].producer == GRAPH_NONE &&
	       node_at(c->b, node)->content;
}

static void
see_input(struct check *c, uint32_t node, uint32_t step)
{
	struct build *b = c->b;
	uint32_t group = group_of(b->g, node);
	enum inputs_seen seen;

	if (node == c->depfile || asked_node(b->g, node))
		return;
	if (group != GRAPH_NONE) {
		if (b->inputs.walked[group] == b->inputs.walk)
			return;
		b->inputs.walked[group] = b->inputs.walk;
		c->groups = vec_grow(c->groups, &c->cap, c->ngroups + 1,
		                     sizeof(*c->groups));
		c->groups[c->ngroups++] = group;
		return;
	}
	seen = seen_file(c, node, b->inputs.decided[step]);
	if (step == c->step && deps_is_early(&b->deps, node) &&
	    state_changed_since(b->s, graph_cpath(b->g, node),
	                        &b->s->sig[node], b->deps.since))
		seen = INPUTS_MEANWHILE;
	if (seen > INPUTS_BEFORE && step == c->step &&
	    deps_is_sure(&b->deps, node) && !changes_source(c, node))
		seen = INPUTS_BEFORE;
	if (seen > INPUTS_BEFORE && is_own_writing(c, node))
		seen = INPUTS_BEFORE;
	/* Its own writing, of what was there. */
	if (seen == INPUTS_TOUCHED && deps_has_written(&b->deps, node) &&
	    !node_at(b, node)->content)
		seen = INPUTS_SAME;
	/* The group's digest would have to be found anew, unless nobody has
	 * ever seen another content. */
	if (seen == INPUTS_BEFORE && step != c->step)
		seen = node_at(b, node)->content ? INPUTS_MEANWHILE
		                                 : INPUTS_SAME;
	if (seen > c->seen)
		c->seen = seen;
}

static void
see_inputs(struct check *c, uint32_t step)
{
	const struct graph *g = c->b->g;
	uint32_t n = graph_ndeciding(&g->steps.p[step]);
	bool all = asked_all(g, step);

	look_asked(c->b, step);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t node = graph_deciding(g, &g->steps.p[step], i);

		if (!all || !graph_assumed(g, step, node))
			see_input(c, node, step);
	}
}

enum inputs_seen
inputs_check(struct build *b, uint32_t step, int64_t start)
{
	struct check c = {
		.b = b, .step = step, .start = start,
		.depfile = deps_depfile(b->g, step),
	};
	struct inputs *in = &b->inputs;

	if (!in->walked)
		in->walked = xcalloc(b->g->steps.n + 1, sizeof(*in->walked));
	in->walk++;
	if (c.depfile != GRAPH_NONE)
		renew(b, c.depfile);
	see_inputs(&c, step);
	while (c.ngroups)
		see_inputs(&c, c.groups[--c.ngroups]);
	if (!same_answers(b))
		c.seen = INPUTS_MEANWHILE;
	free(c.groups);
	buf_release(&c.command);
	return c.seen;
}
