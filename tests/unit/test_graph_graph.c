/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "graph/load.h"
#include "ninja/write.h"
#include "util/file.h"

/* Loads a manifest given as text; -1 with the message in err. */
static int
load(struct graph *g, const char *text, struct err *err)
{
	char name[] = "/tmp/tgraph-graph-XXXXXX";
	int fd = mkstemp(name), r;

	assert_true(fd >= 0);
	assert_int_equal(write_all(fd, text, strlen(text)), 0);
	close(fd);
	r = graph_load_file(g, name, NULL, err);
	unlink(name);
	return r;
}

static void
load_ok(struct graph *g, const char *text)
{
	struct err err = { 0 };

	if (load(g, text, &err) < 0)
		fail_msg("%s", err.msg);
}

static void
load_fails(const char *text, const char *message)
{
	struct graph g = { 0 };
	struct err err = { 0 };

	assert_true(load(&g, text, &err) < 0);
	if (!strstr(err.msg, message))
		fail_msg("'%s' is not in '%s'", message, err.msg);
	err_release(&err);
	graph_release(&g);
}

static uint32_t
step_of(const struct graph *g, const char *out)
{
	uint32_t n = graph_find(g, str_of(out));

	assert_int_not_equal(n, GRAPH_NONE);
	return g->nodes.p[n].producer;
}

static void
expect_binding(const struct graph *g, const char *out, uint32_t sym,
	enum graph_expand how, const char *want)
{
	struct buf b = { 0 };
	struct err err = { 0 };

	assert_true(graph_binding(g, step_of(g, out), sym, how, &b, &err)
	            >= 0);
	assert_string_equal(b.p, want);
	buf_release(&b);
}

static const char manifest[] =
	"flags = -O0\n"
	"rule cc\n"
	"  command = cc $flags $extra -c $in -o $out\n"
	"  depfile = $out.d\n"
	"  deps = gcc\n"
	"pool few\n"
	"  depth = 2\n"
	"build a.o: cc a.c | a.h || gen\n"
	"build with$ space.o: cc b.c\n"
	"  flags = -O3\n"
	"  pool = few\n"
	"build gen: phony a.c\n"
	"build all: phony a.o with$ space.o |@ a.o\n"
	"flags = -O2\n"
	"default all\n";

static void
test_bindings(void **state)
{
	struct graph g = { 0 };

	(void)state;
	load_ok(&g, manifest);
	/* rules see the last value of a file-level variable */
	expect_binding(&g, "a.o", SYM_COMMAND, GRAPH_SHELL,
	               "cc -O2  -c a.c -o a.o");
	expect_binding(&g, "with space.o", SYM_COMMAND, GRAPH_SHELL,
	               "cc -O3  -c b.c -o 'with space.o'");
	expect_binding(&g, "with space.o", SYM_DEPFILE, GRAPH_RAW,
	               "with space.o.d");
	assert_false(graph_flag(&g, step_of(&g, "a.o"), SYM_RESTAT));
	graph_release(&g);
}

static void
test_shape(void **state)
{
	struct graph g = { 0 };
	const struct graph_step *s;
	uint32_t n;

	(void)state;
	load_ok(&g, manifest);
	assert_int_equal(g.steps.n, 4);
	s = &g.steps.p[step_of(&g, "a.o")];
	assert_int_equal(s->nins, 3);
	assert_int_equal(s->nimplicit, 1);
	assert_int_equal(s->norder, 1);
	assert_int_equal(s->flags, STEP_DEPFILE | STEP_DEPS_GCC);
	s = &g.steps.p[step_of(&g, "all")];
	assert_int_equal(s->nvals, 1);
	assert_true(s->flags & STEP_PHONY);
	assert_int_equal(g.steps.p[step_of(&g, "with space.o")].pool, 2);
	assert_int_equal(g.pools.p[2].depth, 2);
	n = graph_find(&g, STR("a.c"));
	assert_int_equal(g.nodes.p[n].nusers, 2);
	assert_int_equal(graph_ids(&g, g.nodes.p[n].users)[1],
	                 step_of(&g, "gen"));
	assert_int_equal(g.defaults.n, 1);
	graph_release(&g);
}

