/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ninja/parse.h"
#include "ninja/write.h"
#include "ninja_meaning.h"

static void
parse_to(const struct ninja_ops *ops, void *ctx, struct str path)
{
	struct err err = { 0 };
	int ret = ninja_parse(path, ops, ctx, NULL, &err);

	if (ret < 0)
		print_message("%s:%d: %s\n", err.path, err.line, err.msg);
	assert_int_equal(ret, 0);
}

/* The statements of files as text. */
static struct buf
dump(const struct memory_file *files, size_t n)
{
	struct dump d = { .files = files, .nfiles = n, .no_helpers = 1 };

	parse_to(&dump_ops, &d, files[0].name);
	buf_release(&d.warnings);
	return d.out;
}

/* Loads for the writer: its ctx begins with the writer. */
struct source {
	struct ninja_writer w;
	struct dump d;
};

static int
source_load(void *ctx, struct str path, uint32_t *file, struct str *text,
	struct err *err)
{
	return dump_load(&((struct source *)ctx)->d, path, file, text, err);
}

/* files, written in the order of their statements. */
static struct ninja_writer
write_files(const struct memory_file *files, size_t n)
{
	struct source s = { .d = { .files = files, .nfiles = n } };
	struct ninja_ops ops = ninja_writer_ops;

	ops.load = source_load;
	ninja_writer_init(&s.w);
	parse_to(&ops, &s, files[0].name);
	return s.w;
}

/* files, steps last. */
static struct ninja_writer
write_steps_last(const struct memory_file *files, size_t n)
{
	struct source s = { .d = { .files = files, .nfiles = n } };
	struct ninja_ops first = ninja_writer_ops, second = first;

	first.load = second.load = source_load;
	first.build = NULL;
	first.defaults = NULL;
	second.scope = NULL;
	second.variable = NULL;
	second.rule = NULL;
	second.pool = NULL;
	ninja_writer_init(&s.w);
	parse_to(&first, &s, files[0].name);
	parse_to(&second, &s, files[0].name);
	return s.w;
}

static struct meaning
meaning(const struct memory_file *files, size_t n)
{
	struct meaning m = { .d = { .files = files, .nfiles = n } };

	scopes_add(&m.scopes, 0);
	parse_to(&meaning_first, &m, files[0].name);
	parse_to(&meaning_second, &m, files[0].name);
	return m;
}

/* What is written must parse to the statements that were read, and be written
 * the same once more. Of one scope. */
static void
round_trip(struct memory_file f)
{
	struct ninja_writer once = write_files(&f, 1), twice;
	struct memory_file g = { STR("g"), buf_str(&once.text) };
	struct buf before = dump(&f, 1), after = dump(&g, 1);

	assert_string_equal(buf_str(&after).p, buf_str(&before).p);
	twice = write_files(&g, 1);
	assert_string_equal(buf_str(&twice.text).p, buf_str(&once.text).p);
	ninja_writer_release(&once);
	ninja_writer_release(&twice);
	buf_release(&before);
	buf_release(&after);
}

/* What is written must mean what was read. */
static void
same_meaning(const struct memory_file *files, size_t n)
{
	struct ninja_writer w = write_steps_last(files, n);
	struct memory_file g = { STR("g"), buf_str(&w.text) };
	struct meaning before = meaning(files, n), after = meaning(&g, 1);

	assert_string_equal(buf_str(&after.d.out).p,
		buf_str(&before.d.out).p);
	meaning_release(&before);
	meaning_release(&after);
	ninja_writer_release(&w);
}

static void
text_of_statements(void **state)
{
	struct memory_file f = { STR("f"), STR(
		"v = $$1 \nw=$ x\npool p\n  depth=2\nrule cc\n"
		"  command=cc $in $\n  -o $out\n  pool=p\n"
		"build a$ b | ./c : cc d$:e | f || g |@ h\n  x = $v\n"
		"build all: phony a$ b\ndefault all\n") };
	struct ninja_writer w = write_files(&f, 1);

	(void)state;
	assert_string_equal(w.text.p,
		"v = $$1 \nw = $ x\npool p\n  depth = 2\n\nrule cc\n"
		"  command = cc $in $\n  -o $out\n  pool = p\n\n"
		"build a$ b | c: cc d$:e | f || g |@ h\n  x = $$1 \n\n"
		"build all: phony a$ b\ndefault all\n");
	ninja_writer_release(&w);
	round_trip(f);
}

