/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "report/text/json.h"
#include "report/text/step.h"
#include "result/results.h"
#include "tool/doctor/internal.h"
#include "util/path.h"

/* What is found out of a row. */
struct finding {
	struct doctor *d;
	const struct session *s;
	const struct matrix_row *row;
	const struct package *pkg;
	const struct interp *in;
	struct checks checks;
	struct checks *into;    /* what the runner says goes there: */
	struct checks again;    /* when it is asked a second time */
	cJSON *json;
	cJSON *only_runner, *only_ours, *left_out, *by_file;
	uint32_t files, elsewhere, by_id;
	uint32_t runner_tests, our_tests;
};

bool
row_has_step(const struct session *s, const struct matrix_row *row,
	uint32_t step)
{
	const struct package *pkg = &s->front.p.packages[row->package];
	struct buf b = { 0 };
	bool has = s->graph->steps.p[step].flags & STEP_TEST &&
		str_is(pkg->name, step_binding(s->graph, step, SYM_TG_PACKAGE,
		                               &b)) &&
		str_is(row->version, step_binding(s->graph, step,
		                                  SYM_TG_PYTHON, &b));

	buf_release(&b);
	return has;
}

bool
doctor_runs(const struct session *s, struct str path)
{
	const struct graph *g = s->graph;
	uint32_t node = graph_find(g, path);

	for (uint32_t i = 0; node != GRAPH_NONE && i < g->steps.n; i++) {
		const struct graph_step *st = &g->steps.p[i];

		for (uint32_t k = 0; st->flags & STEP_TEST &&
		                     k < graph_nexplicit(st); k++)
			if (graph_ids(g, st->ins)[k] == node)
				return true;
	}
	return false;
}

static const char *
from_where(enum interp_source source)
{
	switch (source) {
	case INTERP_VIRTUAL_ENV: return "$VIRTUAL_ENV";
	case INTERP_CONDA: return "$CONDA_PREFIX";
	case INTERP_DOT_VENV: return "the environment in the repository";
	case INTERP_PATH: return "$PATH";
	case INTERP_PYENV: return "pyenv";
	case INTERP_UV: return "uv";
	case INTERP_PREFIX: return "where systems install it";
	case INTERP_GIVEN: break;
	}
	return "named on the command line";
}

static void
add_interpreter(struct finding *f)
{
	cJSON *o = cJSON_AddObjectToObject(f->json, "interpreter");

	json_text(o, "path", f->in->path.p);
	json_text(o, "version", f->in->version.p);
	json_text(o, "from", from_where(f->in->source));
}

static void
add_runner(struct finding *f, const cJSON *answer)
{
	cJSON *o = cJSON_AddObjectToObject(f->json, "runner"), *list, *p;
	const cJSON *plugin;

	json_text(o, "name", front_row_pytest(&f->s->front, f->row) ? "pytest"
	                                                          : "unittest");
	json_text(o, "version", results_text(answer, "runner_version"));
	json_text(o, "directory", results_text(answer, "runner_dir"));
	list = cJSON_AddArrayToObject(o, "plugins");
	cJSON_ArrayForEach(plugin, cJSON_GetObjectItemCaseSensitive(answer,
		"plugins")) {
		const char *name = cJSON_GetStringValue(
			cJSON_GetArrayItem(plugin, 0));
		const char *version = cJSON_GetStringValue(
			cJSON_GetArrayItem(plugin, 1));

		p = cJSON_CreateObject();
		json_text(p, "name", name ? name : "");
		json_text(p, "version", version ? version : "");
		cJSON_AddItemToArray(list, p);
	}
}

