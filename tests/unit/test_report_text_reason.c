/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "report/text/reason.h"
#include "report_run.h"

static const char manifest[] =
	"rule cc\n"
	"  command = cc $in -o $out\n"
	"  depfile = $out.d\n"
	"build a.o | a.lst: cc a.c\n"
	"build g1: phony a.py b.py\n  tg_kind = group\n"
	"build g2: phony a.c\n  tg_kind = data\n  tg_file = .\n"
	"build g3: phony a.c\n  tg_kind = data\n  tg_file = sub\n"
	"build g4: phony a.py\n  tg_kind = all\n"
	"build py312.env: phony\n  tg_kind = env\n  tg_python = py312\n"
	"build t.json t.log: cc a.c g1 g2 g3 g4 py312.env env$:PATH\n"
	"  tg_kind = test\n";

static struct run t;
static struct buf text;

static int
setup(void **state)
{
	(void)state;
	run_load(&t, manifest);
	run_begin(&t);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	run_end(&t);
	buf_release(&text);
	return 0;
}

static const char *
say(const char *step, struct reason r)
{
	r.step = run_step(&t, step);
	buf_clear(&text);
	reason_text(&t.g, &r, &text);
	return text.p;
}

static const char *
of_node(enum reason_why why, const char *step, const char *node)
{
	uint32_t id = graph_find(&t.g, str_of(node));

	assert_int_not_equal(id, GRAPH_NONE);
	return say(step, (struct reason){ .why = why, .node = id });
}

static void
test_in_ninjas_words(void **state)
{
	static const struct {
		enum reason_why why;
		const char *node, *text;
	} all[] = {
		{ WHY_INPUT_RUNS, "a.c", "a.c is dirty" },
		{ WHY_INPUT_FORCED, "a.c", "a.c is dirty" },
		{ WHY_INPUT_MISSING, "a.c", "a.c has no in-edge and is missing" },
		{ WHY_FILE_NEW, "a.c", "a.c is new" },
		{ WHY_FILE_GONE, "a.c",
		  "a file was removed or is used no more: a.c" },
		{ WHY_INPUTS_OTHER, "a.o",
		  "inputs of a.o are not those of its last result" },
		{ WHY_OUTPUT_MISSING, "a.lst", "output a.lst doesn't exist" },
		{ WHY_OUTPUT_CHANGED, "a.lst",
		  "output a.lst is not as it was left" },
		{ WHY_DEPFILE_MISSING, "a.o", "depfile 'a.o.d' is missing" },
		{ WHY_NO_RESULT, "a.o",
		  "command line not found in log for a.o" },
		{ WHY_RERUN, "a.o", "a.o is to be run again" },
		{ WHY_COMMAND, "a.o", "command line changed for a.o" },
		{ WHY_CHANGED_MEANWHILE, "a.o",
		  "inputs of a.o changed while it ran" },
	};

	(void)state;
	for (size_t i = 0; i < countof(all); i++)
		assert_string_equal(of_node(all[i].why, "a.o", all[i].node),
			all[i].text);
}

static void
test_of_a_test(void **state)
{
	static const struct {
		enum reason_why why;
		const char *node, *text;
	} all[] = {
		{ WHY_INPUT_RUNS, "g2",
		  "data files of the root: some of it is made by a step that "
		  "runs too" },
		{ WHY_INPUT_RUNS, "py312.env",
		  "the environment (py312) is dirty" },
		{ WHY_FILE_NEW, "a.c", "a.c is new" },
		{ WHY_FILE_GONE, "g1",
		  "a file was removed or is used no more: a.py" },
		{ WHY_FILE_GONE, "g3",
		  "a file was removed or is used no more: data files of sub" },
		{ WHY_FILE_GONE, "g4",
		  "a file was removed or is used no more: every Python file" },
		{ WHY_INPUTS_OTHER, "t.json",
		  "its inputs, or variables or the umask that count for it, "
		  "are not those of its last result" },
		{ WHY_OUTPUT_MISSING, "t.log", "its result is missing" },
		{ WHY_OUTPUT_CHANGED, "t.log", "its result was changed" },
		{ WHY_NO_RESULT, "t.json", "it has no result yet" },
		{ WHY_RERUN, "t.json", "it is to be run again" },
		{ WHY_COMMAND, "t.json",
		  "the way it is run changed" },
		{ WHY_CHANGED_MEANWHILE, "t.json",
		  "its inputs changed while it ran" },
	};

	(void)state;
	for (size_t i = 0; i < countof(all); i++)
		assert_string_equal(of_node(all[i].why, "t.log", all[i].node),
			all[i].text);
}

static void
test_with_more_than_a_node(void **state)
{
	struct reason changed = {
		.why = WHY_INPUT_CHANGED,
		.node = graph_find(&t.g, STR("env:PATH")),
		.was = digest_of("a", 1), .is = digest_of("b", 1),
	};
	struct reason older = {
		.why = WHY_OUTPUT_OLDER,
		.node = graph_find(&t.g, STR("a.o")),
		.other = graph_find(&t.g, STR("a.c")),
		.node_ns = 1, .other_ns = 2,
	};
	struct reason bad = {
		.why = WHY_BAD_RESULT, .node = older.node,
		.count = RESULT_TIMEOUT,
	};

	(void)state;
	assert_string_equal(say("t.log", changed), "content of the variable "
		"PATH changed (ca978112 -> 3e23e816)");
	changed.is = (struct digest){ 0 };
	assert_string_equal(say("a.o", changed),
		"content of env:PATH changed (ca978112 -> missing)");
	assert_string_equal(say("a.o", older),
		"output a.o older than most recent input a.c (1 vs 2)");
	assert_string_equal(say("a.o", bad), "a.o timed out last time");
	bad.count = RESULT_CRASHED;
	assert_string_equal(say("a.o", bad), "a.o crashed last time");
	bad.count = RESULT_FAILED;
	assert_string_equal(say("a.o", bad), "a.o failed last time");
	assert_string_equal(say("a.o", (struct reason){
		.why = WHY_FILES_MORE, .count = 7,
	}), "and 7 more files behind its inputs changed");
}

static void
test_of_no_step(void **state)
{
	struct reason r = {
		.why = WHY_ADOPTED, .step = GRAPH_NONE, .count = 3,
	};

	(void)state;
	reason_text(NULL, &r, &text);
	assert_string_equal(text.p, "3 steps are up to date by .ninja_log: "
		"taken over as they are");
	r.why = WHY_DYNDEP_READ;
	r.node = graph_find(&t.g, STR("a.c"));
	buf_clear(&text);
	reason_text(&t.g, &r, &text);
	assert_string_equal(text.p, "loading dyndep file 'a.c'");
}

static void
test_words(void **state)
{
	(void)state;
	for (int i = 0; i <= WHY_ADOPTED; i++) {
		const char *word = reason_word((enum reason_why)i);

		assert_string_not_equal(word, "other");
		for (int k = 0; k < i; k++)
			assert_string_not_equal(word,
				reason_word((enum reason_why)k));
	}
	assert_string_equal(reason_word((enum reason_why)1000), "other");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(test_in_ninjas_words), T(test_of_a_test),
		T(test_with_more_than_a_node), T(test_of_no_step),
		T(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
