/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "python/index/record.h"
#include "python/scan/scan.h"
#include "util/mem.h"
#include "util/buf.h"

static struct arena arena;

static int
teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static struct scan
scan_of(const char *text)
{
	struct scan s;

	scan_source(text, strlen(text), &arena, &s);
	return s;
}

/* Imports in short: .. for level, module, [names], "as x", flags as letters:
 * l lazy, c conditional, o optional, t typing, * star, d dynamic, s string,
 * p plugin. */
static void
check_imports(const char *text, const char *want)
{
	static const char letters[] = "lcot*.dsp";
	struct scan s = scan_of(text);
	struct buf b = { 0 };
	uint32_t i, j;

	for (i = 0; i < s.nimports; i++) {
		const struct scan_import *m = &s.imports[i];

		if (i)
			buf_adds(&b, "; ");
		for (j = 0; j < m->level; j++)
			buf_addc(&b, '.');
		buf_addstr(&b, m->module);
		if (m->as.n)
			buf_addf(&b, " as %.*s", (int)m->as.n, m->as.p);
		for (j = m->names.at; j < m->names.at + m->names.n; j++)
			buf_addf(&b, "%s%.*s%s%.*s",
				j == m->names.at ? "[" : ",",
				(int)s.names[j].name.n, s.names[j].name.p,
				s.names[j].as.n ? "=" : "",
				(int)s.names[j].as.n, s.names[j].as.p);
		if (m->names.n)
			buf_addc(&b, ']');
		buf_addc(&b, '/');
		for (j = 0; j < 9; j++) {
			if (m->flags >> j & 1 && letters[j] != '.')
				buf_addc(&b, letters[j]);
		}
	}
	assert_string_equal(buf_str(&b).p, want);
	buf_release(&b);
}

static void
imports(void **state)
{
	(void)state;
	check_imports("import a, b.c as d\nimport e . f\n",
		"a/; b.c as d/; e.f/");
	check_imports("from a.b import c, d as e\nfrom . import x\n"
		"from ...p import (q,\n r,)\nfrom y import *",
		"a.b[c,d=e]/; .[x]/; ...p[q,r]/; y/*");
	check_imports("if x:\n import a\nelif y: import b\nelse: import c",
		"a/c; b/c; c/c");
	check_imports("def f():\n import a\n def g(): import b\nimport c",
		"a/l; b/l; c/");
	check_imports("class A:\n import a\n def f(self): import b",
		"a/; b/l");
	check_imports("try:\n import a\nexcept ImportError:\n import b\n"
		"else: import c\nfinally: import d",
		"a/co; b/c; c/c; d/");
	check_imports("try: import a\nexcept ValueError: pass\nimport b",
		"a/c; b/");
	check_imports("try: import a\nexcept: pass", "a/co");
	check_imports("try: import a\nexcept (x.y, ModuleNotFoundError) as e: "
		"pass", "a/co");
	check_imports("try: import a\nexcept OSError: pass\nexcept Exception: "
		"pass\ntry: import b\nexcept OSError: pass", "a/co; b/c");
	check_imports("with suppress(ImportError): import a\n"
		"with contextlib.suppress(x, Exception):\n import b\n"
		"with suppress(OSError): import c\nwith open(x): import d",
		"a/o; b/o; c/; d/");
	check_imports("for x in y: import a\nwhile x: import b\n"
		"match x:\n case 1: import c\n case _:\n  import d",
		"a/c; b/c; c/c; d/c");
	check_imports("x = 1; import a; import b", "a/; b/");
	check_imports("importx = 1\nfromy = 2\nx.importer", "");
	check_imports("raise E from x\nyield from y", "");
}

/* `lazy` is a keyword before an import statement only. */
static void
lazy_imports(void **state)
{
	(void)state;
	check_imports("lazy import a.b as c, d; lazy from .e import f, g as h\n",
		"a.b as c/; d/; .e[f,g=h]/");
	check_imports("if x: lazy import a\nimport b", "a/c; b/");
	check_imports("lazy = 1\nlazy: int = 2\nlazy.x = lazy\nlazy(1)\n"
		"import lazy\nfrom lazy import lazy\nlazy", "lazy/; lazy[lazy]/");
	check_imports("'>>> lazy import a.b'\n'>>> lazy from c import d'",
		"a.b/s; c/s; c.d/s");
	check_imports("__lazy_import__('a')", "a/d");
}

