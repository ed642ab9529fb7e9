# SPDX-License-Identifier: Apache-2.0
"""Result JSON, JUnit XML and depfile of one run.

The result document, version 1; keys in this order, `done` last and only when
the run came to its end:

    version 1, runner, runner_version, python, file (relative to cwd), files
    (with granularity package), cwd, rootdir, partial (only some items were
    selected), exitstatus (the runner's own: pytest's 0 to 5), status (passed,
    failed, error, empty), reason (why, when items do not say it), collected,
    deselected, start (seconds since the epoch), duration (seconds), items,
    collect_errors, warnings, env, env_all, imported, summary, others (with
    --others), done

An item: id, outcome (passed, failed, error, skipped, xfailed, xpassed),
duration (seconds), line (1-based), and where they apply message, longrepr,
reason, sections, properties, phases (of an item whose setup, call and
teardown disagree), subtests.
"""

import os
import sys

PASSED = ("passed", "empty")
SECTION_LIMIT = 1 << 20


def write_atomic(path, data):
    """Write `data` (bytes) so that `path` is the whole of it or as before;
    OSError."""
    temp = "%s.%d.tmp" % (path, os.getpid())
    fd = _open_new(temp)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view):]
    except BaseException:
        os.close(fd)
        os.unlink(temp)
        raise
    os.close(fd)
    os.replace(temp, path)


def _open_new(path):
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o666)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, flags, 0o666)


def common(opts, files=()):
    """What a result document has whatever the runner; `files` are first-party
    files that sys.modules may not know (any more)."""
    from ..observe import environ, imported
    names, everything = environ.snapshot()
    doc = {"python": "%d.%d.%d" % sys.version_info[:3],
           "file": opts.name(opts.files[0]), "cwd": opts.cwd,
           "partial": bool(opts.select or opts.deselect or opts.pytest_k or
                           opts.pytest_m or opts.match)}
    if len(opts.files) > 1:
        doc["files"] = [opts.name(f) for f in opts.files]
    doc["env"] = names
    doc["env_all"] = everything
    doc["imported"] = imported.imported(opts.base, files)
    return doc


def clip(text, limit=SECTION_LIMIT):
    """`text` cut to `limit` characters, its end kept, with a note."""
    if len(text) <= limit:
        return text
    return "[%d characters left out]\n%s" % (len(text) - limit, text[-limit:])


def encode(doc):
    """`doc` as JSON bytes; lone surrogates come out escaped."""
    import json
    text = json.dumps(doc, separators=(",", ":"))
    if "\\ud" in text:
        text = json.dumps(doc, separators=(",", ":"), ensure_ascii=False)
        text = "".join(map(_no_surrogate, text))
    return text.encode("utf-8")


def _no_surrogate(c):
    """Half a character (a byte of a file's name that is not UTF-8, say) is
    not to be had in JSON that others read: a text in its place."""
    if not "\ud800" <= c <= "\udfff":
        return c
    return "\\\\x%02x" % (ord(c) - 0xdc00) if "\udc80" <= c <= "\udcff" \
        else "\\\\u%04x" % ord(c)


def remove_old(opts):
    """Remove what an earlier run left, so that it can't be taken for this
    run's; OSError."""
    for path in opts.outputs():
        try:
            os.unlink(path)
        except FileNotFoundError:
            pass


def write_all(opts, doc):
    """Write every file asked for, the result last; returns its bytes."""
    if opts.junit:
        write_atomic(opts.junit, junit(doc, opts.suite or doc["file"]))
    if opts.depfile:
        write_atomic(opts.depfile, depfile(opts, doc))
    data = encode(doc)
    write_atomic(opts.result, data)
    return data


def _dep_word(path):
    out = path.replace("\\", "\\\\").replace("$", "$$")
    return out.replace(" ", "\\ ").replace("#", "\\#")


def depfile(opts, doc):
    """Make's form: the result depends on the first-party files imported."""
    target = os.path.relpath(opts.result, opts.base)
    words = [_dep_word(p) for p in doc["imported"] if "\n" not in p]
    text = "%s: %s\n" % (_dep_word(target), " \\\n  ".join(words))
    return text.encode("utf-8", "surrogateescape")


_ESCAPES = None


def escape(text):
    """`text` for an XML attribute or element; characters that XML 1.0 does
    not allow are written as #xNN, as pytest's junitxml plugin does."""
    global _ESCAPES
    if _ESCAPES is None:
        import re
        bad = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd" \
              "\U00010000-\U0010ffff]"
        _ESCAPES = re.compile("[&<>\"]|" + bad)
    return _ESCAPES.sub(_escape_one, text)


