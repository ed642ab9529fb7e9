/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "python/inert/internal.h"
#include "util/mem.h"

/* --- what names are bound to ------------------------------------------- */

struct inert_name *
inert_find(const struct inert *x, struct str name)
{
	struct map_slot *s = map_get(&x->by_name, name);

	return s && s->value ? &x->names[s->value - 1] : NULL;
}

static bool
is_ascii(struct str name)
{
	size_t i;

	for (i = 0; i < name.n; i++) {
		if (name.p[i] & 0x80)
			return false;
	}
	return true;
}

static bool
among(struct str name, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (list[i][0] == name.p[0] && str_is(name, list[i]))
			return true;
	}
	return false;
}

static bool
is_special(struct str name)
{
	return str_starts(name, "__") && str_ends(name, "__");
}

/* A name that begins with _, in the class c or (NULL) the module. */
static void
check_private(struct inert *x, struct inert_open *c, struct str name)
{
	/* the import system looks at these */
	static const char *const module[] = {
		"__getattr__", "__dir__", "__builtins__", "__path__",
		"__spec__", "__loader__", "__package__", "__file__",
		"__name__", "__cached__", "__class__", "__annotate__",
		"__dict__", "__lazy_modules__",
	};
	/* these run when classes are made or asked for */
	static const char *const class[] = {
		"__init_subclass__", "__set_name__", "__class_getitem__",
		"__prepare__", "__mro_entries__", "__instancecheck__",
		"__subclasscheck__", "__subclasshook__", "__classcell__",
		"__class__",
	};
	static const char *const data[] = {
		"__slots__", "__test__", "__doc__", "__module__",
		"__qualname__", "__match_args__", "__tablename__",
		"__version__", "__author__",
	};

	if (c)
		c->flags |= INERT_PRIVATE;
	if (!is_special(name))
		return;
	if (!c && among(name, module, countof(module)))
		inert_deny(x, "special name of a module");
	else if (c && among(name, class, countof(class)))
		inert_deny(x, "special method of a class's making");
	else if (c && !among(name, data, countof(data)))
		c->flags |= INERT_HOOKS;
}

static void
check_name(struct inert *x, struct str name)
{
	struct inert_open *c = x->nclasses ? &x->classes[x->nclasses - 1]
	                                   : NULL;

	if (!is_ascii(name))
		inert_deny(x, "name that is not ASCII");
	else if (str_is(name, "pytest_generate_tests"))
		inert_deny(x, "pytest_generate_tests");
	else if (!c && str_is(name, "pytest_plugins"))
		inert_deny(x, "pytest_plugins");
	else if (name.p[0] == '_')
		check_private(x, c, name);
}

void
inert_bind(struct inert *x, struct str name, enum inert_kind kind,
	struct str target, uint32_t flags)
{
	uint32_t scope = x->nclasses ? x->classes[x->nclasses - 1].names : 0;
	struct map_slot *s;
	uint32_t before;

	if (x->on)
		check_name(x, name);
	if (!x->on)
		return;
	s = map_put(&x->by_name, name, NULL);
	before = s->value;
	if (before) {
		struct inert_name *old = &x->names[before - 1];

		if (before <= x->barrier || old->kind != kind ||
		    old->flags != flags || !str_eq(old->target, target))
			kind = INERT_MIXED;
		if (before > scope) {
			old->kind = (unsigned char)kind;
			return;
		}
	}
	if (x->nnames == x->cap_names)
		x->names = vec_grow(x->names, &x->cap_names, x->nnames + 64,
			sizeof(*x->names));
	x->names[x->nnames++] = (struct inert_name){
		.name = name, .target = target, .before = before,
		.kind = (unsigned char)kind, .flags = (unsigned char)flags,
	};
	s->value = (uint32_t)x->nnames;
}

void
inert_drop(struct inert *x, uint32_t n)
{
	while (x->nnames > n) {
		struct inert_name *b = &x->names[--x->nnames];

		map_get(&x->by_name, b->name)->value = b->before;
	}
	if (x->barrier > n)
		x->barrier = n;
}

enum inert_kind
inert_resolve(struct inert *x, struct str name)
{
	struct inert_name *b = inert_find(x, name);

	if (b && (size_t)(b - x->names) < x->barrier)
		return INERT_OTHER;
	if (b && b->kind != INERT_TARGET)
		return b->kind == INERT_MIXED ? INERT_OTHER
		                              : (enum inert_kind)b->kind;
	if (!b && (x->star || !is_ascii(name)))
		return INERT_OTHER;
	buf_clear(&x->target);
	if (b) {
		buf_addstr(&x->target, b->target);
	} else {
		buf_adds(&x->target, "builtins.");
		buf_addstr(&x->target, name);
	}
	return INERT_TARGET;
}

/* --- imports ----------------------------------------------------------- */

bool
inert_has_effects(struct str module)
{
	static const char *const names[] = {
		"__main__", "antigravity", "builtins", "eventlet", "gevent",
		"idlelib", "readline", "rlcompleter", "site",
		"sitecustomize", "test", "this", "tkinter", "turtle",
		"turtledemo", "usercustomize", "distutils", "lib2to3",
	};
	const char *dot = module.n ? memchr(module.p, '.', module.n) : NULL;

	if (dot)
		module.n = (size_t)(dot - module.p);
	return among(module, names, countof(names));
}

/* A name that an import binds may show it under any other name. */
bool
inert_is_telling(struct str name)
{
	static const char *const words[] = {
		"reload", "import_module", "__import__", "get_objects",
		"get_referrers", "meta_path", "path_hooks",
		"path_importer_cache", "settrace", "setprofile",
		"settrace_all_threads", "setprofile_all_threads",
		"pytest_plugins", "__builtins__", "set_lazy_imports",
		"set_lazy_imports_filter", "__lazy_import__",
	};

	return name.n >= 6 && strchr("rigmps_", name.p[0]) &&
	       among(name, words, countof(words));
}
