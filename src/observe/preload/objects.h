/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_OBSERVE_PRELOAD_OBJECTS_H
#define TG_OBSERVE_PRELOAD_OBJECTS_H

#include <stdbool.h>

/* What is loaded into this process, and the functions behind our own. */

/* Lists what is loaded. Once, before all others. */
void objects_init(void);
/* The path of this library as it was loaded. */
const char *objects_self(void);
/* Was the program made by Go, which doesn't call libc? */
bool objects_are_go(void);
/* Notes the files of all that is loaded now. */
void objects_note(void);

/* The function of this name in what was loaded after this library, its default
 * version, which is kept in *slot; NULL: there is none. Takes no lock. */
void *objects_find(void **slot, const char *name);

#endif
