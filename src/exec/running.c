/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/running.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/process.h"

struct running {
	char *dir;
	struct buf path;        /* of the file; empty: none was made */
	int fd;
	uint64_t mark;
	bool broken;            /* it cannot be written */
	unsigned char *taken;   /* by line */
	size_t n, cap;
};

struct running *
running_new(const char *dir, uint64_t mark)
{
	struct running *r = xcalloc(1, sizeof(*r));

	r->dir = xstrdup(dir);
	r->mark = mark;
	r->fd = -1;
	return r;
}

void
running_free(struct running *r)
{
	if (!r)
		return;
	if (r->fd >= 0) {
		unlink(r->path.p);
		close(r->fd);
		/* The last one takes the directory with it. */
		rmdir(r->dir);
	}
	buf_release(&r->path);
	free(r->taken);
	free(r->dir);
	free(r);
}

static bool
write_head(const struct running *r)
{
	struct process us = { .pid = getpid() };
	struct buf world = { 0 }, b = { 0 };
	bool ok;

	process_look(us.pid, &us);
	process_world(&world);
	buf_addf(&b, "2 %ld %llu %ld %ld %llu %s", (long)us.pid,
	         (unsigned long long)us.start, (long)getpgrp(),
	         (long)getsid(0), (unsigned long long)r->mark, world.n ? world.p : "-");
	while (b.n < RUNNING_HEAD - 1)
		buf_addc(&b, ' ');
	buf_addc(&b, '\n');
	ok = b.n == RUNNING_HEAD && pwrite(r->fd, b.p, b.n, 0) ==
	     (ssize_t)b.n;
	buf_release(&world);
	buf_release(&b);
	return ok;
}

/* Until it was locked another run may have taken it for one that is left. */
static void
lock_file(struct running *r)
{
	struct stat st;

	while (flock(r->fd, LOCK_EX) < 0 && errno == EINTR)
		continue;
	if (fstat(r->fd, &st) < 0 || !st.st_nlink) {
		close(r->fd);
		r->fd = -1;
	}
}

/* Whoever ends last may remove the directory between our making it and the file
 * in it. A pid may be that of another run in a container. */
static bool
open_running(struct running *r)
{
	for (int i = 0; r->fd < 0 && i < 100; i++) {
		if (mkdir(r->dir, 0777) < 0 && errno != EEXIST)
			return false;
		buf_clear(&r->path);
		buf_addf(&r->path, "%s/%ld.%d", r->dir, (long)getpid(), i);
		r->fd = open(r->path.p, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC |
		             O_NOCTTY, 0666);
		if (r->fd >= 0)
			lock_file(r);
	}
	if (r->fd < 0)
		return false;
	return write_head(r);
}

static size_t
free_line(struct running *r)
{
	size_t i = 0;

	while (i < r->n && r->taken[i])
		i++;
	if (i == r->n) {
		r->taken = vec_grow(r->taken, &r->cap, r->n + 1, 1);
		r->n++;
	}
	return i;
}

static off_t
offset(size_t line)
{
	return (off_t)(RUNNING_HEAD + line * RUNNING_LINE);
}

int
running_reserve(struct running *r)
{
	size_t line;

	if (!r || r->broken)
		return -1;
	if (r->fd < 0 && !open_running(r)) {
		r->broken = true;
		return -1;
	}
	line = free_line(r);
	r->taken[line] = 1;
	return (int)line;
}

/* text is shorter than a line. */
static void
put_entry(struct running *r, int which, const char *text)
{
	char line[RUNNING_LINE + 1];

	snprintf(line, sizeof(line), "%-*s\n", RUNNING_LINE - 1, text);
	if (pwrite(r->fd, line, RUNNING_LINE, offset((size_t)which)) !=
	    RUNNING_LINE)
		r->broken = true;
}

void
running_write(struct running *r, int which, const struct running_process *p)
{
	char text[RUNNING_LINE];
	int n;

	if (which < 0)
		return;
	n = snprintf(text, sizeof(text), "%ld %llu %llu %llu %c %llu",
	             (long)p->pid,
	             (unsigned long long)p->from, (unsigned long long)p->to,
	             (unsigned long long)p->pipe, p->group ? 'g' : 'c',
	             (unsigned long long)p->id);
	if (n > 0 && n < RUNNING_LINE)
		put_entry(r, which, text);
}

int
running_add(struct running *r, const struct running_process *p)
{
	int which = running_reserve(r);

	running_write(r, which, p);
	return which;
}

int
running_claim(struct running *r, uint64_t id)
{
	struct running_process p = { .pid = getpid(), .id = id };
	struct process us;

	if (!r || !process_look(p.pid, &us))
		return -1;
	p.from = p.to = us.start;
	return running_add(r, &p);
}

void
running_remove(struct running *r, int which)
{
	if (!r || which < 0 || !r->taken[which])
		return;
	r->taken[which] = 0;
	put_entry(r, which, "");
}
