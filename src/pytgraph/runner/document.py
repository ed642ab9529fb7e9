# SPDX-License-Identifier: Apache-2.0
"""What pytest's reports say, as a result document (results.py)."""

from time import perf_counter

from pytest import __version__ as pytest_version

from .results import clip


def longrepr_of(report):
    """The failure as pytest prints it, without colour."""
    longrepr = report.longrepr
    if longrepr is None:
        return ""
    if isinstance(longrepr, tuple):
        return "%s:%s: %s" % longrepr[:3]
    try:
        return str(longrepr)
    except Exception as exc:
        return "<report can't be printed: %r>" % exc


def _message(report):
    """The short crash message, as pytest's junitxml plugin takes it."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return crash.message
    return longrepr_of(report)


def skip_reason(report):
    longrepr = report.longrepr
    text = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return text[9:] if text.startswith("Skipped: ") else \
        "" if text == "Skipped" else text


def _phase(report):
    """One report as (outcome, details)."""
    wasxfail = getattr(report, "wasxfail", None)
    if report.outcome == "failed":
        outcome = "failed" if report.when == "call" else "error"
        return outcome, {"message": clip(_message(report)),
                         "longrepr": clip(longrepr_of(report))}
    if report.outcome == "skipped":
        if wasxfail is not None:
            return "xfailed", {"reason": _xfail_reason(wasxfail)}
        details = {"reason": skip_reason(report),
                   "longrepr": longrepr_of(report)}
        if isinstance(report.longrepr, tuple):
            details["at"] = [str(report.longrepr[0]), report.longrepr[1]]
        return "skipped", details
    if report.outcome == "passed" and wasxfail is not None:
        return "xpassed", {"reason": _xfail_reason(wasxfail)}
    return report.outcome, {}


def _xfail_reason(text):
    return text[8:] if text.startswith("reason: ") else text


_RANK = {"passed": 0, "xpassed": 1, "xfailed": 2, "skipped": 3, "error": 4,
         "failed": 5}


def item_of(nodeid, reports, line):
    """The result document's item of a node id; None if it did not finish."""
    if not reports:
        return None
    item = {"id": nodeid, "outcome": "passed", "duration": 0.0, "line": line}
    worst = None
    phases = {}
    subtests = []
    ended = False
    for report in reports:
        item["duration"] += report.duration
        if report.when in ("teardown", "collect"):
            ended = True
        if report.outcome == "passed" and not hasattr(report, "wasxfail"):
            if hasattr(report, "context"):
                continue
            phases.setdefault(report.when, ("passed", {}))
            continue
        if report.outcome not in ("passed", "failed", "skipped"):
            item["reruns"] = item.get("reruns", 0) + 1
            phases.clear()
            worst = None
            continue
        outcome, details = _phase(report)
        if hasattr(report, "context"):
            sub = {"outcome": outcome}
            sub.update(details)
            subtests.append(sub)
        else:
            phases[report.when] = (outcome, details)
        if worst is None or _RANK[outcome] > _RANK[worst[0]]:
            worst = (outcome, details, report)
    if subtests:
        item["subtests"] = subtests
    if worst is not None:
        outcome, details, report = worst
        if outcome not in ("failed", "error") and hasattr(report, "context"):
            outcome, details = phases.get("call", ("passed", {}))
        item["outcome"] = outcome
        item.update(details)
        if outcome in ("failed", "error"):
            item["sections"] = [[t, clip(x)]
                                for t, x in reports[-1].sections]
            if not item["sections"]:
                item["sections"] = [[t, clip(x)] for t, x in report.sections]
        others = {w: p for w, p in phases.items() if p[0] != "passed"}
        if len(others) > 1 or outcome == "error" and "call" in phases:
            item["phases"] = {w: dict(p[1], outcome=p[0])
                              for w, p in phases.items()}
    if "sections" not in item and reports[-1].sections:
        item["sections"] = [[t, x] for t, x in reports[-1].sections]
    if reports[-1].user_properties if hasattr(
            reports[-1], "user_properties") else False:
        item["properties"] = [[str(n), _plain(v)] for n, v
                              in reports[-1].user_properties]
    item["duration"] = round(item["duration"], 6)
    return item if ended else None


PRINTED = 1 << 22       # characters kept of what good items print, in all
PRINTED_ITEM = 1 << 16  # and of a section


def _fit(items, opts):
    """What places of items are called, and how much is kept of what good ones
    have printed."""
    room = PRINTED
    for item in items:
        if "at" in item:
            path, item["at"][0] = item["at"][0], opts.below(item["at"][0])
            if item["longrepr"].startswith(path):
                item["longrepr"] = item["at"][0] + item["longrepr"][len(path):]
        if item["outcome"] in ("failed", "error") or "sections" not in item:
            continue
        for section in item["sections"]:
            section[1] = clip(section[1], min(PRINTED_ITEM, max(room, 0)))
            room -= len(section[1])


