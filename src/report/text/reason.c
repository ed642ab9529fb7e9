/* SPDX-License-Identifier: Apache-2.0 */
#include "report/text/reason.h"

#include <inttypes.h>
#include <string.h>

#include "state/asked.h"
#include "state/state.h"
#include "util/mem.h"
#include "util/path.h"

/* A search for modules. */
static void
add_find(struct str name, struct buf *out)
{
	struct str path = asked_find(name), dir = path_dir(path);

	if (!dir.n)
		dir = STR(".");
	if (str_is(path_base(path), "*"))
		buf_adds(out, "what is installed in ");
	else if (memchr(path.p, ',', path.n))
		buf_adds(out, "what Python finds of its loaded modules in ");
	else
		buf_adds(out, "what Python finds as ");
	buf_addstr(out, memchr(path.p, ',', path.n) ||
	                str_is(path_base(path), "*") ? dir : path);
}

void
reason_name(const struct graph *g, uint32_t node, struct buf *out)
{
	struct str path = graph_path(g, node), of = graph_kind_of(g, node);

	switch (graph_kind(g, node)) {
	case KIND_GROUP:
		buf_addstr(out, of);
		break;
	case KIND_DATA:
		buf_adds(out, "data files of ");
		buf_addstr(out, str_is(of, ".") ? STR("the root") : of);
		break;
	case KIND_ALL:
		buf_adds(out, "every Python file");
		break;
	case KIND_ENV:
		buf_addf(out, "the environment (%.*s)", (int)of.n, of.p);
		break;
	default:
		if (asked_after(path, "env:").n) {
			buf_adds(out, "the variable ");
			path = asked_after(path, "env:");
		} else if (asked_after(path, ASKED_LOOK).n) {
			path = asked_after(path, ASKED_LOOK);
		} else if (asked_find(path).n) {
			add_find(path, out);
			break;
		} else if (asked_after(path, ASKED_INDEX).n) {
			path = asked_after(path, ASKED_INDEX);
		} else if (asked_after(path, ASKED_ALWAYS).n) {
			path = asked_after(path, ASKED_ALWAYS);
		}
		buf_addstr(out, path);
		break;
	}
}

/* What a look-up said and says, when it was another. */
static void
add_look(const struct reason *r, struct str path, struct buf *out)
{
	struct digest nothing = asked_nothing();

	buf_addstr(out, path);
	if (digest_eq(&r->was, &nothing))
		buf_adds(out, ", which was looked for, is there now");
	else if (digest_eq(&r->is, &nothing))
		buf_adds(out, " is not there any more");
	else
		buf_adds(out, ": its type, permissions or target changed");
}

static bool
makes_node(const struct graph *g, uint32_t step, uint32_t node)
{
	const struct graph_step *st = &g->steps.p[step];

	for (uint32_t i = 0; i < st->nouts; i++)
		if (graph_ids(g, st->outs)[i] == node)
			return true;
	return false;
}

/* The outputs of a test are "it". */
static void
add_node_name(const struct graph *g, const struct reason *r, uint32_t node,
	struct buf *out)
{
	if (!(g->steps.p[r->step].flags & STEP_TEST))
		buf_addstr(out, graph_path(g, node));
	else if (makes_node(g, r->step, node))
		buf_adds(out, "it");
	else
		reason_name(g, node, out);
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
	[WHY_INPUT_FORCED] = { "", " is dirty", NULL },
	[WHY_INPUT_MISSING] = { "", " has no in-edge and is missing", NULL },
	[WHY_FILE_NEW] = { "", " is new", NULL },
	[WHY_INPUTS_OTHER] = { "inputs of ",
		" are not those of its last result",
		"its inputs, or variables or the umask that count for it, are "
		"not those of its last result" },
	[WHY_OUTPUT_MISSING] = { "output ", " doesn't exist",
		"its result is missing" },
	[WHY_OUTPUT_CHANGED] = { "output ", " is not as it was left",
		"its result was changed" },
	[WHY_NO_RESULT] = { "command line not found in log for ", "",
		"it has no result yet" },
	[WHY_RERUN] = { "", " is to be run again", NULL },
	[WHY_ALWAYS] = { "", " is always run (tg_always)",
		"it is always run (cache = false)" },
	[WHY_COMMAND] = { "command line changed for ", "",
		"the way it is run changed" },
	[WHY_COMPANY] = { "", " ran in a process with others",
		"it ran in a process with others" },
	[WHY_PARTS] = { "", " ran in several processes",
		"its tests ran in several processes" },
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
	       graph_kind(g, r->node) != KIND_NONE &&
	       graph_kind(g, r->node) != KIND_ENV;
}

