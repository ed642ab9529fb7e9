/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include <string.h>
#include <unistd.h>

#include "sched/known/known.h"
#include "util/hash.h"
#include "util/mem.h"
#include "util/os.h"

unsigned
build_known(struct build *b, uint32_t step)
{
	enum { ASKED = 1u << 7 };

	if (!b->known)
		b->known = xcalloc(b->g->steps.n, 1);
	if (!(b->known[step] & ASKED))
		b->known[step] = (unsigned char)(known_leaves(b->g, step) |
		                                 ASKED);
	return b->known[step] & ~(unsigned)ASKED;
}

int64_t *
made_times(const struct build *b, uint32_t step)
{
	const struct graph_step *s = &b->g->steps.p[step];
	int64_t *was = xcalloc(s->nouts + 1, sizeof(*was));

	for (uint32_t i = 0; i < s->nouts; i++)
		was[i] = b->s->sig[graph_ids(b->g, s->outs)[i]].mtime_ns;
	return was;
}

/* A number for a run that no other has. */
static uint64_t
new_run(struct build *b, uint32_t step)
{
	const int64_t what[] = {
		os_wall(), os_now(), getpid(), step, b->counts.done,
	};
	uint64_t run = hash_bytes(what, sizeof(what));

	return run ? run : 1;
}

/* One that restat is for, and that was not written, stands for what it did. */
void
made_tell(struct build *b, uint32_t step, const struct digest *key,
	const int64_t *was)
{
	const struct graph_step *s = &b->g->steps.p[step];
	unsigned known = build_known(b, step);
	uint64_t run = 0;

	if (!(known & KNOWN_CONTENT) && known & KNOWN_FILES &&
	    !digest_none(key))
		memcpy(&run, key->b, sizeof(run));
	else if (!(known & KNOWN_CONTENT))
		run = new_run(b, step);
	for (uint32_t i = 0; i < s->nouts; i++) {
		uint32_t n = graph_ids(b->g, s->outs)[i];

		if (!(run && was && s->flags & STEP_RESTAT &&
		      b->s->sig[n].mtime_ns == was[i]))
			state_made(b->s, n, run);
	}
}
