/* SPDX-License-Identifier: Apache-2.0 */
#include "state/internal.h"

#include <errno.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/vfs.h>
#else
#include <sys/mount.h>
#include <sys/param.h>
#endif

#include "util/mem.h"
#include "util/os.h"

/* A file system's clock ticks every 1 to 10 ms on Linux, or in seconds; the
 * double of it is waited for. */
static const int64_t TICK = 20000000, SECONDS = 2000000000;

/* So far may the clock of another machine's file system be behind. */
static const int64_t DOUBT = 10000000000;

#ifdef __linux__

/* Does another machine give the file its times? By the numbers that statfs(2)
 * lists: what is mounted over a network or by a program of the user's. */
static bool
remote(const char *path)
{
	static const uint32_t kinds[] = {
		0x6969, 0x517b, 0xff534d42, 0xfe534d42, /* NFS, SMB, CIFS */
		0x65735546, 0x01021997, 0x00c36400,     /* FUSE, 9P, Ceph */
		0x5346414f, 0x73757245, 0x0bd00bd3,     /* AFS, Coda, Lustre */
		0x47504653, 0x786f4256,                 /* GPFS, VirtualBox */
	};
	struct statfs st;

	if (statfs(path, &st) < 0)
		return true;
	for (size_t i = 0; i < countof(kinds); i++)
		if ((uint32_t)st.f_type == kinds[i])
			return true;
	return false;
}

#else

static bool
remote(const char *path)
{
	struct statfs st;

	return statfs(path, &st) < 0 || !(st.f_flags & MNT_LOCAL);
}

#endif

/* Could a file with these times change after now (by the clock that gave them)
 * without showing it? */
static bool
is_young(const struct file_sig *sig, int64_t now)
{
	bool coarse = sig->mtime_ns % 1000000000 == 0 &&
	              sig->ctime_ns % 1000000000 == 0;
	int64_t window = coarse ? SECONDS : TICK;
	int64_t age = now - sig->mtime_ns;

	if (age < window && age > -window)
		return true;
	return now - sig->ctime_ns < window;
}

static int64_t
doubt(const struct clock *c, const char *path, const struct file_sig *sig)
{
	return sig->dev != c->dev && remote(path) ? DOUBT : 0;
}

int64_t
clock_now(struct clock *c, int fd)
{
	int64_t wall = os_wall();
	struct file_sig sig;
	struct stat st;

	/* Twice: where times are coarse until somebody has looked, the second
	 * one is later than that of any file written before. */
	for (int i = 0; i < 2; i++)
		if (fd < 0 || futimens(fd, NULL) < 0 || fstat(fd, &st) < 0)
			return wall + c->skew;
	file_sig_of(&st, &sig);
	c->dev = sig.dev;
	c->skew = sig.mtime_ns - wall;
	return sig.mtime_ns;
}

bool
clock_racy(const struct clock *c, const char *path, const struct file_sig *sig,
	int64_t wall)
{
	int64_t now = wall + c->skew;

	if (is_young(sig, now))
		return true;
	/* Its own clock may be behind. */
	return now - sig->ctime_ns < DOUBT && doubt(c, path, sig);
}

int64_t
state_clock(struct state *s)
{
	return clock_now(&s->priv->clock, s->priv->lock_fd);
}

int64_t
state_opened(const struct state *s)
{
	return s->priv->opened;
}

bool
state_changed_since(const struct state *s, const char *path,
	const struct file_sig *sig, int64_t since)
{
	if (sig->ctime_ns >= since)
		return true;
	return sig->ctime_ns >= since - DOUBT &&
	       doubt(&s->priv->clock, path, sig);
}
