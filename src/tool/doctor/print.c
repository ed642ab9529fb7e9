/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "result/results.h"
#include "tool/doctor/internal.h"
#include "util/path.h"

/* What has the same reason: so many names are shown; --json has all. */
enum { SHOWN = 10 };

static int
number(const cJSON *o, const char *name)
{
	return (int)results_number(o, name);
}

static const char *
plural(int n)
{
	return n == 1 ? "" : "s";
}

/* A line "  NAME       TEXT". */
static void
line(FILE *to, const char *name, struct str text)
{
	fprintf(to, "  %-12s %.*s\n", name, (int)text.n, text.p);
}

static void
print_plugins(FILE *to, const cJSON *runner)
{
	const cJSON *p;
	struct buf b = { 0 };

	cJSON_ArrayForEach(p, member(runner, "plugins"))
		buf_addf(&b, "%s%s %s", b.n ? ", " : "",
		         results_text(p, "name"), results_text(p, "version"));
	if (b.n)
		line(to, "plugins", buf_str(&b));
	buf_release(&b);
}

static void
print_runner(FILE *to, const cJSON *o)
{
	const cJSON *in = member(o, "interpreter"), *c;
	const cJSON *runner = member(o, "runner");
	struct buf b = { 0 };

	buf_addf(&b, "%s, %s, from %s", results_text(in, "version"),
	         results_text(in, "path"), results_text(in, "from"));
	line(to, "Python", buf_str(&b));
	buf_clear(&b);
	if (*results_text(runner, "version")) {
		buf_addf(&b, "%s, %s", results_text(runner, "version"),
		         results_text(runner, "directory"));
		line(to, results_text(runner, "name"), buf_str(&b));
	}
	print_plugins(to, runner);
	cJSON_ArrayForEach(c, member(o, "commands")) {
		buf_clear(&b);
		buf_adds(&b, "cd ");
		path_shell(&b, str_of(results_text(c, "directory")));
		buf_addf(&b, " && %s", results_text(c, "command"));
		line(to, "asked", buf_str(&b));
	}
	buf_release(&b);
}

/* What the runner said, from the text's end. */
static void
print_said(FILE *to, const char *said)
{
	enum { LINES = 20 };
	const char *p = said + strlen(said);

	for (int n = 0; p > said; p--)
		if (p[-1] == '\n' && ++n == LINES)
			break;
	while (*p) {
		size_t n = strcspn(p, "\n");

		fprintf(to, "    %.*s\n", (int)n, p);
		p += n + (p[n] == '\n');
	}
}

static void
print_counts(FILE *to, const cJSON *o)
{
	const char *name = results_text(member(o, "runner"), "name");
	int by_file = cJSON_GetArraySize(member(o, "by_file"));
	int elsewhere = number(o, "files_of_other_packages");
	struct buf b = { 0 };

	buf_addf(&b, "%d by %s", number(o, "runner_tests"), name);
	buf_addf(&b, by_file ? ", %d by tgraph of which is known"
	                     : ", %d by tgraph", number(o, "tgraph_tests"));
	buf_addf(&b, ", in %d file%s of both", number(o, "files"),
	         plural(number(o, "files")));
	line(to, "tests", buf_str(&b));
	buf_clear(&b);
	buf_addf(&b, "%d file%s by the ids of the tests",
	         number(o, "files_by_id"), plural(number(o, "files_by_id")));
	if (by_file)
		buf_addf(&b, ", %d by name", by_file);
	line(to, "compared", buf_str(&b));
	if (elsewhere)
		fprintf(to, "  %d file%s of other packages %s run as these "
		        "have it\n", elsewhere, plural(elsewhere),
		        elsewhere == 1 ? "is" : "are");
	buf_release(&b);
}

/* Tests that one of the two has alone. */
static void
print_only(FILE *to, const cJSON *list, const char *who)
{
	const cJSON *o;

	if (cJSON_GetArraySize(list))
		fprintf(to, "  only %s:\n", who);
	cJSON_ArrayForEach(o, list) {
		const char *id = results_text(o, "id");
		const char *why = results_text(o, "why");

		fprintf(to, "    %s%s%s", results_text(o, "file"),
		        *id ? "::" : "", id);
		if (*why)
			fprintf(to, " (%s)", why);
		else if (!*id)
			fprintf(to, " (%d test%s)", number(o, "tests"),
			        plural(number(o, "tests")));
		fputc('\n', to);
	}
}

static bool
is_first(const cJSON *list, const cJSON *of)
{
	const cJSON *o;

	cJSON_ArrayForEach(o, list)
		if (strcmp(results_text(o, "why"), results_text(of, "why")) == 0)
			return o == of;
	return false;
}

