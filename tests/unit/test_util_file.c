/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tree.h"
#include "util/file.h"
#include "util/mem.h"

struct fixture {
	struct tree t;
	struct buf path;
	struct err err;
};

static void
begin(struct fixture *f)
{
	*f = (struct fixture){ 0 };
	tree_make(&f->t);
}

static void
end(struct fixture *f)
{
	assert_null(f->err.msg);
	buf_release(&f->path);
	tree_remove(&f->t);
}

static const char *
at(struct fixture *f, const char *name)
{
	return tree_path(&f->t, &f->path, name);
}

static void
expect_error(struct fixture *f, const char *what)
{
	assert_non_null(f->err.msg);
	if (!strstr(f->err.msg, what))
		fail_msg("'%s' is not in '%s'", what, f->err.msg);
	err_release(&f->err);
}

static void
expect_text(struct fixture *f, const char *name, const char *want)
{
	struct buf b = { 0 };

	assert_int_equal(file_read(at(f, name), &b, NULL), 1);
	assert_string_equal(b.p, want);
	buf_release(&b);
}

/* How many names a directory has. */
static unsigned
names(struct fixture *f, const char *dir)
{
	DIR *d = opendir(at(f, dir));
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void
read_whole(void **state)
{
	enum { BIG = 300000 };
	struct fixture f;
	struct buf b = { 0 };
	char *text = xmalloc(BIG);

	(void)state;
	begin(&f);
	memset(text, 'x', BIG);
	tree_bytes(&f.t, "big", text, BIG);
	tree_file(&f.t, "empty", "");
	assert_int_equal(file_read(at(&f, "empty"), &b, &f.err), 1);
	assert_int_equal(b.n, 0);
	assert_string_equal(b.p, "");
	buf_adds(&b, "before ");
	assert_int_equal(file_read(at(&f, "big"), &b, &f.err), 1);
	assert_int_equal(b.n, BIG + 7);
	assert_memory_equal(b.p, "before xxx", 10);
	assert_int_equal(b.p[b.n], 0);
	free(text);
	buf_release(&b);
	end(&f);
}

/* Its size is said to be 0 (where there is such a file). */
static void
read_what_tells_no_size(void **state)
{
	struct buf b = { 0 };

	(void)state;
	if (file_read("/proc/self/status", &b, NULL) == 1)
		assert_non_null(strstr(b.p, "\nPid:"));
	buf_release(&b);
}

static void
read_what_is_not_there(void **state)
{
	struct fixture f;
	struct buf b = { 0 };

	(void)state;
	begin(&f);
	tree_file(&f.t, "f", "");
	tree_link(&f.t, "loop", "loop");
	assert_int_equal(file_read(at(&f, "none"), &b, &f.err), 0);
	assert_int_equal(file_read(at(&f, "f/x"), &b, &f.err), 0);
	assert_int_equal(file_read(at(&f, "loop"), &b, &f.err), 0);
	assert_null(f.err.msg);
	assert_int_equal(file_read(f.t.root, &b, &f.err), -1);
	expect_error(&f, "Is a directory");
	if (geteuid() != 0) {
		assert_int_equal(chmod(at(&f, "f"), 0), 0);
		assert_int_equal(file_read(at(&f, "f"), &b, &f.err), -1);
		expect_error(&f, "/f: Permission denied");
	}
	buf_release(&b);
	end(&f);
}

static void
written_whole_or_not(void **state)
{
	struct fixture f;
	struct file_sig sig;
	int old;
	char text[8];

	(void)state;
	begin(&f);
	tree_dir(&f.t, "d");
	assert_int_equal(file_write(at(&f, "d/f"), "one", 3, false, &f.err),
		0);
	old = open(at(&f, "d/f"), O_RDONLY);
	assert_int_equal(file_write(at(&f, "d/f"), "two", 3, true, &f.err), 0);
	/* who had it open reads what it was */
	assert_int_equal(read(old, text, sizeof(text)), 3);
	assert_memory_equal(text, "one", 3);
	close(old);
	expect_text(&f, "d/f", "two");
	assert_int_equal(names(&f, "d"), 1);
	assert_int_equal(file_write(at(&f, "d/e"), NULL, 0, false, &f.err), 0);
	assert_int_equal(file_sig(AT_FDCWD, at(&f, "d/e"), &sig), 1);
	assert_int_equal(sig.size, 0);
	end(&f);
}

/* What cannot be written leaves nothing behind. */
static void
not_written(void **state)
{
	struct fixture f;
	struct file_temp t;

	(void)state;
	begin(&f);
	tree_dir(&f.t, "d/sub");
	assert_int_equal(file_write(at(&f, "none/f"), "x", 1, false, &f.err),
		-1);
	expect_error(&f, "/none/f: No such file");
	assert_int_equal(file_write(at(&f, "d/sub"), "x", 1, false, &f.err),
		-1);
	expect_error(&f, "/d/sub: Is a directory");
	assert_int_equal(names(&f, "d"), 1);
	tree_file(&f.t, "d/f", "old");
	assert_int_equal(file_temp_open(&t, at(&f, "d/f"), &f.err), 0);
	assert_int_equal(names(&f, "d"), 3);
	assert_int_equal(write_all(t.fd, "new", 3), 0);
	errno = ENOSPC;
	assert_int_equal(file_temp_close(&t, at(&f, "d/f"), false, false,
		&f.err), -1);
	expect_error(&f, "/d/f: No space left on device");
	assert_int_equal(names(&f, "d"), 2);
	expect_text(&f, "d/f", "old");
	end(&f);
}

static void
written_to_what_is_closed(void **state)
{
	int fd = open("/dev/null", O_WRONLY);

	(void)state;
	assert_int_equal(write_all(fd, "x", 1), 0);
	assert_int_equal(write_all(fd, NULL, 0), 0);
	close(fd);
	assert_int_equal(write_all(fd, "x", 1), -1);
	assert_int_equal(errno, EBADF);
}

static void
the_mode_is_the_users(void **state)
{
	struct fixture f;
	struct file_sig sig;
	mode_t old;

	(void)state;
	begin(&f);
	old = umask(027);
	assert_int_equal(file_write(at(&f, "f"), "x", 1, false, &f.err), 0);
	assert_int_equal(dir_make(at(&f, "d"), &f.err), 0);
	assert_int_equal(dir_make_private(at(&f, "e/p"), &f.err), 0);
	assert_int_equal(umask(old), 027);
	file_sig(AT_FDCWD, at(&f, "f"), &sig);
	assert_int_equal(sig.mode & 07777, 0640);
	file_sig(AT_FDCWD, at(&f, "d"), &sig);
	assert_int_equal(sig.mode & 0777, 0750);
	file_sig(AT_FDCWD, at(&f, "e"), &sig);
	assert_int_equal(sig.mode & 0777, 0750);
	file_sig(AT_FDCWD, at(&f, "e/p"), &sig);
	assert_int_equal(sig.mode & 0777, 0700);
	end(&f);
}

static void
left_alone_if_equal(void **state)
{
	struct fixture f;
	struct file_sig one, two;

	(void)state;
	begin(&f);
	assert_int_equal(file_write_if_changed(at(&f, "f"), "ab", 2, &f.err),
		1);
	file_sig(AT_FDCWD, at(&f, "f"), &one);
	assert_int_equal(file_write_if_changed(at(&f, "f"), "ab", 2, &f.err),
		0);
	file_sig(AT_FDCWD, at(&f, "f"), &two);
	assert_true(file_sig_eq(&one, &two));
	assert_int_equal(file_write_if_changed(at(&f, "f"), "a", 1, &f.err),
		1);
	expect_text(&f, "f", "a");
	assert_int_equal(file_write_if_changed(at(&f, "f"), "b", 1, &f.err),
		1);
	expect_text(&f, "f", "b");
	assert_int_equal(file_write_if_changed(at(&f, "none/f"), "b", 1,
		&f.err), -1);
	expect_error(&f, "/none/f: ");
	end(&f);
}

/* What is written to a map is seen by nobody else. */
static void
mapped_privately(void **state)
{
	struct fixture f;
	struct file_map m;

	(void)state;
	begin(&f);
	tree_file(&f.t, "f", "abc");
	tree_file(&f.t, "empty", "");
	assert_int_equal(file_map(at(&f, "f"), &m, &f.err), 1);
	assert_int_equal(m.n, 3);
	assert_memory_equal(m.p, "abc", 3);
	((char *)m.p)[0] = 'x';
	expect_text(&f, "f", "abc");
	file_unmap(&m);
	assert_null(m.p);
	file_unmap(&m);
	assert_int_equal(file_map(at(&f, "empty"), &m, &f.err), 0);
	assert_int_equal(file_map(at(&f, "none"), &m, &f.err), 0);
	assert_int_equal(file_map(f.t.root, &m, &f.err), 0);
	assert_null(m.p);
	end(&f);
}

static void
directories_made(void **state)
{
	struct fixture f;
	struct file_sig sig;

	(void)state;
	begin(&f);
	tree_file(&f.t, "f", "");
	tree_link(&f.t, "a", "l");
	assert_int_equal(dir_make(at(&f, "a/b//c/"), &f.err), 0);
	assert_int_equal(dir_make(at(&f, "a/b/c"), &f.err), 0);
	assert_int_equal(dir_make(at(&f, "l"), &f.err), 0);
	assert_int_equal(dir_make_parent(at(&f, "l/d/x"), &f.err), 0);
	assert_int_equal(file_sig(AT_FDCWD, at(&f, "a/d"), &sig), 1);
	assert_true(S_ISDIR(sig.mode));
	assert_int_equal(file_sig(AT_FDCWD, at(&f, "a/d/x"), &sig), 0);
	assert_int_equal(dir_make_parent("x", &f.err), 0);
	assert_int_equal(dir_make_parent("/x", &f.err), 0);
	assert_int_equal(dir_make(at(&f, "f"), &f.err), -1);
	expect_error(&f, "/f: Not a directory");
	assert_int_equal(dir_make(at(&f, "f/x/y"), &f.err), -1);
	expect_error(&f, "/f/x/y: Not a directory");
	end(&f);
}

static void
removed_without_following_links(void **state)
{
	struct fixture f;
	struct file_sig sig;

	(void)state;
	begin(&f);
	tree_file(&f.t, "keep/f", "");
	tree_file(&f.t, "d/a/b/c", "");
	tree_file(&f.t, "d/.hid", "");
	tree_link(&f.t, "../keep", "d/l");
	tree_link(&f.t, "nothing", "d/a/dangling");
	assert_int_equal(dir_remove(at(&f, "d"), &f.err), 0);
	assert_int_equal(names(&f, "."), 1);
	assert_int_equal(file_sig(AT_FDCWD, at(&f, "keep/f"), &sig), 1);
	assert_int_equal(dir_remove(at(&f, "d"), &f.err), 0);
	assert_int_equal(dir_remove(at(&f, "keep/f"), &f.err), 0);
	assert_int_equal(names(&f, "keep"), 0);
	tree_file(&f.t, "keep/f", "");
	assert_int_equal(dir_remove(at(&f, "keep/f/x"), &f.err), -1);
	expect_error(&f, "/keep/f/x: Not a directory");
	end(&f);
}

/* Removes a directory as somebody whom modes bind; the error's text. */
static void
remove_as_nobody(const char *dir, struct buf *text)
{
	struct err err = { 0 };
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(2);
		if (dir_remove(dir, &err) == 0)
			_exit(1);
		write_all(ends[1], err.msg, strlen(err.msg));
		_exit(0);
	}
	close(ends[1]);
	buf_reserve(text, 4096);
	n = read(ends[0], text->p, 4096);
	text->n = n > 0 ? (size_t)n : 0;
	text->p[text->n] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* The error says what stood in the way, not what that led to. */
static void
not_removed(void **state)
{
	static const char *const dirs[] = { ".", "d", "d/a" };
	struct fixture f;
	struct buf text = { 0 };

	(void)state;
	begin(&f);
	tree_file(&f.t, "d/a/f", "");
	for (size_t i = 0; i < countof(dirs); i++) {
		assert_int_equal(chmod(at(&f, dirs[i]), 0755), 0);
		if (geteuid() == 0)
			assert_int_equal(chown(f.path.p, 65534, 65534), 0);
	}
	assert_int_equal(chmod(at(&f, "d/a"), 0555), 0);
	remove_as_nobody(at(&f, "d"), &text);
	if (!strstr(text.p, "/d: Permission denied"))
		fail_msg("%s", text.p);
	assert_int_equal(chmod(at(&f, "d/a"), 0755), 0);
	buf_release(&text);
	end(&f);
}

static void
signatures(void **state)
{
	struct fixture f;
	struct file_sig a, b, none = { 0 };
	struct stat st;
	int dir;

	(void)state;
	begin(&f);
	tree_file(&f.t, "f", "abc");
	tree_link(&f.t, "f", "l");
	dir = open(f.t.root, O_RDONLY | O_DIRECTORY);
	assert_int_equal(file_sig(dir, "f", &a), 1);
	assert_int_equal(file_sig(dir, "l", &b), 1);
	assert_true(file_sig_eq(&a, &b));
	assert_int_equal(a.size, 3);
	assert_true(S_ISREG(a.mode));
	assert_int_equal(stat(at(&f, "f"), &st), 0);
	file_sig_of(&st, &b);
	assert_true(file_sig_eq(&a, &b));
	tree_file(&f.t, "f", "abd");
	assert_int_equal(file_sig(dir, "f", &b), 1);
	assert_false(file_sig_eq(&a, &b));
	assert_int_equal(file_sig(dir, "none", &b), 0);
	assert_true(file_sig_eq(&b, &none));
	assert_int_equal(file_sig(dir, "f/x", &b), 0);
	close(dir);
	end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_whole),
		cmocka_unit_test(read_what_tells_no_size),
		cmocka_unit_test(read_what_is_not_there),
		cmocka_unit_test(written_whole_or_not),
		cmocka_unit_test(not_written),
		cmocka_unit_test(written_to_what_is_closed),
		cmocka_unit_test(the_mode_is_the_users),
		cmocka_unit_test(left_alone_if_equal),
		cmocka_unit_test(mapped_privately),
		cmocka_unit_test(directories_made),
		cmocka_unit_test(removed_without_following_links),
		cmocka_unit_test(not_removed),
		cmocka_unit_test(signatures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
