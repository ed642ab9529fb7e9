/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TEXT_GLOB_H
#define TG_TEXT_GLOB_H

#include <stdbool.h>

#include "util/str.h"

/* Python's fnmatch.fnmatchcase: '*' and '?' match slashes too, [seq], [!seq];
 * no escapes. Linear in practice: one level of backtracking. */
bool glob_fnmatch(struct str pattern, struct str text);
/* pytest's fnmatch_ex of a path: a pattern without '/' is matched with the
 * last component; with one, with the whole path (a relative pattern: with
 * the end of an absolute path). */
bool glob_fnmatch_path(struct str pattern, struct str path);
/* Path globs (uv's and cargo's workspaces, [tool.tgraph] lists, gitignore's
 * own rules): '*' and '?' do not match '/', "**" as a whole component
 * matches any number of components, [seq] [!seq] [^seq], backslash escapes. */
bool glob_path(struct str pattern, struct str path);
/* Has text any of * ? [ ? */
bool glob_is(struct str text);

#endif
