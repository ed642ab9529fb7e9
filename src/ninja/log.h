/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_NINJA_LOG_H
#define TG_NINJA_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "util/str.h"

/* ninja's own records, read from memory. Both readers are tolerant: what
 * cannot be read is left out, they never fail.
 *
 * .ninja_log: "# ninja log vN\n", then lines of
 *	start \t end \t mtime \t output \t command hash in hex \n
 * with times in ms since the start of that run and mtime in ns. A later line
 * of the same output replaces an earlier one.
 *
 * .ninja_deps: "# ninjadeps\n", int32 version (4), then records in the byte
 * order of the machine that wrote it: uint32 size, whose top bit says which
 * kind. 0: a path, padded with up to 3 NULs to a multiple of 4, and the
 * complement of its number. 1: number of the output, mtime (low, high 32
 * bits), numbers of the inputs. */

struct ninja_log_entry {
	struct str output;
	int start, end;         /* ms */
	int64_t mtime;          /* ns; 0: the output did not exist */
	uint64_t command_hash;  /* as ninja_command_hash(version, command) */
};

/* Calls see for each well-formed line, in order. Returns the version (5, 6 or
 * 7), 0 if text is no log or of another version (then see is not called). see
 * returning other than 0 ends the reading. */
int ninja_log_read(struct str text,
	int (*see)(void *ctx, const struct ninja_log_entry *e), void *ctx);

/* What is wrong with a .ninja_log that ninja_log_read does not read: negative
 * if its version is too old (or it is no log), positive if too new; 0 for one
 * that it reads and for an empty one. */
int ninja_log_age(struct str text);

/* The hash of a step's command that a log of that version holds: MurmurHash64A
 * for 5 and 6, rapidhash for 7. command: with "rspfile content" appended as
 * ";rspfile=CONTENT" if there is one. 0 for another version. */
uint64_t ninja_command_hash(int version, struct str command);

struct ninja_deps_entry {
	struct str output;
	int64_t mtime;          /* of the output when it was recorded, ns */
	const struct str *ins;  /* valid until see returns */
	size_t nins;
};

/* Calls see for each output's last record, in the order of outputs' numbers.
 * Returns the version (4), 0 if text is no deps log or of another version.
 * *good, if not NULL: the length of the well-formed beginning. see returning
 * other than 0 ends the reading. Paths point into text. */
int ninja_deps_read(struct str text, size_t *good,
	int (*see)(void *ctx, const struct ninja_deps_entry *e), void *ctx);

#endif
