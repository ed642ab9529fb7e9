/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/doctor/doctor.h"

#include <getopt.h>
#include <stdlib.h>

#include "config.h"
#include "report/text/json.h"
#include "sched/sched.h"
#include "store/store.h"
#include "tool/doctor/internal.h"
#include "util/mem.h"

/* The findings, version 1:
 *
 *	tgraph          its version
 *	place           root, state; trouble: why the state can't be written
 *	cache           directory, used; trouble: why it is not used
 *	observation     library (absent: none); unseen: of which files' last runs
 *	                something was not, and what
 *	ways            how the files were run last, how many in each way, and
 *	                why not by a fork
 *	packages        package, directory, python, skipped (why it is not
 *	                tested), interpreter, runner, commands (that a person
 *	                would type), asked, said (if the runner could not be
 *	                asked), only_runner, only_tgraph (file, and id or tests:
 *	                how many), left_out (on purpose: file, why), by_file (not
 *	                compared by ids: file, why), files, files_by_id,
 *	                files_of_other_packages, runner_tests, tgraph_tests
 *	equal           whether the same tests are run; absent: not known
 */

/* What is told beside the tests themselves, in order. */
static void (*const parts[])(struct doctor *d, cJSON *top) = {
	around_place, around_cache, around_observed, around_ways,
};

/* Is the result that the state has of a test step made of what is there now,
 * good or bad? */
static enum currency
currency_of(const struct state *s, uint32_t step)
{
	const struct result *r = &s->result[step];
	struct digest static_key, key;

	if (r->status == RESULT_NONE || store_key(s, step, &static_key, NULL) < 0)
		return RESULT_OLD;
	if (digest_none(&r->key))
		return RESULT_MEANWHILE;
	store_full_key(s, step, &static_key, &key);
	return digest_eq(&key, &r->key) ? RESULT_CURRENT : RESULT_OLD;
}

/* A dry run looks at all that test steps need. */
static int
find_current(struct doctor *d, struct err *err)
{
	static const struct build_events events = { 0 };
	const struct sched_opts opts = {
		.jobs = 1, .dry_run = true, .jobserver = "off",
	};
	struct session *s = d->env->s;
	struct build_counts counts = { 0 };
	struct targets t = { 0 };
	enum sched_outcome end;
	int code = 0;

	for (uint32_t i = 0; i < s->graph->steps.n; i++)
		if (s->graph->steps.p[i].flags & STEP_TEST)
			targets_add(&t, graph_step_out(s->graph, i));
	end = sched_build(&s->state, NULL, t.v, t.n, &opts, &events, d,
	                  &counts, &code, err);
	if (end != SCHED_ERROR)
		err_release(err);
	d->currency = xcalloc(s->graph->steps.n + 1, sizeof(*d->currency));
	for (uint32_t i = 0; end != SCHED_ERROR && i < s->graph->steps.n; i++)
		if (s->graph->steps.p[i].flags & STEP_TEST)
			d->currency[i] = currency_of(&s->state, i);
	targets_release(&t);
	return end == SCHED_ERROR ? -1 : 0;
}

/* The rows that run; of a package without any the first, which says why. */
static int
check_rows(struct doctor *d, cJSON *list, struct err *err)
{
	const struct front *f = &d->env->s->front;
	const struct matrix_row *rows = f->matrix.rows;
	int r = 0;

	for (size_t i = 0; i < f->matrix.n && r == 0;) {
		size_t first = i, package = rows[i].package, asked = SIZE_MAX;
		bool any = false;

		for (; i < f->matrix.n && rows[i].package == package; i++) {
			if (!d->scope.rows[i])
				continue;
			if (asked == SIZE_MAX || (!rows[asked].chosen &&
			                          rows[i].chosen))
				asked = i;
			if (front_row_skipped(f, &rows[i]) || r < 0)
				continue;
			any = true;
			r = row_check(d, &rows[i], list, err);
		}
		if (!any && asked != SIZE_MAX && asked >= first)
			r = row_check(d, &rows[asked], list, err);
	}
	return r;
}

static int
examine_tests(struct doctor *d, bool json, struct err *err)
{
	cJSON *top = cJSON_CreateObject(), *list;
	int r;

	cJSON_AddNumberToObject(top, "version", 1);
	json_text(top, "tgraph", TG_VERSION);
	for (size_t i = 0; i < countof(parts); i++)
		parts[i](d, top);
	list = cJSON_AddArrayToObject(top, "packages");
	r = check_rows(d, list, err);
	if (!d->unasked)
		cJSON_AddBoolToObject(top, "equal", !d->differs);
	if (r == 0 && json)
		print_json(d, top);
	else if (r == 0)
		print_findings(d, top);
	cJSON_Delete(top);
	if (r < 0)
		return -1;
	return d->unasked ? EXIT_USAGE : d->differs ? EXIT_FAILED : EXIT_OK;
}

static int
doctor_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "pollution", no_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	struct doctor d = { .env = env };
	bool json = false, pollution = false;
	int opt, r;

	while ((opt = tool_getopt(env, argc, argv, "", longs)) != -1) {
		if (opt != 'j' && opt != 'p')
			return tool_usage(env, true);
		*(opt == 'j' ? &json : &pollution) = true;
	}
	r = scope_find(&d.scope, env->s, argv + optind, argc - optind, err);
	if (r == 0)
		r = find_current(&d, err);
	if (r == 0)
		r = pollution ? pollution_examine(&d, json, err)
		              : examine_tests(&d, json, err);
	free(d.currency);
	scope_release(&d.scope);
	return r;
}

const struct tool tool_doctor = {
	.name = "doctor",
	.summary = "are the tests that run those that runners collect",
	.usage = "usage: %s -t doctor [--json] [--pollution] "
		"[package | X.Y | path ...]\n"
		"\n"
		"Calls the runner of each package as a person would, to collect "
		"only, and compares\n"
		"what it has with what is run: by the ids of tests where a "
		"file has a current\n"
		"result, else by file. Says what is left out on purpose and "
		"why, and how the tests\n"
		"are run here.\n"
		"\n"
		"--pollution: are there tests that come out otherwise when "
		"all files run in one\n"
		"process than alone, and in company of which files?\n"
		"\n"
		"Exit code: 0 they are the same, 1 they are not, 2 a runner "
		"could not be asked.\n",
	.needs = TOOL_FRONT,
	.where = TOOL_PYTHON,
	.own = true,
	.run = doctor_run,
};
