/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "util/process.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __APPLE__
#include <libproc.h>
#include <sys/proc.h>
#include <sys/proc_info.h>
#include <sys/time.h>
#endif

#include "util/file.h"
#include "util/mem.h"

#ifdef __linux__

/* proc(5): "PID (NAME) STATE PPID PGRP SESSION ...", where the name may hold
 * anything; the 9th is the kernel's flags, of which PF_EXITING is 4, the 22nd
 * the start. */
static bool
parse_stat(const char *text, struct process *out)
{
	const char *p = strrchr(text, ')');
	char state;
	long parent, group, session;
	int n = 0;

	if (!p || sscanf(p + 1, " %c %ld %ld %ld%n", &state, &parent, &group,
	                 &session, &n) != 4)
		return false;
	p += 1 + n;
	for (int field = 7; field <= 22; field++) {
		p = strchr(p, ' ');
		if (!p)
			return false;
		p++;
		if (field == 9)
			out->ending = strtoul(p, NULL, 10) & 4;
	}
	out->parent = (pid_t)parent;
	out->group = (pid_t)group;
	out->session = (pid_t)session;
	out->start = strtoull(p, NULL, 10);
	out->zombie = state == 'Z' || state == 'X';
	return true;
}

int
process_look(pid_t pid, struct process *out)
{
	char path[64], text[1024];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	if (n <= 0)
		return 0;
	text[n] = '\0';
	*out = (struct process){ .pid = pid };
	return parse_stat(text, out);
}

uint64_t
process_clock(void)
{
	struct timespec ts;
	uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK);

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * hz + (uint64_t)ts.tv_nsec * hz /
	       1000000000;
}

uint64_t
process_tick(void)
{
	return 1;
}

bool
process_each(bool (*see)(void *ctx, const struct process *p), void *ctx)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;
	struct process p;
	bool found = false;

	while (dir && !found && (e = readdir(dir)))
		if (isdigit((unsigned char)e->d_name[0]) &&
		    process_look((pid_t)atol(e->d_name), &p))
			found = see(ctx, &p);
	if (dir)
		closedir(dir);
	return found;
}

static bool
read_link(const char *path, struct buf *out)
{
	char text[4096];
	ssize_t n = readlink(path, text, sizeof(text));

	buf_clear(out);
	if (n < 0 || n == (ssize_t)sizeof(text))
		return false;
	buf_add(out, text, (size_t)n);
	return true;
}

void
process_world(struct buf *out)
{
	struct buf boot = { 0 }, space = { 0 };

	file_read("/proc/sys/kernel/random/boot_id", &boot, NULL);
	read_link("/proc/self/ns/pid", &space);
	buf_clear(out);
	buf_add(out, boot.p, boot.p ? strcspn(boot.p, " \n") : 0);
	buf_addstr(out, buf_str(&space));
	buf_release(&boot);
	buf_release(&space);
}

bool
process_file(pid_t pid, int fd, struct buf *out)
{
	char path[64];

	if (fd < 0)
		snprintf(path, sizeof(path), "/proc/%ld/cwd", (long)pid);
	else
		snprintf(path, sizeof(path), "/proc/%ld/fd/%d", (long)pid, fd);
	return read_link(path, out);
}

#elif defined(__APPLE__)

int
process_look(pid_t pid, struct process *out)
{
	struct proc_bsdinfo i;

	if (proc_pidinfo(pid, PROC_PIDTBSDINFO, 0, &i, sizeof(i)) !=
	    (int)sizeof(i))
		return 0;
	*out = (struct process){
		.pid = pid, .parent = (pid_t)i.pbi_ppid,
		.group = (pid_t)i.pbi_pgid, .session = getsid(pid),
		.start = i.pbi_start_tvsec * 1000000 + i.pbi_start_tvusec,
		.zombie = i.pbi_status == SZOMB,
	};
	return 1;
}

uint64_t
process_clock(void)
{
	struct timeval tv;

	gettimeofday(&tv, NULL);
	return (uint64_t)tv.tv_sec * 1000000 + (uint64_t)tv.tv_usec;
}

uint64_t
process_tick(void)
{
	return 10000;
}

bool
process_each(bool (*see)(void *ctx, const struct process *p), void *ctx)
{
	int n = proc_listallpids(NULL, 0) + 64;
	pid_t *pids = xcalloc((size_t)n, sizeof(*pids));
	struct process p;
	bool found = false;

	n = proc_listallpids(pids, n * (int)sizeof(*pids));
	for (int i = 0; i < n && !found; i++)
		if (process_look(pids[i], &p))
			found = see(ctx, &p);
	free(pids);
	return found;
}

#else

int
process_look(pid_t pid, struct process *out)
{
	(void)pid;
	(void)out;
	return 0;
}

uint64_t
process_clock(void)
{
	return 0;
}

uint64_t
process_tick(void)
{
	return 0;
}

bool
process_each(bool (*see)(void *ctx, const struct process *p), void *ctx)
{
	(void)see;
	(void)ctx;
	return false;
}

#endif

#ifndef __linux__

void
process_world(struct buf *out)
{
	buf_clear(out);
}

bool
process_file(pid_t pid, int fd, struct buf *out)
{
	(void)pid;
	(void)fd;
	buf_clear(out);
	return false;
}

#endif

bool
process_is_below(pid_t pid, pid_t at)
{
	/* A pid may be another process's while we walk: then no circle. */
	enum { MOST = 4096 };
	struct process p;

	for (int i = 0; i < MOST && at > 0; i++) {
		if (at == pid)
			return true;
		if (at == 1 || !process_look(at, &p) || p.parent == at)
			return false;
		at = p.parent;
	}
	return false;
}

bool
process_is_above(pid_t pid)
{
	pid_t group = getpgrp();

	/* Most that are asked for have ended. */
	if (kill(pid, 0) < 0 && errno == ESRCH)
		return false;
	return process_is_below(pid, getppid()) ||
	       (group != getpid() && process_is_below(pid, group));
}
