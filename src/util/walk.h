/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_UTIL_WALK_H
#define TG_UTIL_WALK_H

#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/hash.h"

/* A walk over directories, level by level: those of a level are looked at in
 * several threads, then taken in one after the other, in their order. What is
 * kept of a directory is the user's: the walk has only a pointer to it. */
struct walk {
	/* Looks at one directory; in any thread, so it changes nothing else. */
	void (*look)(void *ctx, void *dir);
	/* Takes one in, the id-th that was added; may add others. */
	void (*enter)(void *ctx, void *dir, uint32_t id);
	void *ctx;
	unsigned threads;       /* 0: as many as processors */
	void **dirs;
	uint32_t n;
	size_t cap;
	uint32_t first;         /* of the level that is being looked at */
	struct map seen;        /* (dev, ino) of those that walk_first was told */
	struct arena keys;
};

#define WALK_NONE UINT32_MAX

/* Adds a directory; its number. */
uint32_t walk_add(struct walk *w, void *dir);
/* Looks at everything from the first-th on, and at what that adds. */
void walk_run(struct walk *w, uint32_t first);
/* The number of the directory that was the first with this identity: id if it
 * is this one. */
uint32_t walk_first(struct walk *w, const struct file_sig *sig, uint32_t id);
/* The same, WALK_NONE if there was none so far. */
uint32_t walk_find(const struct walk *w, const struct file_sig *sig);
/* Does not touch the directories themselves. */
void walk_release(struct walk *w);

/* A name in a directory. */
struct walk_name {
	const char *name;       /* NUL-terminated; in the text of the names */
	uint32_t len;
	unsigned char type;     /* DT_REG and so on; DT_UNKNOWN if the file
	                         * system does not say */
};

struct walk_names {
	struct buf text;
	struct walk_name *v;
	size_t n, cap;
};

/* Reads the names of the directory that is open as fd, which stays so: all but
 * "." and "..", sorted bytewise. names is zeroed. 0, or errno. */
int walk_names(int fd, struct walk_names *names);
void walk_names_release(struct walk_names *names);

#endif
