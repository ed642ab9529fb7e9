/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/preload/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "observe/preload/objects.h"
#include "observe/preload/sys.h"

extern char **environ;

struct log_self log_self;

enum { STATE_NEW, STATE_BUSY, STATE_ON, STATE_OFF };

/* Zero in a child of fork from its beginning, and shared by one of vfork. */
struct own_page {
	int32_t pid;
};

static int state;
static struct {
	char variable[4200], path[4200];
	uint64_t nonce;
	uint64_t dev, ino;
	char *segments[OBSERVE_SEGMENTS];
	struct own_page *own;
	bool wipes;             /* own is what is said above */
} self;

/* ---- the file ---- */

static bool
same_file(int fd, bool first)
{
	struct stat st;

	if (SYS3(SYS_fstat, fd, &st, 0) < 0)
		return false;
	if (first) {
		self.dev = st.st_dev;
		self.ino = st.st_ino;
	}
	return self.dev == st.st_dev && self.ino == st.st_ino;
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

	fd = SYS4(SYS_openat, AT_FDCWD, self.path,
	          O_RDWR | O_CLOEXEC | O_NOCTTY, 0);
	if (fd < 0)
		return OBSERVE_LOST_MAP;
	if (!same_file((int)fd, first))
		why = OBSERVE_LOST_MAP;
	else if (!first)
		why = back((int)fd, (end + OBSERVE_CHUNK - 1) / OBSERVE_CHUNK *
		           OBSERVE_CHUNK);
	if (!why && !self.segments[i]) {
		p = sys6(SYS_mmap, 0, OBSERVE_SEGMENT, PROT_READ | PROT_WRITE,
		         MAP_SHARED, fd, (long)i * OBSERVE_SEGMENT);
		if (p < 0 && p > -4096) {
			why = OBSERVE_LOST_MAP;
			p = -1;
		}
	}
	SYS3(SYS_close, fd, 0, 0);
	if (p > 0 && !__atomic_compare_exchange_n(&self.segments[i], &none,
	    (char *)p, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		SYS3(SYS_munmap, p, OBSERVE_SEGMENT, 0);
	return why;
}

/* The segment with the byte before end, which may be touched up to there. */
static char *
segment(uint64_t end)
{
	unsigned i = (unsigned)((end - 1) / OBSERVE_SEGMENT);
	char *p = __atomic_load_n(&self.segments[i], __ATOMIC_ACQUIRE);
	uint32_t why;

	if (p && __atomic_load_n(&log_self.header->backed, __ATOMIC_ACQUIRE)
	    >= end)
		return p;
	why = map_segment(end);
	if (!why)
		return __atomic_load_n(&self.segments[i], __ATOMIC_ACQUIRE);
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
log_tail(void)
{
	return log_self.header ? __atomic_load_n(&log_self.header->tail,
	                                         __ATOMIC_ACQUIRE) : 0;
}

uint32_t
log_number(const struct observe_record *r)
{
	const char *p = (const char *)r;

	for (unsigned i = 0; r && i < OBSERVE_SEGMENTS; i++) {
		const char *s = self.segments[i];

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

/* ---- this process ---- */

bool
log_borrowed(void)
{
	int32_t mine = (int32_t)SYS0(SYS_getpid);
	int32_t owner = __atomic_load_n(&self.own->pid, __ATOMIC_RELAXED);

	if (owner == 0) {
		/* A child of fork: its memory is its own. */
		__atomic_store_n(&self.own->pid, mine, __ATOMIC_RELAXED);
		return false;
	}
	return owner != mine;
}

/* The working directory, with its NUL; its length, 0: it has no name. */
static size_t
get_cwd(char *p, size_t size)
{
	long n = SYS3(SYS_getcwd, p, size, 0);

	/* "(unreachable)/..." */
	return n <= 1 || p[0] != '/' ? 0 : (size_t)n - 1;
}

void
log_chdir(void)
{
	struct observe_record r = { .kind = OBSERVE_CWD };
	char path[4096];
	size_t n;

	if (!log_on())
		return;
	if (log_borrowed()) {
		if (!self.wipes)
			log_lose(OBSERVE_LOST_PATH);
		return;
	}
	n = get_cwd(path, sizeof(path));
	if (n == 0)
		log_lose(OBSERVE_LOST_PATH);
	__atomic_store_n(&log_self.cwd, log_number(log_add(&r, path, n)),
	                 __ATOMIC_RELEASE);
}

/* Programs whose words say what they do: the text of a script. */
static bool
is_shell(const char *file)
{
	static const char *const names[] = {
		"sh", "dash", "bash", "ash", "ksh", "mksh", "zsh", "busybox",
	};
	const char *base = file;

	for (const char *p = file; *p; p++)
		if (*p == '/')
			base = p + 1;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (text_eq(base, names[i]))
			return true;
	return false;
}

/* The words of this process, each ended by NUL; 0: they are too long. */
static size_t
get_words(char *p, size_t size)
{
	long fd = SYS4(SYS_openat, AT_FDCWD, "/proc/self/cmdline",
	               O_RDONLY | O_CLOEXEC, 0), n = 0;
	size_t at = 0;

	if (fd < 0)
		return 0;
	while (at < size && (n = SYS3(SYS_read, fd, p + at, size - at)) > 0)
		at += (size_t)n;
	SYS3(SYS_close, fd, 0, 0);
	return n == 0 && at < size ? at : 0;
}

/* Text for START: file, directory and, of a shell, words. */
static size_t
describe(char *text, size_t size)
{
	long n = SYS4(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", text, 4095);
	size_t at = n > 0 ? (size_t)n : 0, cwd;

	text[at++] = '\0';
	cwd = get_cwd(text + at, 4096);
	at += cwd;
	text[at] = '\0';
	if (cwd == 0)
		log_lose(OBSERVE_LOST_PATH);
	if (is_shell(text)) {
		size_t words = get_words(text + at + 1, size - at - 1);

		/* log_add puts the last NUL there. */
		at += words;
	}
	return at;
}

static void
begin(void)
{
	static char text[4096 * 8];
	struct observe_record r = {
		.kind = OBSERVE_START, .pid = (uint32_t)SYS0(SYS_getpid),
		.flags = objects_are_go() ? OBSERVE_GO : 0,
	};
	size_t n = describe(text, sizeof(text));

	log_self.start = log_self.cwd = log_number(log_add(&r, text, n));
}

/* NAME=PATH:NONCE, of n bytes, with name for NAME=. */
static bool
read_variable(const char *e, size_t n, size_t name)
{
	size_t at = n - 16;

	if (n < name + 18 || e[at - 1] != ':')
		return false;
	self.nonce = 0;
	for (size_t i = at; i < n; i++) {
		char c = e[i];

		self.nonce = self.nonce << 4 |
			(uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	text_copy(self.variable, e, n);
	text_copy(self.path, e + name, at - 1 - name);
	log_self.variable = self.variable;
	return true;
}

static bool
find_log(void)
{
	const char *name = OBSERVE_LOG_VAR "=";
	size_t n;

	for (char **e = environ; e && *e; e++) {
		if (!text_starts(*e, name))
			continue;
		n = text_len(*e);
		if (n >= sizeof(self.variable) || (*e)[text_len(name)] != '/')
			return false;
		return read_variable(*e, n, text_len(name));
	}
	return false;
}

/* Opens the log that read_variable has found. */
static bool
open_file(void)
{
	struct observe_header *h;

	if (map_segment(1) != 0)
		return false;
	h = (struct observe_header *)(void *)self.segments[0];
	for (int i = 0; i < 8; i++)
		if (h->magic[i] != OBSERVE_MAGIC[i])
			return false;
	if (h->size != sizeof(*h) || h->closed || h->nonce != self.nonce)
		return false;
	log_self.header = h;
	return true;
}

static bool
open_log(void)
{
	long own;

	if (!find_log() || !open_file())
		return false;
	own = sys6(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE,
	           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (own < 0 && own > -4096) {
		log_self.header = NULL;
		return false;
	}
	/* Not before Linux 4.14: there children of fork and of vfork look the
	 * same. */
	self.wipes = SYS3(SYS_madvise, own, 4096, 18 /* MADV_WIPEONFORK */)
	             == 0;
	self.own = (struct own_page *)own;
	self.own->pid = (int32_t)SYS0(SYS_getpid);
	return true;
}

static bool
init(void)
{
	int new = STATE_NEW;
	bool on;

	if (!__atomic_compare_exchange_n(&state, &new, STATE_BUSY, false,
	    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return new == STATE_ON;
	objects_init();
	log_self.library = objects_self();
	on = open_log();
	if (on)
		begin();
	__atomic_store_n(&state, on ? STATE_ON : STATE_OFF, __ATOMIC_RELEASE);
	if (on)
		objects_note();
	return on;
}

bool
log_on(void)
{
	int s = __atomic_load_n(&state, __ATOMIC_ACQUIRE);

	return s == STATE_ON || (s == STATE_NEW && init());
}

/* ---- what a process tells of itself ---- */

static void
unmap_all(void)
{
	for (unsigned i = 0; i < OBSERVE_SEGMENTS; i++) {
		if (self.segments[i])
			SYS3(SYS_munmap, self.segments[i], OBSERVE_SEGMENT, 0);
		self.segments[i] = NULL;
	}
	log_self.header = NULL;
}

/* Opens another log in the place of the one that is open. */
static bool
replace_log(const char *name)
{
	static const char variable[] = OBSERVE_LOG_VAR "=";
	char text[sizeof(self.variable)];
	size_t n = sizeof(variable) - 1 + text_len(name);

	if (n >= sizeof(text))
		return false;
	text_copy(text, variable, sizeof(variable) - 1);
	text_copy(text + sizeof(variable) - 1, name, text_len(name));
	for (unsigned i = 0; i < OBSERVE_SEGMENTS; i++)
		self.segments[i] = NULL;
	log_self.header = NULL;
	return read_variable(text, n, sizeof(variable) - 1) && open_file();
}

/* A START of a process that goes on; parent: the nonce of the log that it wrote
 * to until now, and upto what of that counts; 0: it is this one. */
static uint32_t
add_fork(uint64_t parent, uint64_t upto)
{
	struct observe_record r = {
		.kind = OBSERVE_START, .pid = (uint32_t)SYS0(SYS_getpid),
		.flags = OBSERVE_FORK, .size = upto,
	};
	char text[4096 * 2 + 20];
	size_t n = describe(text, sizeof(text) - 18);

	if (parent) {
		text[n++] = '\0';
		for (int i = 60; i >= 0; i -= 4)
			text[n++] = "0123456789abcdef"[parent >> i & 15];
	}
	return log_number(log_add(&r, text, n));
}

/* What environ names is what others get who look there. */
static void
rename_log(void)
{
	for (char **e = environ; e && *e; e++)
		if (text_starts(*e, OBSERVE_LOG_VAR "="))
			*e = self.variable;
}

static bool
say_log(const char *name)
{
	uint64_t parent = self.nonce, upto = log_tail();
	uint32_t start;

	unmap_all();
	if (!replace_log(name)) {
		unmap_all();
		__atomic_store_n(&state, STATE_OFF, __ATOMIC_RELEASE);
		return false;
	}
	start = add_fork(parent, upto);
	log_self.start = log_self.cwd = start;
	log_self.serves = true;
	rename_log();
	return start != 0;
}

static bool
say_join(const char *name)
{
	static __typeof__(self) kept;
	uint64_t parent = self.nonce;
	struct log_self was = log_self;
	bool ok;

	kept = self;
	ok = replace_log(name) && add_fork(parent, UINT64_MAX) != 0;
	unmap_all();
	self = kept;
	log_self = was;
	return ok;
}

bool
log_say(const char *text)
{
	struct observe_record r = { .kind = OBSERVE_PASS };
	uint32_t start;

	if (!log_on())
		return false;
	if (text_starts(text, OBSERVE_SAY_LOG))
		return say_log(text + sizeof(OBSERVE_SAY_LOG) - 1);
	if (text_starts(text, OBSERVE_SAY_JOIN))
		return say_join(text + sizeof(OBSERVE_SAY_JOIN) - 1);
	if (text_starts(text, OBSERVE_SAY_PASS)) {
		text += sizeof(OBSERVE_SAY_PASS) - 1;
		return log_add(&r, text, text_len(text)) != NULL;
	}
	if (!text_eq(text, OBSERVE_SAY_FORK))
		return false;
	start = add_fork(0, 0);
	log_self.start = log_self.cwd = start;
	log_self.serves = true;
	return start != 0;
}

__attribute__((constructor)) static void
on_load(void)
{
	log_on();
}

__attribute__((destructor)) static void
on_exit_(void)
{
	if (__atomic_load_n(&state, __ATOMIC_ACQUIRE) == STATE_ON)
		objects_note();
}
