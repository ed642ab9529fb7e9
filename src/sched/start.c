/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec/argv.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/os.h"
#include "util/path.h"

static const int64_t WORKER_START_NS = 60000000000;

void
build_explain(struct build *b, uint32_t step)
{
	struct reasons whys = { 0 };

	if (!b->o->explain || !b->ev->explain)
		return;
	decide_explain(&b->decide, step, &whys);
	for (size_t i = 0; i < whys.n; i++)
		b->ev->explain(b->ctx, &whys.v[i]);
	reasons_release(&whys);
}

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

static struct slot *
new_slot(struct build *b, uint32_t step)
{
	struct slot *s = xcalloc(1, sizeof(*s));

	s->step = step;
	s->proc.fd = -1;
	s->static_key = b->keys[step];
	s->start = os_now();
	s->start_wall = os_wall();
	b->slots = vec_grow(b->slots, &b->slots_cap, b->nslots + 1,
	                    sizeof(struct slot *));
	b->slots[b->nslots++] = s;
	affinity_started(&b->affinity, step);
	return s;
}

static void
give_to_worker(struct build *b, struct slot *slot)
{
	struct worker_job job = { 0 };
	struct buf warning = { 0 };
	struct buf name = { 0 }, launch = { 0 }, args = { 0 };
	struct argv words = { 0 };

	if (b->o->no_workers || b->tries[slot->step] & TRIED_WORKER)
		return;
	if (graph_binding(b->g, slot->step, SYM_TG_WORKER, GRAPH_RAW, &name,
	                  NULL) == 1 &&
	    graph_binding(b->g, slot->step, b->sym_worker_command, GRAPH_RAW,
	                  &launch, NULL) == 1 &&
	    graph_binding(b->g, slot->step, b->sym_worker_args, GRAPH_RAW,
	                  &args, NULL) == 1 &&
	    argv_split(&words, buf_str(&args))) {
		job.name = name.p;
		job.launch = launch.p;
		job.argv = words.v;
		job.argc = words.n;
		job.family = affinity_family_of(&b->affinity, slot->step);
		slot->worker = workers_run(b->workers, &job, &warning);
	}
	if (warning.n && b->ev->warn)
		b->ev->warn(b->ctx, buf_str(&warning));
	argv_release(&words);
	buf_release(&name);
	buf_release(&launch);
	buf_release(&args);
	buf_release(&warning);
}

static int
run_command(struct build *b, struct slot *slot, struct err *err)
{
	struct buf command = { 0 };
	bool console = b->g->steps.p[slot->step].flags & STEP_CONSOLE;
	int r = graph_binding(b->g, slot->step, SYM_COMMAND, GRAPH_SHELL,
	                      &command, err);

	if (r >= 0)
		r = proc_start(&slot->proc, &b->host, buf_str(&command).p,
		               console, err);
	buf_release(&command);
	return r;
}

void
build_start(struct build *b, uint32_t step)
{
	struct err err = { 0 };
	struct slot *slot;
	double limit = seconds(b, step);

	if (!(b->tries[step] & TRIED_ONCE)) {
		b->tries[step] |= TRIED_ONCE;
		build_explain(b, step);
		if (b->ev->started)
			b->ev->started(b->ctx, step);
	}
	slot = new_slot(b, step);
	if (b->o->dry_run) {
		slot->ended = true;
		return;
	}
	if (make_ready(b, step, &err) < 0)
		goto failed;
	if (b->g->steps.p[step].flags & STEP_WORKER)
		give_to_worker(b, slot);
	if (!slot->worker && run_command(b, slot, &err) < 0)
		goto failed;
	/* Until a worker says that it has begun, its own start counts too. */
	slot->limit = (int64_t)(limit * 1e9);
	if (slot->limit)
		slot->deadline = slot->start + slot->limit +
		                 (slot->worker ? WORKER_START_NS : 0);
	return;
failed:
	affinity_ended(&b->affinity, step);
	b->slots[--b->nslots] = NULL;
	free(slot);
	build_fail(b, step, str_of(err.msg));
	err_release(&err);
}
