/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "exec/argv.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Words of a command and as a shell splits them. Where both can be had they
 * are the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of just that size: reading on is seen. */
	char *text = xmalloc(size);
	struct argv a = { 0 }, b = { 0 };
	bool simple, split;

	if (size)
		memcpy(text, data, size);
	simple = argv_simple(&a, (struct str){ text, size });
	split = argv_split(&b, (struct str){ text, size });
	if (simple) {
		assert(split && a.n && a.n == b.n && !a.v[a.n]);
		for (size_t i = 0; i < a.n; i++)
			assert(strcmp(a.v[i], b.v[i]) == 0);
	}
	argv_release(&a);
	argv_release(&b);
	free(text);
	return 0;
}
