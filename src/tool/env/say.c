/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdarg.h>
#include <string.h>

#include "tool/env/env.h"

static void
say_as(const struct tool_env *env, const char *what, const char *fmt,
	va_list ap)
{
	fflush(env->out);
	fprintf(env->err, "%s: %s: ", env->s->o->prog, what);
	vfprintf(env->err, fmt, ap);
	fputc('\n', env->err);
}

int
tool_error(const struct tool_env *env, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_as(env, "error", fmt, ap);
	va_end(ap);
	return options_usage_code(env->s->o);
}

void
tool_warning(const struct tool_env *env, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_as(env, "warning", fmt, ap);
	va_end(ap);
}

int
tool_fail(const struct tool_env *env, struct err *err)
{
	int code = err->code ? err->code : options_usage_code(env->s->o);
	const char *msg = err->msg ? err->msg : "unknown error";

	if (err->fatal && env->s->o->ninja)
		fprintf(env->err, "%s: fatal: %s\n", env->s->o->prog, msg);
	else if (err->path && err->line)
		tool_error(env, "%s:%d: %s", err->path, err->line, msg);
	else if (err->path)
		tool_error(env, "%s: %s", err->path, msg);
	else
		tool_error(env, "%s", msg);
	err_release(err);
	return env->s->o->ninja ? 1 : code;
}

int
tool_usage(const struct tool_env *env, bool bad)
{
	const char *p = env->tool->usage, *mark;

	if (env->s->o->ninja && env->tool->ninja_usage)
		p = env->tool->ninja_usage;
	while ((mark = strstr(p, "%s"))) {
		fwrite(p, 1, (size_t)(mark - p), env->out);
		fputs(env->s->o->prog, env->out);
		p = mark + 2;
	}
	fputs(p, env->out);
	return bad || env->s->o->ninja ? options_usage_code(env->s->o)
	                               : EXIT_OK;
}

int
tool_getopt(const struct tool_env *env, int argc, char **argv,
	const char *options, const struct option *longs)
{
	static const struct option none[] = { { NULL, 0, NULL, 0 } };
	struct buf all = { 0 };
	int c;

	opterr = 0;
	buf_addf(&all, ":%s", options);
	c = getopt_long(argc, argv, all.p, longs ? longs : none, NULL);
	buf_release(&all);
	if (c == ':') {
		fprintf(env->err, "%s: option requires an argument -- '%c'\n",
			argv[0], optopt);
		return '?';
	}
	if (c != '?')
		return c;
	if (optopt)
		fprintf(env->err, "%s: invalid option -- '%c'\n", argv[0],
			optopt);
	else
		fprintf(env->err, "%s: unrecognized option '%s'\n", argv[0],
			argv[optind - 1]);
	return c;
}

void
tool_put(const struct tool_env *env, struct str s)
{
	fwrite(s.p, 1, s.n, env->out);
}
