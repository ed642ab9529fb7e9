/* SPDX-License-Identifier: Apache-2.0 */
#include "session/session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "decide/adopt_ninja.h"
#include "exec/executors.h"
#include "exec/running.h"
#include "graph/load.h"
#include "session/coverage.h"
#include "session/index.h"
#include "session/match.h"
#include "session/ours.h"
#include "state/former.h"
#include "util/file.h"
#include "util/os.h"

static bool
exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* The state's name: that of the manifest; partial runs of tests keep theirs
 * apart, as their graph is another. */
static void
state_name(const struct session *s, struct buf *out)
{
	size_t from = out->n;

	if (s->python) {
		buf_adds(out, session_is_partial(s) ? "partial" : "tests");
		if (s->o->coverage)
			buf_adds(out, "-coverage");
		return;
	}
	/* a manifest may be called tests: its name is another */
	if (str_is(buf_str(&s->manifest), "tests") ||
	    str_is(buf_str(&s->manifest), "partial"))
		buf_adds(out, ".%");
	from = out->n;
	buf_addstr(out, buf_str(&s->manifest));
	for (size_t i = from; i < out->n; i++)
		if (out->p[i] == '/')
			out->p[i] = '%';
}

/* A dry run writes nothing; a tool does without if it has no place to. */
static bool
is_read_only(const struct session *s)
{
	const struct options *o = s->o;

	if (!o->tool)
		return session_reads_only(s);
	return access(exists(STATE_DIR) ? STATE_DIR : ".", W_OK) < 0;
}

/* Settings for CI are taken there unasked. */
static const char *
ci_profile(void)
{
	const char *ci = getenv("CI");

	return ci && *ci && strcmp(ci, "0") != 0 && strcmp(ci, "false") != 0 ?
		"ci" : NULL;
}

static void
front_options(struct session *s)
{
	const struct options *o = s->o;

	s->front_opts = (struct front_opts){
		.root = s->root.p, .state_dir = STATE_DIR,
		.rules_dir = s->rules.p, .pytgraph = s->pytgraph.p,
		.releases = session_releases(&s->releases) ? s->releases.p
		                                           : NULL,
		.version = TG_VERSION,
		.user_manifest = s->user_manifest.n ? s->user_manifest.p
		                                    : NULL,
		.matrix = {
			.python = o->python.v, .npython = o->python.n,
			.all = o->all_pythons,
			.include_prerelease = o->prerelease,
			.also = o->versions.v, .nalso = o->versions.n,
		},
		.package_jobs = o->package_jobs,
		.version_jobs = o->version_jobs,
		.serial_packages = o->serial_packages,
		.require_all = o->require_all,
		.isolation = o->isolation,
		.profile = o->profile ? o->profile : ci_profile(),
		.profile_asked = o->profile,
		.read_only = is_read_only(s),
		.pytest_k = o->pytest_k, .pytest_m = o->pytest_m,
		.match = o->match,
		.pytest = o->pytest.v, .npytest = o->pytest.n,
		.select = s->select, .nselect = s->nselect,
		.own = s->ours.v, .nown = s->ours.n,
		.progress = s->scanning, .digesting = s->digesting, .ctx = s,
	};
	coverage_options(s);
	index_options(s);
}

/* The graph that is not in use. */
static struct graph *
other_graph(struct session *s)
{
	return s->graph == &s->graphs[0] ? &s->graphs[1] : &s->graphs[0];
}

static int
load_manifest(struct session *s, struct graph *g, struct err *err)
{
	struct graph_load_opts opts = {
		.phony_cycle_error = s->o->phony_cycle_error,
		.version = s->o->ninja ? options_ninja_version : NULL,
		.warn = s->warn, .ctx = s->ctx,
	};
	int r = graph_load_file(g, s->manifest.p, &opts, err);

	return r < 0 ? err_default(err, options_usage_code(s->o)) : r;
}

static int
load_front(struct session *s, struct graph *g, struct err *err)
{
	int r = front_load(&s->front, g, &s->state, err);

	s->front_loaded = r == 0;
	/* a graph that was kept has been through this */
	if (r == 0)
		r = match_check(&s->front, s->pytgraph.p, s->o->match, err);
	return r < 0 ? err_default(err, EXIT_USAGE) : r;
}