def _escape_one(match):
    char = match.group()
    named = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
    if char in named:
        return named[char]
    code = ord(char)
    return "#x%02X" % code if code <= 0xFF else "#x%04X" % code


def _attr(text):
    return escape(text).replace("\n", "&#10;").replace("\t", "&#9;") \
        .replace("\r", "&#13;")


def names_of(nodeid):
    """(classname, name) as pytest's junitxml plugin makes them of a node id:
    the parameters stay with the name."""
    head, bracket, params = nodeid.partition("[")
    names = head.split("::")
    names[0] = names[0].replace("/", ".")
    if names[0].endswith(".py"):
        names[0] = names[0][:-3]
    names[-1] += bracket + params
    return ".".join(names[:-1]), names[-1]


def junit(doc, suite):
    """The JUnit XML (xunit2 layout) of a result document, as bytes."""
    cases = []
    count = {"failures": 0, "errors": 0, "skipped": 0}
    for item in doc["items"]:
        _junit_item(cases, count, item)
    for bad in doc["collect_errors"]:
        _case(cases, bad["id"], 0.0, _body(
            "error", "collection failure", bad["longrepr"]), collect=True)
        count["errors"] += 1
    if doc["status"] in ("failed", "error") and \
            not count["failures"] and not count["errors"]:
        _case(cases, doc["file"], 0.0, _body(
            "error", doc.get("reason") or "exit status %s"
            % doc["exitstatus"], doc["summary"]), collect=True)
        count["errors"] += 1
    import time
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(doc["start"]))
    head = ('<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite '
            'name="%s" errors="%d" failures="%d" skipped="%d" tests="%d" '
            'time="%.3f" timestamp="%s+00:00">'
            % (_attr(suite), count["errors"], count["failures"],
               count["skipped"], len(cases), doc["duration"], stamp))
    text = head + "".join(cases) + "</testsuite></testsuites>\n"
    return text.encode("utf-8", "replace")


def _case(cases, nodeid, seconds, body, props="", collect=False):
    classname, name = names_of(nodeid)
    if collect:
        classname, name = "", ".".join(p for p in (classname, name) if p)
        name = name[:-3] if name.endswith(".py") else name
        name = name.replace("/", ".")
    cases.append('<testcase classname="%s" name="%s" time="%.3f"%s'
                 % (_attr(classname), _attr(name), seconds,
                    ">%s%s</testcase>" % (props, body)
                    if props or body else " />"))


def _body(tag, message, text, kind=None):
    return "<%s%s message=\"%s\">%s</%s>" % (
        tag, ' type="%s"' % kind if kind else "", _attr(message or ""),
        escape(text or ""), tag)


def _junit_item(cases, count, item):
    outcome = item["outcome"]
    phases = item.get("phases") or {}
    props = "".join('<property name="%s" value="%s" />'
                    % (_attr(str(n)), _attr(str(v)))
                    for n, v in item.get("properties", ()))
    if props:
        props = "<properties>%s</properties>" % props
    body = ""
    if outcome == "failed":
        count["failures"] += 1
        body = _body("failure", item.get("message"), item.get("longrepr"))
    elif outcome == "error":
        count["errors"] += 1
        body = _body("error", item.get("message"), item.get("longrepr"))
    elif outcome in ("skipped", "xfailed"):
        count["skipped"] += 1
        body = _body("skipped", item.get("reason"), item.get("longrepr"),
                     "pytest.skip" if outcome == "skipped" else "pytest.xfail")
    if body and outcome in ("failed", "error"):
        body += _outputs(item)
    _case(cases, item["id"], item["duration"], body, props)
    if outcome == "failed" and "teardown" in phases and \
            phases["teardown"]["outcome"] == "error":
        count["errors"] += 1
        bad = phases["teardown"]
        _case(cases, item["id"], 0.0,
              _body("error", bad.get("message"), bad.get("longrepr")))


def _outputs(item):
    out = {"out": [], "err": []}
    for title, text in item.get("sections", ()):
        which = "err" if "stderr" in title else "out"
        out[which].append("%s\n%s" % (("-" * 9 + " %s " + "-" * 9) % title,
                                      text))
    return "".join("<system-%s>%s</system-%s>"
                   % (which, escape("\n".join(parts)), which)
                   for which, parts in out.items() if parts)
