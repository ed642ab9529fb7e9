/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "python/index/record.h"
#include "python/inert/internal.h"
#include "python/scan/scan.h"
#include "util/buf.h"
#include "util/mem.h"

static bool
inert(const char *text)
{
	struct arena a = { 0 };
	struct buf b = { 0 };
	struct scan s, t;
	bool got;

	scan_source(text, strlen(text), &a, &s);
	got = s.flags & SCAN_INERT;
	assert_true(got == !s.active);
	record_encode(&s, &b);
	assert_true(got == !!(record_flags(b.p, b.n) & SCAN_INERT));
	assert_int_equal(record_decode(b.p, b.n, &a, &t), 1);
	assert_int_equal(t.flags, s.flags);
	buf_release(&b);
	arena_release(&a);
	return got;
}

static void
check(const char *const *rows, size_t n, bool want)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (inert(rows[i]) != want) {
			print_error("row %zu, not %s:\n%s\n", i,
				want ? "inert" : "active", rows[i]);
			fail();
		}
	}
}

static void
test_inert(void **state)
{
	static const char *const rows[] = {
		"", "\n", "# only this", "pass", "...", "'doc'", "1; 'x'",
		"import os, sys as sys\nimport a.b.c as d\n",
		"from a import *\nfrom . import b\nfrom ..c import (d, e as f,)",
		"x = 1\ny: int = x\nz: str\nx += 1\n",
		"a = b = c, *d = 1, 2\n(e, [f]) = a\n",
		"A = ['a', ('b', {'c': 1, **d}), {*e}]\n",
		"A = [x for y in z if y for x in y]\nB = {k: v for k, v in A}",
		"A = (\n\t1 +\n\t2)\nB = 1 + \\\n\t2\n",
		"x = a if b else c.d[1:2, ::3]\ny = not x and -x ** 2 in x",
		"x = lambda a, *b, c=1, **d: evil(a)\ny = lambda: (lambda: 0)()",
		"x = f'{a}{b!r:>{c}}' f\"{d['e']}\" 'x'\n",
		"x = t'{a}{b!r:>{c}}' rt\"{d['e']}\" Tr'x'\n",
		"x = [*a for a in b]\ny = {**a for a in b}\nz = {*a for a in b}\n",
		"lazy = 1\nx = lazy\nimport lazy\n",
		"del x\nglobal y",
		"def f(a, /, b=1, *c, d: int = 2, **e) -> int: evil()",
		"def f():\n\tevil()\n\tclass A(evil()):\n\t\tpass\nx = 1\n",
		"async def f():\n\tawait x\n",
		"def f[T: evil()](x: T) -> T: return x\nclass A[T]: pass\n",
		"type X[T] = list[T]\ntype = 1\n",
		"class A: pass\nclass B(A):\n\tx = 1\n\tdef f(self): evil()\n",
		"class A(object):\n\tclass B(Exception):\n\t\ty = 2\n"
		"\tz = B\n",
		"from abc import ABCMeta as M\nclass A(metaclass=M): pass\n",
		"from enum import Enum, auto\nclass E(Enum):\n\tA = 1\n"
		"\tB = auto()\n\tdef name(self): return 1\n",
		"import enum as e\nclass E(str, e.Enum):\n\tA = 'a'\n",
		"from typing import *\n",
		"import typing as t\nT = t.TypeVar('T')\n"
		"class A(t.Generic[T], t.Protocol): x: T\n",
		"from typing_extensions import TypeVar\nT = TypeVar('T')\n",
		"try:\n\tfrom typing import TypeVar\nexcept ImportError:\n"
		"\tfrom typing_extensions import TypeVar\nT = TypeVar('T')\n",
		"import unittest\nclass T(unittest.TestCase):\n"
		"\tdef setUp(self): pass\n\tdef test_a(self): pass\n",
		"from collections import namedtuple\n"
		"class A(namedtuple('A', 'x y')): __slots__ = ()\n",
		"class A:\n\t@property\n\tdef x(self): return evil()\n"
		"\t@x.setter\n\tdef x(self, v): pass\n"
		"\t@staticmethod\n\tdef y(): pass\n",
		"if a:\n\tx = 1\nelif b: x = 2\nelse:\n\tx = 3\n",
		"try:\n\timport a\nexcept (ImportError, E) as e:\n\ta = None\n"
		"else:\n\tb = 1\nfinally:\n\tc = 1\n",
		"if __name__ == '__main__':\n\tevil()\n",
		"if __name__ == \"__main__\": evil()\nelse: x = 1\n",
		"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
		"\tevil()\n\tfor x in y: pass\nx = 1\n",
		"import typing as t\nif t.TYPE_CHECKING: evil()\n",
		"x = len([1]); y = sorted(x)\nz = frozenset(y)\n",
		"x = dict(a=1, **b)\ny = type(x)\nz = ValueError('a', *b)\n",
		"import re\nR = re.compile('a')\n",
		"from re import compile as c\nR = c('a', re.X)\n",
		"import os.path\nH = os.path.join(os.path.dirname(__file__), 'a')"
		"\n",
		"from os import path as p\nH = p.abspath(p.join(p.sep))\n",
		"from pathlib import Path\n"
		"H = Path(__file__).resolve().parent.parent / 'a'\n"
		"D = H.joinpath('b').parents[1] / 'c'\n",
		"import logging\nlog = logging.getLogger(__name__)\n",
		"x = ', '.join(['a', 'b'])\ny = b'a'.split()\n"
		"z = 'a'.strip().upper()\ny = x.lower()[0]\n",
		"D = {'a': 1}\nK = [k for k, v in D.items()]\n",
		"__all__ = ['a']\n__all__ += ['b']\n__version__ = '1'\n",
		"import a\n__all__ = []\n__all__ += a.__all__\n",
		"import pytest\npytestmark = pytest.mark.slow\n"
		"@pytest.mark.parametrize('a', [1, pytest.param(2, id='x')],\n"
		"\tids=['a', 'b'])\n@pytest.mark.x\ndef test(a): pass\n",
		"import pytest\nx = pytest.mark.skipif(not a, reason='b')\n"
		"@x\ndef test(a): pass\n",
		"import pytest\n@pytest.fixture\ndef a(): pass\n"
		"@pytest.fixture(scope='module', params=[1], ids=str)\n"
		"def b(): pass\n",
		"from pytest import fixture as f, mark\n@f()\n@mark.a\n"
		"def b(): pass\n",
		"from functools import lru_cache, wraps, partial\n"
		"@lru_cache\ndef a(): pass\n@lru_cache(maxsize=None)\n"
		"def b(): pass\nc = partial(a, 1)\n",
		"from dataclasses import dataclass, field\n"
		"@dataclass(frozen=True)\nclass A:\n\tx: int = 1\n"
		"\ty: list = field(default_factory=list)\n",
		"from contextlib import contextmanager\n@contextmanager\n"
		"def f(): yield\n",
		"from unittest import mock\n@mock.patch('a.b', new=1)\n"
		"@mock.patch.object(a, 'b')\ndef test(): pass\n",
		"from __future__ import annotations\n"
		"def f(a: evil()) -> evil(): pass\nx: evil() = 1\n",
		"from collections import defaultdict\nD = defaultdict(list)\n"
		"E = defaultdict()\n",
		"from decimal import Decimal\nD = Decimal('1')\n",
		"import re\nimport re\nR = re.compile('')\n",
		"def f():\n\tx = list()\n\tlist = 1\ny = list()\n",
		"class A:\n\tdef list(self): pass\nx = list()\n",
		"x = 1 if a else \"b\";y=2;z = (yield_)\n",
	};

	(void)state;
	check(rows, countof(rows), true);
}

