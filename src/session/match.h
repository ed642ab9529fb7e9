/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SESSION_MATCH_H
#define TG_SESSION_MATCH_H

#include "front/front.h"
#include "util/err.h"

/* --match is Python's: what it means is decided where it is used, in
 * src/pytgraph. */

/* Asks every interpreter that runs tests, all at once, whether it can use the
 * regular expression that match is (a glob always can be). f: after
 * front_load; pytgraph: the directory of the Python side. -1: one cannot, in
 * its own words, with code EXIT_USAGE. One that does not answer is left to the
 * tests' run. */
int match_check(const struct front *f, const char *pytgraph, const char *match,
	struct err *err);

#endif
