/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../ninja_meaning.h"
#include "ninja/parse.h"
#include "ninja/write.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { LIMIT = 1 << 14 };

/* The input is the first file; "a" and "b" can be loaded from it. */
static const char file_a[] = "x = a\nrule ra\n  command = $x\nbuild oa: ra\n";
static const char file_b[] = "rule r\n  command = b\nsubninja a\nz=\n";

struct source {
	struct ninja_writer w;
	struct dump d;
};

static int
source_load(void *ctx, struct str path, uint32_t *file, struct str *text,
	struct err *err)
{
	struct dump *d = &((struct source *)ctx)->d;

	/* Files that load each other twice and more would never end. */
	return d->loads > 100 ? err_set(err, "enough") :
		dump_load(d, path, file, text, err);
}

static int
limited_load(void *ctx, struct str path, uint32_t *file, struct str *text,
	struct err *err)
{
	struct dump *d = ctx;

	return d->loads > 100 ? err_set(err, "enough") :
		dump_load(d, path, file, text, err);
}

static int
parse(const struct ninja_ops *from, void *ctx, struct err *err,
	int (*load)(void *, struct str, uint32_t *, struct str *,
		struct err *))
{
	struct ninja_opts opts = { .max_value = LIMIT };
	struct ninja_ops ops = *from;

	ops.load = load;
	return ninja_parse(STR("f"), &ops, ctx, &opts, err);
}

/* What of the writer's callbacks a pass uses. */
static struct ninja_ops
writer_ops(bool names, bool steps)
{
	struct ninja_ops ops = ninja_writer_ops;

	if (!names) {
		ops.scope = NULL;
		ops.variable = NULL;
		ops.rule = NULL;
		ops.pool = NULL;
	}
	if (!steps) {
		ops.build = NULL;
		ops.defaults = NULL;
	}
	return ops;
}

/* All in one pass, or the steps in a second one. */
static bool
write_again(struct source *s, bool one_pass)
{
	struct ninja_ops first = writer_ops(true, one_pass);
	struct ninja_ops second = writer_ops(false, true);
	struct err err = { 0 };
	int ret;

	ninja_writer_init(&s->w);
	ret = parse(&first, s, &err, source_load);
	if (ret == 0 && !one_pass) {
		s->d.loads = 0;
		ret = parse(&second, s, &err, source_load);
	}
	if (ret < 0 && (!err.msg || !strstr(err.msg, "reserved")))
		__builtin_trap();
	err_release(&err);
	return ret == 0;
}

/* A file of one scope must be the same file after it was written. */
static void
same_statements(const struct memory_file *files, struct str statements)
{
	struct source s = { .d = { .files = files, .nfiles = 3 } };
	struct memory_file again = { STR("f"), { 0 } };
	struct dump d = { .files = &again, .nfiles = 1, .no_helpers = 1 };

	if (write_again(&s, true)) {
		again.text = buf_str(&s.w.text);
		if (ninja_parse(STR("f"), &dump_ops, &d, NULL, NULL) < 0 ||
		    !str_eq(buf_str(&d.out), statements))
			__builtin_trap();
	}
	buf_release(&d.out);
	buf_release(&d.warnings);
	ninja_writer_release(&s.w);
}

/* Any file must mean the same. */
static void
same_meaning(const struct memory_file *files)
{
	struct source s = { .d = { .files = files, .nfiles = 3 } };
	struct memory_file again = { STR("f"), { 0 } };
	struct meaning before = { .d = { .files = files, .nfiles = 3 } };
	struct meaning after = { .d = { .files = &again, .nfiles = 1 } };

	scopes_add(&before.scopes, 0);
	scopes_add(&after.scopes, 0);
	if (write_again(&s, false)) {
		again.text = buf_str(&s.w.text);
		if (parse(&meaning_first, &before, NULL, dump_load) < 0 ||
		    parse(&meaning_second, &before, NULL, dump_load) < 0 ||
		    ninja_parse(STR("f"), &meaning_first, &after, NULL,
			NULL) < 0 ||
		    ninja_parse(STR("f"), &meaning_second, &after, NULL,
			NULL) < 0 ||
		    !str_eq(buf_str(&before.d.out), buf_str(&after.d.out)))
			__builtin_trap();
	}
	meaning_release(&before);
	meaning_release(&after);
	ninja_writer_release(&s.w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *text = malloc(n + 1);
	struct memory_file files[3] = {
		{ STR("f"), { text, n } },
		{ STR("a"), str_of(file_a) },
		{ STR("b"), str_of(file_b) },
	};
	struct dump d = { .files = files, .nfiles = 3, .no_helpers = 1 };
	struct err err = { 0 };
	int ret;

	memcpy(text, p, n);
	text[n] = '\0';
	ret = parse(&dump_ops, &d, &err, limited_load);
	if ((ret < 0) != (err.msg != NULL) || (ret == -1 && !err.path))
		__builtin_trap();
	if (ret == 0) {
		if (!strstr(buf_str(&d.out).p, "scope "))
			same_statements(files, buf_str(&d.out));
		same_meaning(files);
	}
	err_release(&err);
	buf_release(&d.out);
	buf_release(&d.warnings);
	free(text);
	return 0;
}
