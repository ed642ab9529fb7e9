/* SPDX-License-Identifier: Apache-2.0 */
#include "state/variables.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "state/state.h"
#include "util/arena.h"
#include "util/file.h"
#include "util/hash.h"
#include "util/mem.h"

extern char **environ;

/* Left out of "env:*": they change from shell to shell, terminal to terminal,
 * or CI job to CI job, and say nothing about what a test should find. A
 * trailing * stands for any rest. A step that does read one of them by name
 * depends on it all the same. */
static const char *const volatile_names[] = {
	"_", "SHLVL", "PWD", "OLDPWD", "RANDOM", "SECONDS", "BASHPID",
	/* terminal and desktop session */
	"TERM", "COLUMNS", "LINES", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY",
	"WINDOWID", "XDG_SESSION_*", "XDG_VTNR", "XDG_SEAT", "DBUS_*", "TMUX*",
	"STY", "WINDOW", "PS1", "PS2", "PS4", "PROMPT*", "LS_COLORS", "HIST*",
	"SSH_*", "GPG_*", "SESSION_MANAGER", "VTE_VERSION", "TERM_PROGRAM*",
	"TERM_SESSION_ID", "ITERM_*", "KITTY_*", "ALACRITTY_*", "KONSOLE_*",
	"COLORTERM", "WSL_INTEROP", "SECURITYSESSIONID", "LaunchInstanceID",
	"INVOCATION_ID", "JOURNAL_STREAM", "SYSTEMD_EXEC_PID", "MEMORY_PRESSURE_*",
	"SUDO_*",
	/* build tools above us */
	"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKE_TERMOUT", "MAKE_TERMERR",
	"PYTEST_XDIST_*",
	"MAKEOVERRIDES", "CARGO_MAKEFLAGS", "TGRAPH_*", "NINJA_STATUS",
	"PYTEST_CURRENT_TEST", "PYTEST_XDIST_*",
	/* which job of which run this is */
	"GITHUB_RUN_*", "GITHUB_ACTION*", "GITHUB_JOB", "GITHUB_ENV",
	"GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY",
	"GITHUB_EVENT_PATH", "GITHUB_SHA", "GITHUB_TOKEN", "RUNNER_TEMP",
	"RUNNER_TRACKING_ID", "RUNNER_NAME", "ACTIONS_*",
	"CI_JOB_*", "CI_PIPELINE_*", "CI_COMMIT_*", "CI_CONCURRENT_*",
	"CI_BUILD_*", "CI_RUNNER_*", "CI_NODE_*", "BUILD_ID", "BUILD_NUMBER",
	"BUILD_TAG", "BUILD_URL", "EXECUTOR_NUMBER", "JENKINS_*",
	"BUILDKITE_JOB_*", "BUILDKITE_BUILD_*", "CIRCLE_BUILD_*",
	"CIRCLE_WORKFLOW_*",
};

bool
env_next(struct str *list, struct str *name)
{
	static const char sep[] = " \t\r\n,";

	while (list->n && strchr(sep, *list->p)) {
		list->p++;
		list->n--;
	}
	*name = (struct str){ list->p, 0 };
	while (list->n && !strchr(sep, *list->p)) {
		list->p++;
		list->n--;
		name->n++;
	}
	return name->n != 0;
}

const char *
env_value(struct str name)
{
	for (char **e = environ; e && *e; e++)
		if (strncmp(*e, name.p, name.n) == 0 && (*e)[name.n] == '=')
			return *e + name.n + 1;
	return NULL;
}

bool
env_counts(struct str name, struct buf *out)
{
	const char *value;

	buf_clear(out);
	if (str_is(name, "umask()"))
		buf_addf(out, "%03o", (unsigned)file_umask());
	else if (str_is(name, "superuser()"))
		buf_adds(out, geteuid() == 0 ? "yes" : "no");
	else if ((value = env_value(name)))
		buf_adds(out, value);
	else
		return false;
	return true;
}

bool
env_is(struct str path)
{
	return str_starts(path, "env:");
}

static bool
is_volatile(struct str var)
{
	for (size_t i = 0; i < countof(volatile_names); i++) {
		const char *v = volatile_names[i];
		size_t n = strlen(v);

		if (v[n - 1] == '*' ? var.n >= n - 1 &&
		    memcmp(var.p, v, n - 1) == 0 : str_is(var, v))
			return true;
	}
	return false;
}

static void
whole_environment(struct digest *out)
{
	struct str *list;
	struct digester d;
	size_t n = 0, all = 0;

	while (environ && environ[all])
		all++;
	list = xreallocarray(NULL, all + 1, sizeof(*list));
	for (size_t i = 0; i < all; i++) {
		struct str e = str_of(environ[i]);
		const char *eq = memchr(e.p, '=', e.n);

		if (eq && !is_volatile((struct str){ e.p, (size_t)(eq - e.p) }))
			list[n++] = e;
	}
	qsort(list, n, sizeof(*list), str_cmp_qsort);
	digest_begin(&d);
	for (size_t i = 0; i < n; i++)
		digest_add_field(&d, list[i].p, list[i].n);
	*out = digest_end(&d);
	free(list);
}

void
state_env(struct str name, struct digest *out)
{
	const char *value;

	*out = (struct digest){ 0 };
	name.p += 4;
	name.n -= 4;
	if (str_is(name, "*")) {
		whole_environment(out);
		return;
	}
	value = env_value(name);
	if (value)
		*out = digest_of(value, strlen(value));
}

void
env_declared(const struct graph *g, struct buf *out)
{
	struct arena a = { 0 };
	struct map seen = { 0 };
	struct buf value = { 0 };
	struct str *list = NULL, name, rest;
	size_t n = 0, cap = 0;
	bool any = false;
	int added;

	for (uint32_t i = 0; i < g->vars.n && !any; i++)
		any = g->vars.p[i].sym == SYM_TG_ENV;
	for (uint32_t i = 0; any && i < g->steps.n; i++) {
		buf_clear(&value);
		if (graph_binding(g, i, SYM_TG_ENV, GRAPH_RAW, &value, NULL)
		    != 1)
			continue;
		rest = buf_str(&value);
		while (env_next(&rest, &name)) {
			if (map_get(&seen, name))
				continue;
			name = arena_dup(&a, name);
			map_put(&seen, name, &added);
			list = vec_grow(list, &cap, n + 1, sizeof(*list));
			list[n++] = name;
		}
	}
	if (n)
		qsort(list, n, sizeof(*list), str_cmp_qsort);
	for (size_t i = 0; i < n; i++)
		buf_add(out, list[i].p, list[i].n + 1);
	free(list);
	buf_release(&value);
	map_release(&seen);
	arena_release(&a);
}

void
environ_digest(struct str names, struct digest *out)
{
	struct buf value = { 0 };
	struct digester d;

	digest_begin(&d);
	while (names.n) {
		struct str name = str_of(names.p);
		bool set = env_counts(name, &value);

		digest_add_field(&d, name.p, name.n);
		digest_add(&d, set ? "=" : "-", 1);
		if (set)
			digest_add_field(&d, value.p, value.n);
		names.p += name.n + 1;
		names.n -= name.n + 1;
	}
	*out = digest_end(&d);
	buf_release(&value);
}
