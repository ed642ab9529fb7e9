#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills tgraph at random moments of a build of C sources.

    kill_build.py TGRAPH ROUNDS [SEED]

Every round edits some files (a header, sources, a generator's input, the
manifest itself), starts tgraph and kills it after a random time, with its
steps or alone: then these are still at work when the next run begins. That
one runs undisturbed and must be right: every output has the content that a
clean build makes, nothing of the killed run is left, and another run has
nothing to do. The last line is "N passed, N failed".
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

UNITS = 8

MANIFEST = """rule cc
  command = {cc} -c -MMD -MF $out.d -o $out $in -Iinc $flags
  depfile = $out.d
  deps = gcc
rule ar
  command = rm -f $out && ar rcsD $out $in
rule link
  command = {cc} -o $out $in
rule gen
  command = (echo '#define GEN \\' && cat $in) >$out.new && mv $out.new $out
  restat = 1
rule stamp
  command = cat $in >checked && touch $out
rule use
  command = cat checked >$out
rule slowly
  command = : >$out; for f in $in; do cat $$f >>$out; sleep 0.02; done
build inc/gen.h: gen gen.in
"""


def put(path, text):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def make_manifest(flags):
    text = MANIFEST.format(cc=os.environ.get("CC", "cc"))
    objects = []
    for i in range(UNITS):
        objects.append("obj/u%d.o" % i)
        text += "build obj/u%d.o: cc u%d.c || inc/gen.h\n  flags = %s\n" % (
            i, i, flags)
    text += "build obj/main.o: cc main.c || inc/gen.h\n"
    text += "build libu.a: ar %s\n" % " ".join(objects)
    text += "build prog: link obj/main.o libu.a\n"
    every = " ".join("u%d.c" % i for i in range(UNITS))
    text += "build stamp: stamp %s\nbuild used: use stamp\n" % every
    text += "build all.txt: slowly %s\n" % every
    put("build.ninja", text)


def make_tree():
    for i in range(UNITS):
        put("u%d.c" % i, '#include "gen.h"\n#include "h%d.h"\n'
            "int u%d(void) { return GEN + H%d; }\n" % (i % 3, i, i % 3))
    for i in range(3):
        put("inc/h%d.h" % i, "#define H%d 0\n" % i)
    put("gen.in", "1\n")
    put("main.c", "#include <stdio.h>\n%s\nint main(void) { return "
        "printf(\"%%d\\n\", %s) < 0; }\n" % (
            "\n".join("int u%d(void);" % i for i in range(UNITS)),
            " + ".join("u%d()" % i for i in range(UNITS))))
    make_manifest("")


def edit(r, n):
    for _ in range(r.randint(1, 3)):
        what = r.randrange(5)
        if what == 0:
            i = r.randrange(3)
            put("inc/h%d.h" % i, "#define H%d %d\n" % (i, r.randrange(4)))
        elif what == 1:
            put("gen.in", "%d\n" % r.randrange(4))
        elif what == 2:
            make_manifest("-DN=%d" % r.randrange(3))
        elif what == 3:
            i = r.randrange(UNITS)
            put("u%d.c" % i, '#include "gen.h"\n#include "h%d.h"\n'
                "int u%d(void) { return %d + GEN + H%d; }\n" % (
                    i % 3, i, r.randrange(3), i % 3))
        else:
            for name in ("libu.a", "stamp", "obj/u0.o"):
                if os.path.exists(name) and r.random() < 0.5:
                    os.unlink(name)


OUTPUTS = ["inc/gen.h", "libu.a", "prog", "used", "all.txt",
           "obj/main.o"] + ["obj/u%d.o" % i for i in range(UNITS)]


def contents():
    found = {}
    for name in OUTPUTS:
        with open(name, "rb") as f:
            found[name] = f.read()
    return found


def build(tgraph, *args):
    p = subprocess.run([tgraph, "-j2"] + list(args), capture_output=True,
                       stdin=subprocess.DEVNULL, timeout=120)
    return p.returncode, (p.stdout + p.stderr).decode(errors="replace")


def at_work(here):
    """Processes that work in a directory, but for this one."""
    found = []
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        try:
            if name.isdigit() and int(name) != os.getpid() and \
                    os.readlink("/proc/%s/cwd" % name) == here:
                found.append(int(name))
        except OSError:
            pass
    return found


def killed(tgraph, delay, alone):
    """Runs tgraph in a session of its own and kills it, or all of that."""
    p = subprocess.Popen([tgraph, "-j2"], stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                         start_new_session=True)
    time.sleep(delay)
    p.kill()
    p.wait()
    if alone:
        return
    # steps have groups of their own in the session
    for _ in range(100):
        left = 0
        for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
            try:
                with open("/proc/%s/stat" % name) as f:
                    text = f.read()
            except OSError:
                continue
            fields = text[text.rindex(")") + 2:].split()
            if int(fields[3]) == p.pid and fields[0] != "Z":
                left += 1
                try:
                    os.kill(int(text.split()[0]), signal.SIGKILL)
                except OSError:
                    pass
        if not left:
            break


def check(tgraph):
    """What is wrong after a build that was left alone, or None."""
    code, out = build(tgraph)
    if code:
        return "exit %d: %s" % (code, out)
    got, left = contents(), at_work(os.getcwd())
    if left:
        return "left of the killed run: %s" % left
    code, out = build(tgraph)
    if code or "no work to do" not in out:
        return "the null build: exit %d: %s" % (code, out)
    here = os.getcwd()
    clean = here + ".clean"
    shutil.rmtree(clean, ignore_errors=True)
    shutil.copytree(here, clean, ignore=shutil.ignore_patterns(
        ".tgraph", "obj", "libu.a", "prog", "used", "stamp", "checked",
        "all.txt", "gen.h"))
    try:
        os.chdir(clean)
        code, out = build(tgraph)
        want = contents()
    finally:
        os.chdir(here)
    for name in OUTPUTS:
        if got[name] != want[name]:
            return "%s is not what a clean build makes" % name
    return None


def main():
    tgraph, rounds = os.path.abspath(sys.argv[1]), int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else int(time.time())
    r = random.Random(seed)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as top:
        os.mkdir(top + "/w")
        os.chdir(top + "/w")
        make_tree()
        for n in range(rounds):
            edit(r, n)
            for _ in range(r.randint(1, 2)):
                killed(tgraph, r.random() * r.choice([0.02, 0.1, 0.4]),
                       r.random() < 0.5)
            wrong = check(tgraph)
            if wrong:
                failed += 1
                print("seed %d round %d: %s" % (seed, n, wrong))
            else:
                passed += 1
        os.chdir("/")
    print("%d passed, %d failed" % (passed, failed))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
