/* SPDX-License-Identifier: Apache-2.0 */
#include "report/text/step.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/mem.h"

void
step_title(const struct graph *g, uint32_t step, bool command,
	struct buf *out)
{
	if (!command && graph_binding(g, step, SYM_DESCRIPTION, GRAPH_SHELL,
			out, NULL) == 1)
		return;
	graph_binding(g, step, SYM_COMMAND, GRAPH_SHELL, out, NULL);
}

int
result_code(const struct result *r)
{
	if (!r)
		return 1;
	if (WIFSIGNALED(r->exit))
		return 128 + WTERMSIG(r->exit);
	return WIFEXITED(r->exit) ? WEXITSTATUS(r->exit) : r->exit;
}

void
step_failed(const struct graph *g, uint32_t step, const struct result *r,
	bool color, struct buf *out)
{
	const struct graph_step *s = &g->steps.p[step];
	const char *what = r && r->status == RESULT_TIMEOUT ? "TIMEOUT" :
		"FAILED";
	uint32_t i;

	buf_addf(out, "%s%s: [code=%d] %s", color ? "\033[31m" : "", what,
		result_code(r), color ? "\033[0m" : "");
	for (i = 0; i < s->nouts; i++) {
		buf_addstr(out, graph_path(g, graph_ids(g, s->outs)[i]));
		buf_addc(out, ' ');
	}
	buf_addc(out, '\n');
	step_title(g, step, true, out);
	buf_addc(out, '\n');
}

const char *
step_binding(const struct graph *g, uint32_t step, uint32_t sym,
	struct buf *out)
{
	buf_clear(out);
	buf_reserve(out, 1);
	out->p[0] = '\0';
	if (graph_binding(g, step, sym, GRAPH_RAW, out, NULL) != 1) {
		buf_clear(out);
		out->p[0] = '\0';
	}
	return out->p;
}

const char *
status_word(unsigned status)
{
	static const char *const words[] = {
		[RESULT_NONE] = "none", [RESULT_PASSED] = "passed",
		[RESULT_EMPTY] = "empty", [RESULT_FAILED] = "failed",
		[RESULT_TIMEOUT] = "timeout", [RESULT_CRASHED] = "crashed",
	};

	return status < countof(words) ? words[status] : "none";
}

static bool
read_tail(int fd, size_t limit, struct buf *out)
{
	size_t start = out->n;
	struct stat st;
	off_t from = 0;
	ssize_t n;
	char *nl;
	bool cut;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	cut = (uint64_t)st.st_size > limit;
	if (cut)
		from = st.st_size - (off_t)limit;
	buf_reserve(out, limit);
	while (limit > 0 && (n = pread(fd, out->p + out->n, limit, from)) > 0) {
		out->n += (size_t)n;
		from += n;
		limit -= (size_t)n;
	}
	out->p[out->n] = '\0';
	if (cut && (nl = memchr(out->p + start, '\n', out->n - start))) {
		nl++;
		memmove(out->p + start, nl, out->n - (size_t)(nl - out->p));
		out->n -= (size_t)(nl - (out->p + start));
		out->p[out->n] = '\0';
	}
	return out->n > start;
}

bool
log_tail(const struct graph *g, uint32_t step, size_t limit, struct buf *out)
{
	struct buf path = { 0 };
	bool ok = false;
	int fd;

	if (*step_binding(g, step, SYM_TG_LOG, &path)) {
		fd = open(path.p, O_RDONLY | O_CLOEXEC);
		if (fd >= 0) {
			ok = read_tail(fd, limit, out);
			close(fd);
		}
	}
	buf_release(&path);
	return ok;
}

bool
log_head(const struct graph *g, uint32_t step, size_t limit, struct buf *out)
{
	struct buf path = { 0 };
	ssize_t n = -1;
	int fd = -1;

	if (*step_binding(g, step, SYM_TG_LOG, &path))
		fd = open(path.p, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		buf_reserve(out, limit);
		n = pread(fd, out->p + out->n, limit, 0);
		close(fd);
	}
	if (n > 0) {
		out->n += (size_t)n;
		out->p[out->n] = '\0';
	}
	buf_release(&path);
	return n > 0;
}
