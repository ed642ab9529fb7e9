/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/seats.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/os.h"

static const char *const names[] = {
	"PYTEST_XDIST_WORKER=", "PYTEST_XDIST_WORKER_COUNT=",
	"PYTEST_XDIST_TESTRUNUID=",
};

/* No secret: only another one than that of any other run. */
static void
name_run(char *out)
{
	snprintf(out, 33, "%016llx%016llx",
	         (unsigned long long)((uint64_t)os_wall() ^ os_random()),
	         (unsigned long long)((uint64_t)getpid() ^ os_random()));
}

void
seats_init(struct seats *s, int count)
{
	*s = (struct seats){ .count = count };
	name_run(s->run);
}

void
seats_release(struct seats *s)
{
	free(s->taken);
	*s = (struct seats){ 0 };
}

bool
seats_is_free(const struct seats *s, int seat)
{
	return (size_t)seat >= s->cap || !s->taken[seat];
}

bool
seats_take_this(struct seats *s, int seat)
{
	size_t before = s->cap;

	if (!seats_is_free(s, seat))
		return false;
	s->taken = vec_grow(s->taken, &s->cap, (size_t)seat + 1,
	                    sizeof(*s->taken));
	memset(s->taken + before, 0, (s->cap - before) * sizeof(*s->taken));
	s->taken[seat] = true;
	return true;
}

int
seats_take(struct seats *s)
{
	int seat = 0;

	while (!seats_take_this(s, seat))
		seat++;
	return seat;
}

void
seats_give(struct seats *s, int seat)
{
	assert(!seats_is_free(s, seat));
	s->taken[seat] = false;
}

static bool
is_ours(const char *variable)
{
	for (size_t i = 0; i < countof(names); i++)
		if (strncmp(variable, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static char *
seat_variable(const struct seats *s, size_t i, int seat)
{
	struct buf b = { 0 };

	buf_adds(&b, names[i]);
	if (i == 0)
		buf_addf(&b, "gw%d", s->first + seat);
	else if (i == 1)
		buf_addf(&b, "%d", s->first + (seat < s->count ? s->count
		                                             : seat + 1));
	else
		buf_adds(&b, s->run);
	return buf_detach(&b);
}

char **
seats_env(const struct seats *s, char *const *env, int seat)
{
	bool told = (s->count > 1 || s->first) && seat >= 0;
	size_t n = 0, k = 0;
	char **out;

	while (env[n])
		n++;
	out = xcalloc(n + countof(names) + 1, sizeof(*out));
	for (size_t i = 0; i < n; i++)
		if (!told || !is_ours(env[i]))
			out[k++] = xstrdup(env[i]);
	for (size_t i = 0; told && i < countof(names); i++)
		out[k++] = seat_variable(s, i, seat);
	return out;
}

void
seats_free_env(char **env)
{
	for (size_t i = 0; env && env[i]; i++)
		free(env[i]);
	free(env);
}
