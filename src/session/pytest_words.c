/* SPDX-License-Identifier: Apache-2.0 */
#include "session/pytest_words.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session/hints.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/path.h"

/* The words that are sorted, and where the next one is. */
struct sorting {
	struct options *o;
	const struct pytest_options *table;
	char **words;
	int n, at;
	char **targets;         /* what is none of pytest's options */
	int ntargets;
};

static void
add_word(struct options *o, struct option_list *list, char *word)
{
	option_list_add(&o->owned, word);
	option_list_add(list, word);
}

/* "--name=value", or "-xvalue", or the name alone. */
static char *
whole_word(struct str name, const char *value)
{
	struct buf b = { 0 };

	buf_addstr(&b, name);
	if (value && str_starts(name, "--"))
		buf_addc(&b, '=');
	if (value)
		buf_adds(&b, value);
	return buf_detach(&b);
}

/* An option that pytest is not given, as tgraph does by itself what it is for,
 * or nothing like it. */
static int
not_given(struct str name, enum pytest_use use, struct err *err)
{
	struct buf hint = { 0 }, word = { 0 };
	int r;

	buf_addstr(&word, name);
	if (!hint_known(word.p, &hint))
		buf_adds(&hint, use == USE_ENDS ?
			"pytest runs no tests with it" :
			"it is for a whole run of pytest, and tgraph runs each "
			"file by itself");
	r = err_code(err, EXIT_USAGE, "%s: %s", word.p, hint.p);
	buf_release(&hint);
	buf_release(&word);
	return r;
}

/* Is it for a run in the foreground? */
static bool
is_debugging(struct str name)
{
	return str_is(name, "--pdbcls") || str_is(name, "--trace");
}

/* Takes an option of pytest's; value may be NULL. */
static int
take_option(struct sorting *s, struct str name, const char *value,
	struct err *err)
{
	const struct pytest_option *known = pytest_options_get(s->table, name);
	enum pytest_use use = known ? known->use : USE_DECIDES;
	int r = options_take_pytest(s->o, name, value, err);

	if (r != 2)
		return r < 0 ? -1 : 0;
	if (s->o->debug && is_debugging(name))
		use = USE_SHOWS;
	if (use == USE_DROPPED || use == USE_ENDS)
		return not_given(name, use, err);
	add_word(s->o, use == USE_SHOWS ? &s->o->shows : &s->o->pytest,
	         whole_word(name, value));
	return 0;
}

static const char *
next_word(struct sorting *s)
{
	return s->at < s->n ? s->words[s->at++] : NULL;
}

static int
lacks_value(struct str name, struct err *err)
{
	return err_code(err, EXIT_USAGE, "%.*s after --: a value is missing",
	                (int)name.n, name.p);
}

/* A cluster of letters; one that has a value takes the rest of the word. */
static int
take_letters(struct sorting *s, const char *word, struct err *err)
{
	for (size_t i = 1; word[i]; i++) {
		char letter[] = { '-', word[i], '\0' };
		struct str name = str_of(letter);
		enum pytest_value takes = pytest_options_find(s->table, name);
		const char *value = NULL;

		if (takes == OPTION_UNKNOWN)
			return err_code(err, EXIT_USAGE, "%s after --: pytest "
			                "has no option %s", word, letter);
		if (takes == OPTION_VALUED || takes == OPTION_MAYBE) {
			value = word[i + 1] ? word + i + 1 : next_word(s);
			if (!value)
				return lacks_value(name, err);
		}
		if (take_option(s, name, value, err) < 0)
			return -1;
		if (value)
			break;
	}
	return 0;
}

/* Does the word name something that may be a target? */
static bool
may_be_target(const char *word)
{
	struct buf path = { 0 };
	const char *id = strstr(word, "::");
	bool there;

	buf_add(&path, word, id ? (size_t)(id - word) : strlen(word));
	there = path.n && access(path.p, F_OK) == 0;
	buf_release(&path);
	return there;
}

/* An option of a plugin of which it is not known whether the next word is its
 * value. */
