/* SPDX-License-Identifier: Apache-2.0 */
#include "python/pytest/addopts.h"

#include <string.h>
#include <unistd.h>

#include "util/mem.h"
#include "util/path.h"

/* What the word after an option is. */
enum next {
	NEXT_OTHER,             /* nothing of this option's */
	NEXT_VALUE,             /* its value */
	NEXT_UNSURE,            /* perhaps its value */
};

/* Long options without a value, and with one; of pytest 9, pytest-cov,
 * pytest-xdist. */
static const char *const alone[] = {
	"--cache-clear", "--collect-in-virtualenv", "--collect-only",
	"--continue-on-collection-errors", "--cov-append", "--cov-branch",
	"--disable-plugin-autoload", "--disable-pytest-warnings",
	"--disable-warnings", "--doctest-continue-on-failure",
	"--doctest-ignore-import-errors", "--doctest-modules", "--exitfirst",
	"--failed-first", "--ff", "--fixtures", "--fixtures-per-test",
	"--force-short-summary", "--full-trace", "--fulltrace",
	"--keep-duplicates", "--last-failed", "--lf", "--new-first", "--nf",
	"--no-cov", "--no-cov-on-fail", "--no-doctest-modules",
	"--no-fold-skipped", "--no-header", "--no-showlocals", "--no-summary",
	"--noconftest", "--pdb", "--quiet", "--runxfail", "--setup-only",
	"--setup-plan", "--setup-show", "--showlocals", "--stepwise",
	"--stepwise-reset", "--stepwise-skip", "--strict", "--strict-config",
	"--strict-markers", "--sw", "--sw-reset", "--sw-skip", "--trace",
	"--trace-config", "--verbose", "--xfail-tb",
};
static const char *const valued[] = {
	"--assert", "--basetemp", "--capture", "--code-highlight", "--color",
	"--config-file", "--confcutdir", "--cov", "--cov-config",
	"--cov-context",
	"--cov-fail-under", "--cov-precision", "--cov-report", "--debug",
	"--deselect", "--dist", "--doctest-glob", "--doctest-report",
	"--durations", "--durations-min", "--ignore", "--ignore-glob",
	"--import-mode", "--junit-prefix", "--junit-xml", "--junitprefix",
	"--junitxml", "--last-failed-no-failures", "--lfnf",
	"--log-auto-indent", "--log-cli-date-format", "--log-cli-format",
	"--log-cli-level", "--log-date-format", "--log-disable",
	"--log-file", "--log-file-date-format", "--log-file-format",
	"--log-file-level", "--log-file-mode", "--log-format", "--log-level",
	"--max-worker-restart", "--maxfail", "--maxprocesses",
	"--numprocesses", "--override-ini", "--pastebin", "--pdbcls",
	"--pythonwarnings", "--rootdir", "--show-capture", "--tb",
	"--verbosity",
};

static bool
among(const char *const *names, size_t n, struct str word)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(word, names[i]))
			return true;
	return false;
}

/* The letters of pytest's own that take a value take the rest of the word, or
 * the next one. Capital ones are plugins'. */
static enum next
after_short(struct str word)
{
	for (size_t i = 1; i < word.n; i++) {
		char c = word.p[i];

		if (strchr("kmpWocrn", c))
			return i + 1 < word.n ? NEXT_OTHER : NEXT_VALUE;
		if (!strchr("vqsxlhVfd", c))
			return NEXT_UNSURE;
	}
	return NEXT_OTHER;
}

static enum next
after(struct str word)
{
	if (!str_starts(word, "--"))
		return after_short(word);
	if (memchr(word.p, '=', word.n) ||
	    among(alone, countof(alone), word))
		return NEXT_OTHER;
	return among(valued, countof(valued), word) ? NEXT_VALUE : NEXT_UNSURE;
}

/* The path that a word names, absolute; "" if there is nothing. */
static struct str
path_of(struct arena *a, struct str word, struct str dir)
{
	const char *node = memmem(word.p, word.n, "::", 2);
	struct buf b = { 0 };
	struct str path = STR("");

	if (node)
		word.n = (size_t)(node - word.p);
	if (word.n) {
		path_join(&b, dir, word);
		b.n = path_fold(b.p, b.n);
		if (access(buf_str(&b).p, F_OK) == 0)
			path = arena_dup(a, buf_str(&b));
	}
	buf_release(&b);
	return path;
}

void
addopts_paths(struct arena *a, const struct pytest_list *args,
	struct str dir, struct pytest_list *out)
{
	enum next next = NEXT_OTHER;
	bool sure = false;

	*out = (struct pytest_list){ 0 };
	out->v = arena_alloc(a, (args->n + 1) * sizeof(*out->v));
	for (size_t i = 0; i < args->n; i++) {
		struct str word = args->v[i], path;

		if (str_is(word, "--pyargs") || str_is(word, "--")) {
			out->n = 0;
			return;
		}
		if (word.n > 1 && word.p[0] == '-') {
			next = after(word);
			continue;
		}
		if (next == NEXT_VALUE) {
			next = NEXT_OTHER;
			continue;
		}
		path = path_of(a, word, dir);
		if (path.n)
			out->v[out->n++] = path;
		sure |= path.n && next == NEXT_OTHER;
		next = NEXT_OTHER;
	}
	if (!sure)
		out->n = 0;
}
