/* SPDX-License-Identifier: Apache-2.0 */
#include "session/hints.h"

#include <string.h>

#include "util/mem.h"

static const struct {
	const char *theirs, *ours;
} options[] = {
	{ "-e", "--python X.Y" },
	{ "-q", "--quiet" },
	{ "--collect-only", "-t tests" },
	{ "--co", "-t tests" },
	{ "--dry-run", "-n" },
	{ "--force", "--rerun" },
	{ "--jobs", "-j N" },
	{ "--junit-xml", "--junit FILE" },
	{ "--junitxml", "--junit FILE" },
	{ "--keep-going", "-k 0" },
	{ "--list", "-t targets" },
	{ "--numprocesses", "-j N" },
	{ "-n", "-j N" },
	{ "--parallel", "-j N" },
	{ "--skip-missing-interpreters", "nothing: it is the default" },
	{ "--workers", "-j N" },
};

static bool
same_option(const char *word, const char *name)
{
	size_t n = strlen(name);

	return strncmp(word, name, n) == 0 &&
	       (word[n] == '\0' || (n > 2 && word[n] == '='));
}

static const char *
nearest(const char *word, const struct option *known)
{
	char name[32];
	const char *words[64];
	unsigned n = 0;
	size_t len = strcspn(word, "=");

	if (len >= sizeof(name) || len < 5)
		return NULL;
	memcpy(name, word, len);
	name[len] = '\0';
	for (; known->name && n < countof(words); known++)
		words[n++] = known->name;
	return str_nearest(name + 2, words, n);
}

bool
hint_known(const char *word, struct buf *out)
{
	for (size_t i = 0; i < countof(options); i++) {
		if (!same_option(word, options[i].theirs))
			continue;
		buf_addf(out, "did you mean %s?", options[i].ours);
		return true;
	}
	return false;
}

/* Is it an option that pytest takes from behind "--"? */
static bool
is_pytest(const struct pytest_options *theirs, const char *word)
{
	struct str name = { word, strcspn(word, "=") };
	const struct pytest_option *o = pytest_options_get(theirs, name);

	return o && (o->use == USE_DECIDES || o->use == USE_SHOWS);
}

void
hint_option(const char *word, int c, const struct option *known,
	const struct pytest_options *theirs, struct buf *out)
{
	char letter[3] = { '-', (char)c, '\0' };
	const char *near;

	if (c)
		word = letter;
	if (hint_known(word, out))
		return;
	near = c || strncmp(word, "--", 2) != 0 ? NULL : nearest(word, known);
	if (is_pytest(theirs, word))
		buf_addf(out, "pytest's options follow --: tgraph -- %s",
		         word);
	else if (near)
		buf_addf(out, "did you mean --%s?", near);
	else
		buf_adds(out, "see tgraph --help");
}

int
hint_target(struct str word, bool (*is_tool)(const char *name),
	struct buf *out)
{
	char name[32];

	if (word.n >= sizeof(name))
		return 0;
	memcpy(name, word.p, word.n);
	name[word.n] = '\0';
	if (strcmp(name, "help") == 0) {
		buf_adds(out, "did you mean 'tgraph --help'?");
		return 1;
	}
	if (!is_tool || !is_tool(name))
		return 0;
	buf_addf(out, "did you mean 'tgraph -t %s'?", name);
	return 1;
}
