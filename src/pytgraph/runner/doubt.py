# SPDX-License-Identifier: Apache-2.0
"""Which .pyc files hold other code than their source.

Python knows a .pyc file's source by size and by modification time in whole
seconds, unless it was asked for hashes (PEP 552). Times of change, unlike those
of modification, can't be put back: where they show that a source may have
changed since, and Python would take the .pyc file nevertheless, the source is
compiled and the two are compared. What has been found right is noted in a
directory of ours, so that nothing is compared twice.

Only what differs is removed. Files of another Python, or of a loader that
compiles in a way of its own, can't be compared: they are removed if the source
has certainly changed since they were written.
"""

import os
import sys
import warnings
from marshal import loads

from ..observe.library import quiet

# Nanoseconds by which a .pyc file has to be younger than the last change of its
# source: it is written after the source was read, and clocks of files are
# coarse.
MARGIN = 2 * 10 ** 9
_HEADER = 16
_CACHE = "__pycache__"
_UNUSED = ("node_modules", "site-packages", "dist-packages")


def taken(source, cache):
    """Would Python take the .pyc file `cache` for the file `source`, though it
    may be older? Their stat results, else None; OSError: no source."""
    state = _stat(source)
    try:
        was = _stat(cache)
        if was.st_mtime_ns >= state.st_ctime_ns + MARGIN:
            return None
        with _open(cache, "rb", 0) as stream:
            header = stream.read(_HEADER)
    except OSError:
        return None
    known = b"".join(
        (int(n) & 0xFFFFFFFF).to_bytes(4, "little")
        for n in (0, state.st_mtime, state.st_size))
    return (state, was) if header[4:] == known else None


class Sweep:
    """Removes .pyc files.

    note(source, name)  the path of a file of ours for the file `name` in the
                        __pycache__ of `source`
    rewrite(source)     the code that pytest makes of a path; OSError if it
                        can't; may be None
    tail                of the names of pytest's .pyc files; may be None
    """

    def __init__(self, note, rewrite=None, tail=None):
        self.note = note
        self.rewrite = rewrite
        self.tail = tail

    def below(self, top, but=()):
        """All below the directory `top` that differ; the directories `but` are
        left out, and those in which no Python looks."""
        todo = [top]
        while todo:
            here = todo.pop()
            try:
                entries = list(_scandir(here))
            except OSError:
                continue
            names = {entry.name for entry in entries}
            if "pyvenv.cfg" in names:
                continue
            if _CACHE in names:
                self._directory(here, names)
            for entry in entries:
                name = entry.name
                if name[0] != "." and name != _CACHE and \
                        name not in _UNUSED and \
                        entry.is_dir(follow_symlinks=False):
                    path = os.path.join(here, name, "")
                    if path not in but:
                        todo.append(path)

    def _directory(self, here, sources):
        cache = os.path.join(here, _CACHE)
        try:
            names = _listdir(cache)
        except OSError:
            return
        for name in names:
            stem = _stem(name, sources)
            if stem is None:
                continue
            source = os.path.join(here, stem + ".py")
            path = os.path.join(cache, name)
            try:
                states = taken(source, path)
                if states and self.differs(source, path, stem, *states):
                    _unlink(path)
            except OSError:
                continue

    def differs(self, source, path, stem, state, was):
        """Is the file `path` other code than `source`, whose name is `stem`
        and .py? Their stat results are `was` and `state`; OSError."""
        name = os.path.basename(path)
        level = _level(name[len(stem):])
        rewritten = self.rewrite and name == stem + self.tail
        if level is None and not rewritten:
            return state.st_ctime_ns > was.st_mtime_ns
        note = self.note(source, name)
        if _noted(note, state, was):
            return False
        with _open(path, "rb", 0) as stream:
            data = stream.read()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                code = self.rewrite(source) if rewritten else \
                    _compiled(source, level)
            if not alike(code, loads(memoryview(data)[_HEADER:])):
                return True
        except (EOFError, ValueError, TypeError, SyntaxError):
            return True
        _write(note, state, was)
        return False


def alike(code, other):
    """Are these code objects the same, but for the name of their file? Some
    versions of Python don't compare lines."""
    return code == other and list(_lines(code)) == list(_lines(other))


def _lines(code):
    yield code.co_linetable if hasattr(code, "co_linetable") else \
        code.co_lnotab
    for value in code.co_consts:
        if type(value) is type(code):
            yield from _lines(value)


def _stem(name, sources):
    """The name, without .py, of the file among the names `sources` whose .pyc
    file has the name `name`; None. Names, and pytest's version, may have
    dots."""
    stem, _, end = name.rpartition(".")
    if end != "pyc":
        return None
    while stem:
        stem = stem.rpartition(".")[0]
        if stem + ".py" in sources:
            return stem
    return None


def _level(tail):
    """What is optimized in .pyc files with this end of a name; None: not one
    of this Python's own."""
    tag = sys.implementation.cache_tag
    return {".%s.pyc" % tag: 0, ".%s.opt-1.pyc" % tag: 1,
            ".%s.opt-2.pyc" % tag: 2}.get(tail)


def _compiled(source, level):
    with _open(source, "rb", 0) as stream:
        data = stream.read()
    return _compile(data, source, "exec", dont_inherit=True, optimize=level)


# ---- what has been found right

def _signature(*states):
    return " ".join("%d %d %d" % (s.st_ctime_ns, s.st_size, s.st_ino)
                    for s in states).encode()


def _noted(path, *states):
    """Does the note `path` say so of files in these states? One that is not
    younger than they are says nothing."""
    try:
        with _open(path, "rb", 0) as stream:
            when = os.fstat(stream.fileno()).st_mtime_ns
            return stream.read() == _signature(*states) and \
                when >= max(s.st_ctime_ns for s in states) + MARGIN
    except OSError:
        return False


def _write(path, *states):
    from .results import write_atomic
    try:
        write_atomic(path, _signature(*states))
    except OSError:
        pass


def _quietly(function):
    """function(path, ...), of which nothing is noted: it is not the test that
    asks."""
    return lambda path, *args: function(quiet(path), *args)


# Not what a test has put in their place when it starts a process.
_compile, _unlink = compile, os.unlink
_stat, _open, _scandir, _listdir = map(_quietly, (os.stat, open, os.scandir,
                                                  os.listdir))
