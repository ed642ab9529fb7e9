/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "graph/load.h"
#include "session/targets/target_name.h"
#include "tree.h"

struct fixture {
	struct tree tree;
	struct graph g;
};

static void
load(struct fixture *f, const char *text)
{
	struct buf b = { 0 };
	struct err err = { 0 };

	*f = (struct fixture){ 0 };
	tree_make(&f->tree);
	tree_file(&f->tree, "build.ninja", text);
	assert_int_equal(graph_load_file(&f->g, tree_path(&f->tree, &b,
		"build.ninja"), NULL, &err), 0);
	buf_release(&b);
}

static void
release(struct fixture *f)
{
	graph_release(&f->g);
	tree_remove(&f->tree);
}

static const char manifest[] =
	"rule r\n  command = r $in $out\n"
	"build lib.o: r lib.c\n"
	"build app: r main.c || lib.o\n"
	"build all: phony app\n";

static const char *
found(struct fixture *f, const char *name)
{
	struct err err = { 0 };
	uint32_t node;

	assert_int_equal(target_find(&f->g, name, "tgraph", &node, &err), 0);
	assert_null(err.msg);
	return graph_cpath(&f->g, node);
}

static void
complains(struct fixture *f, const char *name, const char *message)
{
	struct err err = { 0 };
	uint32_t node;

	assert_int_equal(target_find(&f->g, name, "tgraph", &node, &err), -1);
	assert_string_equal(err.msg, message);
	err_release(&err);
}

static void
finds_targets(void **state)
{
	struct fixture f;

	(void)state;
	load(&f, manifest);
	assert_string_equal(found(&f, "app"), "app");
	assert_string_equal(found(&f, "./x/../lib.c"), "lib.c");
	assert_string_equal(found(&f, "lib.c^"), "lib.o");
	assert_string_equal(found(&f, "lib.o^"), "app");
	complains(&f, "", "empty path");
	complains(&f, "all^", "'all' has no out edge");
	complains(&f, "lib.p", "unknown target 'lib.p', did you mean "
		"'lib.o'?");
	complains(&f, "something", "unknown target 'something'");
	complains(&f, "clean", "unknown target 'clean', did you mean "
		"'tgraph -t clean'?");
	complains(&f, "help", "unknown target 'help', did you mean "
		"'tgraph -h'?");
	release(&f);
}

static void
observed_users_come_last(void **state)
{
	struct fixture f;
	uint32_t node;

	(void)state;
	load(&f, manifest);
	node = graph_node_add(&f.g, STR("lib.h"));
	graph_observe(&f.g, f.g.nodes.p[graph_find(&f.g,
		STR("app"))].producer, &node, 1);
	assert_string_equal(found(&f, "lib.h^"), "app");
	release(&f);
}

static void
defaults_or_roots(void **state)
{
	struct err err = { 0 };
	struct fixture f;
	uint32_t *nodes, n;

	(void)state;
	load(&f, manifest);
	assert_int_equal(target_list(&f.g, NULL, 0, "tgraph", &nodes, &n,
		&err), 0);
	assert_int_equal(n, 1);
	assert_string_equal(graph_cpath(&f.g, nodes[0]), "all");
	free(nodes);
	release(&f);

	load(&f, "rule r\n  command = r\nbuild a: r\nbuild b: r\n"
		"default b a\n");
	assert_int_equal(target_defaults(&f.g, &nodes, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_string_equal(graph_cpath(&f.g, nodes[0]), "b");
	free(nodes);
	release(&f);

	load(&f, "rule r\n  command = r\nbuild a: r b\nbuild b: r a\n");
	assert_int_equal(target_defaults(&f.g, &nodes, &n, &err), -1);
	assert_string_equal(err.msg,
		"could not determine root nodes of build graph");
	free(nodes);
	err_release(&err);
	release(&f);
}

static void
a_bad_name_among_many(void **state)
{
	char app[] = "app", bad[] = "ap";
	char *names[] = { app, bad };
	struct err err = { 0 };
	struct fixture f;
	uint32_t *nodes, n;

	(void)state;
	load(&f, manifest);
	assert_int_equal(target_list(&f.g, names, 2, "ninja", &nodes, &n,
		&err), -1);
	assert_string_equal(err.msg,
		"unknown target 'ap', did you mean 'app'?");
	assert_null(nodes);
	err_release(&err);
	release(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_targets),
		cmocka_unit_test(observed_users_come_last),
		cmocka_unit_test(defaults_or_roots),
		cmocka_unit_test(a_bad_name_among_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
