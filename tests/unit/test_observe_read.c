/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/read.h"

#include <errno.h>
#include <signal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "config.h"
#include "observe/format.h"
#include "unit/tree.h"
#include "util/mem.h"

#define LIBRARY TG_BUILDDIR "/libtgraph-observe.so"

struct scene {
	struct tree t;
	struct observations o;
	struct observe_log log;
	char *file;             /* to have it in, instead of in memory */
	int status;             /* of the last command */
	bool on_disk;
};

static void
begin(struct scene *c)
{
	struct buf b = { 0 };

	if (!HAVE_OBSERVE)
		skip();
	*c = (struct scene){ 0 };
	tree_make(&c->t);
	tree_dir(&c->t, ".log");
	c->file = xstrdup(tree_path(&c->t, &b, ".log/log"));
	buf_release(&b);
}

static void
end(struct scene *c)
{
	observations_release(&c->o);
	tree_remove(&c->t);
	observe_close(&c->log);
	free(c->file);
}

/* The same log as a file of a disk, as it is where there is no other way. */
static void
put_on_disk(struct scene *c)
{
	struct observe_log *l = &c->log;
	char head[sizeof(struct observe_header)];
	int fd = open(c->file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	assert_true(fd >= 0);
	assert_int_equal(pread(l->fd, head, sizeof(head), 0), sizeof(head));
	assert_int_equal(write(fd, head, sizeof(head)), sizeof(head));
	assert_int_equal(posix_fallocate(fd, 0, OBSERVE_CHUNK), 0);
	close(l->fd);
	l->fd = fd;
	l->file = true;
	buf_clear(&l->path);
	buf_adds(&l->path, c->file);
}

/* Runs a program with the library. */
static void
run_words(struct scene *c, char *const *argv)
{
	struct err err = { 0 };
	struct buf var = { 0 };
	pid_t pid;

	observations_release(&c->o);
	observe_close(&c->log);
	if (observe_make(&c->log, c->file, &err) < 0)
		fail_msg("%s", err.msg);
	if (c->on_disk)
		put_on_disk(c);
	observe_variable(&c->log, &var);
	pid = fork();
	if (pid == 0) {
		if (setpgid(0, 0) < 0 || chdir(c->t.root) < 0 || !freopen("/dev/null", "w", stdout) ||
		    !freopen("/dev/null", "w", stderr))
			_exit(126);
		setenv("LD_PRELOAD", LIBRARY, 1);
		putenv(var.p);
		execv(argv[0], argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &c->status, 0), pid);
	buf_release(&var);
	observe_read(&c->o, &c->log, argv[0], pid);
}

static void
run(struct scene *c, const char *command)
{
	char *argv[] = { "/bin/sh", "-c", (char *)command, NULL };

	run_words(c, argv);
}

/* Runs one that has to succeed, and to be seen whole. */
static void
run_seen(struct scene *c, const char *command)
{
	run(c, command);
	if (c->o.nunseen)
		fail_msg("%s: %s", command, c->o.unseen[0].p);
	if (c->status)
		fail_msg("%s: status %d", command, c->status);
}

static unsigned
what(struct scene *c, const char *name)
{
	const struct observation *f;
	struct buf b = { 0 };

	f = observation_find(&c->o, str_is(str_of(name), ".")
	    ? str_of(c->t.root) : str_of(tree_path(&c->t, &b, name)));
	buf_release(&b);
	return f ? f->what : 0;
}

static bool
env_read(const struct scene *c, const char *name)
{
	for (size_t i = 0; i < c->o.nenv; i++)
		if (str_is(c->o.env[i], name))
			return true;
	return false;
}

static bool
said(const struct scene *c, const char *part)
{
	for (size_t i = 0; i < c->o.nunseen; i++)
		if (strstr(c->o.unseen[i].p, part))
			return true;
	return false;
}

/* Makes a program; false: this system cannot. */
static bool
compile(struct scene *c, const char *name, const char *options,
	const char *text)
{
	const char *cc = getenv("CC");
	struct buf b = { 0 }, cmd = { 0 };
	int r;

	tree_file(&c->t, "p.c", text);
	buf_addf(&cmd, "cd '%s' && %s -o %s p.c %s >/dev/null 2>&1",
	         c->t.root, cc && *cc ? cc : "cc", name, options);
	r = system(cmd.p);
	tree_path(&c->t, &b, "p.c");
	unlink(b.p);
	buf_release(&b);
	buf_release(&cmd);
	return r == 0;
}

static const unsigned INPUT = OBSERVED_LOOK | OBSERVED_CONTENT | OBSERVED_LIST;

static void
files_and_what_is_not_there(void **state)
{
	struct scene c;

	(void)state;
	begin(&c);
	tree_file(&c.t, "a", "1");
	tree_file(&c.t, "d/x", "1");
	tree_file(&c.t, "quiet", "1");
	run_seen(&c, "cat a; ls d; cat no/such 2>/dev/null; test -e d || exit 1;"
	             " test -f nope; :");
	assert_true(what(&c, "a") & OBSERVED_CONTENT);
	assert_true(what(&c, "d") & OBSERVED_LIST);
	assert_int_equal(what(&c, "d/x") & OBSERVED_CONTENT, 0);
	assert_int_equal(what(&c, "no/such") & INPUT, OBSERVED_LOOK);
	assert_true(what(&c, "no/such") & OBSERVED_ABSENT);
	assert_true(what(&c, "nope") & OBSERVED_ABSENT);
	assert_int_equal(what(&c, "quiet"), 0);
	end(&c);
}

/* That there is nothing below a file is known by its being one; what the step
 * has made a file tells nothing of before. */
static void
nothing_is_below_a_file(void **state)
{
	struct scene c;

	(void)state;
	begin(&c);
	tree_file(&c.t, "a", "1");
	tree_file(&c.t, "b", "1");
	run_seen(&c, "test -d a; test -f a/x; test -f a/y/z; test -f b/x;"
	             " test -f no/x; test -f late/x; echo 1 >late;"
	             " test -f late; :");
	assert_true(what(&c, "a") & OBSERVED_LOOK);
	assert_int_equal(what(&c, "a/x"), 0);
	assert_int_equal(what(&c, "a/y/z"), 0);
	assert_true(what(&c, "b/x") & OBSERVED_ABSENT);
	assert_true(what(&c, "no/x") & OBSERVED_ABSENT);
	assert_true(what(&c, "late/x") & OBSERVED_ABSENT);
	end(&c);
}

static void
links_on_the_way(void **state)
{
	struct scene c;

	(void)state;
	begin(&c);
	tree_file(&c.t, "real/sub/a", "1");
	tree_link(&c.t, "real", "dir");
	tree_link(&c.t, "../real/sub/a", "d/leaf");
	tree_link(&c.t, "loop", "loop");
	run_seen(&c, "cd dir/sub && cat a ../../dir/sub/../sub/a ../../d/leaf;"
	             "cat ../../loop; :");
	assert_true(what(&c, "real/sub/a") & OBSERVED_CONTENT);
	assert_true(what(&c, "dir") & OBSERVED_LOOK);
	assert_true(what(&c, "d/leaf") & OBSERVED_LOOK);
	assert_int_equal(what(&c, "dir/sub/a"), 0);
	assert_true(what(&c, "loop") & OBSERVED_LOOK);
	end(&c);
}

static void
what_it_makes_is_its_own(void **state)
{
	struct scene c;

	(void)state;
	begin(&c);
	tree_file(&c.t, "old", "1");
	tree_file(&c.t, "kept", "1");
	run_seen(&c, "echo 1 >out; cat out; mkdir m; echo 1 >m/f; cat m/f; "
	             "ls m; mv m/f m/g; cat m/g; rm -f old; test -e old;"
	             "cat kept; echo 2 >>kept; mv out moved; cat moved");
	assert_int_equal(what(&c, "out") & INPUT, 0);
	assert_int_equal(what(&c, "moved") & INPUT, 0);
	assert_int_equal(what(&c, "m/f") & INPUT, 0);
	assert_int_equal(what(&c, "m/g") & INPUT, 0);
	/* Others may write into it. */
	assert_int_equal(what(&c, "m") & INPUT, OBSERVED_LIST);
	/* rm looked at it before: it counts as it was left. */
	assert_true(what(&c, "old") & OBSERVED_CHANGED);
	assert_true(what(&c, "kept") & OBSERVED_CONTENT);
	assert_true(what(&c, "kept") & OBSERVED_CHANGED);
	run_seen(&c, "ls .; echo >new");
	assert_true(what(&c, ".") & OBSERVED_LIST);
	assert_true(what(&c, ".") & OBSERVED_CHANGED);
	end(&c);
}

/* Writes d/b once there is d, unseen. */
static pid_t
other_writer(const struct scene *c)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (chdir(c->t.root) < 0)
		_exit(1);
	while (access("d", F_OK) < 0)
		usleep(1000);
	if (symlink("/", "d/b.tmp") < 0 || rename("d/b.tmp", "d/b") < 0)
		_exit(1);
	_exit(0);
}

