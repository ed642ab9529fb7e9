/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/preload/note.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>

#include "observe/preload/sys.h"

extern char **environ;

enum { LONGEST = 4096 };

size_t
fd_path(int fd, char *text, size_t size)
{
	char name[32] = "/proc/self/fd/", digits[12];
	size_t n = 0, at = text_len(name);
	unsigned v = (unsigned)fd;
	long r;

	if (fd < 0)
		return 0;
	do {
		digits[n++] = (char)('0' + v % 10);
	} while (v /= 10);
	while (n)
		name[at++] = digits[--n];
	name[at] = '\0';
	r = SYS4(SYS_readlinkat, AT_FDCWD, name, text, size - 1);
	if (r <= 0 || text[0] != '/')
		return 0;
	text[r] = '\0';
	return (size_t)r;
}

void
note(const struct observe_record *e, int dirfd, const char *path)
{
	struct observe_record r = *e;
	char text[LONGEST + 256];
	size_t n, len;

	/* That would be no path that one may read. */
	if (!path || r.error == EFAULT || !process_on() ||
	    process_quiet(path))
		return;
	if (path[0] == '/') {
		log_put(&r, path);
		return;
	}
	if (dirfd == AT_FDCWD) {
		r.cwd = __atomic_load_n(&log_self.cwd, __ATOMIC_ACQUIRE);
		if (r.cwd == 0)
			log_lose(OBSERVE_LOST_PATH);
		log_put(&r, path);
		return;
	}
	n = fd_path(dirfd, text, LONGEST);
	if (n == 0)
		return; /* nothing can be found in it */
	len = text_len(path);
	if (n + 1 + len >= sizeof(text)) {
		log_lose(OBSERVE_LOST_PATH);
		return;
	}
	text[n] = '/';
	text_copy(text + n + 1, path, len);
	log_put(&r, text);
}

void
note_path(enum observe_kind kind, unsigned flags, const char *path)
{
	struct observe_record r = {
		.kind = (uint8_t)kind, .flags = (uint8_t)flags,
	};

	note(&r, AT_FDCWD, path);
}

void
note_fd(enum observe_kind kind, unsigned flags, int fd)
{
	char text[LONGEST];

	if (process_on() && fd_path(fd, text, sizeof(text)))
		note_path(kind, flags, text);
}

void
note_look(int dirfd, const char *path, unsigned flags, int error,
	const struct stat *st)
{
	struct observe_record r = {
		.kind = OBSERVE_LOOK, .flags = (uint8_t)flags,
		.error = (uint16_t)error,
	};

	if (st && error == 0) {
		r.flags |= OBSERVE_STAT;
		r.mode = st->st_mode;
		if (S_ISREG(st->st_mode))
			r.size = (uint64_t)st->st_size;
	}
	note(&r, dirfd, path);
}

void
note_write(enum observe_kind kind, int dirfd, const char *path, int error,
	uint64_t tail)
{
	struct observe_record r = {
		.kind = (uint8_t)kind, .error = (uint16_t)error, .size = tail,
	};

	note(&r, dirfd, path);
}

void
note_move(int dirfd, const char *path, int error, uint64_t tail)
{
	struct observe_record r = {
		.kind = OBSERVE_WRITE, .flags = OBSERVE_MOVED,
		.error = (uint16_t)error, .size = tail,
	};

	note(&r, dirfd, path);
}

void
note_env(const char *name, const char *value)
{
	struct observe_record r = {
		.kind = OBSERVE_ENV, .size = value ? observe_hash(value) : 0,
	};

	if (name && process_on())
		log_put(&r, name);
}

const char *
note_variable(const char *name)
{
	const char *value = NULL;
	size_t n = text_len(name);

	for (char **e = environ; !value && e && *e; e++)
		if (text_starts(*e, name) && (*e)[n] == '=')
			value = *e + n + 1;
	note_env(name, value);
	return value;
}

void
note_left(int group)
{
	struct observe_record r = {
		.kind = OBSERVE_LEFT, .pid = (uint32_t)group,
	};

	if (process_on())
		log_add(&r, "", 0);
}

void
note_blind(const char *what)
{
	struct observe_record r = { .kind = OBSERVE_BLIND };

	if (process_on())
		log_put(&r, what);
}
