# SPDX-License-Identifier: Apache-2.0
"""A unittest file in the foreground, with a debugger where a test fails."""

import os
import sys
import unittest

from ..process.process import as_main, set_arguments
from . import unitrun
from .slots import Slot


class Result(unittest.TextTestResult):
    """Enters the debugger where a test failed."""

    def addError(self, test, err):
        super().addError(test, err)
        stop(test, err)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        stop(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            stop(test, err)


def stop(test, err):
    import pdb
    import traceback
    sys.stdout.write("\n" + "".join(traceback.format_exception(*err)))
    sys.stdout.write("entering pdb: %s\n" % test)
    sys.stdout.flush()
    own = last = err[2]
    while last is not None:
        if "__unittest" not in last.tb_frame.f_globals:
            own = last
        last = last.tb_next
    own.tb_next = None          # not where unittest compares
    pdb.post_mortem(err[2])


def main(opts):
    """The exit code."""
    os.chdir(opts.cwd)
    Slot().hide()
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, os.getcwd())
    set_arguments(as_main("unittest"), "unittest",
                  [opts.name(f) for f in opts.files])
    suite = unitrun.load(opts, unittest.TestLoader())
    if unitrun.partial(opts):
        lost = unitrun.missing(opts, suite)
        if lost:
            sys.stderr.write("no such test: %s\n" % ", ".join(lost))
            return 1
        names = unitrun.Result(opts)
        suite = unitrun.choose(suite, unitrun.keeper(opts, names, suite))
    runner = unittest.TextTestRunner(resultclass=Result, verbosity=2)
    return 0 if runner.run(suite).wasSuccessful() else 1