static int
take_unknown(struct sorting *s, struct str name, struct err *err)
{
	const char *next = s->at < s->n ? s->words[s->at] : NULL;

	add_word(s->o, &s->o->pytest, whole_word(name, NULL));
	if (!next || *next == '-')
		return 0;
	if (may_be_target(next))
		return err_code(err, EXIT_USAGE, "%.*s %s after --: is it a "
		                "value or a target? Write %.*s=%s, or the "
		                "target before --", (int)name.n, name.p, next,
		                (int)name.n, name.p, next);
	add_word(s->o, &s->o->pytest, whole_word(str_of(next), NULL));
	s->at++;
	return 0;
}

static int
take_long(struct sorting *s, const char *word, struct err *err)
{
	const char *eq = strchr(word, '='), *value = eq ? eq + 1 : NULL;
	struct str name = { word, eq ? (size_t)(eq - word) : strlen(word) };
	const char *next = s->at < s->n ? s->words[s->at] : NULL;

	switch (pytest_options_find(s->table, name)) {
	case OPTION_UNKNOWN:
		if (!eq)
			return take_unknown(s, name, err);
		break;
	case OPTION_VALUED:
		if (!eq && !next)
			return lacks_value(name, err);
		value = eq ? value : next_word(s);
		break;
	case OPTION_MAYBE:
		if (!eq && next && *next != '-')
			value = next_word(s);
		break;
	case OPTION_ALONE:
		break;
	}
	return take_option(s, name, value, err);
}

static int
take_next(struct sorting *s, struct err *err)
{
	char *word = s->words[s->at++];

	if (strncmp(word, "--", 2) == 0 && word[2])
		return take_long(s, word, err);
	if (word[0] == '-' && word[1] && word[1] != '-')
		return take_letters(s, word, err);
	s->targets[s->ntargets++] = word;
	return 0;
}

int
pytest_words_sort(struct options *o, const struct pytest_options *table,
	struct err *err)
{
	int before = o->nargs - o->nafter, r = 0;
	struct sorting s = {
		.o = o, .table = table, .words = o->args + before,
		.n = o->nafter,
	};

	if (!o->nafter)
		return 0;
	s.targets = xcalloc((size_t)o->nargs + 1, sizeof(*s.targets));
	memcpy(s.targets, o->args, (size_t)before * sizeof(*s.targets));
	s.ntargets = before;
	while (r == 0 && s.at < s.n)
		r = take_next(&s, err);
	o->own_args = o->args = s.targets;
	o->nargs = s.ntargets;
	o->nafter = 0;
	options_find_versions(o);
	return r;
}

static void
add_shown(struct buf *out, const char *word)
{
	if (out->n)
		buf_addc(out, ' ');
	path_shell(out, str_of(word));
}

/* What the variable is to hold, in words of the shell. */
static void
add_all_shown(const struct options *o, struct buf *out)
{
	struct buf b = { 0 };

	if (o->maxfail) {
		buf_addf(&b, "--maxfail=%d", o->maxfail);
		add_shown(out, b.p);
	}
	if (o->verbosity > 1) {
		buf_clear(&b);
		buf_addf(&b, "--verbosity=%d", o->verbosity);
		add_shown(out, b.p);
	}
	for (size_t i = 0; i < o->shows.n; i++)
		add_shown(out, o->shows.v[i]);
	buf_release(&b);
}

int
pytest_words_take(struct session *s, struct options *o, struct err *err)
{
	struct pytest_options table;
	struct arena a = { 0 };
	struct buf shown = { 0 };
	int r = 0;

	if (s->python && o->nafter)
		r = pytest_options_read(&a, s->rules.p, &table, err);
	if (r == 0 && s->python)
		r = pytest_words_sort(o, &table, err);
	if (s->python)
		add_all_shown(o, &shown);
	if (shown.n)
		setenv(PYTEST_WORDS_VARIABLE, shown.p, 1);
	else
		unsetenv(PYTEST_WORDS_VARIABLE);
	buf_release(&shown);
	arena_release(&a);
	return r;
}
