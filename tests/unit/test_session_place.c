/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "session/session.h"
#include "tree.h"

/* What is read, and from where, in trees of all kinds. */
struct fixture {
	struct tree tree;
	struct session s;
	struct options o;
	struct err err;
};

static int
make(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	tree_make(&f->tree);
	*state = f;
	return f ? 0 : -1;
}

static int
drop(void **state)
{
	struct fixture *f = *state;

	session_close(&f->s);
	err_release(&f->err);
	if (chdir("/") < 0)
		return -1;
	tree_remove(&f->tree);
	free(f);
	return 0;
}

/* session_place as from the directory of that name; "" is the tree's root. */
static int
place(struct fixture *f, const char *from)
{
	struct buf b = { 0 };

	session_close(&f->s);
	err_release(&f->err);
	assert_int_equal(chdir(tree_path(&f->tree, &b, from)), 0);
	buf_release(&b);
	return session_place(&f->s, &f->o, &f->err);
}

/* The root is that directory of the tree, which is now the working directory,
 * and the user was below it there. */
static void
rooted(const struct fixture *f, const char *root, const char *below)
{
	struct buf want = { 0 };
	char *cwd = getcwd(NULL, 0);

	tree_path(&f->tree, &want, root);
	if (!*root)
		want.p[--want.n] = '\0';
	assert_string_equal(f->s.root.p, want.p);
	assert_string_equal(f->s.below.p ? f->s.below.p : "", below);
	assert_string_equal(cwd, want.p);
	free(cwd);
	buf_release(&want);
}

static void
nearest_sign_is_the_root(void **state)
{
	struct fixture *f = *state;

	tree_dir(&f->tree, "a/.git");
	tree_dir(&f->tree, "a/b/c/d");
	assert_int_equal(place(f, "a/b/c"), 0);
	assert_true(f->s.python);
	rooted(f, "a", "b/c");
	tree_dir(&f->tree, "a/b/.tgraph");
	assert_int_equal(place(f, "a/b/c/d"), 0);
	rooted(f, "a/b", "c/d");
	assert_int_equal(place(f, "a/b"), 0);
	rooted(f, "a/b", "");
	/* a worktree's .git is a file */
	tree_file(&f->tree, "a/b/c/.git", "gitdir: elsewhere\n");
	assert_int_equal(place(f, "a/b/c/d"), 0);
	rooted(f, "a/b/c", "d");
}

static void
workspace_is_a_root(void **state)
{
	struct fixture *f = *state;

	tree_dir(&f->tree, ".git");
	tree_file(&f->tree, "w/pyproject.toml",
	          "[project]\nname = 'w'\n[tool.uv.workspace]\nmembers = []\n");
	tree_file(&f->tree, "w/p/pyproject.toml", "[project]\nname = 'p'\n");
	assert_int_equal(place(f, "w/p"), 0);
	rooted(f, "w", "p");
	tree_file(&f->tree, "w/pyproject.toml", "[project]\nname = 'w'\n");
	assert_int_equal(place(f, "w/p"), 0);
	rooted(f, "", "w/p");
}

static void
without_a_sign_it_is_the_working_directory(void **state)
{
	struct fixture *f = *state;

	tree_file(&f->tree, "a/b/test_x.py", "");
	if (access("/.git", F_OK) == 0 || access("/tmp/.git", F_OK) == 0 ||
	    access("/tmp/.tgraph", F_OK) == 0)
		skip();
	assert_int_equal(place(f, "a/b"), 0);
	rooted(f, "a/b", "");
}

static void
home_is_no_project_without_a_sign(void **state)
{
	struct fixture *f = *state;
	char *home = getenv("HOME") ? strdup(getenv("HOME")) : NULL;

	if (access("/.git", F_OK) == 0 || access("/tmp/.git", F_OK) == 0 ||
	    access("/tmp/.tgraph", F_OK) == 0)
		skip();
	setenv("HOME", f->tree.root, 1);
	assert_int_equal(place(f, ""), -1);
	assert_int_equal(f->err.code, EXIT_USAGE);
	assert_non_null(strstr(f->err.msg, "there is no project here"));
	/* tools say what they find */
	f->o.tool = "matrix";
	assert_int_equal(place(f, ""), 0);
	f->o.tool = NULL;
	tree_file(&f->tree, "setup.py", "");
	assert_int_equal(place(f, ""), 0);
	rooted(f, "", "");
	if (home)
		setenv("HOME", home, 1);
	else
		unsetenv("HOME");
	free(home);
}

