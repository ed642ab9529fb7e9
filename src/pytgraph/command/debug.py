# SPDX-License-Identifier: Apache-2.0
"""A run in the foreground: with the terminal, without a log or a time limit,
and without a result.

    PYTHON PYTGRAPH_DIR debug [options] FILE...   run it, with a debugger
    PYTHON PYTGRAPH_DIR show [options] FILE...    say how it would be run

The options are those of `run`. Everything that can change what a test sees is
as it is there: arguments, working directory, sys.path, what of addopts is left
out, the variables that say which of several runs it is.
"""

import sys

from ..process import shown
from ..process.process import as_main, set_arguments
from . import child, options


def parsed(argv):
    """Options, or None and the mistake is told."""
    try:
        return options.parse(argv)
    except options.UsageError as exc:
        sys.stderr.write("pytgraph: %s\n" % exc)
        return None


def main(argv):
    """`debug`: the exit code."""
    opts = parsed(argv)
    if opts is None:
        return 2
    if opts.runner == "unittest":
        child.caches(opts)
        from ..runner import unitdebug
        return unitdebug.main(opts)
    if not child.has_pytest():
        sys.stderr.write("%s: No module named pytest\n" % sys.executable)
        return 1
    child.caches(opts)
    return by_pytest(opts)


def words(opts):
    """pytest's arguments, but for the targets."""
    from ..runner.pytestrun import arguments
    return [w for w in arguments(opts) if w != "--color=no"]


def by_pytest(opts):
    """Run pytest with its debugger, which stops where a test fails."""
    import pytest
    from ..runner import plugins, pytestrun
    from ..runner.foreground import Foreground
    pytestrun.enter(opts)
    args = words(opts) + ["--capture=no"]
    if not {"--pdb", "--trace"} & set(args):
        args.append("--pdb")
    set_arguments(as_main("pytest"), "pytest",
                  args + pytestrun.targets(opts))
    neutral = pytestrun.Neutral()
    with neutral:
        return int(pytest.main(sys.argv[1:], plugins=[
            plugins.Ready(neutral), plugins.Added(), Foreground(opts)]))


def show(argv):
    """`show`: the lines of a shell that do the same without this program."""
    import shlex
    opts = parsed(argv)
    if opts is None:
        return 2
    args = [opts.name(f) for f in opts.files]
    module = "unittest"
    lines = ["cd " + shlex.quote(opts.cwd)]
    if opts.runner == "pytest":
        from ..runner import pytestrun
        module = "pytest"
        args = words(opts) + pytestrun.targets(opts)
        changed = left_out(opts)
        if "PYTEST_ADDOPTS" in changed:
            lines.append("export PYTEST_ADDOPTS=" +
                         shlex.quote(changed["PYTEST_ADDOPTS"]))
        if "addopts" in changed:
            args[:0] = ["-o", "addopts=" + changed["addopts"]]
    lines.append(" ".join(map(shlex.quote, [sys.executable, "-m", module] +
                              args)))
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def left_out(opts):
    """What is left of addopts and PYTEST_ADDOPTS, by these names, where some of
    it is for a whole run."""
    import shlex
    from ..runner import pytestrun
    changed = {}

    class Noting(pytestrun.Neutral):
        def words(self, words, place):
            before = list(words)
            clean = super().words(words, place)
            if clean != before:
                changed[place] = " ".join(map(shlex.quote, clean))
            return clean

    shown.words[:] = []
    pytestrun.enter(opts)
    from ..runner import private
    with Noting():
        private.configured(words(opts) + pytestrun.targets(opts))
    return changed
