/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "util/os.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#endif
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

#include "util/file.h"
#include "util/mem.h"

static int64_t
clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t
os_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t
os_wall(void)
{
	return clock_ns(CLOCK_REALTIME);
}

uint64_t
os_random(void)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	uint64_t drawn = 0;

	if (fd >= 0) {
		if (read(fd, &drawn, sizeof(drawn)) != sizeof(drawn))
			drawn = 0;
		close(fd);
	}
	return drawn ? drawn : (uint64_t)os_wall() << 20 ^ (uint64_t)getpid();
}

/* The first number of a small file; -1: none ("max" too). */
static double
number_in(const char *path, double *second)
{
	char text[128];
	FILE *f = fopen(path, "re");
	double v = -1;

	if (!f)
		return -1;
	if (fgets(text, sizeof(text), f)) {
		char *end;

		v = strtod(text, &end);
		if (end == text)
			v = -1;
		if (second)
			*second = strtod(end, NULL);
	}
	fclose(f);
	return v;
}

static double
cgroup_cpus(void)
{
	double quota, period = 0;

	quota = number_in("/sys/fs/cgroup/cpu.max", &period);
	if (quota > 0 && period > 0)
		return quota / period;
	quota = number_in("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", NULL);
	period = number_in("/sys/fs/cgroup/cpu/cpu.cfs_period_us", NULL);
	return quota > 0 && period > 0 ? quota / period : 0;
}

int
os_cpus(void)
{
	double quota = cgroup_cpus();
	long n = 0;

#ifdef __linux__
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = CPU_COUNT(&set);
#endif
	/* which opens a file */
	if (n == 0)
		n = sysconf(_SC_NPROCESSORS_ONLN);
	if (quota > 0 && quota < (double)n)
		n = (long)(quota + 0.999);
	return n < 1 ? 1 : (int)n;
}

double
os_load(void)
{
	double load[1];

	return getloadavg(load, 1) == 1 ? load[0] : -1;
}

uint64_t
os_mem_available(void)
{
	char line[256];
	unsigned long long kib = 0;
	double limit, used;
	FILE *f = fopen("/proc/meminfo", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			break;
	if (f)
		fclose(f);
	limit = number_in("/sys/fs/cgroup/memory.max", NULL);
	used = number_in("/sys/fs/cgroup/memory.current", NULL);
	if (limit > 0 && used >= 0 && limit - used < (double)kib * 1024)
		return limit > used ? (uint64_t)(limit - used) : 1;
	return kib * 1024;
}

int
os_self(struct buf *out, struct err *err)
{
	buf_reserve(out, 4096);
#ifdef __APPLE__
	uint32_t size = 4096;

	if (_NSGetExecutablePath(out->p + out->n, &size) == 0) {
		out->n += strlen(out->p + out->n);
		return 0;
	}
	return err_set(err, "cannot tell the path of this executable");
#else
	ssize_t n = readlink("/proc/self/exe", out->p + out->n, 4096);

	if (n <= 0 || n == 4096)
		return err_set(err, "readlink /proc/self/exe: %s",
		               strerror(errno));
	out->n += (size_t)n;
	out->p[out->n] = '\0';
	return 0;
#endif
}

int
os_cwd(struct buf *out, struct err *err)
{
	size_t room = 1024;

	for (;;) {
		buf_reserve(out, room);
		if (getcwd(out->p + out->n, room))
			break;
		if (errno != ERANGE)
			return err_set(err, "getcwd: %s", strerror(errno));
		room *= 2;
	}
	out->n += strlen(out->p + out->n);
	return 0;
}

struct parallel {
	atomic_uint next;
	uint32_t n, chunk;
	void (*fn)(void *, uint32_t);
	void *ctx;
};

static void *
parallel_run(void *arg)
{
	struct parallel *p = arg;

	for (;;) {
		uint32_t from = atomic_fetch_add(&p->next, p->chunk);
		uint32_t to;

		if (from >= p->n)
			return NULL;
		to = p->n - from < p->chunk ? p->n : from + p->chunk;
		for (uint32_t i = from; i < to; i++)
			p->fn(p->ctx, i);
	}
}

void
os_parallel(unsigned threads, uint32_t n, void (*fn)(void *ctx, uint32_t i),
	void *ctx)
{
	struct parallel p = { .n = n, .fn = fn, .ctx = ctx };
	pthread_t *ids;
	unsigned started = 0;

	if (threads == 0)
		threads = n < 2 ? 1 : (unsigned)os_cpus();
	if (threads > n)
		threads = n;
	p.chunk = n / (threads * 8 + 1) + 1;
	if (p.chunk > 256)
		p.chunk = 256;
	atomic_init(&p.next, 0);
	ids = xcalloc(threads, sizeof(*ids));
	while (started + 1 < threads &&
	       pthread_create(&ids[started], NULL, parallel_run, &p) == 0)
		started++;
	parallel_run(&p);
	for (unsigned i = 0; i < started; i++)
		pthread_join(ids[i], NULL);
	free(ids);
}

int
os_std_fds(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return -1;
	return 0;
}

void
os_signals(void)
{
	static const int needed[] = { SIGCHLD, SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < countof(needed); i++)
		sigaddset(&set, needed[i]);
	sigaction(SIGCHLD, &sa, NULL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int
os_columns(int fd)
{
	struct winsize w;

	if (!isatty(fd) || ioctl(fd, TIOCGWINSZ, &w) < 0)
		return 0;
	return w.ws_col;
}

void
os_getopt_start(void)
{
#ifdef __APPLE__
	optind = 1;
	optreset = 1;
#else
	optind = 0;
#endif
}
