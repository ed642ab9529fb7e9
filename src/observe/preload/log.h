/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_OBSERVE_PRELOAD_LOG_H
#define TG_OBSERVE_PRELOAD_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "observe/format.h"

/* Appending to the log. All of it may be called from signal handlers, from
 * several threads, from children of fork and of vfork; it takes no lock and no
 * memory, keeps no descriptor open and leaves errno alone. */

/* What is known of this process; zero before log_init. */
struct log_self {
	struct observe_header *header;
	uint32_t start, cwd;    /* of its records */
	bool serves;            /* it has said OBSERVE_SAY_FORK or _LOG */
	const char *variable;   /* OBSERVE_LOG_VAR=... */
	const char *library;    /* path of this library */
};

extern struct log_self log_self;

/* Is there a log to write to? Finds it by the environment, the first time. */
bool log_on(void);
/* Where the next record goes. */
uint64_t log_tail(void);
/* Appends a record: n bytes of text, and a NUL. start and head are filled in
 * here. Where it is, so that its error can be told later; NULL: it is lost, and
 * the log says so. */
struct observe_record *log_add(const struct observe_record *r,
	const char *text, size_t n);
/* The number that start and cwd have for a record just added. */
uint32_t log_number(const struct observe_record *r);
void log_lose(uint32_t why);
/* Reads the working directory anew: it may have changed. Does nothing in a
 * child of vfork, whose memory is its parent's. */
void log_chdir(void);
/* Does what OBSERVE_SAY_* say; false: it is none of them, or cannot be done. */
bool log_say(const char *text);
/* Is this a child of vfork, or a process that is about to be told apart? */
bool log_borrowed(void);

#endif