/* How a person would call the runner. */
static void
put_command(struct finding *f, const char *dir, const char *const *words)
{
	cJSON *list = cJSON_GetObjectItem(f->json, "commands");
	struct buf b = { 0 };
	cJSON *o = cJSON_CreateObject();

	if (!list)
		list = cJSON_AddArrayToObject(f->json, "commands");
	path_pasted(&b, f->in->path);
	buf_addf(&b, " -m %s", words[0]);
	buf_adds(&b, strcmp(words[0], "pytest") == 0
	         ? " --collect-only -q" : " discover -s");
	for (words++; *words; words++) {
		buf_addc(&b, ' ');
		path_pasted(&b, str_of(*words));
	}
	json_text(o, "directory", dir);
	json_text(o, "command", b.p);
	cJSON_AddItemToArray(list, o);
	buf_release(&b);
}

/* The runner could not tell: what it said. */
static void
add_trouble(struct finding *f, const struct answer *a)
{
	struct str said = str_strip_end(buf_str(&a->said));
	const char *died = results_text(a->json, "died");
	struct buf b = { 0 };

	buf_addstr(&b, said.n ? said : str_of(died));
	if (WIFSIGNALED(a->status))
		buf_addf(&b, "\nit was ended by signal %d",
		         WTERMSIG(a->status));
	else if (!b.n)
		buf_adds(&b, "it said nothing");
	json_text(f->json, "said", b.p);
	buf_release(&b);
	f->d->unasked = true;
}

/* Asks once. 1 it told all, 0 it could not, -1 error. */
static int
ask(struct finding *f, const char *dir, const char *const *words,
	struct err *err)
{
	struct answer a = { 0 };
	int r = ask_runner(f->s, f->in, dir, words, &a, err);

	if (r < 0)
		return -1;
	if (f->into == &f->checks)
		put_command(f, dir, words);
	if (!cJSON_GetObjectItem(f->json, "runner"))
		add_runner(f, a.json);
	r = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(a.json, "finished"));
	cJSON_DeleteItemFromObject(f->json, "asked");
	cJSON_AddBoolToObject(f->json, "asked", r);
	if (r)
		checks_add_answer(f->into, f->s, &a);
	else
		add_trouble(f, &a);
	answer_release(&a);
	return r;
}

static int
ask_pytest(struct finding *f, struct err *err)
{
	struct str dir = front_pytest_dir(&f->s->front, f->row->package);
	const char *words[] = { "pytest", NULL, NULL };
	struct buf own = { 0 }, rel = { 0 };
	int r;

	path_join(&own, buf_str(&f->s->root), f->pkg->dir);
	if (!str_eq(buf_str(&own), dir)) {
		path_relative(&rel, dir, buf_str(&own));
		words[1] = rel.p;
	}
	r = ask(f, dir.p, words, err);
	buf_release(&own);
	buf_release(&rel);
	return r;
}

/* Where discovery has to begin to find a file: above the packages that it is
 * in. From the root. */
static struct str
discovery_start(const struct session *s, const struct package *pkg,
	struct str file)
{
	struct str dir = path_dir(file);
	struct buf b = { 0 };

	while (dir.n > pkg->dir.n) {
		buf_clear(&b);
		path_join(&b, dir, STR("__init__.py"));
		if (!discover_find(&s->front.d, buf_str(&b)))
			break;
		dir = path_dir(dir);
	}
	buf_release(&b);
	return dir;
}

/* unittest has no list of places to begin at: it is asked in the package, and
 * where else test files of the package need it. */
static int
ask_unittest(struct finding *f, struct err *err)
{
	const char *words[] = { "unittest", ".", NULL };
	struct strs starts = { 0 };
	struct buf own = { 0 };
	int r;

	path_join(&own, buf_str(&f->s->root), f->pkg->dir);
	for (size_t i = 0; i < f->checks.n; i++) {
		struct str dir = discovery_start(f->s, f->pkg,
			f->checks.v[i].path);

		if (!str_eq(dir, f->pkg->dir))
			strs_add(&starts, arena_dup(&f->checks.arena, dir));
	}
	strs_sort(&starts);
	r = ask(f, own.p, words, err);
	for (size_t i = 0; i < starts.n && r == 1; i++) {
		struct buf rel = { 0 };

		path_relative(&rel, f->pkg->dir, starts.v[i]);
		words[1] = rel.p;
		r = ask(f, own.p, words, err);
		buf_release(&rel);
	}
	strs_release(&starts);
	buf_release(&own);
	return r;
}

