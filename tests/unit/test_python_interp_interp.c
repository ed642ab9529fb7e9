/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "python/interp/interp.h"
#include "unit/fakepython.h"

struct fixture {
	struct tree t;
	struct buf path, pyenv, uv, root, state, venv;
	struct interp_where w;
	struct interps in;
};

/* A world of its own: nothing of this machine's interpreters is seen. */
static void
begin(struct fixture *f)
{
	*f = (struct fixture){ 0 };
	tree_make(&f->t);
	tree_dir(&f->t, "root");
	buf_addf(&f->path, "%s/bin1:%s/bin2", f->t.root, f->t.root);
	f->w = (struct interp_where){
		.root = tree_path(&f->t, &f->root, "root"),
		.state_dir = tree_path(&f->t, &f->state, "state"),
		.path = f->path.p,
		.home = f->t.root,
		.prefixes = "",
	};
}

static void
find(struct fixture *f)
{
	interps_release(&f->in);
	assert_int_equal(interps_find(&f->in, &f->w, NULL), 0);
}

static void
end(struct fixture *f)
{
	interps_release(&f->in);
	tree_remove(&f->t);
	buf_release(&f->path);
	buf_release(&f->pyenv);
	buf_release(&f->uv);
	buf_release(&f->root);
	buf_release(&f->state);
	buf_release(&f->venv);
}

static void
is(const struct fixture *f, size_t i, const char *name,
	enum interp_source source, int minor)
{
	struct buf b = {0};

	assert_true(i < f->in.n);
	assert_string_equal(f->in.v[i].path.p, tree_path(&f->t, &b, name));
	assert_int_equal(f->in.v[i].source, source);
	assert_int_equal(f->in.v[i].minor, minor);
	buf_release(&b);
}

static void
path_is_searched_in_order(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	find(&f);
	assert_int_equal(f.in.n, 0);
	assert_int_equal(interps_pick(&f.in, 3, 12, NULL), 0);
	fake_python(&f.t, "bin2/python3.12", 3, 12, 1, "", "");
	fake_python(&f.t, "bin1/python3.11", 3, 11, 1, "", "");
	tree_link(&f.t, "python3.11", "bin1/python3");
	tree_link(&f.t, "../bin1/python3", "bin2/python3.11");
	tree_file(&f.t, "bin2/python3.10", "not executable");
	tree_dir(&f.t, "bin2/python3.9");
	find(&f);
	assert_int_equal(f.in.n, 2);
	is(&f, 0, "bin1/python3", INTERP_PATH, 11);
	assert_true(f.in.v[0].active);
	is(&f, 1, "bin2/python3.12", INTERP_PATH, 12);
	assert_int_equal(interps_pick(&f.in, 3, 12, NULL), 1);
	assert_int_equal(interps_pick(&f.in, 3, 10, NULL), 2);
	assert_int_equal(fake_runs(&f.t), 0);
	end(&f);
}

static void
a_virtual_environment_is_active(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	fake_python(&f.t, "bin1/python3", 3, 11, 1, "", "");
	tree_file(&f.t, "root/.venv/pyvenv.cfg", "home = x\n");
	tree_link(&f.t, "../../../bin1/python3", "root/.venv/bin/python");
	find(&f);
	assert_int_equal(f.in.n, 2);
	is(&f, 0, "root/.venv/bin/python", INTERP_DOT_VENV, 0);
	is(&f, 1, "bin1/python3", INTERP_PATH, 0);
	tree_file(&f.t, "v/pyvenv.cfg", "home = x\n");
	tree_link(&f.t, "../../bin1/python3", "v/bin/python");
	f.w.virtual_env = tree_path(&f.t, &f.venv, "v");
	find(&f);
	is(&f, 0, "v/bin/python", INTERP_VIRTUAL_ENV, 0);
	assert_true(f.in.v[0].active);
	assert_false(f.in.v[1].active);
	/* conda's, unless it is the one that conda always activates */
	f.w.virtual_env = NULL;
	f.w.conda_prefix = tree_path(&f.t, &f.venv, "v");
	f.w.conda_env = "work";
	find(&f);
	is(&f, 0, "v/bin/python", INTERP_CONDA, 0);
	f.w.conda_env = "base";
	find(&f);
	is(&f, 0, "root/.venv/bin/python", INTERP_DOT_VENV, 0);
	end(&f);
}

