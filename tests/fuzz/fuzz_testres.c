/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "result/testres.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A test's result document: what is taken for a pass must be whole. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xmalloc(size);
	struct testres t = { 0 };
	struct buf why = { 0 };

	if (size)
		memcpy(text, data, size);
	if (testres_parse(&t, (struct str){ text, size }, &why)) {
		assert(t.status != RESULT_NONE);
		if (t.status == RESULT_PASSED || t.status == RESULT_EMPTY)
			assert(t.failed + t.errors == 0 && !t.unfinished);
	} else {
		assert(why.n);
	}
	testres_release(&t);
	buf_release(&why);
	free(text);
	return 0;
}
