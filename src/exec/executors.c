/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/executors.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "exec/by_command.h"
#include "exec/by_worker.h"
#include "util/mem.h"
#include "util/os.h"

struct executors *
executors_new(void)
{
	struct executors *ex = xcalloc(1, sizeof(*ex));

	ex->host.null = -1;
	return ex;
}

void
executors_free(struct executors *ex)
{
	if (!ex)
		return;
	for (size_t i = 0; i < ex->n; i++)
		ex->list[i]->ops->free(ex->list[i]);
	if (ex->watch)
		ex->watch->free(ex->watch);
	running_free(ex->host.running);
	proc_host_release(&ex->host);
	jobserver_close(&ex->js);
	free(ex);
}

static int
open_jobserver(struct executors *ex, const struct executors_opts *o,
	struct buf *warning, struct err *err)
{
	enum jobserver_style style = JOBSERVER_AUTO;

	if (!jobserver_style(o->jobserver, &style))
		return err_code(err, EXIT_USAGE, "unknown jobserver style '%s'",
		                o->jobserver);
	return jobserver_open(&ex->js, style, o->jobs, !o->jobs_given,
	                      getenv("MAKEFLAGS"), warning, err);
}

/* As many as -j allows, and descriptors: each takes up to three of them. */
static size_t
most_at_once(const struct executors *ex, int jobs)
{
	size_t most = jobs > 0 && !ex->js.client ? (size_t)jobs : SIZE_MAX;
	struct rlimit r;
	size_t room;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur == RLIM_INFINITY)
		return most;
	room = r.rlim_cur > 128 ? (size_t)(r.rlim_cur - 64) / 3 : 1;
	return room < most ? room : most;
}

/* How many tests run at once, as far as can be said. */
static int
seats(const struct executors *ex, int jobs)
{
	int cpus = os_cpus();

	return jobs > 0 && !ex->js.client ? jobs : cpus > 2 ? cpus : 2;
}

/* What every step of ours has open, and nobody else: the pipe that we serve. */
static uint64_t
mark_of_ours(const struct jobserver *js)
{
	struct stat st;

	return !js->client && js->keep[0] >= 0 &&
	       fstat(js->keep[0], &st) == 0 ? st.st_ino : 0;
}

int
executors_open(struct executors *ex, const struct executors_opts *opts,
	struct buf *warning, struct err *err)
{
	if (ex->open)
		return 0;
	if (open_jobserver(ex, opts, warning, err) < 0)
		return -1;
	if (proc_host_init(&ex->host, ex->js.makeflags, seats(ex, opts->jobs),
	                   err) < 0) {
		jobserver_close(&ex->js);
		return -1;
	}
	ex->host.seats.first = (int)opts->place * SEATS_APART;
	ex->host.watch = ex->watch;
	memcpy(ex->host.keep, ex->js.keep, sizeof(ex->host.keep));
	if (opts->running)
		ex->host.running = running_new(opts->running,
		                               mark_of_ours(&ex->js));
	ex->most = most_at_once(ex, opts->jobs);
	/* Those of two interpreters: each has its seat. */
	ex->list[ex->n++] = by_worker_new(&ex->host, ex->most < 128 ?
	                                  (unsigned)ex->most * 2 + 2 : 256);
	ex->list[ex->n++] = by_command_new(&ex->host);
	ex->open = true;
	return 0;
}

int
executors_start(struct executors *ex, const struct exec_job *job,
	struct execution **x, struct buf *warning, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < ex->n && r == 0; i++)
		r = ex->list[i]->ops->start(ex->list[i], job, x, warning, err);
	assert(r != 0);
	return r < 0 ? -1 : 0;
}

void
executors_child(struct executors *ex)
{
	for (size_t i = 0; i < ex->n; i++)
		if (ex->list[i]->ops->child)
			ex->list[i]->ops->child(ex->list[i]);
}

void
executors_settle(struct executors *ex)
{
	for (size_t i = 0; i < ex->n; i++)
		if (ex->list[i]->ops->settle)
			ex->list[i]->ops->settle(ex->list[i]);
}

void
executors_shrink(struct executors *ex)
{
	for (size_t i = 0; i < ex->n; i++)
		if (ex->list[i]->ops->shrink)
			ex->list[i]->ops->shrink(ex->list[i]);
}

uint32_t
executors_family(const struct executors *ex)
{
	uint32_t family = 0;

	for (size_t i = 0; i < ex->n && !family; i++)
		if (ex->list[i]->ops->family)
			family = ex->list[i]->ops->family(ex->list[i]);
	return family;
}