def _shown(rec):
    """pytest's letters for what is shown at the end (its option -r, and w for
    warnings)."""
    if rec.config is None:
        return ""
    reporter = rec.config.pluginmanager.get_plugin("terminalreporter")
    return str(getattr(reporter, "reportchars", "w"))


def _plain(value):
    return value if isinstance(value, (str, int, float, bool)) or \
        value is None else str(value)


def read(rec):
    """Files of the conftest modules loaded, and those that a hook was asked to
    make tests of and did."""
    found = list(rec.conftests)
    if rec.config is not None and rec.opts is not None and rec.opts.others:
        others = rec.config.pluginmanager.get_plugin("tgraph-others")
        found += getattr(others, "files", ())
    return found


def document(opts, rec, code, terminal, common):
    """The result document (results.py) of a finished session; `code` is
    pytest's exit code, `common` the keys that every runner has."""
    items = []
    unfinished = []
    seen = set()
    if nothing_run(rec):
        rec.reports.clear()
    for nodeid in rec.order + [n for n in rec.reports if n not in rec.lines]:
        if nodeid in seen:
            continue
        seen.add(nodeid)
        reports = rec.reports.get(nodeid)
        item = reports and item_of(nodeid, reports, rec.lines.get(nodeid, 0))
        if item:
            items.append(item)
        else:
            unfinished.append(nodeid)
    _fit(items, opts)
    status, reason = _status(int(code), items, unfinished, rec)
    doc = {"version": 1, "runner": "pytest",
           "runner_version": pytest_version}
    doc.update(common)
    doc.update({
        "rootdir": opts.below(str(rec.config.rootpath)) if rec.config
        else None,
        "exitstatus": int(code), "status": status, "reason": reason,
        "collected": len(rec.lines), "deselected": rec.deselected,
        "start": rec.start,
        "duration": round(perf_counter() - rec.tick, 6),
        "items": items, "collect_errors": rec.collect_errors,
        "warnings": rec.warnings, "show": _shown(rec),
        "summary": clip(rec.died[1] if rec.died else terminal.summary()
                        if terminal else "")})
    if rec.fixtures >= 0.01:
        doc["fixtures"] = round(rec.fixtures, 3)
    if opts.others:
        doc["others"] = True
    rec.marked.complete(doc, opts)
    if rec.entered is not None:
        rec.entered.complete(doc)
    return doc


def _not_found(rec):
    """The --select values that fit no item, as the user wrote them."""
    told = [line.rstrip() for text in rec.usage
            for line in str(text).splitlines()]
    chosen = [s.partition("::")[2] or s for s in rec.opts.select]

    def is_told(name):
        return any(t.endswith("::" + name) for t in told)

    # pytest 9.2 leaves the parameters out.
    return [s for s in chosen if is_told(s)] or \
        [s for s in chosen if is_told(s.partition("[")[0])] or chosen


def nothing_run(rec):
    """Was there an option with which pytest runs no tests? (Some it takes only
    from the command line.)"""
    return rec.ending and (not rec.looped or any(
        getattr(rec.config.option, name, False)
        for name in ("collectonly", "setuponly", "setupplan")))


def _status(code, items, unfinished, rec):
    """(status, reason). An exit code of 0 is not believed when an item did
    not finish or failed."""
    bad = [i for i in items if i["outcome"] in ("failed", "error")]
    if rec.died:
        return "error", "pytest ended by " + rec.died[0]
    if nothing_run(rec):
        return "error", "with %s, in %s, pytest runs no tests" % rec.ending
    if code == 5 and rec.opts and rec.opts.others:
        return "empty", "no hook makes tests of other files"
    if code == 5:
        return "empty", "ignored by conftest.py or an option" \
            if rec.ignored else "all tests deselected" \
            if rec.deselected else "no tests collected"
    if code == 1:
        return "failed", None if bad else "pytest exit status 1"
    if code == 4 and rec.opts and rec.opts.select and not rec.collect_errors:
        return "error", "no such test: " + ", ".join(_not_found(rec))
    if code != 0:
        what = {2: "interrupted", 3: "internal error", 4: "usage error"}
        return "error", "collection failed" if rec.collect_errors else \
            what.get(code, "pytest exit status %d" % code)
    if rec.collect_errors:
        return "error", "collection failed"
    if bad:
        return "failed", None
    if not rec.looped:
        return "error", "pytest ended before it ran tests"
    if unfinished:
        return "error", "%d items did not run" % len(unfinished)
    return "passed", None
