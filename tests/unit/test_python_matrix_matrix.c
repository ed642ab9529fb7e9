/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "python/matrix/matrix.h"
#include "unit/fakepython.h"
#include "util/path.h"

static const char table[] = "# c\n3.8 end-of-life 2019-10-14 2024-10-07\n"
	"3.9\tsecurity\t2020-10-05\t2025-10\n"
	"3.10 bugfix 2021-10-04 2026-10 # x\n"
	"3.11 bugfix 2022-10-24 2027-10\n"
	"3.12 prerelease 2023-10-02 2028-10\n";

struct fixture {
	struct tree t;
	struct buf path, root;
	struct arena a;
	struct discovery d;
	struct project p;
	struct releases rel;
	struct interps in;
	struct matrix m;
};

static void
begin(struct fixture *f)
{
	struct err err = {0};

	*f = (struct fixture){ 0 };
	tree_make(&f->t);
	buf_addf(&f->path, "%s/bin", f->t.root);
	assert_int_equal(releases_parse(&f->a, table, sizeof(table) - 1,
		&f->rel, &err), 0);
	fake_python(&f->t, "bin/python3", 3, 10, 4, "", "8.0");
	fake_python(&f->t, "bin/python3.9", 3, 9, 1, "", "");
	fake_broken(&f->t, "bin/python3.11", "no libssl");
	fake_python(&f->t, "bin/python3.12", 3, 12, 0, "", "8.0");
}

static void
package(struct fixture *f, const char *text)
{
	tree_file(&f->t, "root/pyproject.toml", text);
}

static int
build(struct fixture *f, struct matrix_opts opts, struct err *err)
{
	struct interp_where w = { .path = f->path.p, .prefixes = "" };

	w.root = tree_path(&f->t, &f->root, "root");
	matrix_release(&f->m);
	interps_release(&f->in);
	project_release(&f->p);
	discover_release(&f->d);
	assert_int_equal(discover(&f->d, f->root.p, NULL, 1, err), 0);
	assert_int_equal(project_load(&f->p, &f->d, err), 0);
	assert_int_equal(interps_find(&f->in, &w, err), 0);
	return matrix_build(&f->m, &f->p, &f->rel, &f->in, &opts, err);
}

static void
end(struct fixture *f)
{
	matrix_release(&f->m);
	interps_release(&f->in);
	project_release(&f->p);
	discover_release(&f->d);
	arena_release(&f->a);
	tree_remove(&f->t);
	buf_release(&f->path);
	buf_release(&f->root);
}

/* Lines "3.12 + reason" or "3.12 - reason"; "@" is the tree. */
static void
rows(struct fixture *f, struct matrix_opts opts, const char *want)
{
	struct err err = {0};
	struct buf b = {0};
	size_t i;

	assert_int_equal(build(f, opts, &err), 0);
	for (i = 0; i < f->m.n; i++) {
		const struct matrix_row *row = &f->m.rows[i];
		size_t n = strlen(f->t.root);
		bool in_tree = strncmp(row->reason.p, f->t.root, n) == 0;

		buf_addf(&b, "%s %c %s%s\n", row->version.p,
			row->chosen ? '+' : '-', in_tree ? "@" : "",
			row->reason.p + (in_tree ? n : 0));
	}
	assert_string_equal(b.p, want);
	buf_release(&b);
}

#define NONE ((struct matrix_opts){ 0 })
#define ALL ((struct matrix_opts){ .all = true })
#define ALONE "not asked for (--all-pythons)"
#define INACTIVE "not the active interpreter's, and nothing says which " \
	"versions are supported"

static void
nothing_said_means_the_active_one(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	package(&f, "");
	rows(&f, NONE, "3.8 - " INACTIVE "\n3.9 - " INACTIVE
		"\n3.10 + the active interpreter\n3.11 - " INACTIVE
		"\n3.12 - " INACTIVE "\n");
	assert_int_equal(fake_runs(&f.t), 1);
	assert_int_equal(f.m.rows[2].interp, 0);
	assert_false(f.m.rows[2].no_pytest);
	end(&f);
}

