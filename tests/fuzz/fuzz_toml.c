/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>

#include "text/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena a = {0};
	struct err err = {0};
	struct toml *t = toml_parse(&a, (const char *)p, n, &err);

	if (!t && (!err.msg || err.line < 1 || err.col < 1))
		__builtin_trap();
	toml_path(t, "tool.tgraph.python");
	err_release(&err);
	arena_release(&a);
	return 0;
}
