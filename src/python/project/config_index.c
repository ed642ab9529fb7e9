/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "python/project/internal.h"

/* The keys of [tool.tgraph] that say where environments come from. */

static const char *const environments[] = { "active", "venv", "uv", NULL };
const char config_environment_words[] = "\"active\", \"venv\" or \"uv\"";

static const char *const strategies[] = {
	"first-index", "unsafe-first-match", "unsafe-best-match", NULL,
};
const char config_strategy_words[] =
	"\"first-index\", \"unsafe-first-match\" or \"unsafe-best-match\"";

const char *
config_strategy(const char *word)
{
	for (int i = 0; strategies[i]; i++)
		if (str_is(str_of(word), strategies[i]))
			return strategies[i];
	return NULL;
}

int
config_environment(const char *word)
{
	for (int i = 0; environments[i]; i++)
		if (str_is(str_of(word), environments[i]))
			return i;
	return -1;
}

int
config_read_environment(const struct toml *table,
	enum config_environment *out, struct err *err)
{
	int i = config_word(table, "environment", environments,
	                    config_environment_words, err);

	if (i >= 0)
		*out = (enum config_environment)i;
	return i < 0 ? -1 : 0;
}

bool
config_has_secret(struct str url)
{
	const char *at = memchr(url.p, ':', url.n), *host, *end;

	if (!at || url.n - (size_t)(at - url.p) < 3 ||
	    memcmp(at, "://", 3) != 0)
		return false;
	host = at + 3;
	end = url.p + url.n;
	for (; host < end && !strchr("/?#", *host); host++)
		if (*host == '@')
			return true;
	return false;
}

/* The text of the address is not told: it has the secret in it. */
static int
no_secret(const char *name, struct str url, const struct toml *v,
	struct err *err)
{
	if (!config_has_secret(url))
		return 0;
	err_set(err, "%s: an address with a name or password in it; these go "
		"into ~/.netrc, a keyring, or the installer's own variables",
		name);
	return config_place(err, v);
}

int
config_read_url(const struct toml *table, const char *name, struct str *out,
	struct err *err)
{
	if (toml_str(table, name, out, err) < 0)
		return -1;
	return no_secret(name, *out, toml_get(table, name), err);
}

int
config_read_urls(const struct toml *table, const char *name, struct arena *a,
	struct config_list *out, struct err *err)
{
	if (toml_strs(table, name, a, &out->v, &out->n, err) < 0)
		return -1;
	for (size_t i = 0; i < out->n; i++)
		if (no_secret(name, out->v[i], toml_get(table, name)->items[i],
		    err) < 0)
			return -1;
	return 0;
}

int
config_read_strategy(const struct toml *table, struct str *out,
	struct err *err)
{
	int i = config_word(table, "index-strategy", strategies,
	                    config_strategy_words, err);

	if (i >= 0)
		*out = str_of(strategies[i]);
	return i < 0 ? -1 : 0;
}