static void
typing(void **state)
{
	(void)state;
	check_imports("from typing import TYPE_CHECKING\n"
		"if TYPE_CHECKING:\n import a\nelse:\n import b",
		"typing[TYPE_CHECKING]/; a/ct; b/c");
	check_imports("import typing as t\nif t.TYPE_CHECKING: import a\n"
		"if u.TYPE_CHECKING: import b", "typing as t/; a/ct; b/c");
	check_imports("if not TYPE_CHECKING: import a\nelse: import b",
		"a/c; b/ct");
	check_imports("if not TYPE_CHECKING: import a\n"
		"try: pass\nexcept E: pass\nelse: import b", "a/c; b/c");
	check_imports("if False: import a\nif 0: import b\nif 1: import c",
		"a/ct; b/ct; c/c");
	check_imports("if TYPE_CHECKING or x: import a\n"
		"if TYPE_CHECKING and x or y: import b", "a/c; b/c");
	check_imports("if x: pass\nelif TYPE_CHECKING: import a\n"
		"else: import b", "a/ct; b/c");
	check_imports("TYPE_CHECKING = False\nif TYPE_CHECKING: import a",
		"a/ct");
	/* it may be true here */
	check_imports("TYPE_CHECKING = True\nif TYPE_CHECKING: import a",
		"a/c");
	check_imports("from .x import TYPE_CHECKING\n"
		"if TYPE_CHECKING: import a", ".x[TYPE_CHECKING]/; a/c");
	check_imports("if TYPE_CHECKING:\n def f():\n  import a", "a/lct");
}

static void
by_name(void **state)
{
	(void)state;
	check_imports("importlib.import_module('a.b')\n"
		"import_module(name=\"c\")", "a.b/d; c/d");
	check_imports("import_module('.x.y', 'a.b')\n"
		"import_module('..x', package='a.b')\n"
		"import_module('.x', __package__)\n"
		"import_module('..x', package=__name__)",
		"a.b.x.y/d; a.b/s; a.x/d; .x/d; ..x/d");
	check_imports("__import__('a')", "a/d");
	check_imports("pytest.importorskip('a.b', reason='x')", "a.b/od");
	check_imports("def f(): import_module('a' 'b')", "ab/ld");
	check_imports("find_spec('a.b')\nrunpy.run_module('c.d')",
		"a.b/d; c.d/d");
	check_imports("pytest_plugins = 'a.b'", "a.b/p");
	check_imports("pytest_plugins = ['a', \"b.c\"]", "a/p; b.c/p");
	check_imports("pytest_plugins = 'a', 'b'", "a/p; b/p");
	check_imports("pytest_plugins: list = ('a',)", "a/p");
	check_imports("mock.patch('a.b.c')\nx = 'd.e:f'\ny = 'a.b.c'",
		"a.b.c/s; d.e/s");
	check_imports("x = ['1.2', 'a b.c', '.a', 'a.', 'a..b', b'a.b', "
		"'a\\x2e.b', 'abc', '']", "");
	check_imports("M = 'a'\npatch(M + '.b')\npatch(f'{M}.c')\npatch(M)",
		"a.b/s; a.c/s; a/s");
	check_imports("monkeypatch.setattr('a.b', 1)", "a.b/s");
	check_imports("f'a.b.{x}'", "a.b/s");
	check_imports("resources.files('a')\npkgutil.get_data('b.c', 'd')\n"
		"files(x)\nresources.path(x, 'y')", "a/d; b.c/d");
	check_imports("INSTALLED_APPS = ['blog', 'x.y']", "blog/s; x.y/s");
}

static void
doctests(void **state)
{
	(void)state;
	check_imports("def f():\n  '''Text.\n\n  >>> import a.b as c, d\n"
		"  >>> from e import f as g, h # x\n  ... import i\n"
		"  >>> from j.k import (l)\n  import no\n  >>> f(1)\n'''",
		"a.b/s; d/s; e/s; e.f/s; e.h/s; j.k/s; j.k.l/s; i/s");
	check_imports("'>>> from . import a'\n'>>> import '\n"
		"'>>> from a import'\n'>>> from '\n'>>> import 1'", "a/s");
}

