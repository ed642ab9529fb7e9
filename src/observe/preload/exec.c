/* SPDX-License-Identifier: Apache-2.0 */
/* What starts programs. */
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/types.h>

#include "observe/preload/note.h"
#include "observe/preload/opening.h"
#include "observe/preload/program.h"
#include "observe/preload/sys.h"
#include "observe/preload/wrap.h"

extern char **environ;

/* ---- the environment that they get ---- */

enum { STACK_MAX = 32768 };

static const char PRELOAD[] = "LD_PRELOAD=";
static const char LOG[] = OBSERVE_LOG_VAR "=";

/* Where this library is in a list of LD_PRELOAD; NULL: it isn't. */
static const char *
find_self(const char *list)
{
	size_t n = text_len(log_self.library);

	while (*list) {
		const char *end = list;

		while (*end && *end != ':' && *end != ' ')
			end++;
		if ((size_t)(end - list) == n &&
		    text_starts(list, log_self.library))
			return list;
		list = *end ? end + 1 : end;
	}
	return NULL;
}

struct env {
	const char *preload, *log;      /* as they are, NULL: unset */
	size_t n;
};

static struct env
own_env(char *const *env)
{
	struct env e = { 0 };

	for (; env && env[e.n]; e.n++) {
		if (text_starts(env[e.n], PRELOAD))
			e.preload = env[e.n];
		else if (text_starts(env[e.n], LOG))
			e.log = env[e.n];
	}
	return e;
}

/* Is it right as it is? That of another log is: a build within this one. */
static bool
is_right(const struct env *e, bool follow)
{
	bool in = e->preload &&
	          find_self(e->preload + sizeof(PRELOAD) - 1) != NULL;

	return follow ? in && e->log : !in && !e->log;
}

/* Bytes needed to put it right; 0: it is. */
static size_t
env_size(char *const *env, bool follow)
{
	struct env e;

	if (!process_on() || !log_self.library)
		return 0;
	e = own_env(env);
	if (is_right(&e, follow))
		return 0;
	return (e.n + 3) * sizeof(char *) + sizeof(PRELOAD) +
	       (e.preload ? text_len(e.preload) : 0) +
	       text_len(log_self.library) + 2;
}

/* LD_PRELOAD with this library as its last one, or without it; NULL: nothing is
 * left of it. */
static char *
make_preload(char *to, const char *old, bool follow)
{
	size_t n = text_len(log_self.library);
	const char *list = old ? old + sizeof(PRELOAD) - 1 : "", *own;
	char *at = text_copy(to, PRELOAD, sizeof(PRELOAD) - 1);

	while ((own = find_self(list))) {
		at = text_copy(at, list, (size_t)(own - list));
		list = own + n;
		list += *list != '\0';
	}
	at = text_copy(at, list, text_len(list));
	while (at > to + sizeof(PRELOAD) - 1 && at[-1] == ':')
		*--at = '\0';
	if (follow) {
		if (at > to + sizeof(PRELOAD) - 1)
			*at++ = ':';
		at = text_copy(at, log_self.library, n);
	}
	return at > to + sizeof(PRELOAD) - 1 ? to : NULL;
}

/* The environment put right, in space of env_size; or as it is. */
static char *const *
fix_env(char *const *env, bool follow, char *space, size_t size)
{
	struct env e = own_env(env);
	char **out = (char **)(void *)space;
	size_t k = 0;
	char *preload;

	if (size == 0 || !space)
		return env;
	preload = make_preload(space + (e.n + 3) * sizeof(char *), e.preload,
	                       follow);
	for (size_t i = 0; i < e.n; i++)
		if (env[i] != e.preload && (env[i] != e.log || follow))
			out[k++] = env[i];
	if (preload)
		out[k++] = preload;
	if (follow && !e.log)
		out[k++] = (char *)log_self.variable;
	out[k] = NULL;
	return out;
}

/* Another user may not be let in where this library lies, and after chroot it
 * is not there: the loader of the program would complain to who reads what the
 * program prints. */
static bool
can_load(void)
{
	return !process_on() || !log_self.library ||
	       SYS3(SYS_faccessat, AT_FDCWD, log_self.library, 4) == 0;
}

