/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/jobserver.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "exec/proc.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/str.h"

bool
jobserver_style(const char *name, enum jobserver_style *out)
{
	static const char *const names[] = {
		"auto", "pipe", "fifo", "none", "off",
	};

	*out = JOBSERVER_AUTO;
	for (size_t i = 0; name && i < countof(names); i++) {
		if (strcmp(name, names[i]) == 0) {
			*out = (enum jobserver_style)i;
			return true;
		}
	}
	return name == NULL;
}

/* ---- MAKEFLAGS ---- */

/* The next word; false at the end, and at "--", after which variables come. */
static bool
next_flag(const char **at, struct str *word)
{
	const char *p = *at + strspn(*at, " \t");
	size_t n = strcspn(p, " \t");

	*at = p;
	if (n == 0 || (n == 2 && p[0] == '-' && p[1] == '-'))
		return false;
	*word = (struct str){ p, n };
	*at = p + n;
	return true;
}

/* Value of the last --jobserver-auth= or --jobserver-fds=; n 0: none, or make
 * says that it is not for us ("-2,-2"). */
static struct str
find_auth(const char *makeflags)
{
	static const char *const names[] = {
		"--jobserver-auth=", "--jobserver-fds=",
	};
	struct str word, auth = { 0 };

	while (makeflags && next_flag(&makeflags, &word)) {
		for (size_t i = 0; i < countof(names); i++) {
			size_t n = strlen(names[i]);

			if (str_starts(word, names[i]))
				auth = (struct str){ word.p + n, word.n - n };
		}
	}
	return str_starts(auth, "-") ? (struct str){ 0 } : auth;
}

bool
jobserver_named(const char *makeflags)
{
	return find_auth(makeflags).n != 0;
}

/* GNU make's order: letters, -jN, the jobserver, the rest, variables. */
static char *
make_flags(const char *old, int jobs, const char *auth)
{
	struct buf b = { 0 };
	struct str word;
	const char *at = old ? old : "";
	bool first = *at != ' ';

	if (first && next_flag(&at, &word)) {
		if (word.p[0] != '-' && !memchr(word.p, '=', word.n))
			buf_addstr(&b, word);
		else
			at = old;
	}
	buf_addf(&b, " -j%d --jobserver-auth=%s", jobs, auth);
	while (next_flag(&at, &word)) {
		if (str_starts(word, "-j") || str_starts(word, "--jobserver"))
			continue;
		buf_addc(&b, ' ');
		buf_addstr(&b, word);
	}
	if (*at)
		buf_addf(&b, " %s", at);
	return buf_detach(&b);
}

/* ---- the inherited one ---- */