static void
test_errors(void **state)
{
	static const char rule[] = "rule r\n  command = x\n";
	char text[512];

	(void)state;
	snprintf(text, sizeof(text), "%sbuild a: r\nbuild a: r\n", rule);
	load_fails(text, "multiple rules generate a");
	snprintf(text, sizeof(text), "%sbuild a a: r\n", rule);
	load_fails(text, "a is defined as an output multiple times");
	snprintf(text, sizeof(text), "%sbuild a: r\n  pool = p\n", rule);
	load_fails(text, "unknown pool name 'p'");
	snprintf(text, sizeof(text), "%sbuild a: r\n  dyndep = d\n", rule);
	load_fails(text, "dyndep 'd' is not an input");
	load_fails("default x\n", "unknown target 'x'");
	load_fails("pool p\n  depth = 1\npool p\n  depth = 1\n",
	           "duplicate pool 'p'");
}

static void
test_variable_cycle(void **state)
{
	struct graph g = { 0 };
	struct err err = { 0 };
	struct buf b = { 0 };

	(void)state;
	load_ok(&g, "rule r\n  command = $depfile\n  depfile = $command\n"
	        "build a: r\n");
	assert_int_equal(graph_binding(&g, 0, SYM_COMMAND, GRAPH_SHELL, &b,
	                               &err), -1);
	assert_string_equal(err.msg, "cycle in rule variables: depfile -> "
	                    "command -> depfile");
	err_release(&err);
	buf_release(&b);
	graph_release(&g);
}

static void
save(void *out, const void *p, size_t n)
{
	buf_add(out, p, n);
}

static void
test_saved(void **state)
{
	struct graph g = { 0 }, m = { 0 };
	struct buf b = { 0 };

	(void)state;
	load_ok(&g, manifest);
	graph_write(&g, save, &b);
	graph_release(&g);
	assert_true(graph_map(&m, b.p, b.n));
	expect_binding(&m, "a.o", SYM_COMMAND, GRAPH_SHELL,
	               "cc -O2  -c a.c -o a.o");
	/* a mapped graph can still learn */
	assert_int_equal(graph_find(&m, STR("new.h")), GRAPH_NONE);
	{
		uint32_t n = graph_node_add(&m, STR("new.h"));
		uint32_t s = step_of(&m, "a.o");

		graph_observe(&m, s, &n, 1);
		assert_true(m.users_stale);
		graph_index_users(&m);
		assert_int_equal(m.nodes.p[n].nusers, 1);
		assert_int_equal(graph_ids(&m, m.nodes.p[n].users)[0], s);
		expect_binding(&m, "a.o", SYM_IN, GRAPH_RAW, "a.c");
	}
	graph_release(&m);
	buf_release(&b);
}

/* No cut or flipped byte of a saved graph may be read out of bounds. */
static void
test_saved_broken(void **state)
{
	struct graph g = { 0 }, m = { 0 };
	struct buf b = { 0 };
	char *copy;

	(void)state;
	load_ok(&g, manifest);
	graph_write(&g, save, &b);
	copy = malloc(b.n);
	for (size_t n = 0; n < b.n; n += 7) {
		memcpy(copy, b.p, n);
		assert_false(graph_map(&m, copy, n));
	}
	for (size_t n = 0; n < b.n; n++) {
		memcpy(copy, b.p, b.n);
		copy[n] = (char)(copy[n] ^ 0xff);
		m = (struct graph){ 0 };
		if (graph_map(&m, copy, b.n))
			for (uint32_t i = 0; i < m.nodes.n; i++)
				assert_non_null(graph_cpath(&m, i));
	}
	free(copy);
	graph_release(&g);
	buf_release(&b);
}

