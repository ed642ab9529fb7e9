/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_INTERP_ENV_CACHE_H
#define TG_PYTHON_INTERP_ENV_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/digest.h"
#include "util/file.h"
#include "util/hash.h"
#include "util/str.h"

/* The file that remembers what directories held: a header, then the
 * directories, then their entries, then the bytes of the names.
 *
 *	file    = header dir* entry* names
 *	header  = magic[8] order[u32] ndirs[u32] nentries[u32] pad[u32]
 *	          nnames[u64] when[i64] sum[u64]
 *
 * sum is of the header before it and of everything behind it. Numbers are in the order of the
 * machine; a file of another order, size or sum is not used. */

enum env_kind {
	ENV_FILE,
	ENV_DIR,
	ENV_UNREADABLE,         /* a file that may not be read */
};

struct env_entry {
	struct file_sig sig;    /* not of ENV_DIR: the directory has its own */
	struct digest digest;   /* ENV_FILE */
	uint32_t name, len;     /* in the names; a NUL follows */
	uint32_t kind, pad;
};

struct env_dir {
	struct file_sig sig;
	uint32_t path, len;     /* in the names */
	uint32_t first, n;      /* entries, sorted by name */
};

struct env_cache {
	struct file_map map;
	const struct env_dir *dirs;
	const struct env_entry *entries;
	const char *names;
	uint32_t ndirs;
	int64_t when;           /* signatures before this are to be trusted */
	struct map by_path;
};

/* Maps the cache; an unusable one is an empty one. */
void env_cache_open(struct env_cache *c, const char *path);
void env_cache_close(struct env_cache *c);
/* NULL if the directory is not known. */
const struct env_dir *env_cache_dir(const struct env_cache *c,
	struct str path);
/* The entry of a known directory; NULL if there is none of that name. */
const struct env_entry *env_cache_entry(const struct env_cache *c,
	const struct env_dir *dir, struct str name);
/* Is the signature what was remembered, and old enough to mean it? */
bool env_cache_same(const struct env_cache *c, const struct file_sig *was,
	const struct file_sig *now);

/* A cache being written. Entries of a directory follow it, in order. */
struct env_writer {
	struct buf dirs, entries, names;
	uint32_t ndirs, nentries;
};

void env_writer_dir(struct env_writer *w, struct str path,
	const struct file_sig *sig);
void env_writer_entry(struct env_writer *w, struct str name,
	enum env_kind kind, const struct file_sig *sig,
	const struct digest *digest);
/* Writes the file (when: the start of the scan) and releases the writer. A
 * cache that cannot be written is as good as none. */
void env_writer_finish(struct env_writer *w, const char *path, int64_t when);

#endif
