/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "graph/load.h"
#include "sched/known/known.h"
#include "unit/tree.h"
#include "util/buf.h"

enum { ALL = KNOWN_CONTENT | KNOWN_FILES };

static unsigned
known(const char *build, const char *command, const char *more)
{
	struct graph g = { 0 };
	struct buf text = { 0 };
	struct err err = { 0 };
	struct tree t;
	unsigned k;

	buf_addf(&text, "rule r\n  command = %s\n%sbuild %s\n", command, more,
	         build);
	tree_make(&t);
	if (chdir(t.root) < 0)
		abort();
	tree_file(&t, "build.ninja", buf_str(&text).p);
	if (graph_load_file(&g, "build.ninja", NULL, &err) != 0)
		fail_msg("%s: %s", command, err.msg);
	k = known_leaves(&g, 0);
	graph_release(&g);
	buf_release(&text);
	if (chdir("/") < 0)
		abort();
	tree_remove(&t);
	return k;
}

static unsigned
compiled(const char *command)
{
	return known("a.o: r a.c", command, "  depfile = a.o.d\n  deps = gcc\n");
}

static unsigned
linked(const char *command)
{
	return known("out: r a.o b.a", command, "");
}

#define CC "cc -MD -MF a.o.d -c a.c -o a.o "

static void
test_compilers(void **state)
{
	static const char *const good[] = {
		"/usr/bin/cc -DX=1 -DY=\\\"s\\\" -Iinc -isystem /x -O2 -g "
		"-std=gnu11 -fPIC -MD -MT a.o -MF a.o.d -o a.o -c a.c",
		"ccache g++-12 -Ia.p -I.. -fdiagnostics-color=always "
		"-D_FILE_OFFSET_BITS=64 -Wall -Winvalid-pch -O0 -g "
		"-MD -MQ a.o -MF a.o.d -o a.o -c a.c",
		"x86_64-linux-gnu-gcc -MMD -MFa.o.d -c a.c -oa.o",
		"/usr/bin/aarch64-linux-gnu-g++-13.2 -MMD -MF a.o.d -c a.c "
		"-o ./a.o",
		CC "-Wp,-D_FORTIFY_SOURCE=2 -Wa,--noexecstack -march=native",
		CC "-fno-anything-at-all -fvisibility=hidden -flto=auto",
		": && " CC "&& :",
		CC "'-DQ=\"a b\"' -D \"Z=1\" -x c",
	};
	static const char *const bad[] = {
		CC "--coverage", CC "-ftest-coverage", CC "-gsplit-dwarf",
		CC "-save-temps", CC "-fdump-tree-all", CC "-fstack-usage",
		CC "-ftime-trace", CC "-fplugin=./x.so", CC "-MJ x.json",
		CC "-Wa,-al=x.lst", CC "-Wp,-MD,x.d", CC "-mllvm -x",
		CC "-fsave-optimization-record", CC "-fcallgraph-info",
		CC "-fdiagnostics-format=sarif-file", CC "-Xclang -x",
		CC "-fmodules", CC "-fprofile-use", CC "@rsp", CC "-no-idea",
		CC "-MF other.d", CC "-o b.o",
		CC "; touch x", CC "| cat", CC ">x", CC "&& touch x",
		CC "&& cp a.o /x", "x=1 " CC, "cd x && " CC, CC "$$X",
		CC "`x`", "./cc -c a.c -o a.o", "tools/gcc -c a.c -o a.o",
		"my-cc -c a.c -o a.o", "time " CC, "rustc a.c -o a.o",
		"cc -c a.c", "cc -E a.c -o a.o", "cc -c a.c -o", "false", ":",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (compiled(good[i]) != ALL)
			fail_msg("should be known: %s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (compiled(bad[i]) != 0)
			fail_msg("should not be known: %s", bad[i]);
	/* What it reads is not known. */
	assert_int_equal(known("a.o: r a.c", "cc -c a.c -o a.o", ""),
		KNOWN_CONTENT);
	/* A header that is compiled, an interface: they stand for others. */
	assert_int_equal(known("a.h.gch: r a.h", "cc -MD -MF d -c $in -o $out",
		"  depfile = d\n"), 0);
	assert_int_equal(known("a.pcm: r a.c", "cc -MD -MF d -c $in -o $out",
		"  depfile = d\n"), 0);
	assert_int_equal(known("a.o | a.x: r a.c", "cc -c a.c -o a.o", ""), 0);
}

static void
test_links(void **state)
{
	static const char *const good[] = {
		"cc a.o b.a -o out",
		": && /usr/bin/c++ -O2 -rdynamic a.o -o out "
		"-Wl,-rpath,\"\\$$ORIGIN\" b.a -lm -lpthread && :",
		"cc -shared -Wl,-soname,out -Wl,-z,now -Wl,--as-needed "
		"-Wl,--start-group b.a -Wl,--end-group a.o -o out -pthread",
		"cc -o out a.o b.a -s -Xlinker -z -Xlinker relro && strip -s "
		"out",
	};
	static const char *const partly[] = {
		"cc a.o -o out -L. -lx", "cc a.o other.o -o out",
		"cc a.c b.a -o out", "cc a.o -o out -Wl,--version-script=x.map",
	};
	static const char *const bad[] = {
		"cc a.o -o out -Wl,-Map,out.map", "cc a.o -o out -Wl,-Map=x",
		"cc a.o -o out -Wl,--out-implib,x.lib", "cc a.o",
		"cc a.o -o out -T x.ld", "cc a.o x.ld -o out",
		"cc a.o -o out && cp out /x", "cc a.o -o out -gsplit-dwarf",
		"cc a.o -o out -Wl,--dependency-file=x.d",
		"cc a.o -o out @x", "cc a.o -o out -Wl,-soname",
		"cc a.o -o out && strip -o x out", "strip out",
		"cc a.o -o out && strip a.o", "ld a.o -o out",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (linked(good[i]) != ALL)
			fail_msg("should be known: %s", good[i]);
	for (size_t i = 0; i < sizeof(partly) / sizeof(*partly); i++)
		if (linked(partly[i]) != KNOWN_CONTENT)
			fail_msg("should be cut off: %s", partly[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (linked(bad[i]) != 0)
			fail_msg("should not be known: %s", bad[i]);
	/* What runs it runs the library too. */
	assert_int_equal(known("out: r a.o | libx.so.1",
		"cc a.o libx.so.1 -o out", ""), KNOWN_FILES);
	assert_int_equal(known("out: r a.o | d/libx.dylib",
		"cc a.o -o out -Ld -lx", ""), 0);
	assert_int_equal(known("out: r a.o", "cc @out.rsp -o out",
		"  rspfile = out.rsp\n  rspfile_content = $in_newline\n"), ALL);
	assert_int_equal(known("out: r a.o", "cc @out.rsp -o out",
		"  rspfile = out.rsp\n  rspfile_content = $in -save-temps\n"),
		0);
	assert_int_equal(known("out: r a.o",
		"cc a.o -o out -Wl,--dependency-file=x/./l.d",
		"  depfile = x/l.d\n  deps = gcc\n"), ALL);
}

static void
test_archives(void **state)
{
	(void)state;
	assert_int_equal(known("x.a: r a.o b.o",
		"rm -f $out && ar rcs $out $in", ""), ALL);
	assert_int_equal(known("x.a: r a.o b.o", ": && /usr/bin/cmake -E rm "
		"-f $out && /usr/bin/gcc-ar qc $out $in && "
		"/usr/bin/llvm-ranlib $out && :", ""), ALL);
	/* What was in it is still there. */
	assert_int_equal(known("x.a: r a.o", "ar rcs $out $in", ""),
		KNOWN_CONTENT);
	assert_int_equal(known("x.a: r a.o", "rm -f $out && ar rcs $out a.o "
		"c.o", ""), KNOWN_CONTENT);
	/* Thin, or something else. */
	assert_int_equal(known("x.a: r a.o", "ar rcsT $out $in", ""), 0);
	assert_int_equal(known("x.a: r a.o", "ar --thin rcs $out $in", ""), 0);
	assert_int_equal(known("x.a: r a.o", "ar rcs --thin $out $in", ""), 0);
	assert_int_equal(known("x.a: r a.o", "ar t $out", ""), 0);
	assert_int_equal(known("x.a: r a.o", "ar x $out", ""), 0);
	assert_int_equal(known("x.a: r a.o", "ar rcs y.a $in", ""), 0);
	assert_int_equal(known("x.a: r a.o", "rm -f y && ar rcs x.a $in", ""),
		0);
}

static void
test_by_hand(void **state)
{
	(void)state;
	assert_int_equal(known("out: r in\n  tg_cache = 1", "anything", ""),
		ALL);
	assert_int_equal(known("out: r in\n  tg_cache = 0", "anything", ""), 0);
	assert_int_equal(known("out | more: r in\n  tg_cache = 1", "anything",
		""), ALL);
	assert_int_equal(known("out: r in\n  tg_kind = test", "anything", ""),
		ALL);
	assert_int_equal(known("out: r in", "cp in out", ""), 0);
	assert_int_equal(known("out: r in", "cp in out", "  restat = 1\n"), 0);
	assert_int_equal(known("a.o: r a.c", "cc -c a.c -o a.o",
		"  generator = 1\n"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compilers),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_archives),
		cmocka_unit_test(test_by_hand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
