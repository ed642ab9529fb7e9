/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text/shell.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each token takes something off, and what is substituted lies in the text. */
static void
read_all(struct str text, unsigned depth)
{
	struct shell sh = { .rest = text };
	enum shell_token t;

	for (;;) {
		size_t before = sh.rest.n;

		t = shell_next(&sh);
		assert(sh.word.p[sh.word.n] == '\0');
		assert(sh.depth == 0);
		if (t == SHELL_END)
			break;
		assert(sh.rest.n < before);
		assert(t == SHELL_WORD || sh.nsubs == 0);
		for (size_t i = 0; i < sh.nsubs; i++) {
			assert(sh.flags & SHELL_EXPANDS);
			assert(sh.subs[i].p >= text.p &&
			       sh.subs[i].p + sh.subs[i].n <= text.p + text.n);
			if (depth)
				read_all(sh.subs[i], depth - 1);
		}
	}
	assert(sh.rest.n == 0);
	shell_release(&sh);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of just that size: reading on is seen. */
	char *text = xmalloc(size);

	if (size)
		memcpy(text, data, size);
	read_all((struct str){ text, size }, 3);
	free(text);
	return 0;
}
