# SPDX-License-Identifier: Apache-2.0
"""Collecting one file without looking at its neighbours.

Since 8.0 pytest lists every directory from rootdir down to a file given on
its command line, offers each entry to the collection hooks and makes a node of
each, and then takes the one node whose path it wants. Here the listing holds
only the wanted entry, and the nodes of directories that many files share are
made once, before the fork: the nodes, node ids, reports and hook calls for
what is wanted are pytest's own. (pytest 7 lists nothing for a file.)
"""

import os
from fnmatch import fnmatch

from ..process.packages import OWN
from . import private


class Entry:
    """As much of os.DirEntry as pytest's collectors use."""

    __slots__ = ("name", "path", "directory")

    def __init__(self, path, directory):
        self.path = path
        self.name = os.path.basename(path)
        self.directory = directory

    def is_dir(self, *, follow_symlinks=True):
        return self.directory

    def is_file(self, *, follow_symlinks=True):
        return not self.directory

    def is_symlink(self):
        return os.path.islink(self.path)

    def stat(self, *, follow_symlinks=True):
        return os.stat(self.path, follow_symlinks=follow_symlinks)

    def __fspath__(self):
        return self.path


class Listing:
    """Stands in for the function with which pytest's directory collectors
    list, from only() to restore()."""

    def __init__(self):
        self.undo = None
        self.wanted = {}

    def only(self, files):
        """Let the collectors see `files` (absolute paths) and the directories
        they are in; directories elsewhere are listed as ever."""
        for path in files:
            self.want(path, False)
        self.undo = private.list_only(self.scandir)

    def scandir(self, plain):
        wanted = self.wanted

        def scandir(path, *sort_key):
            entries = wanted.get(os.fspath(path))
            if entries is None:
                return plain(path, *sort_key)
            entries.sort(key=sort_key[0] if sort_key else _by_name)
            return entries

        return scandir

    def want(self, path, directory):
        while True:
            parent = os.path.dirname(path)
            if parent == path:
                break
            entries = self.wanted.setdefault(parent, [])
            if any(entry.path == path for entry in entries):
                break
            entries.append(Entry(path, directory))
            path, directory = parent, True

    def restore(self):
        if self.undo is not None:
            self.undo()
            self.undo = None


def _by_name(entry):
    return entry.name


_HOOKS = ("pytest_collection", "pytest_collectstart", "pytest_collect_file",
          "pytest_make_collect_report", "pytest_collectreport",
          "pytest_collect_directory", "pytest_ignore_collect")


class Directories:
    """Directory nodes made before the fork, each once: the fixtures of a
    conftest belong to the first that is made of its directory.

    Only if no plugin but pytest's own has a hook that sees them made."""

    def __init__(self):
        self.first = {}         # Path: nodes, of the session's first level
        self.made = {}          # (directory node, Path): its CollectReport
                                # with that directory alone
        self.reports = {}       # directory: {node: CollectReport} above it

    def collect(self, config, session, directory):
        """Make the nodes from the outermost directory that pytest collects for
        a file down to `directory` (absolute path)."""
        from pathlib import Path
        nodes, top = private.Nodes.of(session), top_of(config, directory)
        if nodes is None or top is None or \
                any(foreign(config.hook, hook, _CALM) for hook in _HOOKS):
            return
        chain = [Path(directory)]
        while str(chain[0]) != top:
            if chain[0] == chain[0].parent:
                return
            chain.insert(0, chain[0].parent)
        listing = Listing()
        listing.only([os.path.join(directory, "tgraph")])
        nodes.begin(chain)
        try:
            self.reports[directory] = self.make(nodes, chain)
        finally:
            listing.restore()
            nodes.end()

    def make(self, nodes, chain):
        found = self.first.get(chain[0])
        if found is None:
            found = self.first[chain[0]] = nodes.first(chain[0])
        reports = {}
        for path in chain[1:]:
            if len(found) != 1:
                break
            node = found[0]
            report = self.made.get((node, path))
            if report is None:
                report = nodes.report(node)
                if not report.passed:
                    break
                self.made[node, path] = report
            reports[node] = report
            found = [n for n in report.result if n.path == path]
        return reports

    def install(self, session, directory):
        """Let pytest find them, in the process that runs a file in
        `directory`."""
        reports = self.reports.get(directory)
        if reports:
            private.Nodes.of(session).know(self.first, reports)


