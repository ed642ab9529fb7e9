/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/world.h"

static struct world w;

/* The static key of the step that makes "out" in this manifest. */
static struct digest
key_of(const char *manifest)
{
	struct digest key;

	world_make(&w, manifest);
	tree_file(&w.t, "a", "a");
	tree_file(&w.t, "b", "b");
	tree_file(&w.t, "c", "c");
	world_open(&w, STATE_READ);
	world_look_all(&w);
	assert_int_equal(store_key(&w.s, world_step(&w, "out"), &key, &w.err),
	                 0);
	assert_false(digest_none(&key));
	world_remove(&w);
	return key;
}

#define RULE "rule r\n  command = do $in >$out\n"

static void
same(const char *one, const char *other)
{
	struct digest a = key_of(one), b = key_of(other);

	assert_true(digest_eq(&a, &b));
}

static void
differ(const char *one, const char *other)
{
	struct digest a = key_of(one), b = key_of(other);

	assert_false(digest_eq(&a, &b));
}

static void
test_what_decides(void **state)
{
	static const char base[] = RULE "build out: r a b | c\n";

	(void)state;
	same(base, base);
	differ(base, "rule r\n  command = DO $in >$out\nbuild out: r a b | c\n");
	differ(base, RULE "build out: r b a | c\n");
	differ(base, RULE "build out: r a b\n");
	differ(base, RULE "build out more: r a b | c\n");
	differ(base, RULE "build out | more: r a b | c\n");
	/* An implicit output of the same command. */
	differ(RULE "build out: r a\n",
	       "rule r\n  command = do a >out\nbuild out | x: r a\n");
}

static void
test_what_does_not(void **state)
{
	static const char base[] = RULE "build out: r a b\n";

	(void)state;
	same(base, RULE "  description = words\nbuild out: r a b\n");
	same(base, RULE "build out: r a b || c\n");
	same(base, RULE "build v: r c\nbuild out: r a b |@ v\n");
	same(base, RULE "pool p\n  depth = 1\nbuild out: r a b\n  pool = p\n");
	same(base, "rule other\n  command = do a b >out\nbuild out: other a b\n");
	same(base, RULE "build out: r a b\n  tg_timeout = 9\n");
}

static void
test_rspfile(void **state)
{
	static const char base[] = "rule r\n  command = do @rsp\n"
		"  rspfile = rsp\n  rspfile_content = $in\nbuild out: r a\n";

	(void)state;
	differ(base, "rule r\n  command = do @rsp\n"
		"  rspfile = rsp\n  rspfile_content = x$in\nbuild out: r a\n");
	differ(base, "rule r\n  command = do @rsp\nbuild out: r a\n");
}

static void
test_tg_key_stands_for_the_command(void **state)
{
	static const char base[] =
		"rule r\n  command = do $in\nbuild out: r a\n  tg_key = K\n";

	(void)state;
	same(base, "rule r\n  command = other $in\nbuild out: r a\n"
		"  tg_key = K\n");
	differ(base, "rule r\n  command = do $in\nbuild out: r a\n"
		"  tg_key = L\n");
	/* It is no command that reads the same. */
	differ(base, "rule r\n  command = K\nbuild out: r a\n");
}

static void
test_declared_variables(void **state)
{
	static const char base[] = RULE "build out: r a\n  tg_env = TG_T1, TG_T2\n";
	struct digest unset, empty, one, two;

	(void)state;
	unsetenv("TG_T1");
	unsetenv("TG_T2");
	unset = key_of(base);
	setenv("TG_T1", "", 1);
	empty = key_of(base);
	setenv("TG_T1", "v", 1);
	one = key_of(base);
	setenv("TG_T2", "v", 1);
	unsetenv("TG_T1");
	two = key_of(base);
	unsetenv("TG_T2");
	assert_false(digest_eq(&unset, &empty));
	assert_false(digest_eq(&unset, &one));
	assert_false(digest_eq(&empty, &one));
	assert_false(digest_eq(&one, &two));
	differ(base, RULE "build out: r a\n");
}

static void
test_contents(void **state)
{
	struct digest before, after, full, again, outs;
	uint32_t step, seen[1];

	(void)state;
	world_make(&w, RULE "build out: r a\n");
	tree_file(&w.t, "a", "1");
	tree_file(&w.t, "seen", "1");
	world_open(&w, STATE_READ);
	step = world_step(&w, "out");
	world_look_all(&w);
	store_key(&w.s, step, &before, NULL);
	tree_file(&w.t, "a", "2");
	state_forget(&w.s);
	world_look_all(&w);
	store_key(&w.s, step, &after, NULL);
	assert_false(digest_eq(&before, &after));

	store_full_key(&w.s, step, &after, &full);
	seen[0] = graph_node_add(w.s.g, STR("seen"));
	graph_observe(w.s.g, step, seen, 1);
	state_look(&w.s, seen, 1, NULL);
	store_full_key(&w.s, step, &after, &again);
	assert_false(digest_eq(&full, &again));
	full = again;
	assert_int_equal(unlink("seen"), 0);
	state_forget(&w.s);
	world_look_all(&w);
	store_full_key(&w.s, step, &after, &again);
	assert_false(digest_eq(&full, &again));

	store_outs(&w.s, step, &outs);
	tree_file(&w.t, "out", "x");
	state_forget(&w.s);
	world_look_all(&w);
	store_outs(&w.s, step, &again);
	assert_false(digest_eq(&outs, &again));
	world_remove(&w);
}

/* A change behind phony steps reaches the key of who uses them. */
static void
test_phony(void **state)
{
	struct digest before, after;
	uint32_t step;

	(void)state;
	world_make(&w, RULE "build p: phony a || b\nbuild q: phony p c\n"
		"build out: r q\n");
	tree_file(&w.t, "a", "1");
	tree_file(&w.t, "b", "1");
	tree_file(&w.t, "c", "1");
	world_open(&w, STATE_READ);
	step = world_step(&w, "out");
	world_look_all(&w);
	store_key(&w.s, step, &before, NULL);
	tree_file(&w.t, "b", "2");
	state_forget(&w.s);
	world_look_all(&w);
	store_key(&w.s, step, &after, NULL);
	assert_true(digest_eq(&before, &after));
	tree_file(&w.t, "a", "2");
	state_forget(&w.s);
	world_look_all(&w);
	store_key(&w.s, step, &after, NULL);
	assert_false(digest_eq(&before, &after));
	world_remove(&w);
}

static void
test_command_hash(void **state)
{
	uint32_t one, two;

	(void)state;
	world_make(&w, RULE "build out: r a\nbuild o2: r a\n");
	world_open(&w, STATE_READ);
	one = store_command(&w.s, world_step(&w, "out"));
	two = store_command(&w.s, world_step(&w, "o2"));
	assert_int_not_equal(one, two);
	world_remove(&w);
}

static void
test_cycle_in_variables(void **state)
{
	struct digest key;

	(void)state;
	world_make(&w, "rule r\n  command = $description\n"
		"  description = $command\nbuild out: r a\n");
	world_open(&w, STATE_READ);
	world_look_all(&w);
	assert_int_equal(store_key(&w.s, world_step(&w, "out"), &key, &w.err),
	                 -1);
	assert_non_null(w.err.msg);
	world_remove(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_decides),
		cmocka_unit_test(test_what_does_not),
		cmocka_unit_test(test_rspfile),
		cmocka_unit_test(test_tg_key_stands_for_the_command),
		cmocka_unit_test(test_declared_variables),
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_phony),
		cmocka_unit_test(test_command_hash),
		cmocka_unit_test(test_cycle_in_variables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