static void
what_others_make_in_a_directory_of_its_own(void **state)
{
	struct scene c;
	pid_t pid;
	int status;

	(void)state;
	begin(&c);
	pid = other_writer(&c);
	run_seen(&c, "mkdir d; until [ -L d/b ]; do sleep 0.01; done");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(what(&c, "d/b") & OBSERVED_LOOK);
	/* Not if nothing is left of it. */
	run_seen(&c, "mkdir e; mkdir e/f; ls e; test -e e/g; rm -r e; "
	             "mkdir h; echo 1 >h/i; mv h j; cat j/i; ls j");
	assert_int_equal(what(&c, "e") & INPUT, 0);
	assert_int_equal(what(&c, "e/g") & INPUT, 0);
	assert_int_equal(what(&c, "j/i") & INPUT, 0);
	assert_int_equal(what(&c, "j") & OBSERVED_LIST, 0);
	end(&c);
}

static void
variables(void **state)
{
	struct scene c;

	(void)state;
	setenv("TG_T_SET", "1", 1);
	unsetenv("TG_T_UNSET");
	begin(&c);
	assert_true(compile(&c, "g", "", "#include <stdlib.h>\n"
		"int main(void) { return !getenv(\"TG_T_SET\") || "
		"getenv(\"TG_T_UNSET\"); }\n"));
	/* What a program that nobody knows may do besides. */
	run_seen(&c, "exec ./g");
	assert_true(env_read(&c, "TG_T_SET"));
	assert_true(env_read(&c, "TG_T_UNSET"));
	assert_true(c.o.whole_env);
	/* The shell tells by its text. */
	tree_file(&c.t, "s.sh", "echo ${TG_T_FILE:-1}");
	run_seen(&c, ". ./s.sh; echo $TG_T_SET \"${#TG_T_LEN}\"; "
	             "[ $((TG_T_NUM + 1)) = 1 ]");
	assert_false(c.o.whole_env);
	assert_true(env_read(&c, "TG_T_SET"));
	assert_true(env_read(&c, "TG_T_LEN"));
	assert_true(env_read(&c, "TG_T_NUM"));
	assert_true(env_read(&c, "TG_T_FILE"));
	run_seen(&c, "eval echo '$'TG_T; :");
	assert_true(c.o.whole_env);
	run_seen(&c, "set | cat");
	assert_true(c.o.whole_env);
	run_seen(&c, "set -eu; export A=1; cat /dev/null");
	assert_false(c.o.whole_env);
	/* One that the command has set itself comes from the command. */
	run_seen(&c, "TG_T_SET=2 ./g; :");
	assert_false(env_read(&c, "TG_T_SET"));
	end(&c);
	unsetenv("TG_T_SET");
}

