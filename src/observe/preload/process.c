/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/preload/process.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "observe/preload/objects.h"
#include "observe/preload/sys.h"

extern char **environ;

enum { STATE_NEW, STATE_BUSY, STATE_ON, STATE_OFF };

static int state;

/* Zero in a child of fork from its beginning, and shared by one of vfork. */
struct own_page {
	int32_t pid;
};

static struct {
	struct own_page *page;
	bool wipes;             /* page is what is said above */
} own;

bool
process_borrowed(void)
{
	int32_t mine = (int32_t)SYS0(SYS_getpid);
	int32_t owner = __atomic_load_n(&own.page->pid, __ATOMIC_RELAXED);

	if (owner == 0) {
		/* A child of fork: its memory is its own. */
		__atomic_store_n(&own.page->pid, mine, __ATOMIC_RELAXED);
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
process_chdir(void)
{
	struct observe_record r = { .kind = OBSERVE_CWD };
	char path[4096];
	size_t n;

	if (!process_on())
		return;
	if (process_borrowed()) {
		if (!own.wipes)
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
has_script(const char *file)
{
	static const char *const names[] = {
		"sh", "dash", "bash", "ash", "ksh", "mksh", "zsh", "busybox",
	};
	const char *base = text_base(file);

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
	if (has_script(text)) {
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

static bool
find_log(void)
{
	const char *name = OBSERVE_LOG_VAR "=";
	size_t n;

	for (char **e = environ; e && *e; e++) {
		if (!text_starts(*e, name))
			continue;
		n = text_len(*e);
		if (n >= sizeof(log_file.variable) || (*e)[text_len(name)] != '/')
			return false;
		return log_open(*e, n);
	}
	return false;
}

static bool
open_log(void)
{
	long page;

	if (!find_log())
		return false;
	page = sys6(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE,
	            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page < 0 && page > -4096) {
		log_self.header = NULL;
		return false;
	}
	/* Not before Linux 4.14: there children of fork and of vfork look the
	 * same. */
	own.wipes = SYS3(SYS_madvise, page, 4096, 18 /* MADV_WIPEONFORK */)
	             == 0;
	own.page = (struct own_page *)page;
	own.page->pid = (int32_t)SYS0(SYS_getpid);
	return true;
}

/* What the system has is taken to be the same as long as its programs are. */
static void
note_object(const char *name)
{
	const char *self = objects_self();
	struct observe_record r = { .kind = OBSERVE_READ };

	if (name[0] == '/' && name != self && !text_starts(name, "/lib") &&
	    !text_starts(name, "/usr/lib"))
		log_put(&r, name);
}

static void
note_objects(void)
{
	struct observe_record blind = { .kind = OBSERVE_BLIND };

	objects_each(note_object);
	if (objects_use_uring())
		log_put(&blind, "uses io_uring");
}

static bool
init(void)
{
	int new = STATE_NEW;
	bool on;

	if (!__atomic_compare_exchange_n(&state, &new, STATE_BUSY, false,
	    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return new == STATE_ON;
	log_self.library = objects_self();
	on = open_log();
	if (on)
		begin();
	__atomic_store_n(&state, on ? STATE_ON : STATE_OFF, __ATOMIC_RELEASE);
	if (on)
		note_objects();
	return on;
}

bool
process_on(void)
{
	int s = __atomic_load_n(&state, __ATOMIC_ACQUIRE);

	return s == STATE_ON || (s == STATE_NEW && init());
}

/* ---- the key ---- */

enum { TICKET = 16 };

static struct {
	char text[OBSERVE_KEY_DIGITS * 4 * 2 + 1];
	bool taken;
} key;

const char *
process_said(const char *path)
{
	size_t n = sizeof(OBSERVE_QUIET) - 1;

	return __atomic_load_n(&key.taken, __ATOMIC_ACQUIRE) &&
	       text_starts(path, OBSERVE_QUIET) &&
	       text_starts(path + n, key.text) ? path + n + text_len(key.text)
	                                       : NULL;
}

static void
make_key(const char *ticket)
{
	char *at = key.text;

	for (size_t i = TICKET - OBSERVE_KEY_DIGITS; i < TICKET; i++) {
		char c = ticket[i];
		int digit = c <= '9' ? c - '0' : c - 'a' + 10;

		for (int bit = 8; bit; bit >>= 1) {
			if (digit & bit)
				*at++ = '.';
			*at++ = '/';
		}
	}
	*at = '\0';
}

/* Not even /proc/PID/environ shows it then. */
static void
wipe_ticket(void)
{
	static const char name[] = OBSERVE_TICKET_VAR "=";
	char **to = environ;

	for (char **e = environ; e && *e; e++) {
		if (text_starts(*e, name))
			for (char *p = *e; *p; p++)
				*p = '\0';
		else
			*to++ = *e;
	}
	if (to)
		*to = NULL;
}

bool
process_take_key(const char *text)
{
	size_t n = sizeof(OBSERVE_SAY_KEY) - 1;

	if (!text_starts(text, OBSERVE_SAY_KEY) || !process_on() ||
	    !log_self.header->ticket || text_len(text) != n + TICKET ||
	    observe_hash(text + n) != log_self.header->ticket)
		return false;
	make_key(text + n);
	__atomic_store_n(&key.taken, true, __ATOMIC_RELEASE);
	wipe_ticket();
	return true;
}

/* ---- what a process tells of itself ---- */

/* Opens another log in the place of the one that is open. */
static bool
replace_log(const char *name)
{
	static const char variable[] = OBSERVE_LOG_VAR "=";
	char text[sizeof(log_file.variable)];
	size_t n = sizeof(variable) - 1 + text_len(name);

	if (n >= sizeof(text))
		return false;
	text_copy(text, variable, sizeof(variable) - 1);
	text_copy(text + sizeof(variable) - 1, name, text_len(name));
	for (unsigned i = 0; i < OBSERVE_SEGMENTS; i++)
		log_file.segments[i] = NULL;
	log_self.header = NULL;
	return log_open(text, n);
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
			*e = log_file.variable;
}

static bool
say_log(const char *name)
{
	uint64_t parent = log_file.nonce, upto = log_end();
	uint32_t start;

	log_close();
	if (!replace_log(name)) {
		log_close();
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
say_join(const char *name, uint64_t upto)
{
	static struct log_file kept;
	uint64_t parent = log_file.nonce;
	struct log_self was = log_self;
	bool ok;

	kept = log_file;
	ok = replace_log(name) && add_fork(parent, upto) != 0;
	log_close();
	log_file = kept;
	log_self = was;
	return ok;
}

bool
process_say(const char *text)
{
	struct observe_record r = { .kind = OBSERVE_PASS };
	uint32_t start;

	if (!process_on())
		return false;
	if (text_starts(text, OBSERVE_SAY_LOG))
		return say_log(text + sizeof(OBSERVE_SAY_LOG) - 1);
	if (text_starts(text, OBSERVE_SAY_JOIN))
		return say_join(text + sizeof(OBSERVE_SAY_JOIN) - 1,
		                UINT64_MAX);
	if (text_starts(text, OBSERVE_SAY_LEFT))
		return say_join(text + sizeof(OBSERVE_SAY_LEFT) - 1, log_end());
	if (text_starts(text, OBSERVE_SAY_PASS)) {
		text += sizeof(OBSERVE_SAY_PASS) - 1;
		return log_add(&r, text, text_len(text)) != NULL;
	}
	if (text_eq(text, OBSERVE_SAY_READY)) {
		log_self.ready = true;
		return log_add(&r, "", 0) != NULL;
	}
	if (text_eq(text, OBSERVE_SAY_LOADED)) {
		note_objects();
		return true;
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
	process_on();
}

__attribute__((destructor)) static void
on_exit_(void)
{
	if (__atomic_load_n(&state, __ATOMIC_ACQUIRE) == STATE_ON)
		note_objects();
}
