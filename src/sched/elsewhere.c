/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include "exec/running.h"
#include "util/hash.h"
#include "util/os.h"

/* What other runs in the directory are at. */

static const int64_t PATIENCE = 20000000;

uint64_t
elsewhere_id(const struct graph *g, uint32_t step)
{
	struct str path = graph_path(g, graph_step_out(g, step));
	uint64_t id = hash_bytes(path.p, path.n);

	return id ? id : 1;
}

bool
elsewhere_runs(const struct build *b, uint32_t step)
{
	pid_t pid = running_elsewhere(b->o->running, elsewhere_id(b->g, step));

	/* Not if something below that waits for us, or for one of our kind. */
	return pid && !state_waits_below(b->s, pid);
}

void
elsewhere_wait(struct slot *s)
{
	loop_set(s->b->loop, &s->timer, os_now() + PATIENCE);
}
