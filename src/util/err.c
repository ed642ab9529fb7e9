/* SPDX-License-Identifier: Apache-2.0 */
#include "util/err.h"

#include <stdarg.h>
#include <stdlib.h>

#include "util/buf.h"
#include "util/mem.h"

static int
set(struct err *err, int code, const char *fmt, va_list ap)
{
	struct buf b = { 0 };

	if (!err || err->msg)
		return -1;
	buf_vaddf(&b, fmt, ap);
	err->msg = buf_detach(&b);
	if (code)
		err->code = code;
	return -1;
}

int
err_set(struct err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(err, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_code(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(err, code, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_default(struct err *err, int code)
{
	if (err && !err->code)
		err->code = code;
	return -1;
}

int
err_at(struct err *err, const char *path, int line, int col)
{
	if (err && !err->path) {
		err->path = xstrdup(path);
		err->line = line;
		err->col = col;
	}
	return -1;
}

void
err_release(struct err *err)
{
	free(err->msg);
	free(err->path);
	*err = (struct err){ 0 };
}
