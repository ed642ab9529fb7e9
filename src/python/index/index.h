/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_INDEX_INDEX_H
#define TG_PYTHON_INDEX_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/digest.h"
#include "util/err.h"
#include "util/file.h"
#include "util/str.h"

/* The test index: records of scans by digest of the source, in one file that
 * is mapped and used in place.
 *
 *   file     = header, slots, rows, records
 *   header   = magic "TGIX", format:u32, scanner:u32, byte order mark:u32,
 *              count:u32, slot bits:u32, size of the file:u64, offset of
 *              rows:u64, offset of records:u64, zero:u64, sum:u64 of the
 *              header up to here, the slots and the rows   (64 bytes)
 *   slots    = 2^bits * u32: 0 free, else row + 1; linear probing from the
 *              first 4 bytes of the digest
 *   rows     = count * ( digest:32, offset:u64, length:u32, sum:u32 )
 *   records  = the bytes of all records (python/index/record.h), in order of rows
 *
 * Rows are sorted by digest, so the same set gives the same bytes. Sums are
 * XXH3: header, slots and rows are checked on opening, a record's own sum when
 * it is looked up, so opening costs nothing for records that are not asked
 * for. Integers are the machine's; a file of another byte order, format or
 * scanner version, or one that is broken anywhere, counts as empty. */
struct test_index {
	struct file_map map;     /* n == 0: empty */
	uint32_t count;
};

/* Maps the index at path. 1 opened, 0: there is none or it cannot be used (an
 * empty index then, not an error; *why, if not NULL, is a static text saying
 * which, NULL if there is just no file), -1: it exists but cannot be read. */
int test_index_open(struct test_index *x, const char *path, const char **why,
	struct err *err);
void test_index_release(struct test_index *x);

/* The record for this digest of source, inside the mapping; p NULL if there is
 * none or its sum is wrong. */
struct str test_index_get(const struct test_index *x, const struct digest *d);

/* One row to write. The record is not copied; it may lie inside an open
 * index's mapping. */
struct test_index_row {
	struct digest digest;
	struct str record;
};

/* Replaces the index at path by exactly these rows (equal digests count
 * once): what is not among them is pruned. Sorts rows. Written beside it and
 * renamed, so readers and a kill at any instant see the old or the new one; an
 * open index stays valid. The directory must exist. */
int test_index_write(const char *path, struct test_index_row *rows, size_t n,
	struct err *err);

#endif
