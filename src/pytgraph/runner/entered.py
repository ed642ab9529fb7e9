# SPDX-License-Identifier: Apache-2.0
"""Which functions of the repository each test item entered (Python 3.12 and
later).

sys.monitoring tells when a function begins, once for each item: after that it
keeps quiet about it. What a fixture did when it was set up counts for all items
that use it. What was entered beside items, when conftests and modules were
imported, counts for all that come in this process.
"""

import os
import sys

from pytest import hookimpl

from . import private
from ..observe.imported import counts

NAME = "tgraph"
TOOLS = (4, 3)          # ids that sys.monitoring keeps for nobody


def begin(opts):
    """Note what this process enters from here on: the Entered, or None if that
    can't be known."""
    if hasattr(sys, "monitoring"):
        for tool in TOOLS:
            if sys.monitoring.get_tool(tool) is None:
                return Entered(opts, tool)
    return None


class Entered:
    """A pytest plugin, and what it has noted of a file."""

    def __init__(self, opts, tool):
        self.opts = opts
        self.tool = tool
        self.prefix = os.path.join(opts.base, "")
        self.ours = {}          # by name of a file: is it of the repository?
        self.codes = {}         # by id of an item: what it entered
        self.fixtures = {}      # by id of a fixture: what setting it up did
        self.told = {}          # of helpers: by id of an item
        self.collected = self.now = set()
        monitoring = sys.monitoring
        monitoring.use_tool_id(tool, NAME)
        monitoring.register_callback(tool, monitoring.events.PY_START,
                                     self.started)
        monitoring.set_events(tool, monitoring.events.PY_START)

    def renew(self):
        """Another file comes, in the same process."""
        self.codes, self.told = {}, {}
        self.now = self.collected
        sys.monitoring.restart_events()

    def started(self, code, offset):
        name = code.co_filename
        ours = self.ours.get(name)
        if ours is None:
            ours = not name.startswith("<") and counts(
                os.path.abspath(name), self.prefix)
            self.ours[name] = ours
        if ours:
            self.now.add(code)
        return sys.monitoring.DISABLE

    @hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        before, self.now = self.now, set()
        sys.monitoring.restart_events()
        yield
        found = self.now
        for defs in (private.fixtures_of(item) or {}).values():
            for fixture in defs:
                found |= self.fixtures.get(id(fixture), set())
        self.codes[item.nodeid] = self.codes.get(item.nodeid, set()) | found
        self.now = before

    @hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef):
        before, self.now = self.now, set()
        sys.monitoring.restart_events()
        yield
        self.fixtures[id(fixturedef)] = self.now
        before |= self.now
        self.now = before

    def name(self, code):
        """A function in a result document."""
        return (self.opts.below(os.path.abspath(code.co_filename)),
                code.co_qualname, code.co_firstlineno)

    def items(self):
        """What items entered, by their ids."""
        found = {n: {self.name(c) for c in codes}
                 for n, codes in self.codes.items()}
        for nodeid, names in self.told.items():
            found.setdefault(nodeid, set()).update(names)
        return found

    def parcel(self):
        """What a helper hands over."""
        return {n: sorted(names) for n, names in self.items().items()}

    def take(self, parcel):
        for nodeid, names in (parcel or {}).items():
            self.told[nodeid] = {tuple(name) for name in names}

    def complete(self, doc):
        """Add to a result document: functions, and the numbers of those that
        each item entered, and of those entered beside items."""
        items = self.items()
        collected = {self.name(c) for c in self.collected}
        names = sorted(collected.union(*items.values()))
        number = {name: n for n, name in enumerate(names)}
        doc["functions"] = [list(name) for name in names]
        doc["entered"] = sorted(number[n] for n in collected)
        for item in doc["items"]:
            if item["id"] in items:
                item["entered"] = sorted(number[n] for n in items[item["id"]])
