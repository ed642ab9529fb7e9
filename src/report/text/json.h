/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_TEXT_JSON_H
#define TG_REPORT_TEXT_JSON_H

#include <cjson/cJSON.h>

/* Adds a string of any bytes to an object; what is no UTF-8 stands as \\xff. */
void json_text(cJSON *o, const char *name, const char *value);

#endif
