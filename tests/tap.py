# SPDX-License-Identifier: Apache-2.0
"""tap.py FILE: runs a file of Python tests under pytest, and prints TAP."""
import os
import sys

import pytest


class Tap:
    def __init__(self):
        self.number = 0
        # subtests are reported while pytest captures
        self.out = os.fdopen(os.dup(1), "w", buffering=1)

    def line(self, ok, name, text="", skip=""):
        self.number += 1
        print("ok" if ok else "not ok", self.number, "-", name,
              f"# SKIP {skip}" if skip else "", file=self.out)
        for line in text.splitlines():
            print("#", line, file=self.out)

    def pytest_collectreport(self, report):
        if report.failed:
            self.line(False, report.nodeid or "collection", report.longreprtext)

    def pytest_runtest_logreport(self, report):
        name = report.nodeid.rpartition("/")[2]
        if report.failed:
            self.line(False, f"{name} {report.when}", report.longreprtext)
        elif report.skipped:
            self.line(True, name, skip="skipped")
        elif report.when == "call":
            self.line(True, name)


tap = Tap()
code = pytest.main(["-p", "no:terminal", "-p", "no:cacheprovider", "-c",
                    os.devnull, "--rootdir", os.path.dirname(sys.argv[1]),
                    sys.argv[1]], plugins=[tap])
print(f"1..{tap.number}", file=tap.out)
sys.exit(0 if tap.number and code in (0, 5) else 1)
