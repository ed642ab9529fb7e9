/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/worker.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "exec/argv.h"
#include "exec/executor.h"
#include "exec/proto.h"
#include "exec/ring.h"
#include "util/mem.h"
#include "util/os.h"
#include "util/process.h"

extern char **environ;

enum { RING_SIZE = 4 << 20, DEATHS = 3, MOST_LINES = 100000000 };

/* A step that was given to a worker and of which not all is said. */
struct given {
	uint32_t seq;
	bool lingers;
};

/* Workers of one name are alike. */
struct kind {
	char *name, *launch;
	unsigned deaths;        /* in a row */
	bool given_up;
};

struct worker {
	struct workers *pool;
	struct kind *kind;
	pid_t pid;              /* and group; 0: reaped */
	int fd;                 /* socket; -1: closed */
	int seat;               /* its own, taken while it is busy */
	struct ring ring;
	uint32_t seq;           /* of the last request */
	bool busy;              /* it runs a step */
	bool finishes;          /* it was asked to end what lingers */
	bool dead;
	struct given *given;
	size_t ngiven, given_cap;
	unsigned runs;          /* steps that nobody has called done */
	pid_t child;            /* of the step, and its group; 0: not known */
	struct running *running;        /* where both are noted, and as what */
	int noted, child_noted;
	unsigned char in[sizeof(struct proto_result)];
	size_t nin;
	uint64_t used;          /* when it was last given something, or done */
	uint32_t family;        /* of the step it was given */
};

struct workers {
	struct proc_host *host;
	unsigned most;
	struct kind **kinds;
	size_t nkinds, kinds_cap;
	struct worker **all;
	size_t n, cap;
	uint64_t clock;
};

struct workers *
workers_new(struct proc_host *host, unsigned most)
{
	struct workers *ws = xcalloc(1, sizeof(*ws));

	ws->host = host;
	ws->most = most;
	return ws;
}

/* ---- one worker ---- */

static void
no_sigpipe(int fd)
{
#ifdef SO_NOSIGPIPE
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on));
#else
	(void)fd;
#endif
}

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

/* All of it, or false: nobody reads at the other end. */
static bool
send_all(int fd, const void *p, size_t n)
{
	const char *s = p;

	while (n) {
		ssize_t k = send(fd, s, n, MSG_NOSIGNAL);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return false;
		s += k;
		n -= (size_t)k;
	}
	return true;
}

