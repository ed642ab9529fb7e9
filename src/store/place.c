/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "store/entry.h"
#include "store/internal.h"
#include "util/arena.h"
#include "util/mem.h"

/* What a step leaves that names the directory it ran in is of use there alone:
 * the directory is then among what it has observed. */

static const char NAME[] = "place:";

/* Does a text of any format have the path as it is? */
static bool
is_plain(const char *path)
{
	for (const char *p = path; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("/._-+@=,:~% ", *p))
			return false;
	return path[0] == '/' && path[1];
}

static bool
holds(const struct store *st, const char *p, size_t n)
{
	return n && memmem(p, n, st->place, strlen(st->place));
}

/* 1 yes, 0 no, -1 it cannot be read. */
static int
output_holds(const struct store *st, const struct output *o)
{
	struct file_map map = { 0 };
	char *path;
	int r;

	if (o->flags & OUTPUT_INLINE)
		return holds(st, o->bytes, o->size);
	path = xmemdup0(o->path.p, o->path.n);
	r = file_map(path, &map, NULL);
	if (r == 1)
		r = holds(st, map.p, map.n);
	file_unmap(&map);
	free(path);
	return r;
}

static bool
is_held(const struct store *st, const struct variant *v)
{
	if (!is_plain(st->place) || holds(st, v->text.p, v->text.n))
		return true;
	for (uint32_t i = 0; i < v->nouts; i++)
		if (output_holds(st, &v->outs[i]) != 0)
			return true;
	return false;
}

void
place_note(const struct store *st, struct variant *v, struct arena *a)
{
	struct observed *obs;

	if (!is_held(st, v))
		return;
	obs = arena_calloc(a, (v->nobs + 1) * sizeof(*obs));
	if (v->nobs)
		memcpy(obs, v->obs, v->nobs * sizeof(*obs));
	obs[v->nobs++] = (struct observed){
		str_of(NAME), digest_of(st->place, strlen(st->place)),
	};
	v->obs = obs;
}

bool
place_fits(const struct store *st, struct variant *v)
{
	struct digest here = digest_of(st->place, strlen(st->place));

	if (!v->nobs || !str_is(v->obs[v->nobs - 1].path, NAME))
		return true;
	return digest_eq(&v->obs[--v->nobs].digest, &here);
}
