/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "observe/follow/internal.h"
#include "observe/preload/sys.h"

int
file_look(const char *path, bool follow, uint32_t *mode, uint64_t *size)
{
	struct stat st;
	long r = SYS4(SYS_newfstatat, AT_FDCWD, path, &st,
	              follow ? 0 : AT_SYMLINK_NOFOLLOW);

	if (r < 0)
		return (int)-r;
	*mode = st.st_mode;
	*size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	return 0;
}

int
file_access(const char *path, int how)
{
	return (int)-SYS3(SYS_faccessat, AT_FDCWD, path, how);
}

static char *
add_number(char *to, unsigned v)
{
	char digits[12];
	size_t n = 0;

	do {
		digits[n++] = (char)('0' + v % 10);
	} while (v /= 10);
	while (n)
		*to++ = digits[--n];
	*to = '\0';
	return to;
}

/* /proc/TID/NAME */
static char *
add_name(char *to, pid_t tid, const char *name)
{
	to = text_copy(to, "/proc/", 6);
	to = add_number(to, (unsigned)tid);
	*to++ = '/';
	return text_copy(to, name, text_len(name));
}

size_t
file_of(pid_t tid, const char *name, int fd, char *text, size_t size)
{
	char link[64], *end = add_name(link, tid, fd < 0 ? name : "fd/");
	long n;

	if (fd >= 0)
		add_number(end, (unsigned)fd);
	n = SYS4(SYS_readlinkat, AT_FDCWD, link, text, size - 1);
	if (n <= 0 || text[0] != '/')
		return 0;
	text[n] = '\0';
	return (size_t)n;
}

pid_t
file_process(pid_t tid)
{
	char name[64], text[512];
	pid_t pid = 0;
	long fd, n;

	add_name(name, tid, "status");
	fd = SYS4(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC, 0);
	n = fd < 0 ? 0 : SYS3(SYS_read, fd, text, sizeof(text) - 1);
	if (fd >= 0)
		SYS3(SYS_close, fd, 0, 0);
	text[n > 0 ? n : 0] = '\0';
	for (const char *p = text; *p; p++) {
		if (!text_starts(p, "\nTgid:"))
			continue;
		for (p += 6; *p == ' ' || *p == '\t'; p++)
			continue;
		for (; *p >= '0' && *p <= '9'; p++)
			pid = pid * 10 + (*p - '0');
		break;
	}
	return pid;
}
