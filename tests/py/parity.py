#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares each test file's results through a warm worker with those of
`python -m pytest FILE` in a process of its own.

    parity.py [-j N] [-k TEXT] SUITE_DIR PYTHON [FILE...]

SUITE_DIR is a package root; without FILE, every test_*.py and *_test.py below
it is compared. Prints each difference in node ids, outcomes, reasons,
captured output, failure text, warnings or exit status, and ends with 1 if
there were any.
"""

import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile

import drive_worker

HERE = os.path.dirname(os.path.abspath(__file__))
INI = (("pytest.toml", None), (".pytest.toml", None), ("pytest.ini", None),
       (".pytest.ini", None), ("pyproject.toml", r"^\[tool\.pytest"),
       ("tox.ini", r"^\[pytest\]"), ("setup.cfg", r"^\[tool:pytest\]"))


def ini_of(root):
    """The ini file pytest takes in `root`, or None."""
    for name, pattern in INI:
        path = os.path.join(root, name)
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as stream:
                if pattern is None or re.search(pattern, stream.read(), re.M):
                    return name
    return None


def find(root):
    found = []
    for where, dirs, names in os.walk(root):
        dirs[:] = sorted(d for d in dirs if not d.startswith(".") and
                         d not in ("build", "dist", "venv", "node_modules"))
        found += [os.path.relpath(os.path.join(where, n), root)
                  for n in sorted(names) if n.endswith(".py") and
                  (n.startswith("test_") or n.endswith("_test.py"))]
    return found


def environment():
    env = dict(os.environ)
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTEST_ADDOPTS"):
        env.pop(name, None)
    env["PYTHONHASHSEED"] = "0"
    return env


def oracle(python, root, name, top):
    """What plain pytest says of one file: (exit status, log or None)."""
    log = os.path.join(top, name.replace("/", "_") + ".json")
    env = environment()
    env["PYTHONPATH"] = os.pathsep.join(
        p for p in (HERE, env.get("PYTHONPATH")) if p)
    env["PARITY_LOG"] = log
    env["PYTHONPYCACHEPREFIX"] = os.path.join(top, "pyc")
    # To a file: a daemon that a test leaves would keep a pipe open.
    with open(log + ".out", "wb") as stream:
        got = subprocess.run(
            [python, "-m", "pytest", "-p", "parity_log", "-o",
             "cache_dir=" + os.path.join(top, "cache"), "--basetemp",
             os.path.join(top, "t" + str(abs(hash(name)))), "--color=no",
             name],
            cwd=root, env=env, stdin=subprocess.DEVNULL, stdout=stream,
            stderr=subprocess.STDOUT)
    if not os.path.exists(log):
        return got.returncode, None
    with open(log) as stream:
        return got.returncode, json.load(stream)


def arguments(root, name, out):
    base = os.path.join(out, name)
    os.makedirs(os.path.dirname(base), exist_ok=True)
    args = ["--cwd", ".", "--rootdir", ".", "--result", base + ".json",
            "--log", base + ".log", "--depfile", base + ".d", "--pycache",
            os.path.join(out, "pycache")]
    ini = ini_of(root)
    if ini:
        args += ["--inifile", ini]
    return args + [name]


def outcome(reports):
    """pytest's word for an item from its reports."""
    words = set()
    for r in reports:
        if r["outcome"] == "failed":
            words.add("failed" if r["when"] == "call" else "error")
        elif r["outcome"] == "skipped" and not r["subtest"]:
            words.add("xfailed" if r["wasxfail"] is not None else "skipped")
        elif r["outcome"] == "passed" and r["wasxfail"] is not None:
            words.add("xpassed")
    for word in ("failed", "error", "skipped", "xfailed", "xpassed"):
        if word in words:
            return word
    return "passed"


def tidy(text):
    """Text without what differs between any two runs: addresses, times,
    directories for temporary files, process ids."""
    text = re.sub(r"0x[0-9a-f]{6,}", "0xX", text or "")
    text = re.sub(r"/tmp/[\w./-]*", "/tmp/X", text)
    text = re.sub(r"\b\d+\.\d+(e-?\d+)?\b", "N.N", text)
    return re.sub(r"\b\d{3,}\b", "N", text)