static uint32_t
flags(const char *text)
{
	return scan_of(text).flags;
}

static void
computed(void **state)
{
	static const char *const yes[] = {
		"import_module(x)", "import_module('a' + x)",
		"import_module(f'a.{x}')", "import_module('.a')",
		"import_module('.a', x)", "import_module(*x)",
		"import_module(x, 'a')", "import_module()",
		"import_module('a.')", "import_module('a\\x62')",
		"__import__(x)", "__import__('a', fromlist=['b'])",
		"map(importlib.import_module, x)", "f = __import__",
		"__lazy_import__(x)",
		"from importlib import import_module as im",
		"importorskip(x)", "run_path('a.py')", "exec(x)",
		"exec('import a')", "builtins.exec(x)", "find_spec(x)",
		"pkgutil.walk_packages(p)", "spec_from_file_location('a', b)",
		"imp.load_source('a', 'b')", "sys.meta_path.append(x)",
		"entry_points(group='x')", "patch(x)", "mock.patch(f'{x}.y')",
		"mock.patch('a.b.' + x)", "patch('a' f'{x}')",
		"M = 'a'\nM = 'b'\npatch(M)", "if x: M = 'a'\npatch(M)",
		"pytest_plugins = x", "pytest_plugins = ['a'] + x",
		"pytest_plugins += [x]", "import caf\xc3\xa9",
		"from a import caf\xc3\xa9", "def f(:", "x = 'a",
		"a\0b", "if x:\npass", "  x = 1", "class A", "import",
		"from x", "from . x", "else if:",
		"typing.TYPE_CHECKING = True",
	};
	static const char *const no[] = {
		"import a", "x.exec(y)", "re.compile(x)", "exec('x = 1')",
		"importlib.reload(x)", "client.patch(x)", "patch.object(a, b)",
		"patch('a.b')", "monkeypatch.setattr(a, 'b', c)",
		"eval(x)", "df.eval(x)", "def import_module(x): pass",
		"class __import__: pass", "x = 'import_module(y)'",
		"# import_module(x)", "pytest_plugins = []",
		"pytest_plugins = ()", "M = 'a'\npatch(M)", "if x: pass\n",
		"caf\xc3\xa9 = 1", "f'{import_module}'[0:0] if 0 else ''",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(yes) / sizeof(*yes); i++) {
		if (!(flags(yes[i]) & SCAN_COMPUTED) && strcmp(yes[i], "a"))
			fail_msg("not computed: %s", yes[i]);
	}
	for (i = 0; i + 1 < sizeof(no) / sizeof(*no); i++) {
		if (flags(no[i]) & (SCAN_COMPUTED | SCAN_ERROR))
			fail_msg("computed: %s", no[i]);
	}
	/* a function that is only mentioned may be called elsewhere */
	assert_true(flags(no[i]) & SCAN_COMPUTED);
}

/* What can tell a file where it lies. */
static void
place(void **state)
{
	static const char *const yes[] = {
		"x = __file__", "def f(): return m.__file__",
		"os.getcwd()", "import os as o; o.getcwd()",
		"from os import getcwd as here", "Path.cwd()", "a().cwd()",
		"Path('x').resolve()", "f'{__file__}'", "f'{os.getcwd()!r}'",
		"getattr(m, '__file__')", "sys.path[0]",
		"sys.path.insert(0, x); y = __file__", "x in sys.path",
		"f = sys.path.insert; f(0, __file__)",
		"def test(request): request.config.rootpath",
		"def test(request): request.node.path", "request.path",
		"x.item.path", "caplog.records[0].pathname",
		"__spec__.origin", "os.path.relpath('/')",
		"def f():\n '''\n >>> os.getcwd()\n '''",
		"'>>> import a; a.__file__'",
		"eval(x)", "exec('1')", "def f(:",
		"from importlib.resources import files",
		"resources.files(x)", "@d(__file__)\ndef f(): pass",
		"def f(a=__file__): pass",
	};
	static const char *const no[] = {
		"", "import os", "from os import path", "os.path.join(a, b)",
		"tmp_path / 'x'", "Path('x').read_text()", "f(cwd=x)",
		"filename = 1", "open(filename)", "x.prefix", "prefix",
		"'a text on __file__ and more'", "origin", "os.path",
		"# __file__\n", "path", "request.param", "a.files",
		"my__file__", "resolved", "'>>> f(1)'", "import sys", "sys.executable",
		"import subprocess", "sys.path.insert(0, dirname(__file__))",
		"import sys; sys.path.append(str(Path(__file__).parent))",
		"monkeypatch.syspath_prepend(os.getcwd())",
	};

	(void)state;
	for (size_t i = 0; i < countof(yes); i++)
		if (!(flags(yes[i]) & SCAN_PLACE))
			fail_msg("does not tell: %s", yes[i]);
	for (size_t i = 0; i < countof(no); i++)
		if (flags(no[i]) & SCAN_PLACE)
			fail_msg("tells: %s", no[i]);
}

