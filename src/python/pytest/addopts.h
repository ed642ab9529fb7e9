/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_PYTEST_ADDOPTS_H
#define TG_PYTHON_PYTEST_ADDOPTS_H

#include "python/pytest/options.h"
#include "python/pytest/pytestcfg.h"

/* What follows the path of a node id, with the colons; "" if it is none. */
struct str addopts_id(struct str word);
/* The words in addopts that name what pytest is to collect, as if they stood on
 * its command line: to out, absolute, as they stand in args, without what
 * follows "::". Only those that are there, seen from the absolute directory
 * dir. Files of which addopts names only some tests are in ids instead, with
 * what follows: no other tests of them are collected.
 *
 * o says which words are values of options. The word after another option may
 * be its value: it counts only beside one that surely is a path, so that rather
 * too much is collected than too little. With --pyargs, none count. */
void addopts_paths(struct arena *a, const struct pytest_options *o,
	const struct pytest_list *args, struct str dir,
	struct pytest_list *out, struct pytest_list *ids);

#endif
