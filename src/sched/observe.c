/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include <inttypes.h>
#include <stdlib.h>

#include "decide/observe.h"
#include "state/asked.h"
#include "util/os.h"

static int
make_log(struct build *b, struct slot *slot, struct err *err)
{
	struct buf path = { 0 };
	int r;

	buf_addf(&path, "%s/%" PRIu32, b->o->observe_dir, slot->step);
	r = observe_make(&slot->log, path.p, err);
	buf_release(&path);
	return r;
}

static void
cannot_observe(struct build *b, const char *why)
{
	struct buf text = { 0 };

	if (b->said_observe || !b->ev->warn)
		return;
	b->said_observe = true;
	buf_addf(&text, "tg_observe: %s; declared inputs count alone", why);
	b->ev->warn(b->ctx, WARN_OTHER, buf_str(&text));
	buf_release(&text);
}

/* LD_PRELOAD as the user has it, and the library behind. */
static char *
preload(const struct build *b)
{
	const char *theirs = getenv("LD_PRELOAD");
	struct buf v = { 0 };

	buf_addf(&v, "LD_PRELOAD=%s%s%s", theirs ? theirs : "",
	         theirs && *theirs ? ":" : "", b->o->observe_library);
	return buf_detach(&v);
}

void
observe_begin(struct build *b, struct slot *slot, char **env)
{
	struct err err = { 0 };
	struct buf log = { 0 };

	env[0] = NULL;
	if (!observe_wanted(b->g, slot->step))
		return;
	if (!b->o->observe_library) {
		cannot_observe(b, "this tgraph has no library for it");
		return;
	}
	if (make_log(b, slot, &err) < 0) {
		cannot_observe(b, err.msg);
		err_release(&err);
		return;
	}
	observe_variable(&slot->log, &log);
	env[0] = buf_detach(&log);
	env[1] = preload(b);
	env[2] = NULL;
}

void
observe_end(struct build *b, struct slot *slot)
{
	struct observations o = { 0 };
	struct buf cwd = { 0 };

	if (!observe_wanted(b->g, slot->step))
		return;
	if (slot->log.path.n == 0) {
		deps_unseen(&b->deps, b->g, STR("it was not observed"));
		return;
	}
	observe_read(&o, &slot->log, "/bin/sh", slot->end.group);
	if (os_cwd(&cwd, NULL) == 0)
		deps_observe(&b->deps, b->s, slot->step, &o, buf_str(&cwd),
		             slot->start_file);
	else
		deps_unseen(&b->deps, b->g, STR("the working directory has no "
		                                "path"));
	buf_release(&cwd);
	observations_release(&o);
}

void
observe_tell(struct build *b, uint32_t step)
{
	const struct graph_step *st = &b->g->steps.p[step];

	if (!b->o->explain || !b->ev->explain || !observe_wanted(b->g, step))
		return;
	for (uint32_t i = 0; i < st->nobs; i++) {
		const struct reason r = {
			.why = WHY_UNSEEN, .step = step, .other = GRAPH_NONE,
			.node = graph_ids(b->g, st->obs)[i],
		};

		if (asked_after(graph_path(b->g, r.node), ASKED_UNSEEN).n)
			b->ev->explain(b->ctx, &r);
	}
}
