/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "python/version/releases.h"
#include "tool/python/python.h"
#include "util/arena.h"
#include "util/file.h"
#include "util/os.h"
#include "util/path.h"

/* -t releases: the table that decides which versions of Python are tested.
 * It comes with the program; --update keeps another for the user. */

/* A mistake in the file at path. */
static int
bad_table(const char *path, struct err *err)
{
	err->code = EXIT_USAGE;
	return err_at(err, path, 0, 0);
}

static int
show_table(FILE *out, const char *path, struct err *err)
{
	struct arena a = { 0 };
	struct buf text = { 0 };
	struct releases all;
	int r = file_read(path, &text, err);

	if (r == 0)
		r = err_code(err, EXIT_ENV, "%s: no such file", path);
	if (r > 0 && releases_parse(&a, buf_str(&text).p, text.n, &all,
	                            err) < 0)
		r = bad_table(path, err);
	if (r > 0) {
		fprintf(out, "# %s\n%-8s %-12s %-11s %s\n", path, "version",
		        "status", "released", "end of life");
		for (size_t i = 0; i < all.n; i++)
			fprintf(out, "%-8s %-12s %-11s %s\n",
			        all.v[i].version.p,
			        release_status_name(all.v[i].status),
			        all.v[i].released.p, all.v[i].end.p);
	}
	arena_release(&a);
	buf_release(&text);
	return r < 0 ? -1 : EXIT_OK;
}

/* The file's text as a table that releases_parse takes. */
static int
read_new_table(const char *from, struct buf *out, struct err *err)
{
	struct arena a = { 0 };
	struct buf text = { 0 };
	struct releases all;
	time_t now = (time_t)(os_wall() / 1000000000);
	struct tm tm;
	char today[16] = "";
	size_t i = 0;
	int r = file_read(from, &text, err);

	if (r == 0)
		r = err_code(err, EXIT_USAGE, "%s: no such file", from);
	while (r > 0 && i < text.n && strchr(" \t\r\n", text.p[i]))
		i++;
	if (r > 0 && i < text.n && strchr("[{", text.p[i])) {
		gmtime_r(&now, &tm);
		strftime(today, sizeof(today), "%Y-%m-%d", &tm);
		if (releases_from_json(text.p, text.n, today, out, err) < 0)
			r = bad_table(from, err);
	} else if (r > 0) {
		buf_addstr(out, buf_str(&text));
	}
	if (r > 0 && releases_parse(&a, buf_str(out).p, out->n, &all,
	                            err) < 0)
		r = bad_table(from, err);
	arena_release(&a);
	buf_release(&text);
	return r;
}

static int
update_table(FILE *out, const char *from, const char *to, struct err *err)
{
	struct buf table = { 0 };
	int r = read_new_table(from, &table, err);

	if (r > 0 && (dir_make_parent(to, err) < 0 ||
	    file_write(to, table.p, table.n, true, err) < 0)) {
		err->code = EXIT_ENV;
		r = -1;
	}
	buf_release(&table);
	return r < 0 ? -1 : show_table(out, to, err);
}

static int
reset_table(FILE *out, const char *own, const char *shipped, struct err *err)
{
	if (*own && dir_remove(own, err) < 0) {
		err->code = EXIT_ENV;
		return -1;
	}
	return show_table(out, shipped, err);
}

static int
releases_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	struct session *s = env->s;
	struct buf own = { 0 }, shipped = { 0 };
	bool there = session_releases(&own) == 1;
	struct buf from = { 0 };
	const char *file = NULL;
	int r;

	session_find_data(s);
	buf_addf(&shipped, "%s/python-releases", buf_str(&s->rules).p);
	if (argc == 3 && strcmp(argv[1], "--update") == 0)
		file = argv[2];
	else if (argc == 2 && strncmp(argv[1], "--update=", 9) == 0)
		file = argv[1] + 9;
	if (file)
		path_join(&from, buf_str(&s->below), str_of(file));
	if (file && !own.n)
		r = err_code(err, EXIT_ENV, "there is no place for a table: "
		             "neither HOME nor XDG_CONFIG_HOME is set");
	else if (file)
		r = update_table(env->out, from.p, own.p, err);
	else if (argc == 2 && strcmp(argv[1], "--reset") == 0)
		r = reset_table(env->out, buf_str(&own).p, shipped.p, err);
	else if (argc == 1)
		r = show_table(env->out, there ? own.p : shipped.p, err);
	else
		r = err_code(err, EXIT_USAGE, "-t releases: expected --update "
		             "FILE, --reset, or nothing");
	buf_release(&own);
	buf_release(&shipped);
	buf_release(&from);
	return r;
}

const struct tool tool_releases = {
	.name = "releases",
	.summary = "the table of Python releases; --update FILE replaces it",
	.usage = "usage: %s -t releases [--update FILE | --reset]\n"
		"\n"
		"options:\n"
		"  --update FILE  use this table from now on: lines \"VERSION "
		"STATUS RELEASED END\",\n"
		"                 or the JSON of python.org's release cycle or "
		"of endoflife.date\n"
		"  --reset        use the one that came with the program\n",
	.needs = TOOL_NOTHING,
	.own = true,
	.run = releases_run,
};