static void
ninja_files(void **state)
{
	struct fixture *f = *state;

	tree_dir(&f->tree, ".git");
	tree_file(&f->tree, "n/build.ninja", "");
	assert_int_equal(place(f, "n"), 0);
	assert_false(f->s.python);
	assert_string_equal(f->s.manifest.p, "build.ninja");
	rooted(f, "n", "");
	/* it is a repository's only where tgraph.ninja stands beside it */
	tree_file(&f->tree, "n/tgraph.ninja", "");
	assert_int_equal(place(f, "n"), 0);
	assert_true(f->s.python);
	assert_int_equal(f->s.user_manifest.n, 0);
	rooted(f, "", "n");
	/* as ninja it is always meant */
	f->o.ninja = true;
	assert_int_equal(place(f, "n"), 0);
	assert_string_equal(f->s.manifest.p, "build.ninja");
	f->o.ninja = false;
	f->o.file = "sub/other.ninja";
	assert_int_equal(place(f, ""), 0);
	assert_false(f->s.python);
	assert_string_equal(f->s.manifest.p, "sub/other.ninja");
}

static void
user_manifest_is_the_roots(void **state)
{
	struct fixture *f = *state;

	tree_dir(&f->tree, ".git");
	tree_dir(&f->tree, "sub");
	tree_file(&f->tree, "tgraph.ninja", "");
	assert_int_equal(place(f, "sub"), 0);
	assert_string_equal(f->s.user_manifest.p, "tgraph.ninja");
	rooted(f, "", "sub");
}

static void
options_for_python(void **state)
{
	struct fixture *f = *state;

	tree_file(&f->tree, "build.ninja", "");
	f->o.for_python = "package";
	assert_int_equal(place(f, ""), -1);
	assert_int_equal(f->err.code, EXIT_USAGE);
	assert_non_null(strstr(f->err.msg, "--package is for Python"));
	assert_non_null(strstr(f->err.msg, "build.ninja"));
	unlink("build.ninja");
	tree_dir(&f->tree, ".git");
	assert_int_equal(place(f, ""), 0);
}

static void
paths_are_the_users(void **state)
{
	struct fixture *f = *state;
	const char *cache[] = { "c", "d" };
	struct buf want = { 0 };

	tree_dir(&f->tree, ".git");
	tree_dir(&f->tree, "a/b");
	f->o.junit = "../j.xml";
	f->o.json = "/abs/j.json";
	f->o.cache = (struct option_list){ cache, 1, 0 };
	assert_int_equal(place(f, "a/b"), 0);
	rooted(f, "", "a/b");
	assert_string_equal(f->s.junit.p, tree_path(&f->tree, &want,
		"a/j.xml"));
	assert_string_equal(f->s.json.p, "/abs/j.json");
	assert_string_equal(f->s.cache.p, tree_path(&f->tree, &want, "a/b/c"));
	assert_int_equal(f->s.trace.n, 0);
	/* where the user stands at the root they stay as they are */
	assert_int_equal(place(f, ""), 0);
	assert_string_equal(f->s.junit.p, "../j.xml");
	assert_string_equal(f->s.cache.p, "c");
	/* --cache= wants none */
	cache[0] = "";
	assert_int_equal(place(f, "a/b"), 0);
	assert_int_equal(f->s.cache.n, 0);
	buf_release(&want);
}

static void
table_of_releases(void **state)
{
	struct fixture *f = *state;
	struct buf b = { 0 }, want = { 0 };

	setenv("XDG_CONFIG_HOME", f->tree.root, 1);
	assert_int_equal(session_releases(&b), 0);
	assert_string_equal(b.p, tree_path(&f->tree, &want,
		"tgraph/python-releases"));
	tree_file(&f->tree, "tgraph/python-releases", "");
	buf_clear(&b);
	assert_int_equal(session_releases(&b), 1);
	/* one that is not absolute does not count */
	setenv("XDG_CONFIG_HOME", "relative", 1);
	setenv("HOME", "/nonexistent", 1);
	buf_clear(&b);
	assert_int_equal(session_releases(&b), 0);
	assert_string_equal(b.p,
		"/nonexistent/.config/tgraph/python-releases");
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("HOME");
	buf_clear(&b);
	assert_int_equal(session_releases(&b), 0);
	assert_int_equal(b.n, 0);
	buf_release(&b);
	buf_release(&want);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nearest_sign_is_the_root),
		TEST(workspace_is_a_root),
		TEST(without_a_sign_it_is_the_working_directory),
		TEST(home_is_no_project_without_a_sign),
		TEST(ninja_files),
		TEST(user_manifest_is_the_roots),
		TEST(options_for_python),
		TEST(paths_are_the_users),
		TEST(table_of_releases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
