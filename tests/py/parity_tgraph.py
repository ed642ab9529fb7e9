#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what tgraph says of a repository's tests with what `python -m
pytest FILE` says of each file in a process of its own.

    parity_tgraph.py [options] TGRAPH SUITE_DIR PYTHON

SUITE_DIR is a repository whose tests run in PYTHON's
environment. tgraph runs there as it is, without its cache; pytest runs once a
file, from the package root. Prints each difference in node ids, outcomes,
reasons, captured output, failure text, warnings or exit status. With --full,
plain pytest runs once more over everything, and items whose outcome is another
one there are named: their files depend on sharing a process. Ends with 1 if
there were differences (those of --full are none).
"""

import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

import parity


def tgraph(program, root, python, out, more=()):
    """tgraph's report, its exit code and what it printed."""
    env = parity.environment()
    env["VIRTUAL_ENV"] = os.path.dirname(os.path.dirname(python))
    report = os.path.join(out, "report.json")
    version = subprocess.run(
        [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        stdout=subprocess.PIPE, check=True).stdout.decode().strip()
    got = subprocess.run([program, "--no-cache", "--rerun", "--json", report,
                          "--python", version, *more], cwd=root, env=env,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    try:
        with open(report) as stream:
            return json.load(stream), got.returncode, got.stdout
    except OSError:
        sys.exit("no report: exit code %d\n%s"
                 % (got.returncode, got.stdout.decode("utf-8", "replace")))


def document(root, entry):
    """The result document of a file of the report."""
    try:
        with open(os.path.join(root, entry["result"])) as stream:
            return json.load(stream)
    except (OSError, ValueError):
        return None


def same_as_report(entry, doc, say):
    """The report must hold what the result document does."""
    if doc is None:
        return
    there = [(i["id"], i["outcome"], i.get("reason")) for i in doc["items"]]
    here = [(i["id"], i["outcome"], i.get("reason")) for i in entry["items"]]
    if [h[:2] for h in here] != [t[:2] for t in there]:
        say("the report's items are not the result's")
    if len(entry["warnings"]) != len(doc["warnings"]):
        say("the report has %d warnings, the result %d"
            % (len(entry["warnings"]), len(doc["warnings"])))
    want = {"passed": ("passed",), "empty": ("empty",),
            "not selected": ("empty",),
            "failed": ("failed", "error")}
    if doc["status"] not in want.get(entry["status"], ()):
        say("status %s of result status %s"
            % (entry["status"], doc["status"]))


def whole(python, root, top):
    """Plain pytest over the whole repository: outcomes by node id."""
    log = os.path.join(top, "whole.json")
    if not os.path.exists(log):
        env = parity.environment()
        env["PYTHONPATH"] = parity.HERE
        env["PARITY_LOG"] = log
        env["PYTHONPYCACHEPREFIX"] = os.path.join(top, "pyc")
        subprocess.run(
            [python, "-m", "pytest", "-p", "parity_log", "-p",
             "no:cacheprovider", "--basetemp", os.path.join(top, "tw"),
             "--color=no", "-q"], cwd=root, env=env,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
    try:
        with open(log) as stream:
            log = json.load(stream)
    except OSError:
        return None
    found = {i: parity.outcome(r) for i, r in log["items"].items()}
    for bad in log["collect"]:
        found.setdefault(bad[0], "skipped" if bad[1] == "skipped" else
                         "collect error")
    return found


def full(report, docs, wanted):
    """Print where the files' results differ from the whole run's."""
    if wanted is None:
        print("full: plain pytest left no log")
        return
    alone = {}
    for entry in report["files"]:
        for item in (docs[entry["file"]] or {"items": []})["items"]:
            alone[item["id"]] = (entry["file"], item["outcome"])
        for bad in (docs[entry["file"]] or {}).get("collect_errors", ()):
            alone[bad["id"]] = (entry["file"], "collect error")
    for nodeid in sorted(set(alone) | set(wanted)):
        here = alone.get(nodeid, (None, "absent"))[1]
        there = wanted.get(nodeid, "absent")
        if here != there:
            print("full: %s: alone %s, together %s" % (nodeid, here, there))


def pytest_says(a, root, name, doc, top):
    """parity.oracle(), from the root of the file's package; kept from one call
    of this program to the next."""
    kept = os.path.join(top, name.replace("/", "_") + ".kept")
    if os.path.exists(kept):
        with open(kept) as stream:
            code, log = json.load(stream)
        return code, log
    base = os.path.join(root, doc["cwd"]) if doc else root
    code, log = parity.oracle(
        a.python, base, os.path.relpath(os.path.join(root, name), base),
        top)[:2]
    with open(kept, "w") as stream:
        json.dump([code, log], stream)
    return code, log


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("-j", type=int, default=2)
    ap.add_argument("-k", default="")
    ap.add_argument("--keep", help="directory for pytest's answers")
    ap.add_argument("--full", action="store_true")
    ap.add_argument("--option", action="append", default=[],
                    help="further option for tgraph")
    ap.add_argument("tgraph")
    ap.add_argument("suite")
    ap.add_argument("python")
    a = ap.parse_args()
    root = os.path.abspath(a.suite)
    with tempfile.TemporaryDirectory(prefix="p-") as scratch:
        top = os.path.abspath(a.keep) if a.keep else scratch
        os.makedirs(top, exist_ok=True)
        report, code, text = tgraph(a.tgraph, root, a.python, scratch,
                                    a.option)
        entries = [e for e in report["files"] if a.k in e["file"]]
        docs = {e["file"]: document(root, e) for e in entries}
        with concurrent.futures.ThreadPoolExecutor(a.j) as pool:
            names = [e["file"] for e in entries]
            wanted = dict(zip(names, pool.map(
                lambda n: pytest_says(a, root, n, docs[n], top), names)))
        together = whole(a.python, root, top) if a.full else None
    different = equal = items = 0
    for entry in entries:
        name, said = entry["file"], []
        doc = docs[name]
        if entry["result"].endswith("+files.json"):
            continue    # what a hook makes tests of: see --full
        same_as_report(entry, doc, said.append)
        if doc and (doc["reason"] or "").startswith("ignored by "):
            print("%s: %s, though not if it is named" % (name, doc["reason"]))
            continue
        parity.compare(name, wanted[name], doc, said.append)
        items += len(doc["items"]) if doc else 0
        different += bool(said)
        equal += not said
        for words in said:
            print("%s: %s" % (name, words))
    if a.full:
        full(report, docs, together)
    bad = any(e["status"] not in ("passed", "empty", "not selected")
              for e in entries)
    if (code == 0) == bad:
        print("tgraph's exit code is %d" % code)
        different += 1
    print(text.decode("utf-8", "replace").strip().splitlines()[-1])
    print("%s: %d files, %d items, %d files equal, %d differ"
          % (os.path.basename(root), len(entries), items, equal, different))
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
