/* SPDX-License-Identifier: Apache-2.0 */
#include "python/project/config.h"

#include <limits.h>
#include <stdarg.h>

#include "python/project/internal.h"
#include "python/version/releases.h"
#include "text/toml.h"
#include "util/buf.h"
#include "util/mem.h"

enum kind {
	KIND_LIST, KIND_INT, KIND_SECONDS, KIND_GRANULARITY, KIND_RUNNER,
	KIND_ISOLATION, KIND_BOOL, KIND_PATHS, KIND_GROUPS, KIND_ENVIRONMENT,
	KIND_URL, KIND_URLS, KIND_STRATEGY,
};

/* Every key of [tool.tgraph]. */
static const struct key {
	const char *name;
	enum kind kind;
	unsigned set;
	size_t at;              /* in struct config */
	int64_t min;            /* KIND_INT */
	bool inherited;
} keys[] = {
	{ "python", KIND_LIST, CONFIG_PYTHON,
	  offsetof(struct config, python), 0, true },
	{ "granularity", KIND_GRANULARITY, CONFIG_GRANULARITY,
	  offsetof(struct config, granularity), 0, true },
	{ "runner", KIND_RUNNER, CONFIG_RUNNER,
	  offsetof(struct config, runner), 0, true },
	{ "timeout", KIND_SECONDS, CONFIG_TIMEOUT,
	  offsetof(struct config, timeout), 0, true },
	{ "retries", KIND_INT, CONFIG_RETRIES,
	  offsetof(struct config, retries), 0, true },
	{ "jobs", KIND_INT, CONFIG_JOBS,
	  offsetof(struct config, jobs), 1, true },
	{ "env", KIND_LIST, CONFIG_ENV,
	  offsetof(struct config, env), 0, true },
	{ "preload", KIND_LIST, CONFIG_PRELOAD,
	  offsetof(struct config, preload), 0, true },
	{ "include", KIND_LIST, CONFIG_INCLUDE,
	  offsetof(struct config, include), 0, false },
	{ "exclude", KIND_LIST, CONFIG_EXCLUDE,
	  offsetof(struct config, exclude), 0, false },
	{ "tests", KIND_LIST, CONFIG_TESTS,
	  offsetof(struct config, tests), 0, false },
	{ "inputs", KIND_LIST, CONFIG_INPUTS,
	  offsetof(struct config, inputs), 0, false },
	{ "isolation", KIND_ISOLATION, CONFIG_ISOLATION,
	  offsetof(struct config, isolation), 0, false },
	{ "split", KIND_BOOL, CONFIG_SPLIT,
	  offsetof(struct config, split), 0, false },
	{ "cache", KIND_BOOL, CONFIG_CACHE,
	  offsetof(struct config, cache), 0, false },
	{ "functions", KIND_BOOL, CONFIG_FUNCTIONS,
	  offsetof(struct config, functions), 0, true },
	{ "path", KIND_PATHS, CONFIG_PATH,
	  offsetof(struct config, path), 0, false },
	{ "group", KIND_GROUPS, CONFIG_GROUP,
	  offsetof(struct config, group), 0, false },
	{ "environment", KIND_ENVIRONMENT, CONFIG_ENVIRONMENT,
	  offsetof(struct config, environment), 0, true },
	{ "dependency-groups", KIND_LIST, CONFIG_GROUPS,
	  offsetof(struct config, groups), 0, true },
	{ "extras", KIND_LIST, CONFIG_EXTRAS,
	  offsetof(struct config, extras), 0, false },
	{ "requirements", KIND_LIST, CONFIG_REQUIREMENTS,
	  offsetof(struct config, requirements), 0, true },
	{ "constraints", KIND_LIST, CONFIG_CONSTRAINTS,
	  offsetof(struct config, constraints), 0, true },
	{ "default-index", KIND_URL, CONFIG_DEFAULT_INDEX,
	  offsetof(struct config, index.default_index), 0, true },
	{ "index", KIND_URLS, CONFIG_INDEX,
	  offsetof(struct config, index.index), 0, true },
	{ "find-links", KIND_URLS, CONFIG_FIND_LINKS,
	  offsetof(struct config, index.links), 0, true },
	{ "no-index", KIND_BOOL, CONFIG_NO_INDEX,
	  offsetof(struct config, index.none), 0, true },
	{ "index-strategy", KIND_STRATEGY, CONFIG_INDEX_STRATEGY,
	  offsetof(struct config, index.strategy), 0, true },
	{ "offline", KIND_BOOL, CONFIG_OFFLINE,
	  offsetof(struct config, index.offline), 0, true },
};

