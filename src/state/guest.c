/* SPDX-License-Identifier: Apache-2.0 */
#include "state/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/hash.h"
#include "util/process.h"

/* Runs that were started by a step of the run which holds the lock: it waits for
 * them, so they must not wait for it. They know what it has written, and write
 * what they do into a file beside, which it takes over when they have ended.
 * Guests of one level wait for each other; guests of a guest are of the next. */

void
guest_path(const char *path, unsigned level, struct buf *out)
{
	buf_clear(out);
	buf_adds(out, path);
	if (level)
		buf_addf(out, "%u", level);
}

static int
open_guest(struct state_private *p)
{
	struct buf path = { 0 };

	if (p->guest_fd < 0) {
		guest_path(p->guest_path, p->level, &path);
		p->guest_fd = open(path.p, O_WRONLY | O_CREAT | O_APPEND |
		                   O_CLOEXEC | O_NOCTTY, 0666);
		buf_release(&path);
		p->guest_sum = 0;
	}
	return p->guest_fd;
}

static void
add_header(struct state_private *p)
{
	struct journal_header h = {
		.magic = GUEST_MAGIC, .version = STATE_VERSION,
		.order = STATE_ORDER,
	};

	h.sum = hash_bytes(&h, offsetof(struct journal_header, sum));
	buf_add(&p->record, &h, sizeof(h));
	p->guest_sum = h.sum;
}

static void
add_guest_path(struct state *s, uint32_t node)
{
	struct str path = graph_path(s->g, node);

	buf_add(&s->priv->record, path.p, path.n);
	buf_addc(&s->priv->record, '\0');
}

static void
add_payload(struct state *s, uint32_t step)
{
	static const char zero[8];
	const struct graph_step *st = &s->g->steps.p[step];
	const uint32_t *outs = graph_ids(s->g, st->outs);
	struct record_step r = { .nobs = st->nobs, .result = s->result[step] };
	struct buf *b = &s->priv->record;
	size_t at = b->n;

	buf_add(b, &r, sizeof(r));
	add_guest_path(s, outs[0]);
	for (uint32_t i = 0; i < st->nouts; i++) {
		if (s->node_flags[outs[i]] & NODE_FRESH) {
			add_guest_path(s, outs[i]);
			r.nouts++;
		}
	}
	for (uint32_t i = 0; i < st->nobs; i++)
		add_guest_path(s, graph_ids(s->g, st->obs)[i]);
	r.step = (uint32_t)(b->n - at - sizeof(r));
	buf_add(b, zero, record_padded(r.step) - r.step);
	memcpy(b->p + at, &r, sizeof(r));
	for (uint32_t i = 0; i < st->nouts; i++) {
		uint32_t n = outs[i];
		struct record_node node = {
			.flags = s->node_flags[n] & (NODE_KNOWN | NODE_RACY),
			.sig = s->sig[n], .digest = s->digest[n],
			.made = s->made[n],
		};

		if (s->node_flags[n] & NODE_FRESH)
			buf_add(b, &node, sizeof(node));
	}
}

int
guest_record(struct state *s, uint32_t step, struct err *err)
{
	struct state_private *p = s->priv;
	struct record_header h = { .type = RECORD_GUEST };
	struct buf *b = &p->record;
	size_t at;

	if (p->journal_broken)
		return 0;
	buf_clear(b);
	if (open_guest(p) >= 0 && !p->guest_sum)
		add_header(p);
	at = b->n;
	buf_add(b, &h, sizeof(h));
	add_payload(s, step);
	h.len = (uint32_t)(b->n - at - sizeof(h));
	h.sum = p->guest_sum;
	memcpy(b->p + at, &h, sizeof(h));
	h.sum = hash_bytes(b->p + at, b->n - at);
	memcpy(b->p + at, &h.sum, sizeof(h.sum));
	p->guest_sum = h.sum;
	if (p->guest_fd >= 0 && write_all(p->guest_fd, b->p, b->n) == 0)
		return 0;
	/* The host does not learn of it: it runs once more. */
	p->journal_broken = true;
	return err_code(err, EXIT_ENV, "write %s%u: %s", p->guest_path,
	                p->level, strerror(errno));
}

/* ---- the others ---- */

bool
state_has_others(const struct state *s)
{
	struct buf path = { 0 };
	bool yes;

	guest_path(s->priv->lock_path, s->priv->level + 1, &path);
	yes = s->priv->level || access(path.p, F_OK) == 0;
	buf_release(&path);
	return yes;
}

bool
state_waits_below(const struct state *s, pid_t pid)
{
	const struct state_private *p = s->priv;
	DIR *d = opendir(p->dir);
	struct buf start = { 0 };
	struct dirent *e;
	struct process who;
	bool yes = false;

	buf_addf(&start, "%s.waits.", p->name);
	while (d && !yes && (e = readdir(d))) {
		pid_t at;

		if (strncmp(e->d_name, start.p, start.n) != 0)
			continue;
		at = (pid_t)atol(e->d_name + start.n);
		yes = process_is_below(pid, at);
		/* It was killed while it waited. */
		if (!process_look(at, &who))
			unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d)
		closedir(d);
	buf_release(&start);
	return yes;
}

void
guest_waits(const struct state_private *p, bool waits)
{
	struct buf path = { 0 };
	int fd;

	buf_addf(&path, "%s/%s.waits.%ld", p->dir, p->name, (long)getpid());
	if (waits) {
		fd = open(path.p, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
		if (fd >= 0)
			close(fd);
	} else {
		unlink(path.p);
	}
	buf_release(&path);
}