/* What can tell a file where its interpreter lies. */
static void
prefix(void **state)
{
	static const char *const yes[] = {
		"import sys; x = sys.prefix", "from sys import prefix",
		"[sys.executable, '-c', x]", "sys.base_prefix",
		"sys.exec_prefix", "import sysconfig; sysconfig.get_path('x')",
		"from sysconfig import get_paths", "site.getsitepackages()",
		"sysconfig.get_config_var('prefix')", "exec(x)",
		"def f():\n '''\n >>> sys.prefix\n '''", "def f(:",
	};
	static const char *const no[] = {
		"import sys", "x.prefix", "prefix = 1", "request.executable",
		"# sys.prefix\n", "x.get_path()", "__file__",
	};

	(void)state;
	for (size_t i = 0; i < countof(yes); i++)
		if (!(flags(yes[i]) & SCAN_PREFIX))
			fail_msg("does not tell: %s", yes[i]);
	for (size_t i = 0; i < countof(no); i++)
		if (flags(no[i]) & SCAN_PREFIX)
			fail_msg("tells: %s", no[i]);
}

/* Words in strings. */
static void
words(void **state)
{
	static const char source[] =
		"x = 'one two-three' + b'four' + f'five{six}seven'\n"
		"def f():\n"
		"  'eight/nine_ten'\n";
	static const char *const has[] = {
		"one", "two", "three", "two-three", "one.seven", "four",
		"five", "seven", "eight", "nine_ten",
	};
	static const char *const not[] = {
		"", "/", "six", "x", "on", "nine", "one-six", "f", "onetwo",
	};
	struct scan s;
	struct buf record = { 0 };

	(void)state;
	scan_source(source, sizeof(source) - 1, &arena, &s);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < countof(has); i++)
			if (!scan_has_words(&s, str_of(has[i])))
				fail_msg("has no %s", has[i]);
		for (size_t i = 0; i < countof(not); i++)
			if (scan_has_words(&s, str_of(not[i])))
				fail_msg("has %s", not[i]);
		buf_clear(&record);
		record_encode(&s, &record);
		assert_int_equal(record_decode_imports(record.p, record.n,
			&arena, &s), 1);
	}
	buf_release(&record);
}

