/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "python/project/internal.h"
#include "util/mem.h"

/* The arrays of tables in [tool.tgraph]. What is wrong in one is an error: a
 * limit that is not kept is worse than none. */

static const char *const isolations[] = {
	"fork", "process", "batch", "shared", NULL,
};
const char config_isolation_words[] =
	"\"fork\", \"process\", \"batch\" or \"shared\"";

int
config_isolation(const char *word)
{
	for (int i = 0; isolations[i]; i++)
		if (str_is(str_of(word), isolations[i]))
			return i;
	return -1;
}

int
config_read_isolation(const struct toml *table, enum config_isolation *out,
	struct err *err)
{
	int i = config_word(table, "isolation", isolations,
	                    config_isolation_words, err);

	if (i >= 0)
		*out = (enum config_isolation)i;
	return i < 0 ? -1 : 0;
}

static bool
is_key(struct str name, const char *const *keys)
{
	for (; *keys; keys++)
		if (str_is(name, *keys))
			return true;
	return false;
}

/* One table of the array called name. */
static int
check_table(const struct toml *t, const char *name, const char *const *keys,
	struct err *err)
{
	const char *near = NULL;
	size_t n = 0;

	if (t->type != TOML_TABLE) {
		err_set(err, "%s: expected tables in the array, not %s", name,
			toml_type_name(t->type));
		return config_place(err, t);
	}
	while (keys[n])
		n++;
	for (const struct toml_key *k = t->keys; k; k = k->next) {
		if (is_key(k->name, keys))
			continue;
		near = str_nearest(k->name.p, keys, n);
		err_set(err, "unknown key '%s' in [[tool.tgraph.%s]]%s%s%s",
			k->name.p, name, near ? "; did you mean '" : "",
			near ? near : "", near ? "'?" : "");
		return config_place(err, k->value);
	}
	return 0;
}

/* The array of tables called name, each with no keys but these. */
static int
tables(const struct toml *table, const char *name, const char *const *keys,
	const struct toml **out, struct err *err)
{
	const struct toml *array = toml_get(table, name);

	if (array->type != TOML_ARRAY) {
		err_set(err, "%s: expected tables, [[tool.tgraph.%s]], not %s",
			name, name, toml_type_name(array->type));
		return config_place(err, array);
	}
	for (size_t i = 0; i < array->n; i++)
		if (check_table(array->items[i], name, keys, err) < 0)
			return -1;
	*out = array;
	return 0;
}

/* "tests/db/" and "./tests/db" are "tests/db". */
static struct str
plain_glob(struct arena *a, struct str s)
{
	struct str was = s;

	while (s.n > 2 && s.p[0] == '.' && s.p[1] == '/') {
		s.p += 2;
		s.n -= 2;
	}
	while (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	return s.n == was.n ? s : arena_dup(a, s);
}

/* The globs that say which files a table is about. */
static int
read_globs(const struct toml *t, const char *name, struct arena *a,
	struct config_list *out, struct err *err)
{
	if (toml_strs(t, "paths", a, &out->v, &out->n, err) < 0)
		return -1;
	for (size_t i = 0; i < out->n; i++)
		out->v[i] = plain_glob(a, out->v[i]);
	if (out->n)
		return 0;
	err_set(err, "[[tool.tgraph.%s]] needs paths = [\"...\"]", name);
	return config_place(err, t);
}

static bool
is_variable(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!isalnum((unsigned char)name.p[i]) && name.p[i] != '_')
			return false;
	return name.n && !isdigit((unsigned char)*name.p);
}

/* Globs of inputs, from the package's directory. Of what is not in the
 * repository it is not known when there is more of it. */
static int
check_inputs(const struct toml *t, const struct config_list *inputs,
	struct err *err)
{
	for (size_t i = 0; i < inputs->n; i++) {
		if (inputs->v[i].n && inputs->v[i].p[0] != '/')
			continue;
		err_set(err, "inputs: '%s' is not a path from the package's "
			"directory", inputs->v[i].p);
		return config_place(err, toml_get(t, "inputs")->items[i]);
	}
	return 0;
}

static int
check_env(const struct toml *t, const struct config_list *env, struct err *err)
{
	for (size_t i = 0; i < env->n; i++) {
		if (is_variable(env->v[i]))
			continue;
		err_set(err, "env: '%s' is not the name of a variable",
			env->v[i].p);
		return config_place(err, toml_get(t, "env")->items[i]);
	}
	return 0;
}

