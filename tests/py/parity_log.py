# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin that writes every report of a run to $PARITY_LOG, for
parity.py; independent of what tgraph runs inside test processes."""

import json
import os

_path = os.environ.pop("PARITY_LOG", None)
_log = {"items": {}, "collect": [], "warnings": [], "order": []}


def pytest_collection_finish(session):
    _log["order"] = [item.nodeid for item in session.items]


def pytest_runtest_logreport(report):
    text = None
    if report.longrepr is not None:
        text = report.longrepr[2] if isinstance(report.longrepr, tuple) \
            else str(report.longrepr)
    _log["items"].setdefault(report.nodeid, []).append({
        "when": report.when, "outcome": report.outcome, "text": text,
        "wasxfail": getattr(report, "wasxfail", None),
        "subtest": hasattr(report, "context"),
        "sections": [list(s) for s in report.sections]})


def pytest_collectreport(report):
    if report.outcome != "passed":
        _log["collect"].append([report.nodeid, report.outcome,
                                str(report.longrepr)])


def pytest_warning_recorded(warning_message, when, nodeid, location):
    _log["warnings"].append([warning_message.category.__name__,
                             str(warning_message.message), nodeid])


def pytest_unconfigure(config):
    # The exit status is the process's own.
    if _path:
        with open(_path, "w") as stream:
            json.dump(_log, stream)
