/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/world.h"

#include "state/asked.h"

static struct digest
look(const char *path)
{
	struct buf name = { 0 };
	struct digest d;

	buf_addf(&name, ASKED_LOOK "%s", path);
	asked_digest(buf_str(&name), &d);
	buf_release(&name);
	return d;
}

static bool
same(struct digest a, struct digest b)
{
	return digest_eq(&a, &b);
}

static void
names(void **state)
{
	(void)state;
	assert_true(asked_is(STR("env:X")));
	assert_true(asked_is(STR("look:x")));
	assert_true(asked_is(STR("unseen:x")));
	assert_false(asked_is(STR("lookout")));
	assert_true(str_is(asked_after(STR("look:a/b"), ASKED_LOOK), "a/b"));
	assert_int_equal(asked_after(STR("a/look:b"), ASKED_LOOK).n, 0);
	assert_int_equal(asked_after(STR("look"), ASKED_LOOK).n, 0);
}

static void
what_is_there(void **state)
{
	struct tree t;
	struct digest file, link, dir;

	(void)state;
	tree_make(&t);
	if (chdir(t.root) < 0)
		fail();
	assert_true(same(look("f"), asked_nothing()));
	assert_true(same(look("f/g"), asked_nothing()));
	tree_file(&t, "f", "1");
	assert_true(same(look("f/g"), asked_nothing()));
	file = look("f");
	assert_false(same(file, asked_nothing()));
	/* not its content */
	tree_file(&t, "f", "22");
	assert_true(same(look("f"), file));
	chmod("f", 0755);
	assert_false(same(look("f"), file));
	tree_link(&t, "f", "l");
	link = look("l");
	unlink("l");
	tree_link(&t, "g", "l");
	assert_false(same(look("l"), link));
	tree_dir(&t, "d");
	dir = look("d");
	tree_file(&t, "d/x", "");
	assert_true(same(look("d"), dir));
	tree_remove(&t);
}

/* What is asked is looked at anew in each run, and makes its users run. */
static void
in_the_state(void **state)
{
	struct world w;
	uint32_t n;
	struct digest was;

	(void)state;
	world_make(&w, "rule r\n  command = x\nbuild o: r\n");
	assert_int_equal(world_open(&w, STATE_WRITE), 0);
	n = graph_node_add(w.s.g, STR("look:f"));
	graph_observe(w.s.g, 0, &n, 1);
	assert_int_equal(state_look(&w.s, &n, 1, NULL), 0);
	assert_false(w.s.node_flags[n] & NODE_MISSING);
	was = w.s.digest[n];
	state_forget(&w.s);
	assert_int_equal(state_look(&w.s, &n, 1, NULL), 0);
	assert_false(w.s.node_flags[n] & NODE_CHANGED);
	tree_file(&w.t, "f", "");
	state_forget(&w.s);
	assert_int_equal(state_look(&w.s, &n, 1, NULL), 0);
	assert_true(w.s.node_flags[n] & NODE_CHANGED);
	assert_false(same(was, w.s.digest[n]));
	world_close(&w);
	world_remove(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(what_is_there),
		cmocka_unit_test(in_the_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