/* Whatever else is here and would be allowed. */
static void
one_interpreter_alone(void **state)
{
	static const char *const also[] = { "py3.9", "3.12" };
	struct matrix_opts opts = { .also = also, .nalso = 2 };
	struct fixture f;

	(void)state;
	begin(&f);
	package(&f, "[project]\nname='x'\nrequires-python='>=3.8'\n");
	rows(&f, NONE, "3.8 - not supported: end of life 2024-10-07\n"
		"3.9 - " ALONE "\n3.10 + the active interpreter\n"
		"3.11 - " ALONE "\n3.12 - " ALONE "\n");
	assert_int_equal(fake_runs(&f.t), 1);
	assert_true(f.m.rows[2].sole);
	assert_int_equal(f.m.rows[1].why, MATRIX_ALONE);
	assert_string_equal(path_base(f.in.v[f.m.rows[1].interp].path).p,
		"python3.9");
	/* what a target names runs beside it */
	rows(&f, opts, "3.8 - not supported: end of life 2024-10-07\n"
		"3.9 + asked for\n3.10 + the active interpreter\n"
		"3.11 - " ALONE "\n3.12 + asked for\n");
	assert_false(f.m.rows[1].asked);
	/* what is not among the classifiers, or too old or too new */
	package(&f, "[project]\nname='x'\nclassifiers = ['Programming "
		"Language :: Python :: 3.11']\n");
	rows(&f, NONE, "3.8 - not among the classifiers\n"
		"3.9 - not among the classifiers\n"
		"3.10 + the active interpreter\n3.11 - " ALONE "\n"
		"3.12 - not among the classifiers\n");
	package(&f, "[project]\nname='x'\nrequires-python='>=3.8'\n");
	fake_python(&f.t, "bin/python3", 3, 8, 1, "", "8.0");
	rows(&f, NONE, "3.8 + the active interpreter\n3.9 - " ALONE "\n"
		"3.10 - " ALONE "\n3.11 - " ALONE "\n3.12 - " ALONE "\n");
	fake_build(&f.t, "bin/python3", 13, "beta", false);
	rows(&f, NONE, "3.8 - not supported: end of life 2024-10-07\n"
		"3.9 - " ALONE "\n3.10 - " ALONE "\n3.11 - " ALONE "\n"
		"3.12 - " ALONE "\n3.13 + the active interpreter\n");
	end(&f);
}

/* Another one never takes its place. */
static void
one_interpreter_that_does_not_fit(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	package(&f, "[project]\nname='x'\nrequires-python='>=3.11'\n");
	rows(&f, NONE, "3.8 - excluded by requires-python '>=3.11'\n"
		"3.9 - excluded by requires-python '>=3.11'\n"
		"3.10 - excluded by requires-python '>=3.11'\n"
		"3.11 - " ALONE "\n3.12 - " ALONE "\n");
	assert_true(f.m.rows[2].sole);
	package(&f, "[project]\nname='x'\nrequires-python='>=3.10.5'\n");
	rows(&f, NONE, "3.8 - excluded by requires-python '>=3.10.5'\n"
		"3.9 - excluded by requires-python '>=3.10.5'\n"
		"3.10 - 3.10.4 is excluded by requires-python '>=3.10.5'\n"
		"3.11 - " ALONE "\n3.12 - " ALONE "\n");
	fake_broken(&f.t, "bin/python3", "broken pipe");
	package(&f, "[project]\nname='x'\nrequires-python='>=3.11'\n");
	rows(&f, NONE, "3.8 - excluded by requires-python '>=3.11'\n"
		"3.9 - excluded by requires-python '>=3.11'\n"
		"3.10 - excluded by requires-python '>=3.11'\n"
		"3.11 - " ALONE "\n3.12 - " ALONE "\n"
		"python3 - @/bin/python3 does not run: broken pipe\n");
	end(&f);
}

static void
requires_python_chooses(void **state)
{
	struct fixture f;
	struct matrix_opts pre = { .all = true,
		.include_prerelease = true };

	(void)state;
	begin(&f);
	package(&f, "[project]\nname='x'\nrequires-python='>=3.8,!=3.10.*'\n");
	rows(&f, ALL, "3.8 - not supported: end of life 2024-10-07\n"
		"3.9 + supported\n"
		"3.10 - excluded by requires-python '>=3.8,!=3.10.*'\n"
		"3.11 - @/bin/python3.11 does not run: no libssl\n"
		"3.12 + supported\n");
	assert_true(f.m.rows[1].no_pytest);
	end(&f);
	begin(&f);
	package(&f, "[project]\nname='x'\nrequires-python='>=3.9.2'\n");
	rows(&f, pre, "3.8 - excluded by requires-python '>=3.9.2'\n"
		"3.9 - 3.9.1 is excluded by requires-python '>=3.9.2'\n"
		"3.10 + the active interpreter\n"
		"3.11 - @/bin/python3.11 does not run: no libssl\n"
		"3.12 + supported\n");
	end(&f);
}

