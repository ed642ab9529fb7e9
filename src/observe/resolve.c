/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/internal.h"
#include "util/mem.h"
#include "util/path.h"

/* Links are followed as they lie when the step has ended; a step that turns one
 * to elsewhere has written it. */

enum { LINKS = 40 };

static struct str real_dir(struct reading *r, struct str dir, int depth);

/* What a path is that ends in name, of a directory without links. */
static struct str
real_name(struct reading *r, struct str dir, struct str name, bool follow,
	int depth)
{
	struct buf p = { 0 }, to = { 0 };
	struct str path, target;
	char link[PATH_MAX];
	ssize_t n;

	buf_addstr(&p, dir);
	if (p.n != 1)
		buf_addc(&p, '/');
	buf_addstr(&p, name);
	path = arena_dup(&r->o->arena, buf_str(&p));
	buf_release(&p);
	n = follow && depth < LINKS ? readlink(path.p, link, sizeof(link)) : -1;
	if (n <= 0)
		return path;
	observe_at(r->o, path)->what |= OBSERVED_LOOK;
	target = (struct str){ link, (size_t)n };
	if (link[0] != '/') {
		buf_addstr(&to, dir);
		buf_addc(&to, '/');
	}
	buf_addstr(&to, target);
	path = real_dir(r, arena_dup(&r->o->arena, buf_str(&to)), depth + 1);
	buf_release(&to);
	return path;
}

/* Takes the last name off a path; false: there is none ("/"). */
static bool
split_last(struct str *path, struct str *name)
{
	while (path->n > 1 && path->p[path->n - 1] == '/')
		path->n--;
	if (path->n <= 1)
		return false;
	*name = path_base(*path);
	path->n -= name->n;
	while (path->n > 1 && path->p[path->n - 1] == '/')
		path->n--;
	return true;
}

static struct str
find_dir(struct reading *r, struct str dir, int depth)
{
	struct str up = dir, name;

	if (!split_last(&up, &name))
		return STR("/");
	up = real_dir(r, up, depth);
	if (str_is(name, "."))
		return up;
	if (str_is(name, ".."))
		return path_dir(up).n ? path_dir(up) : STR("/");
	return real_name(r, up, name, true, depth);
}

/* Of a path in the arena; with a table of those that were found. */
static struct str
real_dir(struct reading *r, struct str dir, int depth)
{
	struct map_slot *slot = map_get(&r->links, dir);
	struct str found;

	if (slot)
		return r->real[slot->value];
	found = find_dir(r, dir, depth);
	r->real = vec_grow(r->real, &r->real_cap, r->nreal + 1,
	                   sizeof(*r->real));
	r->real[r->nreal] = found;
	map_put(&r->links, dir, NULL)->value = (uint32_t)r->nreal++;
	return found;
}

struct str
observe_resolve(struct reading *r, struct str cwd, struct str path, bool follow)
{
	struct str up, name;
	bool slash;

	buf_clear(&r->path);
	if (path.n == 0 || path.p[0] != '/') {
		buf_addstr(&r->path, cwd);
		buf_addc(&r->path, '/');
	}
	buf_addstr(&r->path, path);
	slash = path.n && path.p[path.n - 1] == '/';
	up = arena_dup(&r->o->arena, buf_str(&r->path));
	if (follow || slash)
		return real_dir(r, up, 0);
	if (!split_last(&up, &name))
		return STR("/");
	if (str_is(name, ".") || str_is(name, ".."))
		return real_dir(r, arena_dup(&r->o->arena, buf_str(&r->path)),
		                0);
	return real_name(r, real_dir(r, up, 0), name, false, 0);
}

void
observe_resolve_release(struct reading *r)
{
	map_release(&r->links);
	free(r->real);
}