static void *
map(size_t n)
{
	long p = sys6(SYS_mmap, 0, (long)n, PROT_READ | PROT_WRITE,
	              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p < 0 && p > -4096 ? NULL : (void *)p;
}

static void
unmap(void *p, size_t n)
{
	if (p && n > STACK_MAX)
		SYS3(SYS_munmap, p, n, 0);
}

/* Makes env what the program is to get; the space is the caller's stack. */
#define PUT_RIGHT(env, flags) \
	const bool follow = !((flags) & (OBSERVE_FOREIGN | OBSERVE_ASAN)) && \
		can_load(); \
	size_t size = env_size(env, follow); \
	char *space = size == 0 ? NULL : size <= STACK_MAX ? \
		__builtin_alloca(size) : map(size); \
	env = fix_env(env, follow, space, size)

/* ---- those that another process follows ---- */

enum { WORDS_MOST = 2000 };

/* The program that has itself followed and becomes another, in text of 4096
 * bytes, if it is to be used for this one; NULL: not. */
static const char *
follower(const char *file, char *const *argv, unsigned flags, char *text)
{
	static const char name[] = "tgraph-follow";
	const char *own = log_self.library;
	size_t n = own ? text_len(own) : 0, words = 0;

	if (!(flags & OBSERVE_STATIC) || !file || !argv || !argv[0] || n == 0)
		return NULL;
	while (words < WORDS_MOST && argv[words])
		words++;
	while (n && own[n - 1] != '/')
		n--;
	if (words == WORDS_MOST || n + sizeof(name) > 4096 ||
	    SYS3(SYS_faccessat, AT_FDCWD, file, 1 /* X_OK */) != 0)
		return NULL;
	text_copy(text, own, n);
	text_copy(text + n, name, sizeof(name) - 1);
	return SYS3(SYS_faccessat, AT_FDCWD, text, 1) == 0 ? text : NULL;
}

static size_t
words_size(char *const *argv)
{
	size_t n = 0;

	while (argv[n])
		n++;
	return (n + 3) * sizeof(*argv);
}

static char *const *
add_words(char **to, const char *first, const char *file, char *const *argv)
{
	size_t n = 2;

	to[0] = (char *)first;
	to[1] = (char *)file;
	while (*argv)
		to[n++] = *argv++;
	to[n] = NULL;
	return to;
}

/* Has path started in the place of file, if it is to be followed; the space is
 * the caller's stack. */
#define FOLLOW(path, file, argv, flags) \
	char follower_text[4096]; \
	const char *by = process_on() ? \
		follower(file, argv, flags, follower_text) : NULL; \
	if (by) { \
		argv = add_words(__builtin_alloca(words_size(argv)), by, file, \
		                 argv); \
		path = by; \
	}

/* ---- telling of them ---- */

/* Tells of a program that is to be started, and what it is. */
static struct observe_record *
note_program(const char *path, unsigned flags)
{
	struct observe_record r = { .kind = OBSERVE_EXEC };
	char text[4096];
	size_t n = 0;

	if (!path || !process_on())
		return NULL;
	if (!(flags & OBSERVE_SPAWN))
		r.pid = (uint32_t)SYS0(SYS_getpid);
	r.flags = (uint8_t)flags;
	/* A child of vfork has gone elsewhere unseen. */
	if (path[0] != '/') {
		long k = SYS3(SYS_getcwd, text, sizeof(text) - 1, 0);

		n = k > 1 && text[0] == '/' ? (size_t)k : 0;
		if (n)
			text[n - 1] = '/';
	}
	if (n + text_len(path) >= sizeof(text)) {
		log_lose(OBSERVE_LOST_PATH);
		return NULL;
	}
	text_copy(text + n, path, text_len(path));
	return log_add(&r, text, n + text_len(path));
}

static void
tell_end(struct observe_record *r, int error, pid_t pid)
{
	if (!r)
		return;
	__atomic_store_n(&r->error, (uint16_t)error, __ATOMIC_RELEASE);
	if (pid)
		__atomic_store_n(&r->pid, (uint32_t)pid, __ATOMIC_RELEASE);
}

/* The file that PATH has for a name, in text of 4096 bytes; as it is if it has
 * a slash, or there is none. */
static const char *
find_in_path(const char *name, char *text)
{
	const char *at = "/bin:/usr/bin";
	size_t len;

	if (!name || !process_on())
		return name;
	if (text_base(name) != name)
		return name;
	for (char **e = environ; e && *e; e++)
		if (text_starts(*e, "PATH="))
			at = *e + 5;
	note_env("PATH", at);
	len = text_len(name);
	for (;;) {
		const char *end = at;
		size_t n;
		long r;

		while (*end && *end != ':')
			end++;
		n = (size_t)(end - at);
		if (n + len + 2 < 4096) {
			char *to = text_copy(text, at, n);

			if (n)
				*to++ = '/';
			text_copy(to, name, len);
			r = SYS3(SYS_faccessat, AT_FDCWD, text, 1 /* X_OK */);
			note_look(AT_FDCWD, text, 0, r < 0 ? (int)-r : 0,
			          NULL);
			if (r == 0)
				return text;
		}
		if (!*end)
			return name;
		at = end + 1;
	}
}

/* ---- exec ---- */

WRAP(int, execve, (const char *path, char *const *argv, char *const *env))
{
	unsigned flags = process_on() ? program_flags(path) : 0;
	struct observe_record *told = note_program(path, flags);
	int r;

	PUT_RIGHT(env, flags);
	FOLLOW(path, path, argv, flags);
	r = CALL(execve, -1, path, argv, env);
	tell_end(told, errno, 0);
	unmap(space, size);
	return r;
}

static int
exec_env(const char *path, char *const *argv, char *const *env)
{
	return w_execve(path, argv, env);
}

WRAP(int, execv, (const char *path, char *const *argv))
{
	(void)real_execv;
	return exec_env(path, argv, environ);
}

/* A file that is no program is a script for the shell: that is libc's to see
 * to. */
WRAP(int, execvpe, (const char *name, char *const *argv, char *const *env))
{
	char text[4096];
	const char *path = find_in_path(name, text);
	unsigned flags = process_on() ? program_flags(path) : 0;
	struct observe_record *told = note_program(path, flags);
	int r;

	PUT_RIGHT(env, flags);
	FOLLOW(name, path, argv, flags);
	r = CALL(execvpe, -1, name, argv, env);
	tell_end(told, errno, 0);
	unmap(space, size);
	return r;
}

WRAP(int, execvp, (const char *name, char *const *argv))
{
	(void)real_execvp;
	return w_execvpe(name, argv, environ);
}

WRAP(int, fexecve, (int fd, char *const *argv, char *const *env))
{
	char text[4096];
	const char *path = process_on() && fd_path(fd, text, sizeof(text)) ? text
	                                                               : NULL;
	unsigned flags = path ? program_flags(path) : 0;
	struct observe_record *told = note_program(path, flags);
	int r;

	PUT_RIGHT(env, flags);
	r = CALL(fexecve, -1, fd, argv, env);
	tell_end(told, errno, 0);
	unmap(space, size);
	return r;
}

WRAP(int, execveat, (int dirfd, const char *name, char *const *argv,
	char *const *env, int how))
{
	char text[4096 + 1];
	const char *path = name;
	struct observe_record *told;
	unsigned flags;
	int r;

	if (process_on() && name && *name == '\0')
		path = fd_path(dirfd, text, sizeof(text)) ? text : NULL;
	else if (process_on() && name && *name != '/' && dirfd != AT_FDCWD)
		path = NULL;
	flags = path && process_on() ? program_flags(path) : 0;
	told = note_program(path ? path : "/", flags);
	PUT_RIGHT(env, flags);
	r = CALL(execveat, -1, dirfd, name, argv, env, how);
	tell_end(told, errno, 0);
	unmap(space, size);
	return r;
}

/* The words of an argument list that begins with first, with its NULL, and
 * what follows that. */
#define WORDS(first) \
	size_t n = 1, i = 1; \
	char **argv; \
	va_list ap; \
	va_start(ap, first); \
	while (va_arg(ap, char *)) \
		n++; \
	va_end(ap); \
	argv = __builtin_alloca((n + 1) * sizeof(*argv)); \
	argv[0] = (char *)first; \
	va_start(ap, first); \
	while ((argv[i] = va_arg(ap, char *))) \
		i++

WRAP(int, execl, (const char *path, const char *first, ...))
{
	WORDS(first);
	va_end(ap);
	(void)real_execl;
	return exec_env(path, argv, environ);
}

WRAP(int, execlp, (const char *name, const char *first, ...))
{
	WORDS(first);
	va_end(ap);
	(void)real_execlp;
	return w_execvpe(name, argv, environ);
}

WRAP(int, execle, (const char *path, const char *first, ...))
{
	char *const *env;

	WORDS(first);
	env = va_arg(ap, char *const *);
	va_end(ap);
	(void)real_execle;
	return exec_env(path, argv, env);
}

/* ---- spawn ---- */

#define SPAWN(name, file) \
	WRAP(int, name, (pid_t *pid, const char *path, const void *actions, \
		const void *attr, char *const *argv, char *const *env)) \
	{ \
		char text[4096]; \
		const char *at = file; \
		unsigned flags = process_on() ? program_flags(at) : 0; \
		struct observe_record *told = note_program(at, \
			flags | OBSERVE_SPAWN); \
		pid_t child = 0; \
		int r; \
		(void)text; \
		PUT_RIGHT(env, flags); \
		FOLLOW(path, at, argv, flags) \
		r = REAL(name) ? REAL(name)(&child, path, actions, attr, argv, \
		                            env) : ENOSYS; \
		tell_end(told, r, r ? 0 : child); \
		unmap(space, size); \
		if (pid && r == 0) \
			*pid = child; \
		return r; \
	}

SPAWN(posix_spawn, path)
SPAWN(posix_spawnp, find_in_path(path, text))

WRAP(int, posix_spawn_file_actions_addopen, (void *actions, int fd,
	const char *path, int flags, mode_t mode))
{
	struct opening o = open_begins(AT_FDCWD, path, flags);

	o.tail = log_end();
	open_ends(&o, AT_FDCWD, path, flags, 0);
	return CALL(posix_spawn_file_actions_addopen, ENOSYS, actions, fd,
	            path, flags, mode);
}

/* ---- through a shell of libc's ---- */

/* It gets the environment as it is. */
static void
check_environ(void)
{
	if (process_on() && env_size(environ, true))
		note_blind("runs a shell with an environment of its own");
}

WRAP(int, system, (const char *command))
{
	check_environ();
	return CALL(system, -1, command);
}

WRAP(void *, popen, (const char *command, const char *mode))
{
	check_environ();
	return CALL(popen, NULL, command, mode);
}

WRAP(int, wordexp, (const char *words, void *out, int flags))
{
	check_environ();
	return CALL(wordexp, -1, words, out, flags);
}
