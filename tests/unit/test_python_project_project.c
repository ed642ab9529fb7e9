/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "python/project/project.h"
#include "python/project/internal.h"
#include "unit/tree.h"

struct fixture {
	struct tree t;
	struct discovery d;
	struct project p;
};

static void
load(struct fixture *f)
{
	struct err err = {0};

	assert_int_equal(discover(&f->d, f->t.root, NULL, 1, &err), 0);
	assert_int_equal(project_load(&f->p, &f->d, &err), 0);
}

static void
unload(struct fixture *f)
{
	project_release(&f->p);
	discover_release(&f->d);
	tree_remove(&f->t);
}

static const struct package *
find(const struct fixture *f, const char *name)
{
	const struct package *pkg = project_find(&f->p, str_of(name));

	assert_non_null(pkg);
	return pkg;
}

static void
broken(const struct fixture *f, const char *dir, const char *path, int line,
	const char *msg)
{
	const struct package *pkg = find(f, dir);

	assert_true(pkg->flags & PACKAGE_BROKEN);
	assert_string_equal(pkg->err.msg, msg);
	assert_string_equal(pkg->err.path, path);
	assert_int_equal(pkg->err.line, line);
}

static void
a_pyproject_is_read(void **state)
{
	struct fixture f = {0};
	const struct package *pkg;

	(void)state;
	tree_make(&f.t);
	tree_file(&f.t, "core/pyproject.toml", "[project]\n"
		"name = \"My.Core_pkg\"\n"
		"requires-python = \">=3.9,<3.14\"\n"
		"classifiers = [\n"
		"  \"Programming Language :: Python :: 3\",\n"
		"  \"Programming Language :: Python :: 3.11\",\n"
		"  \"Programming Language :: Python :: Implementation\",\n]\n"
		"dependencies = [\"util-lib>=1; python_version>'3'\"]\n"
		"[project.optional-dependencies]\ntest = ['pytest']\n"
		"[dependency-groups]\ndev = ['ruff', {include-group='Doc'}]\n"
		"doc = ['sphinx']\n"
		"[tool.uv.sources]\nutil_lib = { workspace = true }\n"
		"x = { path = '../x' }\n"
		"[tool.tgraph]\ntimeout = 30\ninputs = ['data/**']\n");
	tree_file(&f.t, "core/src/core/__init__.py", "");
	tree_file(&f.t, "util/pyproject.toml",
		"[project]\nname = 'Util_Lib'\n");
	tree_file(&f.t, "pyproject.toml", "[tool.tgraph]\nretries = 2\n"
		"timeout = 5\ninputs = ['x']\n");
	load(&f);
	assert_int_equal(f.p.npackages, 3);
	pkg = find(&f, "my-core-pkg");
	assert_true(str_is(pkg->dir, "core"));
	assert_true(str_is(pkg->name, "My.Core_pkg"));
	assert_true(str_is(pkg->manifest, "core/pyproject.toml"));
	assert_int_equal(pkg->name_line, 2);
	assert_true(pkg->has_requires);
	assert_int_equal(pkg->requires_line, 3);
	assert_true(str_is(pkg->requires.text, ">=3.9,<3.14"));
	assert_int_equal(pkg->nclassifiers, 1);
	assert_true(str_is(pkg->classifiers[0], "3.11"));
	assert_int_equal(pkg->ndeps, 5);
	assert_true(str_is(pkg->deps[0].name, "util-lib"));
	assert_ptr_equal(&f.p.packages[pkg->deps[0].package],
		find(&f, "util"));
	assert_int_equal(pkg->deps[1].kind, DEP_EXTRA);
	assert_true(str_is(pkg->deps[1].group, "test"));
	assert_int_equal(pkg->deps[1].package, -1);
	assert_true(str_is(pkg->deps[3].name, "sphinx"));
	assert_true(str_is(pkg->deps[3].group, "dev"));
	assert_int_equal(pkg->nsources, 2);
	assert_true(pkg->sources[0].workspace);
	assert_true(str_is(pkg->sources[1].path, "x"));
	assert_int_equal(pkg->nroots, 2);
	assert_true(str_is(pkg->roots[0], "core/src"));
	assert_true(str_is(pkg->roots[1], "core"));
	/* Own settings over the root's; globs are not inherited. */
	assert_true(pkg->config.timeout == 30);
	assert_int_equal(pkg->config.retries, 2);
	assert_true(str_is(pkg->config.inputs.v[0], "data/**"));
	assert_int_equal(find(&f, "util")->config.inputs.n, 0);
	assert_true(find(&f, "util")->config.timeout == 5);
	assert_ptr_equal(project_owner(&f.p, STR("core/tests/a/test_x.py")),
		pkg);
	assert_true(project_owner(&f.p, STR("test_x.py"))->flags &
		PACKAGE_ROOT);
	assert_null(f.p.warnings.first);
	unload(&f);
}

