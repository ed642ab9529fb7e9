# SPDX-License-Identifier: Apache-2.0
"""Where .pyc files of first-party source go.

sys.pycache_prefix (Python 3.8) would move all of them: those of the standard
library and of installed distributions too, whose own caches would then be
ignored and compiled again, and those of modules that tests write into
temporary directories. So it is left alone, and the two places that turn a
source path into a cache path are replaced: importlib's cache_from_source
(PEP 3147) and get_cache_dir of pytest's assertion rewriting. Processes that
tests start get PYTHONPYCACHEPREFIX.

PYTHONDONTWRITEBYTECODE keeps its meaning outside the first-party tree.

A .pyc file knows its source by size and by modification time in whole seconds
(PEP 3147): an edit that keeps the size, in the second in which the source was
compiled, would not be seen. So none is written of a source that young.
"""

import os
import sys
import time

YOUNG = 2.0             # seconds


def young(mtime):
    """Could a source modified at `mtime` (seconds) change once more without
    another mtime in whole seconds?"""
    return time.time() - mtime < YOUNG


class Caches:
    """Which source files are first-party, and where their caches go."""

    def __init__(self, prefix, trees):
        self.prefix = prefix
        self.trees = tuple(os.path.join(t, "") for t in trees)
        self.installed = _installed()
        self.write_others = not sys.dont_write_bytecode

    def ours(self, path):
        """Is `path` (str) first-party source?"""
        return path.startswith(self.trees) and \
            not path.startswith(self.installed)


def install(prefix, trees, pytest):
    """Let .pyc files of the source below `trees` go below `prefix` (absolute
    paths), with `pytest` also those of rewritten modules."""
    import importlib._bootstrap_external as external
    # Pythons that tests start write theirs by Python's own rule: not where
    # this process would believe them.
    os.environ["PYTHONPYCACHEPREFIX"] = prefix + ".started"
    caches = Caches(prefix, trees)
    sys.dont_write_bytecode = False
    _importlib(external, caches)
    if pytest:
        _pytest(caches)


def _importlib(external, caches):
    plain = getattr(external.cache_from_source, "tgraph_plain",
                    external.cache_from_source)
    loader = external.SourceFileLoader
    plain_write = getattr(loader._cache_bytecode, "tgraph_plain",
                          loader._cache_bytecode)

    def cache_from_source(path, *args, **kwargs):
        if not isinstance(path, str) or not caches.ours(path):
            return plain(path, *args, **kwargs)
        saved = sys.pycache_prefix
        sys.pycache_prefix = caches.prefix
        try:
            return plain(path, *args, **kwargs)
        finally:
            sys.pycache_prefix = saved

    def _cache_bytecode(self, source_path, bytecode_path, data):
        if not caches.write_others and not caches.ours(source_path):
            return
        try:
            if young(os.stat(source_path).st_mtime):
                return
        except OSError:
            return
        plain_write(self, source_path, bytecode_path, data)

    cache_from_source.tgraph_plain = plain
    _cache_bytecode.tgraph_plain = plain_write
    external.cache_from_source = cache_from_source
    loader._cache_bytecode = _cache_bytecode


def _pytest(caches):
    from pathlib import Path
    from _pytest.assertion import rewrite
    plain = getattr(rewrite.get_cache_dir, "tgraph_plain",
                    rewrite.get_cache_dir)
    plain_make = getattr(rewrite.try_makedirs, "tgraph_plain",
                         rewrite.try_makedirs)
    plain_write = getattr(rewrite._write_pyc, "tgraph_plain",
                          rewrite._write_pyc)

    def get_cache_dir(file_path):
        if not caches.ours(str(file_path)):
            return plain(file_path)
        return Path(caches.prefix, *file_path.parts[1:-1])

    def try_makedirs(cache_dir):
        if not caches.write_others and \
                not str(cache_dir).startswith(caches.prefix):
            return False
        return plain_make(cache_dir)

    def _write_pyc(state, code, source, pyc):
        # a stat result; from pytest 9.2 on a digest of the source
        mtime = getattr(source, "st_mtime", None)
        if mtime is not None and young(mtime):
            return False
        return plain_write(state, code, source, pyc)

    _write_pyc.tgraph_plain = plain_write
    rewrite._write_pyc = _write_pyc
    get_cache_dir.tgraph_plain = plain
    try_makedirs.tgraph_plain = plain_make
    rewrite.get_cache_dir = get_cache_dir
    rewrite.try_makedirs = try_makedirs


def _installed():
    """Directories of the standard library and of installed distributions,
    each with a separator at its end."""
    roots = [os.path.dirname(os.__file__),
             os.path.dirname(os.path.abspath(__file__))]
    roots += [p for p in sys.path
              if os.path.basename(p) in ("site-packages", "dist-packages")]
    return tuple(os.path.join(p, "") for p in roots)
