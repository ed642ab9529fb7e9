/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_OBSERVE_PRELOAD_OBJECTS_H
#define TG_OBSERVE_PRELOAD_OBJECTS_H

#include <stdbool.h>

/* What is loaded into this process, listed when it is first asked for, and the
 * functions behind our own. */

/* The path of this library as it was loaded. */
const char *objects_self(void);
/* Was the program made by Go, which doesn't call libc? */
bool objects_are_go(void);
/* Is a library among them that reads by io_uring? */
bool objects_use_uring(void);
/* Calls fn with the names of all that is loaded now. */
void objects_each(void (*fn)(const char *name));

/* The function of this name in what was loaded after this library, its default
 * version, which is kept in *slot; NULL: there is none. Takes no lock. */
void *objects_find(void **slot, const char *name);

#endif
