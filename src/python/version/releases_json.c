/* SPDX-License-Identifier: Apache-2.0 */
#include "python/version/releases.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

/* Older ones are none that this program can run tests under. */
enum { OLDEST_MAJOR = 3, OLDEST_MINOR = 8 };

struct entry {
	int major, minor;
	const char *version, *status, *released, *end;
};

struct table {
	struct entry *v;
	size_t n, cap;
	const char *today;
};

static const char *
text(const cJSON *o, const char *a, const char *b, const char *c)
{
	const char *const keys[] = { a, b, c };
	const char *s;

	for (size_t i = 0; i < countof(keys); i++) {
		s = keys[i] ? cJSON_GetStringValue(
			cJSON_GetObjectItemCaseSensitive(o, keys[i])) : NULL;
		if (s)
			return s;
	}
	return NULL;
}

/* Is the day or month over? */
static bool
is_past(const char *date, const char *today)
{
	size_t n = strlen(date);

	return n && strncmp(date, today, n) < 0;
}

static const char *
status_of(const cJSON *o, const struct entry *e, const char *today)
{
	const char *given = text(o, "status", NULL, NULL);
	const char *bugfix = text(o, "support", "eoasFrom", NULL);

	if (given && (strcmp(given, "feature") == 0 ||
	    strcmp(given, "planned") == 0))
		return "prerelease";
	if (given)
		return given;
	if (!is_past(e->released, today) && strcmp(e->released, today) != 0)
		return "prerelease";
	if (is_past(e->end, today))
		return "end-of-life";
	return bugfix && is_past(bugfix, today) ? "security" : "bugfix";
}

static int
add_release(struct table *t, const char *version, const cJSON *o,
	struct err *err)
{
	struct entry e = {
		.version = version,
		.released = text(o, "first_release", "releaseDate", NULL),
		.end = text(o, "end_of_life", "eol", "eolFrom"),
	};
	bool threaded;

	if (!version || !releases_version(str_of(version), &e.major, &e.minor,
	    &threaded) || threaded)
		return err_set(err, "'%s' is not a version such as 3.12",
			version ? version : "");
	if (e.major < OLDEST_MAJOR || (e.major == OLDEST_MAJOR &&
	    e.minor < OLDEST_MINOR))
		return 0;
	if (!e.released || !e.end)
		return err_set(err, "%s has no %s", version, !e.released ?
			"day of its first release" : "end of life");
	e.status = status_of(o, &e, t->today);
	t->v = vec_grow(t->v, &t->cap, t->n + 1, sizeof(*t->v));
	t->v[t->n++] = e;
	return 0;
}

static int
by_version(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->major != y->major ? x->major - y->major :
		x->minor - y->minor;
}

static int
read_table(struct table *t, const cJSON *root, struct err *err)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(root, "result"), "releases");
	const cJSON *o;
	int r = 0;

	if (!list)
		list = root;
	cJSON_ArrayForEach(o, list) {
		if (r == 0 && !cJSON_IsObject(o))
			r = err_set(err, "expected a list or table of "
				"releases");
		if (r == 0)
			r = add_release(t, cJSON_IsArray(list) ? text(o, "cycle",
				"name", "version") : o->string, o, err);
	}
	return r;
}

int
releases_from_json(const char *p, size_t n, const char *today,
	struct buf *out, struct err *err)
{
	struct table t = { .today = today };
	cJSON *root = cJSON_ParseWithLength(p, n);
	int r;

	if (!root)
		return err_set(err, "not valid JSON");
	r = read_table(&t, root, err);
	if (r == 0 && t.n)
		qsort(t.v, t.n, sizeof(*t.v), by_version);
	for (size_t i = 0; r == 0 && i < t.n; i++)
		buf_addf(out, "%d.%d\t%s\t%s\t%s\n", t.v[i].major,
			t.v[i].minor, t.v[i].status, t.v[i].released,
			t.v[i].end);
	free(t.v);
	cJSON_Delete(root);
	return r;
}
