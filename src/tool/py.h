/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TOOL_PY_H
#define TG_TOOL_PY_H

#include "session/session.h"
#include "util/err.h"

/* Tools: each returns an exit code; -1: err. argv[0] is the tool's name. */

/* -t graph, -t query, -t targets, for Python repositories */
int python_graph(struct session *s, int argc, char **argv, struct err *err);
int python_query(struct session *s, int argc, char **argv, struct err *err);
int python_targets(struct session *s, int argc, char **argv, struct err *err);
/* -t matrix */
int python_matrix(struct session *s, int argc, char **argv, struct err *err);
/* -t tests: the node ids of the targets' tests, those of the last run where
 * its result is known, else what the text of the file has. */
int python_tests(struct session *s, int argc, char **argv, struct err *err);

#endif
