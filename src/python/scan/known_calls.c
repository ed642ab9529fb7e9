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
	enum special special;
	enum place place;
	const char *under;
};

/* By length of the last part; each list ends with last == NULL. */
static const struct word words4[] = {
	{ "exec", SPECIAL_EXEC, ALONE, NULL },
	{ "eval", SPECIAL_EVAL, ALONE, NULL },
	{ "vars", SPECIAL_SCOPE, ALONE, NULL },
	{ "type", SPECIAL_TYPE, ALONE, NULL },
	{ "path", SPECIAL_SYS_PATH, UNDER, "sys" },
	{ "main", SPECIAL_MAIN, UNDER, "pytest" },
	{ "path", SPECIAL_RESOURCE, UNDER, "resources" },
	{ NULL, SPECIAL_NONE, ANYWHERE, NULL },
};
static const struct word words5[] = {
	{ "patch", SPECIAL_PATCH_NAME, ALONE_OR_UNDER, "mock" },
	{ "patch", SPECIAL_PATCH_NAME, UNDER, "mocker" },
	{ "popen", SPECIAL_PROCESS, UNDER, "os" },
	{ "spawn", SPECIAL_PROCESS, UNDER, "pty" },
	{ "execv", SPECIAL_PROCESS, UNDER, "os" },
	{ "execl", SPECIAL_PROCESS, UNDER, "os" },
	{ "popen", SPECIAL_PROCESS, UNDER, "posix" },
	{ "files", SPECIAL_RESOURCE, ALONE_OR_UNDER, "resources" },
	{ NULL, SPECIAL_NONE, ANYWHERE, NULL },
};
static const struct word words6[] = {
	{ "locals", SPECIAL_SCOPE, ALONE, NULL },
	{ "append", SPECIAL_ALL, UNDER, "__all__" },
	{ "extend", SPECIAL_ALL, UNDER, "__all__" },
	{ "insert", SPECIAL_ALL, UNDER, "__all__" },
	{ "remove", SPECIAL_ALL, UNDER, "__all__" },
	{ "raises", SPECIAL_SUPPRESS, ANYWHERE, NULL },
	{ "reload", SPECIAL_LOADED, ANYWHERE, NULL },
	{ "system", SPECIAL_PROCESS, UNDER, "os" },
	{ "execve", SPECIAL_PROCESS, UNDER, "os" },
	{ "execvp", SPECIAL_PROCESS, UNDER, "os" },
	{ "execlp", SPECIAL_PROCESS, UNDER, "os" },
	{ "execle", SPECIAL_PROCESS, UNDER, "os" },
	{ "spawnl", SPECIAL_PROCESS, UNDER, "os" },
	{ "spawnv", SPECIAL_PROCESS, UNDER, "os" },
	{ "locate", SPECIAL_NAMED_STRING, UNDER, "pydoc" },
	{ "attach", SPECIAL_COMPUTED, UNDER, "lazy" },
	{ "attach", SPECIAL_COMPUTED, UNDER, "lazy_loader" },
	{ NULL, SPECIAL_NONE, ANYWHERE, NULL },
};
static const struct word words7[] = {
	{ "globals", SPECIAL_GLOBALS, ALONE, NULL },
	{ "setattr", SPECIAL_SETATTR, ALONE, NULL },
	{ "setattr", SPECIAL_PATCH, ANYWHERE, NULL },
	{ "delattr", SPECIAL_PATCH, UNDER, "monkeypatch" },
	{ "modules", SPECIAL_LOADED, UNDER, "sys" },
	{ "execvpe", SPECIAL_PROCESS, UNDER, "os" },
	{ "execlpe", SPECIAL_PROCESS, UNDER, "os" },
	{ "spawnle", SPECIAL_PROCESS, UNDER, "os" },
	{ "spawnlp", SPECIAL_PROCESS, UNDER, "os" },
	{ "spawnve", SPECIAL_PROCESS, UNDER, "os" },
	{ "spawnvp", SPECIAL_PROCESS, UNDER, "os" },
	{ NULL, SPECIAL_NONE, ANYWHERE, NULL },
};
static const struct word words8[] = {
	{ "run_path", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "execfile", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "suppress", SPECIAL_SUPPRESS, ANYWHERE, NULL },
	{ "settrace", SPECIAL_LOADED, ANYWHERE, NULL },
	{ "spawnlpe", SPECIAL_PROCESS, UNDER, "os" },
	{ "spawnvpe", SPECIAL_PROCESS, UNDER, "os" },
	{ "discover", SPECIAL_COMPUTED, UNDER, "defaultTestLoader" },
	{ "discover", SPECIAL_COMPUTED, UNDER, "loader" },
	{ "get_data", SPECIAL_RESOURCE, UNDER, "pkgutil" },
	{ "contents", SPECIAL_RESOURCE, UNDER, "resources" },
	{ "__path__", SPECIAL_SYS_PATH, ANYWHERE, NULL },
	{ NULL, SPECIAL_NONE, ANYWHERE, NULL },
};
static const struct word words9[] = {
	{ "find_spec", SPECIAL_NAMED, ANYWHERE, NULL },
	{ "Exception", SPECIAL_CATCH, ANYWHERE, NULL },
	{ "meta_path", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "read_text", SPECIAL_RESOURCE, UNDER, "resources" },
	{ "open_text", SPECIAL_RESOURCE, UNDER, "resources" },
	{ NULL, SPECIAL_NONE, ANYWHERE, NULL },
};
static const struct word words10[] = {
	{ "__import__", SPECIAL_DUNDER_IMPORT, ANYWHERE, NULL },
	{ "run_module", SPECIAL_NAMED, ANYWHERE, NULL },
	{ "addsitedir", SPECIAL_SYS_PATH, ANYWHERE, NULL },
	{ "path_hooks", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "setprofile", SPECIAL_LOADED, ANYWHERE, NULL },
	{ NULL, SPECIAL_NONE, ANYWHERE, NULL },
};
static const struct word words11[] = {
	{ "exec_module", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "load_module", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "load_source", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "find_module", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "get_objects", SPECIAL_LOADED, ANYWHERE, NULL },
	{ "find_loader", SPECIAL_NAMED, ANYWHERE, NULL },
	{ "ImportError", SPECIAL_CATCH, ANYWHERE, NULL },
	{ "posix_spawn", SPECIAL_PROCESS, ANYWHERE, NULL },
	{ "zipimporter", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "attach_stub", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "extend_path", SPECIAL_SYS_PATH, ANYWHERE, NULL },
	{ "read_binary", SPECIAL_RESOURCE, UNDER, "resources" },
	{ "open_binary", SPECIAL_RESOURCE, UNDER, "resources" },
	{ "is_resource", SPECIAL_RESOURCE, UNDER, "resources" },
	{ NULL, SPECIAL_NONE, ANYWHERE, NULL },
};
static const struct word words12[] = {
	{ "iter_modules", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "importorskip", SPECIAL_IMPORTORSKIP, ANYWHERE, NULL },
	{ "entry_points", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "load_package", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "resolve_name", SPECIAL_NAMED_STRING, ANYWHERE, NULL },
	{ "posix_spawnp", SPECIAL_PROCESS, ANYWHERE, NULL },
	{ "autodiscover", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "__builtins__", SPECIAL_LOADED, ANYWHERE, NULL },
	{ NULL, SPECIAL_NONE, ANYWHERE, NULL },
};
static const struct word words13[] = {
	{ "import_module", SPECIAL_IMPORT_MODULE, ANYWHERE, NULL },
	{ "walk_packages", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "import_string", SPECIAL_NAMED_STRING, ANYWHERE, NULL },
	{ "import_object", SPECIAL_NAMED_STRING, ANYWHERE, NULL },
	{ "import_plugin", SPECIAL_NAMED, ANYWHERE, NULL },
	{ "BaseException", SPECIAL_CATCH, ANYWHERE, NULL },
	{ "load_compiled", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "get_referrers", SPECIAL_LOADED, ANYWHERE, NULL },
	{ "TYPE_CHECKING", SPECIAL_TYPING, UNDER, "typing" },
	{ "PackageLoader", SPECIAL_RESOURCE, ANYWHERE, NULL },
	{ NULL, SPECIAL_NONE, ANYWHERE, NULL },
};
static const struct word words14[] = {
	{ "__subclasses__", SPECIAL_LOADED, ANYWHERE, NULL },
	{ "pytest_plugins", SPECIAL_LOADED, ALONE, NULL },
	{ NULL, SPECIAL_NONE, ANYWHERE, NULL },
};
static const struct word words15[] = {
	{ "__lazy_import__", SPECIAL_DUNDER_IMPORT, ANYWHERE, NULL },
	{ "getfixturevalue", SPECIAL_FIXTURE_VALUE, ANYWHERE, NULL },
	{ "syspath_prepend", SPECIAL_SYS_PATH, ANYWHERE, NULL },
	{ "resource_string", SPECIAL_RESOURCE, ANYWHERE, NULL },
	{ "resource_stream", SPECIAL_RESOURCE, ANYWHERE, NULL },
	{ "resource_exists", SPECIAL_RESOURCE, ANYWHERE, NULL },
	{ NULL, SPECIAL_NONE, ANYWHERE, NULL },
};
static const struct word words16[] = {
	{ "spec_from_loader", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "module_from_spec", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "SourceFileLoader", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "set_lazy_imports", SPECIAL_LOADED, ANYWHERE, NULL },
	{ "load_entry_point", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "resource_listdir", SPECIAL_RESOURCE, ANYWHERE, NULL },
	{ NULL, SPECIAL_NONE, ANYWHERE, NULL },
};
static const struct word words_long[] = {
	{ "iter_entry_points", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "path_importer_cache", SPECIAL_LOADED, ANYWHERE, NULL },
	{ "settrace_all_threads", SPECIAL_LOADED, ANYWHERE, NULL },
	{ "setprofile_all_threads", SPECIAL_LOADED, ANYWHERE, NULL },
	{ "resource_filename", SPECIAL_RESOURCE, ANYWHERE, NULL },
	{ "loadTestsFromName", SPECIAL_NAMED_STRING, ANYWHERE, NULL },
	{ "loadTestsFromNames", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "ModuleNotFoundError", SPECIAL_CATCH, ANYWHERE, NULL },
	{ "ExtensionFileLoader", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "autodiscover_tasks", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "autodiscover_modules", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "SourcelessFileLoader", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ "set_lazy_imports_filter", SPECIAL_LOADED, ANYWHERE, NULL },
	{ "create_subprocess_exec", SPECIAL_PROCESS, ANYWHERE, NULL },
	{ "create_subprocess_shell", SPECIAL_PROCESS, ANYWHERE, NULL },
	{ "spec_from_file_location", SPECIAL_COMPUTED, ANYWHERE, NULL },
	{ NULL, SPECIAL_NONE, ANYWHERE, NULL },
};

