/* SPDX-License-Identifier: Apache-2.0 */
/* Variables, the working directory, what cannot be followed. */
#include <fcntl.h>
#include <locale.h>
#include <stdbool.h>
#include <sys/types.h>

#include "observe/preload/note.h"
#include "observe/preload/sys.h"
#include "observe/preload/wrap.h"

/* ---- variables ---- */

WRAP(char *, getenv, (const char *name))
{
	char *value = CALL(getenv, NULL, name);

	note_env(name, value);
	return value;
}

WRAP(char *, secure_getenv, (const char *name))
{
	char *value = CALL(secure_getenv, NULL, name);

	note_env(name, value);
	return value;
}

/* What setlocale(category, "") reads, and newlocale; category -1: all. */
static void
note_category(int category)
{
	static const char *const names[] = {
		"LC_CTYPE", "LC_NUMERIC", "LC_TIME", "LC_COLLATE",
		"LC_MONETARY", "LC_MESSAGES",
	};
	const int n = sizeof(names) / sizeof(*names);

	note_variable("LC_ALL");
	note_variable("LANG");
	note_variable("LANGUAGE");
	note_variable("LOCPATH");
	for (int i = 0; i < n; i++)
		if (category < 0 || category >= n || category == i)
			note_variable(names[i]);
}

WRAP(char *, setlocale, (int category, const char *name))
{
	if (name && !*name && process_on())
		note_category(category);
	return CALL(setlocale, NULL, category, name);
}

WRAP(void *, newlocale, (int mask, const char *name, void *base))
{
	if (name && !*name && process_on())
		note_category(-1);
	return CALL(newlocale, NULL, mask, name, base);
}

/* ---- time zones ---- */

/* The file that a value of TZ names, where it is none of the system's. */
static void
note_zone_file(const char *zone, const char *dir)
{
	char text[4096];
	size_t n = dir ? text_len(dir) : 0;

	zone += *zone == ':';
	if (*zone == '/') {
		note_path(OBSERVE_READ, 0, zone);
	} else if (*zone && n && n + text_len(zone) + 2 < sizeof(text)) {
		text_copy(text, dir, n);
		text[n] = '/';
		text_copy(text + n + 1, zone, text_len(zone));
		note_path(OBSERVE_READ, 0, text);
	}
}

/* Which zone it is may have been changed and put back. */
static void
note_zone(void)
{
	const char *zone;

	/* pytest makes a date when it is loaded. */
	if (!process_on() || (log_self.serves && !log_self.ready))
		return;
	zone = note_variable("TZ");
	note_path(OBSERVE_READ, 0, "/etc/localtime");
	if (zone)
		note_zone_file(zone, note_variable("TZDIR"));
	else
		note_variable("TZDIR");
}

WRAP(void, tzset, (void))
{
	note_zone();
	if (REAL(tzset))
		REAL(tzset)();
}

WRAP(void *, localtime, (const void *t))
{
	note_zone();
	return CALL(localtime, NULL, t);
}

WRAP(void *, localtime_r, (const void *t, void *tm))
{
	note_zone();
	return CALL(localtime_r, NULL, t, tm);
}

WRAP(long, mktime, (void *tm))
{
	note_zone();
	return CALL(mktime, -1, tm);
}

WRAP(long, timelocal, (void *tm))
{
	note_zone();
	return CALL(timelocal, -1, tm);
}

WRAP(size_t, strftime, (char *to, size_t max, const char *how, const void *tm))
{
	note_zone();
	return CALL(strftime, 0, to, max, how, tm);
}

/* ---- libraries ---- */

/* The loader looks at where dlopen returns to: to find what it searches. So it
 * must not return to us. */

static void *
no_dlopen(const char *path, int flags)
{
	(void)path;
	(void)flags;
	return NULL;
}

__attribute__((used, visibility("hidden")))
void *note_dlopen(const char *path);

