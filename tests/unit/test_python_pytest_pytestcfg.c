/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config.h"
#include "python/pytest/internal.h"
#include "python/pytest/pytestcfg.h"
#include "unit/tree.h"

struct fixture {
	struct tree t;
	struct arena a;
	struct pytestcfg c;
	struct pytest_options options;
	struct buf dir, table;
	const char *more;       /* PYTEST_ADDOPTS */
	const char *top;        /* in the tree, NULL: the package */
};

static void
begin(struct fixture *f)
{
	*f = (struct fixture){ 0 };
	tree_make(&f->t);
	tree_dir(&f->t, "w/p");
	assert_int_equal(file_read(TG_SRCDIR "/rules/pytest-options",
		&f->table, NULL), 1);
	assert_int_equal(pytest_options_parse(&f->a, f->table.p, f->table.n,
		&f->options, NULL), 0);
}

static void
load(struct fixture *f, const char *dir, int major)
{
	struct pytestcfg_read read = {
		.a = &f->a, .options = &f->options,
	};
	struct err err = {0};
	struct buf top = {0};

	tree_path(&f->t, &top, f->top ? f->top : dir);
	if (pytestcfg_load(&f->c, &read, tree_path(&f->t, &f->dir, dir),
	    top.p, major, f->more, &err) < 0)
		print_message("%s:%d: %s\n", err.path, err.line, err.msg);
	assert_null(err.msg);
	buf_release(&top);
	pytestcfg_read_release(&read);
}

static void
end(struct fixture *f)
{
	arena_release(&f->a);
	buf_release(&f->dir);
	buf_release(&f->table);
	tree_remove(&f->t);
}

/* Is s the path of name in the tree? */
static void
is_path(struct fixture *f, struct str s, const char *name)
{
	struct buf b = {0};

	assert_string_equal(s.p, tree_path(&f->t, &b, name));
	buf_release(&b);
}

static bool
collects(struct fixture *f, const char *name)
{
	struct buf b = {0};
	bool r = pytestcfg_collects(&f->c,
		str_of(tree_path(&f->t, &b, name)));

	buf_release(&b);
	return r;
}

static void
the_first_file_with_settings_counts(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	load(&f, "w/p", 9);
	assert_false(f.c.configured);
	is_path(&f, f.c.rootdir, "w/p");
	tree_file(&f.t, "w/setup.py", "");
	load(&f, "w/p", 9);
	is_path(&f, f.c.rootdir, "w");
	assert_int_equal(f.c.inifile.n, 0);
	tree_file(&f.t, "w/pyproject.toml", "[project]\n");
	load(&f, "w/p", 9);
	assert_false(f.c.configured);
	is_path(&f, f.c.inifile, "w/pyproject.toml");
	load(&f, "w/p", 7);
	assert_int_equal(f.c.inifile.n, 0);
	is_path(&f, f.c.rootdir, "w");
	tree_file(&f.t, "w/setup.cfg", "[tool:pytest]\n");
	tree_file(&f.t, "w/p/tox.ini", "[tox]\n");
	load(&f, "w/p", 9);
	assert_true(f.c.configured);
	is_path(&f, f.c.inifile, "w/setup.cfg");
	is_path(&f, f.c.confcutdir, "w");
	tree_file(&f.t, "w/p/pytest.ini", "");
	load(&f, "w/p", 9);
	is_path(&f, f.c.inifile, "w/p/pytest.ini");
	tree_file(&f.t, "w/p/pytest.toml", "");
	load(&f, "w/p", 9);
	is_path(&f, f.c.inifile, "w/p/pytest.toml");
	load(&f, "w/p", 8);
	is_path(&f, f.c.inifile, "w/p/pytest.ini");
	/* Before pytest 9, this file needed the section. */
	tree_file(&f.t, "w/p/sub/.pytest.ini", "");
	load(&f, "w/p/sub", 9);
	is_path(&f, f.c.inifile, "w/p/sub/.pytest.ini");
	load(&f, "w/p/sub", 8);
	is_path(&f, f.c.inifile, "w/p/pytest.ini");
	end(&f);
}

