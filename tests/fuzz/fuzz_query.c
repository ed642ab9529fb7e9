/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "query/expr.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every place in a tree is one in the text. */
static void
check(const struct expr *e, size_t size)
{
	for (; e; e = e->next) {
		assert(e->at <= size && e->text_at <= size &&
		       e->value_at <= size);
		if (e->b)
			check(e->b, size);
		if (e->list)
			check(e->list, size);
		/* long rows of operators are deep on this side */
		while (e->a) {
			e = e->a;
			assert(e->at <= size);
			if (e->b)
				check(e->b, size);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of just that size: reading on is seen. */
	char *text = xmalloc(size + !size);
	struct arena a = { 0 };
	struct err err = { 0 };
	struct expr *e;

	if (size)
		memcpy(text, data, size);
	e = expr_parse(&a, text, size, &err);
	assert((e == NULL) == (err.msg != NULL));
	check(e, size);
	err_release(&err);
	arena_release(&a);
	free(text);
	return 0;
}
