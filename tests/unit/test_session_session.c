/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"
#include "fakepython.h"
#include "session/session.h"
#include "session/targets/subject.h"
#include "tree.h"

/* Sessions of real directories, one after the other: each opens what the one
 * before left. */
struct fixture {
	struct tree tree;
	struct options o;
	struct session s;
	struct err err;
	struct buf warned;
	const char *from;       /* where the user is, from the tree's root */
};

static int
make(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	tree_make(&f->tree);
	f->o.prog = "tgraph";
	f->from = "";
	*state = f;
	return chdir(f->tree.root);
}

static int
drop(void **state)
{
	struct fixture *f = *state;

	session_close(&f->s);
	err_release(&f->err);
	buf_release(&f->warned);
	if (chdir("/") < 0)
		return -1;
	tree_remove(&f->tree);
	free(f);
	return 0;
}

static void
on_warn(void *ctx, struct str text)
{
	struct fixture *f = ctx;

	buf_addf(&f->warned, "%.*s\n", (int)text.n, text.p);
}

/* The next session. */
static int
again(struct fixture *f, enum state_mode mode)
{
	struct buf b = { 0 };

	session_close(&f->s);
	err_release(&f->err);
	buf_clear(&f->warned);
	/* as from the build directory, where the program is */
	buf_adds(&f->s.rules, TG_SRCDIR "/rules");
	buf_adds(&f->s.pytgraph, TG_SRCDIR "/src/pytgraph");
	f->s.warn = on_warn;
	f->s.ctx = f;
	assert_int_equal(chdir(tree_path(&f->tree, &b, f->from)), 0);
	buf_release(&b);
	assert_int_equal(session_place(&f->s, &f->o, &f->err), 0);
	return session_open(&f->s, mode, &f->err);
}

static bool
has(const struct fixture *f, const char *name)
{
	return graph_find(f->s.graph, str_of(name)) != GRAPH_NONE;
}

static void
graph_is_kept(void **state)
{
	struct fixture *f = *state;

	tree_file(&f->tree, "build.ninja", "rule r\n  command = r\n"
	          "build a: r\n");
	assert_int_equal(again(f, STATE_WRITE), 0);
	assert_false(f->s.python);
	assert_true(f->s.state_open && f->s.may_write && f->s.new_state);
	assert_true(has(f, "a"));
	assert_int_equal(session_save(&f->s, &f->err), 0);
	/* now it comes with the state */
	assert_int_equal(again(f, STATE_READ), 0);
	assert_true(f->s.state_open && !f->s.may_write && !f->s.new_state);
	assert_ptr_equal(f->s.graph, &f->s.graphs[0]);
	/* until the manifest is another */
	tree_file(&f->tree, "build.ninja", "rule r\n  command = r\n"
	          "build b: r\n");
	assert_int_equal(again(f, STATE_READ), 0);
	assert_ptr_equal(f->s.graph, &f->s.graphs[1]);
	assert_true(has(f, "b") && !has(f, "a"));
	/* and once more in the same session */
	tree_file(&f->tree, "build.ninja", "rule r\n  command = r\n"
	          "build c: r\n");
	assert_int_equal(session_reload(&f->s, &f->err), 0);
	assert_true(has(f, "c") && !has(f, "b"));
	assert_ptr_equal(f->s.state.g, f->s.graph);
}

static void
reading_writes_nothing(void **state)
{
	struct fixture *f = *state;

	tree_file(&f->tree, "build.ninja", "");
	assert_int_equal(again(f, STATE_READ), 0);
	session_close(&f->s);
	assert_int_not_equal(access(".tgraph", F_OK), 0);
}

static void
manifest_that_is_wrong(void **state)
{
	struct fixture *f = *state;

	tree_file(&f->tree, "build.ninja", "build x\n");
	assert_int_equal(again(f, STATE_WRITE), -1);
	assert_int_equal(f->err.code, EXIT_USAGE);
	assert_true(f->s.state_open);
	assert_null(f->s.graph);
	f->o.ninja = true;
	assert_int_equal(again(f, STATE_WRITE), -1);
	assert_int_equal(f->err.code, 1);
	/* the graph of before does not stand in for it */
	tree_file(&f->tree, "build.ninja", "");
	assert_int_equal(again(f, STATE_WRITE), 0);
	assert_int_equal(session_save(&f->s, &f->err), 0);
	tree_file(&f->tree, "build.ninja", "build x\n");
	assert_int_equal(again(f, STATE_WRITE), -1);
}

static void
held_by_another(void **state)
{
	struct fixture *f = *state;
	struct session other = { 0 };

	tree_file(&f->tree, "build.ninja", "");
	assert_int_equal(again(f, STATE_WRITE), 0);
	assert_int_equal(session_place(&other, &f->o, &f->err), 0);
	assert_int_equal(session_open(&other, STATE_WRITE, &f->err), -1);
	assert_int_equal(f->err.code, EXIT_ENV);
	/* which is told from a graph that cannot be had */
	assert_false(other.state_open);
	session_close(&other);
}