def compare(name, want, got, say):
    code, log = want
    if got is None:
        say("no result; pytest's exit status is %d" % code)
        return
    if got["exitstatus"] != code:
        say("exit status %d, pytest's is %d" % (got["exitstatus"], code))
    if log is None:
        if got["items"]:
            say("has items, pytest did not start")
        return
    items = {i["id"]: i for i in got["items"]}
    skipped = {c[0] for c in log["collect"] if c[1] == "skipped"}
    order = [i["id"] for i in got["items"] if i["id"] not in skipped]
    ran = [n for n in log["order"] if n in log["items"]]
    if order != ran:
        say("items differ: only here %s, only there %s%s" % (
            sorted(set(order) - set(ran))[:3],
            sorted(set(ran) - set(order))[:3],
            "" if set(order) != set(ran) else ", order differs"))
    for nodeid in ran:
        if nodeid in items:
            compare_item(nodeid, log["items"][nodeid], items[nodeid], say)
    bad = sorted((c[0] or ".") for c in log["collect"] if c[1] == "failed")
    mine = sorted(c["id"] for c in got["collect_errors"])
    if bad != mine:
        say("collect errors %s, pytest's %s" % (mine, bad))
    there = sorted((w[0], tidy(w[1]), w[2]) for w in log["warnings"])
    here = sorted((w["category"], tidy(w["message"]), w["id"])
                  for w in got["warnings"])
    if there != here:
        say("warnings differ: only here %s, only there %s" % (
            [w for w in here if w not in there][:2],
            [w for w in there if w not in here][:2]))


def compare_item(nodeid, reports, item, say):
    word = outcome(reports)
    if word != item["outcome"]:
        say("%s: %s, pytest says %s" % (nodeid, item["outcome"], word))
        return
    for r in reports:
        if r["outcome"] == "skipped" and not r["subtest"]:
            reason = r["wasxfail"] if r["wasxfail"] is not None else r["text"]
            reason = re.sub(r"^(Skipped: |reason: )", "", reason or "")
            if reason != item.get("reason") and reason != "Skipped":
                say("%s: reason %r, pytest's %r"
                    % (nodeid, item.get("reason"), reason))
    if word in ("failed", "error"):
        texts = [tidy(r["text"]) for r in reports if r["outcome"] == "failed"]
        if tidy(item.get("longrepr")) not in texts:
            say("%s: other failure text:\n%s\n--- pytest's:\n%s"
                % (nodeid, item.get("longrepr"), "\n".join(texts)))
        there = [[t, tidy(x)] for t, x in reports[-1]["sections"]]
        here = [[t, tidy(x)] for t, x in item.get("sections", [])]
        if here != there:
            say("%s: sections %r, pytest's %r" % (nodeid, here, there))


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("-j", type=int, default=2)
    ap.add_argument("-k", default="")
    ap.add_argument("--keep")
    ap.add_argument("suite")
    ap.add_argument("python")
    ap.add_argument("files", nargs="*")
    a = ap.parse_args()
    root = os.path.abspath(a.suite)
    names = [n for n in (a.files or find(root)) if a.k in n]
    with tempfile.TemporaryDirectory(prefix="p-") as top:
        top = a.keep or top
        out = os.path.join(top, "out")
        jobs = [arguments(root, n, out) for n in names]
        workers = [drive_worker.Worker(a.python, root, env=environment())
                   for _ in range(a.j)]
        done = drive_worker.drive(workers, jobs)
        for worker in workers:
            worker.quit()
        results = {}
        for name in names:
            try:
                with open(os.path.join(out, name) + ".json") as stream:
                    results[name] = json.load(stream)
            except (OSError, ValueError):
                results[name] = None
        with concurrent.futures.ThreadPoolExecutor(a.j) as pool:
            wanted = dict(zip(names, pool.map(
                lambda n: oracle(a.python, root, n, top), names)))
    different = 0
    for name in names:
        said = []
        compare(name, wanted[name], results[name], said.append)
        different += bool(said)
        for text in said:
            print("%s: %s" % (name, text))
    items = sum(len(r["items"]) for r in results.values() if r)
    print("%s: %d files, %d items, %d requests done, %d files differ"
          % (os.path.basename(root), len(names), items, len(done), different))
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
