/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_UTIL_DYNLIB_H
#define TG_UTIL_DYNLIB_H

#include <stddef.h>

#include "config.h"
#include "util/err.h"

/* Shared libraries that few runs need are loaded by those; a static program has
 * them in it. */

/* A function of the library, and where in a table its address goes. */
struct dynlib_sym {
	const char *name;
	size_t at;              /* offset of the pointer in the table */
	void (*linked)(void);   /* itself, in a static program; else NULL */
};

/* The name of a function of C, for DYNLIB_SYM, and where it goes. */
#if TG_STATIC
#define DYNLIB_SYM(name, at) { #name, at, (void (*)(void))name }
#else
#define DYNLIB_SYM(name, at) { #name, at, NULL }
#endif

/* Loads a library, if it is not, and fills in a table of n pointers. It stays
 * loaded to the end. -1: it, or a function of it, is not there; what it is needed
 * for ("git") stands in the message. */
int dynlib_load(const char *file, const char *what,
	const struct dynlib_sym *syms, size_t n, void *table, struct err *err);

#endif
