/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TOOL_INTERNAL_H
#define TG_TOOL_INTERNAL_H

#include "tool/env/env.h"

/* The tools, each in a file of its own; tool.c has the table. */
extern const struct tool tool_affected, tool_browse, tool_cache, tool_clean,
	tool_cleandead, tool_commands, tool_compdb, tool_compdb_targets,
	tool_deps, tool_graph, tool_inputs, tool_manifest, tool_missingdeps,
	tool_multi_inputs, tool_query, tool_recompact, tool_restat, tool_rules,
	tool_targets, tool_why;

#endif
