/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/places.h"

#include <stdlib.h>
#include <string.h>

#include "exec/argv.h"
#include "sched/internal.h"
#include "util/mem.h"

/* A word POOL:NAME=VALUE of tg_slots, taken apart. */
struct told {
	struct str pool, name, value;
};

static bool
take_apart(const char *word, struct told *t)
{
	const char *colon = strchr(word, ':');
	const char *eq = colon ? strchr(colon, '=') : NULL;

	if (!eq)
		return false;
	t->pool = (struct str){ word, (size_t)(colon - word) };
	t->name = (struct str){ colon + 1, (size_t)(eq - colon - 1) };
	t->value = str_of(eq + 1);
	return true;
}

static bool
words_of(const struct graph *g, uint32_t step, struct argv *words)
{
	struct buf text = { 0 };
	bool any = g->steps.p[step].flags & STEP_SLOTS &&
	           graph_binding(g, step, SYM_TG_SLOTS, GRAPH_RAW, &text,
	                         NULL) == 1 &&
	           argv_split(words, buf_str(&text));

	buf_release(&text);
	return any;
}

bool
places_tell(const struct graph *g, uint32_t step, struct str name)
{
	struct argv words = { 0 };
	struct told t;
	bool told = false;

	if (words_of(g, step, &words))
		for (size_t i = 0; i < words.n && !told; i++)
			told = take_apart(words.v[i], &t) &&
			       str_eq(t.name, name);
	argv_release(&words);
	return told;
}

/* ---- which ---- */

static bool
is_place_taken(const struct build *b, const struct slot *but, uint32_t pool,
	uint32_t number)
{
	for (size_t i = 0; i < b->nslots; i++) {
		const struct slot *s = b->slots[i];

		for (size_t k = 0; s != but && k < s->nplaces; k++)
			if (s->places[k].pool == pool &&
			    s->places[k].number == number)
				return true;
	}
	return false;
}

/* The number of the slot's place in a pool. */
static uint32_t
place_in(struct slot *s, uint32_t pool)
{
	uint32_t number = 0;

	for (size_t i = 0; i < s->nplaces; i++)
		if (s->places[i].pool == pool)
			return s->places[i].number;
	while (is_place_taken(s->b, s, pool, number))
		number++;
	s->places = xreallocarray(s->places, s->nplaces + 1,
	                          sizeof(*s->places));
	s->places[s->nplaces++] = (struct slot_place){ pool, number };
	return number;
}

static char *
variable(const struct told *t, uint32_t number)
{
	static const char mark[] = "{slot}";
	struct str rest = t->value;
	struct buf b = { 0 };

	buf_addstr(&b, t->name);
	buf_addc(&b, '=');
	while (rest.n) {
		size_t n = 1;

		if (str_starts(rest, mark)) {
			n = sizeof(mark) - 1;
			buf_addf(&b, "%u", number);
		} else {
			buf_addc(&b, *rest.p);
		}
		rest.p += n;
		rest.n -= n;
	}
	return buf_detach(&b);
}

char **
places_take(struct slot *s)
{
	struct argv words = { 0 };
	const struct graph *g = s->b->g;
	char **env = NULL;
	size_t n = 0;

	if (words_of(g, s->step, &words)) {
		env = xcalloc(words.n + 1, sizeof(*env));
		for (size_t i = 0; i < words.n; i++) {
			struct told t;

			if (take_apart(words.v[i], &t))
				env[n++] = variable(&t, place_in(s,
					graph_pool(g, t.pool)));
		}
	}
	argv_release(&words);
	return env;
}

void
places_free_env(char **env)
{
	for (size_t i = 0; env && env[i]; i++)
		free(env[i]);
	free(env);
}

void
places_name(const struct slot *s, struct buf *name)
{
	for (size_t i = 0; i < s->nplaces; i++)
		buf_addf(name, "@%u", s->places[i].number);
}

void
places_leave(struct slot *s)
{
	free(s->places);
	s->places = NULL;
	s->nplaces = 0;
}
