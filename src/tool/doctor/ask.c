/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool/doctor/internal.h"

extern char **environ;

enum { WORDS = 12 };

/* All of a file that others have written. */
static void
read_all(FILE *from, struct buf *out)
{
	char text[8192];
	size_t n;

	rewind(from);
	while ((n = fread(text, 1, sizeof(text), from)) > 0)
		buf_add(out, text, n);
}

/* Starts it: nothing to read, what it prints into one file (-1: it prints), the
 * document into another. */
static int
start(const char *path, const char *const *argv, int said, pid_t *pid)
{
	posix_spawn_file_actions_t fa;
	int r = posix_spawn_file_actions_init(&fa);

	if (r == 0)
		r = posix_spawn_file_actions_addopen(&fa, 0, "/dev/null",
		                                     O_RDONLY, 0);
	if (r == 0 && said >= 0)
		r = posix_spawn_file_actions_adddup2(&fa, said, 1);
	if (r == 0 && said >= 0)
		r = posix_spawn_file_actions_adddup2(&fa, said, 2);
	if (r == 0)
		r = posix_spawn(pid, path, &fa, NULL, (char *const *)argv,
		                environ);
	posix_spawn_file_actions_destroy(&fa);
	return r;
}

static int
wait_for(const struct interp *in, const char *const *argv, int said,
	int *status, struct err *err)
{
	pid_t pid;
	int r = start(in->path.p, argv, said, &pid);

	if (r != 0)
		return err_set(err, "%s: %s", in->path.p, strerror(r));
	while (waitpid(pid, status, 0) < 0)
		if (errno != EINTR)
			return err_set(err, "%s: %s", in->path.p,
			               strerror(errno));
	return 0;
}

static int
call(const struct session *s, const struct interp *in, const char *dir,
	const char *const *words, FILE *doc, FILE *said, int *status,
	struct err *err)
{
	const char *argv[WORDS] = {
		in->path.p, "-B", s->pytgraph.p, "collects",
	};
	char fd[16];
	size_t n = 4;

	snprintf(fd, sizeof(fd), "%d", fileno(doc));
	argv[n++] = fd;
	argv[n++] = dir;
	while (*words && n + 1 < WORDS)
		argv[n++] = *words++;
	return wait_for(in, argv, fileno(said), status, err);
}

int
ask_runner(const struct session *s, const struct interp *in, const char *dir,
	const char *const *words, struct answer *out, struct err *err)
{
	FILE *doc = tmpfile(), *said = tmpfile();
	struct buf text = { 0 };
	int r;

	*out = (struct answer){ 0 };
	if (doc && said)
		r = call(s, in, dir, words, doc, said, &out->status, err);
	else
		r = err_set(err, "temporary file: %s", strerror(errno));
	if (r == 0) {
		read_all(doc, &text);
		read_all(said, &out->said);
		out->json = cJSON_ParseWithLength(text.p, text.n);
	}
	if (doc)
		fclose(doc);
	if (said)
		fclose(said);
	buf_release(&text);
	return r;
}

int
ask_pollution(const struct session *s, const struct interp *in,
	struct str request, struct answer *out, struct err *err)
{
	FILE *doc = tmpfile(), *source = tmpfile();
	struct buf text = { 0 };
	char to[16], from[16];
	const char *argv[] = {
		in->path.p, "-B", s->pytgraph.p, "pollution", to, from, NULL,
	};
	int r = -1;

	*out = (struct answer){ 0 };
	if (!doc || !source ||
	    fwrite(request.p, 1, request.n, source) != request.n ||
	    fflush(source) != 0) {
		err_set(err, "temporary file: %s", strerror(errno));
	} else {
		rewind(source);
		snprintf(to, sizeof(to), "%d", fileno(doc));
		snprintf(from, sizeof(from), "%d", fileno(source));
		r = wait_for(in, argv, -1, &out->status, err);
	}
	if (r == 0) {
		read_all(doc, &text);
		out->json = cJSON_ParseWithLength(text.p, text.n);
	}
	if (doc)
		fclose(doc);
	if (source)
		fclose(source);
	buf_release(&text);
	return r;
}

void
answer_release(struct answer *a)
{
	cJSON_Delete(a->json);
	buf_release(&a->said);
	*a = (struct answer){ 0 };
}
