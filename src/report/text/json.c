/* SPDX-License-Identifier: Apache-2.0 */
#include "report/text/json.h"

#include <string.h>

#include "report/text/xml.h"

/* JSON is UTF-8; a byte of a path that is none stands as \\xff. */
void
json_text(cJSON *o, const char *name, const char *value)
{
	const unsigned char *p = (const unsigned char *)value;
	size_t n = strlen(value), i, len;
	struct buf b = { 0 };
	uint32_t c;

	buf_adds(&b, "");
	for (i = 0; i < n; i += len ? len : 1) {
		len = xml_decode(p + i, n - i, &c);
		if (len && (c < 0xd800 || c > 0xdfff))
			buf_add(&b, value + i, len);
		else
			buf_addf(&b, "\\x%02x", p[i]);
	}
	cJSON_AddStringToObject(o, name, b.p);
	buf_release(&b);
}