static void
other_flags(void **state)
{
	(void)state;
	assert_true(flags("sys.path.insert(0, x)") & SCAN_SYS_PATH);
	assert_true(flags("sys.path[:0] = x") & SCAN_SYS_PATH);
	assert_true(flags("from sys import path") & SCAN_SYS_PATH);
	assert_true(flags("monkeypatch.syspath_prepend(x)") & SCAN_SYS_PATH);
	assert_false(flags("os.path.join(x)") & SCAN_SYS_PATH);
	assert_true(flags("import subprocess") & SCAN_PROCESS);
	assert_true(flags("from subprocess import run") & SCAN_PROCESS);
	assert_true(flags("from os import system") & SCAN_PROCESS);
	assert_true(flags("os.system(x)") & SCAN_PROCESS);
	assert_true(flags("def test(pytester): pass") & SCAN_PROCESS);
	assert_false(flags("import os") & SCAN_PROCESS);
	assert_true(flags("pytest.main([x])") & SCAN_PROCESS);
	assert_false(flags("if __name__ == '__main__':\n pytest.main()") &
		SCAN_PROCESS);
	assert_true(flags("if __name__ != '__main__':\n pytest.main()") &
		SCAN_PROCESS);
	assert_true(flags("if __name__ == '__main__': pass\n"
		"else: pytest.main()") & SCAN_PROCESS);
	assert_true(flags("__path__ = extend_path(__path__, x)") &
		SCAN_SYS_PATH);
	assert_true(flags("eval(x)") & SCAN_EVAL);
	assert_false(flags("x.eval(y); eval('1')") & SCAN_EVAL);
	assert_true(flags("open('a.py')") & SCAN_PY_PATH);
	assert_true(flags("open(f'{x}.py')") & SCAN_PY_PATH);
	assert_false(flags("open('a.pyc')") & SCAN_PY_PATH);
	assert_true(flags("def load_tests(a): pass") & SCAN_LOAD_TESTS);
	assert_false(flags("class A:\n def load_tests(a): pass") &
		SCAN_LOAD_TESTS);
	assert_true(flags("def __getattr__(n): pass") & SCAN_GETATTR);
	assert_true(flags("globals()[x] = 1") & SCAN_MAKES_NAMES);
	assert_true(flags("type('A', (), {})") & SCAN_MAKES_NAMES);
	assert_false(flags("type(f(a, b))") & SCAN_MAKES_NAMES);
	assert_true(flags("setattr(a, b, c)") & SCAN_MAKES_NAMES);
	assert_true(flags("__test__ = False") & SCAN_NOT_A_TEST);
	assert_false(flags("__test__ = True") & SCAN_NOT_A_TEST);
	assert_false(flags("class A: __test__ = False") & SCAN_NOT_A_TEST);
	assert_true(flags("from a import *") & SCAN_STAR);
	assert_true(flags("pytest_plugins = x") & SCAN_PLUGINS_COMPUTED);
	assert_int_equal(flags("__all__ = ['a']"), SCAN_ALL);
	assert_int_equal(flags("__all__ = x"), SCAN_ALL | SCAN_ALL_COMPUTED);
	assert_int_equal(flags("x = 1\n"), 0);
	assert_int_equal(flags("x()\n"), 0);
}

static struct str
text_at(const struct scan *s, struct scan_range r, uint32_t i)
{
	assert_true(i < r.n);
	return s->texts[r.at + i];
}

#define assert_str(s, want) assert_true(str_is((s), (want)))

static void
definitions(void **state)
{
	struct scan s = scan_of(
		"@d1\n"                                         /* 1 */
		"@d2.x(1, k=2)\n"
		"async def f(a, b: int = 1, /, *c, d=lambda p, q: 1, **e)"
		" -> R:\n"
		"    x = 1\n"
		"    def g(): yield 1\n"                        /* 5 */
		"\n"
		"# comment\n"
		"class C(B, m.D[int], metaclass=M):\n"
		"    @property\n"
		"    def p(self):\n"                            /* 10 */
		"        return '''a\n"
		"b'''\n"
		"    class E: pass\n"
		"if x:\n"
		"    def h(): ...\n"                            /* 15 */
		"class F(f(), *g): y = 1\n");

	(void)state;
	assert_int_equal(s.flags, 0);
	assert_int_equal(s.ndefs, 7);
	assert_str(s.defs[0].name, "f");
	assert_int_equal(s.defs[0].flags, DEF_ASYNC);
	assert_int_equal(s.defs[0].line, 3);
	assert_int_equal(s.defs[0].first_line, 1);
	assert_int_equal(s.defs[0].end_line, 5);
	assert_int_equal(s.defs[0].params.n, 5);
	assert_str(text_at(&s, s.defs[0].params, 1), "b");
	assert_str(text_at(&s, s.defs[0].params, 2), "c");
	assert_str(text_at(&s, s.defs[0].params, 3), "d");
	assert_str(text_at(&s, s.defs[0].params, 4), "e");
	assert_int_equal(s.defs[0].decos.n, 2);
	assert_str(s.decos[s.defs[0].decos.at].name, "d1");
	assert_str(s.decos[s.defs[0].decos.at + 1].name, "d2.x");
	assert_str(s.decos[s.defs[0].decos.at + 1].arg, "1");
	assert_int_equal(s.defs[1].parent, 0);
	assert_int_equal(s.defs[1].flags, DEF_GENERATOR | DEF_LOCAL);
	assert_str(s.defs[2].name, "C");
	assert_int_equal(s.defs[2].flags, DEF_CLASS | DEF_METACLASS);
	assert_int_equal(s.defs[2].end_line, 13);
	assert_int_equal(s.defs[2].bases.n, 2);
	assert_str(text_at(&s, s.defs[2].bases, 0), "B");
	assert_str(text_at(&s, s.defs[2].bases, 1), "m.D");
	assert_int_equal(s.defs[3].parent, 2);
	assert_int_equal(s.defs[3].flags, DEF_PROPERTY);
	assert_int_equal(s.defs[3].end_line, 12);
	assert_int_equal(s.defs[4].flags, DEF_CLASS);
	assert_int_equal(s.defs[5].flags, DEF_CONDITIONAL);
	assert_int_equal(s.defs[5].parent, SCAN_MODULE);
	assert_int_equal(s.defs[6].flags, DEF_CLASS | DEF_COMPUTED_BASE);
	assert_int_equal(s.defs[6].bases.n, 0);
}