static void
settings_are_read(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	tree_file(&f.t, "w/p/pyproject.toml", "[tool.pytest.ini_options]\n"
		"python_files = 'check_*.py \"a b.py\"'\n"
		"python_classes = ['Suite', '*Case']\n"
		"pythonpath = ['src', '../lib']\n"
		"addopts = '-p no:xdist -pmine --import-mode=importlib "
		"--ignore old --ignore-glob=*gen* --doctest-glob \"*.md\"'\n"
		"collect_imported_tests = false\n"
		"markers = ['slow: x']\n");
	load(&f, "w/p", 0);
	assert_int_equal(f.c.python_files.n, 2);
	assert_true(str_is(f.c.python_files.v[1], "a b.py"));
	assert_int_equal(f.c.pythonpath.n, 2);
	is_path(&f, f.c.pythonpath.v[0], "w/p/src");
	is_path(&f, f.c.pythonpath.v[1], "w/lib");
	assert_true(str_is(f.c.no_plugins.v[0], "xdist"));
	assert_true(str_is(f.c.plugins.v[0], "mine"));
	assert_int_equal(f.c.import_mode, IMPORT_IMPORTLIB);
	is_path(&f, f.c.ignores.v[0], "w/p/old");
	assert_true(str_is(f.c.doctest_globs.v[0], "*.md"));
	assert_false(f.c.collect_imported_tests);
	assert_int_equal(f.c.markers.n, 1);
	assert_int_equal(f.c.python_classes.n, 2);
	assert_true(str_is(f.c.python_classes.v[0], "Suite"));
	assert_true(str_is(f.c.python_classes.v[1], "*Case"));
	assert_int_equal(f.c.python_functions.n, 1);
	assert_true(str_is(f.c.python_functions.v[0], "test"));
	assert_true(collects(&f, "w/p/sub/check_a.py"));
	assert_false(collects(&f, "w/p/test_a.py"));
	assert_false(collects(&f, "w/p/old/check_a.py"));
	assert_false(collects(&f, "w/p/x/gen/check_a.py"));
	assert_false(collects(&f, "w/check_a.py"));
	assert_true(collects(&f, "w/p/README.md"));
	end(&f);
}

/* Files of which addopts names only some tests. */
static void
ids_in_addopts(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	tree_file(&f.t, "w/p/a.py", "");
	tree_file(&f.t, "w/p/b.py", "");
	tree_file(&f.t, "w/p/t/c.py", "");
	tree_file(&f.t, "w/p/pytest.ini", "[pytest]\naddopts = -q a.py::x "
		"a.py::T::y[1::2] b.py b.py::z t t/c.py::w no.py::v\n");
	load(&f, "w/p", 9);
	assert_int_equal(f.c.ids.n, 2);
	assert_true(str_ends(f.c.ids.v[0], "/w/p/a.py::x"));
	assert_true(str_ends(f.c.ids.v[1], "/w/p/a.py::T::y[1::2]"));
	assert_true(collects(&f, "w/p/a.py"));
	assert_true(collects(&f, "w/p/b.py"));
	end(&f);
	begin(&f);
	tree_file(&f.t, "w/p/a.py", "");
	tree_file(&f.t, "w/p/pytest.ini",
		"[pytest]\naddopts = --foo a.py::x\n");
	load(&f, "w/p", 9);
	assert_int_equal(f.c.ids.n, 0);
	end(&f);
}

/* Is only tests/ collected with these addopts? Else everything is. */
static void
narrowed(const char *addopts, bool is)
{
	struct fixture f;
	struct buf text = {0};

	begin(&f);
	tree_file(&f.t, "w/p/tests/test_a.py", "");
	tree_file(&f.t, "w/p/more/check.py", "");
	tree_file(&f.t, "w/p/src/x.py", "");
	buf_addf(&text, "[pytest]\ntestpaths = more\naddopts = %s\n",
	         addopts);
	tree_file(&f.t, "w/p/pytest.ini", text.p);
	load(&f, "w/p", 9);
	assert_int_equal(collects(&f, "w/p/tests/test_a.py"), is);
	assert_int_equal(collects(&f, "w/p/more/test_b.py"), !is);
	assert_false(collects(&f, "w/p/test_c.py"));
	buf_release(&text);
	end(&f);
}

