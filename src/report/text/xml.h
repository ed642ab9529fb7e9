/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_TEXT_XML_H
#define TG_REPORT_TEXT_XML_H

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/str.h"

/* XML 1.0 text in UTF-8 from any bytes. */

/* Decodes the character at p, of n > 0 bytes; its length, 0 if it is not
 * UTF-8 (a surrogate counts as one). */
size_t xml_decode(const unsigned char *p, size_t n, uint32_t *c);

/* Appends text as character data: < > & are escaped, escape sequences of
 * terminals left out, what XML does not allow (control characters, bytes that
 * are not UTF-8, surrogates, U+FFFE, U+FFFF) becomes U+FFFD. */
void xml_text(struct buf *out, struct str text);
/* Appends  name="value" with a space before it; newlines and tabs are written
 * as references. */
void xml_attr(struct buf *out, const char *name, struct str value);

#endif
