/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/argv.h"
#include "exec/spawn.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/os.h"
#include "util/process.h"

extern char **environ;

/* ---- output ---- */

void
capture_add(struct capture *c, const void *p, size_t n)
{
	const char *from = p;
	size_t room = CAPTURE_HALF - c->head.n, at;

	if (room > n)
		room = n;
	if (room)
		buf_add(&c->head, from, room);
	from += room;
	n -= room;
	if (n == 0)
		return;
	if (!c->tail)
		c->tail = xmalloc(CAPTURE_HALF);
	while (n) {
		at = c->more % CAPTURE_HALF;
		room = CAPTURE_HALF - at < n ? CAPTURE_HALF - at : n;
		memcpy(c->tail + at, from, room);
		c->more += room;
		from += room;
		n -= room;
	}
}

void
capture_take(struct capture *c, struct buf *out)
{
	size_t at = c->more % CAPTURE_HALF;

	buf_release(out);
	*out = c->head;
	c->head = (struct buf){ 0 };
	if (c->more > CAPTURE_HALF) {
		buf_addf(out, "\n[%llu bytes left out here]\n",
		         (unsigned long long)(c->more - CAPTURE_HALF));
		buf_add(out, c->tail + at, CAPTURE_HALF - at);
	}
	if (c->more)
		buf_add(out, c->tail, at || c->more < CAPTURE_HALF
		                      ? at : CAPTURE_HALF);
	capture_release(c);
}

void
capture_release(struct capture *c)
{
	buf_release(&c->head);
	free(c->tail);
	*c = (struct capture){ 0 };
}

/* ---- what all get ---- */

