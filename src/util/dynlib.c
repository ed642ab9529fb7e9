/* SPDX-License-Identifier: Apache-2.0 */
#include "util/dynlib.h"

#include <dlfcn.h>
#include <string.h>

#if TG_STATIC

int
dynlib_load(const char *file, const char *what,
	const struct dynlib_sym *syms, size_t n, void *table, struct err *err)
{
	(void)file, (void)what, (void)err;
	for (size_t i = 0; i < n; i++)
		memcpy((char *)table + syms[i].at, &syms[i].linked,
		       sizeof(syms[i].linked));
	return 0;
}

#else

static const char *
reason(void)
{
	const char *text = dlerror();

	return text ? text : "unknown error";
}

int
dynlib_load(const char *file, const char *what,
	const struct dynlib_sym *syms, size_t n, void *table, struct err *err)
{
	void *lib = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	if (!lib)
		return err_code(err, EXIT_ENV, "the library for %s is missing: "
		                "%s", what, reason());
	for (size_t i = 0; i < n; i++) {
		void *sym = dlsym(lib, syms[i].name);

		if (!sym)
			return err_code(err, EXIT_ENV, "the library for %s is "
			                "another than this program was made "
			                "for: %s", what, reason());
		memcpy((char *)table + syms[i].at, &sym, sizeof(sym));
	}
	return 0;
}

#endif
