/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>

#include "front/internal.h"
#include "util/file.h"
#include "util/path.h"

/* The files that stand for environments, and for where symlinks lead. */

bool
front_stamps_there(const struct front *f, const struct graph *g)
{
	if (f->links.n && access(f->links.p, F_OK) < 0)
		return false;
	for (uint32_t i = 0; i < g->steps.n; i++) {
		uint32_t out = graph_step_out(g, i);

		if (graph_kind(g, out) == KIND_ENV &&
		    access(graph_cpath(g, out), F_OK) < 0)
			return false;
	}
	return true;
}

/* An environment's stamp: the file that is an input of its tests. */
static void
stamp_text(const struct front *f, const struct front_env *e, struct buf *out)
{
	const struct interp *in = &f->in.v[e->interp];
	char hex[DIGEST_HEX + 1];

	digest_hex(&e->digest, hex);
	buf_addf(out, "%.*s %.*s\n%s\n", (int)in->implementation.n,
	         in->implementation.p, (int)in->version.n, in->version.p,
	         hex);
}

/* Where the interpreter lies, from the root if that is above. */
static void
place_text(const struct front *f, const struct front_env *e, struct buf *out)
{
	struct str root = str_of(f->o->root), path = f->in.v[e->interp].path;

	if (path_below(path, root))
		path_relative(out, root, path);
	else
		buf_addstr(out, path);
	buf_addc(out, '\n');
}

/* What the symlinks hold; a newline in it ends nothing, as lengths are said. */
static void
links_text(const struct front *f, struct buf *out)
{
	for (uint32_t i = 0; i < f->d.nlinks; i++) {
		const struct disc_link *l = &f->d.links[i];

		buf_addf(out, "%zu %zu ", l->path.n, l->to.n);
		buf_addstr(out, l->path);
		buf_adds(out, " -> ");
		buf_addstr(out, l->to);
		buf_addc(out, '\n');
	}
}

static int
write_stamp(struct str path, struct buf *text, struct err *err)
{
	int r = dir_make_parent(path.p, err);

	if (r == 0)
		r = file_write_if_changed(path.p, text->p, text->n, err);
	buf_clear(text);
	if (r < 0)
		err->code = EXIT_ENV;
	return r;
}

/* Several interpreters may have the same: it is the last one's. */
static bool
stamped_later(const struct front *f, size_t n)
{
	for (size_t i = n + 1; i < f->nenvs; i++)
		if (str_eq(f->envs[i].stamp, f->envs[n].stamp))
			return true;
	return false;
}

static void
pretend(struct state *s, struct str path, struct buf *text)
{
	uint32_t node = graph_find(s->g, path);
	struct file_sig sig = { .mode = S_IFREG };
	struct digest d = digest_of(text->p, text->n);

	if (node != GRAPH_NONE)
		state_set(s, node, &sig, &d);
	buf_clear(text);
}

void
front_pretend(const struct front *f, struct state *s)
{
	static const struct digest none;
	struct buf text = { 0 };

	if (!f->o->read_only)
		return;
	for (size_t i = 0; i < f->nenvs; i++) {
		stamp_text(f, &f->envs[i], &text);
		pretend(s, f->envs[i].stamp, &text);
		place_text(f, &f->envs[i], &text);
		pretend(s, f->envs[i].place, &text);
	}
	if (f->links.n) {
		links_text(f, &text);
		pretend(s, f->links, &text);
	}
	for (size_t i = 0; i < f->nmade; i++) {
		uint32_t node = graph_find(s->g, f->made[i].stamp);

		if (f->made[i].interp == SIZE_MAX && node != GRAPH_NONE)
			state_set(s, node, NULL, &none);
	}
	buf_release(&text);
}

int
front_write_stamps(const struct front *f, struct err *err)
{
	struct buf text = { 0 };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < f->nenvs; i++) {
		if (stamped_later(f, i))
			continue;
		stamp_text(f, &f->envs[i], &text);
		r = write_stamp(f->envs[i].stamp, &text, err);
		place_text(f, &f->envs[i], &text);
		if (r >= 0)
			r = write_stamp(f->envs[i].place, &text, err);
	}
	if (r >= 0 && f->links.n) {
		links_text(f, &text);
		r = write_stamp(f->links, &text, err);
	}
	buf_release(&text);
	front_remember_tools(f);
	return r < 0 ? -1 : 0;
}

int
front_links_look(const struct front *f, struct file_sig *newest)
{
	struct buf to = { 0 };
	int same = 1;

	*newest = (struct file_sig){ 0 };
	for (uint32_t i = 0; same && i < f->d.nlinks; i++) {
		const struct disc_link *l = &f->d.links[i];
		struct file_sig sig;

		same = disc_link_read(AT_FDCWD, l->path.p, &to, &sig) == 0 &&
		       str_eq(buf_str(&to), l->to);
		if (same && sig.ctime_ns > newest->ctime_ns)
			*newest = sig;
	}
	buf_release(&to);
	return same;
}
