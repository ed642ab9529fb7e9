/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/running.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/os.h"
#include "util/path.h"
#include "util/process.h"

/* What runs left that were killed. A pid says little by the time it is read:
 * another process may have it. What is ended is
 *
 *	what has the pid and was started when the run started it;
 *	what is in its group, if that is it;
 *	what was started in the run's session since, and
 *	    writes to the pipe that the run made for it, or
 *	    is in the group and has the pipe open that all of the run's steps have,
 *	    or works in this directory and was left by its parent. (Who takes
 *	    those in that are left may be in the session as well, as the first
 *	    process of a container is: then only the pipe tells.)
 */

struct left {
	struct process run;
	uint64_t mark;
	struct running_process *v;
	size_t n, cap;
	bool *led;              /* by v: the leader of the group is it */
	char *cwd;              /* ours, and that of the runs */
	const struct running_process *at;
	/* What was found, and what was asked to end. */
	struct process *found;
	size_t nfound, found_cap;
	struct process *asked;
	size_t nasked, asked_cap;
};

/* ---- reading ---- */

static bool
read_head(struct left *l, const char *text)
{
	unsigned long long start, mark;
	long pid, group, session;
	struct buf here = { 0 };
	int at = 0;
	bool ok;

	ok = sscanf(text, "2 %ld %llu %ld %ld %llu %n", &pid, &start,
	            &group, &session, &mark, &at) == 5 && at;
	process_world(&here);
	if (!here.n)
		buf_addc(&here, '-');
	ok = ok && strncmp(text + at, here.p, here.n) == 0 &&
	     text[at + (int)here.n] == ' ';
	buf_release(&here);
	if (!ok)
		return false;
	l->run = (struct process){
		.pid = (pid_t)pid, .start = start,
		.group = (pid_t)group, .session = (pid_t)session,
	};
	l->mark = mark;
	return true;
}