static bool
uses_name(const struct scan *s, struct scan_range r, const char *name)
{
	uint32_t i;

	for (i = r.at; i < r.at + r.n; i++) {
		if (str_is(s->syms[s->refs[i]], name))
			return true;
	}
	return false;
}

static void
references(void **state)
{
	struct scan s = scan_of("import a\n"
		"x = a.b(c)\n"
		"@deco(arg)\n"
		"def f(p: Ann = dflt) -> Ret:\n"
		"    y = a.b.c(k=v)[i].attr . more\n"
		"    def g(): return a.b\n"
		"    return f'{fmt:{width}}' + a.b.c()\n"
		"z: Note = a.b\n");

	(void)state;
	assert_true(uses_name(&s, s.module_refs, "a.b"));
	assert_true(uses_name(&s, s.module_refs, "c"));
	assert_true(uses_name(&s, s.module_refs, "Note"));
	assert_false(uses_name(&s, s.module_refs, "x"));
	assert_false(uses_name(&s, s.module_refs, "deco"));
	assert_int_equal(s.module_refs.n, 3);
	assert_true(uses_name(&s, s.defs[0].refs, "deco"));
	assert_true(uses_name(&s, s.defs[0].refs, "arg"));
	assert_true(uses_name(&s, s.defs[0].refs, "Ann"));
	assert_true(uses_name(&s, s.defs[0].refs, "dflt"));
	assert_true(uses_name(&s, s.defs[0].refs, "Ret"));
	assert_true(uses_name(&s, s.defs[0].refs, "a.b.c"));
	assert_true(uses_name(&s, s.defs[0].refs, "v"));
	assert_true(uses_name(&s, s.defs[0].refs, "i"));
	assert_true(uses_name(&s, s.defs[0].refs, ".attr.more"));
	assert_true(uses_name(&s, s.defs[0].refs, "fmt"));
	assert_true(uses_name(&s, s.defs[0].refs, "width"));
	assert_false(uses_name(&s, s.defs[0].refs, "k"));
	assert_int_equal(s.defs[0].refs.n, 11);
	assert_int_equal(s.defs[1].refs.n, 1);
}

