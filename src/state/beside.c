/* SPDX-License-Identifier: Apache-2.0 */
#include "state/internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/hash.h"
#include "util/mem.h"
#include "util/process.h"

/* Runs in other terminals. The first one holds the lock, and writes the snapshot
 * and the journal; the others write as guests do (guest.c), each to a file of its
 * own, and learn what the others have done when they are about to do something.
 * That each thing is done by one at a time is seen to by locks on the bytes of a
 * file: the kernel takes them off whoever dies. */

void
beside_path(const struct state_private *p, unsigned which, const char *end,
	struct buf *out)
{
	buf_clear(out);
	buf_addf(out, "%s/%s", p->dir, p->name);
	if (which)
		buf_addf(out, "~%u", which);
	buf_adds(out, end);
}

bool
beside_was(const struct state_private *p, unsigned which, struct buf *lock)
{
	beside_path(p, which, ".lock", lock);
	return which <= BESIDE_MOST && access(lock->p, F_OK) == 0;
}

static void
set_place(struct state_private *p, unsigned which)
{
	struct buf path = { 0 };

	free(p->lock_path);
	free(p->guest_path);
	p->beside = which;
	beside_path(p, which, ".lock", &path);
	p->lock_path = buf_detach(&path);
	beside_path(p, which, ".guest", &path);
	p->guest_path = buf_detach(&path);
}

bool
beside_above(struct state_private *p)
{
	struct buf path = { 0 };
	bool found = false;
	long pid;

	for (unsigned i = 0; i <= BESIDE_MOST && !found; i++) {
		beside_path(p, i, ".lock", &path);
		pid = lock_holder(path.p);
		if (pid < 0)
			break;
		found = pid > 0 && process_is_above((pid_t)pid);
		if (found)
			set_place(p, i);
	}
	buf_release(&path);
	return found;
}

bool
beside_free(struct state_private *p)
{
	for (unsigned i = 0; i <= BESIDE_MOST; i++) {
		set_place(p, i);
		if (lock_take(p->lock_path, false, NULL, NULL, &p->lock_fd,
		              NULL) == 0)
			return true;
	}
	set_place(p, 0);
	return false;
}

int
beside_wait(struct state_private *p, void (*waiting)(void *, long), void *ctx,
	struct err *err)
{
	struct buf path = { 0 };
	int r = 0;

	for (unsigned i = 1; r == 0 && beside_was(p, i, &path); i++) {
		int fd = -1;

		r = lock_take(path.p, p->mode != STATE_WRITE, waiting, ctx,
		              &fd, err);
		if (fd >= 0)
			close(fd);
	}
	buf_release(&path);
	return r;
}

unsigned
state_place(const struct state *s)
{
	return s->priv->beside;
}

bool
state_is_alone(const struct state *s)
{
	const struct state_private *p = s->priv;
	struct buf path = { 0 };
	bool alone = p->beside == 0;

	for (unsigned i = 1; alone && beside_was(p, i, &path); i++) {
		int fd = lock_try(path.p);

		alone = fd >= 0;
		if (fd >= 0)
			close(fd);
	}
	buf_release(&path);
	return alone;
}

/* ---- news ---- */

static uint64_t
add_file(uint64_t sum, const char *path)
{
	struct stat st;
	uint64_t words[4] = { sum, 0, 0, 0 };

	if (stat(path, &st) == 0) {
		words[1] = (uint64_t)st.st_ino;
		words[2] = (uint64_t)st.st_size;
		words[3] = (uint64_t)st.st_mtime;
	}
	return hash_bytes(words, sizeof(words));
}

uint64_t
beside_news(const struct state *s)
{
	const struct state_private *p = s->priv;
	struct buf path = { 0 };
	uint64_t sum = 0;

	if (is_guest(s)) {
		sum = add_file(sum, p->snap_path);
		sum = add_file(sum, p->journal_path);
	}
	for (unsigned i = 1; beside_was(p, i, &path); i++) {
		beside_path(p, i, ".guest", &path);
		if (i != p->beside)
			sum = add_file(sum, path.p);
	}
	buf_release(&path);
	return sum;
}