/* ---- the comparison ---- */

static cJSON *
row_file(cJSON *list, struct str path)
{
	cJSON *o = cJSON_CreateObject();

	json_text(o, "file", path.p);
	cJSON_AddItemToArray(list, o);
	return o;
}

/* A file that one of the two has, with all its tests. */
static void
only_file(struct finding *f, cJSON *list, const struct checked *c,
	const struct side *side)
{
	cJSON *o = row_file(list, c->path);

	if (side->known)
		cJSON_AddNumberToObject(o, "tests", (double)side->ids.n);
	else
		json_text(o, "why", side->why);
	f->d->differs = true;
}

static void
only_id(struct finding *f, cJSON *list, const struct checked *c, struct str id)
{
	json_text(row_file(list, c->path), "id", id.p);
	f->d->differs = true;
}

static bool
same_ids(const struct strs *a, const struct strs *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (!str_eq(a->v[i], b->v[i]))
			return false;
	return a->n == b->n;
}

/* Ids of a that b has, too; both are sorted. */
static size_t
in_both(const struct strs *a, const struct strs *b)
{
	size_t i = 0, k = 0, n = 0;

	while (i < a->n && k < b->n) {
		int order = str_cmp(a->v[i], b->v[k]);

		n += order == 0;
		i += order <= 0;
		k += order >= 0;
	}
	return n;
}

/* Is the difference no other than that from one call of the runner to the next?
 * There are as many tests, and those that do not change are in all three. */
static bool
is_unsteady(struct finding *f, const struct checked *c)
{
	const struct strs *a = &c->runner.ids, *b = &c->ours.ids;
	const struct map_slot *slot = map_get(&f->again.at, c->path);
	struct strs *next;
	size_t steady;

	if (!slot || a->n != b->n)
		return false;
	next = &f->again.v[slot->value].runner.ids;
	strs_sort(next);
	steady = in_both(a, next);
	return steady < a->n && next->n == a->n && in_both(a, b) >= steady;
}

static void
note_name(struct finding *f, const struct checked *c, const char *why)
{
	json_text(row_file(f->by_file, c->path), "why", why);
}

static void
compare_ids(struct finding *f, const struct checked *c)
{
	const struct strs *a = &c->runner.ids, *b = &c->ours.ids;
	size_t i = 0, k = 0;

	f->by_id++;
	while (i < a->n || k < b->n) {
		int order = i == a->n ? 1 : k == b->n ? -1
		                              : str_cmp(a->v[i], b->v[k]);

		if (order < 0)
			only_id(f, f->only_runner, c, a->v[i++]);
		else if (order > 0)
			only_id(f, f->only_ours, c, b->v[k++]);
		else
			i++, k++;
	}
}

/* The runner has a file that is not run here. */
static void
only_asked(struct finding *f, const struct checked *c)
{
	const struct package *owner = project_owner(&f->s->front.p, c->path);
	struct buf why = { 0 };

	if (c->runner.known && !c->runner.ids.n)
		return;
	if (owner != f->pkg && doctor_runs(f->s, c->path)) {
		f->elsewhere++;
		return;
	}
	if (c->path.p[0] != '/' && !front_left_out(&f->s->front, c->path, &why)
	    && owner != f->pkg)
		buf_addf(&why, "it is of the package %s, by whose settings it "
		         "is no test file", owner->name.p);
	if (why.n)
		json_text(row_file(f->left_out, c->path), "why", why.p);
	else
		only_file(f, f->only_runner, c, &c->runner);
	buf_release(&why);
}