static void
classifiers_are_the_second_choice(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	package(&f, "[project]\nname='x'\nclassifiers = ['Programming "
		"Language :: Python :: 3.10', 'Programming Language :: Python"
		" :: 3.12']\n");
	rows(&f, ALL, "3.8 - not among the classifiers\n"
		"3.9 - not among the classifiers\n"
		"3.10 + the active interpreter\n"
		"3.11 - not among the classifiers\n"
		"3.12 + supported\n");
	end(&f);
}

/* 3.12 is a prerelease by the table; what its interpreter says counts. */
static void
prereleases(void **state)
{
	static const char *const asked[] = { "3.12" };
	struct matrix_opts pre = { .all = true,
		.include_prerelease = true };
	struct matrix_opts opts = { .python = asked, .npython = 1 };
	struct fixture f;

	(void)state;
	begin(&f);
	package(&f, "[project]\nname='x'\nrequires-python='>=3.10'\n");
	fake_build(&f.t, "bin/python3.12", 12, "candidate", false);
	fake_build(&f.t, "bin/python3.11", 11, "beta", false);
#define OLD "3.8 - excluded by requires-python '>=3.10'\n" \
	"3.9 - excluded by requires-python '>=3.10'\n" \
	"3.10 + the active interpreter\n"
	rows(&f, ALL, OLD "3.11 - 3.11.0b1 is a prerelease\n"
		"3.12 - 3.12.0rc1 is a prerelease\n");
	rows(&f, pre, OLD "3.11 + supported\n3.12 + supported\n");
	rows(&f, opts, "3.8 - not among --python\n3.9 - not among --python\n"
		"3.10 - not among --python\n3.11 - not among --python\n"
		"3.12 + asked for\n");
	fake_broken(&f.t, "bin/python3.12", "it is old");
	rows(&f, ALL, OLD "3.11 - 3.11.0b1 is a prerelease\n"
		"3.12 - a prerelease until 2023-10-02\n");
	rows(&f, pre, OLD "3.11 + supported\n"
		"3.12 - @/bin/python3.12 does not run: it is old\n");
#undef OLD
	end(&f);
}

/* A free-threaded build is a version of its own: it never stands for the
 * plain one, and runs if it is active or asked for. */
static void
free_threaded_builds(void **state)
{
	static const char *const asked[] = { "3.12t" };
	struct matrix_opts opts = { .python = asked, .npython = 1 };
	struct fixture f;

	(void)state;
	begin(&f);
	package(&f, "[project]\nname='x'\nrequires-python='>=3.11'\n");
	fake_build(&f.t, "bin/python3.11", 11, "final", true);
	fake_build(&f.t, "bin/python3.12t", 12, "final", true);
#define OLD "3.8 - excluded by requires-python '>=3.11'\n" \
	"3.9 - excluded by requires-python '>=3.11'\n" \
	"3.10 - excluded by requires-python '>=3.11'\n"
	/* one says so in its name, one only when it is asked */
	rows(&f, ALL, OLD "3.11 - interpreter missing\n3.12 + supported\n");
	assert_false(f.in.v[f.m.rows[4].interp].gil_disabled);
	rows(&f, opts, "3.8 - not among --python\n3.9 - not among --python\n"
		"3.10 - not among --python\n3.11 - not among --python\n"
		"3.12 - not among --python\n3.12t + asked for\n");
	fake_build(&f.t, "bin/python3", 12, "final", true);
	rows(&f, ALL, OLD "3.11 - interpreter missing\n3.12 + supported\n"
		"3.12t + the active interpreter\n");
	package(&f, "[project]\nname='x'\n");
	rows(&f, ALL, "3.8 - " INACTIVE "\n3.9 - " INACTIVE "\n3.10 - "
		INACTIVE "\n3.11 - " INACTIVE "\n3.12 - " INACTIVE
		"\n3.12t + the active interpreter\n");
#undef OLD
	end(&f);
}