static void
errors_block_their_package_alone(void **state)
{
	struct fixture f = {0};

	(void)state;
	tree_make(&f.t);
	tree_file(&f.t, "good/pyproject.toml", "[project]\nname='good'\n");
	tree_file(&f.t, "syntax/pyproject.toml", "[project]\nname = \n");
	tree_file(&f.t, "spec/pyproject.toml", "[project]\nname='spec'\n"
		"\nrequires-python = '>=3.9 <4'\n");
	tree_file(&f.t, "type/pyproject.toml", "[project]\nname = 3\n");
	tree_file(&f.t, "word/pyproject.toml", "[project]\nname = 'a b'\n");
	tree_file(&f.t, "dep/pyproject.toml", "[project]\nname='d'\n"
		"dependencies = ['a',\n  '>=3']\n");
	tree_file(&f.t, "cycle/pyproject.toml", "[dependency-groups]\n"
		"a = [{include-group='b'}]\nb = [{include-group='a'}]\n");
	tree_file(&f.t, "conf/pyproject.toml", "[tool.tgraph]\n"
		"timeout = '5'\n");
	tree_file(&f.t, "conf2/pyproject.toml", "[tool.tgraph]\n"
		"python = ['3.12', 'new']\n");
	tree_file(&f.t, "conf3/pyproject.toml", "[tool.tgraph]\n"
		"runner = 'nose'\n");
	tree_file(&f.t, "cfg/setup.cfg", "[metadata]\nname = cfg\n"
		"[options]\npython_requires = 3.9\n");
	load(&f);
	assert_false(find(&f, "good")->flags & PACKAGE_BROKEN);
	assert_null(find(&f, "good")->err.msg);
	broken(&f, "syntax", "syntax/pyproject.toml", 2, "missing value");
	broken(&f, "spec", "spec/pyproject.toml", 4, "requires-python: "
		"'>=3.9 <4' is not a version specifier: '3.9 <4' is not one "
		"version (is a comma missing?)");
	broken(&f, "type", "type/pyproject.toml", 2,
		"name: expected a string, not an integer");
	broken(&f, "word", "word/pyproject.toml", 2,
		"project.name: 'a b' is not a package name");
	broken(&f, "dep", "dep/pyproject.toml", 4,
		"dependencies: '>=3' is not a requirement");
	broken(&f, "cycle", "cycle/pyproject.toml", 2,
		"dependency-groups: group 'a' includes itself");
	broken(&f, "conf", "conf/pyproject.toml", 2,
		"timeout: expected a number, not a string");
	broken(&f, "conf2", "conf2/pyproject.toml", 2,
		"python: 'new' is not a version such as \"3.12\"");
	broken(&f, "conf3", "conf3/pyproject.toml", 2, "runner: must be "
		"\"auto\", \"pytest\" or \"unittest\", not \"nose\"");
	broken(&f, "cfg", "cfg/setup.cfg", 4, "requires-python: '3.9' is not "
		"a version specifier: '3.9' lacks an operator such as >= or "
		"==");
	unload(&f);
}