static void
test_active(void **state)
{
	static const char *const rows[] = {
		"f()", "x", "'a'.b", "x = f()", "x = a.b()", "x = a[0]()",
		"x = [y() for y in z]", "print('a')", "raise E", "assert x",
		"for x in y: pass", "while x: pass", "with x: pass",
		"async def f(): pass\nawait f()", "x = await y",
		"x = (y := 1)", "return", "yield x", "x = (yield)",
		"x = [a async for a in b]",
		"match x:\n\tcase 1: pass\n", "match(x):\n\tcase 1: pass\n",
		"a.b = 1", "a[0] = 1", "a, b.c = 1, 2", "a.b: int = 1",
		"a = b.c = 1", "del a.b", "del a[0]", "(a.b) = 1",
		"import a\na += 1\n", "from a import b\nb += [1]\n",
		"import a\nb = a.c\nb += [1]\n", "x += 1\n",
		"import this", "from tkinter import ttk", "import __main__",
		"import readline as r", "from a import b, this\nimport gevent",
		"import builtins", "import sys as s",
		"@f\ndef g(): pass", "import a\n@a.b\nclass C: pass",
		"import hypothesis as h\n@h.given(x)\ndef t(): pass",
		"def f(x=g()): pass", "def f(x: g()): pass",
		"def f() -> g(): pass", "x: g() = 1", "class A:\n\tx = g()\n",
		"class A:\n\tclass B:\n\t\tx = g()\n",
		"class A: x = g()", "class A:\n\tfor x in y: pass\n",
		"class A(f()): pass", "class A(B): pass",
		"import b\nclass A(b.C): pass", "from .b import B\nclass A(B): pass",
		"class A(metaclass=M): pass", "class A(*b): pass",
		"class A(x, metaclass=type): pass",
		"class A(int): pass\nclass B(A, metaclass=ABCMeta): pass\n",
		"class A:\n\tdef __init_subclass__(cls): evil()\n"
		"class B(A): pass\n",
		"class A:\n\tdef __set_name__(self, a, b): pass\n",
		"from enum import Enum\nclass E(Enum):\n\tA = 1\n"
		"\tdef __init__(self, x): evil()\n",
		"from enum import Enum\nclass M:\n\tdef __new__(c): evil()\n"
		"class E(M, Enum): A = 1\n",
		"from enum import Enum\nclass E(Enum):\n\tA = 1\n\t@property\n"
		"\tdef b(self): evil()\nx = E.A.b\n",
		"from enum import Enum\nclass E(Enum):\n"
		"\tdef _generate_next_value_(a, b, c, d): evil()\n",
		"class TestA:\n\tdef __init__(self): pass\n",
		"class Base:\n\t@property\n\tdef x(self): evil()\n"
		"class TestA(Base): pass\n",
		"class TestA:\n\tx = property(f)\n",
		"class A:\n\t@property\n\tdef x(self): pass\n\ty = 1\n"
		"\t@x.setter\n\tdef x(self, v): pass\n",
		"list = f\nx = list()\n", "from a import len\nx = len(b)\n",
		"def len(x): evil()\ny = len(x)\n",
		"class A:\n\tdef list(self): pass\n\tx = list()\n",
		"x = [len(y) for len in z]", "from a import *\nx = len(y)\n",
		"import re\nfrom a import *\nx = re.compile('')\n",
		"import re\nre = a\nx = re.compile('')\n",
		"import re\nimport a as re\nx = re.compile('')\n",
		"try: import re\nexcept E: re = a\nx = re.compile('')\n",
		"import a as re\nx = re.compile('')\n",
		"x = re.compile('')\n", "from .re import compile\nx = compile('')",
		"x = 'a'\ny = [x.split() for x in z]\n",
		"import a\nx = a.b\ny = x.get('c')\n",
		"x = sorted(y, key=f)", "x = max(y, **z)", "x = map(f, y)",
		"x = type('A', (), {})", "x = open('a')", "x = next(y)",
		"x = eval('1')", "x = f'{g()}'", "x = f'{a:{g()}}'",
		"x = f'{(lambda: 1)}'", "x = lambda a=g(): 1",
		"from collections import defaultdict\nD = defaultdict(f)\n"
		"x = D[1]\n",
		"from decimal import Decimal as D\nx = D('1') / D('3')\n",
		"import pytest\n@pytest.mark.parametrize('a', [1], ids=f)\n"
		"def t(a): pass\n",
		"import pytest\n@pytest.fixture(scope=f)\ndef a(): pass\n",
		"import pytest\nfrom a import b\npytest.mark.x(b)\n",
		"import pytest\nfrom a import b\nx = pytest.mark.x(b)\n",
		"import pytest\nfrom a import b\nx = pytest.fixture(b)\n",
		"import pytest\nx = pytest.importorskip('a')\n",
		"def pytest_generate_tests(m): pass\n", "pytest_plugins = ['a']",
		"def __getattr__(n): pass", "def __dir__(): pass",
		"__path__ = []", "__name__ = '__main__'",
		"if __name__ != '__main__': f()",
		"if __name__ == '__main__' or x: f()",
		"if TYPE_CHECKING: f()", "TYPE_CHECKING = 1\nif TYPE_CHECKING: f()",
		"from a import TYPE_CHECKING\nif TYPE_CHECKING: f()",
		"if f(): pass", "try: f()\nexcept E: pass",
		"try: pass\nexcept f(): pass", "if a: pass\nelse: f()",
		"x = 1; f()", "x = \\\n\tf()\n", "x = (1,\n\nf())",
		"def f(): import_module('a')", "def f():\n\tsys.modules['a'] = 1\n",
		"def f(): importlib.reload(a)", "def f(): __import__('a')",
		"def f(): return a.__subclasses__()", "def f(): gc.get_objects()",
		"def f(): exec('1')", "def f(): return __builtins__",
		"def f(): builtins.a = 1", "def f(): sys.path.append('a')",
		"lazy import a", "lazy from a import b", "import a; lazy import b",
		"__lazy_modules__ = ['a']\nimport a",
		"from a import __lazy_modules__",
		"def f(): sys.set_lazy_imports('all')",
		"def f():\n\tfrom sys import set_lazy_imports_filter as g\n",
		"def f(): __lazy_import__('a')",
		"x = t'{f()}'", "x = [*f() for a in b]", "x = {**f() for a in b}",
		"def f(): sys.settrace(g)", "def f():\n\tfrom sys import modules\n",
		"def f():\n\tfrom importlib import reload as r\n",
		"# coding: latin-1\nx = 1\n", "# coding: ascii\n", "x = '\xff'\n",
		"x = (1", "x = 1)\n", "  x = 1\n y = 1\n", "x = 'a\n",
		"if x:\ny = 1\n", "\xc3\xa9 = 1\n", "x = $\n", "@a\n",
		"class A:\n\tglobal x\n\tx = 1\n", "x = 1 2\n", "nonlocal x",
	};

	(void)state;
	check(rows, countof(rows), false);
}

