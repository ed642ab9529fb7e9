/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_TEXT_ANSI_H
#define TG_REPORT_TEXT_ANSI_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"
#include "util/str.h"

/* Text for terminals. */

/* Appends text without its escape sequences: those that start with ESC [ are
 * left out up to their final letter, of others just the ESC. */
void ansi_strip(struct buf *out, struct str text);
/* Appends text so that it shows at most width characters: if it is longer its
 * middle becomes "...", of which escape sequences are kept. Every byte outside
 * of an escape sequence counts as a character. */
void ansi_elide(struct buf *out, struct str text, size_t width);

/* --color's value, the environment and whether output is a terminal that
 * understands escapes. when: "always", "never", "auto" or NULL (auto). auto:
 * not if NO_COLOR is set and not empty; else on a terminal; else if
 * CLICOLOR_FORCE or FORCE_COLOR is set and neither empty nor "0". 1 yes, 0 no,
 * -1 when is none of these. */
int ansi_color(const char *when, bool terminal);
/* As ninja decides: a terminal, or CLICOLOR_FORCE set and not "0". */
bool ansi_color_ninja(bool terminal);

#endif
