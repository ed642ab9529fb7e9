# SPDX-License-Identifier: Apache-2.0
"""When one pytest session may serve several package roots.

A session depends on the directory it was started in if something looked at it
meanwhile (observe/place.py), or if modules come from there. Else a branch of it
can be moved to another package root: what pytest itself keeps of the directory
is known, invocation_params.dir and sys.path[0].
"""

import os
import sys

from ..observe.library import quiet, shadowed
from ..observe.place import args_takers


def why_not(config, opts, place):
    """Why branches of this session can't have another working directory
    (text); None: they can."""
    if not opts.rootdir or opts.extra or config.getoption("log_file", None) or \
            config.getini("log_file"):
        return "an option"
    seen = place.seen - ({_HYPOTHESIS} if hypothesis_home() else set())
    if seen:
        return min(seen)
    for top in args_takers(config.hook):
        return top
    start = os.path.join(opts.cwd, "")
    for name in place.names:
        file = getattr(sys.modules.get(name), "__file__", None)
        if isinstance(file, str) and file.startswith(start) and \
                os.path.dirname(file) in (opts.cwd, start + name) and \
                opts.cwd != opts.rootdir:
            return name
    return None


_HYPOTHESIS = "hypothesis.configuration"
_HOME = "__hypothesis_home_directory_default"


def hypothesis_home():
    """The namespace in which Hypothesis has the directory that it took from
    the working directory where it was imported; None if there is none."""
    space = getattr(sys.modules.get(_HYPOTHESIS), "__dict__", {})
    return space if _HOME in space else None


def shadows(directory, names):
    """Has `directory` modules of these names? (True if it can't be read.)"""
    try:
        entries = os.listdir(quiet(directory))
    except OSError:
        return True
    return any(entry.partition(".")[0] in names for entry in entries)


def move(config, old, new):
    """Make `new` (absolute path) the directory pytest was started in."""
    from pathlib import Path
    os.chdir(new)
    if old in sys.path:
        sys.path[sys.path.index(old)] = new
        shadowed(new)
    object.__setattr__(config.invocation_params, "dir", Path(new))
    space = hypothesis_home()
    if space is not None and space[_HOME] == Path(old, ".hypothesis"):
        space[_HOME] = Path(new, ".hypothesis")
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if hasattr(reporter, "startpath"):
        reporter.startpath = Path(new)
