# SPDX-License-Identifier: Apache-2.0
"""Coverage of one run: what `pytest --cov FILE` would have measured.

Measuring begins where pytest-cov begins, before conftests are loaded, and ends
with the tests. A session begins with it too, and what is forked from it goes on
with what it has counted: the lines of modules that were imported before the
fork count for each file that finds them imported.

The data of a run say of each file and context which lines (or arcs, with branch
coverage) were executed, as JSON (see dump()); files below the place where the
run was started are named from there, so that they hold wherever that lies. What
was never executed is not in it: which files there are is found out when data are
combined.
"""

import os
import sys

VERSION = 1
_SUBPROCESSES = "subprocess", "_exit", "execv", "fork"


class Unusable(Exception):
    """Coverage can't be measured (text)."""


def begin(opts, shared=False):
    """Begin to measure the run of `opts`, or of several like it that are forked
    from this process; the Measure, None if that is not asked for; Unusable."""
    return Measure(opts, shared) if opts.coverage else None


def parts(opts):
    """The directory in which other processes leave what was measured there."""
    return opts.coverage + ".parts"


class Measure:
    """The measuring of this process and, until they have one of their own, of
    those that are forked from it."""

    def __init__(self, opts, shared):
        self.on = False
        self.place = None
        self.unfit = None       # why it can't be shared
        try:
            self.cov = self.make(opts, shared)
            if self.unfit is None:
                self.start()
        except ImportError as exc:
            raise Unusable(str(exc))
        except Exception as exc:
            raise Unusable("coverage: %s" % exc)
        forget_exit(self.cov)
        from .ending import seen
        seen.harmless.add(getattr(sys.modules.get("coverage.tracer"),
                                  "__file__", None))

    def make(self, opts, shared):
        cov = configured(opts, None)
        if several(cov) and shared:
            self.unfit = "coverage of other processes"
        elif several(cov):
            self.place = parts(opts)
            os.makedirs(self.place, exist_ok=True)
            cov = configured(opts, os.path.join(self.place, "data"))
        here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        omit = cov.get_option("run:omit") or []
        cov.set_option("run:omit", list(omit) + [os.path.join(here, "*")])
        cov._post_save_work = _nothing
        return cov

    def start(self):
        if not self.on:
            self.cov.start()
            self.on = True

    def stop(self):
        if self.on:
            self.cov.stop()
            self.on = False

    def context(self, name):
        """What is executed from now on is so on account of this test."""
        if self.on:
            self.cov.switch_context(name)

    def take(self, opts):
        """Stop; what was measured for `opts`, as bytes; Unusable."""
        self.stop()
        try:
            data = self.cov.get_data()
            found = Found(bool(self.cov.get_option("run:branch")))
            found.add(data)
            found.packages = self.packages()
            if self.place:
                self.others(found, data.data_filename())
        except Exception as exc:
            raise Unusable("coverage: %s" % exc)
        return found.dump(opts.below)

    def packages(self):
        """Where the packages are that `source` names."""
        found = {}
        for name in self.cov.get_option("run:source") or ():
            module = sys.modules.get(name)
            file = getattr(module, "__file__", None)
            if isinstance(file, str) and not os.path.isdir(name):
                found[name] = os.path.abspath(file)
        return found

    def others(self, found, own):
        """Add what processes that the tests have started have left."""
        from coverage import CoverageData
        for name in sorted(os.listdir(self.place)):
            path = os.path.join(self.place, name)
            if path == own:
                continue
            data = CoverageData(path)
            try:
                data.read()
            except Exception:
                continue        # it was killed meanwhile
            found.add(data)


def _nothing():
    """Instead of looking for files that were not executed."""


def configured(opts, data_file):
    """A Coverage as the configuration and `opts` have it."""
    from coverage import Coverage
    more = {}
    if opts.coverage_source:
        more["source"] = opts.coverage_source
    if opts.coverage_branch:
        more["branch"] = True
    if opts.coverage_config:
        more["config_file"] = opts.coverage_config
    cov = Coverage(data_file=data_file, data_suffix=bool(data_file) or None,
                   auto_data=False, **more)
    cov.set_option("run:relative_files", False)
    # What one file doesn't reach, another may.
    cov.set_option("run:disable_warnings", list(
        cov.get_option("run:disable_warnings") or []) + [
            "no-data-collected", "module-not-imported", "module-not-measured",
            "already-imported"])
    return cov


def several(cov):
    """Are other processes measured too? They leave files."""
    try:
        patch = cov.get_option("run:patch") or ()
    except Exception:
        patch = ()              # before 7.10
    return any(p in _SUBPROCESSES for p in patch) or \
        "multiprocessing" in (cov.get_option("run:concurrency") or ())


def forget_exit(cov):
    """Nothing is to be saved at the end."""
    import atexit
    function = getattr(cov, "_atexit", None)
    if function is not None:
        atexit.unregister(function)


class Found:
    """What was executed: `files`, {path: (plugin or "", {context: numbers})};
    the numbers are those of lines or, two each, arcs. `packages`: files of
    packages that `source` names."""

    def __init__(self, arcs):
        self.arcs = arcs
        self.files = {}
        self.packages = {}

    def add(self, data):
        """Add what a CoverageData has."""
        contexts = sorted(data.measured_contexts())
        for path in data.measured_files():
            plugin = data.file_tracer(path) or ""
            for context in contexts:
                if len(contexts) > 1 or context:
                    data.set_query_context(context)
                got = data.arcs(path) if self.arcs else data.lines(path)
                if got:
                    self.put(path, plugin, context, got)

    def put(self, path, plugin, context, got):
        entry = self.files.setdefault(path, (plugin, {}))
        entry[1].setdefault(context, set()).update(map(_key, got))

    def merge(self, doc, name):
        """Add the document that load() gave."""
        for package, path in doc["packages"].items():
            self.packages[package] = name(path)
        for path, (plugin, contexts) in doc["files"].items():
            entry = self.files.setdefault(name(path), (plugin, {}))
            for context, numbers in contexts.items():
                known = entry[1].setdefault(context, set())
                if self.arcs:
                    known.update(zip(numbers[::2], numbers[1::2]))
                elif doc["arcs"]:
                    known.update(n for n in numbers if n > 0)
                else:
                    known.update(numbers)

    def dump(self, name):
        """As JSON: {"version", "arcs", "packages": {NAME: PATH}, "files":
        {PATH: [PLUGIN, {CONTEXT: NUMBERS}]}}, in one order."""
        import json
        files = {}
        for path in sorted(self.files):
            plugin, contexts = self.files[path]
            files[name(path)] = plugin, {c: self.numbers(contexts[c])
                                         for c in sorted(contexts)}
        packages = {p: name(self.packages[p]) for p in sorted(self.packages)}
        return json.dumps({"version": VERSION, "arcs": self.arcs,
                           "packages": packages, "files": files},
                          separators=(",", ":")).encode("ascii")

    def numbers(self, got):
        if not self.arcs:
            return sorted(got)
        return [n for arc in sorted(got) for n in arc]


def _key(got):
    return tuple(got) if isinstance(got, (list, tuple)) else got


def load(path):
    """The document in a file; ValueError, OSError."""
    import json
    with open(path, "rb") as stream:
        doc = json.loads(stream.read().decode("ascii"))
    if doc.get("version") != VERSION:
        raise ValueError("%s: not of version %d" % (path, VERSION))
    return doc
