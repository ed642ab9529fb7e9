/* SPDX-License-Identifier: Apache-2.0 */
#include "state/asked.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/asked_find.h"
#include "state/asked_index.h"
#include "state/state.h"
#include "state/variables.h"
#include "util/os.h"

bool
asked_is(struct str name)
{
	return env_is(name) || str_starts(name, ASKED_LOOK) ||
	       str_starts(name, ASKED_FIND) ||
	       str_starts(name, ASKED_INDEX) ||
	       str_starts(name, ASKED_UNSEEN) || str_starts(name, ASKED_ALWAYS);
}

bool
asked_node(const struct graph *g, uint32_t node)
{
	return !(g->nodes.p[node].flags & GRAPH_NODE_MANIFEST) &&
	       asked_is(graph_path(g, node));
}

struct digest
asked_nothing(void)
{
	return digest_of("nothing", 7);
}

static struct digest
look_of(uint32_t mode, const char *target, size_t n)
{
	struct digester d;

	digest_begin(&d);
	digest_add_field(&d, "look", 4);
	digest_add_field(&d, &mode, sizeof(mode));
	digest_add_field(&d, target, n);
	return digest_end(&d);
}

struct digest
asked_mode(uint32_t mode)
{
	return look_of(mode, "", 0);
}

/* path is NUL-terminated, as names of nodes are. */
static void
look_digest(const char *path, struct digest *out)
{
	char target[PATH_MAX];
	struct stat st;
	ssize_t n = 0;

	if (lstat(path, &st) < 0) {
		*out = errno == ENOENT || errno == ENOTDIR ? asked_nothing()
		     : digest_of("cannot be looked up", 19);
		return;
	}
	if (!S_ISLNK(st.st_mode)) {
		*out = asked_mode(st.st_mode);
		return;
	}
	/* Its permissions mean nothing. */
	n = readlink(path, target, sizeof(target));
	*out = look_of(S_IFLNK, target, n > 0 ? (size_t)n : 0);
}

static struct digest
another_answer(void)
{
	struct { int64_t wall, now; uint64_t pid; } once = {
		os_wall(), os_now(), (uint64_t)getpid(),
	};

	return digest_of(&once, sizeof(once));
}

bool
asked_always(const struct graph *g, uint32_t step)
{
	const struct graph_step *st = &g->steps.p[step];

	for (uint32_t i = 0; i < st->nobs; i++)
		if (str_starts(graph_path(g, graph_ids(g, st->obs)[i]),
		               ASKED_ALWAYS))
			return true;
	return false;
}

bool
asked_all(const struct graph *g, uint32_t step)
{
	const struct graph_step *st = &g->steps.p[step];

	if (!(st->flags & STEP_ASSUMED) || st->nobs == 0 ||
	    !(st->flags & (STEP_TEST | STEP_OBSERVE)))
		return false;
	for (uint32_t i = 0; i < st->nobs; i++)
		if (str_starts(graph_path(g, graph_ids(g, st->obs)[i]),
		               ASKED_UNSEEN))
			return false;
	return true;
}

void
asked_digest(struct str name, struct digest *out)
{
	struct str path = asked_after(name, ASKED_LOOK);
	struct str index = asked_after(name, ASKED_INDEX);

	if (path.n)
		look_digest(path.p, out);
	else if (asked_find(name).n)
		asked_find_digest(name, out);
	else if (index.n)
		*out = asked_index_digest(index.p);
	else if (str_starts(name, ASKED_ALWAYS))
		*out = another_answer();
	else if (env_is(name))
		state_env(name, out);
	else
		*out = digest_of(name.p, name.n);
}