static void
hard_bytes(void **state)
{
	struct memory_file f = { STR("f"), STR(
		"ninja_required_version = 1.14\nbar = |\nnl = a$^b\n"
		"rule r\n  command = a$^b ${x} $$ \n"
		"build a${bar}b: phony\nbuild c${nl}d | #x: r a$$b ${bar}${bar}"
		"\n  y = $nl$bar\n  z = $  $nl  \n  e =\n"
		"ninja_required_version = 1.5\nbuild e${nl}: phony\n"
		"default c${nl}d\n") };
	struct memory_file sub[] = {
		{ STR("f"), STR("ninja_required_version = 1.14\nn = $^\n"
			"b = |\nbuild $b: phony\nsubninja g\nbuild $n: phony\n"
			"default $b$n\n") },
		{ STR("g"), STR("build q$n$b: phony\nx = $n\n") },
	};

	(void)state;
	round_trip(f);
	same_meaning(&f, 1);
	same_meaning(sub, countof(sub));
}

static void
scopes_become_bindings(void **state)
{
	struct memory_file f[] = {
		{ STR("f"), STR("x = 1\nsame = 1\nrule r\n  command = a $x $y"
			"$same$nope$own $in\nsubninja a\ninclude b\n"
			"build f: r\nx = 9\npool last\n  depth = 1\n") },
		{ STR("a"), STR("x = 2\ny = $x$x\nsame = 1\nother = 1\n"
			"own = 1\nbuild a0: r\n  own = 2\n"
			"rule r\n  command = b $x\nbuild a: r\n"
			"pool q\n  depth = 1\nsubninja b\nx = 7\n"
			"rule s\n  command = d\nbuild ab: s\ndefault a\n"
			"tg_kind = test\nrestat = 1\n") },
		{ STR("b"), STR("x = 3\nrule s\n  command = c $x $out\n"
			"build b$x$y: r\ny = $y.\nx = 4\n"
			"build z$x: s\n") },
	};
	struct memory_file sub[] = { f[0], f[1] };
	struct ninja_writer w;

	(void)state;
	sub[0].text = STR("x = 1\nrule r\n  command = $x $y\n"
		"subninja a\nbuild q: r\nx = 5\n");
	sub[1].text = STR("y = 2\nbuild a: r\nrule r\n  command = 2\n"
		"build b: r\nrule phony\n  command = p\nbuild c: phony\n");
	w = write_steps_last(sub, 2);
	assert_string_equal(w.text.p, "x = 1\nrule r\n  command = $x $y\n\n"
		"rule r.2\n  command = 2\n\nrule phony.2\n  command = p\n\n"
		"x = 5\nbuild a: r\n  y = 2\n\nbuild b: r.2\n"
		"build c: phony.2\nbuild q: r\n");
	ninja_writer_release(&w);
	same_meaning(sub, 2);
	f[0].text = STR("x = 1\nsame = 1\nrule r\n  command = a $x $y"
		"$same$nope$own $in\nsubninja a\nsubninja b\n"
		"build f: r\nx = 9\npool last\n  depth = 1\n");
	f[2].text = STR("x = 3\nrule s\n  command = c $x $out\n"
		"build b$x$y: r\ny = $y.\nx = 4\nbuild z$x: s\n"
		"build $x$y: phony\n");
	same_meaning(f, countof(f));
}

static void
long_lines_are_broken(void **state)
{
	struct buf b = { 0 };
	struct memory_file f = { STR("f"), { 0 } };
	struct ninja_writer w;
	const char *p, *nl;

	(void)state;
	buf_adds(&b, "build a: phony");
	for (int i = 0; i < 100; i++)
		buf_addf(&b, " dir/file%d.c", i);
	buf_adds(&b, " |");
	for (int i = 0; i < 100; i++)
		buf_addf(&b, " dir/file%d.h", i);
	buf_adds(&b, "\n");
	f.text = buf_str(&b);
	round_trip(f);
	w = write_files(&f, 1);
	for (p = w.text.p; (nl = strchr(p, '\n')); p = nl + 1)
		assert_true(nl - p < 82);
	ninja_writer_release(&w);
	buf_release(&b);
}

/* A small generator: the same bytes for the same seed. */
static uint32_t
roll(uint64_t *seed, uint32_t n)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33) % n;
}

static void
random_text(struct buf *b, uint64_t *seed)
{
	static const char *const bits[] = {
		"a", "b/c", "$ ", "$:", "$$", "$^", "${bar}", "${nl}", "../",
		"#", "=", "${x}", ".", "/", "\t", "\xc3\xa9", "$\n   ", "//",
	};

	for (uint32_t n = 1 + roll(seed, 4); n--;)
		buf_adds(b, bits[roll(seed, countof(bits))]);
	buf_adds(b, "e");
}

