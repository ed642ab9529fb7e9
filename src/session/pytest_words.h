/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SESSION_PYTEST_WORDS_H
#define TG_SESSION_PYTEST_WORDS_H

#include "python/pytest/options.h"
#include "session/options.h"
#include "session/session.h"
#include "util/arena.h"
#include "util/err.h"

/* Words of the command line that are pytest's: those after "--", and options
 * before it that mean the same there as in pytest. */

/* The variable of the environment by which those that only say what is shown,
 * and when a file's run is to stop, reach pytest: they are part of no key.
 * src/pytgraph takes it away again. */
#define PYTEST_WORDS_VARIABLE "TGRAPH_PYTEST_ARGS"

/* Sorts the words after "--" (the last o->nafter of o->args): options that this
 * program has too are set, those that decide a result go to o->pytest, those
 * that only show to o->shows, and the others stay targets. What it makes is
 * released with the options. -1: a word that cannot be had; EXIT_USAGE. */
int pytest_words_sort(struct options *o, const struct pytest_options *table,
	struct err *err);

/* After session_place: sorts them where tests are run (else they are targets as
 * the others), and sets or removes PYTEST_WORDS_VARIABLE. */
int pytest_words_take(struct session *s, struct options *o, struct err *err);

#endif
