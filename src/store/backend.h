/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_STORE_BACKEND_H
#define TG_STORE_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"
#include "util/buf.h"
#include "util/digest.h"
#include "util/err.h"
#include "util/file.h"

struct blob_sink;
struct variant;

/* What holds results: a directory (store/local), or a server. It knows entries
 * by the digest of their action and blobs by that of their content, and of
 * neither what they mean. Nothing that it answers is trusted: see restore.c. */

/* A question; who asks keeps it until it is answered or cancelled. */
struct store_ask {
	struct digest digest;   /* of the action, of the blob */
	struct buf *entry;      /* where an entry is appended, or */
	struct blob_sink *sink; /* where a blob's content goes */
	struct loop *loop;      /* which waits for what is answered later */
	/* Just once, unless it was cancelled, after STORE_LATER; not from
	 * within find or get. */
	void (*answered)(struct store_ask *ask, enum store_answer how);
	void *ctx;              /* of who asks */
	struct err *err;
	void *mine;             /* the backend's, until it is answered */
};

struct store_backend {
	const struct store_backend_ops *ops;
	const char *name;       /* for messages: a directory, an address */
	bool read_only;         /* nothing is put */
	int64_t patience;       /* nanoseconds that an answer may take; 0: any */
};

struct store_backend_ops {
	/* Entry of an action; content of a blob. */
	enum store_answer (*find)(struct store_backend *b,
		struct store_ask *ask);
	enum store_answer (*get)(struct store_backend *b,
		struct store_ask *ask);
	/* What is to be answered later is not wanted any more. NULL: it never
	 * answers later. */
	void (*cancel)(struct store_backend *b, struct store_ask *ask);
	/* The entry that it gave is none. NULL: it cannot remove it, and the
	 * user is told. */
	void (*drop)(struct store_backend *b, const struct digest *action);
	/* Puts a file's content there. sig: what it had when its digest was
	 * taken. -1: it could not, or the file is another by now. */
	int (*put_blob)(struct store_backend *b, const char *path,
		const struct file_sig *sig, const struct digest *d,
		struct err *err);
	/* Puts a variant into the entry of an action, before those that are
	 * there (entry_add). Its blobs were put before. */
	int (*put_entry)(struct store_backend *b, const struct digest *action,
		const struct variant *v, struct err *err);
	/* As the functions of store.h. NULL: it cannot say, or be told to. */
	int (*stats)(struct store_backend *b, struct store_stats *out,
		struct err *err);
	int (*gc)(struct store_backend *b, uint64_t limit, uint64_t *freed,
		struct err *err);
	int (*verify)(struct store_backend *b, uint64_t *checked,
		uint64_t *bad, struct err *err);
	int (*clear)(struct store_backend *b, struct err *err);
	void (*free)(struct store_backend *b);
};

#endif
