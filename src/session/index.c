/* SPDX-License-Identifier: Apache-2.0 */
#include "session/index.h"

#include <stdlib.h>
#include <string.h>

#include "python/project/config.h"
#include "util/mem.h"

static int
address_option(const char *name, const char *arg, struct err *err)
{
	if (!*arg)
		return err_code(err, EXIT_USAGE, "--%s: a value is missing",
		                name);
	if (config_has_secret(str_of(arg)))
		return err_code(err, EXIT_USAGE, "--%s: an address with a name "
		                "or password in it; these go into ~/.netrc, a "
		                "keyring, or the installer's own variables",
		                name);
	return 1;
}

int
index_check(const char *name, const char *arg, struct err *err)
{
	if (strcmp(name, "environment") == 0)
		return config_environment(arg) >= 0 ? 1 : err_code(err,
			EXIT_USAGE, "--environment: '%s' is not %s", arg,
			config_environment_words);
	if (strcmp(name, "index-strategy") == 0)
		return config_strategy(arg) ? 1 : err_code(err, EXIT_USAGE,
			"--index-strategy: '%s' is not %s", arg,
			config_strategy_words);
	return address_option(name, arg, err);
}

/* A directory as it is named from the root, to be freed. */
static struct str
placed(const struct session *s, const char *word)
{
	struct buf b = { 0 };

	if (strstr(word, "://"))
		buf_adds(&b, word);
	else
		session_path(s, str_of(word), &b);
	if (!b.n)
		buf_addc(&b, '.');
	return (struct str){ b.p, b.n };
}

void
index_options(struct session *s)
{
	const struct options *o = s->o;
	struct front_opts *f = &s->front_opts;
	struct config_index *x = &f->index;

	index_release(s);
	s->index_words = xcalloc(o->index.n + o->find_links.n + 1,
	                         sizeof(*s->index_words));
	x->index.v = s->index_words;
	x->index.n = o->index.n;
	for (size_t i = 0; i < o->index.n; i++)
		x->index.v[i] = placed(s, o->index.v[i]);
	x->links.v = s->index_words + o->index.n;
	x->links.n = o->find_links.n;
	for (size_t i = 0; i < o->find_links.n; i++)
		x->links.v[i] = placed(s, o->find_links.v[i]);
	s->nindex_words = o->index.n + o->find_links.n;
	if (o->default_index)
		x->default_index = str_of(o->default_index);
	if (o->index_strategy)
		x->strategy = str_of(o->index_strategy);
	x->none = o->no_index;
	x->offline = o->offline;
	f->environment = o->environment;
}

void
index_release(struct session *s)
{
	for (size_t i = 0; i < s->nindex_words; i++)
		free((char *)s->index_words[i].p);
	free(s->index_words);
	s->index_words = NULL;
	s->nindex_words = 0;
}
