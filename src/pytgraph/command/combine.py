# SPDX-License-Identifier: Apache-2.0
"""Puts together what test files have measured of coverage, and reports it.

    combine [options] --data FILE --out FILE LIST
    coverage-report [options] --data FILE --out FILE [--report WHAT]...

combine reads the data that are named in the file LIST, as a shell's words (those
that are not there were not measured: their tests have failed), and writes them
as coverage's own data file (--data), and in the form in which they came (--out).
With --unexecuted the files that could have been executed, and were not, are added
as the configuration has it.

coverage-report writes a report as text (--out) and other reports from a data
file. WHAT is term, term-missing, html, xml, json, lcov, annotate or markdown, with
:skip-covered (term) or :PATH. Exit code 1: less than --fail-under, or the
configuration's fail_under, was executed; 2: there is a mistake in the
configuration.

    --cwd DIR       where coverage finds its configuration
    --config FILE   its configuration
    --source SRC    as run has --coverage-source; repeatable

Paths are as seen from where the command is started.
"""

import os
import sys

from ..runner import measure


class Options:
    """The words of the command."""

    def __init__(self, argv):
        self.base = os.getcwd()
        self.cwd = self.base
        self.coverage_config = self.fail_under = None
        self.data = self.out = None
        self.coverage_branch = self.unexecuted = False
        self.coverage_source = []
        self.reports = []
        self.lists = []
        self.parse(list(argv))

    def parse(self, words):
        paths = {"--cwd": "cwd", "--config": "coverage_config",
                 "--data": "data", "--out": "out"}
        while words:
            word = words.pop(0)
            if word in paths:
                setattr(self, paths[word], self.path(words.pop(0)))
            elif word == "--source":
                self.coverage_source.append(words.pop(0))
            elif word == "--report":
                self.reports.append(words.pop(0))
            elif word == "--fail-under":
                self.fail_under = float(words.pop(0))
            elif word == "--unexecuted":
                self.unexecuted = True
            elif word.startswith("--"):
                raise ValueError("unknown option %s" % word)
            else:
                self.lists.append(self.path(word))

    def path(self, word):
        return os.path.normpath(os.path.join(self.base, word))

    def below(self, path):
        rel = os.path.relpath(path, self.base)
        return path if rel.startswith("..") else rel


def mode(function):
    """main(argv) of one of the two."""
    def main(argv):
        try:
            opts = Options(argv)
            os.chdir(opts.cwd)
            return function(opts)
        except (ImportError, IndexError, ValueError, OSError) as exc:
            sys.stderr.write("coverage: %s\n" % exc)
        except Exception as exc:
            from coverage.exceptions import CoverageException
            if not isinstance(exc, CoverageException):
                raise
            sys.stderr.write("coverage: %s\n" % exc)
        return 2
    return main


def combine(opts):
    import shlex
    docs = []
    for name in opts.lists:
        with open(name, encoding="utf-8", errors="surrogateescape") as stream:
            words = shlex.split(stream.read())
        for word in words:
            try:
                docs.append(measure.load(opts.path(word)))
            except FileNotFoundError:
                pass
    # Statements and branches together are statements.
    found = measure.Found(bool(docs) and all(d["arcs"] for d in docs))
    for doc in docs:
        found.merge(doc, opts.path)
    if opts.unexecuted:
        for path, plugin in unexecuted(opts, found):
            found.files.setdefault(path, (plugin, {}))
    save(found, opts.data)
    if opts.unexecuted and measure.configured(opts, None).get_option("paths"):
        found = remapped(opts, found)
    with open(opts.out, "wb") as stream:
        stream.write(found.dump(opts.below))
    return 0


def unexecuted(opts, found):
    """(path, plugin) of the files that coverage has in view, and that nothing
    has executed."""
    for name, path in found.packages.items():
        if name not in sys.modules:
            module = sys.modules[name] = type(sys)(name)
            module.__file__ = path
    cov = measure.configured(opts, None)
    cov.start()
    cov.stop()
    data = cov.get_data()
    cov._post_save_work()       # as of every version: it asks what there is
    return [(path, data.file_tracer(path) or "")
            for path in data.measured_files() if not data.lines(path)]