static void
random_paths(struct buf *b, uint64_t *seed, const char *before)
{
	buf_adds(b, before);
	for (uint32_t n = 1 + roll(seed, 3); n--;) {
		buf_addc(b, ' ');
		random_text(b, seed);
	}
}

static void
random_build(struct buf *b, uint64_t *seed)
{
	static const char *const sections[] = { " |", " ||", " |@" };

	random_paths(b, seed, "build");
	if (roll(seed, 2))
		random_paths(b, seed, " |");
	buf_adds(b, roll(seed, 2) ? ": phony" : ": r0");
	if (roll(seed, 2))
		random_paths(b, seed, "");
	for (int i = 0; i < 3; i++)
		if (roll(seed, 2))
			random_paths(b, seed, sections[i]);
	buf_addc(b, '\n');
	for (uint32_t n = roll(seed, 3); n--;) {
		buf_addf(b, "  %s = ", roll(seed, 2) ? "x" : "flags");
		random_text(b, seed);
		buf_adds(b, roll(seed, 2) ? "\n" : ": | \n");
	}
}

static void
random_manifests(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int turn = 0; turn < 500; turn++) {
		struct memory_file f = { STR("f"), { 0 } };
		struct buf b = { 0 };
		int rules = 1;

		buf_adds(&b, "ninja_required_version = 1.14\nbar = |\n"
			"nl = $^\nrule r0\n  command = c\n");
		for (uint32_t n = roll(&seed, 12); n--;) {
			switch (roll(&seed, 4)) {
			case 0:
				buf_addf(&b, "rule r%d\n  command = ",
					rules++);
				random_text(&b, &seed);
				buf_adds(&b, "\n  restat = 1\n");
				break;
			case 1:
				random_paths(&b, &seed, "default");
				buf_addc(&b, '\n');
				break;
			case 2:
				buf_adds(&b, "x = ");
				random_text(&b, &seed);
				buf_addc(&b, '\n');
				break;
			default:
				random_build(&b, &seed);
			}
		}
		f.text = buf_str(&b);
		round_trip(f);
		buf_release(&b);
	}
}

static void
refuse(struct err *err, const char *message)
{
	assert_string_equal(err->msg, message);
	err_release(err);
}

static void
what_cannot_be_written(void **state)
{
	const struct ninja_ops *o = &ninja_writer_ops;
	struct ninja_var var = { STR("command"), STR("a\nb") };
	struct ninja_rule rule = { 1, 0, STR("r"), &var, 1 };
	struct str cr = STR("a\rb"), empty = STR("");
	struct ninja_build b = { .rule = 7, .outs = &cr, .nouts = 1 };
	struct ninja_writer w;
	struct err err = { 0 };

	(void)state;
	ninja_writer_init(&w);
	assert_int_equal(o->variable(&w, 3, STR("x"), STR("y"), &err), -1);
	refuse(&err, "scope 3 is not known");
	assert_int_equal(o->variable(&w, 0, STR("x y"), STR("y"), &err), -1);
	refuse(&err, "'x y' is not a name");
	assert_int_equal(o->variable(&w, 0, STR("tg_bar"), STR("y"), &err), -1);
	refuse(&err, "the name tg_bar is reserved");
	assert_int_equal(o->variable(&w, 0, STR("x"), cr, &err), -1);
	refuse(&err, "a ninja file cannot hold this value, it has a carriage "
		"return or NUL: 'a\rb'");
	assert_int_equal(o->rule(&w, &rule, &err), -1);
	refuse(&err, "a ninja file cannot hold this value: 'a\nb'");
	var.value = STR("a$\r\n b $$\n");
	assert_int_equal(o->rule(&w, &rule, &err), -1);
	refuse(&err, "a ninja file cannot hold this value: 'a$\r\n b $$\n'");
	assert_int_equal(o->build(&w, &b, &err), -1);
	refuse(&err, "rule 7 is not known");
	b.rule = 0;
	assert_int_equal(o->build(&w, &b, &err), -1);
	err_release(&err);
	b.outs = &empty;
	assert_int_equal(o->build(&w, &b, &err), -1);
	refuse(&err, "empty path");
	ninja_writer_release(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_of_statements),
		cmocka_unit_test(hard_bytes),
		cmocka_unit_test(scopes_become_bindings),
		cmocka_unit_test(long_lines_are_broken),
		cmocka_unit_test(random_manifests),
		cmocka_unit_test(what_cannot_be_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