# Hypothesis' plugin ignores directories of the name .hypothesis and looks at
# nothing else.
_CALM = OWN | {"_hypothesis_pytestplugin"}


def foreign(relay, hook, known=OWN):
    """Has a plugin that is in none of the packages `known` an implementation
    of `hook` in a hook relay? (Until pytest 8 the relay may be wrapped, and
    then functools.wraps() functions around hooks that take paths.)"""
    caller = getattr(relay, hook, None)
    caller = getattr(caller, "__wrapped__", caller)
    return any((getattr(impl.function, "__module__", "") or "")
               .partition(".")[0] not in known
               for impl in (caller.get_hookimpls() if caller else ()))


def top_of(config, directory):
    """The outermost directory that pytest collects for a file below
    `directory`: its confcutdir, or that directory's root; None: can't be
    told."""
    from pathlib import Path
    collected = private.in_confcutdir(config)
    if collected is None:
        return None
    top = Path(directory)
    for parent in top.parents:
        if not collected(parent):
            break
        top = parent
    return str(top)


def fits(path, patterns):
    """Does one of the globs of python_files fit a Path? One with a slash is
    for the end of the whole path, `*` being any characters."""
    for pattern in patterns:
        if "/" not in pattern:
            text = path.name
        else:
            text = str(path)
            if path.is_absolute() and not os.path.isabs(pattern):
                pattern = "*/" + pattern
        if fnmatch(text, pattern):
            return True
    return False


def not_ignored(config, session, opts):
    """The files of `opts` that pytest run on the whole package root takes: a
    file named on its command line is taken even if a conftest's
    collect_ignore or an --ignore in addopts says otherwise."""
    if opts.select:
        return opts.files
    from pathlib import Path
    paths = [Path(f) for f in opts.files]
    tops = () if all(p.parent in _asked for p in paths) else \
        tops_of(config, opts)
    return [f for f, path in zip(opts.files, paths)
            if not _is_ignored(config, session, path, tops)]


def tops_of(config, opts):
    """The directories that pytest starts from without arguments."""
    from pathlib import Path
    tops = {config.rootpath}
    for name in config.getini("testpaths"):
        tops.update(Path(p) for p in _glob(opts.cwd, name))
    return tops


# Directories that were asked about before the fork; whether they, or one
# above them, are ignored.
_asked = {}


def ask_before(config, session, opts, directory):
    """Find out now whether `directory` (absolute path) is ignored, for the
    files in it. Only if no plugin but pytest's own is asked: a conftest's
    hook may count."""
    from pathlib import Path
    from .conftests import load
    path = Path(directory)
    load(config, path / "tgraph")       # know which conftests it has
    for relay in config.hook, session.gethookproxy(path):
        if foreign(relay, "pytest_ignore_collect", _CALM):
            return
    _asked[path] = _is_ignored(config, session, path, tops_of(config, opts))


def _glob(directory, pattern):
    import glob
    found = glob.iglob(os.path.join(glob.escape(directory), pattern),
                       recursive=True)
    return [os.path.normpath(p) for p in found]


def _is_ignored(config, session, path, tops):
    from .conftests import load
    while path not in tops and path != path.parent:
        if path in _asked:
            return _asked[path]
        if path.parent not in _asked:
            load(config, path)
        hook = session.gethookproxy(path.parent)
        if hook.pytest_ignore_collect(collection_path=path, config=config):
            return True
        path = path.parent
    return False
