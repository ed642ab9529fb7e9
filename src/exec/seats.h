/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_EXEC_SEATS_H
#define TG_EXEC_SEATS_H

#include <stdbool.h>
#include <stddef.h>

/* Seats: what runs at one time has different numbers, from 0 on and as small as
 * can be. Tests are told theirs by the variables of pytest-xdist, so that what
 * can be used by one process at a time (a database) can have the number in its
 * name. */

enum { SEAT_NONE = -1 };

/* Between the first seats of runs beside each other; more at once, and two may
 * be told the same. */
enum { SEATS_APART = 1000 };

struct seats {
	bool *taken;
	size_t cap;
	int count;              /* how many run at once at most; below 2 nobody
	                         * is told a number, unless there is a first */
	int first;              /* added to what is told; 0 if not set */
	char run[33];           /* names the run: 32 hexadecimal digits */
};

/* count: see above. */
void seats_init(struct seats *s, int count);
void seats_release(struct seats *s);

/* The first free seat, taken. */
int seats_take(struct seats *s);
/* This one; false: it is not free. */
bool seats_take_this(struct seats *s, int seat);
bool seats_is_free(const struct seats *s, int seat);
void seats_give(struct seats *s, int seat);

/* The environment env (NULL-terminated), in which whoever sits at this seat is
 * told so. To be freed by seats_free_env. */
char **seats_env(const struct seats *s, char *const *env, int seat);
/* Accepts NULL. */
void seats_free_env(char **env);

#endif
