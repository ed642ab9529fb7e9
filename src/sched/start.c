/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec/argv.h"
#include "exec/proc.h"
#include "exec/worker.h"
#include "sched/places.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/os.h"
#include "util/path.h"

/* ---- what has to be there before ---- */

static int
make_parent(const char *path, struct str *last, struct err *err)
{
	struct str dir = path_dir(str_of(path));

	if (dir.n == 0 || str_eq(dir, *last))
		return 0;
	*last = dir;
	return dir_make_parent(path, err);
}

static int
binding_parent(const struct build *b, uint32_t step, uint32_t sym,
	struct err *err)
{
	struct buf path = { 0 };
	int r = graph_binding(b->g, step, sym, GRAPH_RAW, &path, err);

	if (r == 1)
		r = dir_make_parent(path.p, err);
	buf_release(&path);
	return r < 0 ? -1 : 0;
}

static int
write_rspfile(const struct build *b, uint32_t step, struct err *err)
{
	struct buf path = { 0 }, text = { 0 };
	int r = graph_binding(b->g, step, SYM_RSPFILE, GRAPH_RAW, &path, err);

	if (r == 1 && graph_binding(b->g, step, SYM_RSPFILE_CONTENT,
	                            GRAPH_SHELL, &text, err) < 0)
		r = -1;
	if (r == 1)
		r = dir_make_parent(path.p, err);
	if (r == 0 && path.n)
		r = file_write(path.p, buf_str(&text).p, text.n, false, err);
	buf_release(&path);
	buf_release(&text);
	return r < 0 ? -1 : 0;
}

static int
make_ready(struct build *b, uint32_t step, struct err *err)
{
	const struct graph_step *s = &b->g->steps.p[step];
	struct str last = { 0 };

	for (uint32_t i = 0; i < s->nouts; i++) {
		uint32_t n = graph_ids(b->g, s->outs)[i];
		const char *path = graph_cpath(b->g, n);

		if (make_parent(path, &last, err) < 0)
			return -1;
		/* What an earlier run left must not be taken for this one's
		 * result. */
		if (s->flags & STEP_TEST && unlink(path) < 0 &&
		    errno != ENOENT && errno != EISDIR && errno != EPERM)
			return err_set(err, "remove %s: %s", path,
			               strerror(errno));
	}
	if (s->flags & STEP_DEPFILE &&
	    binding_parent(b, step, SYM_DEPFILE, err) < 0)
		return -1;
	if (s->flags & STEP_RSPFILE)
		return write_rspfile(b, step, err);
	return 0;
}

/* ---- starting ---- */

static double
seconds(const struct build *b, uint32_t step)
{
	struct buf text = { 0 };
	double value = b->o->timeout;

	if (graph_binding(b->g, step, SYM_TG_TIMEOUT, GRAPH_RAW, &text,
	                  NULL) == 1)
		value = strtod(text.p, NULL);
	buf_release(&text);
	return value > 0 ? value : 0;
}

/* A worker for the step, if it wants one; its strings are in words, name,
 * launch and isolation. */
static bool
find_worker(const struct slot *slot, struct worker_job *job,
	struct argv *words, struct buf *name, struct buf *launch,
	struct buf *isolation)
{
	const struct build *b = slot->b;
	uint32_t step = slot->step;
	struct buf args = { 0 };
	/* pytest stops for good where it is to stop */
	bool company = !(b->tries[step] & TRIED_ALONE) && !b->o->maxfail &&
	               graph_binding(b->g, step, SYM_TG_ISOLATION, GRAPH_RAW,
	                             isolation, NULL) == 1;
	bool found = graph_binding(b->g, step, SYM_TG_WORKER, GRAPH_RAW, name,
	                           NULL) == 1 &&
	             graph_binding(b->g, step, b->sym_worker_command,
	                           GRAPH_RAW, launch, NULL) == 1 &&
	             graph_binding(b->g, step, b->sym_worker_args, GRAPH_RAW,
	                           &args, NULL) == 1 &&
	             argv_split(words, buf_str(&args));

	/* What it has set up there stays, in its process alone. */
	if (found && company)
		places_name(slot, name);
	if (found)
		*job = (struct worker_job){
			.name = name->p, .launch = launch->p,
			.argv = words->v, .argc = words->n,
			.family = affinity_family_of(&b->affinity, step),
			.isolation = company ? isolation->p : NULL,
			.parts = 1,
		};
	buf_release(&args);
	return found;
}

static int
give_job(struct build *b, struct slot *slot, struct err *err)
{
	uint32_t step = slot->step;
	unsigned flags = b->g->steps.p[step].flags;
	struct buf command = { 0 }, name = { 0 }, launch = { 0 };
	struct buf isolation = { 0 };
	struct argv words = { 0 };
	char *more[OBSERVE_VARIABLES + 1], **told = places_take(slot);
	char *none[] = { NULL }, **all = NULL;
	struct worker_job warm;
	struct exec_job job = {
		.console = flags & STEP_CONSOLE, .test = flags & STEP_TEST,
		.id = elsewhere_id(b->g, step),
	};
	int r = graph_binding(b->g, step, SYM_COMMAND, GRAPH_SHELL, &command,
	                      err);

	if (flags & STEP_WORKER && !b->o->no_workers &&
	    !(b->tries[step] & TRIED_LOST) &&
	    find_worker(slot, &warm, &words, &name, &launch, &isolation))
		job.warm = &warm;
	warm.env = job.more_env = told;
	job.command = buf_str(&command).p;
	observe_begin(b, slot, more);
	if (more[0] && job.warm)
		warm.observe = strchr(more[0], '=') + 1;
	if (more[0] && !(flags & STEP_TEST))
		job.warm = NULL;
	if (job.warm && !warm.isolation) {
		split_take(b, slot);
		warm.parts = 1 + slot->more;
	}
	if (more[0])
		job.more_env = all = proc_env(told ? told : none, more);
	if (r >= 0)
		r = build_run_slot(slot, &job, seconds(b, step), err);
	for (int i = 0; i < OBSERVE_VARIABLES && more[i]; i++)
		free(more[i]);
	free(all);
	places_free_env(told);
	argv_release(&words);
	buf_release(&command);
	buf_release(&name);
	buf_release(&launch);
	buf_release(&isolation);
	return r;
}

void
build_start(struct build *b, uint32_t step)
{
	struct err err = { 0 };
	struct slot *slot;
	bool ready;

	if (guests_hold(b, step))
		return;
	if (beside_hold(b, step)) {
		guests_started(b);
		return;
	}
	if (!(b->tries[step] & TRIED_ONCE)) {
		b->tries[step] |= TRIED_ONCE;
		build_explain(b, step);
		if (b->ev->started)
			b->ev->started(b->ctx, step);
	}
	slot = build_new_slot(b, step);
	if (b->o->dry_run) {
		slot->ended = true;
		return;
	}
	slot->taken = b->o->beside;
	ready = make_ready(b, step, &err) == 0;
	if (ready && give_job(b, slot, &err) == 0) {
		guests_started(b);
		return;
	}
	guests_started(b);
	affinity_ended(&b->affinity, step);
	split_give(b, slot);
	b->slots[--b->nslots] = NULL;
	build_free_slot(slot);
	if (!ready && b->g->steps.p[step].flags & STEP_TEST)
		build_unwritten(b, NULL, err.msg);
	else
		build_fail(b, step, str_of(err.msg));
	err_release(&err);
}
