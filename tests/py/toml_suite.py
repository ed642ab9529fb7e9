#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the official toml-test suite against the TOML reader.

usage: toml_suite.py TOML_JSON SUITE

TOML_JSON is the program built from tests/unit/toml_json.c; SUITE is a checkout
of github.com/toml-lang/toml-test (its directory "tests" holds the cases and
"files-toml-1.0.0", the list of those that belong to TOML 1.0).
Every valid case must give the expected values, every invalid one be refused.
"""
import datetime
import json
import math
import pathlib
import subprocess
import sys


def same(want, got):
    if isinstance(want, dict) and set(want) == {"type", "value"} \
            and isinstance(want["value"], str):
        return isinstance(got, dict) and want["type"] == got.get("type") \
            and same_scalar(want["type"], want["value"], got["value"])
    if isinstance(want, dict):
        return isinstance(got, dict) and set(want) == set(got) \
            and all(same(want[k], got[k]) for k in want)
    return isinstance(got, list) and len(want) == len(got) \
        and all(map(same, want, got))


def moment(text):
    """Fractions of any length are compared as far as microseconds go."""
    text = text.upper().replace(" ", "T").replace("Z", "+00:00")
    head, dot, rest = text.partition(".")
    if dot:
        digits = len(rest) - len(rest.lstrip("0123456789"))
        text = head + "." + rest[:digits][:6].ljust(6, "0") + rest[digits:]
    return text


def same_scalar(kind, want, got):
    if kind == "float":
        a, b = float(want), float(got)
        return a == b or (math.isnan(a) and math.isnan(b))
    if kind == "integer":
        return int(want) == int(got)
    if kind == "datetime":
        return datetime.datetime.fromisoformat(moment(want)) == \
            datetime.datetime.fromisoformat(moment(got))
    if kind in ("datetime-local", "time-local"):
        return moment(want) == moment(got)
    return want == got


def main():
    program, suite = sys.argv[1], pathlib.Path(sys.argv[2]) / "tests"
    cases = (suite / "files-toml-1.0.0").read_text().split()
    bad = run = 0
    for case in cases:
        if not case.endswith(".toml"):
            continue
        run += 1
        data = (suite / case).read_bytes()
        done = subprocess.run([program], input=data, capture_output=True,
                              check=False)
        why = ""
        if case.startswith("invalid/"):
            if done.returncode != 1:
                why = "was taken: %r" % done.stdout
        elif done.returncode:
            why = "was refused: " + done.stderr.decode()
        else:
            want = json.loads((suite / case).with_suffix(".json").read_text())
            got = json.loads(done.stdout)
            if not same(want, got):
                why = "wrong value\nwant %s\ngot  %s" % (want, got)
        if why:
            bad += 1
            print(case, why)
    print("%d cases, %d wrong" % (run, bad))
    return 1 if bad or not run else 0


sys.exit(main())
