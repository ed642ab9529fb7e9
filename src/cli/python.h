/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CLI_PYTHON_H
#define TG_CLI_PYTHON_H

#include <stdio.h>

#include "cli/session.h"
#include "report/report.h"
#include "util/err.h"

/* What has to be told of a Python repository beside its results. */

/* Tells warnings, blocked packages and skipped interpreters, once each.
 * Returns the exit code they ask for: 0, EXIT_USAGE for blocked packages,
 * EXIT_ENV for missing interpreters under --require-all-pythons. */
int python_troubles(struct session *s, struct report *r);
/* Nothing to run: why, as an error. -1; 0 if there are tests. */
int python_no_tests(const struct session *s, struct err *err);
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
