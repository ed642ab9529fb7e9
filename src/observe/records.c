/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "observe/internal.h"

const struct observe_record *
observe_record_at(const struct reading *r, uint32_t number,
	enum observe_kind kind)
{
	const struct observe_record *e;
	size_t at = (size_t)number * 8;

	if (number == 0 || at + sizeof(*e) > r->size)
		return NULL;
	e = (const struct observe_record *)(const void *)(r->log + at);
	if (!(e->head & OBSERVE_DONE) || e->kind != kind ||
	    at + (e->head & OBSERVE_UNITS) * 8 > r->size)
		return NULL;
	return e;
}

const struct observe_record *
observe_next(const char *log, size_t end, size_t *at)
{
	const struct observe_record *e;
	uint32_t head;
	size_t n;

	if (*at < sizeof(struct observe_header))
		*at = sizeof(struct observe_header);
	while (*at + sizeof(*e) <= end) {
		e = (const struct observe_record *)(const void *)(log + *at);
		head = __atomic_load_n(&e->head, __ATOMIC_ACQUIRE);
		n = (head & OBSERVE_UNITS) * 8;
		if (n < sizeof(*e) || n > end - *at) {
			*at += 8;       /* taken and not used */
			continue;
		}
		*at += n;
		if (head & OBSERVE_DONE)
			return e;
	}
	return NULL;
}

bool
observe_is_log(const char *text, size_t size)
{
	const struct observe_header *h =
		(const struct observe_header *)(const void *)text;

	return text && size >= sizeof(*h) &&
	       memcmp(h->magic, OBSERVE_MAGIC, 8) == 0 &&
	       h->size == sizeof(*h);
}

void
observe_end_log(int fd)
{
	uint32_t one = 1;

	if (pwrite(fd, &one, sizeof(one), offsetof(struct observe_header,
	           closed)) < 0)
		one = 0;        /* it goes on writing: to a file that is gone */
}

bool
observe_text(struct buf *text, int fd)
{
	struct observe_header h;
	ssize_t n = pread(fd, &h, sizeof(h), 0);
	size_t want = n == (ssize_t)sizeof(h) ? h.tail : 0, at = 0;

	if (want > (size_t)OBSERVE_SEGMENT * OBSERVE_SEGMENTS)
		want = (size_t)OBSERVE_SEGMENT * OBSERVE_SEGMENTS;
	buf_reserve(text, want + 8);
	while (at < want && (n = pread(fd, text->p + at, want - at,
	       (off_t)at)) > 0)
		at += (size_t)n;
	text->n = at;
	return n >= 0;
}
