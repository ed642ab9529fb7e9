# SPDX-License-Identifier: Apache-2.0
"""Compiled source that is never older than its source.

Python knows a .pyc file's source by size and by modification time in whole
seconds (PEP 3147), and so did pytest for modules whose asserts it rewrites
(until 9.2): an edit that keeps both would run old code. Therefore:

- First-party source is read each time it is imported, and what was compiled of
  it is found below a directory of ours by the hash of what was read (PEP 552).
  Names and places are those that importlib or pytest would have used, so that
  loaders that compile in a way of their own keep theirs apart; the user's tree
  stays clean. PYTHONDONTWRITEBYTECODE means other places.
- Other source that is not installed (what tests write into a temporary
  directory, libraries beside the repository) has its .pyc files where Python
  puts them. One that Python would take though it may be older is not read.
- Pythons that tests start follow Python's own rule: before the first one is
  started, .pyc files of first-party source that would run other code than the
  source has are removed: see doubt.py.

Nothing of this can be told from a module's attributes.
"""

import os
import sys
from marshal import dumps, loads
from weakref import ref

from . import doubt, ending, private

_FLAGS = b"\x03\0\0\0"          # of PEP 552: by hash, to be checked
_HEADER = 16


def trees(opts):
    """Directories below which source is first-party."""
    return {opts.base, opts.cwd, opts.rootdir or opts.base}


class Caches:
    """Which source files are first-party, and where their caches go."""

    def __init__(self, prefix, trees):
        self.prefix = prefix
        self.trees = tuple(os.path.join(t, "") for t in trees)
        # A tree may lie where things are installed.
        self.installed = tuple(d for d in _installed() if not any(
            t.startswith(d) for t in self.trees))
        self.natural = False    # pytest keeps rewritten modules in its own way
        self.tail = None        # of the names of .pyc files of rewritten ones
        self.rewrite = None     # the code of the one at a path

    def ours(self, path):
        """Is `path` (str) first-party source?"""
        return path.startswith(self.trees) and \
            not path.startswith(self.installed)

    def place(self, source, name):
        """Where what is compiled of `source` (absolute path) is kept, `name`
        being that of its .pyc file."""
        return self.prefix + os.path.join(os.path.dirname(source), name)

    def sweep(self):
        """Remove the .pyc files of first-party source that differ from it."""
        sweep = doubt.Sweep(
            lambda source, name: self.place(source, name) + ".right",
            self.rewrite, self.tail)
        for tree in self.trees:
            if not tree.startswith(tuple(t for t in self.trees if t != tree)):
                sweep.below(tree, self.installed)


def install(prefix, trees, pytest):
    """Let first-party source, that below `trees`, be compiled into `prefix`
    (absolute paths), with `pytest` also rewritten modules."""
    import importlib._bootstrap_external as external
    caches = Caches(prefix, trees)
    _importlib(external, caches)
    if pytest:
        _pytest(caches)
    started.watch(caches)


# ---- what is kept by content

def key(source):
    """The header of what is compiled of `source` (bytes)."""
    from importlib.util import MAGIC_NUMBER, source_hash
    return MAGIC_NUMBER + _FLAGS + source_hash(source)


def load(path, header, file):
    """The code object kept at `path` under `header`, compiled as `file`; None
    if there is none."""
    try:
        with open(path, "rb", 0) as stream:
            data = stream.read()
        if data[:_HEADER] == header:
            code = loads(memoryview(data)[_HEADER:])
            if code.co_filename == file:
                return code
    except (OSError, EOFError, ValueError, TypeError, AttributeError):
        pass
    return None


def keep(path, header, code):
    """Keep `code` at `path`, if that can be written."""
    from .results import write_atomic
    try:
        write_atomic(path, header + dumps(code))
    except (OSError, ValueError):
        pass


# ---- modules

