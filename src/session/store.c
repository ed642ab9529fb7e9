/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>

#include "session/ours.h"
#include "session/session.h"
#include "store/local/local.h"

/* One that nobody asked for is an extra: without it, the steps run. */
static void
do_without(struct session *s, struct err *err)
{
	struct buf text = { 0 };

	buf_addf(&text, "%s; it is not used (--cache names another, "
	         "--no-cache wants none)", err->msg);
	if (s->warn)
		s->warn(s->ctx, buf_str(&text));
	buf_release(&text);
	err_release(err);
}

static int
open_store(struct session *s, const char *dir, bool unasked, bool dry,
	struct err *err)
{
	const struct options *o = s->o;
	bool read_only = o->cache_read_only || dry;

	if (unasked && s->python && local_own_dir(dir, read_only, err) < 0)
		return -1;
	return local_open(&s->store, dir, o->cache_size, read_only, err);
}

int
session_store(struct session *s, struct err *err)
{
	const struct options *o = s->o;
	const char *named = s->cache.n ? s->cache.p : o->cache.n ? ""
	                               : getenv("TGRAPH_CACHE");
	bool dry = !o->tool && (o->dry_run || o->last);
	struct buf dir = { 0 };
	int r = 1;

	if (o->no_cache || (named && !*named))
		return 0;
	if (named)
		buf_adds(&dir, named);
	else if (s->python)
		r = local_default_dir(&dir);
	else
		buf_addf(&dir, "%s/cache", STATE_DIR);
	/* what a dry run would be the first to make is empty */
	if (r == 1 && dry && access(dir.p, F_OK) < 0)
		r = 0;
	if (r == 1)
		r = open_store(s, dir.p, !named, dry, err);
	if (r < 0 && !named && !o->tool) {
		do_without(s, err);
		r = 0;
	}
	if (s->store && s->python && !o->tool && !dry)
		r = ours_add(s, dir.p, OURS_CACHE, err);
	buf_release(&dir);
	return r < 0 ? err_default(err, EXIT_ENV) : 0;
}