static void
environments_of_their_own(void **state)
{
	struct scene c;

	(void)state;
	begin(&c);
	tree_file(&c.t, "a", "1");
	run_seen(&c, "env -i /bin/cat a; env -u LD_PRELOAD /bin/cat b; :");
	assert_true(what(&c, "a") & OBSERVED_CONTENT);
	assert_true(what(&c, "b") & OBSERVED_ABSENT);
	assert_true(compile(&c, "e", "", "#include <stdlib.h>\n"
		"#include <unistd.h>\n"
		"int main(void) { clearenv(); "
		"return execl(\"/bin/cat\", \"cat\", \"a\", (char *)0); }\n"));
	run_seen(&c, "exec ./e");
	assert_true(what(&c, "a") & OBSERVED_CONTENT);
	/* Through libc's own shell it cannot be put right. */
	assert_true(compile(&c, "y", "", "#include <stdlib.h>\n"
		"int main(void) { clearenv(); "
		"return system(\"/bin/cat a\"); }\n"));
	run(&c, "exec ./y");
	assert_int_equal(c.status, 0);
	assert_true(said(&c, "/y: runs a shell"));
	end(&c);
}

static void
another_preload_stays(void **state)
{
	struct scene c;

	(void)state;
	begin(&c);
	if (!compile(&c, "theirs.so", "-shared -fPIC", "int theirs = 1;\n"))
		fail();
	run_seen(&c, "LD_PRELOAD=$PWD/theirs.so /bin/sh -c 'echo $LD_PRELOAD' "
	             ">out; grep -q 'theirs.so:.*/libtgraph-observe.so$' out");
	end(&c);
}

