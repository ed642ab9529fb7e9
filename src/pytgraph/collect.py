# SPDX-License-Identifier: Apache-2.0
"""Collecting one file without looking at its neighbours.

Since 8.0 pytest lists every directory from rootdir down to a file given on
its command line, offers each entry to the collection hooks and makes a node of
each, and then takes the one node whose path it wants. Here the listing holds
only the wanted entry: the nodes, node ids, reports and hook calls for it are
pytest's own. (pytest 7 lists nothing for a file.)
"""

import os


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
        self.plain = None
        self.wanted = {}

    def only(self, files):
        """Let the collectors see `files` (absolute paths) and the directories
        they are in; directories elsewhere are listed as ever."""
        import _pytest.main
        import _pytest.python
        plain = getattr(_pytest.main, "scandir", None)
        if plain is None or not hasattr(_pytest.python, "scandir"):
            return
        for path in files:
            self.want(path)
        self.plain = plain
        wanted = self.wanted

        def scandir(path, *sort_key):
            entries = wanted.get(os.fspath(path))
            if entries is None:
                return plain(path, *sort_key)
            entries.sort(key=sort_key[0] if sort_key else _by_name)
            return entries

        _pytest.main.scandir = _pytest.python.scandir = scandir

    def want(self, path):
        directory = False
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
        if self.plain is not None:
            import _pytest.main
            import _pytest.python
            _pytest.main.scandir = _pytest.python.scandir = self.plain
            self.plain = None


def _by_name(entry):
    return entry.name