static void
tests_say(void **state)
{
	struct scan s = scan_of("pytestmark = [pytest.mark.slow,\n"
		"  pytest.mark.usefixtures('db', \"net\")]\n"
		"@pytest.fixture(name='n', scope=\"module\", params=[1],"
		" autouse=True)\n"
		"def fix(request): request.getfixturevalue('late')\n"
		"@fixture\n"
		"def plain(): pass\n"
		"@pytest.fixture(scope=x)\n"
		"def odd(): pass\n"
		"@pytest.mark.usefixtures('u')\n"
		"@pytest.mark.parametrize('a,b', [(1, 2)])\n"
		"class TestX:\n"
		"    pytestmark = mark.z\n"
		"    @parameterized.expand([1])\n"
		"    @mark.skipif(x, reason='y')\n"
		"    def test(self, n): pass\n"
		"def pytest_configure(config): pass\n"
		"def setUpModule(): pass\n"
		"helper.__test__ = False\n"
		"alias = helper\n"
		"A = B = make(1)\n"
		"c, d = 1, 2\n"
		"type E = int\n");
	uint32_t i;
	static const char *const marks[] = { "slow", "usefixtures",
		"usefixtures", "parametrize", "z", "skipif" };
	static const uint32_t owners[] = { SCAN_MODULE, SCAN_MODULE, 3, 3, 3,
		4 };
	static const char *const assigned[] = { "pytestmark", "pytestmark",
		"helper.__test__", "alias", "A", "B", "c", "d", "E" };

	(void)state;
	assert_int_equal(s.flags, 0);
	assert_int_equal(s.nmarks, 6);
	for (i = 0; i < 6; i++) {
		assert_str(s.marks[i].name, marks[i]);
		assert_int_equal(s.marks[i].owner, owners[i]);
	}
	assert_str(s.marks[3].arg, "a,b");
	assert_int_equal(s.nuses, 4);
	assert_str(s.uses[0].fixture, "db");
	assert_str(s.uses[1].fixture, "net");
	assert_str(s.uses[2].fixture, "late");
	assert_int_equal(s.uses[2].owner, 0);
	assert_str(s.uses[3].fixture, "u");
	assert_int_equal(s.uses[3].owner, 3);
	assert_int_equal(s.nfixtures, 3);
	assert_str(s.fixtures[0].name, "n");
	assert_str(s.fixtures[0].scope, "module");
	assert_int_equal(s.fixtures[0].flags,
		FIXTURE_AUTOUSE | FIXTURE_PARAMS);
	assert_str(s.fixtures[1].name, "plain");
	assert_str(s.fixtures[1].scope, "function");
	assert_int_equal(s.fixtures[1].flags, 0);
	assert_int_equal(s.fixtures[2].flags, FIXTURE_COMPUTED);
	assert_int_equal(s.defs[3].flags, DEF_CLASS | DEF_PARAMETRIZED);
	assert_int_equal(s.defs[4].flags, DEF_DYNAMIC);
	assert_int_equal(s.hooks.n, 2);
	assert_str(text_at(&s, s.hooks, 0), "pytest_configure");
	assert_str(text_at(&s, s.hooks, 1), "setUpModule");
	assert_int_equal(s.nassigns, 9);
	for (i = 0; i < 9; i++)
		assert_str(s.assigns[i].name, assigned[i]);
	assert_int_equal(s.assigns[2].value, VALUE_FALSE);
	assert_int_equal(s.assigns[3].value, VALUE_NAME);
	assert_str(s.assigns[3].text, "helper");
	assert_int_equal(s.assigns[4].value, VALUE_CALL);
	assert_str(s.assigns[5].text, "make");
}

static void
all_lists(void **state)
{
	struct scan s = scan_of("__all__ = ['a', 'b']\n__all__ += ('c',)\n"
		"__all__.append('d')\n__all__.extend(['e'])\n");

	(void)state;
	assert_int_equal(s.flags, SCAN_ALL);
	assert_int_equal(s.all.n, 5);
	assert_str(text_at(&s, s.all, 4), "e");
	s = scan_of("__all__ = ['a'] + b.__all__");
	assert_int_equal(s.flags, SCAN_ALL | SCAN_ALL_COMPUTED);
	assert_int_equal(s.all.n, 1);
}

