# SPDX-License-Identifier: Apache-2.0
"""Where .pyc files of first-party source go.

sys.pycache_prefix (Python 3.8) would move all of them: those of the standard
library and of installed distributions too, whose own caches would then be
ignored and compiled again, and those of modules that tests write into
temporary directories. So it is left alone, and the two places that turn a
source path into a cache path are replaced: importlib's cache_from_source
(PEP 3147) and get_cache_dir of pytest's assertion rewriting.

PYTHONDONTWRITEBYTECODE keeps its meaning outside the first-party tree.

A .pyc file knows its source by size and by modification time in whole seconds
(PEP 3147): an edit that keeps the size, in the second in which the source was
compiled, would not be seen. So none is written of a source that young.

Pythons that tests start follow Python's own rule, and would so run old code
after such an edit. They get a PYTHONPYCACHEPREFIX that no other run has and
that is removed at the run's end, in which the directories of the standard
library and of installed distributions are links to ones that stay, which begin
with links to the .pyc files that are there. One that is started without this
variable does as under plain pytest.
"""

import os
import sys
import time

YOUNG = 2.0             # seconds
# How many .pyc files of one directory with all below it are linked: to look
# for those of a large installation takes longer than to compile some.
MOST = 2000


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
    started.renew(prefix)
    caches = Caches(prefix, trees)
    sys.dont_write_bytecode = False
    _importlib(external, caches)
    if pytest:
        _pytest(caches)


class Started:
    """The .pyc files of Pythons that this process starts."""

    # Not what a test has put in their place when it starts a process.
    mkdir, stat, symlink, scandir, listdir = map(staticmethod, (
        os.mkdir, os.stat, os.symlink, os.scandir, os.listdir))

    def __init__(self):
        self.top = None         # holds the directories of all runs
        self.own = None         # of this process
        self.home = None        # where its links go
        self.made = False

    def renew(self, prefix):
        """This process has a directory of its own from here on; it is made
        when a process is started."""
        from ..observe import environ
        self.top = prefix + ".started"
        self.own = "%s/run-%d-%x" % (self.top, os.getpid(), time.time_ns())
        self.home = None
        self.made = False
        os.environ["PYTHONPYCACHEPREFIX"] = self.own
        environ.seen.spawning = self.make

    def make(self, event):
        # A process that is only forked goes on with what it has imported.
        if self.made or event in ("os.fork", "os.forkpty"):
            return
        self.made = True
        try:
            self._link(_tops(_installed()))
        except OSError:
            return              # it is only slower

    def _link(self, roots):
        # What is installed or removed changes the directory, and so the name.
        stats = [self.stat(r) for r in roots]
        which = hash(tuple(int.from_bytes(os.fsencode(r), "big")
                           for r in roots))
        state = hash(tuple((s.st_dev, s.st_ino, s.st_ctime_ns)
                           for s in stats))
        mask = (1 << 64) - 1
        self.home = "%s/installed-%x-%x" % (self.top, which & mask,
                                            state & mask)
        fresh = [r for r in roots if self._mkdirs(self.home + r)]
        for root in roots:
            self._mkdirs(self.own + root[:root.rindex("/")])
            self.symlink(self.home + root, self.own + root)
        for root in fresh:
            self._fill(root)

    def _fill(self, root):
        """Link the .pyc files below `root` that Python has written beside
        their sources, those of the outer packages first. Python still compares
        them with their sources, and replaces the link of one that is old."""
        left = MOST
        todo = [root]
        for where in todo:
            names = [e.name for e in self.scandir(where)
                     if "." not in e.name and e.name not in _UNUSED and
                     e.is_dir(follow_symlinks=False)]
            if _CACHE in names:
                names.remove(_CACHE)
                left -= self._fill_one(where, left)
                if left <= 0:
                    return
            todo += [where + "/" + name for name in names]

    def _fill_one(self, where, most):
        """Link up to `most` files of one directory; how many."""
        cache = "%s/%s/" % (where, _CACHE)
        # Not -O's: opt-1, opt-2.
        names = [n for n in self.listdir(cache)
                 if n.endswith(".pyc") and _TAG in n and ".opt-" not in n]
        if names:
            self._mkdirs(self.home + where)
        for name in names[:most]:
            try:
                self.symlink(cache + name, self.home + where + "/" + name)
            except FileExistsError:
                pass
        return len(names[:most])

    def _mkdirs(self, path):
        """Make `path` and those above it; was it not there?"""
        try:
            self.mkdir(path)
        except FileNotFoundError:
            self._mkdirs(path[:path.rindex("/")])
            return self._mkdirs(path)
        except FileExistsError:
            return False
        return True

    def end(self):
        """Remove what was made, and what others left that are no more."""
        if not self.made and not os.path.isdir(self.own):
            return
        own, home = os.path.basename(self.own), None
        if self.home:
            home = os.path.basename(self.home)
        try:
            names = os.listdir(self.top)
        except FileNotFoundError:
            return
        for name in names:
            words = name.split("-")
            if name == own or len(words) == 3 and (
                    words[0] == "run" and not _alive(words[1]) or
                    home and name != home and
                    words[:2] == home.split("-")[:2]):
                import shutil
                shutil.rmtree(os.path.join(self.top, name),
                              ignore_errors=True)


started = Started()
_CACHE = "__pycache__"
_TAG = ".%s" % sys.implementation.cache_tag
# Large, and no part of what programs import.
_UNUSED = ("site-packages", "dist-packages", "test", "tests")


def _alive(pid):
    """Is there a process of that number?"""
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def _tops(roots):
    """Those of `roots` that are directories below none of the others, without
    separators at their ends."""
    tops = []
    for root in sorted(roots):
        if os.path.isdir(root) and not root.startswith(tuple(tops)):
            tops.append(root)
    return [t[:-1] for t in tops]


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
             sys.modules["_pytgraph"].__path__[0]]
    roots += [p for p in sys.path
              if os.path.basename(p) in ("site-packages", "dist-packages")]
    return tuple(os.path.join(p, "") for p in roots)
