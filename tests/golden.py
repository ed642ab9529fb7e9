#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""golden.py [--update] FILE...: compares what tgraph prints with what is kept.

A file is a sequence of sections, each begun by a line with an @ at its start:

    @FILE NAME      the lines that follow are the file's text
    @ARGS ARG...    runs tgraph (words as in a shell) in the test's directory
    @EXIT CODE      the exit code of the run before (0 if not given)
    @EXPECT         its standard output, byte for byte
    @EXPECT-ERR     its standard error (anything, if not given)

Lines before the first section are remarks. A file sees its own text only as
it is: a line that must begin with an @ is written with two. In the output
the test's directory is written @DIR@. A run is one test; the output is TAP.
With --update the expected texts are written anew from what was printed.
"""
import os
import shlex
import shutil
import subprocess
import sys
import tempfile


class Section:
    def __init__(self, word, arg, head):
        self.word, self.arg, self.head, self.lines = word, arg, head, []

    def text(self):
        return b"".join(l[1:] if l.startswith(b"@@") else l for l in self.lines)

    def set_text(self, text):
        self.lines = [b"@" + l if l.startswith(b"@") else l
                      for l in text.splitlines(True)]
        if self.lines and not self.lines[-1].endswith(b"\n"):
            raise ValueError("output does not end in a newline")


WORDS = (b"FILE", b"ARGS", b"EXIT", b"EXPECT", b"EXPECT-ERR")


def parse(path):
    remarks, sections = [], []
    with open(path, "rb") as f:
        for n, line in enumerate(f, 1):
            if line.startswith(b"@") and not line.startswith(b"@@"):
                word, _, arg = line[1:].strip().partition(b" ")
                if word not in WORDS:
                    raise ValueError(f"{path}:{n}: unknown section")
                if word not in (b"FILE", b"ARGS") and not any(
                        s.word == b"ARGS" for s in sections):
                    raise ValueError(f"{path}:{n}: no @ARGS before")
                sections.append(Section(word, arg.strip(), line))
            elif sections:
                sections[-1].lines.append(line)
            else:
                remarks.append(line)
    return remarks, sections


def environment(top):
    env = {k: v for k, v in os.environ.items()
           if k in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")}
    for name in ("home", "cache"):
        os.mkdir(os.path.join(top, name))
    env.update(HOME=os.path.join(top, "home"), LC_ALL="C", TZ="UTC",
               XDG_CACHE_HOME=os.path.join(top, "cache"), TERM="dumb",
               PATH=os.path.join(BUILD, "obj/tests/venv/bin")
               + ":/usr/bin:/bin:/usr/sbin:/sbin:/opt/homebrew/bin")
    return env


def run(args, cwd, env):
    argv = [TGRAPH] + [os.fsdecode(a) for a in shlex.split(os.fsdecode(args))]
    p = subprocess.run(argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                       capture_output=True, timeout=120)
    top = os.fsencode(cwd)
    return (p.returncode, p.stdout.replace(top, b"@DIR@"),
            p.stderr.replace(top, b"@DIR@"))


def differ(what, want, got):
    if want == got:
        return []
    import difflib
    a, b = (t.decode("utf-8", "backslashreplace").splitlines() for t in (want, got))
    return [f"{what} differs:"] + list(
        difflib.unified_diff(a, b, "expected", "got", lineterm=""))


def judge(group, got, update):
    """What is wrong with one run; group: its sections after @ARGS."""
    code, out, err = got
    wrong, exit_code, checked = [], 0, False
    for s in group:
        if s.word == b"EXIT":
            exit_code = int(s.arg)
        elif s.word == b"EXPECT":
            checked = True
            if update:
                s.set_text(out)
            wrong += differ("stdout", s.text(), out)
        elif s.word == b"EXPECT-ERR":
            checked = True
            if update:
                s.set_text(err)
            wrong += differ("stderr", s.text(), err)
    if code != exit_code:
        wrong.append(f"exit code {code} instead of {exit_code}")
    if not checked:
        wrong.append("the run expects no output: @EXPECT is missing")
    if wrong and err:
        wrong += ["stderr was:"] + err.decode("utf-8", "replace").splitlines()
    return wrong


def test(path, number, update):
    remarks, sections = parse(path)
    top = os.path.realpath(tempfile.mkdtemp(prefix="tgraph-golden."))
    work = os.path.join(top, "work")
    os.mkdir(work)
    env, failed, i = environment(top), 0, 0
    try:
        while i < len(sections):
            s = sections[i]
            i += 1
            if s.word == b"FILE":
                name = os.path.join(os.fsencode(work), s.arg)
                os.makedirs(os.path.dirname(name), exist_ok=True)
                with open(name, "wb") as f:
                    f.write(s.text())
                continue
            group = []
            while i < len(sections) and sections[i].word not in (b"FILE", b"ARGS"):
                group.append(sections[i])
                i += 1
            wrong = judge(group, run(s.arg, work, env), update)
            number += 1
            print("not ok" if wrong else "ok", number,
                  "-", os.path.basename(path), os.fsdecode(s.arg))
            for line in wrong:
                print("#", line)
            failed += bool(wrong)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    if update:
        with open(path, "wb") as f:
            f.write(b"".join(remarks))
            for s in sections:
                f.write(s.head + b"".join(s.lines))
    return number, failed


def main(argv):
    update = argv[:1] == ["--update"]
    number = failed = 0
    for path in argv[update:]:
        number, bad = test(path, number, update)
        failed += bad
    print(f"1..{number}")
    return 1 if failed else 0


BUILD = os.environ.get("TG_BUILD") or os.getcwd()
TGRAPH = os.environ.get("TGRAPH") or os.path.join(BUILD, "tgraph")
if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