/* What stands where it does not run does not matter; nor does its place. */
static void
test_nesting(void **state)
{
	struct buf b = { 0 };
	int i;

	(void)state;
	buf_adds(&b, "x = ");
	for (i = 0; i < 150; i++)
		buf_adds(&b, "[");
	for (i = 0; i < 150; i++)
		buf_adds(&b, "]");
	buf_adds(&b, "\n");
	assert_true(inert(b.p));
	buf_clear(&b);
	buf_adds(&b, "x = ");
	for (i = 0; i < 5000; i++)
		buf_adds(&b, "lambda: ");
	buf_adds(&b, "1\n");
	assert_false(inert(b.p));
	buf_clear(&b);
	buf_adds(&b, "x = ");
	for (i = 0; i < 100000; i++)
		buf_adds(&b, "not -");
	buf_adds(&b, "1\n");
	assert_true(inert(b.p));
	buf_release(&b);
}

static void
test_knows(void **state)
{
	(void)state;
	assert_true(inert_knows(STR("os")));
	assert_true(inert_knows(STR("pytest")));
	assert_true(inert_knows(STR("typing_extensions")));
	assert_false(inert_knows(STR("o")));
	assert_false(inert_knows(STR("path")));
	assert_true(inert_use(STR("re.compile")) & INERT_CALL);
	assert_int_equal(inert_use(STR("re.comp")), 0);
	assert_int_equal(inert_use(STR("re.compiler")), 0);
	assert_int_equal(inert_use(STR("pytest.mark.")), 0);
	assert_int_equal(inert_use(STR("")), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inert),
		cmocka_unit_test(test_active),
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_knows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
