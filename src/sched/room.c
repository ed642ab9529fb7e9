/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include "util/os.h"

/* How many processes may run at once: what -j, the jobserver, the load and the
 * memory leave room for. */

/* Who runs n steps holds n - 1 tokens: the first one needs none. */
void
room_balance(struct build *b)
{
	struct jobserver *js = &b->ex->js;

	while (js->held.n && js->held.n >= build_running(b))
		jobserver_give(js);
}

/* Is the machine too busy for one more? */
static bool
is_shut(struct build *b)
{
	bool shut = b->o->load > 0 && os_load() >= b->o->load;

	if (b->o->min_memory) {
		uint64_t free_now = os_mem_available();

		if (free_now && free_now < b->o->min_memory) {
			executors_shrink(b->ex);
			shut = true;
		}
	}
	return shut;
}

bool
room_take(struct build *b)
{
	struct jobserver *js = &b->ex->js;

	b->gate_wait = b->token_wait = false;
	if (build_running(b) == 0 || b->o->dry_run)
		return true;
	if (build_running(b) >= b->ex->most)
		return false;
	b->gate_wait = is_shut(b);
	if (b->gate_wait)
		return false;
	b->token_wait = js->active && !jobserver_take(js);
	return !b->token_wait;
}