void *
note_dlopen(const char *path)
{
	static void *real;
	void *p = objects_find(&real, "dlopen");
	const char *base = path ? text_base(path) : NULL;

	if (base != path && process_on())
		note_path(OBSERVE_READ, 0, path);
	/* The functions that are looked up there are not ours. */
	if (base && (text_starts(base, "libc.so") ||
	    text_starts(base, "libc.musl") || text_starts(base, "ld-musl")))
		note_blind("calls the C library by itself");
	return p ? p : (void *)(uintptr_t)no_dlopen;
}

#if defined(__x86_64__)
__asm__ (".pushsection .text\n"
	".globl dlopen\n"
	".type dlopen, @function\n"
	"dlopen:\n"
	"	.byte 0xf3, 0x0f, 0x1e, 0xfa\n"	/* endbr64 */
	"	pushq %rdi\n"
	"	pushq %rsi\n"
	"	subq $8, %rsp\n"
	"	call note_dlopen\n"
	"	addq $8, %rsp\n"
	"	popq %rsi\n"
	"	popq %rdi\n"
	"	jmp *%rax\n"
	".size dlopen, .-dlopen\n"
	".popsection\n");
#elif defined(__aarch64__)
__asm__ (".pushsection .text\n"
	".globl dlopen\n"
	".type dlopen, %function\n"
	"dlopen:\n"
	"	stp x0, x1, [sp, #-32]!\n"
	"	str x30, [sp, #16]\n"
	"	bl note_dlopen\n"
	"	mov x16, x0\n"
	"	ldr x30, [sp, #16]\n"
	"	ldp x0, x1, [sp], #32\n"
	"	br x16\n"
	".size dlopen, .-dlopen\n"
	".popsection\n");
#endif

/* ---- the working directory ---- */

#define CHDIR(name, params, ...) \
	WRAP(int, name, params) \
	{ \
		int r = CALL(name, -1, __VA_ARGS__); \
		if (r == 0) \
			process_chdir(); \
		return r; \
	}

/* That it is there was asked too; before, as it may be relative. */
WRAP(int, chdir, (const char *path))
{
	int r;

	if (process_on())
		note_path(OBSERVE_LOOK, 0, path);
	r = CALL(chdir, -1, path);
	if (r == 0)
		process_chdir();
	return r;
}

CHDIR(fchdir, (int fd), fd)

/* ---- what outlives the step ---- */

WRAP(int, daemon, (int nochdir, int noclose))
{
	int r = CALL(daemon, -1, nochdir, noclose);

	if (r == 0) {
		process_chdir();
		note_left((int)SYS0(SYS_getpid));
	}
	return r;
}

WRAP(pid_t, setsid, (void))
{
	pid_t group = REAL(setsid) ? REAL(setsid)() : -1;

	if (group > 0)
		note_left(group);
	return group;
}

WRAP(int, setpgid, (pid_t pid, pid_t group))
{
	int r = CALL(setpgid, -1, pid, group);

	if (r == 0)
		note_left(group ? group : pid ? pid : (int)SYS0(SYS_getpid));
	return r;
}

/* ---- what cannot be followed ---- */

#define BLIND(name, what, params, ...) \
	WRAP(int, name, params) \
	{ \
		int r = CALL(name, -1, __VA_ARGS__); \
		if (r >= 0) \
			note_blind(what); \
		return r; \
	}

BLIND(chroot, "changes its root directory", (const char *path), path)
BLIND(unshare, "enters a namespace", (int flags), flags)
BLIND(setns, "enters a namespace", (int fd, int kind), fd, kind)
BLIND(mount, "mounts a file system", (const char *from, const char *to,
	const char *kind, unsigned long flags, const void *data), from, to,
	kind, flags, data)
BLIND(pivot_root, "changes its root directory", (const char *new,
	const char *old), new, old)
BLIND(open_by_handle_at, "opens files without a path", (int fd, void *handle,
	int flags), fd, handle, flags)
BLIND(fanotify_init, "watches a file system", (unsigned flags, unsigned how),
	flags, how)
