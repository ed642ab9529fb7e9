/* SPDX-License-Identifier: Apache-2.0 */
#include "report/reason.h"

#include <inttypes.h>
#include <string.h>

#include "state/state.h"
#include "util/mem.h"

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

/* Groups of a Python repository are called by what is in them. */
static struct str
group_name(struct str path)
{
	static const char *const heads[] = { ".tgraph/g/m/", ".tgraph/g/" };

	for (size_t i = 0; i < countof(heads); i++) {
		if (!str_starts(path, heads[i]))
			continue;
		path.p += strlen(heads[i]);
		path.n -= strlen(heads[i]);
		break;
	}
	return path;
}

static bool
is_output(const struct graph *g, uint32_t step, uint32_t node)
{
	const struct graph_step *st = &g->steps.p[step];

	for (uint32_t i = 0; i < st->nouts; i++)
		if (graph_ids(g, st->outs)[i] == node)
			return true;
	return false;
}

/* The outputs of a test are "it". */
static void
add_name(const struct graph *g, const struct reason *r, uint32_t node,
	struct buf *out)
{
	if (!(g->steps.p[r->step].flags & STEP_TEST))
		buf_addstr(out, graph_path(g, node));
	else if (is_output(g, r->step, node))
		buf_adds(out, "it");
	else
		reason_name(graph_path(g, node), out);
}

static void
add_short(const struct digest *d, struct buf *out)
{
	char hex[DIGEST_HEX + 1];

	digest_hex(d, hex);
	buf_add(out, hex, 8);
}

static const char *
bad_word(uint32_t status)
{
	return status == RESULT_TIMEOUT ? "timed out" :
	       status == RESULT_CRASHED ? "crashed" : "failed";
}

/* Sentences about a node, before and after its name; those of a test's result
 * are whole. */
static const struct {
	const char *before, *after, *of_test;
} sentences[] = {
	[WHY_INPUT_RUNS] = { "", " is dirty", NULL },
	[WHY_INPUT_MISSING] = { "", " has no in-edge and is missing", NULL },
	[WHY_FILE_NEW] = { "", " is new", NULL },
	[WHY_INPUTS_OTHER] = { "inputs of ",
		" are not those of its last result",
		"its inputs are not those of its last result" },
	[WHY_OUTPUT_MISSING] = { "output ", " doesn't exist",
		"its result is missing" },
	[WHY_OUTPUT_CHANGED] = { "output ", " is not as it was left",
		"its result was changed" },
	[WHY_NO_RESULT] = { "command line not found in log for ", "",
		"it has no result yet" },
	[WHY_RERUN] = { "", " is to be run again", NULL },
	[WHY_COMMAND] = { "command line changed for ", "",
		"the way it is run changed" },
	[WHY_CHANGED_MEANWHILE] = { "inputs of ", " changed while it ran",
		"its inputs changed while it ran" },
	[WHY_DYNDEP_READ] = { "loading dyndep file '", "'", NULL },
};

/* A phony input of which only a part is made by a step. */
static bool
partly_made(const struct graph *g, const struct reason *r)
{
	return r->why == WHY_INPUT_RUNS &&
	       g->steps.p[r->step].flags & STEP_TEST &&
	       str_starts(graph_path(g, r->node), ".tgraph/g/");
}

static void
add_sentence(const struct graph *g, const struct reason *r, struct buf *out)
{
	if (partly_made(g, r)) {
		reason_name(graph_path(g, r->node), out);
		buf_adds(out, ": some of it is made by a step that runs too");
		return;
	}
	if (r->step != GRAPH_NONE && sentences[r->why].of_test &&
	    g->steps.p[r->step].flags & STEP_TEST) {
		buf_adds(out, sentences[r->why].of_test);
		return;
	}
	buf_adds(out, sentences[r->why].before);
	if (r->step == GRAPH_NONE)
		buf_addstr(out, graph_path(g, r->node));
	else
		add_name(g, r, r->node, out);
	buf_adds(out, sentences[r->why].after);
}

static void
add_changed(const struct graph *g, const struct reason *r, struct buf *out)
{
	buf_adds(out, "content of ");
	add_name(g, r, r->node, out);
	buf_adds(out, " changed (");
	add_short(&r->was, out);
	buf_adds(out, " -> ");
	if (digest_none(&r->is))
		buf_adds(out, "missing");
	else
		add_short(&r->is, out);
	buf_addc(out, ')');
}

static void
add_older(const struct graph *g, const struct reason *r, struct buf *out)
{
	buf_adds(out, "output ");
	add_name(g, r, r->node, out);
	buf_adds(out, " older than most recent input ");
	add_name(g, r, r->other, out);
	buf_addf(out, " (%lld vs %lld)", (long long)r->node_ns,
		(long long)r->other_ns);
}

/* The depfile may be no node. */
static void
add_depfile(const struct graph *g, const struct reason *r, struct buf *out)
{
	buf_adds(out, "depfile '");
	graph_binding(g, r->step, SYM_DEPFILE, GRAPH_RAW, out, NULL);
	buf_adds(out, "' is missing");
}

void
reason_text(const struct graph *g, const struct reason *r, struct buf *out)
{
	switch (r->why) {
	case WHY_INPUT_CHANGED:
		add_changed(g, r, out);
		break;
	case WHY_OUTPUT_OLDER:
		add_older(g, r, out);
		break;
	case WHY_DEPFILE_MISSING:
		add_depfile(g, r, out);
		break;
	case WHY_BAD_RESULT:
		add_name(g, r, r->node, out);
		buf_addf(out, " %s last time", bad_word(r->count));
		break;
	case WHY_FILES_MORE:
		buf_addf(out, "and %" PRIu32 " more files behind its inputs "
			"changed", r->count);
		break;
	case WHY_FILE_GONE:
		buf_adds(out, "a file was removed or is used no more: ");
		buf_addstr(out, group_name(graph_path(g, r->node)));
		break;
	case WHY_ADOPTED:
		buf_addf(out, "%" PRIu32 " steps are up to date by "
			".ninja_log: taken over as they are", r->count);
		break;
	default:
		add_sentence(g, r, out);
		break;
	}
}