void
warnings_add(struct warnings *w, struct arena *a, struct str path, int line,
	int col, const char *fmt, ...)
{
	struct warning *new = arena_calloc(a, sizeof(*new));
	struct buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	*new = (struct warning){ .path = path, .msg = arena_dup(a,
		buf_str(&b)), .line = line, .col = col };
	buf_release(&b);
	if (w->last)
		w->last->next = new;
	else
		w->first = new;
	w->last = new;
}

static void
unknown(const struct toml_key *k, struct arena *a, struct str path,
	struct warnings *warn)
{
	unsigned best = 3, d;
	const char *near = NULL;
	size_t i;

	for (i = 0; i < countof(keys); i++) {
		d = str_distance(k->name, str_of(keys[i].name), 3);
		if (d < best) {
			best = d;
			near = keys[i].name;
		}
	}
	if (near)
		warnings_add(warn, a, path, k->line, k->col, "unknown key '%s'"
			" in [tool.tgraph]; did you mean '%s'?", k->name.p,
			near);
	else
		warnings_add(warn, a, path, k->line, k->col,
			"unknown key '%s' in [tool.tgraph]", k->name.p);
}

static int
read_int(const struct key *key, const struct toml *table, int *out,
	struct err *err)
{
	int64_t i;

	if (toml_int(table, key->name, &i, err) < 0)
		return -1;
	if (i < key->min || i > INT_MAX) {
		err_set(err, "%s: must be at least %d", key->name,
			(int)key->min);
		return config_place(err, toml_get(table, key->name));
	}
	*out = (int)i;
	return 0;
}

static int
read_seconds(const struct key *key, const struct toml *table, double *out,
	struct err *err)
{
	if (toml_num(table, key->name, out, err) < 0)
		return -1;
	if (!(*out > 0) || *out > 1e9) {
		err_set(err, "%s: must be a number of seconds above 0",
			key->name);
		return config_place(err, toml_get(table, key->name));
	}
	return 0;
}

static int
read_key(const struct key *key, struct config *c, struct arena *a,
	const struct toml *table, struct err *err)
{
	static const char *const granularity[] = { "file", "package", NULL };
	static const char *const runner[] = { "auto", "pytest", "unittest",
		NULL };
	void *p = (char *)c + key->at;
	struct config_list *list;
	int i;

	switch (key->kind) {
	case KIND_LIST:
		list = p;
		return toml_strs(table, key->name, a, &list->v, &list->n, err);
	case KIND_INT:
		return read_int(key, table, p, err);
	case KIND_SECONDS:
		return read_seconds(key, table, p, err);
	case KIND_GRANULARITY:
		i = config_word(table, key->name, granularity,
			"\"file\" or \"package\"", err);
		c->granularity = (enum config_granularity)i;
		return i;
	case KIND_RUNNER:
		i = config_word(table, key->name, runner,
			"\"auto\", \"pytest\" or \"unittest\"", err);
		c->runner = (enum config_runner)i;
		return i;
	case KIND_ISOLATION:
		return config_read_isolation(table, p, err);
	case KIND_BOOL:
		return toml_bool(table, key->name, p, err);
	case KIND_PATHS:
		return config_read_paths(table, a, p, err);
	case KIND_GROUPS:
		return config_read_groups(table, a, p, err);
	case KIND_ENVIRONMENT:
		return config_read_environment(table, p, err);
	case KIND_URL:
		return config_read_url(table, key->name, p, err);
	case KIND_URLS:
		list = p;
		return config_read_urls(table, key->name, a, list, err);
	case KIND_STRATEGY:
		return config_read_strategy(table, p, err);
	}
	return 0;
}

