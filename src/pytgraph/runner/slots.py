# SPDX-License-Identifier: Apache-2.0
"""Which of several files that run at once this one is.

Suites made for pytest-xdist name what can be used by one process at a time (a
database, a port) after their worker: by variables of the environment, or by
the fixture worker_id and the like, which look at config.workerinput. tgraph
sets the variables where several files run at once.

A process here is xdist's controller and a worker of it too. What configures
pytest, and what begins and ends the session, takes it for the controller: hooks
that do something once for all would else leave it to a process that is not
there. Modules that are imported before, collecting, and tests take it for a
worker.
"""

import os
import sys

NAMES = ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT",
         "PYTEST_XDIST_TESTRUNUID")


class Slot:
    """The variables of this process, and whether they are there now."""

    def __init__(self):
        self.hidden = {}

    def hide(self):
        """Be the controller."""
        known = os.environ._data
        for name in NAMES:
            value = known.get(os.fsencode(name))
            if value is not None:
                self.hidden[name] = os.fsdecode(value)
                del os.environ[name]

    def show(self):
        """Be a worker."""
        os.environ.update(self.hidden)
        self.hidden.clear()

    def enter(self, config):
        """Be one for pytest too, in the process that runs a file."""
        known = os.environ._data
        values = [known.get(os.fsencode(name)) for name in NAMES]
        if None in values or hasattr(config, "workerinput"):
            return
        worker, count, run = map(os.fsdecode, values)
        told = {"workerid": worker, "workercount": int(count),
                "testrunuid": run, "mainargv": list(sys.argv)}
        add(config, worker, told)
        config.workerinput = told

    def another(self, config, number):
        """In a process forked to run a part of a file: be another worker than
        all that run now."""
        known = os.environ._data.get(os.fsencode(NAMES[0]))
        told = vars(config).get("workerinput")
        if known is None or told is None or not known[2:].isdigit():
            return
        worker = "gw%d" % (int(known[2:]) + number * told["workercount"])
        os.environ[NAMES[0]] = told["workerid"] = worker

    def leave(self, config):
        """Be the controller again, until the end."""
        if vars(config).pop("workerinput", None) is not None:
            self.hide()


def add(config, worker, told):
    """Let hooks add what they want workers to know."""
    caller = getattr(config.hook, "pytest_configure_node", None)
    if caller is None or not caller.get_hookimpls():
        return
    from types import SimpleNamespace
    node = SimpleNamespace(
        config=config, workerinput=told, workeroutput={},
        gateway=SimpleNamespace(id=worker))
    try:
        caller(node=node)
    except Exception as exc:
        sys.stderr.write("tgraph: pytest_configure_node: %r\n" % (exc,))
