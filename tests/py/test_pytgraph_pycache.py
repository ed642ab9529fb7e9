#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiled source: no old code is run, and a test can't tell that there is
anything in the place of Python's own cache."""

import marshal
import os
import sys
import unittest
from importlib.util import MAGIC_NUMBER

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

    TAG = sys.implementation.cache_tag

    def compiled(self, name, code="VALUE = 1\n", tail=None, later=0,
                 header=None):
        """A source that sets VALUE to 1, and a .pyc file of `code` that Python
        would take for it, `later` seconds younger than the last change of the
        source; its path."""
        source = self.write(name, "VALUE = 1\n")
        os.utime(source, (OLD, OLD))
        directory, base = os.path.split(source)
        cache = os.path.join(directory, "__pycache__", "%s.%s.pyc" % (
            base[:-3], tail or self.TAG))
        os.makedirs(os.path.dirname(cache), exist_ok=True)
        if header is None:
            header = b"\0" * 4 + OLD.to_bytes(4, "little") + \
                os.stat(source).st_size.to_bytes(4, "little")
        with open(cache, "wb") as stream:
            stream.write(MAGIC_NUMBER + header + marshal.dumps(
                compile(code, "elsewhere.py", "exec")))
        when = os.stat(source).st_ctime + later
        os.utime(cache, (when, when))
        return cache

    def sweep(self, *but, **named):
        from _pytgraph.runner import doubt
        notes = os.path.join(self.root, ".tgraph", "pycache")
        doubt.Sweep(lambda source, name: os.path.join(
            notes + os.path.dirname(source), name + ".right"),
            **named).below(self.root, but)

    def there(self, paths):
        return [os.path.relpath(p, self.root) for p in paths
                if os.path.exists(p)]

    def test_differs(self):
        other = "VALUE = 2\n"
        gone = [self.compiled("a.py", other),
                self.compiled("a-1.0/b/c.py", other, later=-9),
                self.compiled("d.1.0.py", other),
                self.compiled("e.py", other, self.TAG + ".opt-1"),
                self.compiled("lines.py", "\n\nVALUE = 1\n"),
                self.compiled("const.py", "VALUE = 1.0\n")]
        broken = self.compiled("broken.py")
        with open(broken, "rb+") as stream:
            stream.truncate(20)
        when = os.stat(os.path.join(self.root, "broken.py")).st_ctime
        os.utime(broken, (when, when))
        syntax = self.compiled("syntax.py")
        with open(os.path.join(self.root, "syntax.py"), "w") as stream:
            stream.write("VALUE = (\n")
        os.utime(stream.name, (OLD, OLD))
        self.assertEqual(len(self.there(gone + [broken, syntax])), 8)
        self.sweep()
        self.assertEqual(self.there(gone + [broken, syntax]), [])

    def test_same(self):
        """Nothing that is right is removed, however young."""
        stays = [self.compiled("a.py"), self.compiled("b/c.py", later=-9),
                 self.compiled("d.1.0.py"),
                 self.compiled("e.py", tail=self.TAG + ".opt-2")]
        self.sweep()
        self.assertEqual(len(self.there(stays)), 4)

    def test_not_taken(self):
        """What Python itself finds to be old, or right, is left to it."""
        other = "VALUE = 2\n"
        stays = [self.compiled("later.py", other, later=10),
                 self.compiled("size.py", other, header=b"\0" * 4 +
                               OLD.to_bytes(4, "little") + b"\1\0\0\0"),
                 self.compiled("hash.py", other, header=b"\3\0\0\0" +
                               b"\1" * 8),
                 self.compiled("site-packages/d.py", other),
                 self.compiled("lib/e.py", other),
                 self.compiled(".hidden/f.py", other),
                 self.compiled("env/g.py", other)]
        self.write("env/pyvenv.cfg")
        stays.append(self.compiled("h.py", other))
        os.unlink(os.path.join(self.root, "h.py"))
        self.sweep(os.path.join(self.root, "lib", ""))
        self.assertEqual(len(self.there(stays)), 8)

    def test_others(self):
        """What can't be compared is removed if the source has changed."""
        for tail in "other-99", self.TAG + ".opt-mine":
            gone = self.compiled("a.py", tail=tail, later=-9)
            stays = self.compiled("b.py", tail=tail)
            self.sweep()
            self.assertEqual(self.there([gone, stays]),
                             self.there([stays]))

    def test_rewritten(self):
        """What pytest has rewritten is compared with what it would."""
        tail = self.TAG + "-pytest-8.3.5"
        right = self.compiled("a.py", "VALUE = 5\n", tail)
        wrong = self.compiled("b.py", "VALUE = 6\n", tail)
        seen = []

        def rewrite(source):
            seen.append(os.path.basename(source))
            return compile("VALUE = 5\n", source, "exec")

        self.sweep(rewrite=rewrite, tail=".%s.pyc" % tail)
        self.assertEqual(sorted(seen), ["a.py", "b.py"])
        self.assertEqual(self.there([right, wrong]), self.there([right]))

    def test_once(self):
        """What was right is not compared again, unless it may have changed."""
        from unittest.mock import patch
        from _pytgraph.runner import doubt
        cache = self.compiled("a.py")
        note = os.path.join(self.root, ".tgraph", "pycache") + \
            os.path.join(self.root, os.path.basename(cache) + ".right")
        for later, times in (0, 1), (0, 1), (10, 0):
            with patch.object(doubt, "_compile", wraps=compile) as compiler:
                if os.path.exists(note):
                    when = os.stat(note).st_ctime + later
                    os.utime(note, (when, when))
                self.sweep()
            self.assertEqual(compiler.call_count, times)
            self.assertTrue(os.path.exists(cache))
        os.utime(self.write("a.py", "VALUE = 7\n"), (OLD, OLD))
        self.sweep()
        self.assertFalse(os.path.exists(cache))

    def test_beside(self):
        """What lies outside and is doubtful is not read, and stays."""
        self.write("repo/test_a.py", """
            import sys
            import unittest
            sys.path.insert(0, %r)
            import mod
            class Case(unittest.TestCase):
                def test(self):
                    self.assertEqual(mod.VALUE, 1)
            """ % self.root)
        cache = self.compiled("mod.py", "VALUE = 2\n")
        with open(cache, "rb") as stream:
            before = stream.read()
        self.root = os.path.join(self.root, "repo")
        got = self.work("test_a.py", runner="unittest")[2]
        self.assertEqual(list(self.outcomes(got).values()), ["passed"])
        with open(cache, "rb") as stream:
            self.assertEqual(stream.read(), before)

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