static int
check_python(const struct config *c, const struct toml *table,
	struct err *err)
{
	int major, minor;
	bool t;
	size_t i;

	for (i = 0; i < c->python.n; i++) {
		if (releases_version(c->python.v[i], &major, &minor, &t))
			continue;
		err_set(err, "python: '%s' is not a version such as \"3.12\"",
			c->python.v[i].p);
		return config_place(err, toml_get(table, "python")->items[i]);
	}
	return 0;
}

/* Reads the keys of a table into what c holds. top: there may be profiles in
 * it. */
static int
read_keys(struct config *c, struct arena *a, const struct toml *table, bool top,
	struct str path, struct warnings *warn, struct err *err)
{
	const struct toml_key *k;
	size_t i;

	for (k = table ? table->keys : NULL; k; k = k->next) {
		for (i = 0; i < countof(keys) &&
		     !str_is(k->name, keys[i].name); i++)
			;
		if (top && str_is(k->name, "profile"))
			continue;
		if (i == countof(keys)) {
			unknown(k, a, path, warn);
			continue;
		}
		if (read_key(&keys[i], c, a, table, err) < 0)
			return -1;
		c->set |= keys[i].set;
		if (keys[i].set == CONFIG_PYTHON)
			c->python_line = k->line;
	}
	return toml_get(table, "python") ? check_python(c, table, err) : 0;
}

/* All profiles are read, so that a mistake in one is not first told of where it
 * is used. */
static int
read_profiles(struct config *c, struct arena *a, const struct toml *table,
	const char *profile, struct str path, struct warnings *warn,
	struct err *err)
{
	const struct toml *all = NULL, *one;
	int r = table ? toml_table(table, "profile", &all, err) : 0;

	for (const struct toml_key *k = all ? all->keys : NULL;
	     r >= 0 && k; k = k->next) {
		struct config other = { 0 };
		bool mine = profile && str_is(k->name, profile);

		r = toml_table(all, k->name.p, &one, err);
		if (r >= 0)
			r = read_keys(mine ? c : &other, a, one, false, path,
			              warn, err);
		c->has_profile |= mine;
	}
	return r < 0 ? -1 : 0;
}

int
config_read(struct config *c, struct arena *a, const struct toml *table,
	const char *profile, struct str path, struct warnings *warn,
	struct err *err)
{
	*c = (struct config){ 0 };
	if (read_keys(c, a, table, true, path, warn, err) == 0 &&
	    read_profiles(c, a, table, profile, path, warn, err) == 0)
		return 0;
	if (err)
		err_at(err, path.p, err->line, err->col);
	return -1;
}

void
config_inherit(struct config *c, const struct config *up)
{
	static const size_t sizes[] = { sizeof(struct config_list),
		sizeof(int), sizeof(double),
		sizeof(enum config_granularity), sizeof(enum config_runner),
		sizeof(enum config_isolation), sizeof(bool),
		sizeof(struct config_paths),
		sizeof(struct config_groups),
		sizeof(enum config_environment), sizeof(struct str),
		sizeof(struct config_list), sizeof(struct str) };
	size_t i;

	for (i = 0; i < countof(keys); i++) {
		if (!keys[i].inherited || (c->set & keys[i].set) ||
		    !(up->set & keys[i].set))
			continue;
		memcpy((char *)c + keys[i].at, (const char *)up + keys[i].at,
			sizes[keys[i].kind]);
		c->set |= keys[i].set;
	}
}
