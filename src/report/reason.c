/* SPDX-License-Identifier: Apache-2.0 */
#include "report/reason.h"

#include <string.h>

#include "util/mem.h"

/* Whole lines; a result is "it" by then. */
static const struct {
	const char *from, *to;
} sentences[] = {
	{ "output it doesn't exist", "its result is missing" },
	{ "command line not found in log for it", "it has no result yet" },
	{ "command line changed for it", "the way it is run changed" },
	{ "inputs of it changed while it ran",
	  "its inputs changed while it ran" },
	{ "inputs of it are not those of its last result",
	  "its inputs are not those of its last result" },
	{ "output it is not as it was left", "its result was changed" },
};

/* What a name of ours stands for: before and after what follows it. */
static const struct {
	const char *head, *before, *after;
} names[] = {
	{ ".tgraph/g/m/", "", "" },
	{ ".tgraph/g/data/_root", "data files of the root", "" },
	{ ".tgraph/g/data/", "data files of ", "" },
	{ ".tgraph/g/all-python", "every Python file", "" },
	{ ".tgraph/env/", "the environment (", ")" },
	{ "env:", "the variable ", "" },
};

/* The word that stands at the text's start. */
static size_t
word_length(struct str text)
{
	size_t n = 0;

	while (n < text.n && !strchr(" ,\n", text.p[n]))
		n++;
	return n;
}

static bool
is_output(const struct graph *g, const struct graph_step *st, struct str word)
{
	for (uint32_t i = 0; i < st->nouts; i++)
		if (str_eq(graph_path(g, graph_ids(g, st->outs)[i]), word))
			return true;
	return false;
}

void
reason_name(struct str path, struct buf *out)
{
	for (size_t i = 0; i < countof(names); i++) {
		if (!str_starts(path, names[i].head))
			continue;
		path.p += strlen(names[i].head);
		path.n -= strlen(names[i].head);
		if (str_ends(path, ".env") && *names[i].after)
			path.n -= 4;
		buf_adds(out, names[i].before);
		buf_addstr(out, path);
		buf_adds(out, names[i].after);
		return;
	}
	buf_addstr(out, path);
}

void
reason_text(const struct graph *g, uint32_t step, struct str line,
	struct buf *out)
{
	const struct graph_step *st = &g->steps.p[step];
	size_t from = out->n, n;

	if (!(st->flags & STEP_TEST)) {
		buf_addstr(out, line);
		return;
	}
	if (str_starts(line, ".tgraph/g/") && str_ends(line, " is dirty")) {
		line.n -= strlen(" is dirty");
		reason_name(line, out);
		buf_adds(out, ": some of it is made by a step that runs too");
		return;
	}
	while (line.n) {
		n = word_length(line);
		if (is_output(g, st, (struct str){ line.p, n }))
			buf_adds(out, "it");
		else
			reason_name((struct str){ line.p, n }, out);
		if (n < line.n)
			buf_addc(out, line.p[n++]);
		line.p += n;
		line.n -= n;
	}
	for (size_t i = 0; i < countof(sentences); i++) {
		if (strcmp(buf_str(out).p + from, sentences[i].from) != 0)
			continue;
		out->n = from;
		buf_adds(out, sentences[i].to);
	}
}
