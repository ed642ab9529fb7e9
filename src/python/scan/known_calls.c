/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "python/scan/internal.h"
#include "util/mem.h"

/* Where the last part of a dotted name must stand to mean something. */
enum place {
	ANYWHERE,
	ALONE,                   /* no dots, or after builtins. */
	UNDER,                   /* after the name in `under`, or a longer one
	                            that ends in it */
	ALONE_OR_UNDER,
};

struct word {
	const char *last;
	enum known_call known;
	enum place place;
	const char *under;
};

/* By length of the last part; each list ends with last == NULL. */
static const struct word words4[] = {
	{ "exec", KNOWN_EXEC, ALONE, NULL },
	{ "eval", KNOWN_EVAL, ALONE, NULL },
	{ "vars", KNOWN_SCOPE, ALONE, NULL },
	{ "type", KNOWN_TYPE, ALONE, NULL },
	{ "path", KNOWN_SYS_PATH, UNDER, "sys" },
	{ "main", KNOWN_MAIN, UNDER, "pytest" },
	{ "path", KNOWN_RESOURCE, UNDER, "resources" },
	{ NULL, KNOWN_NONE, ANYWHERE, NULL },
};
static const struct word words5[] = {
	{ "patch", KNOWN_PATCH_NAME, ALONE_OR_UNDER, "mock" },
	{ "patch", KNOWN_PATCH_NAME, UNDER, "mocker" },
	{ "popen", KNOWN_PROCESS, UNDER, "os" },
	{ "spawn", KNOWN_PROCESS, UNDER, "pty" },
	{ "execv", KNOWN_PROCESS, UNDER, "os" },
	{ "execl", KNOWN_PROCESS, UNDER, "os" },
	{ "popen", KNOWN_PROCESS, UNDER, "posix" },
	{ "files", KNOWN_RESOURCE, ALONE_OR_UNDER, "resources" },
	{ NULL, KNOWN_NONE, ANYWHERE, NULL },
};
static const struct word words6[] = {
	{ "locals", KNOWN_SCOPE, ALONE, NULL },
	{ "append", KNOWN_ALL, UNDER, "__all__" },
	{ "extend", KNOWN_ALL, UNDER, "__all__" },
	{ "insert", KNOWN_ALL, UNDER, "__all__" },
	{ "remove", KNOWN_ALL, UNDER, "__all__" },
	{ "raises", KNOWN_SUPPRESS, ANYWHERE, NULL },
	{ "system", KNOWN_PROCESS, UNDER, "os" },
	{ "execve", KNOWN_PROCESS, UNDER, "os" },
	{ "execvp", KNOWN_PROCESS, UNDER, "os" },
	{ "execlp", KNOWN_PROCESS, UNDER, "os" },
	{ "execle", KNOWN_PROCESS, UNDER, "os" },
	{ "spawnl", KNOWN_PROCESS, UNDER, "os" },
	{ "spawnv", KNOWN_PROCESS, UNDER, "os" },
	{ "locate", KNOWN_NAMED_STRING, UNDER, "pydoc" },
	{ "attach", KNOWN_COMPUTED, UNDER, "lazy" },
	{ "attach", KNOWN_COMPUTED, UNDER, "lazy_loader" },
	{ NULL, KNOWN_NONE, ANYWHERE, NULL },
};
static const struct word words7[] = {
	{ "globals", KNOWN_GLOBALS, ALONE, NULL },
	{ "setattr", KNOWN_SETATTR, ALONE, NULL },
	{ "setattr", KNOWN_PATCH, ANYWHERE, NULL },
	{ "delattr", KNOWN_PATCH, UNDER, "monkeypatch" },
	{ "execvpe", KNOWN_PROCESS, UNDER, "os" },
	{ "execlpe", KNOWN_PROCESS, UNDER, "os" },
	{ "spawnle", KNOWN_PROCESS, UNDER, "os" },
	{ "spawnlp", KNOWN_PROCESS, UNDER, "os" },
	{ "spawnve", KNOWN_PROCESS, UNDER, "os" },
	{ "spawnvp", KNOWN_PROCESS, UNDER, "os" },
	{ NULL, KNOWN_NONE, ANYWHERE, NULL },
};
static const struct word words8[] = {
	{ "run_path", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "execfile", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "suppress", KNOWN_SUPPRESS, ANYWHERE, NULL },
	{ "spawnlpe", KNOWN_PROCESS, UNDER, "os" },
	{ "spawnvpe", KNOWN_PROCESS, UNDER, "os" },
	{ "discover", KNOWN_COMPUTED, UNDER, "defaultTestLoader" },
	{ "discover", KNOWN_COMPUTED, UNDER, "loader" },
	{ "get_data", KNOWN_RESOURCE, UNDER, "pkgutil" },
	{ "contents", KNOWN_RESOURCE, UNDER, "resources" },
	{ "__path__", KNOWN_SYS_PATH, ANYWHERE, NULL },
	{ NULL, KNOWN_NONE, ANYWHERE, NULL },
};
static const struct word words9[] = {
	{ "find_spec", KNOWN_NAMED, ANYWHERE, NULL },
	{ "Exception", KNOWN_CATCH, ANYWHERE, NULL },
	{ "meta_path", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "read_text", KNOWN_RESOURCE, UNDER, "resources" },
	{ "open_text", KNOWN_RESOURCE, UNDER, "resources" },
	{ NULL, KNOWN_NONE, ANYWHERE, NULL },
};
static const struct word words10[] = {
	{ "__import__", KNOWN_DUNDER_IMPORT, ANYWHERE, NULL },
	{ "run_module", KNOWN_NAMED, ANYWHERE, NULL },
	{ "addsitedir", KNOWN_SYS_PATH, ANYWHERE, NULL },
	{ "path_hooks", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ NULL, KNOWN_NONE, ANYWHERE, NULL },
};
static const struct word words11[] = {
	{ "exec_module", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "load_module", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "load_source", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "find_module", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "find_loader", KNOWN_NAMED, ANYWHERE, NULL },
	{ "ImportError", KNOWN_CATCH, ANYWHERE, NULL },
	{ "posix_spawn", KNOWN_PROCESS, ANYWHERE, NULL },
	{ "zipimporter", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "attach_stub", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "extend_path", KNOWN_SYS_PATH, ANYWHERE, NULL },
	{ "read_binary", KNOWN_RESOURCE, UNDER, "resources" },
	{ "open_binary", KNOWN_RESOURCE, UNDER, "resources" },
	{ "is_resource", KNOWN_RESOURCE, UNDER, "resources" },
	{ NULL, KNOWN_NONE, ANYWHERE, NULL },
};
static const struct word words12[] = {
	{ "iter_modules", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "importorskip", KNOWN_IMPORTORSKIP, ANYWHERE, NULL },
	{ "entry_points", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "load_package", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "resolve_name", KNOWN_NAMED_STRING, ANYWHERE, NULL },
	{ "posix_spawnp", KNOWN_PROCESS, ANYWHERE, NULL },
	{ "autodiscover", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ NULL, KNOWN_NONE, ANYWHERE, NULL },
};
static const struct word words13[] = {
	{ "import_module", KNOWN_IMPORT_MODULE, ANYWHERE, NULL },
	{ "walk_packages", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "import_string", KNOWN_NAMED_STRING, ANYWHERE, NULL },
	{ "import_object", KNOWN_NAMED_STRING, ANYWHERE, NULL },
	{ "import_plugin", KNOWN_NAMED, ANYWHERE, NULL },
	{ "BaseException", KNOWN_CATCH, ANYWHERE, NULL },
	{ "load_compiled", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "TYPE_CHECKING", KNOWN_TYPING, UNDER, "typing" },
	{ "PackageLoader", KNOWN_RESOURCE, ANYWHERE, NULL },
	{ NULL, KNOWN_NONE, ANYWHERE, NULL },
};
static const struct word words15[] = {
	{ "__lazy_import__", KNOWN_DUNDER_IMPORT, ANYWHERE, NULL },
	{ "getfixturevalue", KNOWN_FIXTURE_VALUE, ANYWHERE, NULL },
	{ "syspath_prepend", KNOWN_SYS_PATH, ANYWHERE, NULL },
	{ "resource_string", KNOWN_RESOURCE, ANYWHERE, NULL },
	{ "resource_stream", KNOWN_RESOURCE, ANYWHERE, NULL },
	{ "resource_exists", KNOWN_RESOURCE, ANYWHERE, NULL },
	{ NULL, KNOWN_NONE, ANYWHERE, NULL },
};
static const struct word words16[] = {
	{ "spec_from_loader", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "module_from_spec", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "SourceFileLoader", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "load_entry_point", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "resource_listdir", KNOWN_RESOURCE, ANYWHERE, NULL },
	{ NULL, KNOWN_NONE, ANYWHERE, NULL },
};
static const struct word words_long[] = {
	{ "iter_entry_points", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "resource_filename", KNOWN_RESOURCE, ANYWHERE, NULL },
	{ "loadTestsFromName", KNOWN_NAMED_STRING, ANYWHERE, NULL },
	{ "loadTestsFromNames", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "ModuleNotFoundError", KNOWN_CATCH, ANYWHERE, NULL },
	{ "ExtensionFileLoader", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "autodiscover_tasks", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "autodiscover_modules", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "SourcelessFileLoader", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ "create_subprocess_exec", KNOWN_PROCESS, ANYWHERE, NULL },
	{ "create_subprocess_shell", KNOWN_PROCESS, ANYWHERE, NULL },
	{ "spec_from_file_location", KNOWN_COMPUTED, ANYWHERE, NULL },
	{ NULL, KNOWN_NONE, ANYWHERE, NULL },
};

