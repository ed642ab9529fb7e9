/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "observe/follow/internal.h"
#include "observe/preload/log.h"
#include "observe/preload/sys.h"

void
note_event(enum observe_kind kind, unsigned flags, int error, const char *path)
{
	struct observe_record r = {
		.kind = (uint8_t)kind, .flags = (uint8_t)flags,
		.error = (uint16_t)error, .size = 0,
	};

	if (kind == OBSERVE_WRITE || kind == OBSERVE_TOUCH)
		r.size = log_end();
	log_put(&r, path);
}

void
note_looked(const char *path, bool follow, bool stat)
{
	struct observe_record r = {
		.kind = OBSERVE_LOOK, .flags = follow ? 0 : OBSERVE_NOFOLLOW,
	};
	uint32_t mode = 0;
	uint64_t size = 0;

	r.error = (uint16_t)file_look(path, follow, &mode, &size);
	if (stat && !r.error) {
		r.flags |= OBSERVE_STAT;
		r.mode = mode;
		r.size = size;
	}
	log_put(&r, path);
}

void
note_cannot(const char *what)
{
	note_event(OBSERVE_BLIND, 0, 0, what);
}

/* ---- what a call is to change ---- */

enum { LATER = 64 };

static struct later {
	char path[PATH_SIZE];
	uint64_t tail;
	pid_t tid;
	bool made, moved;
} later[LATER];
static size_t nlater;

static void
note_change(const struct later *l, int error)
{
	struct observe_record r = {
		.kind = OBSERVE_WRITE, .flags = l->moved ? OBSERVE_MOVED : 0,
		.error = (uint16_t)error, .size = l->tail,
	};

	log_put(&r, l->path);
}

void
note_later(pid_t tid, const char *path, bool made, bool moved)
{
	struct later *l = &later[nlater];

	if (nlater == LATER) {
		note_cannot("changes too much at once");
		return;
	}
	nlater++;
	text_copy(l->path, path, text_len(path));
	l->tail = log_end();
	l->tid = tid;
	l->made = made;
	l->moved = moved;
}

void
note_settle(pid_t tid)
{
	uint32_t mode;
	uint64_t size;
	size_t kept = 0;

	for (size_t i = 0; i < nlater; i++) {
		struct later *l = &later[i];
		int error = file_look(l->path, false, &mode, &size);

		if ((error == 0) == l->made)
			note_change(l, 0);
		else if (l->tid == tid || tid == 0)
			note_change(l, error ? error : EACCES);
		else if (kept++ != i)
			later[kept - 1] = *l;
	}
	nlater = kept;
}

/* ---- programs ---- */

enum { PROGRAMS = 64 };

static pid_t programs[PROGRAMS];
static size_t nprograms;

void
note_program(pid_t pid)
{
	for (size_t i = 0; i < nprograms; i++)
		if (programs[i] == pid)
			return;
	if (nprograms < PROGRAMS)
		programs[nprograms++] = pid;
	/* else nothing is seen to have begun there, which is said */
}

static char start_text[2 * PATH_SIZE + 2];

/* START for the file of n bytes that start_text has. */
static void
note_start(pid_t pid, size_t n)
{
	struct observe_record r = {
		.kind = OBSERVE_START, .flags = OBSERVE_FOLLOWED,
		.pid = (uint32_t)pid,
	};

	start_text[n++] = '\0';
	n += file_of(pid, "cwd", -1, start_text + n, PATH_SIZE);
	start_text[n] = '\0';
	log_self.start = log_number(log_add(&r, start_text, n));
}

void
note_follows(const char *file, pid_t pid)
{
	size_t n = 0;

	if (*file != '/') {
		n = file_of(pid, "cwd", -1, start_text, PATH_SIZE);
		start_text[n++] = '/';
	}
	if (n + text_len(file) < PATH_SIZE) {
		text_copy(start_text + n, file, text_len(file));
		note_start(pid, n + text_len(file));
	}
	/* It may be a script. */
	note_program(pid);
}

void
note_left(pid_t group)
{
	struct observe_record r = {
		.kind = OBSERVE_LEFT, .pid = (uint32_t)group,
	};

	log_add(&r, "", 0);
}

/* The library has put itself between, for a program that is followed already. */
static bool
is_ours(const char *path)
{
	return text_eq(text_base(path), "tgraph-follow");
}

void
note_begun(pid_t tid)
{
	pid_t pid = tid;
	bool found = false;
	size_t n;

	for (size_t i = 0; i < nprograms && !found; i++)
		found = programs[i] == tid;
	if (!found && nprograms)
		pid = file_process(tid);
	for (size_t i = 0; i < nprograms; i++) {
		if (programs[i] != pid)
			continue;
		n = file_of(pid, "exe", -1, start_text, PATH_SIZE);
		if (n == 0 || is_ours(start_text))
			return;
		programs[i] = programs[--nprograms];
		note_start(pid, n);
		return;
	}
}