static bool
same_dir(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 &&
	       sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static char *
env_variable(const char *name, const char *value)
{
	struct buf b = { 0 };

	buf_addf(&b, "%s=%s", name, value);
	return buf_detach(&b);
}

/* pwd and makeflags, if not NULL, in the place of those that are there. */
static char **
make_env(const char *pwd, const char *makeflags)
{
	size_t n = 0, k = 0;
	char **env;

	while (environ[n])
		n++;
	env = xcalloc(n + 2, sizeof(*env));
	for (size_t i = 0; i < n; i++) {
		if (makeflags && strncmp(environ[i], "MAKEFLAGS=", 10) == 0)
			continue;
		env[k++] = pwd && strncmp(environ[i], "PWD=", 4) == 0
		         ? env_variable("PWD", pwd) : xstrdup(environ[i]);
	}
	if (makeflags)
		env[k] = env_variable("MAKEFLAGS", makeflags);
	return env;
}

int
proc_host_init(struct proc_host *h, const char *makeflags, int seats,
	struct err *err)
{
	const char *pwd = getenv("PWD");
	struct buf cwd = { 0 };

	*h = (struct proc_host){ .keep = { -1, -1 }, .serves = makeflags };
	h->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (h->null < 0)
		return err_set(err, "open /dev/null: %s", strerror(errno));
	if (pwd && (*pwd != '/' || !same_dir(pwd, ".")) &&
	    os_cwd(&cwd, err) < 0)
		return -1;
	h->env = make_env(cwd.n ? cwd.p : NULL, makeflags);
	h->own = make_env(cwd.n ? cwd.p : NULL, NULL);
	seats_init(&h->seats, seats);
	buf_release(&cwd);
	return 0;
}

void
proc_host_release(struct proc_host *h)
{
	seats_free_env(h->env);
	seats_free_env(h->own);
	seats_release(&h->seats);
	if (h->null >= 0)
		close(h->null);
	h->env = h->own = NULL;
	h->null = -1;
}

/* ---- starting ---- */

int
proc_pipe(int fds[2])
{
#ifdef __linux__
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
#else
	if (pipe(fds) < 0)
		return -1;
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
#endif
	return fcntl(fds[0], F_SETFL, O_NONBLOCK);
}

/* The program itself, or else by way of the shell, whose words are then used
 * for what goes wrong. */
static int
start_command(pid_t *pid, const char *command, bool shell_only, struct spawn *s)
{
	char *shell[] = { "/bin/sh", "-c", (char *)command, NULL };
	struct argv w = { 0 };
	struct buf path = { 0 };
	int e = -1;

	if (!shell_only && argv_simple(&w, str_of(command)) &&
	    spawn_find(w.v[0], &path)) {
		s->argv = w.v;
		e = spawn_path(pid, path.p, s);
	}
	argv_release(&w);
	buf_release(&path);
	if (e) {
		s->argv = shell;
		e = spawn_path(pid, shell[0], s);
	}
	return e;
}

/* What is noted of a process before it begins. */
struct note {
	struct running *running;
	int line;
	struct running_process what;
};

static void
on_begun(void *ctx, pid_t pid)
{
	struct note *n = ctx;

	n->what.pid = pid;
	n->what.to = process_clock();
	running_write(n->running, n->line, &n->what);
}

/* Where it runs is noted for those who come after us. */
static void
note_running(struct note *n, struct proc *p, struct spawn *s)
{
	struct stat st;

	p->running = n->running;
	p->noted = n->line = running_reserve(n->running);
	if (n->line < 0)
		return;
	n->what = (struct running_process){
		.from = process_clock(), .group = !p->console, .id = p->id,
	};
	if (s->out >= 0 && fstat(s->out, &st) == 0)
		n->what.pipe = st.st_ino;
	s->begun = on_begun;
	s->ctx = n;
}

/* Is it the value of a variable that one of these has? */
static bool
is_replaced(const char *entry, char *const *more)
{
	size_t n = strcspn(entry, "=");

	for (; *more; more++)
		if (strncmp(*more, entry, n) == 0 && (*more)[n] == '=')
			return true;
	return false;
}

char **
proc_env(char *const *env, char *const *more)
{
	size_t n = 0, k = 0;
	char **all;

	while (env[n])
		n++;
	for (size_t i = 0; more[i]; i++)
		n++;
	all = xcalloc(n + 1, sizeof(*all));
	for (size_t i = 0; env[i]; i++)
		if (!is_replaced(env[i], more))
			all[k++] = env[i];
	for (size_t i = 0; more[i]; i++)
		all[k++] = more[i];
	return all;
}

int
proc_start(struct proc *p, const struct proc_host *h, const char *command,
	bool console, int seat, char *const *more_env, struct err *err)
{
	bool test = seat != SEAT_NONE, keep = !test || !h->serves;
	char **env = test ? seats_env(&h->seats, h->own, seat) : NULL;
	char **all = NULL;
	struct spawn s = {
		.env = test ? env : h->env, .in = h->null,
		.keep = { keep ? h->keep[0] : -1, keep ? h->keep[1] : -1 },
	};
	int fds[2] = { -1, -1 }, e;
	struct note n = { .running = h->running };

	*p = (struct proc){ .fd = -1, .console = console, .id = p->id };
	if (!console && proc_pipe(fds) < 0) {
		seats_free_env(env);
		return err_set(err, "pipe: %s", strerror(errno));
	}
	s.out = fds[1];
	note_running(&n, p, &s);
	if (more_env)
		s.env = all = proc_env(s.env, more_env);
	e = start_command(&p->pid, command, more_env && !test, &s);
	free(all);
	seats_free_env(env);
	if (fds[1] >= 0)
		close(fds[1]);
	p->fd = fds[0];
	p->group = console ? 0 : (int)p->pid;
	if (e == 0)
		return 0;
	running_remove(p->running, p->noted);
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	return err_set(err, "start %s: %s", command, strerror(e));
}

void
proc_read(struct proc *p)
{
	char chunk[64 * 1024];
	ssize_t n = read(p->fd, chunk, sizeof(chunk));

	if (n > 0)
		capture_add(&p->out, chunk, (size_t)n);
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	close(p->fd);
	p->fd = -1;
}

bool
proc_reap(struct proc *p)
{
	pid_t r;
	int left = 0;

	do
		r = waitpid(p->pid, &p->status, WNOHANG);
	while (r < 0 && errno == EINTR);
	if (r == 0)
		return false;
	if (r < 0)
		p->status = 127 << 8;
	/* As much as is there now: somebody else may go on writing. */
	if (p->fd >= 0 && ioctl(p->fd, FIONREAD, &left) < 0)
		left = 0;
	while (p->fd >= 0 && left > 0) {
		uint64_t had = p->out.head.n + p->out.more;

		proc_read(p);
		left -= (int)(p->out.head.n + p->out.more - had);
		if (p->out.head.n + p->out.more == had)
			break;
	}
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	return true;
}

/* A command may have put its own children into groups of theirs, which would
 * outlive it. */
static void
kill_children(pid_t pid)
{
	struct buf text = { 0 };
	char path[64], *at, *end;

	snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children", (long)pid,
	         (long)pid);
	if (file_read(path, &text, NULL) == 1) {
		for (at = text.p;; at = end) {
			long child = strtol(at, &end, 10);

			if (end == at || child < 2)
				break;
			if (kill((pid_t)-child, SIGKILL) < 0)
				kill((pid_t)child, SIGKILL);
		}
	}
	buf_release(&text);
}

void
proc_kill(const struct proc *p, int sig)
{
	if (sig == SIGKILL)
		kill_children(p->pid);
	kill(p->console ? p->pid : -p->pid, sig);
}

void
proc_release(struct proc *p)
{
	running_remove(p->running, p->noted);
	capture_release(&p->out);
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}
