/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ninja/depfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *text = malloc(n ? n : 1);
	struct depfile d = { 0 };
	struct err err = { 0 };
	int ret;

	if (n)
		memcpy(text, p, n);
	ret = depfile_parse(&d, text, n, &err);
	if ((ret < 0) != (err.msg != NULL))
		__builtin_trap();
	for (size_t i = 0; i < d.nins; i++)
		if (!d.ins[i].n || d.ins[i].p < text ||
		    d.ins[i].p + d.ins[i].n > text + n)
			__builtin_trap();
	err_release(&err);
	depfile_release(&d);
	free(text);
	return 0;
}