static void
paths_have_settings(void **state)
{
	struct fixture f = {0};
	const struct config *c;

	(void)state;
	tree_make(&f.t);
	tree_file(&f.t, "a/pyproject.toml", "[tool.tgraph]\n"
		"isolation = 'process'\n[[tool.tgraph.path]]\n"
		"paths = ['x', 'y']\nisolation = 'fork'\n"
		"[[tool.tgraph.path]]\npaths = ['z']\n"
		"isolation = 'process'\n[[tool.tgraph.path]]\n"
		"paths = ['w']\nsplit = true\n");
	tree_file(&f.t, "bool/pyproject.toml", "[tool.tgraph]\n"
		"split = 'yes'\n");
	tree_file(&f.t, "word/pyproject.toml", "[tool.tgraph]\n"
		"isolation = 'none'\n");
	tree_file(&f.t, "table/pyproject.toml", "[tool.tgraph]\n"
		"path = ['a']\n");
	tree_file(&f.t, "one/pyproject.toml", "[tool.tgraph.path]\n"
		"paths = ['a']\n");
	tree_file(&f.t, "key/pyproject.toml", "[[tool.tgraph.path]]\n"
		"path = ['a']\n");
	tree_file(&f.t, "none/pyproject.toml", "[[tool.tgraph.path]]\n"
		"paths = []\nisolation = 'fork'\n");
	tree_file(&f.t, "what/pyproject.toml", "[[tool.tgraph.path]]\n"
		"paths = ['a']\n");
	load(&f);
	c = &find(&f, "a")->config;
	assert_int_equal(c->isolation, ISOLATION_PROCESS);
	assert_int_equal(c->path.n, 3);
	assert_false(c->split);
	assert_int_equal(c->path.v[0].set, CONFIG_ISOLATION);
	assert_int_equal(c->path.v[2].set, CONFIG_SPLIT);
	assert_true(c->path.v[2].split);
	assert_int_equal(c->path.v[0].paths.n, 2);
	assert_int_equal(c->path.v[0].isolation, ISOLATION_FORK);
	assert_true(str_is(c->path.v[1].paths.v[0], "z"));
	broken(&f, "word", "word/pyproject.toml", 2, "isolation: must be "
		"\"fork\", \"process\", \"batch\" or \"shared\", not \"none\"");
	broken(&f, "table", "table/pyproject.toml", 2,
		"path: expected tables in the array, not a string");
	broken(&f, "one", "one/pyproject.toml", 1,
		"path: expected tables, [[tool.tgraph.path]], not a table");
	broken(&f, "key", "key/pyproject.toml", 2, "unknown key 'path' in "
		"[[tool.tgraph.path]]; did you mean 'paths'?");
	broken(&f, "none", "none/pyproject.toml", 1,
		"[[tool.tgraph.path]] needs paths = [\"...\"]");
	broken(&f, "what", "what/pyproject.toml", 1,
		"[[tool.tgraph.path]] needs isolation, split, cache, inputs or env");
	broken(&f, "bool", "bool/pyproject.toml", 2,
		"split: expected a boolean, not a string");
	unload(&f);
}

static void
groups_have_limits(void **state)
{
	struct fixture f = {0};
	const struct config *c;

	(void)state;
	tree_make(&f.t);
	tree_file(&f.t, "a/pyproject.toml", "[[tool.tgraph.group]]\n"
		"paths = ['x/', './y']\n"
		"[[tool.tgraph.group]]\npaths = ['z']\nlimit = 3\n"
		"env = { A = 'b', C_1 = '' }\n");
	tree_file(&f.t, "line/pyproject.toml", "[[tool.tgraph.group]]\n"
		"paths = ['x']\n[tool.tgraph.group.env]\n"
		"A = 'b'\nB = \"\\n\"\n");
	tree_file(&f.t, "dist/pyproject.toml", "[[tool.tgraph.group]]\n"
		"paths = ['x']\nenv = { PYTEST_XDIST_WORKER = 'a' }\n");
	tree_file(&f.t, "limit/pyproject.toml", "[[tool.tgraph.group]]\n"
		"paths = ['x']\nlimit = -1\n");
	load(&f);
	c = &find(&f, "a")->config;
	assert_int_equal(c->group.n, 2);
	assert_true(str_is(c->group.v[0].paths.v[0], "x"));
	assert_true(str_is(c->group.v[0].paths.v[1], "y"));
	assert_int_equal(c->group.v[0].limit, 1);
	assert_int_equal(c->group.v[0].nenv, 0);
	assert_int_equal(c->group.v[1].limit, 3);
	assert_int_equal(c->group.v[1].nenv, 2);
	assert_true(str_is(c->group.v[1].env[0].name, "A"));
	assert_true(str_is(c->group.v[1].env[0].value, "b"));
	assert_true(str_is(c->group.v[1].env[1].name, "C_1"));
	broken(&f, "line", "line/pyproject.toml", 5,
		"env: the value of B has a line end or NUL");
	broken(&f, "dist", "dist/pyproject.toml", 3,
		"env: PYTEST_XDIST_WORKER is not for a group to set");
	broken(&f, "limit", "limit/pyproject.toml", 3,
		"limit: must be at least 1");
	unload(&f);
}