static void
versions_that_are_asked_for(void **state)
{
	static const char *const two[] = { "3.9", "py311", "3.13" };
	static const char *const odd[] = { "three" };
	struct fixture f;
	struct err err = {0};
	struct matrix_opts opts = { .python = two, .npython = 3 };

	(void)state;
	begin(&f);
	package(&f, "[tool.tgraph]\npython = ['3.12', '3.8']\n");
	rows(&f, ALL, "3.8 - interpreter missing\n"
		"3.9 - not among python in [tool.tgraph]\n"
		"3.10 - not among python in [tool.tgraph]\n"
		"3.11 - not among python in [tool.tgraph]\n"
		"3.12 + asked for\n");
	assert_true(f.m.rows[0].asked);
	rows(&f, opts, "3.8 - not among --python\n3.9 + asked for\n"
		"3.10 - not among --python\n"
		"3.11 - @/bin/python3.11 does not run: no libssl\n"
		"3.12 - not among --python\n3.13 - interpreter missing\n");
	opts = (struct matrix_opts){ .python = odd, .npython = 1 };
	assert_int_equal(build(&f, opts, &err), -1);
	assert_string_equal(err.msg, "--python three: neither a version such "
		"as 3.12 nor an interpreter");
	assert_int_equal(err.code, EXIT_USAGE);
	err_release(&err);
	end(&f);
}

static void
no_interpreter_at_all(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	package(&f, "");
	buf_clear(&f.path);
	buf_adds(&f.path, "/nowhere");
	rows(&f, ALL, "3.8 - " INACTIVE "\n3.9 - " INACTIVE "\n3.10 - "
		INACTIVE "\n3.11 - " INACTIVE "\n3.12 - " INACTIVE
		"\npython3 - no Python interpreter was found\n");
	end(&f);
	begin(&f);
	package(&f, "");
	fake_broken(&f.t, "bin/python3", "broken pipe");
	rows(&f, ALL, "3.8 - " INACTIVE "\n3.9 - " INACTIVE "\n3.10 - "
		INACTIVE "\n3.11 - " INACTIVE "\n3.12 - " INACTIVE
		"\npython3 - @/bin/python3 does not run: broken pipe\n");
	end(&f);
}

/* Who makes an environment wants its version, whatever the table says. */
static void
an_environment_counts_unless_forbidden(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	fake_python(&f.t, "root/.venv/bin/python", 3, 8, 1, "", "8.0");
	package(&f, "[project]\nname='x'\nrequires-python='>=3.8'\n");
	rows(&f, ALL, "3.8 + the active interpreter\n3.9 + supported\n"
		"3.10 + supported\n"
		"3.11 - @/bin/python3.11 does not run: no libssl\n"
		"3.12 + supported\n");
	package(&f, "[project]\nname='x'\nclassifiers = ['Programming "
		"Language :: Python :: 3.10']\n");
	rows(&f, ALL, "3.8 + the active interpreter\n"
		"3.9 - not among the classifiers\n3.10 + supported\n"
		"3.11 - not among the classifiers\n"
		"3.12 - not among the classifiers\n");
	package(&f, "[project]\nname='x'\nrequires-python='>=3.10,<3.12'\n");
	rows(&f, ALL, "3.8 - excluded by requires-python '>=3.10,<3.12'\n"
		"3.9 - excluded by requires-python '>=3.10,<3.12'\n"
		"3.10 + supported\n"
		"3.11 - @/bin/python3.11 does not run: no libssl\n"
		"3.12 - excluded by requires-python '>=3.10,<3.12'\n");
	end(&f);
}

static void
an_old_active_one_is_better_than_nothing(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	fake_python(&f.t, "bin/python3", 3, 8, 1, "", "");
	fake_broken(&f.t, "bin/python3.9", "gone");
	package(&f, "[project]\nname='x'\nrequires-python='>=3.8,<3.10'\n");
	rows(&f, ALL, "3.8 + the active interpreter, as no supported version "
		"is here\n3.9 - @/bin/python3.9 does not run: gone\n"
		"3.10 - excluded by requires-python '>=3.8,<3.10'\n"
		"3.11 - excluded by requires-python '>=3.8,<3.10'\n"
		"3.12 - excluded by requires-python '>=3.8,<3.10'\n");
	end(&f);
}