/* Files with a reason each, which is told once. */
static void
say_reasons(FILE *to, const cJSON *list, const char *title)
{
	const cJSON *first, *o;

	if (cJSON_GetArraySize(list))
		fprintf(to, "  %s:\n", title);
	cJSON_ArrayForEach(first, list) {
		int n = 0;

		if (!is_first(list, first))
			continue;
		fprintf(to, "    %s\n", results_text(first, "why"));
		cJSON_ArrayForEach(o, list)
			if (strcmp(results_text(o, "why"),
			           results_text(first, "why")) == 0 &&
			    n++ < SHOWN)
				fprintf(to, "      %s\n",
				        results_text(o, "file"));
		if (n > SHOWN)
			fprintf(to, "      and %d more\n", n - SHOWN);
	}
}

static void
print_package(FILE *to, const cJSON *o)
{
	const char *name = results_text(member(o, "runner"), "name");

	fprintf(to, "%s (%s), Python %s\n", results_text(o, "package"),
	        results_text(o, "directory"), results_text(o, "python"));
	if (*results_text(o, "skipped")) {
		fprintf(to, "  not tested: %s\n", results_text(o, "skipped"));
		return;
	}
	print_runner(to, o);
	if (!cJSON_IsTrue(member(o, "asked"))) {
		fprintf(to, "  %s could not be asked:\n", name);
		print_said(to, results_text(o, "said"));
		return;
	}
	print_counts(to, o);
	print_only(to, member(o, "only_runner"), name);
	print_only(to, member(o, "only_tgraph"), "tgraph");
	say_reasons(to, member(o, "left_out"), "left out on purpose");
	say_reasons(to, member(o, "by_file"), "compared by name only");
}

/* "PATH" or "PATH: TROUBLE". */
static void
print_path(FILE *to, const char *title, const cJSON *o, const char *name)
{
	const char *trouble = results_text(o, "trouble");
	const char *path = results_text(o, name);
	struct buf b = { 0 };

	buf_adds(&b, path);
	if (*trouble)
		buf_addf(&b, "%s%s", b.n ? ": " : "", trouble);
	line(to, title, b.n ? buf_str(&b) : STR("none"));
	buf_release(&b);
}

static void
print_ways(FILE *to, const cJSON *list)
{
	const cJSON *o;

	cJSON_ArrayForEach(o, list) {
		const char *why = results_text(o, "why");

		fprintf(to, "  %-12s %d file%s by %s%s%s\n",
		        o->prev && o->prev->next ? "" : "last runs",
		        number(o, "files"), plural(number(o, "files")),
		        results_text(o, "way"), *why ? ", because of " : "",
		        why);
	}
}

static void
print_around(FILE *to, const cJSON *top)
{
	const cJSON *cache = member(top, "cache");
	const cJSON *observation = member(top, "observation");
	struct buf b = { 0 };

	fprintf(to, "tgraph %s, %s\n", results_text(top, "tgraph"),
	        results_text(member(top, "place"), "root"));
	print_path(to, "state", member(top, "place"), "state");
	if (!cJSON_IsTrue(member(cache, "used")) &&
	    *results_text(cache, "trouble"))
		buf_addf(&b, "not used: %s", results_text(cache, "trouble"));
	else
		buf_adds(&b, results_text(cache, "directory"));
	line(to, "cache", b.n ? buf_str(&b) : STR("none"));
	line(to, "observed by", *results_text(observation, "library")
	     ? str_of(results_text(observation, "library"))
	     : STR("nothing: there is no library for it here"));
	print_ways(to, member(top, "ways"));
	say_reasons(to, member(observation, "unseen"),
		    "not all was seen of the last runs of");
	buf_release(&b);
}

static int
count_rows(const cJSON *top, const char *what)
{
	const cJSON *o;
	int n = 0;

	cJSON_ArrayForEach(o, member(top, "packages"))
		n += cJSON_GetArraySize(member(o, what));
	return n;
}

static void
print_end(FILE *to, const cJSON *top)
{
	int ours = count_rows(top, "only_tgraph");
	int theirs = count_rows(top, "only_runner");
	int names = count_rows(top, "by_file");

	if (!member(top, "equal"))
		fputs("not known: a runner could not be asked\n", to);
	else if (theirs || ours)
		fprintf(to, "different: %d only by the runner, %d only by "
		        "tgraph\n", theirs, ours);
	else if (names)
		fprintf(to, "the same test files; of %d only the name was "
		        "compared\n", names);
	else
		fputs("the same tests\n", to);
}

void
print_findings(const struct doctor *d, const cJSON *top)
{
	const cJSON *o;
	FILE *to = d->env->out;

	cJSON_ArrayForEach(o, member(top, "packages")) {
		print_package(to, o);
		fputc('\n', to);
	}
	print_around(to, top);
	fputc('\n', to);
	print_end(to, top);
}

void
print_json(const struct doctor *d, const cJSON *top)
{
	char *text = cJSON_Print(top);

	fprintf(d->env->out, "%s\n", text);
	cJSON_free(text);
}