static void
names_must_differ(void **state)
{
	struct fixture f = {0};

	(void)state;
	tree_make(&f.t);
	tree_file(&f.t, "a/pyproject.toml", "[project]\nname='same.name'\n");
	tree_file(&f.t, "b/setup.cfg", "[metadata]\n\nname=Same_Name\n");
	tree_file(&f.t, "c/pyproject.toml", "[project]\nname='other'\n");
	tree_file(&f.t, "x/lib/setup.py", "");
	tree_file(&f.t, "y/lib/setup.py", "");
	load(&f);
	broken(&f, "a", "a/pyproject.toml", 2, "package 'same.name' has the "
		"same name as that of b/setup.cfg:3");
	broken(&f, "b", "b/setup.cfg", 3, "package 'Same_Name' has the same "
		"name as that of a/pyproject.toml:2");
	assert_null(find(&f, "c")->err.msg);
	assert_true(str_is(find(&f, "x/lib")->name, "lib"));
	assert_true(str_is(find(&f, "y/lib")->name, "y/lib"));
	unload(&f);
}

static void
a_workspace(void **state)
{
	struct fixture f = {0};
	const struct warning *w;

	(void)state;
	tree_make(&f.t);
	tree_file(&f.t, "pyproject.toml", "[tool.uv.workspace]\n"
		"members = ['packages/*', 'tests/member', 'gone']\n"
		"exclude = ['packages/old']\n[tool.tgraph]\nretires = 1\n");
	tree_file(&f.t, "packages/a/pyproject.toml", "[project]\nname='a'\n");
	tree_file(&f.t, "packages/old/pyproject.toml", "nonsense");
	tree_file(&f.t, "tests/member/pyproject.toml", "");
	tree_file(&f.t, "tests/data/pyproject.toml", "nonsense");
	tree_file(&f.t, "lint/setup.cfg", "[flake8]\n");
	tree_file(&f.t, "extra/setup.py", "");
	load(&f);
	assert_true(f.p.workspace);
	assert_int_equal(f.p.npackages, 4);
	assert_true(find(&f, "packages/a")->flags & PACKAGE_WORKSPACE);
	assert_true(find(&f, "tests/member")->flags & PACKAGE_WORKSPACE);
	assert_false(find(&f, "extra")->flags & PACKAGE_WORKSPACE);
	assert_true(str_is(project_owner(&f.p,
		STR("packages/old/test_x.py"))->dir, ""));
	w = f.p.warnings.first;
	assert_string_equal(w->msg.p, "unknown key 'retires' in [tool.tgraph];"
		" did you mean 'retries'?");
	assert_int_equal(w->line, 5);
	assert_string_equal(w->next->msg.p,
		"workspace member 'gone' has no pyproject.toml");
	assert_int_equal(w->next->line, 2);
	assert_null(w->next->next);
	unload(&f);
}

static void
roots(const struct fixture *f, const char *dir, const char *want)
{
	const struct package *pkg = find(f, dir);
	struct buf b = {0};
	size_t i;

	for (i = 0; i < pkg->nroots; i++)
		buf_addf(&b, "%s%s", i ? " " : "", pkg->roots[i].p);
	assert_string_equal(b.p, want);
	buf_release(&b);
}

