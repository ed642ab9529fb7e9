/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
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

/* Where results are kept: 1, 0 nowhere. */
static int
store_dir(const struct session *s, bool *named, struct buf *dir)
{
	const struct options *o = s->o;
	const char *name = s->cache.n ? s->cache.p : o->cache.n ? ""
	                              : getenv("TGRAPH_CACHE");

	*named = name != NULL;
	if (o->no_cache || (name && !*name))
		return 0;
	if (!name && s->python)
		return local_default_dir(dir);
	if (name)
		buf_adds(dir, name);
	else
		buf_addf(dir, "%s/cache", STATE_DIR);
	return 1;
}

int
session_cache_dir(const struct session *s, struct buf *dir, struct err *err)
{
	bool named;
	int r = store_dir(s, &named, dir);

	if (r == 1 && !named && s->python && access(dir->p, F_OK) == 0)
		r = local_own_dir(dir->p, true, err) < 0 ? -1 : 1;
	if (r == 1 && access(dir->p, F_OK) == 0 && access(dir->p, W_OK) < 0)
		r = err_set(err, "cache %s: %s", dir->p, strerror(errno));
	return r;
}

int
session_store(struct session *s, struct err *err)
{
	const struct options *o = s->o;
	bool dry = !o->tool && (o->dry_run || o->last), named;
	struct buf dir = { 0 };
	int r = store_dir(s, &named, &dir);

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
