/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "tool/env/env.h"
#include "util/path.h"

static void
on_opening_warn(void *ctx, struct str text)
{
	const struct session *s = ctx;

	fprintf(stderr, "%s: warning: %.*s\n", s->o->prog, (int)text.n,
	        text.p);
}

static int
open_graph(struct session *s, bool write, struct err *err)
{
	if (session_open(s, write ? STATE_WRITE : STATE_READ, err) == 0)
		return 0;
	if (!write || s->state_open)
		return -1;
	/* held by another: the tool does without */
	err_release(err);
	return session_open(s, STATE_READ, err);
}

int
tool_open(struct session *s, unsigned needs, struct err *err)
{
	bool write = (needs & TOOL_WRITE) == TOOL_WRITE;

	s->warn = on_opening_warn;
	s->ctx = s;
	if (needs & TOOL_GRAPH && open_graph(s, write, err) < 0)
		return -1;
	if ((needs & TOOL_STATE) == TOOL_STATE && (!write || s->may_write) &&
	    session_adopt(s, err) < 0)
		return -1;
	if ((needs & TOOL_FRONT) == TOOL_FRONT && !s->front_loaded &&
	    session_reload(s, err) < 0)
		return -1;
	return needs & TOOL_STORE ? session_store(s, err) : 0;
}

/* Do both name one directory? One that is not there yet has only its name;
 * "" is the working directory. */
static bool
is_same_dir(const char *a, const char *b)
{
	struct buf x = { 0 }, y = { 0 };
	struct stat sa, sb;
	bool same;

	buf_adds(&x, *a ? a : ".");
	buf_adds(&y, *b ? b : ".");
	x.n = path_fold(x.p, x.n);
	y.n = path_fold(y.p, y.n);
	same = str_eq(buf_str(&x), buf_str(&y)) ||
	       (stat(*a ? a : ".", &sa) == 0 && stat(*b ? b : ".", &sb) == 0 &&
	        sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino);
	buf_release(&x);
	buf_release(&y);
	return same;
}

/* The records of another directory were meant than the manifest's: ninja, which
 * reads no manifest for this, finds none there, and is content. 1 it is the
 * manifest's. */
static int
check_builddir(struct session *s, const char *builddir, struct err *err)
{
	struct buf theirs = { 0 }, b = { 0 };
	int r = 1;

	session_builddir(s, &theirs);
	if (!is_same_dir(builddir, theirs.n ? theirs.p : "")) {
		buf_addf(&b, "--builddir=%s: the builddir of %s is '%s', and "
		         "only what was made there is recorded", builddir,
		         s->manifest.p, theirs.n ? theirs.p : ".");
		r = 0;
		if (s->o->ninja)
			on_opening_warn(s, buf_str(&b));
		else
			r = err_code(err, EXIT_USAGE, "%s", b.p);
	}
	buf_release(&theirs);
	buf_release(&b);
	return r;
}

/* Our records lie beside the manifest, wherever its builddir is; ninja's, which
 * are taken over, in that. */
int
tool_open_records(struct session *s, const char *builddir, struct err *err)
{
	int r = 1;

	if (builddir && s->python)
		return err_code(err, EXIT_USAGE, "--builddir is for ninja "
		                "files");
	if (tool_open(s, TOOL_WRITE, err) < 0) {
		if (s->python)
			return -1;
		err_release(err);
		return 0;
	}
	if (builddir)
		r = check_builddir(s, builddir, err);
	return r > 0 ? s->may_write : r;
}
