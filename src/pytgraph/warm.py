# SPDX-License-Identifier: Apache-2.0
"""Does once in a worker what each child forked from it would do again.

interpreter(): lets pytest run tests of its own making, with its built-in
plugins only, so that what is imported, compiled and looked up at first use is
there, and (from CPython 3.11, PEP 659) bytecode is specialised already; a
child otherwise does that by itself and, by writing to code objects, copies
their memory. What the run changes in the process is put back.

session(): patterns, directory listings of sys.path, the writers of results.
"""

import os
import sys

_TESTS = """
import pytest

@pytest.fixture
def thing():
    yield 1

class TestOne:
    def test_method(self, thing):
        assert thing == 1

@pytest.mark.parametrize("number", range(4))
def test_number(number):
    assert number < 5

def test_plain():
    assert [1] == [1]

def test_print(capsys):
    print("x")
""" + "".join("""
def test_%d(thing):
    assert thing
""" % i for i in range(12))


def interpreter(rounds=1):
    """Run pytest on a file of trivial tests, `rounds` times."""
    import tempfile
    import pytest
    from . import child
    saved = Saved()
    with tempfile.TemporaryDirectory(prefix="tgraph-warm-") as top:
        os.chdir(top)
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
            os.environ.pop(name, None)
        for name in ("d/e/test_warm.py", "d/e/conftest.py", "pytest.ini"):
            path = os.path.join(top, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as stream:
                stream.write(_TESTS if "test" in name and "conf" not in name
                             and name.endswith("py") else "")
        null = os.open(os.devnull, os.O_WRONLY)
        out = os.dup(1), os.dup(2)
        os.dup2(null, 1)
        os.dup2(null, 2)
        try:
            for _ in range(rounds):
                pytest.main(["-q", "-p", "no:cacheprovider",
                             "d/e/test_warm.py"])
                saved.modules()
        finally:
            for i, fd in enumerate(out):
                os.dup2(fd, i + 1)
                os.close(fd)
            os.close(null)
            saved.restore()


class Saved:
    """What a run of pytest may leave changed in its process."""

    def __init__(self):
        import warnings
        self.cwd = os.getcwd()
        self.env = dict(os.environ._data)
        self.path = list(sys.path)
        self.meta = list(sys.meta_path)
        self.hooks = list(sys.path_hooks)
        self.argv = list(sys.argv)
        self.filters = list(warnings.filters)

    def modules(self):
        """Forget the modules of the tests."""
        for name in ("test_warm", "conftest"):
            sys.modules.pop(name, None)

    def restore(self):
        import warnings
        os.chdir(self.cwd)
        os.environ.clear()
        for name, value in self.env.items():
            os.environ[os.fsdecode(name)] = os.fsdecode(value)
        sys.path[:] = self.path
        sys.meta_path[:] = self.meta
        sys.path_hooks[:] = self.hooks
        sys.argv[:] = self.argv
        if warnings.filters != self.filters:
            warnings.filters[:] = self.filters
            warnings._filters_mutated()
        for name in list(sys.path_importer_cache):
            if "tgraph-warm-" in name:
                del sys.path_importer_cache[name]


def session(config):
    """Fill the caches of a configured session."""
    import importlib.util
    from . import collect
    importlib.util.find_spec("_tgraph_no_such_module")
    from _pytest.pathlib import fnmatch_ex
    for pattern in config.getini("norecursedirs"):
        fnmatch_ex(pattern, config.rootpath)
    for pattern in config.getini("python_files"):
        fnmatch_ex(pattern, config.rootpath / "test_.py")
    collect.Listing()
    results()


def results():
    """Run the writers of results once, on an empty result."""
    from . import options, results
    opts = options.Options()
    opts.base = opts.result = "/"
    doc = {"items": [], "collect_errors": [], "status": "passed", "start": 0,
           "duration": 0.0, "imported": ["a"], "done": True}
    results.junit(doc, "")
    results.escape("&")
    results.depfile(opts, doc)
    results.encode(doc)
