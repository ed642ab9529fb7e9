# SPDX-License-Identifier: Apache-2.0
"""The tests of one file in several processes at once.

A file that takes longer than all others together can be run in parts, if its
configuration says so (split = true): that its tests don't need each other can't
be proved. The process of the file imports it and collects as ever, and before
the first test it forks helpers. Each takes the next tests that nobody has taken,
until there are none; then helpers end as the process of a file does, and hand
their reports to the one that has forked them. That one lets pytest hear of them,
so that the result is that of one file.

What is set up for several tests of the module or of a class stays in one process,
with all tests that use it; so does what tests with marks of an order rely on. If
anything fails, or ends in another way than well, no part counts: the file is run
again, in one process, and only that counts.
"""

import mmap
import os
import shutil
from fcntl import LOCK_EX, LOCK_UN, lockf
from os import _exit, lseek, read
from signal import SIGKILL

from pytest import Function, hookimpl

from ..observe import environ
from ..observe.leftovers import Leftovers
from ..process.outbox import Outbox
from ..process.process import be_first, flush, reseed, scratch
from ..process.threads import fork, unfit
from . import private
from .collect import foreign
from .results import common, temporary

# Exit code of a process whose parts count for nothing.
AGAIN = 75
# Marks with which tests say that they need each other.
_ORDER = frozenset(("dependency", "incremental", "order", "xdist_group"))
# Hooks that may look at all that ran. (Those of installed plugins hear of all in
# the file's process, and have to bear what pytest-xdist does.)
_WHOLE = ("pytest_sessionfinish", "pytest_terminal_summary")
_WORD = 4               # bytes of a number in the queue


