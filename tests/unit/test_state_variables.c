/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/world.h"

#include "state/variables.h"

static struct digest
env_of(const char *name)
{
	struct digest d;

	state_env(str_of(name), &d);
	return d;
}

static bool
whole_changes_with(const char *name)
{
	struct digest before, after;

	unsetenv(name);
	before = env_of("env:*");
	setenv(name, "tgraph test", 1);
	after = env_of("env:*");
	unsetenv(name);
	return !digest_eq(&before, &after);
}

static void
test_one_variable(void **state)
{
	struct digest d, want = digest_of("value", 5), empty = digest_of("", 0);

	(void)state;
	unsetenv("TG_T1");
	d = env_of("env:TG_T1");
	assert_true(digest_none(&d));
	setenv("TG_T1", "", 1);
	d = env_of("env:TG_T1");
	assert_true(digest_eq(&d, &empty));
	setenv("TG_T1", "value", 1);
	d = env_of("env:TG_T1");
	assert_true(digest_eq(&d, &want));
	d = env_of("env:TG_T");
	assert_true(digest_none(&d));
	unsetenv("TG_T1");
}

static void
test_whole_environment(void **state)
{
	static const char *const fleeting[] = {
		"SHLVL", "_", "PWD", "OLDPWD", "TERM", "COLUMNS", "LINES",
		"SSH_AUTH_SOCK", "DISPLAY", "WINDOWID", "XDG_SESSION_ID",
		"DBUS_SESSION_BUS_ADDRESS", "TMUX", "TMUX_PANE", "STY", "PS1",
		"PS2", "LS_COLORS", "HISTSIZE", "MAKEFLAGS", "MFLAGS",
		"MAKELEVEL", "TGRAPH_STATUS", "NINJA_STATUS", "GPG_AGENT_INFO",
		"INVOCATION_ID", "JOURNAL_STREAM", "GITHUB_RUN_ID",
		"GITHUB_ACTION", "GITHUB_ACTIONS", "CI_JOB_ID",
		"CI_PIPELINE_ID",
	};
	static const char *const lasting[] = {
		"PATH2", "LANG", "PYTHONPATH", "TZ", "SHLVLS", "TERMINFO", "CI",
		"PYTHONHASHSEED", "XDG_DATA_HOME", "DISPLAYS",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(fleeting) / sizeof(*fleeting); i++)
		if (whole_changes_with(fleeting[i]))
			fail_msg("%s counts", fleeting[i]);
	for (size_t i = 0; i < sizeof(lasting) / sizeof(*lasting); i++)
		if (!whole_changes_with(lasting[i]))
			fail_msg("%s does not count", lasting[i]);
}

static void
test_order_does_not_count(void **state)
{
	struct digest before, after;

	(void)state;
	setenv("TG_T1", "1", 1);
	setenv("TG_T2", "2", 1);
	before = env_of("env:*");
	unsetenv("TG_T1");
	setenv("TG_T1", "1", 1);
	after = env_of("env:*");
	assert_true(digest_eq(&before, &after));
	unsetenv("TG_T1");
	unsetenv("TG_T2");
}

static void
test_names(void **state)
{
	struct str list = STR(" A,B\tC_D , \nE ");
	struct str name;
	static const char *const want[] = { "A", "B", "C_D", "E" };

	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_true(env_next(&list, &name));
		assert_true(str_is(name, want[i]));
	}
	assert_false(env_next(&list, &name));
	assert_false(env_next(&list, &name));
}

static void
test_declared(void **state)
{
	struct world w;
	struct buf b = { 0 };

	(void)state;
	world_make(&w, "rule r\n  command = x\n"
		"v = TG_FROM_VAR\n"
		"build a: r\n  tg_env = TG_Z TG_A\n"
		"build b: r\n  tg_env = $v TG_A\n"
		"build c: r\n");
	world_open(&w, STATE_READ);
	env_declared(w.s.g, &b);
	assert_true(str_eq(buf_str(&b), STR("TG_A\0TG_FROM_VAR\0TG_Z\0")));
	buf_release(&b);
	world_remove(&w);
}

static void
test_what_counts(void **state)
{
	struct buf b = { 0 };
	mode_t mask = umask(027);
	struct digest with, without;
	struct str names = STR("umask()\0");

	(void)state;
	assert_true(env_counts(STR("umask()"), &b));
	assert_true(str_is(buf_str(&b), "027"));
	environ_digest(names, &with);
	umask(0);
	assert_true(env_counts(STR("umask()"), &b));
	assert_true(str_is(buf_str(&b), "000"));
	environ_digest(names, &without);
	assert_false(digest_eq(&with, &without));
	umask(mask);
	assert_int_equal(umask(mask), mask);
	assert_true(env_counts(STR("superuser()"), &b));
	assert_true(str_is(buf_str(&b), geteuid() == 0 ? "yes" : "no"));
	setenv("TG_T1", "one", 1);
	assert_true(env_counts(STR("TG_T1"), &b));
	assert_true(str_is(buf_str(&b), "one"));
	setenv("TG_T1", "", 1);
	assert_true(env_counts(STR("TG_T1"), &b));
	assert_int_equal(b.n, 0);
	unsetenv("TG_T1");
	assert_false(env_counts(STR("TG_T1"), &b));
	buf_release(&b);
}

/* A file of that name that a statement names is a file. */
static void
test_file_named_like_a_variable(void **state)
{
	struct world w;
	struct digest want = digest_of("text", 4);

	(void)state;
	world_make(&w, "rule r\n  command = x\nbuild a: r env$:HOME\n");
	tree_file(&w.t, "env:HOME", "text");
	world_open(&w, STATE_READ);
	world_look_all(&w);
	assert_true(digest_eq(&want,
		&w.s.digest[world_node(&w, "env:HOME")]));
	world_remove(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_variable),
		cmocka_unit_test(test_whole_environment),
		cmocka_unit_test(test_order_does_not_count),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_declared),
		cmocka_unit_test(test_what_counts),
		cmocka_unit_test(test_file_named_like_a_variable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
