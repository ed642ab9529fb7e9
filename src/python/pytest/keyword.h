/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_PYTEST_KEYWORD_H
#define TG_PYTHON_PYTEST_KEYWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "util/err.h"

/* Is text an expression that pytest takes for -k, or with calls ("slow(n=1)")
 * for -m? What any version takes is taken. -1: err's message says where and
 * what was expected; its col is the column, from 1. */
int keyword_check(const char *text, size_t n, bool calls, struct err *err);

#endif
