/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_XML_H
#define TG_REPORT_XML_H

#include "util/buf.h"
#include "util/str.h"

/* XML 1.0 text in UTF-8 from any bytes. */

/* Appends text as character data: < > & are escaped, escape sequences of
 * terminals left out, what XML does not allow (control characters, bytes that
 * are not UTF-8, surrogates, U+FFFE, U+FFFF) becomes U+FFFD. */
void xml_text(struct buf *out, struct str text);
/* Appends  name="value" with a space before it; newlines and tabs are written
 * as references. */
void xml_attr(struct buf *out, const char *name, struct str value);

#endif
