/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/preload/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "observe/preload/sys.h"

struct log_self log_self;
struct log_file log_file;

/* ---- the file ---- */

static bool
same_file(int fd, bool first)
{
	struct stat st;

	if (SYS3(SYS_fstat, fd, &st, 0) < 0)
		return false;
	if (first) {
		log_file.dev = st.st_dev;
		log_file.ino = st.st_ino;
	}
	return log_file.dev == st.st_dev && log_file.ino == st.st_ino;
}

/* Sees to it that bytes below end may be touched. */
static uint32_t
back(int fd, uint64_t end)
{
	struct observe_header *h = log_self.header;
	uint64_t was = __atomic_load_n(&h->backed, __ATOMIC_ACQUIRE);
	struct rlimit limit;
	long r;

	if (was >= end)
		return 0;
	/* Beyond a limit of the process there is a signal for it. */
	if (SYS4(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, &limit) < 0 ||
	    limit.rlim_cur < end)
		return OBSERVE_LOST_SPACE;
	do {
		r = SYS4(SYS_fallocate, fd, 0, was, end - was);
	} while (r == -EINTR);
	if (r < 0)
		return OBSERVE_LOST_SPACE;
	while (was < end && !__atomic_compare_exchange_n(&h->backed, &was, end,
	       false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		continue;
	return 0;
}

/* Maps the segment that has the byte before end, if it is not, and backs all up to
 * there. The first has the header, and may be touched from the start. 0 done,
 * else enum observe_lost. */
static uint32_t
map_segment(uint64_t end)
{
	unsigned i = (unsigned)((end - 1) / OBSERVE_SEGMENT);
	bool first = !log_self.header;
	uint32_t why = 0;
	char *none = NULL;
	long fd, p = -1;

	fd = SYS4(SYS_openat, AT_FDCWD, log_file.path,
	          O_RDWR | O_CLOEXEC | O_NOCTTY, 0);
	if (fd < 0)
		return OBSERVE_LOST_MAP;
	if (!same_file((int)fd, first))
		why = OBSERVE_LOST_MAP;
	else if (!first)
		why = back((int)fd, (end + OBSERVE_CHUNK - 1) / OBSERVE_CHUNK *
		           OBSERVE_CHUNK);
	if (!why && !log_file.segments[i]) {
		p = sys6(SYS_mmap, 0, OBSERVE_SEGMENT, PROT_READ | PROT_WRITE,
		         MAP_SHARED, fd, (long)i * OBSERVE_SEGMENT);
		if (p < 0 && p > -4096) {
			why = OBSERVE_LOST_MAP;
			p = -1;
		}
	}
	SYS3(SYS_close, fd, 0, 0);
	if (p > 0 && !__atomic_compare_exchange_n(&log_file.segments[i], &none,
	    (char *)p, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		SYS3(SYS_munmap, p, OBSERVE_SEGMENT, 0);
	return why;
}

/* The segment with the byte before end, which may be touched up to there. */
static char *
segment(uint64_t end)
{
	unsigned i = (unsigned)((end - 1) / OBSERVE_SEGMENT);
	char *p = __atomic_load_n(&log_file.segments[i], __ATOMIC_ACQUIRE);
	uint32_t why;

	if (p && __atomic_load_n(&log_self.header->backed, __ATOMIC_ACQUIRE)
	    >= end)
		return p;
	why = map_segment(end);
	if (!why)
		return __atomic_load_n(&log_file.segments[i], __ATOMIC_ACQUIRE);
	log_lose(why);
	return NULL;
}

/* ---- records ---- */

void
log_lose(uint32_t why)
{
	if (log_self.header)
		__atomic_fetch_or(&log_self.header->lost, why,
		                  __ATOMIC_RELEASE);
}

uint64_t
log_end(void)
{
	return log_self.header ? __atomic_load_n(&log_self.header->tail,
	                                         __ATOMIC_ACQUIRE) : 0;
}

uint32_t
log_number(const struct observe_record *r)
{
	const char *p = (const char *)r;

	for (unsigned i = 0; r && i < OBSERVE_SEGMENTS; i++) {
		const char *s = log_file.segments[i];

		if (s && p >= s && p < s + OBSERVE_SEGMENT)
			return (uint32_t)(((uint64_t)i * OBSERVE_SEGMENT +
			                   (uint64_t)(p - s)) / 8);
	}
	return 0;
}

/* Space for so many bytes. */
static char *
take(size_t need)
{
	struct observe_header *h = log_self.header;
	const uint64_t limit = (uint64_t)OBSERVE_SEGMENT * OBSERVE_SEGMENTS;
	uint64_t at;
	char *p;

	do {
		if (__atomic_load_n(&h->tail, __ATOMIC_RELAXED) >=
		    limit - need) {
			log_lose(OBSERVE_LOST_FULL);
			return NULL;
		}
		at = __atomic_fetch_add(&h->tail, need, __ATOMIC_ACQ_REL);
	} while (at / OBSERVE_SEGMENT != (at + need - 1) / OBSERVE_SEGMENT);
	if (at + need > limit) {
		log_lose(OBSERVE_LOST_FULL);
		return NULL;
	}
	p = segment(at + need);
	return p ? p + at % OBSERVE_SEGMENT : NULL;
}

struct observe_record *
log_add(const struct observe_record *r, const char *text, size_t n)
{
	size_t need = (sizeof(*r) + n + 1 + 7) & ~(size_t)7;
	uint32_t units = (uint32_t)(need / 8);
	struct observe_record *to;

	if (__atomic_load_n(&log_self.header->closed, __ATOMIC_RELAXED))
		return NULL;
	if (units > OBSERVE_UNITS) {
		log_lose(OBSERVE_LOST_PATH);
		return NULL;
	}
	to = (struct observe_record *)(void *)take(need);
	if (!to)
		return NULL;
	__atomic_store_n(&to->head, units, __ATOMIC_RELEASE);
	to->kind = r->kind;
	to->flags = r->flags;
	to->error = r->error;
	to->start = log_self.start;
	to->cwd = r->cwd;
	to->pid = r->pid;
	to->mode = r->mode;
	to->size = r->size;
	text_copy(to->text, text, n);
	__atomic_store_n(&to->head, units | OBSERVE_DONE, __ATOMIC_RELEASE);
	return to;
}

/* ---- records that are told once ---- */

enum { SEEN = 4096 };

/* What this process, or one before its fork, has told already; may forget. */
static uint64_t seen[SEEN];

static bool
told(uint64_t h)
{
	uint64_t *slot = &seen[h % SEEN];

	if (__atomic_load_n(slot, __ATOMIC_RELAXED) == h)
		return true;
	__atomic_store_n(slot, h, __ATOMIC_RELAXED);
	return false;
}

static uint64_t
mix(uint64_t h, uint64_t v)
{
	h ^= v;
	h *= UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

void
log_put(const struct observe_record *r, const char *text)
{
	uint64_t h = observe_hash(text);
	bool change = r->kind == OBSERVE_WRITE || r->kind == OBSERVE_TOUCH;

	h = mix(h, r->kind | (uint64_t)r->flags << 8 |
	        (uint64_t)r->error << 16 | (uint64_t)r->mode << 32);
	/* What was told before that is of the environment. */
	h = mix(h, log_self.serves | (uint64_t)log_self.ready << 1);
	if (r->cwd)
		h = mix(mix(h, r->cwd), log_self.header->nonce);
	if (!change)
		h = mix(h, r->size);
	if (!told(h))
		log_add(r, text, text_len(text));
}

/* ---- opening ---- */

/* NAME=PATH:NONCE, of n bytes. */
static bool
read_variable(const char *e, size_t n)
{
	size_t name = sizeof(OBSERVE_LOG_VAR), at = n - 16;

	if (n < name + 18 || e[at - 1] != ':')
		return false;
	log_file.nonce = 0;
	for (size_t i = at; i < n; i++) {
		char c = e[i];

		log_file.nonce = log_file.nonce << 4 |
			(uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	text_copy(log_file.variable, e, n);
	text_copy(log_file.path, e + name, at - 1 - name);
	log_self.variable = log_file.variable;
	return true;
}

bool
log_open(const char *variable, size_t n)
{
	struct observe_header *h;

	if (!read_variable(variable, n) || map_segment(1) != 0)
		return false;
	h = (struct observe_header *)(void *)log_file.segments[0];
	for (int i = 0; i < 8; i++)
		if (h->magic[i] != OBSERVE_MAGIC[i])
			return false;
	if (h->size != sizeof(*h) || h->closed || h->nonce != log_file.nonce)
		return false;
	log_self.header = h;
	return true;
}

void
log_close(void)
{
	for (unsigned i = 0; i < OBSERVE_SEGMENTS; i++) {
		if (log_file.segments[i])
			SYS3(SYS_munmap, log_file.segments[i],
			     OBSERVE_SEGMENT, 0);
		log_file.segments[i] = NULL;
	}
	log_self.header = NULL;
}