static void
test_dyndep(void **state)
{
	struct graph g = { 0 };
	struct err err = { 0 };
	uint32_t out, in, step;

	(void)state;
	load_ok(&g, "rule r\n  command = x $in\nbuild a: r i || dd\n"
	        "  dyndep = dd\nbuild b: r\n");
	step = step_of(&g, "a");
	out = graph_node_add(&g, STR("a.mod"));
	in = graph_node_add(&g, STR("b"));
	assert_int_equal(graph_dyndep(&g, step, &out, 1, &in, 1, true, &err),
	                 0);
	assert_int_equal(g.nodes.p[out].producer, step);
	assert_int_equal(g.steps.p[step].nins, 3);
	assert_int_equal(graph_ids(&g, g.steps.p[step].ins)[1], in);
	expect_binding(&g, "a", SYM_COMMAND, GRAPH_SHELL, "x i");
	assert_int_equal(graph_dyndep(&g, step, &in, 1, NULL, 0, false, &err),
	                 -1);
	assert_string_equal(err.msg, "multiple rules generate b");
	err_release(&err);
	graph_release(&g);
}

/* The statements of a graph, written and read again, are the same graph. */
static void
test_statements(void **state)
{
	struct graph g = { 0 }, again = { 0 };
	struct ninja_writer w;
	struct buf one = { 0 }, two = { 0 };
	struct err err = { 0 };

	(void)state;
	load_ok(&g, manifest);
	for (int i = 0; i < 2; i++) {
		struct buf *b = i ? &two : &one;

		ninja_writer_init(&w);
		assert_int_equal(graph_statements(i ? &again : &g,
			&ninja_writer_ops, &w, &err), 0);
		buf_addstr(b, buf_str(&w.text));
		ninja_writer_release(&w);
		if (!i)
			load_ok(&again, one.p);
	}
	assert_string_equal(one.p, two.p);
	expect_binding(&again, "with space.o", SYM_COMMAND, GRAPH_SHELL,
	               "cc -O3  -c b.c -o 'with space.o'");
	buf_release(&one);
	buf_release(&two);
	graph_release(&g);
	graph_release(&again);
}

static void
test_self_phony(void **state)
{
	struct graph g = { 0 };

	(void)state;
	load_ok(&g, "build a: phony a b\n");
	assert_int_equal(g.steps.p[0].nins, 1);
	assert_int_equal(g.phony_cycles, 1);
	graph_release(&g);
}

/* What phony steps stand for, as read and as printed and read back. */
static void
test_kinds(void **state)
{
	static const char text[] =
		"tg_kind = env\n"
		"rule cc\n  command = cc\n"
		"build g: phony a.py b.py | c.py\n  tg_kind = group\n"
		"build d: phony x\n  tg_kind = data\n  tg_file = sub\n"
		"build all: phony a.py\n  tg_kind = all\n"
		"build files: phony a.py x\n  tg_kind = files\n"
		"build e: phony\n  tg_kind = env\n  tg_python = cpython-3\n"
		"build odd: phony a.py\n  tg_kind = grou\n"
		"build mine: phony a.py\n"
		"build o: cc a.py\n  tg_kind = group\n";
	static const struct {
		const char *node;
		enum graph_kind kind;
		const char *of;
	} all[] = {
		{ "g", KIND_GROUP, "a.py" }, { "d", KIND_DATA, "sub" },
		{ "all", KIND_ALL, "" }, { "files", KIND_FILES, "" },
		{ "e", KIND_ENV, "cpython-3" }, { "odd", KIND_NONE, "" },
		{ "mine", KIND_NONE, "" }, { "o", KIND_NONE, "" },
		{ "a.py", KIND_NONE, "" },
	};
	struct graph g = { 0 }, again = { 0 };
	struct ninja_writer w;

	(void)state;
	load_ok(&g, text);
	ninja_writer_init(&w);
	assert_int_equal(graph_statements(&g, &ninja_writer_ops, &w, NULL), 0);
	load_ok(&again, buf_str(&w.text).p);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		for (int k = 0; k < 2; k++) {
			const struct graph *at = k ? &again : &g;
			uint32_t n = graph_find(at, str_of(all[i].node));

			assert_int_not_equal(n, GRAPH_NONE);
			assert_int_equal(graph_kind(at, n), all[i].kind);
			assert_true(str_is(graph_kind_of(at, n), all[i].of));
		}
	}
	ninja_writer_release(&w);
	graph_release(&g);
	graph_release(&again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bindings),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_variable_cycle),
		cmocka_unit_test(test_saved),
		cmocka_unit_test(test_saved_broken),
		cmocka_unit_test(test_dyndep),
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_self_phony),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
