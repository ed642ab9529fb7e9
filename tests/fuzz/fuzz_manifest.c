/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../ninja_dump.h"
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

/* A file that parses must be the same file after it was written. */
static void
write_and_parse(const struct memory_file *files, struct str statements)
{
	struct source s = { .d = { .files = files, .nfiles = 3 } };
	struct err err = { 0 };

	ninja_writer_init(&s.w, STR("f"));
	if (parse(&ninja_writer_ops, &s, &err, source_load) == 0) {
		struct memory_file *parts = calloc(s.w.nparts, sizeof(*parts));
		struct dump d = {
			.files = parts, .nfiles = s.w.nparts, .no_helpers = 1,
		};

		for (size_t i = 0; i < s.w.nparts; i++)
			parts[i] = (struct memory_file){
				s.w.parts[i].name, buf_str(&s.w.parts[i].text),
			};
		if (ninja_parse(STR("f"), &dump_ops, &d, NULL, NULL) < 0 ||
		    !str_eq(buf_str(&d.out), statements))
			__builtin_trap();
		buf_release(&d.out);
		buf_release(&d.warnings);
		free(parts);
	} else if (!err.msg || !strstr(err.msg, "reserved")) {
		__builtin_trap();
	}
	err_release(&err);
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
	if (ret == 0)
		write_and_parse(files, buf_str(&d.out));
	err_release(&err);
	buf_release(&d.out);
	buf_release(&d.warnings);
	free(text);
	return 0;
}
