/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "result/results.h"
#include "result/verdict.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A test's result document: what is taken for a pass must be whole. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xmalloc(size);
	struct results doc;
	struct verdict v = { 0 };
	struct buf why = { 0 }, text_of = { 0 };
	const cJSON *item;

	if (size)
		memcpy(text, data, size);
	if (!results_parse(&doc, (struct str){ text, size }, &why)) {
		assert(why.n && !doc.json && !doc.items);
	} else if (verdict_of(&v, &doc, &why)) {
		assert(v.status != RESULT_NONE);
		if (v.status == RESULT_PASSED || v.status == RESULT_EMPTY)
			assert(v.failed + v.errors == 0 && !v.unfinished);
	} else {
		assert(why.n && !v.env && !v.text);
	}
	/* what reports ask of items */
	cJSON_ArrayForEach(item, doc.items) {
		results_longrepr(item, &text_of);
		assert(!results_teardown(item) || outcome_bad(
			results_outcome(item)));
	}
	verdict_release(&v);
	results_release(&doc);
	buf_release(&text_of);
	buf_release(&why);
	free(text);
	return 0;
}