static void
add_sentence(const struct graph *g, const struct reason *r, struct buf *out)
{
	if (partly_made(g, r)) {
		reason_name(g, r->node, out);
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
		add_node_name(g, r, r->node, out);
	buf_adds(out, sentences[r->why].after);
}

static void
add_changed(const struct graph *g, const struct reason *r, struct buf *out)
{
	struct str path = graph_path(g, r->node);
	struct str look = asked_after(path, ASKED_LOOK);

	if (look.n) {
		add_look(r, look, out);
		return;
	}
	if (asked_find(path).n) {
		add_find(path, out);
		buf_adds(out, " is another now");
		return;
	}
	if (asked_after(path, ASKED_ALWAYS).n) {
		buf_addf(out, "it is always run (%s)",
			asked_after(path, ASKED_ALWAYS).p);
		return;
	}
	buf_adds(out, "content of ");
	add_node_name(g, r, r->node, out);
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
	add_node_name(g, r, r->node, out);
	buf_adds(out, " older than most recent input ");
	add_node_name(g, r, r->other, out);
	buf_addf(out, " (%lld vs %lld)", (long long)r->node_ns,
		(long long)r->other_ns);
}

/* The depfile may be no node. */
static void
add_missing_depfile(const struct graph *g, const struct reason *r,
	struct buf *out)
{
	buf_adds(out, "depfile '");
	graph_binding(g, r->step, SYM_DEPFILE, GRAPH_RAW, out, NULL);
	buf_adds(out, "' is missing");
}

const char *
reason_word(enum reason_why why)
{
	static const char *const words[] = {
		[WHY_INPUT_RUNS] = "input-runs",
		[WHY_INPUT_FORCED] = "input-forced",
		[WHY_INPUT_MISSING] = "input-missing",
		[WHY_INPUT_CHANGED] = "input-changed",
		[WHY_FILE_NEW] = "file-new",
		[WHY_FILES_MORE] = "files-more",
		[WHY_FILE_GONE] = "file-gone",
		[WHY_INPUTS_OTHER] = "inputs-other",
		[WHY_OUTPUT_MISSING] = "output-missing",
		[WHY_OUTPUT_CHANGED] = "output-changed",
		[WHY_OUTPUT_OLDER] = "output-older",
		[WHY_DEPFILE_MISSING] = "depfile-missing",
		[WHY_NO_RESULT] = "no-result",
		[WHY_BAD_RESULT] = "bad-result",
		[WHY_RERUN] = "rerun", [WHY_ALWAYS] = "always",
		[WHY_COMMAND] = "command", [WHY_COMPANY] = "company",
		[WHY_PARTS] = "parts",
		[WHY_CHANGED_MEANWHILE] = "changed-meanwhile",
		[WHY_DYNDEP_READ] = "dyndep-read",
		[WHY_UNSEEN] = "unseen",
		[WHY_ADOPTED] = "adopted",
	};

	return why < countof(words) && words[why] ? words[why] : "other";
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
		add_missing_depfile(g, r, out);
		break;
	case WHY_BAD_RESULT:
		add_node_name(g, r, r->node, out);
		buf_addf(out, " %s last time", bad_word(r->count));
		break;
	case WHY_FILES_MORE:
		buf_addf(out, "and %" PRIu32 " more files behind its inputs "
			"changed", r->count);
		break;
	case WHY_FILE_GONE:
		buf_adds(out, "a file was removed or is used no more: ");
		reason_name(g, r->node, out);
		break;
	case WHY_UNSEEN:
		buf_adds(out, "not all is known of what ");
		buf_addstr(out, graph_path(g, graph_step_out(g, r->step)));
		buf_adds(out, " is made from: ");
		buf_addstr(out, asked_after(graph_path(g, r->node),
			ASKED_UNSEEN));
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
