/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_UTIL_DIGEST_H
#define TG_UTIL_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "util/err.h"

#define DIGEST_SIZE 32
#define DIGEST_HEX 64

/* SHA-256 of content. All bytes zero means "none". */
struct digest {
	unsigned char b[DIGEST_SIZE];
};

/* A running SHA-256. digest_begin .. digest_add* .. digest_end; it owns
 * nothing. */
struct digester {
	uint64_t state[16];
};

void digest_begin(struct digester *d);
void digest_add(struct digester *d, const void *p, size_t n);
/* Adds a 64-bit length, then the bytes: so that neighbours cannot run into
 * each other. */
void digest_add_field(struct digester *d, const void *p, size_t n);
struct digest digest_end(struct digester *d);

struct digest digest_of(const void *p, size_t n);
/* Digest of what fd gives from its present offset to the end. -1: read error. */
int digest_fd(int fd, struct digest *out, uint64_t *size, struct err *err);
/* Digest of the file at path relative to dirfd (AT_FDCWD), following
 * symlinks. 1 done, 0 no such file, -1 error. */
int digest_file(int dirfd, const char *path, struct digest *out,
	uint64_t *size, struct err *err);

/* Writes 64 lower-case hex digits and a NUL. */
void digest_hex(const struct digest *d, char out[DIGEST_HEX + 1]);
/* Reads 64 hex digits; false if it is anything else. */
bool digest_parse(struct digest *d, const char *hex, size_t n);

static inline bool
digest_eq(const struct digest *a, const struct digest *b)
{
	return memcmp(a->b, b->b, DIGEST_SIZE) == 0;
}

static inline bool
digest_none(const struct digest *d)
{
	static const struct digest none;

	return digest_eq(d, &none);
}

#endif