static void
what_cannot_be_followed(void **state)
{
	struct scene c;

	(void)state;
	begin(&c);
	tree_file(&c.t, "a", "1");
	if (compile(&c, "s", "-static", "int main(void) { return 0; }\n")) {
		char *argv[] = { "./s", NULL };

		run(&c, "cat a; ./s");
		assert_int_equal(c.status, 0);
		assert_true(said(&c, "/s: it is linked statically"));
		assert_true(what(&c, "a") & OBSERVED_CONTENT);
		run_words(&c, argv);
		assert_int_equal(c.o.nunseen, 1);
	}
	run_seen(&c, "./no/such/program 2>/dev/null; :");
	if (compile(&c, "san", "-fsanitize=address -shared-libasan",
	            "int main(void) { return 0; }\n") ||
	    compile(&c, "san", "-fsanitize=address",
	            "int main(void) { return 0; }\n")) {
		run(&c, "./san");
		assert_int_equal(c.status, 0);
	}
	tree_file(&c.t, "script", "#!/bin/cat\n");
	run_seen(&c, "chmod +x script; ./script");
	assert_true(what(&c, "script") & OBSERVED_CONTENT);
	end(&c);
}

static void
another_user(void **state)
{
	struct scene c;

	(void)state;
	begin(&c);
	if (geteuid() != 0) {
		end(&c);
		skip();
	}
	chmod(c.t.root, 0755);
	run(&c, "cp /bin/cat mine && chown 1:1 mine && chmod 4755 mine && "
	        "echo 1 >a && exec ./mine a");
	/* Unless the file system ignores the bit. */
	if (c.o.nunseen)
		assert_true(said(&c, "/mine: it changes its user"));
	else
		assert_int_equal(what(&c, "a") & OBSERVED_LIST, 0);
	end(&c);
}

/* Names that all are looked for once. */
static size_t
count_absent(const struct scene *c, const char *prefix)
{
	size_t n = 0;

	for (size_t i = 0; i < c->o.n; i++)
		n += (c->o.v[i].what & OBSERVED_ABSENT) &&
		     strstr(c->o.v[i].path.p, prefix) != NULL;
	return n;
}

