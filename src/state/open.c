/* SPDX-License-Identifier: Apache-2.0 */
#include "state/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/mem.h"

/* One below this is not worth a new snapshot. */
static const uint64_t JOURNAL_MIN = UINT64_C(256) << 10;

static char *
file_name(const char *dir, const char *name, const char *end)
{
	struct buf b = { 0 };

	buf_addf(&b, "%s/%s%s", dir, name, end);
	return buf_detach(&b);
}

static struct state_private *
private_new(const char *dir, const char *name, enum state_mode mode)
{
	struct state_private *p = xcalloc(1, sizeof(*p));

	p->mode = mode;
	p->dir = xstrdup(dir);
	p->name = xstrdup(name);
	p->snap_path = file_name(dir, name, ".state");
	p->journal_path = file_name(dir, name, ".journal");
	p->lock_path = file_name(dir, name, ".lock");
	p->guest_path = file_name(dir, name, ".guest");
	p->lock_fd = p->journal_fd = p->guest_fd = p->turns_fd = -1;
	return p;
}

/* The snapshot and its journal; a reader may meet them while a writer puts
 * new ones there, and then looks again. */
static int
load_records(struct state *s, struct graph *graph)
{
	for (int tries = 0; ; tries++) {
		if (!snapshot_open(s, graph))
			return 0;
		if (journal_replay(s) || is_host(s) ||
		    tries == 3)
			return 1;
		graph_release(graph);
		file_unmap(&s->priv->map);
		journal_forget(s->priv);
	}
}

/* A guest may outlive the run that it was of. */
static int
wait_for_guest(struct state_private *p, void (*waiting)(void *ctx, long pid),
	void *ctx, struct err *err)
{
	struct buf path = { 0 };
	int fd = -1, r = 0;

	guest_path(p->lock_path, p->level + 1, &path);
	if (access(path.p, F_OK) == 0)
		r = lock_take(path.p, p->mode != STATE_WRITE, waiting, ctx, &fd,
		              err);
	if (fd >= 0)
		close(fd);
	buf_release(&path);
	return r < 0 ? -1 : 0;
}

/* The lock, or if a run above us has it, that of its guests; or one beside. */
static int
take_lock(struct state_private *p, void (*waiting)(void *ctx, long pid),
	void *ctx, struct err *err)
{
	struct buf path = { 0 };
	int r = 1;

	if (!beside_above(p) && p->mode == STATE_BESIDE && beside_free(p))
		return wait_for_guest(p, waiting, ctx, err);
	for (p->level = 0; r == 1 && p->level <= GUEST_DEEPEST; p->level++) {
		guest_path(p->lock_path, p->level, &path);
		if (p->level == 1)
			guest_waits(p, true);
		r = lock_take(path.p, p->mode != STATE_WRITE, waiting, ctx,
		              &p->lock_fd, err);
	}
	p->level--;
	if (p->level)
		guest_waits(p, false);
	if (r == 1)
		r = err_code(err, EXIT_ENV, "%u runs here were started by "
		             "each other's steps: they would never end",
		             GUEST_DEEPEST + 1);
	if (r == 0)
		r = wait_for_guest(p, waiting, ctx, err);
	if (r == 0 && !is_guest_of(p) && p->mode != STATE_BESIDE)
		r = beside_wait(p, waiting, ctx, err);
	buf_release(&path);
	return r;
}

int
state_open(struct state *s, struct graph *graph, const char *dir,
	const char *name, enum state_mode mode,
	void (*waiting)(void *ctx, long pid), void *ctx, struct err *err)
{
	struct state_private *p;

	if (mode != STATE_READ && dir_make(dir, err) < 0) {
		if (err)
			err->code = EXIT_ENV;
		return -1;
	}
	p = s->priv = private_new(dir, name, mode);
	if (mode != STATE_READ && take_lock(p, waiting, ctx, err) < 0) {
		state_close(s);
		return -1;
	}
	p->opened = p->lock_fd < 0 ? 0 : clock_now(&p->clock, p->lock_fd);
	p->news = beside_news(s);
	if (!load_records(s, graph))
		return 0;
	state_check_env(s);
	if (is_guest(s))
		guest_learn(s, p->level);
	state_guests(s, NULL, NULL);
	beside_learn(s, true);
	return 1;
}

int
state_save(struct state *s, struct err *err)
{
	struct state_private *p = s->priv;
	uint64_t limit = p->snap_size / 4;
	bool news;

	if (!is_host(s) || !s->g)
		return 0;
	state_guests(s, NULL, NULL);
	if (limit < JOURNAL_MIN)
		limit = JOURNAL_MIN;
	news = p->dirty.n || p->verified.n || p->env_dirty || p->files_dirty;
	if (p->fold || p->id == 0 || (p->journal_broken && news) ||
	    p->journal_size + journal_pending(s) > limit)
		return snapshot_write(s, err);
	if (news && journal_sync(s, err) < 0)
		return snapshot_write(s, NULL);
	if (p->unsynced && fsync(p->journal_fd) < 0)
		return err_code(err, EXIT_ENV, "fsync %s: %s", p->journal_path,
		                strerror(errno));
	p->unsynced = false;
	return 0;
}

void
state_close(struct state *s)
{
	struct state_private *p = s->priv;

	if (!p)
		return;
	state_free_arrays(s, p->owned, p->result_owned);
	if (p->files_owned)
		free(p->files);
	state_drop_extras(p);
	node_loose_clear(s);
	free(p->names.p);
	free(p->numbers.p);
	free(p->dirty.p);
	free(p->verified.p);
	buf_release(&p->record);
	buf_release(&p->env_names);
	file_unmap(&p->map);
	if (p->journal_fd >= 0)
		close(p->journal_fd);
	if (p->guest_fd >= 0)
		close(p->guest_fd);
	if (p->turns_fd >= 0)
		close(p->turns_fd);
	if (p->lock_fd >= 0)
		close(p->lock_fd);
	free(p->dir);
	free(p->name);
	free(p->snap_path);
	free(p->journal_path);
	free(p->lock_path);
	free(p->guest_path);
	free(p);
	*s = (struct state){ 0 };
}
