/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "python/pytest/keyword.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is right without calls is right with them; a mistake has a message. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of just that size: reading on is seen. */
	char *text = xmalloc(size + !size);
	struct err a = { 0 }, b = { 0 };
	int plain, calls;

	if (size)
		memcpy(text, data, size);
	plain = keyword_check(text, size, false, &a);
	calls = keyword_check(text, size, true, &b);
	assert(plain < 0 || calls == 0);
	assert((plain < 0) == (a.msg != NULL));
	assert((calls < 0) == (b.msg != NULL));
	err_release(&a);
	err_release(&b);
	free(text);
	return 0;
}
