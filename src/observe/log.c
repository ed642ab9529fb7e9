/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "observe/internal.h"
#include "util/file.h"
#include "util/os.h"

/* errno, or 0. */
static int
reserve(int fd, off_t n)
{
#ifdef __APPLE__
	return ftruncate(fd, n) < 0 ? errno : 0;
#else
	return posix_fallocate(fd, 0, n);
#endif
}

static void
add_ticket(const struct observe_log *log, struct buf *out)
{
	buf_addf(out, "%016" PRIx64, log->ticket);
}

static int
fill_header(struct observe_log *log)
{
	struct observe_header h = {
		.size = sizeof(h), .tail = sizeof(h), .backed = OBSERVE_CHUNK,
		.nonce = log->nonce,
	};
	struct buf ticket = { 0 };
	int e;

	if (log->ticket)
		add_ticket(log, &ticket);
	h.ticket = log->ticket ? observe_hash(ticket.p) : 0;
	buf_release(&ticket);

	memcpy(h.magic, OBSERVE_MAGIC, sizeof(h.magic));
	e = reserve(log->fd, OBSERVE_CHUNK);
	if (!e && write_all(log->fd, &h, sizeof(h)) < 0)
		e = errno;
	return e;
}

/* A file of no disk costs less to make, to write and to give up. It is opened
 * through the list of what we have open. */
static bool
in_memory(struct observe_log *log)
{
#if HAVE_MEMFD_CREATE
	log->fd = memfd_create("observed", MFD_CLOEXEC);
	if (log->fd < 0)
		return false;
	buf_addf(&log->path, "/proc/%ld/fd/%d", (long)getpid(), log->fd);
	if (access(log->path.p, R_OK | W_OK) == 0 && fill_header(log) == 0)
		return true;
	close(log->fd);
	buf_clear(&log->path);
#endif
	return false;
}

static int
on_disk(struct observe_log *log, const char *path, struct err *err)
{
	int e;

	if (dir_make_parent(path, err) < 0)
		return -1;
	if (unlink(path) < 0 && errno != ENOENT)
		return err_set(err, "remove %s: %s", path, strerror(errno));
	log->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY,
	               0600);
	if (log->fd < 0)
		return err_set(err, "create %s: %s", path, strerror(errno));
	log->file = true;
	buf_adds(&log->path, path);
	/* A child that gives up its user writes too: the directory is ours. */
	e = fchmod(log->fd, 0666) < 0 ? errno : fill_header(log);
	if (!e)
		return 0;
	observe_close(log);
	return err_set(err, "write %s: %s", path, strerror(e));
}

int
observe_make(struct observe_log *log, const char *path, struct err *err)
{
	*log = (struct observe_log){
		.nonce = ((uint64_t)os_now() << 16) ^ (uint64_t)getpid(),
		.ticket = log->ticket,
	};
	return in_memory(log) ? 0 : on_disk(log, path, err);
}

void
observe_variable(const struct observe_log *log, struct buf *out)
{
	buf_addf(out, OBSERVE_LOG_VAR "=%s:%016" PRIx64, log->path.p,
		log->nonce);
}

void
observe_ticket(const struct observe_log *log, struct buf *out)
{
	buf_adds(out, OBSERVE_TICKET_VAR "=");
	add_ticket(log, out);
}

void
observe_close(struct observe_log *log)
{
	if (log->path.n == 0)
		return;
	close(log->fd);
	if (log->file)
		unlink(log->path.p);
	buf_release(&log->path);
	*log = (struct observe_log){ 0 };
}