/* What counts besides what is seen. */
static int
read_counts(const struct toml *t, struct arena *a, struct config_path *p,
	struct err *err)
{
	if (toml_get(t, "cache")) {
		p->set |= CONFIG_CACHE;
		if (toml_bool(t, "cache", &p->cache, err) < 0)
			return -1;
	}
	if (toml_get(t, "inputs")) {
		p->set |= CONFIG_INPUTS;
		if (toml_strs(t, "inputs", a, &p->inputs.v, &p->inputs.n,
		              err) < 0 ||
		    check_inputs(t, &p->inputs, err) < 0)
			return -1;
	}
	if (toml_get(t, "env")) {
		p->set |= CONFIG_ENV;
		if (toml_strs(t, "env", a, &p->env.v, &p->env.n, err) < 0 ||
		    check_env(t, &p->env, err) < 0)
			return -1;
	}
	return 0;
}

static int
read_path(const struct toml *t, struct arena *a, struct config_path *p,
	struct err *err)
{
	if (toml_get(t, "isolation")) {
		p->set |= CONFIG_ISOLATION;
		if (config_read_isolation(t, &p->isolation, err) < 0)
			return -1;
	}
	if (toml_get(t, "split")) {
		p->set |= CONFIG_SPLIT;
		if (toml_bool(t, "split", &p->split, err) < 0)
			return -1;
	}
	if (read_counts(t, a, p, err) < 0)
		return -1;
	if (p->set)
		return 0;
	err_set(err, "[[tool.tgraph.path]] needs isolation, split, cache, "
		"inputs or env");
	return config_place(err, t);
}

int
config_read_paths(const struct toml *table, struct arena *a,
	struct config_paths *out, struct err *err)
{
	static const char *const keys[] = { "paths", "isolation", "split",
		"cache", "inputs", "env", NULL };
	const struct toml *array = NULL;

	if (tables(table, "path", keys, &array, err) < 0)
		return -1;
	out->v = arena_calloc(a, (array->n + 1) * sizeof(*out->v));
	for (out->n = 0; out->n < array->n; out->n++) {
		const struct toml *t = array->items[out->n];
		struct config_path *p = &out->v[out->n];

		if (read_globs(t, "path", a, &p->paths, err) < 0)
			return -1;
		if (read_path(t, a, p, err) < 0)
			return -1;
	}
	return 0;
}

/* Those by which tests know where they run: seats.h has its own ideas of
 * them. */
static bool
is_taken(struct str name)
{
	return str_starts(name, "PYTEST_XDIST_") || str_is(name, "PATH") ||
	       str_is(name, "PYTEST_CURRENT_TEST");
}

static int
table_variable(const struct toml_key *k, struct config_env *out,
	struct err *err)
{
	struct str value = k->value->str;

	if (!is_variable(k->name))
		err_set(err, "env: '%s' is not the name of a variable",
			k->name.p);
	else if (is_taken(k->name))
		err_set(err, "env: %s is not for a group to set", k->name.p);
	else if (k->value->type != TOML_STRING)
		err_set(err, "env: expected a string for %s, not %s",
			k->name.p, toml_type_name(k->value->type));
	else if (memchr(value.p, '\0', value.n) ||
	         memchr(value.p, '\n', value.n))
		err_set(err, "env: the value of %s has a line end or NUL",
			k->name.p);
	else
		goto good;
	return config_place(err, k->value);
good:
	*out = (struct config_env){ k->name, value };
	return 0;
}

static int
read_variables(const struct toml *t, struct arena *a, struct config_group *g,
	struct err *err)
{
	const struct toml *env = NULL;

	if (toml_table(t, "env", &env, err) < 0)
		return config_place(err, toml_get(t, "env"));
	if (!env)
		return 0;
	g->env = arena_calloc(a, (env->n + 1) * sizeof(*g->env));
	for (const struct toml_key *k = env->keys; k; k = k->next)
		if (table_variable(k, &g->env[g->nenv++], err) < 0)
			return -1;
	return 0;
}

int
config_read_groups(const struct toml *table, struct arena *a,
	struct config_groups *out, struct err *err)
{
	static const char *const keys[] = { "paths", "limit", "env", NULL };
	const struct toml *array = NULL;

	if (tables(table, "group", keys, &array, err) < 0)
		return -1;
	out->v = arena_calloc(a, (array->n + 1) * sizeof(*out->v));
	for (out->n = 0; out->n < array->n; out->n++) {
		const struct toml *t = array->items[out->n];
		struct config_group *g = &out->v[out->n];
		int64_t limit = 1;

		if (read_globs(t, "group", a, &g->paths, err) < 0 ||
		    toml_int(t, "limit", &limit, err) < 0)
			return -1;
		if (limit < 1 || limit > INT_MAX) {
			err_set(err, "limit: must be at least 1");
			return config_place(err, toml_get(t, "limit"));
		}
		g->limit = (int)limit;
		if (read_variables(t, a, g, err) < 0)
			return -1;
	}
	return 0;
}
