/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_UTIL_PATH_H
#define TG_UTIL_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"
#include "util/str.h"

/* Folds a path in place by its text alone, as ninja does: drops "." and empty
 * components, folds "x/..", keeps leading "../", never leaves "/", drops a
 * trailing slash; "a/.." becomes "."; an empty path stays empty. Symlinks are
 * not looked at. Returns the new length; p[length] is set to NUL if the path
 * became shorter. No limit on the number of components. */
size_t path_fold(char *p, size_t n);

/* dir/name, folded; name alone if it is absolute or dir is "" or ".". */
void path_join(struct buf *out, struct str dir, struct str name);
/* Everything before the last slash; "" if there is none, "/" for "/x". */
struct str path_dir(struct str path);
/* Everything after the last slash. */
struct str path_base(struct str path);
/* Is path dir itself or below it? Both folded; dir "" or "." holds every
 * relative path that does not start with "..". */
bool path_below(struct str path, struct str dir);
/* Compares bytewise, with '/' before every other byte: so what lies below a
 * directory follows it at once. */
int path_order(struct str a, struct str b);
/* path as seen from dir; both absolute and folded. */
void path_relative(struct buf *out, struct str dir, struct str path);
/* Shell word: as it is if it holds only [A-Za-z0-9_+./-], else in single
 * quotes with ' written as '\''. So has ninja it: the commands of steps hold
 * such words. */
void path_shell(struct buf *out, struct str word);
/* The same for who reads and pastes it: a colon, of which ids of tests have
 * two, needs no quotes. */
void path_pasted(struct buf *out, struct str word);

#endif
