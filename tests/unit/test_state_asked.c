/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/world.h"

#include "state/asked.h"
#include "state/asked_find.h"

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

static struct digest
find(const char *name)
{
	struct digest d;

	asked_digest(str_of(name), &d);
	return d;
}

static void
modules(void **state)
{
	static const char X[] = ASKED_FIND ".cpython-312:d/x";
	static const char *const forms[] = {
		"d/x.py", "d/x.pyc", "d/x.so", "d/x.abi3.so",
		"d/x.cpython-312.so", "d/x/__init__.py",
		"d/x/__init__.cpython-312.so",
	};
	struct tree t;
	struct digest none, empty;

	(void)state;
	tree_make(&t);
	if (chdir(t.root) < 0)
		fail();
	assert_true(same(find(X), asked_find_nothing()));
	tree_dir(&t, "d/x");
	empty = none = find(X);
	assert_false(same(empty, asked_find_nothing()));
	for (int i = 0; i < (int)(sizeof(forms) / sizeof(forms[0])); i++) {
		tree_file(&t, forms[i], "");
		assert_false(same(find(X), none));
		none = find(X);
	}
	for (int i = 0; i < (int)(sizeof(forms) / sizeof(forms[0])); i++)
		unlink(forms[i]);
	/* Others count for themselves only. */
	tree_file(&t, "d/xy.py", "");
	tree_file(&t, "d/x.txt", "");
	tree_file(&t, "d/x.cpython-311.so", "");
	assert_true(same(find(X), empty));
	none = find(ASKED_FIND "t:d/xy,z");
	tree_file(&t, "d/z.xml", "");
	assert_true(same(find(ASKED_FIND "t:d/xy,z"), none));
	tree_file(&t, "d/z.py", "");
	assert_false(same(find(ASKED_FIND "t:d/xy,z"), none));
	tree_remove(&t);
}

/* A directory that is listed once says the same as asking for each. */
static void
many_modules(void **state)
{
	static const char *const there[] = {
		"d/a.py", "d/b/z", "d/c.t.so", "d/e/__init__.py", "d/F.PY",
		"d/g.txt", "r0.py", "f", "d/q.pyc",
	};
	static const char *const dirs[6] = { "", "d/", "no/", "f/", "d/b/", "s/" };
	static const char *const mods[11] = {
		"a", "b", "c", "e", "F", "f", "g", "h", "r0", "q", "\xc3\xa9",
	};
	enum { N = 6 * 11 + 6 };
	struct str names[N] = { STR("env:X"), STR("look:d"), { 0 },
		STR(ASKED_FIND "t:d/*"), STR(ASKED_FIND "t:d/a,h"),
		STR(ASKED_FIND "t:d/h,i,j") };
	struct buf b[N] = { 0 };
	struct digest nothing = asked_find_nothing(), d;
	bool none[N] = { 0 };
	struct tree t;
	size_t n = 6, known = 0;

	(void)state;
	tree_make(&t);
	if (chdir(t.root) < 0)
		fail();
	for (int i = 0; i < (int)(sizeof(there) / sizeof(there[0])); i++)
		tree_file(&t, there[i], "");
	tree_link(&t, "d", "s");
	for (size_t i = 0; i < 6; i++)
		for (size_t k = 0; k < 11; k++, n++) {
			buf_addf(&b[n], ASKED_FIND "t:%s%s", dirs[i], mods[k]);
			names[n] = buf_str(&b[n]);
		}
	asked_find_none(names, N, none);
	for (size_t i = 0; i < 5; i++)
		assert_false(none[i]);
	/* Of several names none may be there. */
	assert_true(none[5]);
	for (size_t i = 5; i < (size_t)N; i++) {
		asked_digest(names[i], &d);
		if (none[i])
			assert_true(same(d, nothing));
		known += none[i];
		buf_release(&b[i]);
	}
	/* All ten of those that are no directories, at the least. */
	assert_true(known >= 20);
	/* Few questions are not worth a listing. */
	none[0] = false;
	asked_find_none((struct str[]){ STR(ASKED_FIND "t:no/x") }, 1, none);
	assert_false(none[0]);
	tree_remove(&t);
}

static bool
count(void *ctx, const char *path)
{
	assert_non_null(path);
	++*(int *)ctx;
	return true;
}

static int
candidates(const char *name)
{
	int n = 0;

	assert_true(asked_candidates(str_of(name), count, &n));
	return n;
}

static void
candidates_of_modules(void **state)
{
	int one = candidates(ASKED_FIND "t:d/x");

	(void)state;
	assert_true(one > 0);
	assert_int_equal(candidates(ASKED_FIND "t:d/x,y,z"), 3 * one);
	assert_int_equal(candidates(ASKED_FIND "t:d/*"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(what_is_there),
		cmocka_unit_test(in_the_state),
		cmocka_unit_test(modules),
		cmocka_unit_test(many_modules),
		cmocka_unit_test(candidates_of_modules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