static const char CROWD[] =
	"#include <errno.h>\n#include <fcntl.h>\n#include <pthread.h>\n"
	"#include <signal.h>\n#include <stdio.h>\n#include <stdlib.h>\n"
	"#include <string.h>\n"
	"#include <sys/time.h>\n#include <sys/wait.h>\n#include <unistd.h>\n"
	"static volatile int ticks;\n"
	"static void on_alarm(int s) { char n[32] = \"tick-\"; int e = errno;\n"
	" (void)s; n[5] = (char)('a' + ticks % 26); access(n, 0); ticks++;\n"
	" errno = e; }\n"
	"static void *look(void *p) { char n[32];\n"
	" for (int i = 0; i < 1000; i++) { sprintf(n, \"crowd-%d-%d\",\n"
	"  (int)(long)p, i); errno = 7; if (open(n, O_RDONLY) >= 0 ||\n"
	"  errno != ENOENT) abort(); } return 0; }\n"
	"int main(void) { pthread_t t[4]; struct itimerval v = {\n"
	" { 0, 1000 }, { 0, 1000 } }; signal(SIGALRM, on_alarm);\n"
	" setitimer(ITIMER_REAL, &v, 0);\n"
	" for (long i = 0; i < 4; i++) pthread_create(&t[i], 0, look,\n"
	"  (void *)i);\n"
	" for (long i = 10; i < 14; i++) { if (fork() == 0) {\n"
	"  look((void *)i); _exit(0); } }\n"
	" for (int i = 0; i < 20; i++) { char n[32];\n"
	"  sprintf(n, \"./vfork-%d\", i); if (vfork() == 0) {\n"
	"   chdir(\"/\"); execl(n, n, (char *)0); _exit(0); } }\n"
	" access(\"after\", 0);\n"
	" for (int i = 0; i < 4; i++) pthread_join(t[i], 0);\n"
	" while (wait(0) > 0 || errno == EINTR) continue;\n"
	" return 0; }\n";

static void
threads_forks_and_signals(void **state)
{
	struct scene c;

	(void)state;
	begin(&c);
	assert_true(compile(&c, "crowd", "-pthread", CROWD));
	run_seen(&c, "exec ./crowd");
	assert_int_equal(count_absent(&c, "/crowd-"), 8000);
	assert_int_equal(count_absent(&c, "/vfork-"), 20);
	/* The child of vfork went elsewhere, not its parent. */
	assert_true(what(&c, "after") & OBSERVED_ABSENT);
	end(&c);
}

static const char MANY[] =
	"#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n"
	"int main(int c, char **v) { char n[300]; (void)c;\n"
	" for (int i = 0; i < atoi(v[1]); i++) {\n"
	"  sprintf(n, \"many-%0*d\", atoi(v[2]), i); access(n, 0); }\n"
	" return 0; }\n";

static void
long_logs(void **state)
{
	struct scene c;

	(void)state;
	begin(&c);
	assert_true(compile(&c, "many", "", MANY));
	run_seen(&c, "exec ./many 15000 200");
	assert_int_equal(count_absent(&c, "/many-"), 15000);
	run(&c, "exec ./many 21000 8");
	assert_int_equal(c.status, 0);
	assert_true(said(&c, "more than 20,000 paths"));
	/* No more than the process may write, and no signal. */
	run(&c, "ulimit -f 2048; exec ./many 15000 200");
	assert_int_equal(c.status, 0);
	assert_true(said(&c, "no space"));
	c.on_disk = true;
	run_seen(&c, "exec ./many 9000 200");
	assert_int_equal(count_absent(&c, "/many-"), 9000);
	c.on_disk = false;
	run(&c, "exec ./many 300000 200");
	assert_int_equal(c.status, 0);
	assert_true(said(&c, "is full"));
	end(&c);
}

static void
a_full_disk(void **state)
{
	struct scene c;

	(void)state;
	begin(&c);
	assert_true(compile(&c, "many", "", MANY));
#ifdef __linux__
	struct buf b = { 0 };
	const char *dir = tree_path(&c.t, &b, ".log");

	if (mount("none", dir, "tmpfs", 0, "size=1200k") < 0) {
		buf_release(&b);
		end(&c);
		skip();
	}
	c.on_disk = true;
	run(&c, "exec ./many 15000 200");
	observe_close(&c.log);
	umount(dir);
	buf_release(&b);
	assert_int_equal(c.status, 0);
	assert_true(said(&c, "no space"));
	assert_true(count_absent(&c, "/many-") > 1000);
#endif
	end(&c);
}

