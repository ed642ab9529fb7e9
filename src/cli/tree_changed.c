/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/tree_changed.h"

#include <fcntl.h>

#include "util/digest.h"
#include "util/file.h"
#include "util/path.h"

enum { NAMED = 3 };             /* files that are named */

/* Is the file another than the one the run was decided on? */
static bool
is_changed(const struct session *s, const struct disc_file *file)
{
	const struct state *state = &s->state;
	uint32_t node;
	struct file_sig sig;
	struct digest digest;

	if (file->flags & DISC_IGNORED)
		return false;
	if (file_sig(AT_FDCWD, file->path.p, &sig) == 1 &&
	    file_sig_eq(&sig, &file->sig))
		return false;
	node = graph_find(s->graph, file->path);
	if (node == GRAPH_NONE || !(state->node_flags[node] & NODE_KNOWN))
		return false;
	/* a step that read it may have found out, and looked again */
	if (state->node_flags[node] & NODE_EDITED)
		return true;
	return digest_file(AT_FDCWD, file->path.p, &digest, NULL, NULL) != 1 ||
	       !digest_eq(&digest, &state->digest[node]);
}

/* Names a few files, and counts the others. */
static void
name_file(struct buf *text, uint32_t *n, struct str path)
{
	if ((*n)++ < NAMED) {
		buf_adds(text, *n > 1 ? ", " : "");
		buf_addstr(text, path);
	}
}

static void
warn_files(const struct session *s, struct report *r, struct buf *text,
	uint32_t n, const char *what)
{
	if (n > NAMED)
		buf_addf(text, " and %u more", (unsigned)(n - NAMED));
	if (n) {
		buf_addf(text, ": %s%s", what, s->front.d.git ?
			" (files that git ignores count for those tests only "
			"that are seen to use them)" : "");
		report_warn(r, buf_str(text));
	}
	buf_release(text);
}

static void
check_changed(const struct session *s, struct report *r)
{
	const struct discovery *d = &s->front.d;
	struct buf text = { 0 };
	uint32_t n = 0;

	for (uint32_t i = 0; i < d->nfiles; i++)
		if (is_changed(s, &d->files[i]))
			name_file(&text, &n, d->files[i].path);
	warn_files(s, r, &text, n, "changed while the tests ran; what depends "
	           "on it runs again next time");
}

/* Is any directory no longer what it was? */
static bool
is_dir_changed(const struct discovery *d)
{
	struct file_sig sig;

	for (uint32_t i = 0; i < d->ndirs; i++) {
		const char *path = d->dirs[i].path.n ? d->dirs[i].path.p : ".";

		if (file_sig(AT_FDCWD, path, &sig) != 1 ||
		    !file_sig_eq(&sig, &d->dirs[i].sig))
			return true;
	}
	return false;
}

static bool
was_ours(const struct session *s, struct str path)
{
	for (size_t i = 0; i < s->ours.n; i++)
		if (path_below(path, s->ours.v[i]))
			return true;
	return false;
}

/* Does a step of the graph make it? */
static bool
is_made(const struct session *s, struct str path)
{
	uint32_t node = graph_find(s->graph, path);

	return node != GRAPH_NONE &&
	       s->graph->nodes.p[node].producer != GRAPH_NONE;
}

static void
check_made(const struct session *s, struct report *r)
{
	const struct discovery *d = &s->front.d;
	struct discovery now = { 0 };
	struct buf text = { 0 };
	struct err err = { 0 };
	uint32_t n = 0;

	if (!is_dir_changed(d) ||
	    discover(&now, d->root.p, STATE_DIR, 0, &err) < 0) {
		err_release(&err);
		return;
	}
	for (uint32_t i = 0; i < now.nfiles; i++) {
		const struct disc_file *file = &now.files[i];

		if (!(file->flags & DISC_IGNORED) &&
		    !discover_find(d, file->path) &&
		    !front_is_leftover(file->path) &&
		    !was_ours(s, file->path) && !is_made(s, file->path))
			name_file(&text, &n, file->path);
	}
	warn_files(s, r, &text, n, "made while the tests ran; what looks for it, "
	           "or is not seen whole, runs again next time");
	discover_release(&now);
}

void
tree_changed_warn(const struct session *s, struct report *r)
{
	check_changed(s, r);
	check_made(s, r);
}
