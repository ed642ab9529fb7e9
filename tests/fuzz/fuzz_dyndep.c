/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ninja/dyndep.h"
#include "util/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static int
build(void *ctx, const struct dyndep_build *b, struct err *err)
{
	(void)err;
	buf_addstr(ctx, b->out);
	for (size_t i = 0; i < b->nouts; i++)
		buf_addstr(ctx, b->outs[i]);
	for (size_t i = 0; i < b->nins; i++)
		buf_addstr(ctx, b->ins[i]);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct dyndep_ops ops = { .build = build };
	char *text = malloc(n + 1);
	struct buf seen = { 0 };
	struct err err = { 0 };
	int ret;

	memcpy(text, p, n);
	text[n] = '\0';
	ret = dyndep_parse(STR("d"), (struct str){ text, n }, &ops, &seen,
		&err);
	if ((ret < 0) != (err.msg != NULL) || (ret < 0 && err.line < 1))
		__builtin_trap();
	err_release(&err);
	buf_release(&seen);
	free(text);
	return 0;
}