/* In the child: becomes the worker. Only calls that are safe after a fork. */
static _Noreturn void
become(const struct workers *ws, const struct worker *w, int sock,
	char **argv, char **env, pid_t parent)
{
	setpgid(0, 0);
#ifdef __linux__
	/* Its handler ends its own children too. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127);
#else
	(void)parent;
#endif
	dup2(ws->host->null, 0);
	dup2(ws->host->null, 1);
	dup2(ws->host->null, 2);
	fcntl(sock, F_SETFD, 0);
	fcntl(w->ring.fd, F_SETFD, 0);
	for (int i = 0; i < 2; i++)
		if (ws->host->keep[i] >= 0 && !ws->host->serves)
			fcntl(ws->host->keep[i], F_SETFD, 0);
	environ = env;
	execvp(argv[0], argv);
	_exit(127);
}

static void
note_worker(const struct workers *ws, struct worker *w, uint64_t from)
{
	const struct running_process what = {
		.pid = w->pid, .from = from, .to = process_clock(),
		.group = true,
	};

	w->running = ws->host->running;
	w->noted = running_add(w->running, &what);
}

static void
note_child(struct worker *w)
{
	struct running_process what = { .pid = w->child, .group = true };
	struct process p;

	running_remove(w->running, w->child_noted);
	w->child_noted = -1;
	if (!w->running || !w->child || !process_look(w->child, &p))
		return;
	what.from = what.to = p.start;
	w->child_noted = running_add(w->running, &what);
}

static bool
spawn_worker(const struct workers *ws, struct worker *w, struct argv *words)
{
	char fd[16], ring[16];
	char fd_name[] = "--fd", ring_name[] = "--ring-fd";
	char *more[] = { fd_name, fd, ring_name, ring, NULL };
	pid_t parent = getpid();
	uint64_t from = process_clock();
	struct exec_watch *watch = ws->host->watch;
	char **env, **told = watch ? watch->starts(watch) : NULL, **all = NULL;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) {
		seats_free_env(told);
		return false;
	}
	fcntl(pair[0], F_SETFD, FD_CLOEXEC);
	fcntl(pair[1], F_SETFD, FD_CLOEXEC);
	no_sigpipe(pair[0]);
	snprintf(fd, sizeof(fd), "%d", pair[1]);
	snprintf(ring, sizeof(ring), "%d", w->ring.fd);
	words->v = vec_grow(words->v, &words->cap, words->n + countof(more),
	                    sizeof(*words->v));
	memcpy(words->v + words->n, more, sizeof(more));
	env = seats_env(&ws->host->seats, ws->host->own, w->seat);
	if (told)
		all = proc_env(env, told);
	w->pid = fork();
	if (w->pid == 0)
		become(ws, w, pair[1], words->v, all ? all : env, parent);
	free(all);
	seats_free_env(told);
	seats_free_env(env);
	close(pair[1]);
	w->fd = pair[0];
	if (w->pid < 0) {
		w->pid = 0;
		return false;
	}
	setpgid(w->pid, w->pid);
	note_worker(ws, w, from);
	return true;
}

static void
reap_worker(struct worker *w)
{
	int status;

	while (w->pid && waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	w->pid = 0;
}

static void
set_busy(struct workers *ws, struct worker *w, bool busy)
{
	if (busy) {
		bool free = seats_take_this(&ws->host->seats, w->seat);

		assert(free);
	} else if (w->busy) {
		seats_give(&ws->host->seats, w->seat);
	}
	w->busy = busy;
}

static void
free_worker(struct worker *w)
{
	running_remove(w->running, w->noted);
	running_remove(w->running, w->child_noted);
	if (w->fd >= 0)
		close(w->fd);
	ring_release(&w->ring);
	free(w->given);
	free(w);
}

static void
forget(struct workers *ws, struct worker *w)
{
	size_t i = 0;

	while (ws->all[i] != w)
		i++;
	ws->all[i] = ws->all[--ws->n];
	set_busy(ws, w, false);
	free_worker(w);
}

void
worker_signal(const struct worker *w, int sig)
{
	if (sig == SIGURG)
		w->ring.h->stopped = 1;
	if (w->child)
		kill(-w->child, sig);
}

void
worker_kill(struct worker *w)
{
	worker_signal(w, SIGKILL);
	if (w->pid)
		kill(-w->pid, SIGKILL);
	reap_worker(w);
	w->dead = true;
}

/* ---- the pool ---- */

static struct kind *
kind_for(struct workers *ws, const struct worker_job *job)
{
	struct kind *k;

	for (size_t i = 0; i < ws->nkinds; i++) {
		k = ws->kinds[i];
		if (strcmp(k->name, job->name) == 0 &&
		    strcmp(k->launch, job->launch) == 0)
			return k;
	}
	k = xcalloc(1, sizeof(*k));
	k->name = xstrdup(job->name);
	k->launch = xstrdup(job->launch);
	ws->kinds = vec_grow(ws->kinds, &ws->kinds_cap, ws->nkinds + 1,
	                     sizeof(struct kind *));
	ws->kinds[ws->nkinds++] = k;
	return k;
}

/* Asks them to end, all at once; who has not after two seconds is killed. */
static void
end_workers(struct workers *ws, struct worker **list, size_t n)
{
	struct proto_request quit = {
		.magic = PROTO_REQUEST_MAGIC, .version = PROTO_VERSION,
		.type = PROTO_QUIT,
	};
	int64_t until = os_now() + 2000000000;

	for (size_t i = 0; i < n; i++) {
		if (list[i]->busy)
			worker_kill(list[i]);
		else if (list[i]->pid)
			send_all(list[i]->fd, &quit, sizeof(quit));
		shutdown(list[i]->fd, SHUT_WR);
	}
	for (size_t i = 0; i < n; i++) {
		struct pollfd p = { .fd = list[i]->fd, .events = POLLIN };
		char rest[256];
		int64_t left;

		/* The end of the stream is the worker's end. */
		while (list[i]->pid && (left = until - os_now()) > 0) {
			if (poll(&p, 1, (int)(left / 1000000) + 1) > 0 &&
			    read(p.fd, rest, sizeof(rest)) <= 0)
				break;
		}
		if (list[i]->pid) {
			kill(-list[i]->pid, SIGTERM);
			if (os_now() >= until)
				kill(-list[i]->pid, SIGKILL);
		}
	}
	for (size_t i = 0; i < n; i++) {
		struct worker *w = list[i];
		int status;

		for (int k = 0; w->pid && k < 200; k++) {
			if (waitpid(w->pid, &status, WNOHANG) != 0) {
				/* What it left in its group. */
				kill(-w->pid, SIGKILL);
				w->pid = 0;
			} else {
				poll(NULL, 0, 10);
			}
		}
		if (w->pid)
			worker_kill(w);
		forget(ws, w);
	}
}

/* Ends the idle workers of other kinds that were not used for longest, so that
 * one more has room. */
static void
end_idle(struct workers *ws, const struct kind *k)
{
	while (ws->n >= ws->most) {
		struct worker *oldest = NULL;

		for (size_t i = 0; i < ws->n; i++) {
			struct worker *w = ws->all[i];

			if (!w->runs && w->kind != k &&
			    (!oldest || w->used < oldest->used))
				oldest = w;
		}
		if (!oldest)
			return;
		end_workers(ws, &oldest, 1);
	}
}

void
workers_shrink(struct workers *ws)
{
	struct worker **idle;
	size_t n = 0;

	if (!ws)
		return;
	idle = xcalloc(ws->n, sizeof(struct worker *));
	for (size_t i = 0; i < ws->n; i++)
		if (!ws->all[i]->runs)
			idle[n++] = ws->all[i];
	end_workers(ws, idle, n);
	free(idle);
}

/* The first free seat that no worker of the kind has. (While it has none to
 * run, another one may have sat down at its seat.) */
static int
free_seat(const struct workers *ws, const struct kind *k)
{
	int seat = 0;
	size_t i = 0;

	while (i < ws->n || !seats_is_free(&ws->host->seats, seat)) {
		if (i < ws->n && (ws->all[i]->kind != k ||
		                  ws->all[i]->seat != seat)) {
			i++;
			continue;
		}
		seat++;
		i = 0;
	}
	return seat;
}

static struct worker *
start_worker(struct workers *ws, struct kind *k)
{
	struct argv words = { 0 };
	struct worker *w = xcalloc(1, sizeof(*w));

	end_idle(ws, k);
	w->pool = ws;
	w->kind = k;
	w->seat = free_seat(ws, k);
	w->fd = w->ring.fd = w->noted = w->child_noted = -1;
	if (!argv_split(&words, str_of(k->launch)) || words.n == 0 ||
	    ring_init(&w->ring, RING_SIZE, NULL) < 0 ||
	    !spawn_worker(ws, w, &words)) {
		argv_release(&words);
		free_worker(w);
		return NULL;
	}
	argv_release(&words);
	ws->all = vec_grow(ws->all, &ws->cap, ws->n + 1,
	                   sizeof(struct worker *));
	ws->all[ws->n++] = w;
	return w;
}

/* The variables of a job: an object of texts. */
static void
add_variables(cJSON *doc, char *const *env)
{
	cJSON *object = cJSON_AddObjectToObject(doc, "env");

	for (; env && *env; env++) {
		char *name = xstrdup(*env);
		size_t n = strcspn(name, "=");

		name[n] = '\0';
		cJSON_AddStringToObject(object, name, *env + n + 1);
		free(name);
	}
}

static bool
send_run(struct worker *w, const struct worker_job *job)
{
	cJSON *doc = cJSON_CreateObject();
	cJSON *args = cJSON_AddArrayToObject(doc, "args");
	struct proto_request r = {
		.magic = PROTO_REQUEST_MAGIC, .version = PROTO_VERSION,
		.type = PROTO_RUN, .seq = ++w->seq,
	};
	char *text;
	bool ok;

	for (size_t i = 0; i < job->argc; i++)
		cJSON_AddItemToArray(args, cJSON_CreateString(job->argv[i]));
	add_variables(doc, job->env);
	if (job->isolation)
		cJSON_AddStringToObject(doc, "isolation", job->isolation);
	if (job->parts > 1)
		cJSON_AddNumberToObject(doc, "parts", job->parts);
	if (job->observe)
		cJSON_AddStringToObject(doc, "observe", job->observe);
	text = cJSON_PrintUnformatted(doc);
	r.size = text ? (uint32_t)strlen(text) : 0;
	ok = text && send_all(w->fd, &r, sizeof(r)) &&
	     send_all(w->fd, text, r.size);
	cJSON_free(text);
	cJSON_Delete(doc);
	return ok;
}

static bool
gives_up(struct kind *k, struct buf *warning)
{
	if (k->deaths < DEATHS)
		return false;
	if (!k->given_up)
		buf_addf(warning, "worker '%s' died %d times in a row: its "
		         "test files now run one by one", k->name, DEATHS);
	k->given_up = true;
	return true;
}

/* The idle worker of a kind, or of any (NULL), whose seat is free, that was used
 * last; sooner one that ran a step of this family. */
static struct worker *
idle_worker(const struct workers *ws, const struct kind *k, uint32_t family)
{
	struct worker *best = NULL;

	for (size_t i = 0; i < ws->n; i++) {
		struct worker *w = ws->all[i];
		bool near, best_near;

		if (w->busy || w->finishes || w->dead ||
		    (k && w->kind != k) ||
		    !seats_is_free(&ws->host->seats, w->seat))
			continue;
		near = family && w->family == family;
		best_near = best && family && best->family == family;
		if (!best || near > best_near ||
		    (near == best_near && w->used > best->used))
			best = w;
	}
	return best;
}

uint32_t
workers_family(const struct workers *ws)
{
	const struct worker *w = ws ? idle_worker(ws, NULL, 0) : NULL;

	return w ? w->family : 0;
}

struct worker *
workers_run(struct workers *ws, const struct worker_job *job, uint32_t *seq,
	struct buf *warning)
{
	struct kind *k = kind_for(ws, job);
	struct worker *w = NULL;

	if (gives_up(k, warning))
		return NULL;
	w = idle_worker(ws, k, job->family);
	if (!w)
		w = start_worker(ws, k);
	if (!w)
		return NULL;
	w->used = ++ws->clock;
	w->family = job->family;
	if (!send_run(w, job)) {
		worker_kill(w);
		if (!w->runs) {
			k->deaths++;
			forget(ws, w);
		}
		return NULL;
	}
	w->given = vec_grow(w->given, &w->given_cap, w->ngiven + 1,
	                    sizeof(*w->given));
	w->given[w->ngiven++] = (struct given){ .seq = w->seq };
	w->runs++;
	*seq = w->seq;
	set_busy(ws, w, true);
	return w;
}

void
worker_finish(struct worker *w)
{
	struct proto_request finish = {
		.magic = PROTO_REQUEST_MAGIC, .version = PROTO_VERSION,
		.type = PROTO_FINISH,
	};

	if (w->busy || w->finishes || w->dead || !w->ngiven)
		return;
	w->finishes = true;
	/* If it can't be asked, the end of its stream is read next. */
	send_all(w->fd, &finish, sizeof(finish));
}

void
workers_done(struct workers *ws, struct worker *w)
{
	assert(w->runs);
	w->runs--;
	w->used = ++ws->clock;
	if (!w->dead) {
		w->kind->deaths = 0;
		return;
	}
	if (w->runs)
		return;
	w->kind->deaths++;
	worker_kill(w);
	forget(ws, w);
}

void
workers_free(struct workers *ws)
{
	struct worker **all;

	if (!ws)
		return;
	all = xcalloc(ws->n, sizeof(struct worker *));
	if (ws->n)
		memcpy(all, ws->all, ws->n * sizeof(struct worker *));
	end_workers(ws, all, ws->n);
	for (size_t i = 0; i < ws->nkinds; i++) {
		free(ws->kinds[i]->name);
		free(ws->kinds[i]->launch);
		free(ws->kinds[i]);
	}
	free(all);
	free(ws->all);
	free(ws->kinds);
	free(ws);
}

/* ---- answers ---- */

int
worker_fd(const struct worker *w)
{
	return w->fd;
}

static enum worker_event
lost(struct worker *w)
{
	w->dead = true;
	return WORKER_DIED;
}

static struct given *
find_given(const struct worker *w, uint32_t seq)
{
	for (size_t i = 0; i < w->ngiven; i++)
		if (w->given[i].seq == seq)
			return &w->given[i];
	return NULL;
}

unsigned
worker_line(const struct worker *w)
{
	uint64_t said = w->ring.h->line;

	return said <= MOST_LINES ? (unsigned)said : 0;
}

/* The worker is not busy with this one any more. */
static void
over(struct worker *w, const struct given *g)
{
	if (!g->lingers)
		set_busy(w->pool, w, false);
}

static void
drop_given(struct worker *w, struct given *g)
{
	*g = w->given[--w->ngiven];
	if (!w->ngiven)
		w->finishes = false;
}

static enum worker_event
take_answer(struct worker *w, const struct proto_result *r,
	struct worker_answer *a)
{
	struct given *g = find_given(w, r->seq);
	const char *why;

	if (!proto_check(r, g, &why) || r->type == PROTO_ERROR)
		return lost(w);
	*a = (struct worker_answer){ .seq = r->seq, .payload = -1 };
	switch (r->type) {
	case PROTO_STARTED:
		w->child = (pid_t)r->pid;
		note_child(w);
		return WORKER_STARTED;
	case PROTO_LINGERS:
		if (g->lingers)
			return lost(w);
		over(w, g);
		g->lingers = true;
		return WORKER_LINGERS;
	case PROTO_AGAIN:
	case PROTO_DONE:
		break;
	default:
		return WORKER_NOTHING;
	}
	if (r->size && r->offset != PROTO_NO_OFFSET &&
	    !ring_take(&w->ring, r->offset, r->size, NULL))
		return lost(w);
	a->status = r->status;
	a->payload = r->size ? (int64_t)r->size : -1;
	a->line = g->lingers ? 0 : worker_line(w);
	a->error = r->size || r->type != PROTO_DONE ? 0 :
	           (int)(PROTO_NO_OFFSET - r->offset);
	over(w, g);
	drop_given(w, g);
	if (!w->ngiven || r->pid == (uint32_t)w->child)
		w->child = 0;
	note_child(w);
	return r->type == PROTO_DONE ? WORKER_DONE : WORKER_AGAIN;
}

enum worker_event
worker_read(struct worker *w, struct worker_answer *a)
{
	struct proto_result r;
	enum worker_event e;
	ssize_t n;

	if (w->dead)
		return WORKER_DIED;
	for (;;) {
		n = recv(w->fd, w->in + w->nin, sizeof(w->in) - w->nin,
		         MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return WORKER_NOTHING;
		if (n <= 0)
			return lost(w);
		w->nin += (size_t)n;
		if (w->nin < sizeof(w->in))
			continue;
		memcpy(&r, w->in, sizeof(r));
		w->nin = 0;
		e = take_answer(w, &r, a);
		if (e != WORKER_NOTHING)
			return e;
	}
}
