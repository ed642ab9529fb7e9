/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_EXEC_LOOP_H
#define TG_EXEC_LOOP_H

#include <stddef.h>
#include <stdint.h>

/* Waits for descriptors and for times, and calls who has asked for them. What
 * is waited for lies in structs of those who ask, who keep them where they are
 * until they are removed; a loop only points to them. Not for two threads. */
struct loop;

enum loop_what {
	LOOP_READ = 1,
	LOOP_WRITE = 2,
};

/* A descriptor; zero-initialise the rest. */
struct loop_fd {
	int fd;
	unsigned what;          /* enum loop_what: to wait for */
	/* It is ready for this much of it. An error and a hangup count as
	 * ready for all: reading or writing then says what it is. */
	void (*ready)(void *ctx, unsigned what);
	void *ctx;
	size_t place;           /* private: 0: it is in no loop */
};

/* A time; zero-initialise the rest. */
struct loop_timer {
	void (*due)(void *ctx);
	void *ctx;
	int64_t at;             /* private, as all below; as os_now has it */
	uint64_t number;        /* equal times: the one set first goes first */
	size_t place;           /* 0: it is in no loop */
};

struct loop *loop_new(void);
/* Forgets what is still in it. Accepts NULL. */
void loop_free(struct loop *l);

/* From now on f->ready is called. f must be in no loop. */
void loop_add(struct loop *l, struct loop_fd *f);
/* It is not called any more, not even if it is ready already. May be called
 * by any ready or due, before or after the descriptor is closed. Nothing
 * happens if it is in no loop. */
void loop_remove(struct loop *l, struct loop_fd *f);

/* t->due is called once, when this time (os_now) has come; sets one anew that
 * is set. One that due sets to a time that has come waits for the next
 * loop_wait. */
void loop_set(struct loop *l, struct loop_timer *t, int64_t at);
/* It is not called any more. Nothing happens if it is in no loop. */
void loop_unset(struct loop *l, struct loop_timer *t);

/* Waits until something is ready or due, but not beyond a time (os_now; one
 * that is past: does not wait; INT64_MAX: waits on). Then calls, once for each:
 * first those that are ready, in the order in which they were added, then the
 * times in theirs. */
void loop_wait(struct loop *l, int64_t until);

#endif