static void
compare_file(struct finding *f, const struct checked *c)
{
	const struct side *a = &c->runner, *b = &c->ours;
	bool empty = b->known && !b->ids.n;

	f->our_tests += (uint32_t)b->ids.n;
	if (!a->has) {
		/* It may be one that has no tests, as conftests say. */
		if (b->unrun)
			note_name(f, c, "it has no current result, and the "
			          "runner no tests of it");
		else if (!empty)
			only_file(f, f->only_ours, c, b);
		return;
	}
	if (!b->has) {
		only_asked(f, c);
		return;
	}
	f->files++;
	f->runner_tests += (uint32_t)a->ids.n;
	if (!a->known)
		note_name(f, c, a->why);
	else if (!b->known || (b->doubt && !same_ids(&a->ids, &b->ids)))
		note_name(f, c, b->why);
	else if (is_unsteady(f, c))
		note_name(f, c, "ids of its tests change from one collection to "
			  "the next");
	else
		compare_ids(f, c);
}

/* Does a file have tests that only one side knows? */
static bool
ids_differ(const struct checks *checks)
{
	for (size_t i = 0; i < checks->n; i++) {
		const struct side *a = &checks->v[i].runner;
		const struct side *b = &checks->v[i].ours;

		if (a->known && b->known && !same_ids(&a->ids, &b->ids))
			return true;
	}
	return false;
}

static int
ask_row(struct finding *f, struct checks *into, struct err *err)
{
	f->into = into;
	return front_row_pytest(&f->s->front, f->row) ? ask_pytest(f, err)
	                                              : ask_unittest(f, err);
}

static void
compare(struct finding *f)
{
	cJSON *o = f->json;

	f->only_runner = cJSON_AddArrayToObject(o, "only_runner");
	f->only_ours = cJSON_AddArrayToObject(o, "only_tgraph");
	f->left_out = cJSON_AddArrayToObject(o, "left_out");
	f->by_file = cJSON_AddArrayToObject(o, "by_file");
	for (size_t i = 0; i < f->checks.n; i++)
		if (scope_has(&f->d->scope, f->checks.v[i].path))
			compare_file(f, &f->checks.v[i]);
	cJSON_AddNumberToObject(o, "files", f->files);
	cJSON_AddNumberToObject(o, "files_by_id", f->by_id);
	cJSON_AddNumberToObject(o, "files_of_other_packages", f->elsewhere);
	cJSON_AddNumberToObject(o, "runner_tests", f->runner_tests);
	cJSON_AddNumberToObject(o, "tgraph_tests", f->our_tests);
}

int
row_check(struct doctor *d, const struct matrix_row *row, cJSON *list,
	struct err *err)
{
	const struct session *s = d->env->s;
	struct finding f = {
		.d = d, .s = s, .row = row, .json = cJSON_CreateObject(),
		.pkg = &s->front.p.packages[row->package],
	};
	const char *skipped = front_row_skipped(&s->front, row);
	int r = 0;

	cJSON_AddItemToArray(list, f.json);
	json_text(f.json, "package", f.pkg->name.p);
	json_text(f.json, "directory", f.pkg->dir.n ? f.pkg->dir.p : ".");
	json_text(f.json, "python", row->version.p);
	if (skipped) {
		json_text(f.json, "skipped", skipped);
		return 0;
	}
	f.in = &s->front.in.v[row->interp];
	add_interpreter(&f);
	for (uint32_t i = 0; i < s->graph->steps.n; i++)
		if (row_has_step(s, row, i))
			checks_add_step(&f.checks, s, i, d->currency[i]);
	r = ask_row(&f, &f.checks, err);
	checks_sort(&f.checks);
	/* some ids hold the time, or a number of the process */
	if (r == 1 && ids_differ(&f.checks))
		r = ask_row(&f, &f.again, err);
	if (r == 1)
		compare(&f);
	checks_release(&f.checks);
	checks_release(&f.again);
	return r < 0 ? -1 : 0;
}