static void
pyenv_shims_are_resolved(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	fake_python(&f.t, ".pyenv/versions/3.11.7/bin/python3", 3, 11, 7, "",
		"");
	fake_python(&f.t, ".pyenv/versions/3.9.18/bin/python3", 3, 9, 18, "",
		"");
	fake_python(&f.t, ".pyenv/versions/2.7.18/bin/python3", 2, 7, 18, "",
		"");
	fake_python(&f.t, ".pyenv/versions/3.13.0t/bin/python3", 3, 13, 0, "",
		"");
	tree_file(&f.t, ".pyenv/version", "3.11.7\n");
	fake_broken(&f.t, ".pyenv/shims/python3", "a shim must not be run");
	fake_broken(&f.t, ".pyenv/shims/python3.9", "a shim must not be run");
	buf_clear(&f.path);
	buf_addf(&f.path, "%s/.pyenv/shims:%s/bin1", f.t.root, f.t.root);
	f.w.path = f.path.p;
	find(&f);
	is(&f, 0, ".pyenv/versions/3.11.7/bin/python3", INTERP_PYENV, 11);
	assert_int_equal(f.in.v[0].micro, 7);
	is(&f, 1, ".pyenv/versions/3.13.0t/bin/python3", INTERP_PYENV, 13);
	assert_true(f.in.v[1].gil_disabled);
	is(&f, 2, ".pyenv/versions/3.9.18/bin/python3", INTERP_PYENV, 9);
	assert_int_equal(f.in.n, 3);
	assert_int_equal(interps_pick(&f.in, 3, 13, NULL), 3);
	tree_file(&f.t, "root/.python-version", "# note\n3.9\n");
	find(&f);
	is(&f, 0, ".pyenv/versions/3.9.18/bin/python3", INTERP_PYENV, 9);
	f.w.pyenv_version = "3.11.7";
	find(&f);
	is(&f, 0, ".pyenv/versions/3.9.18/bin/python3", INTERP_PYENV, 9);
	end(&f);
}

static void
uv_and_python_version(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	fake_python(&f.t, "bin1/python3", 3, 11, 1, "", "");
	fake_python(&f.t, ".local/share/uv/python/cpython-3.12.4-linux-x86_64"
		"-gnu/bin/python3", 3, 12, 4, "", "");
	fake_python(&f.t, ".local/share/uv/python/cpython-3.13.1+freethreaded"
		"-linux-x86_64-gnu/bin/python3", 3, 13, 1, "", "");
	find(&f);
	assert_int_equal(f.in.n, 3);
	is(&f, 0, "bin1/python3", INTERP_PATH, 0);
	assert_int_equal(f.in.v[1].source, INTERP_UV);
	assert_true(f.in.v[1].gil_disabled);
	assert_int_equal(f.in.v[2].minor, 12);
	tree_file(&f.t, "root/.python-version", "3.12\n");
	find(&f);
	assert_int_equal(f.in.v[0].minor, 12);
	assert_true(f.in.v[0].active);
	end(&f);
}

static void
probes_are_remembered(void **state)
{
	struct fixture f;
	size_t all[] = { 0, 1, 0 };

	(void)state;
	begin(&f);
	fake_python(&f.t, "bin1/python3", 3, 11, 1, "site dir", "8.3.1");
	fake_broken(&f.t, "bin2/python3.10", "cannot load: no library");
	tree_dir(&f.t, "site dir");
	find(&f);
	assert_int_equal(interps_probe(&f.in, all, 3, NULL), 0);
	assert_int_equal(fake_runs(&f.t), 1);
	assert_int_equal(f.in.v[0].state, INTERP_OK);
	assert_string_equal(f.in.v[0].version.p, "3.11.1");
	assert_string_equal(f.in.v[0].pytest.p, "8.3.1");
	assert_int_equal(f.in.v[0].nsite_dirs, 1);
	assert_true(str_ends(f.in.v[0].site_dirs[0], "/site dir"));
	assert_int_equal(f.in.v[1].state, INTERP_BAD);
	assert_string_equal(f.in.v[1].error.p, "cannot load: no library");
	/* All of it was just written: nothing is trusted yet. */
	find(&f);
	assert_int_equal(f.in.v[0].state, INTERP_CANDIDATE);
	end(&f);
}

