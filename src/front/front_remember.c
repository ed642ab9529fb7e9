/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "front/internal.h"
#include "util/mem.h"

/* What front_remember leaves in the state: this, the nodes of the files in
 * order of discovery, then the environments used. */
struct summary {
	uint64_t sum;
	uint32_t nfiles, nenvs;
};

struct summary_env {
	struct digest digest;
	uint32_t len, stamp;    /* lengths of the interpreter's path and the
	                         * stamp's, which follow, padded to a multiple
	                         * of 8 together */
};

/* One that was found by name, or made, is no longer among them. */
static size_t
find_interp(struct front *f, struct str path)
{
	struct str dir = front_made_dir(f, path);
	size_t i = 0;

	if (dir.n && !front_made_intact(arena_dup(&f->arena, dir)))
		return f->in.n;
	while (i < f->in.n && !str_eq(f->in.v[i].path, path))
		i++;
	if (i == f->in.n && !interps_add(&f->in, arena_dup(&f->arena, path),
	    &i))
		i = f->in.n;
	return i;
}

/* Is the environment at p in the summary as it was? Then it is one of f's. */
static bool
env_current(struct front *f, const char **p, const char *end)
{
	struct summary_env e;
	struct front_env *env;
	struct digest now;
	const char *text;
	size_t interp;

	if ((size_t)(end - *p) < sizeof(e))
		return false;
	memcpy(&e, *p, sizeof(e));
	text = *p + sizeof(e);
	if ((size_t)(end - text) < (size_t)e.len + e.stamp)
		return false;
	*p = text + ((e.len + e.stamp + 7) & ~7u);
	interp = find_interp(f, (struct str){ text, e.len });
	if (interp == f->in.n || f->in.v[interp].state != INTERP_OK ||
	    e.stamp < sizeof(".env") ||
	    front_env_digest(f, &f->in.v[interp], true, &now, NULL, NULL) < 0 ||
	    !digest_eq(&now, &e.digest))
		return false;
	env = front_env_add(f, interp);
	env->digest = now;
	front_env_name(f, env, (struct str){ text + e.len, e.stamp });
	return true;
}

/* Are the environments that were used as they were? */
static bool
envs_current(struct front *f, const char *p, const char *end, uint32_t n)
{
	bool current = true;

	for (uint32_t i = 0; i < n && current; i++)
		current = env_current(f, &p, end);
	if (!current)
		f->nenvs = 0;
	return current;
}

int
front_current(struct front *f, struct state *s, struct err *err)
{
	struct str bytes = state_extra(s, STATE_FRONT);
	const uint32_t *nodes;
	struct summary sum;
	struct file_sig *sigs;
	bool *known;
	size_t at = sizeof(sum);
	int r, current = 1;

	if (bytes.n < sizeof(sum))
		return 0;
	memcpy(&sum, bytes.p, sizeof(sum));
	if (sum.sum != f->sum || sum.nfiles != f->d.nfiles ||
	    (bytes.n - at) / sizeof(*nodes) < sum.nfiles)
		return 0;
	nodes = (const uint32_t *)(bytes.p + at);
	at += (sum.nfiles * sizeof(*nodes) + 7) & ~(size_t)7;
	if (at > bytes.n || !front_stamps_there(f, s->g) ||
	    !envs_current(f, bytes.p + at, bytes.p + bytes.n, sum.nenvs))
		return 0;
	sigs = xreallocarray(NULL, sum.nfiles + 1, sizeof(*sigs));
	known = xcalloc(sum.nfiles + 1, sizeof(*known));
	for (uint32_t i = 0; i < sum.nfiles; i++) {
		sigs[i] = f->d.files[i].sig;
		known[i] = s->node_flags[nodes[i]] & NODE_KNOWN;
	}
	r = state_look_sigs(s, nodes, sigs, sum.nfiles, err);
	/* One that is looked at for the first time has the signature that it had
	 * when the graph was made: sum says so. */
	for (uint32_t i = 0; r == 0 && i < sum.nfiles; i++)
		if (known[i] && s->node_flags[nodes[i]] & NODE_CHANGED)
			current = 0;
	if (r < 0 || !current)
		f->nenvs = 0;
	else if (f->o->read_only)
		front_pretend(f, s);
	else
		r = front_write_stamps(f, err);
	free(sigs);
	free(known);
	return r < 0 ? -1 : current;
}

/* Must the repository be read again at every run? Blocked packages are told
 * each time, and without any test there is nothing to remember. With
 * --require-all-pythons a missing interpreter is an error each time. */
static bool
troubled(const struct front *f)
{
	for (size_t i = 0; i < f->p.npackages; i++)
		if (f->p.packages[i].err.msg)
			return true;
	for (size_t i = 0; i < f->nmade; i++)
		if (f->made[i].used && f->made[i].interp == SIZE_MAX)
			return true;
	return f->ntests == 0 || f->o->require_all;
}

static bool
racy(const struct front *f)
{
	for (uint32_t i = 0; i < f->d.nfiles; i++)
		if (front_is_racy(f, &f->d.files[i].sig))
			return true;
	return false;
}

void
front_remember(const struct front *f, struct state *s)
{
	struct summary sum = {
		.sum = f->sum, .nfiles = f->d.nfiles,
		.nenvs = (uint32_t)f->nenvs,
	};
	static const char zero[8];
	struct buf b = { 0 };

	if (troubled(f) || racy(f)) {
		state_set_extra(s, STATE_FRONT, STR(""));
		return;
	}
	buf_add(&b, &sum, sizeof(sum));
	for (uint32_t i = 0; i < f->d.nfiles; i++) {
		uint32_t node = graph_find(s->g, f->d.files[i].path);

		if (node == GRAPH_NONE)
			goto out;
		buf_add(&b, &node, sizeof(node));
	}
	buf_add(&b, zero, -b.n & 7);
	for (size_t i = 0; i < f->nenvs; i++) {
		const struct interp *in = &f->in.v[f->envs[i].interp];
		struct summary_env e = {
			.digest = f->envs[i].digest,
			.len = (uint32_t)in->path.n,
			.stamp = (uint32_t)f->envs[i].stamp.n,
		};

		buf_add(&b, &e, sizeof(e));
		buf_addstr(&b, in->path);
		buf_addstr(&b, f->envs[i].stamp);
		buf_add(&b, zero, -b.n & 7);
	}
	state_set_extra(s, STATE_FRONT, buf_str(&b));
out:
	buf_release(&b);
}
