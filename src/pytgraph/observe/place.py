# SPDX-License-Identifier: Apache-2.0
"""Does what starts a pytest session look at where it was started?

While a session starts, this notes what, but for pytest itself, asks for the
working directory, uses a path relative to it, or asks config for its arguments
or its directory; and the names that were imported or tried to be. Functions of
os are replaced meanwhile.
"""

import os
import sys

from ..process.packages import OURS, OWN, PYTEST
from . import environ, library

_OWN = PYTEST | {"pluggy", "iniconfig", OURS}
# These look, but only for the names of reports that they make if asked to.
_REPORTING = frozenset(("pytest_benchmark",))
# Plugins that look at the words of the command line for options only.
_OPTIONS_ONLY = ("pytest_cov",)
# These ask for whoever calls them.
_HELPERS = frozenset(("os", "posixpath", "genericpath", "pathlib", "contextlib",
                      "functools", "tempfile", "io", "codecs", "tokenize",
                      "linecache", "inspect", "glob", "fnmatch", "shutil",
                      "dataclasses", "importlib", "zipimport", "runpy"))
_ASKING = ("getcwd", "getcwdb")
_PATHS = ("stat", "lstat", "access", "readlink", "scandir", "listdir", "chdir")


class Place:
    """What was seen, from watch() to leave(); config() adds to it."""

    def __init__(self):
        self.seen = set()       # names of modules that looked
        self.names = set()      # top-level modules imported, or not found
        self.plain = {}
        self.manager = None     # pytest's plugins
        self.arguments = set()  # names of modules that asked for arguments
        self.config_class = None

    def watch(self):
        for name in _ASKING + _PATHS:
            self.plain[name] = plain = getattr(os, name)
            setattr(os, name, self.asking(plain) if name in _ASKING
                    else self.using(plain))
        environ.tell_place(self.event)

    def leave(self, config):
        for name, plain in self.plain.items():
            setattr(os, name, plain)
        environ.tell_place(None)
        if self.config_class is not None and config is not None:
            config.__class__ = self.config_class

    def asked(self):
        """Who was given, or asked for, the arguments (text); None: nobody."""
        if self.manager is not None:
            self.arguments.update(args_takers(self.manager.hook))
        return min(self.arguments) if self.arguments else None

    def asking(self, plain):
        def function():
            self.note()
            return plain()
        return function

    def using(self, plain):
        def function(path=".", *args, **kwargs):
            if relative(path) and kwargs.get("dir_fd") is None:
                self.note()
            return plain(path, *args, **kwargs)
        return function

    def event(self, event, args):
        """An audit event."""
        if event == "import":
            self.names.add(args[0].partition(".")[0])
        elif event == "open" and relative(args[0]):
            self.note(3)

    def note(self, depth=2):
        """Something looks, `depth` frames up: who? (None: it may.)"""
        name = asks(sys._getframe(depth))
        top = name and name.partition(".")[0]
        if name is not None and top not in _OWN and top not in _REPORTING:
            self.seen.add(name or "?")
            return name or "?"
        return None

    def pytest_cmdline_parse(self, pluginmanager):
        """As a pytest plugin: config tells who reads these of it."""
        self.manager = pluginmanager
        config = pluginmanager.get_plugin("pytestconfig")
        self.config_class = plain = type(config)
        config.__class__ = type(plain.__name__, (plain,), {
            name: self.reading(name) for name in ("invocation_params", "args")})

    pytest_cmdline_parse.pytest_impl = {"tryfirst": True}

    def reading(self, name):
        def get(config):
            who = self.note()
            if who is not None:
                self.arguments.add(who)
            try:
                return config.__dict__[name]
            except KeyError:
                raise AttributeError(name)

        def put(config, value):
            config.__dict__[name] = value

        return property(get, put)


def args_takers(hook):
    """Top-level modules whose hooks are given the words of the command line, and
    look at more of them than options."""
    caller = hook.pytest_load_initial_conftests
    for impl in getattr(caller, "__wrapped__", caller).get_hookimpls():
        top = (getattr(impl.function, "__module__", None) or "?") \
            .partition(".")[0]
        if "args" in impl.argnames and top not in _OPTIONS_ONLY and \
                top not in OWN:
            yield top


def asks(frame):
    """The name of the module that asks, of those that are executed from `frame`
    up; None: there is none."""
    while frame is not None:
        name = frame.f_globals.get("__name__") or ""
        if name.partition(".")[0] not in _HELPERS:
            return name
        frame = frame.f_back
    return None


class Unnoted:
    """From its making to end(): that pytest itself looks at `path`, the file
    that it was started with, is not noted. It may be any of those that the
    process serves. Nor that it looks for a conftest.py of the tree: which there
    are is known, and whose they are."""

    def __init__(self, path):
        self.path = path
        self.plain = os.stat, os.lstat
        os.stat, os.lstat = map(self.looking, self.plain)

    def looking(self, plain):
        wanted = self.path

        def function(path, *args, **kwargs):
            try:
                name = None if type(path) is int else os.fspath(path)
                if (name == wanted or library.is_conftest(name)) and \
                        (asks(sys._getframe(1)) or "").partition(".")[0] in \
                        _OWN:
                    path = library.quiet(name)
            except TypeError:
                pass            # the real one says so
            return plain(path, *args, **kwargs)

        return function

    def end(self):
        os.stat, os.lstat = self.plain


def relative(path):
    """Is this a path that depends on the working directory?"""
    try:
        path = os.fspath(path)
    except TypeError:
        return False            # a descriptor
    return path[:1] not in ("/", b"/")