static void
an_old_active_one_is_better_than_no_pytest(void **state)
{
#define NEW "3.10 - excluded by requires-python '>=3.8,<3.10'\n" \
	"3.11 - excluded by requires-python '>=3.8,<3.10'\n" \
	"3.12 - excluded by requires-python '>=3.8,<3.10'\n"
	struct fixture f;

	(void)state;
	begin(&f);
	fake_python(&f.t, "bin/python3", 3, 8, 1, "", "8.0");
	package(&f, "[project]\nname='x'\nrequires-python='>=3.8,<3.10'\n");
	rows(&f, ALL, "3.8 + the active interpreter, as no supported version "
		"here has pytest\n3.9 + supported\n" NEW);
	assert_false(f.m.rows[0].no_pytest);
	assert_true(f.m.rows[1].no_pytest);
	fake_python(&f.t, "bin/python3", 3, 8, 1, "", "");
	rows(&f, ALL, "3.8 - not supported: end of life 2024-10-07\n"
		"3.9 + supported\n" NEW);
	fake_python(&f.t, "bin/python3", 3, 8, 1, "", "8.0");
	fake_python(&f.t, "bin/python3.9", 3, 9, 1, "", "8.0");
	rows(&f, ALL, "3.8 - not supported: end of life 2024-10-07\n"
		"3.9 + supported\n" NEW);
	end(&f);
#undef NEW
}

static void
broken_packages_have_no_rows(void **state)
{
	struct fixture f;
	struct err err = {0};

	(void)state;
	begin(&f);
	package(&f, "nonsense");
	assert_int_equal(build(&f, NONE, &err), 0);
	assert_int_equal(f.m.n, 0);
	end(&f);
}

static void
version(const char *text, int major, int minor, bool t)
{
	int a = 0, b = 0;
	bool c = false;

	assert_int_equal(releases_version(str_of(text), &a, &b, &c), major > 0);
	if (major) {
		assert_int_equal(a, major);
		assert_int_equal(b, minor);
		assert_int_equal(c, t);
	}
}

static void
spellings_of_versions(void **state)
{
	(void)state;
	version("3.12", 3, 12, false);
	version("3.12.7", 3, 12, false);
	version("py3.9", 3, 9, false);
	version("py310", 3, 10, false);
	version("python3.13t", 3, 13, true);
	version("3.14t", 3, 14, true);
	version("3", 0, 0, false);
	version("", 0, 0, false);
	version("py", 0, 0, false);
	version("3.x", 0, 0, false);
	version("3.12.1.2", 0, 0, false);
	version("3.12345", 0, 0, false);
}

static void
refuse(const char *text, int line, const char *msg)
{
	struct arena a = {0};
	struct releases rel;
	struct err err = {0};

	assert_int_equal(releases_parse(&a, text, strlen(text), &rel, &err),
		-1);
	assert_string_equal(err.msg, msg);
	assert_int_equal(err.line, line);
	err_release(&err);
	arena_release(&a);
}

static void
bad_tables(void **state)
{
	(void)state;
	refuse("\n3.x bugfix 2020-01-01 2020-01\n", 2,
		"not a version such as 3.12: '3.x'");
	refuse("3.1 alive 2020-01-01 2020-01\n", 1, "status is not prerelease,"
		" bugfix, security or end-of-life: 'alive'");
	refuse("3.1 bugfix 2020-01-01\n", 1, "expected two dates after the "
		"status: '3.1 bugfix 2020-01-01'");
	refuse("3.2 bugfix 2020-01-01 2020-01\n3.1 bugfix 2020-01-01 "
		"2020-01\n", 2, "versions must be in order, each once: '3.1'");
	refuse("# nothing\n", 1, "no releases in the table: ''");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_said_means_the_active_one),
		cmocka_unit_test(one_interpreter_alone),
		cmocka_unit_test(one_interpreter_that_does_not_fit),
		cmocka_unit_test(requires_python_chooses),
		cmocka_unit_test(classifiers_are_the_second_choice),
		cmocka_unit_test(prereleases),
		cmocka_unit_test(free_threaded_builds),
		cmocka_unit_test(versions_that_are_asked_for),
		cmocka_unit_test(no_interpreter_at_all),
		cmocka_unit_test(an_environment_counts_unless_forbidden),
		cmocka_unit_test(an_old_active_one_is_better_than_nothing),
		cmocka_unit_test(an_old_active_one_is_better_than_no_pytest),
		cmocka_unit_test(broken_packages_have_no_rows),
		cmocka_unit_test(spellings_of_versions),
		cmocka_unit_test(bad_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
