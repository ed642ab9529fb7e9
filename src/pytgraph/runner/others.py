# SPDX-License-Identifier: Apache-2.0
"""Files that are tests only because a hook says so.

A conftest or plugin (of the repository or installed) with pytest_collect_file,
or one that adds to python_files or turns on doctests when it is configured,
makes tests of files that are no test files by their names: YAML, tables of
samples, modules of the library. Which ones, only its code knows; so pytest
walks through the directories that it would walk through without arguments, as
far as the hook is asked for them, and leaves out the files that have a run of
their own.
"""

import os

from pytest import hookimpl

from .collect import Listing, fits, tops_of


class Others:
    """A pytest plugin. `files`: paths (str) of what hooks make tests of; git
    may ignore them, so the results must name them."""

    def __init__(self, rec):
        self.files = []
        self.rec = rec

    @hookimpl(hookwrapper=True)
    def pytest_collect_file(self, file_path, parent):
        outcome = yield
        if not outcome.get_result():
            return
        if has_own_run(file_path, parent.config, self.rec):
            outcome.force_result([])
        else:
            self.files.append(str(file_path))


def has_own_run(path, config, rec):
    """Does pytest make tests of the file whatever the hooks say?"""
    python = path.suffix == ".py"
    if python and fits(path, rec.patterns):
        return True
    if not config.pluginmanager.has_plugin("doctest"):
        return False
    modules, globs = rec.doctests
    if python:
        return bool(modules)
    if not any(path.match(glob) for glob in globs or ["test*.txt"]):
        return False
    try:
        return b">>> " in path.read_bytes()
    except OSError:
        return False


def asked(opts):
    """The directory below which the hook is asked for files."""
    hook = opts.files[0]
    return os.path.dirname(hook) \
        if os.path.basename(hook) == "conftest.py" else opts.package


def in_addopts(config, opts):
    """The paths that addopts names, absolute: pytest has parsed them before
    those of the command line."""
    words = config.option.file_or_dir or []
    paths = [os.path.normpath(os.path.join(opts.cwd, word.split("::")[0]))
             for word in words[:-1]]
    return [path for path in paths if os.path.exists(path)]


def directories(config, opts):
    """Where to walk (absolute paths)."""
    below = asked(opts)
    tops = in_addopts(config, opts)
    if not tops:
        tops = [str(top) for top in tops_of(config, opts)]
        if len(tops) > 1 and str(config.rootpath) == opts.cwd:
            tops.remove(opts.cwd)   # there are testpaths: they count alone
        else:
            tops = []
        if opts.package != opts.cwd:
            tops = [top for top in tops if inside(top, opts.package) or
                    inside(opts.package, top)]
        tops = tops or [opts.package]
    found = {top if inside(top, below) else below for top in tops
             if inside(top, below) or inside(below, top)}
    return sorted(d for d in found if not any(
        d != other and inside(d, other) for other in found))


def inside(path, directory):
    """Is `path` `directory`, or below it?"""
    return path == directory or \
        path.startswith(os.path.join(directory, ""))


def prepare(config, rec, opts):
    """Find the directories that a started session is to walk over."""
    rec.opts = opts
    rec.listing = Listing()
    opts.walk = directories(config, opts)
    config.pluginmanager.register(Others(rec), "tgraph-others")
