/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_EXEC_JOBSERVER_H
#define TG_EXEC_JOBSERVER_H

#include <stdbool.h>

#include "util/buf.h"
#include "util/err.h"

/* GNU make's jobserver, both sides. Tokens are bytes in a pipe or fifo; who
 * holds one may run one more job than the one that everybody may run anyway
 * (the implicit token). Each byte taken is put back as it was. */

enum jobserver_style {
	JOBSERVER_AUTO,         /* use the one inherited, else serve a pipe */
	JOBSERVER_PIPE,         /* the same, by its name */
	JOBSERVER_FIFO,         /* the same, but serve a fifo */
	JOBSERVER_NONE,         /* use the one inherited, serve none */
	JOBSERVER_OFF,          /* neither */
};

/* Zero-initialise it. */
struct jobserver {
	bool client;            /* somebody else's: it alone is the limit */
	bool active;            /* there is one, ours or not */
	bool shared;            /* rfd blocks, and others read from it */
	int rfd, wfd;
	int keep[2];            /* steps must inherit these; -1: none */
	char *fifo;             /* path of our fifo, to be removed */
	char *makeflags;        /* MAKEFLAGS for steps; NULL: as it is */
	struct buf held;        /* tokens taken */
};

/* jobs: how many steps at once, for a server; 0 (no limit) serves nothing, and
 * 1 no token: those below have one job each. inherit: use the one that makeflags (value of MAKEFLAGS, may be
 * NULL) names, if there is one. warning: appended to if that cannot be used.
 * -1: cannot serve. */
int jobserver_open(struct jobserver *js, enum jobserver_style style, int jobs,
	bool inherit, const char *makeflags, struct buf *warning,
	struct err *err);
/* Gives all tokens back and ends. */
void jobserver_close(struct jobserver *js);

/* Does this value of MAKEFLAGS (may be NULL) name a jobserver? */
bool jobserver_named(const char *makeflags);

/* Takes a token if there is one now. */
bool jobserver_take(struct jobserver *js);
/* Gives one back. */
void jobserver_give(struct jobserver *js);

/* "auto", "pipe", "fifo", "none", "off" (NULL: auto); false: another word. */
bool jobserver_style(const char *name, enum jobserver_style *out);

#endif
