/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_OBSERVE_FORMAT_H
#define TG_OBSERVE_FORMAT_H

#include <stdint.h>

/* The log that the processes of one step write, through a library that is
 * loaded into them (observe/preload), and that the reader (observe/read.h)
 * takes apart afterwards. A file that all of them map:
 *
 *	log    = observe_header record*
 *	record = observe_record text            each from a multiple of 8
 *
 * Space is taken by adding to tail, so records neither wait for each other nor
 * overlap; head is written first, the rest, and then head with OBSERVE_DONE. A
 * process may be killed at any instant: space that was taken and not used is
 * zero, a record without OBSERVE_DONE is passed over by its length. No record
 * crosses a multiple of OBSERVE_SEGMENT: the space at the end of a segment stays
 * zero. Only bytes below backed may be touched: above it the file has no blocks
 * and none may be left. Numbers are as the machine has them.
 *
 * Processes find it by the variable OBSERVE_LOG_VAR: the path, a colon, and the
 * nonce in 16 hexadecimal digits. */

#define OBSERVE_MAGIC "tgobs 1\n"
#define OBSERVE_LOG_VAR "TGRAPH_OBSERVE"

#define OBSERVE_FOLLOWER "tgraph-follow-"

/* A path that begins so, as nobody else writes one, and with the key, is not noted.
 * The key is made of the last OBSERVE_KEY_DIGITS hexadecimal digits of a ticket:
 * "./" for each bit that is set, the highest first, "/" for the others; so it
 * leads nowhere. The ticket comes in a variable of its own, which the first to
 * read it removes: what tests are made of does not see it. It is for the programs
 * of a test runner; nobody else can keep anything to himself. */
#define OBSERVE_QUIET "/.//././"
#define OBSERVE_TICKET_VAR "TGRAPH_TICKET"

/* What a process tells of itself, by access() of OBSERVE_QUIET, the key and one of
 * these; a log is named as in the variable. Without the library there is no such
 * file, and without the key nothing is told.
 * A process that goes on for others than the one it was forked from has a START
 * of its own, with OBSERVE_FORK: start is the number of the one before, and
 * where that is in another log its text has a third part, the nonce of that log
 * in hexadecimal, and size says up to where that log counts for it. */
#define OBSERVE_SAY_KEY  ":key:"         /* without the key: the ticket, which
                                         * this program has from now on */
#define OBSERVE_SAY_FORK ":fork"        /* it was forked to serve some files */
#define OBSERVE_SAY_LOG  ":log:"        /* it writes to this log from now on,
                                         * and what it starts */
#define OBSERVE_SAY_JOIN ":join:"       /* what this log, and all that it may
                                         * still write to its own, is for */
#define OBSERVE_SAY_LEFT ":left:"       /* what this log, and its own up to
                                         * now, is for: it goes on for others */
#define OBSERVE_SAY_PASS ":pass:"       /* what lies below this directory is
                                         * known by other means */
#define OBSERVE_SAY_ENV ":env:"         /* it has read this variable, "*": all
                                         * of them, in a copy that Python has */
#define OBSERVE_SAY_READY ":ready"      /* its test runner is loaded: what it
                                         * asks of the time zone from here on
                                         * is for what it runs */
#define OBSERVE_SAY_LOADED ":loaded"     /* it wants to note which libraries are
                                         * loaded by now */
#define OBSERVE_SAY_FIND ":find:"       /* it has looked for a module: see
                                         * OBSERVE_FIND */

enum {
	OBSERVE_SEGMENT = 1 << 20,
	OBSERVE_KEY_DIGITS = 6,
	OBSERVE_CHUNK = 1 << 17,        /* backed is a multiple of it */
	OBSERVE_SEGMENTS = 64,          /* and no log is longer */
	OBSERVE_DONE = 0x80000000,      /* in head */
	OBSERVE_UNITS = 0x0000ffff,     /* length in head, in eights of bytes */
};

/* Why something is not in the log: bits of lost. */
enum observe_lost {
	OBSERVE_LOST_FULL  = 1u << 0,   /* it has the longest that may be */
	OBSERVE_LOST_SPACE = 1u << 1,   /* the disk has no space for it */
	OBSERVE_LOST_MAP   = 1u << 2,   /* a process could not map it */
	OBSERVE_LOST_PATH  = 1u << 3,   /* a path too long, a directory
	                                 * without a name */
};

