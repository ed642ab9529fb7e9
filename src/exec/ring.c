/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exec/proto.h"

static int
anonymous(void)
{
#ifdef __linux__
	return memfd_create("tgraph-ring", MFD_CLOEXEC);
#else
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "/tgraph.%ld", (long)getpid());
	fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd >= 0) {
		shm_unlink(name);
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	return fd;
#endif
}

int
ring_init(struct ring *r, uint64_t capacity, struct err *err)
{
	size_t size = sizeof(struct ring_header) + capacity;
	void *p;

	*r = (struct ring){ .capacity = capacity, .fd = anonymous() };
	if (r->fd < 0 || ftruncate(r->fd, (off_t)size) < 0) {
		err_set(err, "shared memory: %s", strerror(errno));
		ring_release(r);
		return -1;
	}
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	if (p == MAP_FAILED) {
		err_set(err, "shared memory: %s", strerror(errno));
		ring_release(r);
		return -1;
	}
	r->h = p;
	r->h->magic = PROTO_RING_MAGIC;
	r->h->version = PROTO_VERSION;
	r->h->capacity = capacity;
	return 0;
}

void
ring_release(struct ring *r)
{
	if (r->h)
		munmap(r->h, sizeof(*r->h) + r->capacity);
	if (r->fd >= 0)
		close(r->fd);
	*r = (struct ring){ .fd = -1 };
}

bool
ring_take(struct ring *r, uint64_t offset, uint32_t size, struct buf *out)
{
	uint64_t head = r->h->head;
	uint64_t tail = __atomic_load_n(&r->h->tail, __ATOMIC_ACQUIRE);
	const char *data = (const char *)(r->h + 1);
	uint64_t at = offset & (r->capacity - 1);
	size_t first = r->capacity - at < size ? r->capacity - at : size;

	/* Bytes before offset are of children that never said they ended. */
	if (offset < head || tail < offset || size > tail - offset ||
	    tail - head > r->capacity)
		return false;
	if (out) {
		buf_add(out, data + at, first);
		buf_add(out, data, size - first);
	}
	__atomic_store_n(&r->h->head, offset + size, __ATOMIC_RELEASE);
	return true;
}
