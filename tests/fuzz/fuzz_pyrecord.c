/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a record of a scan: refused, or sound enough to be used. */
#include <stddef.h>
#include <stdint.h>

#include "python/index/record.h"
#include "python/items/items.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena a = { 0 };
	struct buf b = { 0 }, again = { 0 };
	struct scan s;

	buf_add(&b, p, n);
	record_flags(b.p, b.n);
	record_decode_imports(b.p, b.n, &a, &s);
	if (record_decode(b.p, b.n, &a, &s)) {
		struct scan_module m = { &s, NULL };
		struct scan_rules rules = { 0 };
		struct scan_items out;

		record_encode(&s, &again);
		scan_items(&m, &rules, NULL, NULL, &a, &out);
	}
	buf_release(&b);
	buf_release(&again);
	arena_release(&a);
	return 0;
}