static void
states_of_manifests(void **state)
{
	struct fixture *f = *state;

	tree_dir(&f->tree, "sub");
	tree_file(&f->tree, "sub/x.ninja", "");
	tree_file(&f->tree, "tests", "");
	f->o.file = "sub/x.ninja";
	assert_int_equal(again(f, STATE_WRITE), 0);
	assert_int_equal(session_save(&f->s, &f->err), 0);
	assert_int_equal(access(".tgraph/sub%x.ninja.state", F_OK), 0);
	/* not that of the repository's tests */
	f->o.file = "tests";
	assert_int_equal(again(f, STATE_WRITE), 0);
	assert_int_equal(session_save(&f->s, &f->err), 0);
	assert_int_equal(access(".tgraph/.%tests.state", F_OK), 0);
	assert_int_not_equal(access(".tgraph/tests.state", F_OK), 0);
}

static void
builddir_of_the_manifest(void **state)
{
	struct fixture *f = *state;
	struct buf b = { 0 };

	tree_file(&f->tree, "build.ninja", "");
	assert_int_equal(again(f, STATE_READ), 0);
	buf_adds(&b, "as it was");
	session_builddir(&f->s, &b);
	assert_string_equal(b.p, "as it was");
	tree_file(&f->tree, "build.ninja", "d = out\nbuilddir = $d/x\n");
	assert_int_equal(again(f, STATE_READ), 0);
	session_builddir(&f->s, &b);
	assert_string_equal(b.p, "out/x");
	buf_release(&b);
}

/* ---- where results are kept ---- */

static void
stores(void **state)
{
	struct fixture *f = *state;
	const char *named = "named";

	tree_file(&f->tree, "build.ninja", "");
	unsetenv("TGRAPH_CACHE");
	assert_int_equal(again(f, STATE_WRITE), 0);
	assert_int_equal(session_store(&f->s, &f->err), 0);
	assert_non_null(f->s.store);
	assert_int_equal(access(".tgraph/cache", F_OK), 0);
	f->o.no_cache = true;
	assert_int_equal(again(f, STATE_WRITE), 0);
	assert_int_equal(session_store(&f->s, &f->err), 0);
	assert_null(f->s.store);
	f->o.no_cache = false;
	setenv("TGRAPH_CACHE", "", 1);
	assert_int_equal(again(f, STATE_WRITE), 0);
	assert_int_equal(session_store(&f->s, &f->err), 0);
	assert_null(f->s.store);
	setenv("TGRAPH_CACHE", "variable", 1);
	assert_int_equal(again(f, STATE_WRITE), 0);
	assert_int_equal(session_store(&f->s, &f->err), 0);
	assert_int_equal(access("variable", F_OK), 0);
	/* the option before the variable; a dry run makes none */
	f->o.cache = (struct option_list){ &named, 1, 0 };
	f->o.dry_run = true;
	assert_int_equal(again(f, STATE_READ), 0);
	assert_int_equal(session_store(&f->s, &f->err), 0);
	assert_null(f->s.store);
	assert_int_not_equal(access("named", F_OK), 0);
	f->o.dry_run = false;
	assert_int_equal(again(f, STATE_WRITE), 0);
	assert_int_equal(session_store(&f->s, &f->err), 0);
	assert_int_equal(access("named", F_OK), 0);
	unsetenv("TGRAPH_CACHE");
}

static void
a_store_that_cannot_be(void **state)
{
	struct fixture *f = *state;
	const char *named = "file";

	tree_file(&f->tree, "build.ninja", "");
	tree_file(&f->tree, "file", "");
	tree_file(&f->tree, ".tgraph/cache", "");
	unsetenv("TGRAPH_CACHE");
	/* one that was asked for is an error */
	f->o.cache = (struct option_list){ &named, 1, 0 };
	assert_int_equal(again(f, STATE_WRITE), 0);
	assert_int_equal(session_store(&f->s, &f->err), -1);
	assert_int_equal(f->err.code, EXIT_ENV);
	/* without the other the steps run, and it is told */
	f->o.cache = (struct option_list){ 0 };
	assert_int_equal(again(f, STATE_WRITE), 0);
	assert_int_equal(session_store(&f->s, &f->err), 0);
	assert_null(f->s.store);
	assert_non_null(strstr(f->warned.p, "it is not used (--cache names"));
}

/* ---- a Python repository ---- */