class Parts:
    """A pytest plugin: may run the file of `opts` in opts.parts processes.
    `trees`: directories of first-party source."""

    def __init__(self, rec, opts, trees):
        self.rec = rec
        self.opts = opts
        self.most = opts.parts
        self.leftovers = Leftovers(trees)
        self.leftovers.watch()
        self.files = _open_files()
        self.queue = -1         # a file: numbers of units, at the next one
        self.end = 0            # its size
        self.lines = None       # that each process is at
        self.number = 0         # of this process, 0: that of the file
        self.send = None        # in a helper: hands over its parcel
        self.helpers = []       # (process id, Outbox)
        self.ran = []           # positions of the items that ran here
        self.told = []          # documents of helpers
        self.warned = 0
        self.temporary = None

    @hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        reason = self.leftovers.found(session.config)
        if not reason:
            environ.ignore_spawns()     # ours
            reason = self.why_not(session)
            environ.watch_spawns()
        units = () if reason else units_of(session.items)
        if not reason and units is None:
            reason = "fixtures that can't be told"
        elif not reason and len(units) < 2:
            reason = "what all its tests have set up"
        if reason:
            self.opts.why = reason + " (it can't be split)"
            return None
        self.run(session, units)
        return True

    def why_not(self, session):
        """Why nothing can be run in parts (text); None: it can."""
        config = session.config
        if foreign(config.hook, "pytest_runtestloop"):
            return "hook pytest_runtestloop"
        for name in _WHOLE:
            if self.has_own(getattr(config.hook, name)):
                return "hook " + name
        if session.testsfailed or config.option.collectonly or \
                len({i.nodeid for i in session.items}) < len(session.items):
            return "its items"
        marks = _ORDER.intersection(
            mark.name for item in session.items for mark in item.iter_markers())
        if marks:
            return "mark " + min(marks)
        if _open_files() != self.files:
            return "a file that it opens"
        if has_children():
            return "a process that it starts"
        self.setup = private.Setup.of(session)
        return unfit() or (private.captures(config) is None and
                           "what is captured") or \
            (self.setup is None and "what is set up") or None

    def has_own(self, caller):
        """Has the repository an implementation of a hook?"""
        caller = getattr(caller, "__wrapped__", caller)
        for impl in caller.get_hookimpls():
            code = getattr(impl.function, "__code__", None)
            if code is not None and self.leftovers.ours(code.co_filename):
                return True
        return False

    def run(self, session, units):
        """Run all items, here and in helpers."""
        self.most = min(self.most, len(units))
        self.opts.way, self.opts.of = "split", "%d parts" % self.most
        self.warned = len(self.rec.warnings)
        self.begin(units)
        environ.ignore_spawns()
        for number in range(1, self.most):
            if not self.helper(session, number):
                break
        environ.watch_spawns()
        self.loop(session, units)
        if self.number == 0:
            self.gather(session)

    def begin(self, units):
        self.queue = scratch()
        data = b"".join(n.to_bytes(_WORD, "little") for n in range(len(units)))
        view = memoryview(data)
        while view:
            view = view[os.write(self.queue, view):]
        self.end = len(data)
        lseek(self.queue, 0, os.SEEK_SET)
        self.lines = mmap.mmap(-1, 8 * self.most)
        if self.rec.at_line is not None:
            self.rec.at_line = self.at(self.rec.at_line)
        self.temporary = temporary(self.opts.result)

    def at(self, plain):
        """at_line(line) of this process and those forked from it: what is told
        is the line of one that runs."""
        lines, most = self.lines, self.most

        def at_line(line):
            at = 8 * self.number
            lines[at:at + 8] = line.to_bytes(8, "little")
            for other in range(0, 8 * most, 8):
                line = line or int.from_bytes(lines[other:other + 8], "little")
            plain(line)

        return at_line

    def helper(self, session, number):
        """Fork one. False in it."""
        box = Outbox()
        box.arm()
        flush()
        pid = fork()
        if pid:
            self.helpers.append((pid, box))
            return True
        be_first()
        self.number, self.helpers = number, []
        self.send = box.sender()
        self.opts.part = self
        for fd in private.captures(session.config):
            fresh = scratch()
            os.dup2(fresh, fd, inheritable=False)
            os.close(fresh)
        self.rec.temporary = place = self.place(number)
        private.other_temporary(session.config, place)
        self.rec.slot.another(session.config, number)
        reseed()
        return False

    def place(self, number):
        """A helper's directory for temporary files."""
        return "%s.%d" % (self.temporary, number)

    def loop(self, session, units):
        items = session.items
        while True:
            unit = self.take(units)
            if not unit:
                break
            self.take_down(items[unit[0]])
            for at in unit:
                after = None
                if at + 1 in unit or self.is_more():
                    after = items[(at + 1) % len(items)]
                items[at].config.hook.pytest_runtest_protocol(
                    item=items[at], nextitem=after)
                self.ran.append(at)
                if session.testsfailed or session.shouldfail or \
                        session.shouldstop:
                    self.give_up()

    def take_down(self, item):
        """Take down what was left for the test behind the last one and is not
        of this one, which comes in its place."""
        try:
            self.setup.teardown(item)
        except BaseException:
            self.give_up()

    def take(self, units):
        """The next of them that nobody has taken; () if there is none. (Where
        processes share the place they read at in a file without a name, a
        read does not move it at once.)"""
        lockf(self.queue, LOCK_EX)
        got = read(self.queue, _WORD)
        lockf(self.queue, LOCK_UN)
        return units[int.from_bytes(got, "little")] if got else ()

    def is_more(self):
        return lseek(self.queue, 0, os.SEEK_CUR) < self.end

    def give_up(self):
        """End this process, and its helpers: no part counts."""
        for pid, _ in self.helpers:
            try:
                os.kill(pid, SIGKILL)
            except OSError:
                pass
        for number in range(1, self.most if self.number == 0 else 0):
            shutil.rmtree(self.place(number), ignore_errors=True)
        _exit(AGAIN)

    # ---- in a helper, when pytest has come back

    def document(self, code):
        """What the process of the file is to know of this part."""
        rec, items = self.rec, self.rec.session.items
        hook = rec.config.hook
        if code != 0 or rec.died:
            self.give_up()
        reports = []
        for at in self.ran:
            for report in rec.reports.get(items[at].nodeid, ()):
                reports.append((at, hook.pytest_report_to_serializable(
                    config=rec.config, report=report)))
        doc = common(self.opts, rec.conftests)
        doc.update({"status": "passed", "ran": self.ran, "reports": reports,
                    "warnings": rec.warnings[self.warned:]})
        if rec.entered is not None:
            doc["parcel"] = rec.entered.parcel()
        return doc

    # ---- in the process of the file

    def gather(self, session):
        """Wait for the helpers, and let pytest hear of their reports."""
        for pid, box in self.helpers:
            parcel = box.take() if self.ended(pid) else None
            if parcel is None:
                self.give_up()
            self.told.append(parcel["doc"])
        for number in range(1, self.most):
            shutil.rmtree(self.place(number), ignore_errors=True)
        ran = self.ran + [at for doc in self.told for at in doc["ran"]]
        if sorted(ran) != list(range(len(session.items))):
            self.give_up()
        hook = session.config.hook
        reports = sorted((report for doc in self.told
                          for report in doc["reports"]),
                         key=lambda report: report[0])
        for _, data in reports:
            hook.pytest_runtest_logreport(
                report=hook.pytest_report_from_serializable(
                    config=session.config, data=data))
        self.rec.warnings += [w for doc in self.told for w in doc["warnings"]]
        for doc in self.told if self.rec.entered is not None else ():
            self.rec.entered.take(doc.get("parcel"))
        if session.testsfailed:
            self.give_up()

    def ended(self, pid):
        """Wait for it. Has it ended well?"""
        try:
            return os.waitpid(pid, 0)[1] == 0
        except OSError:
            return False        # a test has waited for it

    def complete(self, doc):
        """Add to the document of the file what only helpers know."""
        for other in self.told:
            doc["env_all"] = doc["env_all"] or other["env_all"]
            for name in ("env", "imported", "unsaid", "wrote"):
                more = [x for x in other.get(name, ())
                        if x not in doc.get(name, ())]
                if more:
                    doc[name] = sorted(doc.get(name, []) + more)
        if self.told:
            doc["parts"] = self.most


def units_of(items):
    """Ranges of positions of items that stay together, in order; None: it can't
    be told."""
    used = [private.shared_fixtures(item) if isinstance(item, Function)
            else {"an item of another kind"} for item in items]
    if None in used:
        return None
    last = {thing: at for at, things in enumerate(used) for thing in things}
    units, start, reach = [], 0, 0
    for at, things in enumerate(used):
        reach = max([reach] + [last[thing] for thing in things])
        if reach <= at:
            units.append(range(start, at + 1))
            start = at + 1
    return units


def has_children():
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def _open_files():
    return sorted(os.listdir("/dev/fd"))
