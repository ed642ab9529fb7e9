/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_UTIL_ERR_H
#define TG_UTIL_ERR_H

#include <stdbool.h>

/* An error, filled once where it happened. Zero-initialise it ({0}); only
 * main prints it. path, line and col say where in the user's files; all may be
 * unset (NULL, 0). */
struct err {
	char *msg;      /* owned; NULL: no error */
	char *path;     /* owned */
	int line, col;  /* from 1; 0: unknown */
	int code;       /* exit code to use if not 0 (see enum tg_exit) */
	bool fatal;     /* one of those that ninja announces with "fatal" */
};

/* The program's exit codes. */
enum tg_exit {
	EXIT_OK = 0,
	EXIT_FAILED = 1,        /* a step or a test failed */
	EXIT_USAGE = 2,         /* usage or manifest error */
	EXIT_ENV = 3,           /* environment: interpreter, I/O, memory */
	EXIT_INTERRUPTED = 130,
};

/* Sets the message (printf form) and returns -1. An error already set is kept:
 * the first one is the precise one. err may be NULL. */
int err_set(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The same, with the exit code that main shall use. */
int err_code(struct err *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Sets the exit code unless one is set; returns -1. */
int err_default(struct err *err, int code);
/* Adds the place unless one is set; returns -1. line or col 0: unknown. */
int err_at(struct err *err, const char *path, int line, int col);
/* Frees and zeroes; accepts a zeroed err. */
void err_release(struct err *err);

#endif
