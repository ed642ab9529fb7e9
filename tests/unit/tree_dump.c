/* SPDX-License-Identifier: Apache-2.0 */
/* tree_dump ROOT: the files that discover() finds, each ended by a NUL, after
 * "-" if git ignores it, else "+"; see tests/py/test_git_tree.py. */
#include <stdio.h>

#include "python/tree/discover.h"

int
main(int argc, char **argv)
{
	struct discovery d;
	struct err err = { 0 };

	if (argc != 2 || discover(&d, argv[1], NULL, 1, &err) < 0) {
		fprintf(stderr, "tree_dump: %s\n", err.msg ? err.msg : "usage");
		err_release(&err);
		return 1;
	}
	for (uint32_t i = 0; i < d.nfiles; i++) {
		putchar(d.files[i].flags & DISC_IGNORED ? '-' : '+');
		fwrite(d.files[i].path.p, 1, d.files[i].path.n, stdout);
		putchar('\0');
	}
	discover_release(&d);
	return 0;
}
