/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sink.h"

#include <unistd.h>

#include "util/file.h"

void
sink_init(struct blob_sink *s, int fd, uint64_t limit)
{
	*s = (struct blob_sink){ .fd = fd, .limit = limit };
	digest_begin(&s->digester);
}

bool
sink_add(struct blob_sink *s, const void *p, size_t n)
{
	digest_add(&s->digester, p, n);
	s->size += n;
	if (s->size > s->limit)
		return false;
	if (s->fd >= 0 && !s->copied && write_all(s->fd, p, n) < 0)
		s->failed = true;
	return !s->failed;
}

bool
sink_is(const struct blob_sink *s, const struct digest *d, uint64_t size)
{
	struct digester digester = s->digester;
	struct digest got = digest_end(&digester);

	return !s->failed && digest_eq(&got, d) &&
	       (size == UINT64_MAX || s->size == size);
}

int
sink_again(struct blob_sink *s)
{
	int fd = s->fd;

	if (fd >= 0 && (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0))
		return -1;
	sink_init(s, fd, s->limit);
	return 0;
}