/* By the kernel, say, for want of memory: next time it may run. */
static void
who_was_killed_is_asked_again(void **state)
{
	struct fixture f;
	size_t both[] = { 0, 1 };
	struct buf text = {0}, path = {0};

	(void)state;
	begin(&f);
	fake_broken(&f.t, "bin1/python3", "cannot load: no library");
	tree_file(&f.t, "bin2/python3.10", "#!/bin/sh\nkill -9 $$\n");
	assert_int_equal(chmod(tree_path(&f.t, &path, "bin2/python3.10"),
		0755), 0);
	find(&f);
	assert_int_equal(interps_probe(&f.in, both, 2, NULL), 0);
	assert_int_equal(f.in.v[1].state, INTERP_BAD);
	assert_string_equal(f.in.v[1].error.p, "it died of signal 9");
	assert_int_equal(file_read(f.in.state_file.p, &text, NULL), 1);
	assert_non_null(strstr(text.p, "bin1/python3"));
	assert_null(strstr(text.p, "bin2/python3.10"));
	buf_release(&text);
	buf_release(&path);
	end(&f);
}

static void
damaged_caches_are_ignored(void **state)
{
	struct fixture f;
	size_t first = 0;
	struct buf b = {0}, path = {0};
	size_t i;

	(void)state;
	begin(&f);
	fake_python(&f.t, "bin1/python3", 3, 11, 1, "", "");
	find(&f);
	assert_int_equal(interps_probe(&f.in, &first, 1, NULL), 0);
	assert_int_equal(file_read(tree_path(&f.t, &path,
		"state/interpreters"), &b, NULL), 1);
	for (i = 0; i < b.n; i += 7) {
		char was = b.p[i];

		b.p[i] = (char)(was ^ 1);
		tree_bytes(&f.t, "state/interpreters", b.p, b.n);
		find(&f);
		assert_int_equal(f.in.v[0].state, INTERP_CANDIDATE);
		tree_bytes(&f.t, "state/interpreters", b.p, i);
		find(&f);
		assert_int_equal(f.in.v[0].state, INTERP_CANDIDATE);
		b.p[i] = was;
	}
	buf_release(&b);
	buf_release(&path);
	end(&f);
}

static void
interpreters_by_name(void **state)
{
	struct fixture f;
	struct buf b = {0};
	size_t at, again;

	(void)state;
	begin(&f);
	fake_python(&f.t, "bin2/mypython", 3, 12, 0, "", "");
	fake_python(&f.t, "else/python3.9", 3, 9, 0, "", "");
	find(&f);
	assert_int_equal(f.in.n, 0);
	assert_int_equal(interps_add(&f.in, STR("none"), &at), 0);
	assert_int_equal(interps_add(&f.in, STR("mypython"), &at), 1);
	assert_int_equal(at, 0);
	assert_int_equal(interps_add(&f.in, str_of(tree_path(&f.t, &b,
		"else/python3.9")), &at), 1);
	assert_int_equal(at, 1);
	assert_int_equal(f.in.v[1].minor, 9);
	assert_int_equal(interps_add(&f.in, STR("../else/python3.9"), &again),
		1);
	assert_int_equal(again, 1);
	/* Its version is unknown, so picking runs it. */
	assert_int_equal(interps_pick(&f.in, 3, 12, NULL), 0);
	assert_int_equal(fake_runs(&f.t), 1);
	buf_release(&b);
	end(&f);
}

/* A real interpreter: whichever runs the tests. */
static void
a_real_one(void **state)
{
	struct fixture f;
	size_t at;

	(void)state;
	begin(&f);
	f.w.path = getenv("PATH");
	find(&f);
	if (!interps_add(&f.in, STR("python3"), &at)) {
		end(&f);
		skip();
	}
	assert_int_equal(interps_probe(&f.in, &at, 1, NULL), 0);
	if (f.in.v[at].state == INTERP_BAD)
		print_message("%s\n", f.in.v[at].error.p);
	assert_int_equal(f.in.v[at].state, INTERP_OK);
	assert_int_equal(f.in.v[at].major, 3);
	assert_true(f.in.v[at].stdlib.n > 0);
	assert_true(f.in.v[at].nsys_path > 0);
	assert_true(f.in.v[at].nwatched > 0);
	end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path_is_searched_in_order),
		cmocka_unit_test(a_virtual_environment_is_active),
		cmocka_unit_test(pyenv_shims_are_resolved),
		cmocka_unit_test(uv_and_python_version),
		cmocka_unit_test(probes_are_remembered),
		cmocka_unit_test(who_was_killed_is_asked_again),
		cmocka_unit_test(damaged_caches_are_ignored),
		cmocka_unit_test(interpreters_by_name),
		cmocka_unit_test(a_real_one),
	};

	unsetenv("PYTHONPATH");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