static void
source_roots(void **state)
{
	struct fixture f = {0};

	(void)state;
	tree_make(&f.t);
	tree_file(&f.t, "a/pyproject.toml", "[tool.setuptools]\n"
		"package-dir = {'' = 'lib', 'x.y' = 'other/x/y'}\n");
	tree_file(&f.t, "a/lib/m.py", "");
	tree_file(&f.t, "a/other/x/y/m.py", "");
	tree_file(&f.t, "b/setup.cfg", "[options]\npackage_dir =\n  =source\n"
		"[options.packages.find]\nwhere = python\n");
	tree_file(&f.t, "b/source/m.py", "");
	tree_file(&f.t, "b/python/m.py", "");
	tree_file(&f.t, "c/pyproject.toml", "[tool.poetry]\nname='c'\n"
		"packages = [{include='p', from='code'}]\n");
	tree_file(&f.t, "c/code/p/m.py", "");
	tree_file(&f.t, "d/pyproject.toml", "[tool.hatch.build.targets.wheel]"
		"\npackages = ['pkgs/d', 'none/d']\n");
	tree_file(&f.t, "d/pkgs/d/m.py", "");
	load(&f);
	roots(&f, "a", "a/lib a/other a");
	roots(&f, "b", "b/source b/python b");
	roots(&f, "c", "c/code c");
	roots(&f, "d", "d/pkgs d");
	unload(&f);
}

static void
poetry_project(void **state)
{
	struct fixture f = {0};
	const struct package *pkg;
	struct arena a = {0};
	struct str s;

	(void)state;
	tree_make(&f.t);
	tree_file(&f.t, "pyproject.toml", "[tool.poetry]\nname = 'pp'\n"
		"[tool.poetry.dependencies]\npython = '^3.9'\n"
		"lib = {path = 'lib'}\n"
		"[tool.poetry.group.test.dependencies]\npytest = '*'\n");
	tree_file(&f.t, "lib/pyproject.toml", "[tool.poetry]\nname='lib'\n"
		"[tool.poetry.dependencies]\npython='~2.7 || ^3.6'\n");
	load(&f);
	pkg = find(&f, "pp");
	assert_true(str_is(pkg->requires.text, ">=3.9,<4"));
	assert_int_equal(pkg->ndeps, 2);
	assert_ptr_equal(&f.p.packages[pkg->deps[0].package],
		find(&f, "lib"));
	assert_true(str_is(pkg->deps[1].group, "test"));
	assert_false(find(&f, "lib")->has_requires);
	assert_non_null(f.p.warnings.first);
	assert_true(poetry_constraint(&a, STR("~3.8"), &s));
	assert_true(str_is(s, ">=3.8,<3.9"));
	assert_true(poetry_constraint(&a, STR(">=3.8, <4.0 !=3.9.*"), &s));
	assert_true(str_is(s, ">=3.8,<4.0,!=3.9.*"));
	assert_true(poetry_constraint(&a, STR("3.9.*"), &s));
	assert_true(str_is(s, "==3.9.*"));
	assert_true(poetry_constraint(&a, STR("^0.0.3"), &s));
	assert_true(str_is(s, ">=0.0.3,<0.0.4"));
	assert_true(poetry_constraint(&a, STR("*"), &s));
	assert_true(str_is(s, ""));
	arena_release(&a);
	unload(&f);
}

static void
no_manifest_at_all(void **state)
{
	struct fixture f = {0};

	(void)state;
	tree_make(&f.t);
	tree_file(&f.t, "test_x.py", "");
	load(&f);
	assert_int_equal(f.p.npackages, 1);
	assert_int_equal(f.p.packages[0].flags,
		PACKAGE_ROOT | PACKAGE_IMPLICIT);
	assert_true(str_eq(f.p.packages[0].name,
		str_of(strrchr(f.t.root, '/') + 1)));
	unload(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pyproject_is_read),
		cmocka_unit_test(errors_block_their_package_alone),
		cmocka_unit_test(paths_have_settings),
		cmocka_unit_test(groups_have_limits),
		cmocka_unit_test(names_must_differ),
		cmocka_unit_test(a_workspace),
		cmocka_unit_test(source_roots),
		cmocka_unit_test(poetry_project),
		cmocka_unit_test(no_manifest_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
