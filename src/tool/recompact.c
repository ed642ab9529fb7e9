/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/internal.h"

static int
recompact_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	(void)env;
	(void)argc;
	(void)argv;
	(void)err;
	/* What was opened for writing is saved. If somebody else is writing,
	 * the records are folded in when that ends. */
	return EXIT_OK;
}

const struct tool tool_recompact = {
	.name = "recompact",
	.summary = "recompacts ninja-internal data structures",
	.usage = "usage: %s -t recompact\n",
	.needs = TOOL_WRITE,
	.run = recompact_run,
};