def _importlib(external, caches):
    loader = external.SourceFileLoader
    plain = getattr(loader.get_code, "tgraph_plain", loader.get_code)

    def get_code(self, fullname):
        source = self.get_filename(fullname)
        if not isinstance(source, str) or \
                source.startswith(caches.installed):
            return plain(self, fullname)
        # As of now: some loaders put another function in its place to have
        # names of their own.
        try:
            natural = external.cache_from_source(source)
        except NotImplementedError:
            return plain(self, fullname)
        if not source.startswith(caches.trees) and \
                not _misleads(source, natural):
            return plain(self, fullname)
        data = self.get_data(source)
        ending.note(data)
        path = caches.place(source, os.path.basename(natural))
        header = key(data)
        code = load(path, header, source)
        if code is None:
            code = self.source_to_code(data, source)
            keep(path, header, code)
        return code

    get_code.tgraph_plain = plain
    loader.get_code = get_code


def _misleads(source, cache):
    """Is there a .pyc file that Python would take though it may be older?"""
    try:
        return doubt.taken(source, cache) is not None
    except OSError:
        return False


def _pytest(caches):
    """Modules that pytest rewrites."""
    cache = private.RewritingCache.find()
    if cache is None:
        caches.natural = True
        caches.sweep()
        return

    def make(cache_dir):
        ours = caches.ours(os.path.join(str(cache_dir), ""))
        return not ours and cache.make(cache_dir)

    def read(source, pyc, *more, **named):
        file = str(source)
        if caches.ours(file) or not file.startswith(caches.installed) and \
                _misleads(file, str(pyc)):
            return None
        return cache.read(source, pyc, *more, **named)

    caches.tail = cache.tail

    def compile_(fn, config):
        if caches.rewrite is None and \
                not config.getini("enable_assertion_pass_hook"):
            caches.rewrite = _rewriter(config)
        if not caches.ours(str(fn)):
            return cache.compile(fn, config)
        return None, rewritten(fn, config)

    def rewritten(fn, config):
        tail = cache.tail
        if config.getini("enable_assertion_pass_hook"):
            tail = "-pass" + tail
        path = caches.place(str(fn), fn.name[:-3] + tail)
        source = fn.read_bytes()
        ending.note(source)
        header = key(source)
        code = load(path, header, str(fn))
        if code is None:
            state = os.stat(fn)
            code = cache.compile(fn, config)[1]
            # pytest has read it once more.
            if same(state, os.stat(fn)) and fn.read_bytes() == source:
                keep(path, header, code)
        return code

    def write(state, code, source, pyc):
        return source is not None and cache.write(state, code, source, pyc)

    cache.replace(make=make, read=read, compile=compile_, write=write)


def _rewriter(config):
    from pathlib import Path
    # importlib has what holds this, and lives longest: what tests leave, and
    # pytest's modules, must be free to go before.
    weak = ref(config)

    def rewrite(path):
        cache, config = private.RewritingCache.find(), weak()
        if config is None or cache is None:
            raise OSError("no pytest")
        return cache.compile(Path(path), config)[1]

    return rewrite


def same(before, after):
    """Are these stat results of one state of a file?"""
    return (before.st_ctime_ns, before.st_size, before.st_ino) == \
        (after.st_ctime_ns, after.st_size, after.st_ino)


# ---- Pythons that are started

class Started:
    """What is done once before the first process is started; processes that
    are forked from one that has called watch() share it."""

    def __init__(self):
        self.caches = None
        self.done = None        # a byte of shared memory

    def watch(self, caches):
        import mmap
        from ..observe import environ
        self.caches = caches
        if self.done is None:
            self.done = mmap.mmap(-1, 1)
        environ.seen.spawning = self.begin

    def begin(self, event):
        # A process that is only forked goes on with what it has imported.
        if self.done[0] or event in ("os.fork", "os.forkpty"):
            return
        self.done[0] = 1
        self.caches.sweep()

    def renew(self):
        """In a process that was forked to run a file: sources may have changed
        since it was swept for those that pytest keeps."""
        if self.caches is not None and self.caches.natural:
            self.caches.sweep()


started = Started()


def _installed():
    """Directories of the standard library and of installed distributions,
    each with a separator at its end."""
    roots = [os.path.dirname(os.__file__),
             sys.modules["_pytgraph"].__path__[0]]
    roots += [p for p in sys.path
              if os.path.basename(p) in ("site-packages", "dist-packages")]
    return tuple(os.path.join(p, "") for p in roots)
