/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_INTERP_INSTALLED_H
#define TG_PYTHON_INTERP_INSTALLED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "python/interp/interp.h"
#include "util/digest.h"
#include "util/err.h"
#include "util/file.h"
#include "util/str.h"

struct installed_where {
	const char *root;       /* of the user's tree, absolute */
	const char *own;        /* name of directories that are never looked
	                         * into; may be NULL */
	const char *cache;      /* file that remembers listings and digests */
	bool keep;              /* write it */
	unsigned threads;       /* 0: as many as processors */
	/* Reading, in bytes; from any thread, one at a time. May be NULL. */
	void (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
};

struct installed_stats {
	uint32_t dirs, files;   /* looked at */
	uint32_t listed;        /* directories read again */
	uint32_t hashed;        /* files read again */
	struct file_sig newest; /* of what counts, by ctime: when something was
	                         * last written. A directory counts unless it has
	                         * changed only in that Python made its
	                         * __pycache__ */
	uint32_t recorded;      /* files known by a RECORD */
};

/* The digest of what a step sees of an interpreter besides the user's tree:
 *   - version, implementation, ABI, platform and GIL of the interpreter, and
 *     the content of its binary and of libpython;
 *   - path (from the site directory) and content of every file in its site
 *     directories and editable installs, except __pycache__ and what an
 *     installer notes for itself (RECORD, INSTALLER, REQUESTED and
 *     direct_url.json in a .dist-info), which do not change what a test does;
 *   - the site directories' order.
 * The standard library is taken to be decided by version and binary: who edits
 * it in place needs --rerun. Site directories inside root (editable installs)
 * are left out, as their files are nodes; the .pth text that names them is in,
 * with the root's own path taken out.
 *
 * The content of a file that an installer has put there is known without
 * reading it, if RECORD names its SHA-256 and nothing has touched it since; the
 * digest is the same either way. (recorded.h; a copy of an environment that
 * keeps no times, at the very path where it was, after a file in it was edited
 * to the same size, is not noticed.)
 *
 * The cache goes by stat signature and is only an accelerator: damaged or
 * missing, everything is read again. A signature less than 2 seconds older than
 * the cache's writing is not trusted. stats may be NULL. -1: a file that can be
 * listed cannot be read. */
int installed_digest(const struct interp *in,
	const struct installed_where *where, struct digest *out,
	struct installed_stats *stats, struct err *err);

#endif
