/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/foreground.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/run.h"
#include "exec/argv.h"
#include "exec/seats.h"
#include "result/results.h"
#include "session/targets/targets.h"
#include "state/variables.h"
#include "util/mem.h"
#include "util/os.h"
#include "util/path.h"

extern char **environ;

enum { INTERRUPTED = 2 };       /* pytest's exit code */

struct foreground_step {
	struct argv words;      /* as the step has them */
	char **argv;            /* words, and more; NULL-terminated */
	char **more;            /* owned: those of argv that are no words */
	size_t nmore;
};

static struct foreground_step *
new_step(struct foreground *f)
{
	f->v = vec_grow(f->v, &f->cap, f->n + 1, sizeof(*f->v));
	f->v[f->n] = (struct foreground_step){ 0 };
	return &f->v[f->n++];
}

/* The items of the step's result that are bad, as words for its command. */
static void
add_failed(const struct session *s, uint32_t step, struct foreground_step *fs)
{
	struct results r;
	const cJSON *item;
	struct buf file = { 0 };

	if (!results_read(&r, s->graph, step))
		return;
	graph_binding(s->graph, step, SYM_TG_FILE, GRAPH_RAW, &file, NULL);
	fs->more = xcalloc(2 * (size_t)cJSON_GetArraySize(r.items) + 1,
	                   sizeof(*fs->more));
	cJSON_ArrayForEach(item, r.items) {
		const char *id = strstr(results_text(item, "id"), "::");
		struct buf b = { 0 };

		if (!id || !outcome_bad(results_outcome(item)))
			continue;
		buf_addstr(&b, buf_str(&file));
		buf_adds(&b, id);
		fs->more[fs->nmore++] = xstrdup("--select");
		fs->more[fs->nmore++] = buf_detach(&b);
	}
	/* the file of a run of several is not known, and that of others no
	 * target */
	if (!str_ends(buf_str(&file), ".py"))
		fs->nmore = 0;
	buf_release(&file);
	results_release(&r);
}

/* The step's command with another word in the place of "run", and more behind
 * it. */
static int
make_argv(const struct session *s, uint32_t step, const char *what,
	struct foreground_step *fs, struct err *err)
{
	struct buf command = { 0 };
	bool simple = graph_binding(s->graph, step, SYM_COMMAND, GRAPH_SHELL,
	                            &command, NULL) == 1 &&
	              argv_split(&fs->words, buf_str(&command));
	size_t at = 1, n = 0;

	buf_release(&command);
	while (simple && at < fs->words.n &&
	       (strcmp(fs->words.v[at - 1], s->pytgraph.p) != 0 ||
	        strcmp(fs->words.v[at], "run") != 0))
		at++;
	if (!simple || at >= fs->words.n)
		return err_code(err, EXIT_USAGE, "the command of the rule "
		                "'test' is not one that can be run in the "
		                "foreground");
	fs->argv = xcalloc(fs->words.n + fs->nmore + 1, sizeof(*fs->argv));
	for (size_t i = 0; i < fs->words.n; i++) {
		fs->argv[n++] = i == at ? (char *)what : fs->words.v[i];
		for (size_t k = 0; i == at && k < fs->nmore; k++)
			fs->argv[n++] = fs->more[k];
	}
	return 0;
}

/* What tests find: the environment that we have, and what they are told where
 * several run at once. */
static void
take_env(struct foreground *f, const struct session *s)
{
	const struct options *o = s->o;
	struct seats seats;

	seats_init(&seats, o->jobs_given && o->jobs > 0 ? o->jobs : os_cpus());
	f->env = seats_env(&seats, environ, 0);
	seats_release(&seats);
}

static void
add_label(const struct session *s, uint32_t step, struct buf *b)
{
	buf_adds(b, b->n ? ", " : "");
	graph_binding(s->graph, step, SYM_DESCRIPTION, GRAPH_RAW, b, NULL);
}

/* Which of several there are. */
static int
several(const struct session *s, const struct targets *t, struct err *err)
{
	enum { NAMED = 3 };
	const char *what = s->o->debug ? "debug" : "show";
	struct buf b = { 0 };
	uint32_t n = 0;
	int r;

	for (uint32_t i = 0; i < t->n; i++) {
		uint32_t step = s->graph->nodes.p[t->v[i]].producer;

		if (n++ < NAMED)
			add_label(s, step, &b);
	}
	if (n > NAMED)
		buf_addf(&b, " and %u more", n - NAMED);
	r = n ? err_code(err, EXIT_USAGE, "--%s is for one test file, under "
	                 "one version of Python (py3.12): these are %s", what,
	                 b.p)
	      : err_code(err, EXIT_USAGE, "--%s: no test file is meant", what);
	buf_release(&b);
	return r;
}

