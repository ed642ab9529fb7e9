/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "util/os.h"
#include "util/path.h"

/* Builds that end early. */

static const int64_t SECOND = 1000000000;

/* Ends all that runs with this signal; the console's step has had a SIGINT of
 * the terminal's. What has not begun need not. */
static void
stop_all(struct build *b, int sig, bool from_terminal)
{
	int64_t now = os_now();

	b->stop = true;
	for (size_t i = 0; i < b->nslots; i++) {
		struct slot *s = b->slots[i];

		if (s->stopped || !s->run)
			continue;
		s->stopped = true;
		if (s->ended)
			continue;
		s->asked = true;
		loop_set(b->loop, &s->timer, now + 5 * SECOND);
		if (s->run->state == EXECUTION_WAITS)
			s->run->ops->kill(s->run);
		else if (!(from_terminal && s->run->terminal))
			s->run->ops->signal(s->run, sig);
	}
}

void
build_interrupt(struct build *b, int sig)
{
	if (b->signal) {
		for (size_t i = 0; i < b->nslots; i++)
			if (!b->slots[i]->ended && b->slots[i]->run)
				b->slots[i]->run->ops->kill(b->slots[i]->run);
		return;
	}
	b->signal = sig;
	stop_all(b, sig, sig == SIGINT);
}

void
build_break(struct build *b)
{
	b->broken = true;
	stop_all(b, SIGTERM, false);
}

void
build_unwritten(struct build *b, const char *place, const char *why)
{
	if (b->broken)
		return;
	err_code(b->err, EXIT_ENV, "what tests leave cannot be written: "
	         "%s%s%s", place ? place : "", place ? ": " : "", why);
	build_break(b);
}

bool
build_is_unwritten(struct build *b, struct slot *s)
{
	const int said = 3;     /* by src/pytgraph/command/plain.py */
	const struct exec_end *e = &s->end;
	struct buf path = { 0 };

	if (!(b->g->steps.p[s->step].flags & STEP_TEST) || s->stopped ||
	    s->timed_out)
		return false;
	if (e->error && graph_binding(b->g, s->step, SYM_TG_RESULT, GRAPH_RAW,
	                              &path, NULL) == 1) {
		path.n = path_dir(buf_str(&path)).n;
		path.p[path.n] = '\0';
		build_unwritten(b, path.p, strerror(e->error));
		buf_release(&path);
		return true;
	}
	if (e->quiet || !WIFEXITED(e->status) || WEXITSTATUS(e->status) != said)
		return false;
	while (s->output.n && s->output.p[s->output.n - 1] == '\n')
		s->output.p[--s->output.n] = '\0';
	build_unwritten(b, NULL, s->output.n ? s->output.p : "?");
	return true;
}
