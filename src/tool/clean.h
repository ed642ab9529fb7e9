/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TOOL_CLEAN_H
#define TG_TOOL_CLEAN_H

#include "tool/internal.h"
#include "util/arena.h"
#include "util/hash.h"
#include "util/str.h"

/* Removing files as ninja's clean does: "Cleaning... 3 files." */
struct cleaner {
	const struct tool_env *env;
	struct map gone;        /* paths that were tried */
	struct arena mem;
	unsigned files;
	int status;             /* exit code */
};

void cleaner_begin(struct cleaner *c, const struct tool_env *env);
/* Removes the file (in a dry run looks if it is there), each path once. A
 * directory is removed if it is empty. */
void cleaner_remove(struct cleaner *c, struct str path);
/* Removes the environments that were made for tests, also those that nothing
 * needs any more. */
void cleaner_environments(struct cleaner *c);
/* Prints the end, releases, returns the exit code. */
int cleaner_end(struct cleaner *c);

#endif
