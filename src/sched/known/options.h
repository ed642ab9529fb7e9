/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SCHED_KNOWN_OPTIONS_H
#define TG_SCHED_KNOWN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Options of compilers and linkers that are known to write no file, and to read
 * none that is not named elsewhere. */

enum option {
	OPTION_UNKNOWN,
	OPTION_ALONE,
	OPTION_ARGUMENT,        /* the next word belongs to it */
};

/* Of a compiler that compiles; the same when it links. */
enum option option_of_compiler(const char *word);
enum option option_of_link(const char *word);
/* What a compiler hands on to the linker (-Wl,a,b). */
enum option option_of_linker(const char *word);

/* Does a program of this name (no path) write what it was told to, and is it
 * called as cc is? As ar is? As ranlib is? Prefixes that name a machine and a version at
 * the end count as well. */
bool option_is_compiler(const char *name);
bool option_is_archiver(const char *name);
bool option_is_ranlib(const char *name);
/* Does it call the compiler that follows it, and keep what it knows elsewhere?
 * (ccache) */
bool option_is_launcher(const char *name);
/* Is it a library of the system's C or C++ compiler (-lm)? */
bool option_is_system_library(const char *name);

#endif