static const struct word *const by_length[] = {
	[4] = words4, [5] = words5, [6] = words6, [7] = words7, [8] = words8,
	[9] = words9, [10] = words10, [11] = words11, [12] = words12,
	[13] = words13, [14] = words14, [15] = words15, [16] = words16, [17] = words_long,
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

static enum special
special_last(struct str last, struct str rest)
{
	const struct word *w;

	if (last.n >= countof(by_length) || !by_length[last.n])
		return SPECIAL_NONE;
	for (w = by_length[last.n]; w->last; w++) {
		if (w->last[0] == last.p[0] && str_is(last, w->last) &&
		    stands(w, rest))
			return w->special;
	}
	return SPECIAL_NONE;
}

enum special
special_of(struct str name)
{
	struct str last, rest = { name.p, name.n };
	enum special got;

	while (rest.n && name.p[rest.n - 1] != '.')
		rest.n--;
	last.p = name.p + rest.n;
	last.n = name.n - rest.n;
	rest.n -= rest.n > 1;   /* "." if the name begins with one */
	got = special_last(last, rest);
	if (got == SPECIAL_NONE && rest.n) {
		/* sys.path.insert, sys.meta_path.append: what is before */
		if (str_ends(rest, "sys.path"))
			return SPECIAL_SYS_PATH;
		if (str_ends(rest, "sys.meta_path") ||
		    str_ends(rest, "sys.path_hooks"))
			return SPECIAL_COMPUTED;
		if (str_ends(rest, "sys.modules") ||
		    str_starts(rest, "builtins"))
			return SPECIAL_LOADED;
	}
	return got;
}
