/* SPDX-License-Identifier: Apache-2.0 */
/* A plain main for the fuzzers: gives every file below the directories (or
 * every file) of the command line to the target, whole, and cut off at some
 * lengths. TAP; a test is an argument. No input at all is a failure. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
one(const uint8_t *p, size_t n)
{
	/* A copy of just that size, so that a read past its end is seen. */
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		exit(3);
	memcpy(copy, p, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static int
file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = NULL;
	size_t n = 0, cap = 0, got, step;

	if (!f) {
		perror(path);
		return -1;
	}
	do {
		cap = cap ? cap * 2 : 65536;
		p = realloc(p, cap);
		if (!p)
			exit(3);
		got = fread(p + n, 1, cap - n, f);
		n += got;
	} while (n == cap);
	fclose(f);
	one(p, n);
	step = n / 32 + 1;
	for (got = 0; got < n; got += step)
		one(p, got);
	free(p);
	return 1;
}

/* How many files were tried; -1 on an error. */
static int
walk(const char *path)
{
	struct stat st;
	struct dirent **list;
	int i, n, r, total = 0;

	if (stat(path, &st) < 0) {
		perror(path);
		return -1;
	}
	if (!S_ISDIR(st.st_mode))
		return file(path);
	n = scandir(path, &list, NULL, alphasort);
	if (n < 0) {
		perror(path);
		return -1;
	}
	for (i = 0; i < n; i++) {
		size_t len = strlen(path) + strlen(list[i]->d_name) + 2;
		char *sub = malloc(len);

		if (!sub)
			exit(3);
		snprintf(sub, len, "%s/%s", path, list[i]->d_name);
		if (list[i]->d_name[0] != '.' && total >= 0) {
			r = walk(sub);
			total = r < 0 ? r : total + r;
		}
		free(sub);
		free(list[i]);
	}
	free(list);
	return total;
}

int
main(int argc, char **argv)
{
	int i, n, rc = 0;

	printf("1..%d\n", argc - 1);
	for (i = 1; i < argc; i++) {
		n = walk(argv[i]);
		printf("%s %d - %d inputs of %s\n", n > 0 ? "ok" : "not ok", i,
		       n > 0 ? n : 0, argv[i]);
		rc |= n <= 0;
	}
	return rc;
}