static void
paths_in_addopts(void **state)
{
	struct fixture f;

	(void)state;
	narrowed("tests", true);
	narrowed("-v -ra --strict-markers -n2 tests", true);
	narrowed("-k more --maxfail 2 -W error -p no:xdist tests/", true);
	narrowed("--cov src --cov-report term ./tests", true);
	narrowed("--html more --tx popen --asyncio-mode auto tests", true);
	narrowed("--html tests", false);
	narrowed("-xvn tests", false);
	narrowed("-xvn2 tests", true);
	narrowed("--cov --cov-report=term tests/test_a.py::test_x", true);
	narrowed("-ra --ds=tests", false);
	narrowed("--foo tests", false);
	narrowed("-E tests", false);
	narrowed("-k tests", false);
	narrowed("-vk tests", false);
	narrowed("--cov tests", false);
	narrowed("--rootdir tests -c pytest.ini", false);
	narrowed("nowhere", false);
	narrowed("--pyargs tests", false);
	narrowed("-- tests", false);
	begin(&f);
	tree_file(&f.t, "w/p/more/check.py", "");
	tree_file(&f.t, "w/p/[x]/test_a.py", "");
	tree_file(&f.t, "w/p/pytest.ini",
		"[pytest]\naddopts = --foo [x] more/check.py\n");
	load(&f, "w/p", 9);
	/* In doubt too much; and a file that is named, whatever its name. */
	assert_true(collects(&f, "w/p/[x]/test_a.py"));
	assert_true(collects(&f, "w/p/more/check.py"));
	assert_false(collects(&f, "w/p/x/test_a.py"));
	assert_false(collects(&f, "w/p/more/test_a.py"));
	end(&f);
}

static void
where_tests_are(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	load(&f, "w/p", 9);
	assert_true(collects(&f, "w/p/test_a.py"));
	assert_true(collects(&f, "w/p/x/a_test.py"));
	assert_false(collects(&f, "w/p/x/atest.py"));
	assert_false(collects(&f, "w/p/x/test_a.pyi"));
	assert_false(collects(&f, "w/p/build/test_a.py"));
	assert_false(collects(&f, "w/p/.x/test_a.py"));
	assert_false(collects(&f, "w/p/a.egg/test_a.py"));
	assert_true(collects(&f, "w/p/test_notes.txt"));
	/* Only what lies below the place where it is run can be skipped. */
	tree_file(&f.t, "w/build/pytest.ini",
		"[pytest]\naddopts = --doctest-modules\n"
		"norecursedirs = skip tests/data*\n");
	load(&f, "w/build", 9);
	assert_true(collects(&f, "w/build/test_a.py"));
	assert_true(collects(&f, "w/build/dist/m.py"));
	assert_false(collects(&f, "w/build/setup.py"));
	assert_false(collects(&f, "w/build/__main__.py"));
	assert_false(collects(&f, "w/build/skip/test_a.py"));
	assert_false(collects(&f, "w/build/tests/data1/test_a.py"));
	assert_true(collects(&f, "w/build/data1/test_a.py"));
	end(&f);
}

static void
test_paths(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	tree_file(&f.t, "w/pytest.ini", "[pytest]\ntestpaths = unit \n"
		"  it-* ./more/../other/x.py\n");
	tree_file(&f.t, "w/unit/test_a.py", "");
	load(&f, "w", 9);
	assert_true(collects(&f, "w/unit/deep/test_a.py"));
	assert_true(collects(&f, "w/it-1/test_a.py"));
	assert_true(collects(&f, "w/other/x.py"));
	assert_false(collects(&f, "w/other/test_x.py"));
	assert_false(collects(&f, "w/test_a.py"));
	/* They do not count if pytest is run elsewhere ... */
	load(&f, "w/p", 9);
	assert_true(collects(&f, "w/p/test_a.py"));
	is_path(&f, f.c.rootdir, "w");
	/* ... or if nothing is there. */
	tree_file(&f.t, "w/pytest.ini", "[pytest]\ntestpaths = none\n");
	load(&f, "w", 9);
	assert_true(collects(&f, "w/test_a.py"));
	end(&f);
}