int
session_reload(struct session *s, struct err *err)
{
	struct graph *g = other_graph(s);
	struct buf dead = { 0 };
	int r;

	graph_release(g);
	r = s->python ? load_front(s, g, err) : load_manifest(s, g, err);
	if (r < 0) {
		graph_release(g);
		return r;
	}
	if (!s->python)
		former_collect(&s->state, g, &dead);
	buf_clear(&s->told);
	buf_addstr(&s->told, state_extra(&s->state, STATE_TOLD));
	buf_clear(&s->told_dropped);
	buf_addstr(&s->told_dropped, state_extra(&s->state, STATE_DROPPED));
	state_rebase(&s->state, g);
	if (s->told.n)
		state_set_extra(&s->state, STATE_TOLD, buf_str(&s->told));
	if (s->told_dropped.n)
		state_set_extra(&s->state, STATE_DROPPED,
		                buf_str(&s->told_dropped));
	if (dead.n)
		state_set_extra(&s->state, STATE_FORMER, buf_str(&dead));
	buf_release(&dead);
	if (s->graph)
		graph_release(s->graph);
	s->graph = g;
	if (s->python) {
		front_pretend(&s->front, &s->state);
		front_remember(&s->front, &s->state);
	}
	return 0;
}

/* Is the graph what reading everything again would make? 1 yes, 0 no. */
static int
is_graph_current(struct session *s, struct err *err)
{
	if (s->python)
		return front_current(&s->front, &s->state, err);
	/* Told of each time, or not allowed this time. */
	if (s->graph->phony_cycles)
		return 0;
	return state_manifests_current(&s->state);
}

/* git need not be told that what is in it is not the user's. */
static int
make_state_dir(struct err *err)
{
	static const char all[] = "# made by tgraph\n*\n";
	bool there = exists(STATE_DIR);

	/* Logs hold what tests print, secrets too. */
	if (dir_make_private(STATE_DIR, err) < 0)
		return -1;
	if (!there)
		file_write(STATE_DIR "/.gitignore", all, sizeof(all) - 1, false,
		           NULL);
	return 0;
}

/* Maps the state, and with it the graph that was compiled last. *found: there
 * is one. */
static int
open_state(struct session *s, enum state_mode mode, bool *found,
	struct err *err)
{
	struct buf name = { 0 };
	int r;

	/* what is debugged leaves caches there */
	if ((mode != STATE_READ || s->o->debug) && make_state_dir(err) < 0)
		return err_default(err, EXIT_ENV);
	/* Before anything is looked at that they write; and a run among them
	 * may hold a lock. */
	if (mode != STATE_READ)
		running_end_left(SESSION_RUNNING, s->left, s->ctx);
	state_name(s, &name);
	r = state_open(&s->state, &s->graphs[0], STATE_DIR, name.p, mode,
	               s->waiting, s->ctx, err);
	buf_release(&name);
	if (r < 0)
		return err_default(err, EXIT_ENV);
	/* Whoever was waited for may have been killed meanwhile. */
	if (mode != STATE_READ)
		running_end_left(SESSION_RUNNING, s->left, s->ctx);
	*found = r > 0;
	s->state_open = true;
	s->may_write = mode != STATE_READ;
	s->new_state = !*found;
	if (*found)
		s->graph = &s->graphs[0];
	return 0;
}

/* Looks at the repository. */
static int
begin_front(struct session *s, struct err *err)
{
	ours_load(s);
	front_options(s);
	s->front_begun = true;
	if (front_begin(&s->front, &s->front_opts, err) < 0)
		return err_default(err, EXIT_ENV);
	return 0;
}

int
session_look_again(struct session *s, struct err *err)
{
	front_release(&s->front);
	s->front_begun = false;
	if (begin_front(s, err) < 0)
		return -1;
	return session_reload(s, err);
}

int
session_open(struct session *s, enum state_mode mode, struct err *err)
{
	int64_t began = os_now();
	bool found = false;
	int r = 0;

	if (open_state(s, mode, &found, err) < 0)
		return -1;
	s->executors = executors_new();
	if (s->python && begin_front(s, err) < 0)
		return -1;
	if (found)
		r = is_graph_current(s, err);
	if (r == 0)
		r = session_reload(s, err);
	s->open_us = (uint64_t)(os_now() - began) / 1000;
	return r < 0 ? -1 : 0;
}

void
session_builddir(const struct session *s, struct buf *out)
{
	const struct graph *g = s->graph;
	uint32_t sym = graph_sym(g, STR("builddir"));
	const struct graph_scope *root = &g->scopes.p[0];

	for (uint32_t i = 0; sym != GRAPH_NONE && i < root->nvars; i++) {
		const struct graph_var *v = &g->vars.p[root->vars + i];

		if (v->sym != sym)
			continue;
		buf_clear(out);
		buf_addstr(out, graph_text(g, v->value, v->len));
	}
}

int64_t
session_adopt(struct session *s, struct err *err)
{
	struct buf dir = { 0 };
	int64_t n;

	if (s->python || !s->new_state)
		return 0;
	s->new_state = false;
	buf_adds(&dir, "");
	session_builddir(s, &dir);
	n = adopt_ninja(&s->state, dir.p ? dir.p : "", s->warn, s->ctx, err);
	buf_release(&dir);
	return n;
}
