/* SPDX-License-Identifier: Apache-2.0 */
#include "front/internal.h"

#include <stdlib.h>
#include <string.h>

/* Words of addopts that pytest is not given. */

struct dropped {
	const struct pytest_options *table;
	const struct pytest_list *words;
	struct buf *out;
};

/* Those that tgraph heeds itself, or that nobody would miss. */
static bool
is_missed(struct str name)
{
	return !str_starts(name, "--cov") && !str_starts(name, "--no-cov") &&
	       !str_starts(name, "--durations") && !str_is(name, "--color") &&
	       !str_starts(name, "--cache");
}

static const struct pytest_option *
find_dropped(const struct dropped *d, struct str name)
{
	const struct pytest_option *o = pytest_options_get(d->table, name);

	return o && o->use == USE_DROPPED && is_missed(name) ? o : NULL;
}

/* An option, and the next word if that is its value. Returns how many words. */
static size_t
add_option(struct dropped *d, size_t at, struct str word, bool attached,
	enum pytest_value takes)
{
	const struct pytest_list *l = d->words;
	bool more = at + 1 < l->n && !attached && takes != OPTION_ALONE &&
	            takes != OPTION_UNKNOWN &&
	            !str_starts(l->v[at + 1], "-");

	buf_addc(d->out, ' ');
	buf_addstr(d->out, word);
	if (more) {
		buf_addc(d->out, ' ');
		buf_addstr(d->out, l->v[at + 1]);
	}
	return 1 + more;
}

static size_t
take_long(struct dropped *d, size_t at, struct str word)
{
	struct str name = word;
	size_t eq = 0;

	while (eq < word.n && word.p[eq] != '=')
		eq++;
	name.n = eq;
	if (!find_dropped(d, name))
		return 1;
	return add_option(d, at, word, eq < word.n,
	                  pytest_options_find(d->table, name));
}

/* Letters of one word: -xn4. */
static size_t
take_short(struct dropped *d, size_t at, struct str word)
{
	size_t n = 1;

	for (size_t i = 1; i < word.n; i++) {
		char text[] = { '-', word.p[i], '\0' };
		enum pytest_value takes = pytest_options_find(d->table,
			str_of(text));
		bool attached = i + 1 < word.n;

		if (find_dropped(d, str_of(text))) {
			if (takes != OPTION_ALONE && attached) {
				buf_addf(d->out, " -%.*s", (int)(word.n - i),
				         word.p + i);
				return 1;
			}
			n = add_option(d, at, str_of(text), attached, takes);
		}
		if (takes == OPTION_VALUED)
			break;
	}
	return n;
}

static void
take_words(struct dropped *d)
{
	for (size_t i = 0; i < d->words->n;) {
		struct str word = d->words->v[i];

		if (str_is(word, "--"))
			break;
		if (str_starts(word, "--"))
			i += take_long(d, i, word);
		else if (str_starts(word, "-") && word.n > 1)
			i += take_short(d, i, word);
		else
			i++;
	}
}

static void
put_place(struct front *f, const struct front_package *fp, struct buf *out)
{
	const char *env = getenv("PYTEST_ADDOPTS");

	if (fp->cfg.inifile.n)
		buf_addstr(out, front_graph_name(f, fp->cfg.inifile));
	if (env && *env)
		buf_adds(out, out->n ? ", PYTEST_ADDOPTS" : "PYTEST_ADDOPTS");
}

void
front_dropped(struct front *f, struct buf *out)
{
	for (size_t i = 0; i < f->p.npackages; i++) {
		const struct front_package *fp = &f->priv->pkg[i];
		struct buf words = { 0 }, line = { 0 };
		struct dropped d = {
			&f->priv->options, &fp->cfg.addopts, &words,
		};

		if (fp->loaded)
			take_words(&d);
		if (words.n) {
			put_place(f, fp, &line);
			buf_addf(&line, ":%s\n", words.p);
			/* Several packages may share a file. */
			if (!out->n || !strstr(out->p, line.p))
				buf_addstr(out, buf_str(&line));
		}
		buf_release(&words);
		buf_release(&line);
	}
}
