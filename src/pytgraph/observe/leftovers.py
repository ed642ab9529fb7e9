# SPDX-License-Identifier: Apache-2.0
"""Did the start of a session leave something that its end takes away?

pytest sets up once and tears down once. Children of a session would each tear
down what was set up for all: the first one removes a temporary directory that
its siblings need. So such a session is not shared; each file has a start of its
own. Looked for are temporary files, functions to be called at exit, and hooks
of the repository's own that begin something and end it. (An empty temporary
directory that an installed plugin has made is made anew for each child.)
"""

import os
import stat
import sys

from . import environ, imported

_BEGIN = ("pytest_configure", "pytest_sessionstart", "pytest_cmdline_main",
          "pytest_load_initial_conftests")
_END = ("pytest_sessionfinish", "pytest_unconfigure")
# What a hook that only declares something does.
_DECLARES = frozenset((
    "addinivalue_line", "getoption", "getini", "option", "pluginmanager",
    "has_plugin", "hasplugin", "get_plugin", "getplugin",
    "register_assert_rewrite",
    "pytest", "os", "environ", "get", "setdefault", "config", "sys", "platform",
    "startswith", "format", "join", "str", "print", "append", "simplefilter",
    "filterwarnings", "warnings", "verbose", "markers"))
# Of these a name can be used without doing anything.
_CONSTANT = (str, bytes, int, float, bool)
# What a hook does that takes something away.
_ENDS = frozenset((
    "unlink", "remove", "rmtree", "rmdir", "removedirs", "cleanup", "close",
    "stop", "kill", "terminate", "shutdown", "join", "release", "__exit__",
    "wait", "down", "destroy", "drop", "delete", "disconnect", "teardown",
    "unlock", "clear", "rename", "replace", "system", "run", "call", "Popen",
    "check_call", "check_output"))


class Leftovers:
    """What was seen from watch() on."""

    def __init__(self, trees):
        self.trees = tuple(os.path.join(t, "") for t in trees)
        self.exits = []         # modules that registered exit functions
        self.plain = None
        self.empty = []         # temporary directories that plugins made

    def watch(self):
        import atexit
        self.plain = plain = atexit.register

        def register(function, *args, **kwargs):
            code = sys._getframe(1).f_code
            if self.ours(code.co_filename):
                self.exits.append(code.co_filename)
            return plain(function, *args, **kwargs)

        atexit.register = register

    def found(self, config):
        """The first thing left (text); None if there is nothing. Ends
        watching. `config`: None if pytest did not come to have one."""
        import atexit
        atexit.register = self.plain
        for path in environ.seen.temporary:
            if not os.path.exists(path):
                continue
            if any(map(self.ours, environ.seen.makers[path])) or \
                    not os.path.isdir(path) or os.listdir(path):
                return "temporary file " + path
            self.empty.append(path)
        if self.exits:
            return "exit function of " + self.exits[0]
        return self.hooks(config) if config is not None else None

    def renew(self):
        """In a child: those directories are there, and empty, whatever one
        before it has done."""
        for path in self.empty:
            if untouched(path):
                continue
            try:
                os.rmdir(path)
            except FileNotFoundError:
                pass
            except OSError:
                import shutil
                shutil.rmtree(path, ignore_errors=True)
            os.makedirs(path, 0o700, exist_ok=True)

    def ours(self, file):
        return any(imported.counts(file, tree) for tree in self.trees)

    def hooks(self, config):
        """Hooks of the repository's own that begin something, and end it."""
        begin, end = [], []
        for names, found in (_BEGIN, begin), (_END, end):
            for name in names:
                caller = getattr(config.hook, name)
                caller = getattr(caller, "__wrapped__", caller)
                found.extend(hook for hook in map(
                    _function, caller.get_hookimpls())
                    if hook and self.ours(hook.__code__.co_filename))
        acts = any(not _words(hook) <= _DECLARES for hook in begin)
        for hook in begin:
            if "add_cleanup" in _words(hook):
                return "cleanup of " + hook.__code__.co_filename
        for hook in end:
            if acts or _words(hook) & _ENDS:
                return "%s of %s" % (hook.__code__.co_name,
                                     hook.__code__.co_filename)
        return None


def untouched(path):
    """Is this an empty directory that only this user can use?"""
    try:
        return not os.listdir(path) and \
            stat.S_IMODE(os.lstat(path).st_mode) == 0o700 and \
            not os.path.islink(path)
    except OSError:
        return False


def _function(impl):
    """The function with the code of a hook; None if it has none."""
    function = getattr(impl.function, "__func__", impl.function)
    function = getattr(function, "__wrapped__", function)
    return function if hasattr(function, "__code__") else None


def _words(hook):
    """Names that a function uses, but for those of texts and numbers."""
    named = getattr(hook, "__globals__", {})
    return {name for name in _names(hook.__code__)
            if type(named.get(name)) not in _CONSTANT}


def _names(code):
    """Names that a code object uses, with those inside it."""
    found = set(code.co_names)
    for value in code.co_consts:
        if isinstance(value, type(code)):
            found |= _names(value)
    return found