static void
where_pytest_is_run(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	f.top = "w";
	tree_file(&f.t, "pytest.ini", "[pytest]\n");
	load(&f, "w/p", 9);
	is_path(&f, f.c.dir, "w/p");
	tree_file(&f.t, "w/pytest.ini", "[pytest]\n"
		"testpaths = q w-* p/unit\naddopts = --ignore p/old\n");
	tree_file(&f.t, "w/p/setup.cfg", "[metadata]\n");
	tree_file(&f.t, "w/p/unit/test_a.py", "");
	load(&f, "w/p", 9);
	is_path(&f, f.c.dir, "w");
	is_path(&f, f.c.package, "w/p");
	is_path(&f, f.c.ignores.v[0], "w/p/old");
	assert_true(collects(&f, "w/p/unit/test_a.py"));
	assert_false(collects(&f, "w/p/more/test_a.py"));
	/* None of them names anything of these. */
	load(&f, "w/r", 9);
	assert_true(collects(&f, "w/r/more/test_a.py"));
	assert_false(collects(&f, "w/p/more/test_a.py"));
	/* The directory above a package, by a pattern. */
	load(&f, "w/w-1/deep", 9);
	assert_true(collects(&f, "w/w-1/deep/test_a.py"));
	/* Options of the environment are as seen from there. */
	f.more = "--rootdir=q --ignore=r/x";
	load(&f, "w/r", 9);
	is_path(&f, f.c.rootdir, "w/q");
	assert_false(collects(&f, "w/r/x/test_a.py"));
	f.more = "-c ../pytest.ini";
	load(&f, "w/r", 9);
	is_path(&f, f.c.dir, "w/r");
	f.more = NULL;
	tree_file(&f.t, "w/p/tox.ini", "[pytest]\n");
	load(&f, "w/p", 9);
	is_path(&f, f.c.dir, "w/p");
	end(&f);
}

static void
refuse(struct fixture *f, const char *name, const char *text, int major,
	int line, const char *msg)
{
	struct pytestcfg_read read = { .a = &f->a };
	struct err err = {0};
	struct buf b = {0};

	tree_file(&f->t, name, text);
	assert_int_equal(pytestcfg_load(&f->c, &read,
		tree_path(&f->t, &f->dir, "w/p"), "/-", major,
		NULL, &err), -1);
	assert_string_equal(err.msg, msg);
	assert_string_equal(err.path, tree_path(&f->t, &b, name));
	assert_int_equal(err.line, line);
	assert_int_equal(unlink(b.p), 0);
	pytestcfg_read_release(&read);
	err_release(&err);
	buf_release(&b);
}

static void
bad_files(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	refuse(&f, "w/p/pytest.ini", "[pytest]\nx\n", 9, 2,
		"neither a section nor 'key = value': 'x'");
	refuse(&f, "w/p/setup.cfg", "\n[pytest]\n", 9, 2, "pytest reads its "
		"settings in setup.cfg from [tool:pytest], not [pytest]");
	refuse(&f, "w/p/pyproject.toml", "[tool.pytest]\nx = 1\n"
		"[tool.pytest.ini_options]\ny = 1\n", 9, 1, "[tool.pytest] "
		"and [tool.pytest.ini_options] cannot both be used");
	refuse(&f, "w/p/pyproject.toml", "[tool.pytest]\n"
		"testpaths = 'tests'\n", 9, 2,
		"testpaths: expected a list of strings");
	refuse(&f, "w/p/pyproject.toml", "[tool\n", 9, 1,
		"expected ']' at the end of the header");
	refuse(&f, "w/p/pytest.toml", "x = 1\n", 9, 1,
		"pytest's settings must be in the table [pytest]");
	refuse(&f, "w/p/tox.ini", "[pytest]\naddopts = -k 'x\n", 9, 2,
		"no closing quotation in '-k 'x'");
	refuse(&f, "w/p/tox.ini", "[pytest]\n\nstrict_markers = 2\n", 9, 3,
		"strict_markers: expected true or false");
	end(&f);
}

static void
what_the_environment_adds(void **state)
{
	struct fixture f;
	struct pytestcfg_read read = { .a = &f.a };
	struct err err = {0};

	(void)state;
	begin(&f);
	tree_file(&f.t, "w/p/pytest.ini", "[pytest]\naddopts = "
		"--ignore=one -o python_files='a_*.py b_*.py'\n");
	tree_file(&f.t, "w/other.ini", "[pytest]\npython_functions = look\n");
	f.more = "--doctest-modules --ignore=two -p extra";
	load(&f, "w/p", 9);
	assert_int_equal(f.c.ignores.n, 2);
	assert_true(f.c.doctest_modules);
	assert_int_equal(f.c.plugins.n, 1);
	assert_int_equal(f.c.python_files.n, 2);
	assert_string_equal(f.c.python_files.v[0].p, "a_*.py");
	assert_false(f.c.django);
	pytestcfg_plugins(&f.c, &f.a, ",x,y");
	assert_int_equal(f.c.plugins.n, 3);
	f.more = "-o python_files=c_*.py";
	load(&f, "w/p", 9);
	assert_int_equal(f.c.python_files.n, 1);
	f.more = "-c ../other.ini --rootdir .";
	load(&f, "w/p", 9);
	assert_true(str_ends(f.c.inifile, "/w/other.ini"));
	assert_true(str_ends(f.c.rootdir, "/w/p"));
	assert_string_equal(f.c.python_functions.v[0].p, "look");
	f.more = "--ds=site.settings";
	load(&f, "w/p", 9);
	assert_true(f.c.django);
	f.more = NULL;
	tree_file(&f.t, "w/p/pytest.ini", "[pytest]\n"
		"DJANGO_SETTINGS_MODULE = site.settings\n");
	load(&f, "w/p", 9);
	assert_true(f.c.django);
	assert_int_equal(pytestcfg_load(&f.c, &read,
		tree_path(&f.t, &f.dir, "w/p"), "/-", 9,
		"-k 'x", &err), -1);
	assert_string_equal(err.path, "PYTEST_ADDOPTS");
	pytestcfg_read_release(&read);
	err_release(&err);
	end(&f);
}

