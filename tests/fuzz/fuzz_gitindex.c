/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "text/gitindex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every path that was added is found, and is below its directory. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *base, *none;

	for (size_t hash = 20; hash <= 32; hash += 12) {
		struct gitindex x = { 0 };

		gitindex_add(&x, (const char *)data, size, hash, &base);
		if (base && (base < (const char *)data ||
		    base + hash > (const char *)data + size))
			abort();
		/* as if it was the rest of itself */
		if (base)
			gitindex_add(&x, (const char *)data, size, hash, &none);
		gitindex_sort(&x);
		for (uint32_t i = 0; i < x.n; i++) {
			struct str dir = x.paths[i];

			if (!gitindex_has(&x, dir))
				abort();
			while (dir.n && dir.p[dir.n - 1] != '/')
				dir.n--;
			if (dir.n && dir.n < x.paths[i].n) {
				dir.n--;
				if (!gitindex_below(&x, dir))
					abort();
			}
		}
		gitindex_release(&x);
	}
	return 0;
}
