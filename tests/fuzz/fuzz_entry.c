/* SPDX-License-Identifier: Apache-2.0 */
/* An entry of any bytes. The sum is put right first; every second input
 * is left as it is. What is read is written and read again. */
#include <stdlib.h>
#include <string.h>

#include "store/entry.h"
#include "util/hash.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
put_right(unsigned char *p, size_t n)
{
	uint64_t sum;

	if (n < 64)
		return;
	memcpy(p, "tgact\0\0\0", 8);
	memcpy(p + 8, "\0\0\0", 4);
	p[8] = ENTRY_VERSION;
	memset(p + 24, 0, 8);
	sum = hash_bytes(p, n);
	for (int i = 0; i < 8; i++)
		p[24 + i] = (unsigned char)(sum >> (8 * i));
}

static void
again(const struct entry *a, const struct digest *action)
{
	struct buf body = { 0 }, file = { 0 };
	struct entry b;

	for (uint32_t i = 0; i < a->n; i++)
		entry_encode(&a->variants[i], &body);
	entry_pack(action, &body, a->n, &file);
	if (!entry_unpack(&b, action, file.p, file.n) || b.n != a->n)
		abort();
	for (uint32_t i = 0; i < a->n; i++) {
		const struct variant *x = &a->variants[i], *y = &b.variants[i];

		if (x->nobs != y->nobs || x->nouts != y->nouts ||
		    !str_eq(x->text, y->text) ||
		    memcmp(&x->result, &y->result, sizeof(x->result)) != 0)
			abort();
		for (uint32_t k = 0; k < x->nouts; k++)
			if (x->outs[k].size != y->outs[k].size ||
			    !str_eq(x->outs[k].path, y->outs[k].path))
				abort();
	}
	entry_release(&b);
	buf_release(&body);
	buf_release(&file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	unsigned char *copy = xmalloc(n + 1);
	struct digest action = { 0 };
	struct entry a;

	if (n)
		memcpy(copy, p, n);
	if (!n || p[n - 1] % 2 == 0)
		put_right(copy, n);
	if (n >= 64)
		memcpy(action.b, copy + 32, DIGEST_SIZE);
	if (entry_unpack(&a, &action, copy, n))
		again(&a, &action);
	entry_release(&a);
	free(copy);
	return 0;
}
