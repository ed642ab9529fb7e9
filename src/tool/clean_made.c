/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "tool/clean.h"
#include "util/path.h"

/* What is of a Python repository's tests, and no file that a step says it
 * makes: whole directories. */

static void
remove_tree(struct cleaner *c, const char *path)
{
	const struct options *o = c->env->s->o;
	struct err err = { 0 };
	struct stat st;

	if (lstat(path, &st) < 0)
		return;
	if (!o->dry_run && dir_remove(path, &err) < 0) {
		tool_error(c->env, "%s", err.msg);
		err_release(&err);
		c->status = 1;
		return;
	}
	c->files++;
	if (o->verbose || o->dry_run)
		fprintf(c->env->out, "Remove %s\n", path);
}

void
cleaner_environments(struct cleaner *c)
{
	DIR *dir = opendir(STATE_DIR "/" FRONT_MADE_DIR);
	struct buf path = { 0 }, stamp = { 0 };
	struct dirent *de;

	while (dir && (de = readdir(dir)) != NULL) {
		struct stat st;

		buf_clear(&path);
		buf_clear(&stamp);
		buf_addf(&path, STATE_DIR "/" FRONT_MADE_DIR "/%s", de->d_name);
		if (de->d_name[0] == '.' || lstat(path.p, &st) < 0 ||
		    !S_ISDIR(st.st_mode))
			continue;
		/* what is half gone has none */
		buf_addf(&stamp, "%s/" FRONT_MADE_STAMP, path.p);
		if (!c->env->s->o->dry_run)
			remove(stamp.p);
		remove_tree(c, path.p);
	}
	if (dir)
		closedir(dir);
	buf_release(&path);
	buf_release(&stamp);
}
