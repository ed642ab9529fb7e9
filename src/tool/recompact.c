/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/internal.h"

static int
run(struct tool_env *env, int argc, char **argv)
{
	struct err err = { 0 };

	(void)argc;
	(void)argv;
	/* Somebody else is writing: the records are folded in when that ends. */
	if (!env->state)
		return EXIT_OK;
	if (state_save(env->state, &err) != 0)
		return tool_fail(env, &err);
	return EXIT_OK;
}

const struct tool tool_recompact = {
	.name = "recompact",
	.summary = "recompacts ninja-internal data structures",
	.usage = "usage: %s -t recompact\n",
	.needs = TOOL_STATE_WRITE,
	.run = run,
};
