/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_OBSERVE_PRELOAD_WRAP_H
#define TG_OBSERVE_PRELOAD_WRAP_H

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>

#include "observe/preload/objects.h"

/* A function that stands before libc's of the same name: WRAP(type, name,
 * (parameters)) { body }. In the body REAL(name) is the one behind it, NULL if
 * there is none. Its name in C is w_name, so that headers don't matter. */

#define WRAP(type, name, params) \
	static void *real_##name; \
	__attribute__((visibility("default"))) \
	type w_##name params __asm__(#name); \
	type w_##name params

#define REAL(name) \
	((__typeof__(w_##name) *)objects_find(&real_##name, #name))

/* The call of what may not be there, with its failure. */
#define CALL(name, failure, ...) \
	(REAL(name) ? REAL(name)(__VA_ARGS__) : (errno = ENOSYS, (failure)))

/* errno of a call that gave r. */
#define ERROR(r) ((r) < 0 ? errno : 0)

#endif
