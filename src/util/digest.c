/* SPDX-License-Identifier: Apache-2.0 */
/* The plain functions, not EVP: those make OpenSSL read its configuration and
 * set up its providers, which takes longer than a whole run without work. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "util/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "util/mem.h"

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct digester), "it fits");

static SHA256_CTX *
context(struct digester *d)
{
	return (SHA256_CTX *)(void *)d->state;
}

void
digest_begin(struct digester *d)
{
	SHA256_Init(context(d));
}

void
digest_add(struct digester *d, const void *p, size_t n)
{
	SHA256_Update(context(d), p, n);
}

void
digest_add_field(struct digester *d, const void *p, size_t n)
{
	unsigned char len[8];

	for (int i = 0; i < 8; i++)
		len[i] = (unsigned char)((uint64_t)n >> (8 * i));
	digest_add(d, len, sizeof(len));
	digest_add(d, p, n);
}

struct digest
digest_end(struct digester *d)
{
	struct digest out;

	SHA256_Final(out.b, context(d));
	return out;
}

struct digest
digest_of(const void *p, size_t n)
{
	struct digester d;

	digest_begin(&d);
	digest_add(&d, p, n);
	return digest_end(&d);
}

int
digest_fd(int fd, struct digest *out, uint64_t *size, struct err *err)
{
	enum { CHUNK = 128 * 1024 };
	char small[16 * 1024], *p = small;
	size_t cap = sizeof(small);
	struct digester d;
	uint64_t total = 0;
	ssize_t n;

	n = read(fd, p, cap);
	if (n >= 0 && (size_t)n < cap) {
		/* Most files end here: one read, one more to see the end. */
		ssize_t more = n ? read(fd, p + n, cap - (size_t)n) : 0;

		if (more == 0) {
			*out = digest_of(p, (size_t)n);
			if (size)
				*size = (uint64_t)n;
			return 0;
		}
		if (more > 0)
			n += more;
		else if (errno != EINTR)
			n = -1;
	}
	digest_begin(&d);
	while (n > 0 || (n < 0 && errno == EINTR)) {
		if (n > 0) {
			digest_add(&d, p, (size_t)n);
			total += (uint64_t)n;
		}
		if (p == small) {
			p = xmalloc(CHUNK);
			cap = CHUNK;
		}
		n = read(fd, p, cap);
	}
	if (p != small) {
		int saved = errno;

		free(p);
		errno = saved;
	}
	*out = digest_end(&d);
	if (size)
		*size = total;
	return n < 0 ? err_set(err, "read: %s", strerror(errno)) : 0;
}

int
digest_file(int dirfd, const char *path, struct digest *out, uint64_t *size,
	struct err *err)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r;

	if (fd < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		return err_set(err, "open %s: %s", path, strerror(errno));
	}
	r = digest_fd(fd, out, size, NULL);
	if (r < 0)
		err_set(err, "read %s: %s", path, strerror(errno));
	close(fd);
	return r < 0 ? -1 : 1;
}

void
digest_hex(const struct digest *d, char out[DIGEST_HEX + 1])
{
	static const char hex[] = "0123456789abcdef";

	for (int i = 0; i < DIGEST_SIZE; i++) {
		out[2 * i] = hex[d->b[i] >> 4];
		out[2 * i + 1] = hex[d->b[i] & 15];
	}
	out[DIGEST_HEX] = '\0';
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool
digest_parse(struct digest *d, const char *hex, size_t n)
{
	if (n != DIGEST_HEX)
		return false;
	for (int i = 0; i < DIGEST_SIZE; i++) {
		int hi = nibble(hex[2 * i]), lo = nibble(hex[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		d->b[i] = (unsigned char)(hi << 4 | lo);
	}
	return true;
}