struct observe_header {
	char magic[8];
	uint32_t size;          /* of this */
	uint32_t closed;        /* nothing more is to be written */
	uint64_t tail;          /* where the next record goes */
	uint64_t backed;        /* bytes that may be touched */
	uint64_t nonce;         /* names the step that it is for */
	uint32_t lost;
	uint32_t pad;
	uint64_t ticket;        /* observe_hash of it; 0: there is none */
	uint64_t follower;      /* names who follows programs that can't write
	                         * here: the abstract socket OBSERVE_FOLLOWER
	                         * with this in 16 hexadecimal digits; 0: nobody */
};

enum observe_kind {
	OBSERVE_START = 1,      /* a program begins: pid; text: its file, its
	                         * working directory and up to some length its
	                         * words, each ended by NUL */
	OBSERVE_CWD,            /* the working directory is another: text */
	OBSERVE_EXEC,           /* a program is to be started by pid, of file
	                         * text; error if that failed */
	OBSERVE_LOOK,           /* a path was looked up */
	OBSERVE_READ,           /* a file was opened to be read */
	OBSERVE_LIST,           /* a directory was listed */
	OBSERVE_TREE,           /* a directory was walked */
	OBSERVE_GLOB,           /* text is a pattern whose matches were asked
	                         * for */
	OBSERVE_WRITE,          /* a path is what was made of it from then on:
	                         * created, truncated, renamed to, removed;
	                         * size: tail before that */
	OBSERVE_TOUCH,          /* a path was changed, or may be; size: as
	                         * above */
	OBSERVE_ENV,            /* a variable was read: text, "*": all; size:
	                         * observe_hash of its value, 0: it is not set */
	OBSERVE_LEFT,           /* a process left its group for another: pid of
	                         * that */
	OBSERVE_BLIND,          /* something was done that cannot be followed:
	                         * text says what */
	OBSERVE_PASS,           /* text: see OBSERVE_SAY_PASS; none: see
	                         * OBSERVE_SAY_READY */
	OBSERVE_FIND,           /* Python has looked in a directory for a module:
	                         * text is a path without suffix, a colon, and how
	                         * names of this interpreter's compiled modules
	                         * end, less ".so"; or there are several names,
	                         * with commas; or the name is "*", and it was for
	                         * what is installed there */
};

enum observe_flag {
	OBSERVE_NOFOLLOW = 1 << 0,      /* LOOK, TOUCH: of a link itself */
	OBSERVE_STAT     = 1 << 1,      /* LOOK: mode and size are told */
	OBSERVE_SPAWN    = 1 << 2,      /* EXEC: pid is told later; 0 till then */
	OBSERVE_FOREIGN  = 1 << 3,      /* EXEC: of another machine */
	OBSERVE_ASAN     = 1 << 4,      /* EXEC: a library that wants to be the
	                                 * first one */
	OBSERVE_MOVED    = 1 << 6,      /* WRITE: with all that is below it */
	OBSERVE_GO       = 1 << 5,      /* START: made by Go */
	OBSERVE_FOLLOWED = 1 << 3,      /* START: noted by another process, for
	                                 * one that cannot write itself */
	OBSERVE_STATIC   = 1 << 6,      /* EXEC: it can't be loaded into it, or
	                                 * that would be no use */
	OBSERVE_FORK     = 1 << 7,      /* START: see OBSERVE_SAY_FORK */
};

struct observe_record {
	uint32_t head;
	uint8_t kind, flags;
	uint16_t error;         /* errno; 0: it succeeded */
	uint32_t start;         /* of the program: where its START is, in
	                         * eights of bytes */
	uint32_t cwd;           /* the START or CWD that says where a relative
	                         * path begins */
	uint32_t pid;
	uint32_t mode;          /* st_mode, if told */
	uint64_t size;
	char text[];            /* ended by NUL */
};

/* FNV-1a, never 0. */
static inline uint64_t
observe_hash(const char *s)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
	return h ? h : 1;
}

#endif
