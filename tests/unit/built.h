/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_BUILT_H
#define TG_TESTS_BUILT_H

/* Builds in a world (world.h): what happened is a text, a line an event. */

#include "report/text/reason.h"
#include "sched/sched.h"
#include "unit/world.h"
#include "util/buf.h"

struct built {
	struct world w;
	struct sched_opts o;
	struct store *store;
	struct buf log;         /* "ran X", "FAILED X", "why TEXT" ... */
	struct buf output;      /* what steps printed */
	struct result last;     /* of the step that ended last */
	struct build_counts counts;
	enum sched_outcome how;
	int exit;
	struct err err;
	void (*on_start)(struct built *b, uint32_t step);
};

static inline const char *
built_name(struct built *b, uint32_t step)
{
	return graph_cpath(b->w.s.g, graph_step_out(b->w.s.g, step));
}

static inline void
built_on_started(void *ctx, uint32_t step)
{
	struct built *b = ctx;

	if (b->on_start)
		b->on_start(b, step);
}

static inline void
built_on_explain(void *ctx, const struct reason *why)
{
	struct built *b = ctx;

	buf_adds(&b->log, "why ");
	reason_text(b->w.s.g, why, &b->log);
	buf_addc(&b->log, '\n');
}

static inline void
built_on_warn(void *ctx, enum warning_kind kind, struct str text)
{
	struct built *b = ctx;

	(void)kind;
	buf_addf(&b->log, "warning %.*s\n", (int)text.n, text.p);
}

static inline void
built_on_finished(void *ctx, uint32_t step, enum step_end how,
	const struct result *r, struct str output)
{
	static const char *const words[] = {
		"clean", "cached", "ran", "FAILED", "skipped",
	};
	struct built *b = ctx;

	buf_addf(&b->log, "%s %s\n", words[how], built_name(b, step));
	buf_addstr(&b->output, output);
	if (r)
		b->last = *r;
}

static inline void
built_make(struct built *b, const char *manifest)
{
	*b = (struct built){ .o = { .jobs = 2, .jobs_given = true } };
	world_make(&b->w, manifest);
}

static inline void
built_remove(struct built *b)
{
	buf_release(&b->log);
	buf_release(&b->output);
	err_release(&b->err);
	store_close(b->store);
	world_remove(&b->w);
}

/* One call of the program: opens the state, builds (all roots if target is
 * NULL), saves and closes. Returns the log. */
static inline const char *
built_run(struct built *b, const char *target)
{
	const struct build_events ev = {
		.explain = built_on_explain, .started = built_on_started,
		.finished = built_on_finished, .warn = built_on_warn,
	};
	uint32_t *ids = NULL, n = 0;

	buf_clear(&b->log);
	buf_clear(&b->output);
	buf_adds(&b->log, "");
	buf_adds(&b->output, "");
	err_release(&b->err);
	assert_true(world_open(&b->w, STATE_WRITE) >= 0);
	if (!state_manifests_current(&b->w.s)) {
		struct graph old = b->w.mapped;

		assert_int_equal(graph_load_file(&b->w.again, "build.ninja",
		                                 NULL, &b->w.err), 0);
		state_rebase(&b->w.s, &b->w.again);
		graph_release(&old);
		b->w.mapped = (struct graph){ 0 };
	}
	if (target) {
		ids = malloc(sizeof(*ids));
		ids[n++] = world_node(&b->w, target);
	} else {
		graph_roots(b->w.s.g, &ids, &n);
	}
	b->how = sched_build(&b->w.s, b->store, ids, n, &b->o, &ev, b,
	                     &b->counts, &b->exit, &b->err);
	free(ids);
	assert_int_equal(state_save(&b->w.s, NULL), 0);
	world_close(&b->w);
	return b->log.p;
}

#endif
