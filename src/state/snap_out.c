/* SPDX-License-Identifier: Apache-2.0 */
#include "state/snap_out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/hash.h"
#include "util/mem.h"

static void
put_bytes(struct snap_out *o, const void *p, size_t n)
{
	if (!o->error && write_all(o->file.fd, p, n) < 0)
		o->error = errno;
}

static void
flush(struct snap_out *o)
{
	put_bytes(o, o->chunk, o->n);
	o->n = 0;
}

/* After the bytes of a section: they are not in its sum. */
static void
pad(struct snap_out *o)
{
	size_t n = -o->size & (SNAP_ALIGN - 1);

	memset(o->chunk + o->n, 0, n);
	o->n += n;
	o->size += n;
	flush(o);
}

static void
sum(struct snap_out *o, const void *p, size_t n)
{
	/* One more: see format_sums. */
	o->sums = vec_grow(o->sums, &o->cap, o->nsums + 2, sizeof(*o->sums));
	o->sums[o->nsums++] = hash_bytes(p, n);
}

int
snap_out_open(struct snap_out *o, const char *path, struct err *err)
{
	*o = (struct snap_out){ 0 };
	if (file_temp_open(&o->file, path, err) < 0)
		return -1;
	o->chunk = xmalloc(FORMAT_CHUNK + SNAP_ALIGN);
	o->n = o->size = sizeof(struct snap_header);
	memset(o->chunk, 0, o->n);
	pad(o);
	return 0;
}

void
snap_out_begin(struct snap_out *o, struct snap_part *part)
{
	part->at = o->size;
	o->nsums = 0;
	o->sums = vec_grow(o->sums, &o->cap, 1, sizeof(*o->sums));
}

void
snap_out_add(void *ctx, const void *p, size_t n)
{
	struct snap_out *o = ctx;
	const char *from = p;

	o->size += n;
	while (n) {
		size_t take = FORMAT_CHUNK - o->n;

		if (n >= FORMAT_CHUNK && o->n == 0) {
			sum(o, from, take);
			put_bytes(o, from, take);
		} else {
			take = n < take ? n : take;
			memcpy(o->chunk + o->n, from, take);
			o->n += take;
			if (o->n == FORMAT_CHUNK) {
				sum(o, o->chunk, o->n);
				flush(o);
			}
		}
		from += take;
		n -= take;
	}
}

void
snap_out_end(struct snap_out *o, struct snap_part *part)
{
	part->size = o->size - part->at;
	if (o->n)
		sum(o, o->chunk, o->n);
	part->sum = format_sums(o->sums, o->nsums, part->size);
	pad(o);
}

int
snap_out_close(struct snap_out *o, const char *path, struct snap_header *h,
	struct err *err)
{
	h->size = o->size;
	h->sum = format_header_sum(h);
	if (!o->error && lseek(o->file.fd, 0, SEEK_SET) < 0)
		o->error = errno;
	put_bytes(o, h, sizeof(*h));
	free(o->chunk);
	free(o->sums);
	errno = o->error;
	return file_temp_close(&o->file, path, !o->error, true, err);
}
