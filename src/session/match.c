/* SPDX-License-Identifier: Apache-2.0 */
#include "session/match.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/proc.h"
#include "exec/spawn.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/os.h"

extern char **environ;

enum { MATCH_WRONG = 3 };       /* exit code of pytgraph's match */
#define LIMIT_NS (20 * INT64_C(1000000000))

/* An interpreter that was asked. */
struct asked {
	const struct interp *in;
	pid_t pid;              /* 0: it was not */
	int fd;
	struct buf said;
};

static void
ask_interpreter(struct asked *a, const char *pytgraph, const char *match,
	int null)
{
	const char *argv[] = {
		a->in->path.p, "-I", "-S", pytgraph, "match", match, NULL,
	};
	struct spawn s = {
		.argv = (char *const *)argv, .env = environ, .in = null,
		.keep = { -1, -1 },
	};
	int fds[2];

	if (proc_pipe(fds) < 0)
		return;
	s.out = fds[1];
	a->fd = fds[0];
	if (spawn_path(&a->pid, a->in->path.p, &s) != 0) {
		a->pid = 0;
		close(a->fd);
	}
	close(fds[1]);
}

/* Reads to the end of what it says, or to the end of its time. */
static void
listen_to(struct asked *a, int64_t end)
{
	struct pollfd p = { a->fd, POLLIN, 0 };
	char text[4096];
	int64_t left;
	ssize_t n;

	while ((left = end - os_now()) > 0) {
		if (poll(&p, 1, (int)(left / 1000000) + 1) <= 0)
			continue;
		n = read(a->fd, text, sizeof(text));
		if (n > 0)
			buf_add(&a->said, text, (size_t)n);
		else if (n == 0 || errno != EAGAIN)
			return;
	}
	kill(-a->pid, SIGKILL);
}

/* Does it say that the expression is wrong? */
static bool
refuses(struct asked *a, int64_t end)
{
	int status;

	if (!a->pid)
		return false;
	listen_to(a, end);
	close(a->fd);
	while (waitpid(a->pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == MATCH_WRONG &&
	       a->said.n;
}

int
match_check(const struct front *f, const char *pytgraph, const char *match,
	struct err *err)
{
	size_t len = match ? strlen(match) : 0;
	struct asked *all;
	int64_t end = os_now() + LIMIT_NS;
	int null, r = 0;

	if (len < 2 || match[0] != '/' || match[len - 1] != '/')
		return 0;
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null < 0)
		return 0;
	all = xcalloc(f->nenvs + 1, sizeof(*all));
	for (size_t i = 0; i < f->nenvs; i++) {
		all[i].in = &f->in.v[f->envs[i].interp];
		ask_interpreter(&all[i], pytgraph, match, null);
	}
	for (size_t i = 0; i < f->nenvs; i++) {
		if (refuses(&all[i], end) && r == 0)
			r = err_code(err, EXIT_USAGE, "%s (Python %d.%d)",
			             all[i].said.p, all[i].in->major,
			             all[i].in->minor);
		buf_release(&all[i].said);
	}
	free(all);
	close(null);
	return r;
}
