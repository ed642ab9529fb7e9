/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_STATE_ASKED_INDEX_H
#define TG_STATE_ASKED_INDEX_H

#include "util/buf.h"
#include "util/digest.h"
#include "util/str.h"

/* What git's index of the repository around a directory says, at some time. git
 * writes it anew when it has looked at files, so its content is no answer. */
struct asked_index {
	struct buf path;        /* absolute, without links; empty: there is none */
	struct digest digest;   /* see asked_index_digest */
};

/* Finds that around the directory, which is absolute, and reads it. */
void asked_index_find(struct asked_index *x, struct str dir);
void asked_index_release(struct asked_index *x);
/* What the file says; one that cannot be read says nothing. path is
 * NUL-terminated. */
struct digest asked_index_digest(const char *path);

#endif
