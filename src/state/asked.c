/* SPDX-License-Identifier: Apache-2.0 */
#include "state/asked.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/state.h"
#include "state/variables.h"

bool
asked_is(struct str name)
{
	return env_is(name) || str_starts(name, ASKED_LOOK) ||
	       str_starts(name, ASKED_UNSEEN);
}

struct str
asked_after(struct str name, const char *prefix)
{
	size_t n = strlen(prefix);

	if (!str_starts(name, prefix))
		return (struct str){ 0 };
	return (struct str){ name.p + n, name.n - n };
}

struct digest
asked_nothing(void)
{
	return digest_of("nothing", 7);
}

/* path is NUL-terminated, as names of nodes are. */
static void
look_digest(const char *path, struct digest *out)
{
	char target[PATH_MAX];
	struct digester d;
	struct stat st;
	uint32_t mode;
	ssize_t n = 0;

	if (lstat(path, &st) < 0) {
		*out = errno == ENOENT || errno == ENOTDIR ? asked_nothing()
		     : digest_of("cannot be looked up", 19);
		return;
	}
	/* The permissions of a link mean nothing. */
	mode = S_ISLNK(st.st_mode) ? S_IFLNK : st.st_mode;
	if (S_ISLNK(st.st_mode))
		n = readlink(path, target, sizeof(target));
	digest_begin(&d);
	digest_add_field(&d, "look", 4);
	digest_add_field(&d, &mode, sizeof(mode));
	digest_add_field(&d, target, n > 0 ? (size_t)n : 0);
	*out = digest_end(&d);
}

void
asked_digest(struct str name, struct digest *out)
{
	struct str path = asked_after(name, ASKED_LOOK);

	if (path.n)
		look_digest(path.p, out);
	else if (env_is(name))
		state_env(name, out);
	else
		*out = digest_of(name.p, name.n);
}