static void
read_entry(struct left *l, const char *text)
{
	unsigned long long from, to, pipe, id;
	char kind;
	long pid;

	if (sscanf(text, "%ld %llu %llu %llu %c %llu", &pid, &from, &to, &pipe,
	           &kind, &id) != 6 || pid < 2 || pid == getpid())
		return;
	l->v = vec_grow(l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = (struct running_process){
		.pid = (pid_t)pid, .from = from, .to = to, .pipe = pipe,
		.group = kind == 'g', .id = id,
	};
}

/* Locks may be nothing here. And what is killed gives up the state's first. */
static bool
is_at_work(const struct process *run)
{
	struct process now;

	return process_look(run->pid, &now) && now.start == run->start &&
	       !now.zombie && !now.ending;
}

/* Is it of a run here that has ended, or of one that has not? */
static bool
read_note(struct left *l, int fd, bool alive)
{
	char text[RUNNING_HEAD + 1];
	ssize_t n = read(fd, text, RUNNING_HEAD);

	text[n > 0 ? n : 0] = '\0';
	if (n != RUNNING_HEAD || !read_head(l, text))
		return false;
	if (alive != is_at_work(&l->run))
		return false;
	while (read(fd, text, RUNNING_LINE) == RUNNING_LINE) {
		text[RUNNING_LINE] = '\0';
		read_entry(l, text);
	}
	return l->n > 0;
}

/* ---- who it is ---- */

static bool
is_started(const struct process *p, const struct running_process *r)
{
	return p->pid == r->pid && p->start + process_tick() >= r->from &&
	       p->start <= r->to + process_tick();
}

static bool
has_open(const struct process *p, uint64_t pipe)
{
	struct buf name = { 0 }, want = { 0 };
	bool yes = false;

	buf_addf(&want, "pipe:[%llu]", (unsigned long long)pipe);
	for (int fd = 0; pipe && !yes && fd < 16; fd++)
		yes = process_file(p->pid, fd, &name) &&
		      str_eq(buf_str(&name), buf_str(&want));
	buf_release(&name);
	buf_release(&want);
	return yes;
}

/* Does it work in this directory, and has whoever started it gone? */
static bool
is_left(const struct left *l, const struct process *p)
{
	struct process parent;
	struct buf at = { 0 };
	bool here;

	here = process_file(p->pid, -1, &at) &&
	       path_below(buf_str(&at), str_of(l->cwd));
	buf_release(&at);
	return here && (!process_look(p->parent, &parent) ||
	                parent.session != l->run.session);
}

static bool
is_of(const struct left *l, const struct process *p, size_t i)
{
	const struct running_process *r = &l->v[i];

	if (is_started(p, r))
		return true;
	if (r->group && p->group == r->pid && l->led[i])
		return true;
	if (p->session != l->run.session ||
	    p->start + process_tick() < r->from)
		return false;
	return has_open(p, r->pipe) ||
	       (p->group == (r->group ? r->pid : l->run.group) &&
	        (has_open(p, l->mark) || is_left(l, p)));
}

static bool
see_process(void *ctx, const struct process *p)
{
	struct left *l = ctx;

	for (size_t i = 0; i < l->n; i++) {
		if (p->zombie || p->pid == getpid() || p->pid == 1 ||
		    process_is_above(p->pid) || !is_of(l, p, i))
			continue;
		l->found = vec_grow(l->found, &l->found_cap, l->nfound + 1,
		                    sizeof(*l->found));
		l->found[l->nfound++] = *p;
		break;
	}
	return false;
}

static void
find_left(struct left *l)
{
	struct process p;

	for (size_t i = 0; i < l->n; i++)
		l->led[i] = process_look(l->v[i].pid, &p) &&
		            is_started(&p, &l->v[i]);
	l->nfound = 0;
	process_each(see_process, l);
}

/* ---- ending it ---- */

static void
signal_to(const struct process *p, int sig)
{
	struct process now;

	if (process_look(p->pid, &now) && now.start == p->start)
		kill(now.pid, sig);
}

static bool
was_asked(const struct left *l, const struct process *p)
{
	for (size_t i = 0; i < l->nasked; i++)
		if (l->asked[i].pid == p->pid && l->asked[i].start == p->start)
			return true;
	return false;
}

/* Once: some take a second time for impatience. */
static void
ask_to_end(struct left *l, const struct process *p)
{
	if (was_asked(l, p))
		return;
	l->asked = vec_grow(l->asked, &l->asked_cap, l->nasked + 1,
	                    sizeof(*l->asked));
	l->asked[l->nasked++] = *p;
	signal_to(p, SIGTERM);
}

/* Until nothing is found any more: what may not be signalled is waited for. */
static void
end_all(struct left *l, bool *told, void (*found)(void *ctx, long pid),
	void *ctx)
{
	static const struct timespec pause = { .tv_nsec = 10000000 };
	const int64_t patience = 2000000000;
	int64_t began = os_now();

	for (;;) {
		find_left(l);
		if (l->nfound == 0)
			return;
		if (!*told && found)
			found(ctx, (long)l->found[0].pid);
		*told = true;
		for (size_t i = 0; i < l->nfound; i++) {
			ask_to_end(l, &l->found[i]);
			if (os_now() - began > patience)
				signal_to(&l->found[i], SIGKILL);
		}
		nanosleep(&pause, NULL);
	}
}

/* Is the run whose file is locked known to be at its end? */
static bool
has_ended(int fd)
{
	char text[RUNNING_HEAD + 1] = "";
	struct left l = { 0 };

	return pread(fd, text, RUNNING_HEAD, 0) == RUNNING_HEAD &&
	       read_head(&l, text) && !is_at_work(&l.run);
}

/* Locks the file of a run that has ended, or is just giving up its locks. */
static bool
lock_left(int fd)
{
	static const struct timespec pause = { .tv_nsec = 1000000 };

	for (int i = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; i++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return true;
		if (i == 5000 || !has_ended(fd))
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

static void
end_left(const char *path, bool *told, void (*found)(void *ctx, long pid),
	void *ctx)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
	struct left l = { 0 };
	struct buf cwd = { 0 };

	if (fd < 0)
		return;
	if (!lock_left(fd)) {
		close(fd);
		return;
	}
	os_cwd(&cwd, NULL);
	l.cwd = cwd.p;
	if (cwd.n && read_note(&l, fd, false)) {
		l.led = xcalloc(l.n, sizeof(*l.led));
		end_all(&l, told, found, ctx);
	}
	unlink(path);
	close(fd);
	free(l.v);
	free(l.led);
	free(l.found);
	free(l.asked);
	buf_release(&cwd);
}

void
running_end_left(const char *dir, void (*found)(void *ctx, long pid),
	void *ctx)
{
	DIR *d = opendir(dir);
	struct buf path = { 0 };
	struct dirent *e;
	bool told = false;

	if (!d)
		return;
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		buf_clear(&path);
		buf_addf(&path, "%s/%s", dir, e->d_name);
		end_left(path.p, &told, found, ctx);
	}
	closedir(d);
	buf_release(&path);
	rmdir(dir);
}

/* ---- what is not left ---- */

/* The process of the file's run that does it; 0: none. */
static pid_t
at_work(const char *path, uint64_t id)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct left l = { 0 };
	bool above = false, known;
	pid_t pid = 0;

	if (fd < 0)
		return 0;
	known = read_note(&l, fd, true) && l.run.pid != getpid();
	if (known)
		above = process_is_above(l.run.pid);
	if (known && (above || process_is_below(getpid(), l.run.pid)))
		for (size_t i = 0; i < l.n && !pid; i++)
			if (l.v[i].id == id &&
			    (l.v[i].pid == l.run.pid ? above
			     : !process_is_above(l.v[i].pid)))
				pid = l.v[i].pid;
	close(fd);
	free(l.v);
	return pid;
}

pid_t
running_elsewhere(const char *dir, uint64_t id)
{
	DIR *d = opendir(dir);
	struct buf path = { 0 };
	struct dirent *e;
	pid_t pid = 0;

	while (d && !pid && (e = readdir(d))) {
		buf_clear(&path);
		buf_addf(&path, "%s/%s", dir, e->d_name);
		if (e->d_name[0] != '.')
			pid = at_work(path.p, id);
	}
	if (d)
		closedir(d);
	buf_release(&path);
	return pid;
}
