/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/begin.h"
#include "session/options.h"
#include "session/pytest_words.h"
#include "session/session.h"
#include "tool/tool.h"
#include "util/err.h"
#include "util/os.h"

static void
print_error(const struct options *o, const struct err *err)
{
	fflush(stdout);
	fprintf(stderr, !o->ninja ? "%s: " : err->fatal ? "%s: fatal: "
	        : "%s: error: ", o->prog);
	if (err->path && err->line)
		fprintf(stderr, "%s:%d: ", err->path, err->line);
	else if (err->path)
		fprintf(stderr, "%s: ", err->path);
	fprintf(stderr, "%s\n", err->msg ? err->msg : "unknown error");
}

static int
change_dir(const struct options *o, struct err *err)
{
	if (!o->dir)
		return 0;
	if (!o->tool && !o->quiet) {
		printf("%s: Entering directory `%s'\n", o->prog, o->dir);
		fflush(stdout);
	}
	if (chdir(o->dir) < 0) {
		err->fatal = true;
		err_code(err, options_usage_code(o), "chdir to '%s' - %s",
		         o->dir, strerror(errno));
		return -1;
	}
	return 0;
}

static int
run_options(struct options *o, struct err *err)
{
	struct session s = { .is_tool = tool_is };
	struct foreground f = { 0 };
	int code = -1;

	if (change_dir(o, err) == 0 && session_place(&s, o, err) == 0 &&
	    pytest_words_take(&s, o, err) == 0)
		code = o->tool ? tool_main(&s, err) : begin_run(&s, &f, err);
	session_close(&s);
	if (code >= 0 && f.n)
		code = foreground_run(&f, err);
	foreground_release(&f);
	return code;
}

int
main(int argc, char **argv)
{
	struct options o;
	struct err err = { 0 };
	enum options_end end;
	int code = 0;

	if (os_std_fds() < 0)
		return EXIT_ENV;
	os_signals();
	if (options_parse(&o, argc, argv, &end, &code, &err) < 0)
		code = -1;
	else if (end == OPTIONS_RUN)
		code = run_options(&o, &err);
	if (code < 0) {
		print_error(&o, &err);
		code = err.code ? err.code : EXIT_ENV;
		if (o.ninja && code != EXIT_INTERRUPTED)
			code = 1;
	}
	err_release(&err);
	options_release(&o);
	if (fflush(stdout) == EOF && code == EXIT_OK) {
		fprintf(stderr, "tgraph: write to standard output: %s\n",
		        strerror(errno));
		code = EXIT_ENV;
	}
	return code;
}