static const struct word *const by_length[] = {
	[4] = words4, [5] = words5, [6] = words6, [7] = words7, [8] = words8,
	[9] = words9, [10] = words10, [11] = words11, [12] = words12,
	[13] = words13, [15] = words15, [16] = words16, [17] = words_long,
	[18] = words_long, [19] = words_long, [20] = words_long,
	[22] = words_long, [23] = words_long,
};

static bool
stands(const struct word *w, struct str rest)
{
	switch (w->place) {
	case ANYWHERE:
		return true;
	case ALONE:
		return rest.n == 0 || str_is(rest, "builtins");
	case UNDER:
	case ALONE_OR_UNDER:
		if (rest.n == 0)
			return w->place == ALONE_OR_UNDER;
		return str_ends(rest, w->under);
	}
	return false;
}

static enum known_call
known_last(struct str last, struct str rest)
{
	const struct word *w;

	if (last.n >= countof(by_length) || !by_length[last.n])
		return KNOWN_NONE;
	for (w = by_length[last.n]; w->last; w++) {
		if (w->last[0] == last.p[0] && str_is(last, w->last) &&
		    stands(w, rest))
			return w->known;
	}
	return KNOWN_NONE;
}

enum known_call
known_call_of(struct str name)
{
	struct str last, rest = { name.p, name.n };
	enum known_call got;

	while (rest.n && name.p[rest.n - 1] != '.')
		rest.n--;
	last.p = name.p + rest.n;
	last.n = name.n - rest.n;
	rest.n -= rest.n > 1;   /* "." if the name begins with one */
	got = known_last(last, rest);
	if (got == KNOWN_NONE && rest.n) {
		/* sys.path.insert, sys.meta_path.append: what is before */
		if (str_ends(rest, "sys.path"))
			return KNOWN_SYS_PATH;
		if (str_ends(rest, "sys.meta_path") ||
		    str_ends(rest, "sys.path_hooks"))
			return KNOWN_COMPUTED;
	}
	return got;
}
