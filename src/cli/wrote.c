/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wrote.h"

#include <fcntl.h>

#include "util/digest.h"
#include "util/file.h"

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
	return digest_file(AT_FDCWD, file->path.p, &digest, NULL, NULL) != 1 ||
	       !digest_eq(&digest, &state->digest[node]);
}

void
wrote_check(const struct session *s, struct report *r)
{
	const struct discovery *d = &s->front.d;
	struct buf text = { 0 };
	uint32_t n = 0;

	for (uint32_t i = 0; i < d->nfiles; i++) {
		if (!is_changed(s, &d->files[i]))
			continue;
		if (n++ < NAMED) {
			buf_adds(&text, n > 1 ? ", " : "");
			buf_addstr(&text, d->files[i].path);
		}
	}
	if (n > NAMED)
		buf_addf(&text, " and %u more", (unsigned)(n - NAMED));
	if (n) {
		buf_adds(&text, ": changed while the tests ran; what depends "
		         "on it runs again next time");
		report_warn(r, buf_str(&text));
	}
	buf_release(&text);
}
