/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>

#include "ninja/log.h"
#include "util/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static int
see(void *ctx, const struct ninja_deps_entry *e)
{
	buf_clear(ctx);
	buf_addstr(ctx, e->output);
	for (size_t i = 0; i < e->nins; i++)
		buf_addstr(ctx, e->ins[i]);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str text = { (const char *)p, n };
	struct buf seen = { 0 };
	size_t good, again;

	if (ninja_deps_read(text, &good, see, &seen)) {
		if (good > n)
			__builtin_trap();
		/* The well-formed beginning is well-formed. */
		text.n = good;
		ninja_deps_read(text, &again, see, &seen);
		if (again != good)
			__builtin_trap();
	}
	buf_release(&seen);
	return 0;
}
