/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <stdlib.h>

#include "store/internal.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/os.h"

struct store *
store_new(struct store_backend *backend)
{
	struct store *st = xcalloc(1, sizeof(*st));
	struct buf place = { 0 };

	st->backend = backend;
	/* Without, it is no plain path: see place.c. */
	if (os_cwd(&place, NULL) < 0)
		buf_clear(&place);
	st->place = xstrdup(buf_str(&place).p);
	buf_release(&place);
	return st;
}

void
store_close(struct store *st)
{
	if (!st)
		return;
	st->backend->ops->free(st->backend);
	map_release(&st->names);
	free(st->programs);
	free(st->place);
	arena_release(&st->arena);
	free(st);
}

static int
cannot(struct err *err)
{
	return err_set(err, "this cache cannot be asked for that");
}

int
store_stats(struct store *st, struct store_stats *out, struct err *err)
{
	struct store_backend *b = st->backend;

	return b->ops->stats ? b->ops->stats(b, out, err) : cannot(err);
}

int
store_gc(struct store *st, uint64_t limit, uint64_t *freed, struct err *err)
{
	struct store_backend *b = st->backend;

	return b->ops->gc ? b->ops->gc(b, limit, freed, err) : cannot(err);
}

int
store_verify(struct store *st, uint64_t *checked, uint64_t *bad,
	struct err *err)
{
	struct store_backend *b = st->backend;

	return b->ops->verify ? b->ops->verify(b, checked, bad, err)
	                      : cannot(err);
}

int
store_clear(struct store *st, struct err *err)
{
	struct store_backend *b = st->backend;

	return b->ops->clear ? b->ops->clear(b, err) : cannot(err);
}