static bool
is_pipe(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* A description of our own for a pipe that others read too, so that not
 * blocking is our affair alone. -1: the system has no such thing. */
static int
reopen(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static bool
use_pipe(struct jobserver *js, int r, int w)
{
	if (!is_pipe(r) || !is_pipe(w))
		return false;
	js->wfd = fcntl(w, F_DUPFD_CLOEXEC, 0);
	js->rfd = reopen(r);
	if (js->rfd < 0) {
		js->rfd = fcntl(r, F_DUPFD_CLOEXEC, 0);
		js->shared = true;
	}
	return js->rfd >= 0 && js->wfd >= 0;
}

static bool
use_fifo(struct jobserver *js, const char *path)
{
	js->rfd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (js->rfd < 0 || !is_pipe(js->rfd))
		return false;
	js->wfd = open(path, O_WRONLY | O_CLOEXEC);
	return js->wfd >= 0;
}

static void
close_both(struct jobserver *js)
{
	if (js->rfd >= 0)
		close(js->rfd);
	if (js->wfd >= 0)
		close(js->wfd);
	js->rfd = js->wfd = -1;
}

static bool
use_inherited(struct jobserver *js, struct str auth, struct buf *warning)
{
	char *text;
	int r = -1, w = -1, end = 0;
	bool ok;

	if (auth.n == 0)
		return false;
	text = xmemdup0(auth.p, auth.n);
	if (str_starts(auth, "fifo:"))
		ok = use_fifo(js, text + 5);
	else if (sscanf(text, "%d,%d%n", &r, &w, &end) == 2 && !text[end])
		ok = r >= 0 && w >= 0 && use_pipe(js, r, w);
	else
		ok = false;
	/* make says -2,-2 to a recipe without '+': it means what it says. */
	if (!ok && !(end && r < 0))
		buf_addf(warning, "jobserver '%s' of the calling make is not "
		         "available: put a '+' before the command in its "
		         "recipe", text);
	free(text);
	if (!ok)
		close_both(js);
	js->client = js->active = ok;
	return ok;
}

/* ---- our own ---- */

static int
serve_pipe(struct jobserver *js, struct buf *auth, struct err *err)
{
	int fds[2];

	if (pipe(fds) < 0)
		return err_set(err, "jobserver: pipe: %s", strerror(errno));
	for (int i = 0; i < 2; i++) {
		fcntl(fds[i], F_SETFD, FD_CLOEXEC);
		js->keep[i] = fds[i];
	}
	buf_addf(auth, "%d,%d", fds[0], fds[1]);
	if (!use_pipe(js, fds[0], fds[1]))
		return err_set(err, "jobserver: %s", strerror(errno));
	return 0;
}

static int
serve_fifo(struct jobserver *js, struct buf *auth, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	struct buf path = { 0 };

	buf_addf(&path, "%s/tgraphXXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(path.p)) {
		err_set(err, "jobserver: %s: %s", path.p, strerror(errno));
		buf_release(&path);
		return -1;
	}
	buf_adds(&path, "/jobserver");
	js->fifo = buf_detach(&path);
	if (mkfifo(js->fifo, 0600) < 0 || !use_fifo(js, js->fifo))
		return err_set(err, "jobserver: %s: %s", js->fifo,
		               strerror(errno));
	buf_addf(auth, "fifo:%s", js->fifo);
	return 0;
}

static int
serve(struct jobserver *js, bool fifo, int jobs, const char *makeflags,
	struct err *err)
{
	struct buf auth = { 0 };
	int r = fifo ? serve_fifo(js, &auth, err) : serve_pipe(js, &auth, err);

	for (int i = 1; i < jobs && r == 0; i++)
		r = write_all(js->wfd, "+", 1);
	if (r == 0) {
		js->makeflags = make_flags(makeflags, jobs, auth.p);
		js->active = true;
	}
	buf_release(&auth);
	return r;
}

int
jobserver_open(struct jobserver *js, enum jobserver_style style, int jobs,
	bool inherit, const char *makeflags, struct buf *warning,
	struct err *err)
{
	/* More would not fit into a pipe, and not be meant either. */
	enum { MOST = 4096 };

	js->rfd = js->wfd = js->keep[0] = js->keep[1] = -1;
	if (style == JOBSERVER_OFF)
		return 0;
	if (inherit && use_inherited(js, find_auth(makeflags), warning))
		return 0;
	if (style == JOBSERVER_NONE || jobs < 1 || jobs > MOST)
		return 0;
	if (serve(js, style == JOBSERVER_FIFO, jobs, makeflags, err) == 0)
		return 0;
	js->active = true;
	jobserver_close(js);
	return -1;
}

void
jobserver_close(struct jobserver *js)
{
	char *slash;

	while (js->held.n)
		jobserver_give(js);
	if (js->active)
		close_both(js);
	for (int i = 0; i < 2; i++)
		if (js->active && js->keep[i] >= 0)
			close(js->keep[i]);
	if (js->fifo) {
		unlink(js->fifo);
		slash = strrchr(js->fifo, '/');
		*slash = '\0';
		rmdir(js->fifo);
	}
	free(js->fifo);
	free(js->makeflags);
	buf_release(&js->held);
	*js = (struct jobserver){
		.rfd = -1, .wfd = -1, .keep = { -1, -1 }
	};
}

/* ---- tokens ---- */

static void
wake(int sig)
{
	(void)sig;
}

/* Others may take what poll saw: a timer ends a read that then blocks. */
static ssize_t
read_shared(int fd, char *c)
{
	struct itimerval on = {
		.it_interval.tv_usec = 10000, .it_value.tv_usec = 10000
	}, off = { 0 };
	struct sigaction sa = { .sa_handler = wake }, before;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, 0) <= 0)
		return 0;
	sigaction(SIGALRM, &sa, &before);
	setitimer(ITIMER_REAL, &on, NULL);
	n = read(fd, c, 1);
	setitimer(ITIMER_REAL, &off, NULL);
	sigaction(SIGALRM, &before, NULL);
	return n;
}

bool
jobserver_take(struct jobserver *js)
{
	char c;
	ssize_t n = js->shared ? read_shared(js->rfd, &c)
	                       : read(js->rfd, &c, 1);

	if (n != 1)
		return false;
	buf_addc(&js->held, c);
	return true;
}

void
jobserver_give(struct jobserver *js)
{
	char c = js->held.p[--js->held.n];

	/* It was there before: there is room for it. */
	write_all(js->wfd, &c, 1);
}