static void
make_repository(struct fixture *f)
{
	struct buf b = { 0 };

	tree_dir(&f->tree, "repo/.git");
	tree_file(&f->tree, "repo/pyproject.toml",
	          "[tool.uv.workspace]\nmembers = ['low', 'other']\n");
	tree_file(&f->tree, "repo/low/pyproject.toml",
	          "[project]\nname = 'low'\nversion = '1'\n");
	tree_file(&f->tree, "repo/other/pyproject.toml",
	          "[project]\nname = 'top'\nversion = '1'\n");
	tree_file(&f->tree, "repo/low/src/low/__init__.py", "");
	tree_file(&f->tree, "repo/low/src/low/core.py", "X = 1\n");
	tree_file(&f->tree, "repo/low/tests/test_low.py", "import unittest\n"
	          "import low.core\n"
	          "class T(unittest.TestCase):\n    def test(self): pass\n");
	tree_file(&f->tree, "repo/other/data.txt", "1");
	fake_python(&f->tree, "bin/python3.12", 3, 12, 1, "", "8.0");
	setenv("PATH", tree_path(&f->tree, &b, "bin"), 1);
	setenv("HOME", "/nonexistent", 1);
	f->from = "repo";
	unsetenv("VIRTUAL_ENV");
	unsetenv("PYENV_ROOT");
	unsetenv("XDG_DATA_HOME");
	unsetenv("UV_PYTHON_INSTALL_DIR");
	buf_release(&b);
}

static void
finds(struct fixture *f, const char *word, enum subject_kind kind,
	const char *path)
{
	struct subject w;

	assert_int_equal(subject_find(&f->s, word, &w, &f->err), 0);
	assert_int_equal(w.kind, kind);
	if (path)
		assert_string_equal(w.path.p, path);
	if (kind == SUBJECT_PACKAGE)
		assert_string_equal(f->s.front.p.packages[w.at].name.p, word);
	if (kind == SUBJECT_MODULE)
		assert_string_equal(subject_module_path(&f->s,
			(uint32_t)w.at).p, path);
}

static void
subjects(void **state)
{
	struct fixture *f = *state;
	const struct modules *m = &f->s.front.m;
	struct subject w;
	uint32_t n = 0;

	make_repository(f);
	assert_int_equal(again(f, STATE_READ), 0);
	assert_true(f->s.python && f->s.front_loaded);
	finds(f, "low", SUBJECT_PACKAGE, NULL);
	finds(f, "top", SUBJECT_PACKAGE, NULL);
	finds(f, "low/src", SUBJECT_DIR, "low/src");
	finds(f, "low/src/low/core.py", SUBJECT_MODULE, "low/src/low/core.py");
	finds(f, "low.core", SUBJECT_MODULE, "low/src/low/core.py");
	finds(f, "other/data.txt", SUBJECT_FILE, "other/data.txt");
	/* a package's directory is the package */
	assert_int_equal(subject_find(&f->s, "other", &w, &f->err), 0);
	assert_int_equal(w.kind, SUBJECT_PACKAGE);
	assert_string_equal(f->s.front.p.packages[w.at].name.p, "top");
	assert_int_equal(subject_find(&f->s, "py3.9", &w, &f->err), 0);
	assert_int_equal(w.kind, SUBJECT_VERSION);
	assert_int_equal(w.major, 3);
	assert_int_equal(w.minor, 9);
	assert_int_equal(subject_find(&f->s, "low.nothing", &w, &f->err), -1);
	assert_int_equal(f->err.code, EXIT_USAGE);
	/* the modules of a directory */
	assert_int_equal(subject_find(&f->s, "low/src", &w, &f->err), 0);
	for (uint32_t i = 0; i < m->n; i++)
		n += subject_has(&f->s, &w, i);
	assert_int_equal(n, 2);
	w.kind = SUBJECT_VERSION;
	assert_false(subject_has(&f->s, &w, 0));
}

static void
partial_runs_have_a_state_of_their_own(void **state)
{
	struct fixture *f = *state;

	make_repository(f);
	assert_int_equal(again(f, STATE_WRITE), 0);
	assert_false(session_is_partial(&f->s));
	assert_int_equal(session_save(&f->s, &f->err), 0);
	assert_int_equal(access(".tgraph/tests.state", F_OK), 0);
	f->o.pytest_k = "x";
	assert_int_equal(again(f, STATE_WRITE), 0);
	assert_true(session_is_partial(&f->s));
	assert_true(f->s.new_state && f->s.front_loaded);
	assert_int_equal(session_save(&f->s, &f->err), 0);
	assert_int_equal(access(".tgraph/partial.state", F_OK), 0);
	f->o.pytest_k = NULL;
	assert_int_equal(again(f, STATE_READ), 0);
	assert_false(f->s.new_state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(graph_is_kept),
		TEST(reading_writes_nothing),
		TEST(manifest_that_is_wrong),
		TEST(held_by_another),
		TEST(states_of_manifests),
		TEST(builddir_of_the_manifest),
		TEST(stores),
		TEST(a_store_that_cannot_be),
		TEST(subjects),
		TEST(partial_runs_have_a_state_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