static void
what_runs_on(void **state)
{
	struct scene c;
	struct buf b = { 0 };
	pid_t pid;

	(void)state;
	begin(&c);
	run(&c, "sleep 60 >/dev/null 2>&1 & echo $! >pid");
	assert_true(said(&c, "it goes on after the command"));
	assert_int_equal(file_read(tree_path(&c.t, &b, "pid"), &b, NULL), 1);
	pid = (pid_t)atol(strstr(b.p, "pid") + 3);
	assert_true(pid > 0);
	kill(pid, SIGKILL);
	buf_release(&b);
	assert_true(compile(&c, "d", "", "#include <unistd.h>\n"
		"int main(void) { int p[2]; char c; if (pipe(p)) return 1; "
		"if (fork() == 0) { setsid(); if (write(p[1], p, 1)) "
		"sleep(60); } else if (read(p[0], &c, 1) != 1) return 1; "
		"return 0; }\n"));
	run(&c, "exec ./d");
	assert_true(said(&c, "/d: it goes on after the command"));
	run_seen(&c, "sleep 0 & wait");
	end(&c);
}

static void
without_a_log_nothing_is_done(void **state)
{
	struct scene c;
	struct buf b = { 0 };

	(void)state;
	begin(&c);
	buf_addf(&b, "for v in '' X:1 /no/such /dev/null "
	         "/no/such:0123456789abcdef /dev/null:0123456789abcdef; do "
	         "LD_PRELOAD=%s %s=$v /bin/cat /dev/null || exit 1; done",
	         LIBRARY, OBSERVE_LOG_VAR);
	assert_int_equal(system(b.p), 0);
	buf_release(&b);
	end(&c);
}

static void
a_damaged_log(void **state)
{
	struct scene c;
	struct buf text = { 0 };

	(void)state;
	begin(&c);
	tree_file(&c.t, "a", "1");
	run_seen(&c, "cat a; cat no; ls .; :");
	assert_int_equal(file_read(c.log.path.p, &text, NULL), 1);
	for (size_t i = 0; i < 6000; i += 7) {
		size_t n = i % 3 ? text.n : i;
		char was = text.p[i];

		text.p[i] = (char)(was ^ (1 << (i % 8)));
		assert_int_equal(ftruncate(c.log.fd, 0), 0);
		assert_int_equal(pwrite(c.log.fd, text.p, n, 0), n);
		text.p[i] = was;
		observations_release(&c.o);
		observe_read(&c.o, &c.log, "/bin/sh", 0);
	}
	assert_int_equal(ftruncate(c.log.fd, 0), 0);
	observations_release(&c.o);
	observe_read(&c.o, &c.log, "/bin/sh", 0);
	assert_int_equal(c.o.nunseen, 1);
	buf_release(&text);
	end(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_and_what_is_not_there),
		cmocka_unit_test(nothing_is_below_a_file),
		cmocka_unit_test(links_on_the_way),
		cmocka_unit_test(what_it_makes_is_its_own),
		cmocka_unit_test(what_others_make_in_a_directory_of_its_own),
		cmocka_unit_test(variables),
		cmocka_unit_test(environments_of_their_own),
		cmocka_unit_test(another_preload_stays),
		cmocka_unit_test(what_cannot_be_followed),
		cmocka_unit_test(another_user),
		cmocka_unit_test(threads_forks_and_signals),
		cmocka_unit_test(long_logs),
		cmocka_unit_test(a_full_disk),
		cmocka_unit_test(what_runs_on),
		cmocka_unit_test(without_a_log_nothing_is_done),
		cmocka_unit_test(a_damaged_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
