/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_INTERP_RECORDED_H
#define TG_PYTHON_INTERP_RECORDED_H

#include <stdbool.h>
#include <stddef.h>

#include "util/arena.h"
#include "util/digest.h"
#include "util/file.h"
#include "util/hash.h"
#include "util/str.h"

struct recorded_file;

/* What the RECORDs of a site directory say of its files. An installer writes
 * RECORD when all other files are there, with the SHA-256 and size of each: a
 * file of that size that nothing has touched since has that digest. Zeroed:
 * nothing is said of any. */
struct recorded {
	struct arena arena;
	struct map by_path;     /* from the site directory */
	struct recorded_file *v;
	size_t n, cap;
};

/* Was what is in prefix installed there, as far as its scripts tell? What was
 * copied there may have times that say nothing. */
bool recorded_in_place(struct str prefix);
/* Reads the RECORDs of a site directory (an absolute path) into r, which is
 * zeroed. Left out are those that were not written in place (their times come
 * from a copy, an archive or a change of owner), those that cannot be read, and
 * lines without a SHA-256. */
void recorded_read(struct recorded *r, struct str site);
/* The digest of the file with that path from the site directory and that
 * signature. false: it has to be read, as no RECORD names it, two do that
 * differ, its size is another, or it may have been changed since. */
bool recorded_digest(const struct recorded *r, struct str path,
	const struct file_sig *sig, struct digest *out);
void recorded_release(struct recorded *r);

#endif
