/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TOOL_PYTHON_PYTHON_H
#define TG_TOOL_PYTHON_PYTHON_H

#include "tool/env/env.h"

/* The tools that know Python, each in a file of its own. */
extern const struct tool tool_py_graph, tool_py_matrix, tool_py_query,
	tool_py_targets, tool_py_tests, tool_tests_for, tool_releases;

#endif
