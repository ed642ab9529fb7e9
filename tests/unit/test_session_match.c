/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "session/match.h"
#include "tree.h"
#include "util/mem.h"

/* Interpreters that are shell scripts: they note how they were called. */
struct fixture {
	struct tree tree;
	struct front f;
	struct interp in[3];
	struct front_env envs[3];
	struct err err;
};

static int
make(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	tree_make(&f->tree);
	f->f.in.v = f->in;
	f->f.envs = f->envs;
	*state = f;
	return 0;
}

static int
drop(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < f->f.nenvs; i++)
		free((char *)f->in[i].path.p);
	err_release(&f->err);
	tree_remove(&f->tree);
	free(f);
	return 0;
}

/* One more, of Python 3.MINOR, which runs that text. */
static void
interpreter(struct fixture *f, int minor, const char *text)
{
	struct buf b = { 0 }, path = { 0 };
	struct interp *in = &f->in[f->f.nenvs];

	buf_addf(&path, "python3.%d", minor);
	buf_addf(&b, "#!/bin/sh\necho \"$@\" >>'%s/calls'\n%s\n",
	         f->tree.root, text);
	tree_file(&f->tree, path.p, b.p);
	in->path = str_of(xstrdup(tree_path(&f->tree, &b, path.p)));
	chmod(in->path.p, 0755);
	in->major = 3;
	in->minor = minor;
	f->envs[f->f.nenvs].interp = f->f.nenvs;
	f->f.nenvs++;
	buf_release(&b);
	buf_release(&path);
}

static void
called(const struct fixture *f, const char *want)
{
	struct buf path = { 0 }, b = { 0 };

	file_read(tree_path(&f->tree, &path, "calls"), &b, NULL);
	assert_string_equal(b.p ? b.p : "", want);
	buf_release(&path);
	buf_release(&b);
}

static void
globs_are_not_asked_about(void **state)
{
	struct fixture *f = *state;

	interpreter(f, 12, "exit 3");
	assert_int_equal(match_check(&f->f, "/pyt", NULL, &f->err), 0);
	assert_int_equal(match_check(&f->f, "/pyt", "a(", &f->err), 0);
	assert_int_equal(match_check(&f->f, "/pyt", "/a", &f->err), 0);
	assert_int_equal(match_check(&f->f, "/pyt", "/", &f->err), 0);
	assert_int_equal(match_check(&f->f, "/pyt", "", &f->err), 0);
	called(f, "");
}

static void
all_can_use_it(void **state)
{
	struct fixture *f = *state;

	interpreter(f, 12, "exit 0");
	assert_int_equal(match_check(&f->f, "/pyt", "/a b/", &f->err), 0);
	called(f, "-I -S /pyt match /a b/\n");
}

static void
the_first_that_cannot_is_told(void **state)
{
	struct fixture *f = *state;

	interpreter(f, 12, "exit 0");
	interpreter(f, 9, "printf 'bad: 9'; exit 3");
	interpreter(f, 8, "printf 'bad: 8'; exit 3");
	assert_int_equal(match_check(&f->f, "/pyt", "/x/", &f->err), -1);
	assert_string_equal(f->err.msg, "bad: 9 (Python 3.9)");
	assert_int_equal(f->err.code, EXIT_USAGE);
}

static void
what_is_no_answer_is_none(void **state)
{
	struct fixture *f = *state;

	interpreter(f, 12, "echo Traceback; exit 1");
	interpreter(f, 11, "exit 3");
	interpreter(f, 10, "kill -9 $$");
	assert_int_equal(match_check(&f->f, "/pyt", "/x/", &f->err), 0);
	/* nor one that cannot be run at all */
	f->f.nenvs = 1;
	free((char *)f->in[0].path.p);
	free((char *)f->in[1].path.p);
	free((char *)f->in[2].path.p);
	f->in[0].path = str_of(xstrdup("/nonexistent/python"));
	assert_int_equal(match_check(&f->f, "/pyt", "/x/", &f->err), 0);
	assert_null(f->err.msg);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(globs_are_not_asked_about),
		TEST(all_can_use_it),
		TEST(the_first_that_cannot_is_told),
		TEST(what_is_no_answer_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
