/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool/internal.h"
#include "util/mem.h"
#include "util/os.h"
#include "util/path.h"

/* Pages of the graph for a web browser: a Python program shows them, which
 * asks this one for each (src/browse/browse.py). */

struct wish {
	const char *hostname, *port, *target;
	bool no_browser;
};

/* The words of a command, each in memory of its own. */
struct command {
	char **v;
	size_t n, cap;
};

static void
add_option(struct command *c, const char *option, const char *value)
{
	struct buf b = { 0 };

	buf_addf(&b, "%s%s", option, value);
	c->v = vec_grow(c->v, &c->cap, c->n + 2, sizeof(*c->v));
	c->v[c->n++] = buf_detach(&b);
	c->v[c->n] = NULL;
}

static bool
is_port(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	return *text >= '0' && *text <= '9' && !*end && n <= 65535;
}

/* A file is named from where the user is, and we have gone to the root. */
static void
add_target(const struct session *s, const char *target, struct command *c)
{
	struct buf b = { 0 };

	path_join(&b, buf_str(&s->below), str_of(target));
	add_option(c, "--target=", s->below.n && access(b.p, F_OK) == 0
	                           ? b.p : target);
	buf_release(&b);
}

/* The options by which this program comes to the same graph. */
static void
add_options(const struct session *s, struct command *c)
{
	const struct options *o = s->o;

	if (!s->python) {
		add_option(c, "--option=", "-f");
		add_option(c, "--option=", s->manifest.p);
		return;
	}
	for (size_t i = 0; i < o->python.n; i++) {
		add_option(c, "--option=", "--python");
		add_option(c, "--option=", o->python.v[i]);
	}
	if (o->all_pythons)
		add_option(c, "--option=", "--all-pythons");
	if (o->prerelease)
		add_option(c, "--option=", "--include-prerelease");
	add_option(c, "--python", "");
}

/* Becomes the server; returns only if that fails. */
static int
become_server(const struct tool_env *env, const struct wish *wish,
	struct err *err)
{
	struct session *s = env->s;
	struct command c = { 0 };
	struct buf self = { 0 };

	if (os_self(&self, err) < 0)
		return tool_fail(env, err);
	session_find_data(s);
	add_option(&c, "python3", "");
	add_option(&c, "-I", "");
	add_option(&c, s->browse.p, "");
	add_option(&c, "--program=", self.p);
	add_option(&c, "--name=", s->o->prog);
	add_options(s, &c);
	add_option(&c, "--hostname=", wish->hostname);
	add_option(&c, "--port=", wish->port);
	if (wish->no_browser)
		add_option(&c, "--no-browser", "");
	if (wish->target)
		add_target(s, wish->target, &c);
	fflush(env->out);
	execvp(c.v[0], c.v);
	if (errno == ENOENT)
		err_code(err, EXIT_ENV, "-t browse needs python3, and there "
		         "is none in PATH");
	else
		err_code(err, EXIT_ENV, "-t browse: run python3: %s",
		         strerror(errno));
	while (c.n)
		free(c.v[--c.n]);
	free(c.v);
	buf_release(&self);
	return tool_fail(env, err);
}

static int
browse_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	static const struct option longs[] = {
		{ "hostname", required_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' },
		{ "no-browser", no_argument, NULL, 'n' },
		{ "port", required_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	struct wish wish = { .hostname = "localhost", .port = "8000" };
	int opt;

	while ((opt = tool_getopt(env, argc, argv, "a:hp:", longs)) != -1) {
		switch (opt) {
		case 'a': wish.hostname = optarg; break;
		case 'n': wish.no_browser = true; break;
		case 'p': wish.port = optarg; break;
		default: return tool_usage(env, opt != 'h');
		}
	}
	if (!is_port(wish.port))
		return tool_error(env, "-t browse: '%s' is not a port (0 to "
		                  "65535)", wish.port);
	if (argc - optind > 1)
		return tool_error(env, "-t browse: expected one target");
	if (optind < argc)
		wish.target = argv[optind];
	return become_server(env, &wish, err);
}

const struct tool tool_browse = {
	.name = "browse",
	.summary = "browse dependency graph in a web browser",
	.usage = "usage: %s -t browse [options] [target]\n"
		"\n"
		"Opens a page about the target, or of all targets, with links "
		"to what it needs and\n"
		"to what needs it, and serves such pages until Ctrl-C. It "
		"needs python3.\n"
		"\n"
		"options:\n"
		"  -p, --port=N        port to listen on [8000; 0: any]\n"
		"  -a, --hostname=HOST address to listen on [localhost]\n"
		"  --no-browser        only print the page's address\n",
	.needs = TOOL_GRAPH,
	.run = browse_run,
};