def save(found, path):
    """As a data file of coverage's, instead of the one at `path`."""
    from coverage import CoverageData
    fresh = path + ".new"
    remove(fresh)
    data = CoverageData(basename=fresh)
    contexts = {}
    for name in sorted(found.files):
        for context, numbers in found.files[name][1].items():
            contexts.setdefault(context, {})[name] = sorted(numbers)
    for context in sorted(contexts) or [""]:
        data.set_context(context)
        lines = contexts.get(context, {})
        if found.arcs:
            data.add_arcs(lines)
        else:
            data.add_lines(lines)
    plugins = {name: plugin for name, (plugin, numbers) in found.files.items()
               if plugin and numbers}
    data.add_file_tracers(plugins)
    for name in sorted(found.files):
        plugin, numbers = found.files[name]
        if not numbers:
            data.touch_file(name, plugin)
    data.write()
    data.close()
    os.replace(fresh, path)


def remapped(opts, found):
    """Let [paths] of the configuration say which files are the same."""
    from coverage import CoverageData
    part = opts.data + ".part"
    os.replace(opts.data, part)
    cov = measure.configured(opts, opts.data)
    cov.combine([part], strict=True)
    cov.save()
    data = CoverageData(basename=opts.data)
    data.read()
    again = measure.Found(found.arcs)
    again.packages = found.packages
    for name in data.measured_files():
        again.files[name] = data.file_tracer(name) or "", {}
    again.add(data)
    data.close()
    return again


def remove(path):
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


class Reports:
    """What is asked for: kind: where to (None: as configured)."""

    def __init__(self, words):
        self.kinds = {}
        self.skip = None
        for word in words:
            kind, colon, where = word.partition(":")
            if kind.startswith("term") and where == "skip-covered":
                self.skip = True
            self.kinds[kind] = where or None

    def text(self, cov, stream):
        """Report as text; the total."""
        return cov.report(show_missing="term-missing" in self.kinds or None,
                          skip_covered=self.skip, ignore_errors=True,
                          file=stream)

    def files(self, cov, opts, said):
        """Write the other ones."""
        more = {"html": ("html_report", "directory"),
                "xml": ("xml_report", "outfile"),
                "json": ("json_report", "outfile"),
                "lcov": ("lcov_report", "outfile"),
                "annotate": ("annotate", "directory")}
        for kind, where in self.kinds.items():
            where = where and opts.path(where)
            if kind in more:
                function, name = more[kind]
                getattr(cov, function)(ignore_errors=True, **{name: where})
            elif kind.startswith("markdown"):
                with open(where, "a" if kind.endswith("append") else "w") \
                        as stream:
                    cov.report(ignore_errors=True, file=stream,
                               output_format="markdown")


def report(opts):
    import io
    from coverage import Coverage
    from coverage.exceptions import NoDataError
    more = {"config_file": opts.coverage_config} if opts.coverage_config else {}
    cov = Coverage(data_file=opts.data, **more)
    # Names of files are whole in the data.
    cov.set_option("run:relative_files", False)
    cov.load()
    wanted = Reports(opts.reports)
    stream = io.StringIO()
    try:
        total = wanted.text(cov, stream)
        wanted.files(cov, opts, stream)
    except NoDataError as exc:
        stream.write("WARNING: %s\n" % exc)
        total = 0.0
    text = stream.getvalue() if "term" in wanted.kinds or \
        "term-missing" in wanted.kinds or not wanted.kinds else ""
    under = opts.fail_under
    if under is None:
        under = float(cov.get_option("report:fail_under") or 0)
    bad = False
    if under > 0:
        bad = is_under(total, under, cov.get_option("report:precision") or 0)
        text += "%sRequired test coverage of %g%% %s. Total coverage: " \
            "%.2f%%\n" % ("FAIL " if bad else "", under,
                          "not reached" if bad else "reached", total)
    with open(opts.out, "w", encoding="utf-8",
              errors="surrogateescape") as out:
        out.write(text)
    if bad:
        sys.stdout.write("total coverage of %.2f%% is less than %g%%\n"
                         % (total, under))
    return 1 if bad else 0


def is_under(total, under, precision):
    """As coverage has it: what is shown counts, but 100 means all."""
    if under == 100.0 and total != 100.0:
        return True
    return round(total, precision) < under