static void
records(void **state)
{
	static const char text[] = "import a.b as c\nfrom . import (d as e)\n"
		"@fixture(name='x')\ndef f(g, h): return a.b(i)\n"
		"class K(L): m = n\npytestmark = mark.o('p')\n"
		"__all__ = ['q']\ndef load_tests(a): pass\nx = 'r.s'\n";
	struct scan s = scan_of(text), t;
	struct buf one = { 0 }, two = { 0 };
	size_t n;

	(void)state;
	buf_adds(&one, "before");
	record_encode(&s, &one);
	n = one.n - 6;
	assert_int_equal(record_decode(one.p + 6, n, &arena, &t), 1);
	assert_int_equal(t.nimports, 3);
	assert_str(t.imports[0].as, "c");
	assert_str(t.names[t.imports[1].names.at].as, "e");
	assert_str(t.fixtures[0].name, "x");
	assert_int_equal(t.defs[1].line, 5);
	assert_true(uses_name(&t, t.defs[0].refs, "a.b"));
	record_encode(&t, &two);
	assert_int_equal(two.n, n);
	assert_memory_equal(one.p + 6, two.p, n);
	assert_int_equal(record_flags(two.p, two.n), s.flags);
	assert_int_equal(record_decode_imports(two.p, two.n, &arena, &t), 1);
	assert_int_equal(t.nimports, 3);
	assert_int_equal(t.ndefs, 0);
	assert_int_equal(t.all.n, 1);
	assert_str(text_at(&t, t.all, 0), "q");
	assert_str(text_at(&t, t.hooks, 0), "load_tests");
	/* cut anywhere it is no record */
	while (n-- > 0) {
		assert_int_equal(record_decode(two.p, n, &arena, &t), 0);
		assert_int_equal(t.nimports, 0);
	}
	assert_int_equal(record_flags(two.p, 1),
		SCAN_ERROR | SCAN_COMPUTED | SCAN_PLACE | SCAN_PREFIX);
	two.n++;
	assert_int_equal(record_decode(two.p, two.n, &arena, &t), 0);
	buf_release(&one);
	buf_release(&two);
}

static void
errors(void **state)
{
	struct scan s = scan_of("import a\nx = (\nimport b\n");
	char *big = calloc(1, SCAN_MAX_BYTES + 1u);

	(void)state;
	assert_int_equal(s.flags, SCAN_ERROR | SCAN_COMPUTED |
		SCAN_PLACE | SCAN_PREFIX);
	assert_str(s.error, "bracket was never closed");
	assert_str(s.imports[0].module, "a");
	scan_source(big, SCAN_MAX_BYTES + 1u, &arena, &s);
	free(big);
	assert_int_equal(s.flags, SCAN_ERROR | SCAN_COMPUTED |
		SCAN_PLACE | SCAN_PREFIX);
	assert_str(s.error, "file is too large");
	scan_unreadable(STR("open x: no"), &arena, &s);
	assert_int_equal(s.flags, SCAN_ERROR | SCAN_COMPUTED |
		SCAN_PLACE | SCAN_PREFIX);
	assert_str(s.error, "open x: no");
	s = scan_of("# coding: utf-16\nimport a\n");
	assert_int_equal(s.flags, SCAN_ERROR | SCAN_COMPUTED |
		SCAN_PLACE | SCAN_PREFIX);
	assert_int_equal(s.nimports, 0);
	/* nothing after an error hides what stood before it */
	s = scan_of("import a\nif x:\n  import b\n   import c\nimport d\n");
	assert_int_equal(s.error_line, 4);
	assert_int_equal(s.nimports, 4);
}

/* More of one kind than is kept: an error, not memory without end. */
static void
floods(void **state)
{
	struct buf b = { 0 };
	struct scan s;
	unsigned i;

	(void)state;
	for (i = 0; i < (1u << 20) + 10; i++)
		buf_adds(&b, "import a\n");
	scan_source(b.p, b.n, &arena, &s);
	assert_str(s.error, "too much in one file");
	assert_true(s.flags & SCAN_COMPUTED);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(imports, teardown),
		cmocka_unit_test_teardown(typing, teardown),
		cmocka_unit_test_teardown(by_name, teardown),
		cmocka_unit_test_teardown(lazy_imports, teardown),
		cmocka_unit_test_teardown(doctests, teardown),
		cmocka_unit_test_teardown(computed, teardown),
		cmocka_unit_test_teardown(place, teardown),
		cmocka_unit_test_teardown(prefix, teardown),
		cmocka_unit_test_teardown(words, teardown),
		cmocka_unit_test_teardown(other_flags, teardown),
		cmocka_unit_test_teardown(definitions, teardown),
		cmocka_unit_test_teardown(references, teardown),
		cmocka_unit_test_teardown(tests_say, teardown),
		cmocka_unit_test_teardown(all_lists, teardown),
		cmocka_unit_test_teardown(records, teardown),
		cmocka_unit_test_teardown(errors, teardown),
		cmocka_unit_test_teardown(floods, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
