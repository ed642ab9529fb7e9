/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>

#include "ninja/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static int
see(void *ctx, const struct ninja_log_entry *e)
{
	if (!e->output.n)
		__builtin_trap();
	/* The hash reads every byte of the name. */
	*(uint64_t *)ctx ^= ninja_command_hash(5, e->output) ^
		ninja_command_hash(7, e->output);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	uint64_t sum = 0;

	ninja_log_read((struct str){ (const char *)p, n }, see, &sum);
	return 0;
}
