#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiled source: no old code is run, and a test can't tell that there is
anything in the place of Python's own cache."""

import os
import sys
import unittest

import pytgraph_case

pytgraph_case.modules()

OLD = 1000000000


class Edits(pytgraph_case.Case):
    """Edits of equal size whose time is put back."""

    def edit(self, name, text):
        path = self.write(name, text)
        os.utime(path, (OLD, OLD))

    def environment(self):
        return dict(super().environment(), PYTHONDONTWRITEBYTECODE="")

    def both(self, name, **kwargs):
        """Outcomes by the plain command and by the worker."""
        plain = self.outcomes(self.plain(name, **kwargs)[2])
        self.assertEqual(plain, self.outcomes(self.work(name, **kwargs)[2]))
        return plain

    def again(self, name, change, **kwargs):
        """Does the only test pass with edition 1, and fail with 2?"""
        got = []
        for edition in 1, 2, 1:
            change(edition)
            got += self.both(name, **kwargs).values()
        self.assertEqual(got, ["passed", "failed", "passed"])

    def test_unittest(self):
        self.write("test_a.py", """
            import unittest
            import mod
            class Case(unittest.TestCase):
                def test(self):
                    self.assertEqual(mod.VALUE, 1)
            """)
        self.again("test_a.py", lambda n: self.edit(
            "mod.py", "VALUE = %d\n" % n), runner="unittest")

    @unittest.skipUnless(pytgraph_case.has_pytest(), "no pytest")
    def test_beside_the_repository(self):
        lib = os.path.join(self.root, "lib")
        repo = os.path.join(self.root, "repo")
        self.write("repo/test_a.py", """
            import sys
            sys.path.insert(0, %r)
            import mod
            def test():
                assert mod.VALUE == 1
            """ % lib)
        self.root = repo
        self.again("test_a.py", lambda n: self.edit(
            "../lib/mod.py", "VALUE = %d\n" % n))
        self.assertTrue(os.listdir(os.path.join(lib, "__pycache__")))

    @unittest.skipUnless(pytgraph_case.has_pytest(), "no pytest")
    def test_started(self):
        self.write("test_a.py", """
            import subprocess
            import sys
            def test():
                code = "import mod; assert mod.VALUE == 1"
                assert subprocess.call([sys.executable, "-c", code]) == 0
            """)
        for edition, outcome in (1, "passed"), (2, "failed"), (1, "passed"):
            self.edit("mod.py", "VALUE = %d\n" % edition)
            doc = self.plain("test_a.py")[2]
            self.assertEqual(self.outcomes(doc), {"test": outcome})
        self.assertTrue(os.path.exists(
            os.path.join(self.root, "__pycache__")))

    @unittest.skipUnless(pytgraph_case.has_pytest(), "no pytest")
    def test_loader_of_ones_own(self):
        """One that compiles in its way and keeps that under another name."""
        self.write("mod.py", "VALUE = 1\n")
        self.write("test_a.py", """
            import sys
            from importlib.machinery import PathFinder, SourceFileLoader
            from unittest.mock import patch
            from importlib.util import cache_from_source
            class Loader(SourceFileLoader):
                def source_to_code(self, data, path, **more):
                    return super().source_to_code(
                        data.replace(b"1", b"5"), path, **more)
                def get_code(self, name):
                    place = "importlib._bootstrap_external.cache_from_source"
                    with patch(place, lambda path: cache_from_source(
                            path, optimization="mine")):
                        return super().get_code(name)
            class Finder(PathFinder):
                @classmethod
                def find_spec(cls, name, path=None, target=None):
                    spec = super().find_spec(name, path, target)
                    if name == "mod":
                        spec.loader = Loader(name, spec.origin)
                    return spec
            def test():
                import mod
                assert mod.VALUE == 1
                del sys.modules["mod"]
                sys.meta_path.insert(0, Finder)
                import mod
                assert mod.VALUE == 5
            """)
        for _ in range(2):
            self.assertEqual(self.both("test_a.py"), {"test": "passed"})

    @unittest.skipUnless(pytgraph_case.has_pytest(), "no pytest")
    def test_what_a_test_sees(self):
        self.write("mod.py", "VALUE = 1\n")
        self.write("test_a.py", """
            import importlib.util
            import os
            import subprocess
            import sys
            import mod
            def test_module():
                assert mod.__cached__ == \\
                    importlib.util.cache_from_source(mod.__file__)
            def test_settings():
                assert sys.pycache_prefix is None
                assert "PYTHONPYCACHEPREFIX" not in os.environ
                assert not sys.dont_write_bytecode
            def test_own_module(tmp_path, monkeypatch):
                (tmp_path / "mine.py").write_text("")
                monkeypatch.syspath_prepend(tmp_path)
                import mine
                assert os.path.exists(mine.__cached__)
            """)
        self.assertEqual(set(self.both("test_a.py").values()), {"passed"})
        self.assertFalse(os.path.exists(
            os.path.join(self.root, "__pycache__")))


class Doubt(pytgraph_case.Case):
    """Which .pyc files are removed before a process is started."""

    def compiled(self, name, later):
        """A source and its .pyc file, `later` seconds younger than the last
        change of the source; its path."""
        from importlib.util import cache_from_source
        source = self.write(name, "VALUE = 1\n")
        cache = cache_from_source(source)
        os.makedirs(os.path.dirname(cache), exist_ok=True)
        open(cache, "wb").close()
        when = os.stat(source).st_ctime + later
        os.utime(cache, (when, when))
        return cache

    def test_sweep(self):
        from _pytgraph.runner import pycache
        gone = [self.compiled("a.py", 0), self.compiled("a-1.0/b/c.py", -9)]
        stays = [self.compiled("b.py", 10),
                 self.compiled("site-packages/d.py", -9),
                 self.compiled("lib/e.py", -9),
                 self.compiled(".hidden/f.py", -9),
                 self.compiled("env/g.py", -9)]
        self.write("env/pyvenv.cfg")
        lonely = self.compiled("h.py", -9)
        os.unlink(os.path.join(self.root, "h.py"))
        pycache.sweep(self.root, (os.path.join(self.root, "lib", ""),))
        self.assertEqual([os.path.exists(p) for p in gone], [False, False])
        self.assertEqual([os.path.exists(p) for p in stays + [lonely]],
                         [True] * 6)

    def test_kept(self):
        from _pytgraph.runner import pycache
        path = os.path.join(self.root, "a.pyc")
        code = compile("1", "a.py", "eval")
        header = pycache.key(b"1")
        pycache.keep(path, header, code)
        self.assertEqual(pycache.load(path, header, "a.py"), code)
        self.assertIsNone(pycache.load(path, header, "b.py"))
        self.assertIsNone(pycache.load(path, pycache.key(b"2"), "a.py"))
        with open(path, "rb") as stream:
            data = stream.read()
        for end in range(len(data)):
            with open(path, "wb") as stream:
                stream.write(data[:end])
            self.assertIsNone(pycache.load(path, header, "a.py"))


if __name__ == "__main__":
    sys.exit(unittest.main())
