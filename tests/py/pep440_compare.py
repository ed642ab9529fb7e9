#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the PEP 440 reader with the library "packaging" on random cases.

usage: pep440_compare.py PEP440_CHECK [COUNT [SEED]]

PEP440_CHECK is the program built from tests/unit/pep440_check.c.
"""
import random
import subprocess
import sys

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

RELEASES = ["0", "1", "1.0", "1.1", "2", "1.0.0", "3.9", "3.10", "3.10.0",
            "3.10.1", "01.02", "1!1.0", "1!2", "0!1", "3", "12345678901234567890",
            "1.0.0.0.1"]
PRES = ["", "", "", "a", "a1", "b2", "rc1", ".rc.1", "-alpha-2", "_beta", "c3",
        "pre", "preview4", "A01"]
POSTS = ["", "", "", "-1", ".post", ".post2", "rev3", "-r4", "post0"]
DEVS = ["", "", "", ".dev", "dev1", "-dev-2", ".dev03"]
LOCALS = ["", "", "", "", "+a", "+1", "+a.1", "+A-1", "+1.a", "+a_01", "+a.b",
          "+10"]
OPS = ["==", "!=", "<=", ">=", "<", ">", "~=", "==="]


def version(rng):
    text = rng.choice(["", "", "", "v", "V"]) + rng.choice(RELEASES) \
        + rng.choice(PRES) + rng.choice(POSTS) + rng.choice(DEVS) \
        + rng.choice(LOCALS)
    if rng.random() < 0.05:
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice("-.+ a!1*_xv") + text[at:]
    return text


def specifier(rng):
    parts = []
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        text = version(rng)
        if rng.random() < 0.3:
            text = rng.choice(RELEASES) + rng.choice(["", ".*"])
        if rng.random() < 0.6:
            text = text.split("+")[0]
        parts.append(rng.choice(OPS) + rng.choice(["", "", " "]) + text)
    return rng.choice([",", ", ", " ,", ",,"]).join(parts)


def expected_compare(a, b):
    try:
        x = Version(a)
    except InvalidVersion:
        return "invalid"
    try:
        y = Version(b)
    except InvalidVersion:
        return "%s invalid" % x
    return "%s %d" % (x, (x > y) - (x < y))


def expected_match(spec, text, pre):
    try:
        found = SpecifierSet(spec)
    except InvalidSpecifier:
        return "invalid"
    try:
        Version(text)
    except InvalidVersion:
        return "invalid version"
    if pre < 0:
        allowed = bool(found.prereleases)
    else:
        allowed = bool(pre)
    return "%d" % found.contains(text, prereleases=allowed)


def main():
    program = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    rng = random.Random(seed)
    lines, wants = [], []
    for _ in range(count):
        if rng.random() < 0.4:
            a, b = version(rng), version(rng)
            lines.append("%s\t%s" % (a, b))
            wants.append(expected_compare(a, b))
        else:
            spec, text = specifier(rng), version(rng)
            pre = rng.choice([0, 1, 1, -1])
            lines.append("%s\t%s\t%d" % (spec, text, pre))
            wants.append(expected_match(spec, text, pre))
    done = subprocess.run([program], input="\n".join(lines) + "\n",
                          capture_output=True, text=True, check=True)
    gots = done.stdout.splitlines()
    assert len(gots) == len(wants)
    bad = 0
    for line, want, got in zip(lines, wants, gots):
        if want != got:
            bad += 1
            if bad <= 20:
                print("%r: want %s, got %s" % (line, want, got))
    print("%d cases, %d differ" % (count, bad))
    return 1 if bad else 0


sys.exit(main())