/* Leaves those that are tests. */
static void
only_tests(const struct session *s, struct targets *t)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		uint32_t step = s->graph->nodes.p[t->v[i]].producer;

		if (step != GRAPH_NONE &&
		    s->graph->steps.p[step].flags & STEP_TEST)
			t->v[n++] = t->v[i];
	}
	t->n = n;
}

/* The variables that are part of the step's key, and those of its seat. */
static void
print_env(const struct foreground *f, const struct session *s, uint32_t step)
{
	struct buf list = { 0 }, value = { 0 };
	struct str rest, name;

	graph_binding(s->graph, step, SYM_TG_ENV, GRAPH_RAW, &list, NULL);
	for (rest = buf_str(&list); env_next(&rest, &name);) {
		const char *v = env_value(name);

		if (!v)
			continue;
		buf_clear(&value);
		path_shell(&value, str_of(v));
		printf("export %.*s=%s\n", (int)name.n, name.p, value.p);
	}
	for (size_t i = 0; f->env[i]; i++)
		if (strncmp(f->env[i], "PYTEST_XDIST_", 13) == 0)
			printf("export %s\n", f->env[i]);
	buf_release(&list);
	buf_release(&value);
}

static int
take_step(struct foreground *f, struct session *s, uint32_t step,
	struct report *r, struct err *err)
{
	struct buf label = { 0 };
	int code;

	take_env(f, s);
	if (s->o->debug) {
		if (make_argv(s, step, "debug", new_step(f), err) < 0)
			return -1;
		code = run_inputs(s, r, step, err);
		if (code != EXIT_OK)
			f->n = 0;
		return code;
	}
	if (make_argv(s, step, "show", new_step(f), err) < 0)
		return -1;
	add_label(s, step, &label);
	printf("# %s\n", label.p);
	buf_release(&label);
	print_env(f, s, step);
	return EXIT_OK;
}

int
foreground_target(struct foreground *f, struct session *s, struct report *r,
	struct err *err)
{
	struct targets t = { 0 };
	int code = targets_find(s, s->o->args, s->o->nargs, &t, err);

	if (code == 0) {
		only_tests(s, &t);
		code = t.n != 1 ? several(s, &t, err) :
			take_step(f, s, s->graph->nodes.p[t.v[0]].producer, r,
			          err);
	}
	targets_release(&t);
	return code;
}

int
foreground_failed(struct foreground *f, struct session *s, struct err *err)
{
	struct targets t = { 0 };
	int code = targets_find(s, s->o->args, s->o->nargs, &t, err);

	if (code == 0)
		only_tests(s, &t);
	take_env(f, s);
	f->answer = EXIT_FAILED;
	for (uint32_t i = 0; code == 0 && i < t.n; i++) {
		uint32_t step = s->graph->nodes.p[t.v[i]].producer;
		struct foreground_step *fs;

		if (s->state.result[step].status < RESULT_FAILED)
			continue;
		fs = new_step(f);
		if (!session_is_partial(s))
			add_failed(s, step, fs);
		code = make_argv(s, step, "debug", fs, err);
	}
	targets_release(&t);
	return code;
}

/* The exit code of a process in the foreground; -1: err. */
static int
run_one(char *const *argv, char *const *env, struct err *err)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return err_code(err, EXIT_ENV, "fork: %s", strerror(errno));
	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		environ = (char **)env;
		execvp(argv[0], argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_code(err, EXIT_ENV, "waitpid: %s",
			                strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_code(err, EXIT_ENV, "%s cannot be run", argv[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status)
	                         : 128 + WTERMSIG(status);
}

int
foreground_run(const struct foreground *f, struct err *err)
{
	void (*was)(int) = SIG_DFL;
	int code = 0, worst = f->answer;

	/* Ctrl-C is the debugger's. */
	if (f->n)
		was = signal(SIGINT, SIG_IGN);
	for (size_t i = 0; i < f->n && code >= 0 && code != INTERRUPTED; i++) {
		code = run_one(f->v[i].argv, f->env, err);
		if (code > 0)
			worst = EXIT_FAILED;
	}
	if (f->n)
		signal(SIGINT, was);
	return code < 0 ? -1 : worst;
}

void
foreground_release(struct foreground *f)
{
	for (size_t i = 0; i < f->n; i++) {
		argv_release(&f->v[i].words);
		free(f->v[i].argv);
		for (size_t k = 0; k < f->v[i].nmore; k++)
			free(f->v[i].more[k]);
		free(f->v[i].more);
	}
	free(f->v);
	seats_free_env(f->env);
	*f = (struct foreground){ 0 };
}