/* Both packages have the settings of the file above them. */
static void
read_once(void **state)
{
	struct pytestcfg_read read;
	struct fixture f;
	struct pytestcfg p;
	struct err err = {0};
	struct buf b = {0};

	(void)state;
	begin(&f);
	read = (struct pytestcfg_read){ .a = &f.a };
	tree_dir(&f.t, "w/q");
	tree_file(&f.t, "w/q/pyproject.toml", "[project]\nname = 'q'\n");
	tree_file(&f.t, "w/pyproject.toml", "[tool.pytest.ini_options]\n"
		"pythonpath = ['src', 'p/src']\n");
	assert_int_equal(pytestcfg_load(&p, &read,
		tree_path(&f.t, &f.dir, "w/p"), "/-", 9,
		NULL, &err), 0);
	assert_int_equal(read.n, 1);
	assert_int_equal(pytestcfg_load(&f.c, &read,
		tree_path(&f.t, &f.dir, "w/q"), "/-", 9,
		NULL, &err), 0);
	assert_int_equal(read.n, 2);
	is_path(&f, p.dir, "w/p");
	is_path(&f, f.c.dir, "w/q");
	is_path(&f, p.inifile, "w/pyproject.toml");
	is_path(&f, f.c.inifile, "w/pyproject.toml");
	assert_int_equal(p.pythonpath.n, 2);
	assert_int_equal(f.c.pythonpath.n, 2);
	for (size_t i = 0; i < 2; i++) {
		const char *name = i ? "w/p/src" : "w/src";

		is_path(&f, p.pythonpath.v[i], name);
		is_path(&f, f.c.pythonpath.v[i], name);
	}
	/* A file that is refused is refused for each. */
	tree_file(&f.t, "w/q/pyproject.toml", "[tool\n");
	pytestcfg_read_release(&read);
	read.a = &f.a;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(pytestcfg_load(&f.c, &read,
			tree_path(&f.t, &f.dir, "w/q"), "/-", 9,
		NULL, &err), -1);
		assert_string_equal(err.path,
			tree_path(&f.t, &b, "w/q/pyproject.toml"));
		assert_int_equal(err.line, 1);
		err_release(&err);
	}
	pytestcfg_read_release(&read);
	buf_release(&b);
	end(&f);
}

static void
words(void **state)
{
	struct arena a = {0};
	struct err err = {0};
	struct pytest_list l;

	(void)state;
	assert_int_equal(pytest_list_split(&a, STR(" a 'b c'\td\"e \\\" f\"g "
		"\\h '' \"\\x\"\n"), &l, &err), 0);
	assert_int_equal(l.n, 6);
	assert_string_equal(l.v[1].p, "b c");
	assert_string_equal(l.v[2].p, "de \" fg");
	assert_string_equal(l.v[3].p, "h");
	assert_string_equal(l.v[4].p, "");
	assert_string_equal(l.v[5].p, "\\x");
	assert_int_equal(pytest_list_split(&a, STR("a \\"), &l, &err), -1);
	assert_string_equal(err.msg, "nothing after the backslash in 'a \\'");
	err_release(&err);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_file_with_settings_counts),
		cmocka_unit_test(settings_are_read),
		cmocka_unit_test(paths_in_addopts),
		cmocka_unit_test(ids_in_addopts),
		cmocka_unit_test(where_tests_are),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(bad_files),
		cmocka_unit_test(what_the_environment_adds),
		cmocka_unit_test(where_pytest_is_run),
		cmocka_unit_test(read_once),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
