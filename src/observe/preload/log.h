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

/* What is known of this process; zero before process_on. */
struct log_self {
	struct observe_header *header;
	uint32_t start, cwd;    /* of its records */
	bool serves;            /* it has said OBSERVE_SAY_FORK or _LOG */
	bool ready;             /* it has said OBSERVE_SAY_READY */
	const char *variable;   /* OBSERVE_LOG_VAR=... */
	const char *library;    /* path of this library */
};

extern struct log_self log_self;

/* What is open of it. */
struct log_file {
	char variable[4200], path[4200];
	uint64_t nonce;
	uint64_t dev, ino;
	char *segments[OBSERVE_SEGMENTS];
};

extern struct log_file log_file;

/* Opens the log that OBSERVE_LOG_VAR=PATH:NONCE of n bytes names, fewer than
 * log_file.variable has; false: it cannot be written to. */
bool log_open(const char *variable, size_t n);
void log_close(void);
/* Where the next record goes. */
uint64_t log_end(void);
/* Appends a record: n bytes of text, and a NUL. start and head are filled in
 * here. Where it is, so that its error can be told later; NULL: it is lost, and
 * the log says so. */
struct observe_record *log_add(const struct observe_record *r,
	const char *text, size_t n);
/* The number that start and cwd have for a record just added. */
uint32_t log_number(const struct observe_record *r);
void log_lose(uint32_t why);
/* Appends a record with this text, unless one like it was told before. */
void log_put(const struct observe_record *r, const char *text);

#endif
