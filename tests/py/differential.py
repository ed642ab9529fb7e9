#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares tgraph, called through a link named ninja, with ninja.

    differential.py [-n COUNT] [-s SEED] [-k] [-v] TGRAPH NINJA

From each seed a manifest is made (scopes, escapes, subninja, pools, dyndep,
restat, depfiles, response files, validations, odd paths, failing steps,
errors) and a list of things done to it: builds, edits, removals, tools. Both
programs do all of it, each in its own directory; what ran and in which order
at -j1, what was printed and the exit code must be equal. Commands make outputs
whose content follows from that of the inputs, so that times and contents
decide alike. Prints each difference and ends with 1 if there were any.
"""

import argparse
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

STEP = r"""#!/bin/sh
# step.sh NAME [-d DEPFILE HEADER...] [-e CODE] [-r] [-q] -o OUT... -i IN...
name=$1; shift
deps= heads= code=0 restat= quiet=
while :; do
	case $1 in
	-d) deps=$2; shift 2
	    while [ "$1" != - ]; do heads="$heads $1"; shift; done; shift ;;
	-e) code=$2; shift 2 ;;
	-r) restat=1; shift ;;
	-q) quiet=1; shift ;;
	-o) shift; break ;;
	esac
done
echo "$name" >>trace
[ -n "$quiet" ] || echo "this is $name"
[ $code = 0 ] || [ -e forgive ] || exit $code
n=0
for a; do [ "$a" = -i ] && break; n=$((n + 1)); done
i=0
sum=$({ echo "$0 $name"; k=0
	for a; do k=$((k + 1)); [ $k -gt $((n + 1)) ] && cat "$a"; done
	for a in $heads; do cat "$a"; done; } 2>/dev/null | cksum)
[ -z "$restat" ] || sum=$(expr "$sum" : '\(.\)')
first=$1
for a; do
	i=$((i + 1)); [ $i -gt $n ] && break
	[ -n "$restat" ] && [ -f "$a" ] && [ "$(cat "$a")" = "$sum" ] ||
		echo "$sum" >"$a"
done
[ -z "$deps" ] || echo "$first: $heads" >"$deps"
exit 0
"""

ODD = ["plain", "a b", "dir/x", "dir/sub/y", "q'q", "c:d", "d$d", "p+q",
       "x#y", "./dot", "dir/../up", "dir//two", "w@w", "s;s", "t~"]


def esc(path):
    return (path.replace("$", "$$").replace(" ", "$ ").replace(":", "$:"))


class Maker:
    """A manifest, its files, and what is done with them."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.files = {"step.sh": STEP}
        self.sources = []
        self.outs = []          # of all steps, as they are written
        self.steps = 0
        self.lines = []
        self.dyn = {}
        self.names = set()
        self.scope = []
        self.headers = []
        self.used = set()
        self.alias = {}         # what phony outputs stand for

    def chance(self, p):
        return self.r.random() < p

    def path(self, kind):
        base = self.r.choice(ODD) if self.chance(0.3) else "f"
        n = len(self.names)
        self.names.add((kind, n))
        return "%s_%s%d" % (base, kind, n)

    def source(self, kind="s"):
        path = self.path(kind)
        self.files[os.path.normpath(path)] = "source %s\n" % path
        self.sources.append(os.path.normpath(path))
        return path

    def rules(self, out, prefix=""):
        opt = self.r.choice(["", "-q "])
        out += [
            "var%s = v%d" % (prefix, self.r.randrange(9)),
            "rule cc%s" % prefix,
            "  command = sh step.sh $name %s$flags -o $out $more -i $in $also" % opt,
            "  description = %s $name" % self.r.choice(
                ["CC", "do $out for", "with ${var%s}" % prefix]),
            "rule plain%s" % prefix,
            "  command = sh step.sh $name -o $out $more -i $in $also",
            "rule rs%s" % prefix,
            "  command = sh step.sh $name -r -o $out $more -i $in $also",
            "  restat = 1",
            "rule dep%s" % prefix,
            "  command = sh step.sh $name -d $dfile $heads - -o $out $more -i $in $also",
            "  depfile = $dfile",
            "  description = DEP $out",
        ]
        if self.chance(0.7):
            out.append("  deps = gcc")
        out += [
            "rule rsp%s" % prefix,
            "  command = cat $rsp >/dev/null && sh step.sh $name -o $out $more "
            "-i $in $also",
            "  rspfile = $rsp",
            "  rspfile_content = $in_newline and $name",
        ]

    def some(self, most):
        pool = self.outs + self.sources
        n = self.r.randint(0, most)
        found = [self.r.choice(pool) for _ in range(n)] if pool else []
        self.used.update(found)
        return found

    def behind(self, paths):
        """The files that these stand for: content is made of them."""
        found = []
        for path in paths:
            more = self.alias.get(path)
            found += self.behind(more) if more else [path]
        return found

    def step(self, out, prefix=""):
        self.steps += 1
        name = "step%d" % self.steps
        outs = [self.path("o") for _ in range(1 + self.chance(0.15))]
        ins = list(dict.fromkeys(self.some(3)))
        self.used.update(ins)
        if self.chance(0.5) or not ins:
            ins.append(self.source())
        kind = self.r.choice(["cc", "cc", "plain", "plain", "rs", "dep",
                              "rsp"])
        if kind == "dep" and not all(
                re.fullmatch(r"[\w/.]+", i) and i not in self.alias
                for i in ins):
            kind = "cc"
        if kind == "dep":
            outs[0] = "d%d" % self.steps    # the depfile names it plainly
        if len(outs) > 1:
            # one of them alone is not removed below
            self.used.update(outs)
        line = "build " + " ".join(map(esc, outs))
        implicit = []
        if self.chance(0.1):
            implicit = ["dir/i%d" % self.steps]
            line += " | " + " ".join(map(esc, implicit))
        line += ": %s%s %s" % (kind, prefix, " ".join(map(esc, ins)))
        also = self.some(2) if self.chance(0.2) else []
        if also:
            line += " | " + " ".join(map(esc, also))
        also = self.behind(also) + self.behind(
            i for i in ins if i in self.alias)
        if self.chance(0.2):
            line += " || " + " ".join(map(esc, self.some(2)))
        if self.chance(0.1) and self.outs:
            line += " |@ " + esc(self.r.choice(self.outs))
        if self.chance(0.05):
            line = line.replace(" ", " $\n    ", 1)
        out += [line, "  name = " + name]
        if also:
            out.append("  also = " + " ".join(
                shlex.quote(a).replace("$", "$$") for a in also))
        if kind == "dep":
            # the source comes first, as a compiler has it
            heads = ins + [self.r.choice(self.headers) for _ in range(2)]
            out += ["  dfile = %s.d" % name, "  heads = " + " ".join(heads)]
        if kind == "rsp":
            out.append("  rsp = %s.rsp" % name)
        if kind == "cc" and self.chance(0.15):
            out.append("  flags = -e %d" % self.r.randint(1, 40))
        if self.chance(0.15):
            out.append("  pool = %s" % self.r.choice(
                ["two", "one", "", "console"]))
        if self.chance(0.2):
            out.append("  description = $name's own ${name} $$")
        if implicit:
            out.append("  more = " + " ".join(implicit))
        self.outs += outs
        return outs

    def manifest(self):
        out = self.lines
        self.headers = ["h%d.h" % i for i in range(4)]
        for h in self.headers:
            self.files[h] = "header %s\n" % h
            self.sources.append(h)
        if self.chance(0.2):
            out.append("ninja_required_version = 1.5")
        if self.chance(0.2):
            out.append("builddir = bd")
        out += ["pool two", "  depth = 2", "pool one", "  depth = 1"]
        self.rules(out)
        out.append("name = nobody")
        for _ in range(self.r.randint(1, 12)):
            self.step(out)
            if self.chance(0.15):
                alias = "alias%d" % self.steps
                ins = self.some(3)
                out.append("build %s: phony %s" % (
                    alias, " ".join(map(esc, ins))))
                if ins:
                    self.outs.append(alias)
                    self.alias[alias] = ins
        if self.chance(0.3):
            sub = []
            if self.chance(0.5):
                sub.append("var = inner")
            self.rules(sub, "_sub")
            for _ in range(self.r.randint(1, 4)):
                self.step(sub, self.r.choice(["", "_sub"]))
            self.files["sub.ninja"] = "\n".join(sub) + "\n"
            out.append("subninja sub.ninja")
        if self.chance(0.3):
            self.dyndep(out)
        if self.chance(0.4) and self.outs:
            out.append("default " + " ".join(
                esc(self.r.choice(self.outs)) for _ in range(2)))
        return "\n".join(out) + "\n"

    def dyndep(self, out):
        self.steps += 2
        extra = self.r.choice(self.headers)
        more = "dynmade"
        made = self.chance(0.5)
        self.files["dd.in"] = (
            "ninja_dyndep_version = 1\nbuild dynout%s: dyndep | %s\n" % (
                " | " + more if made else "", extra))
        if self.chance(0.3):
            self.files["dd.in"] += "  restat = 1\n"
        out += [
            "rule mkdd", "  command = echo dd >>trace; cp $in $out",
            "build dd: mkdd dd.in",
            "build dynout: plain %s || dd" % esc(self.source()),
            "  name = step%d" % self.steps,
            "  more = %s" % (more if made else ""),
            "  dyndep = dd",
        ]
        self.outs.append("dynout")

    def actions(self):
        r, todo = self.r, [("build", [])]
        kinds = ["edit", "edit", "edit", "build", "null", "rm", "forgive",
                 "target", "dry", "verbose", "keep", "tool", "command",
                 "back", "status", "quiet"]
        for _ in range(r.randint(3, 8)):
            k = r.choice(kinds)
            if k == "edit":
                todo.append(("edit", r.sample(self.sources, min(
                    len(self.sources), r.randint(1, 2)))))
                todo.append(("build", []))
            elif k in ("build", "null"):
                todo.append(("build", []))
            elif k == "rm" and set(self.outs) - self.used:
                # what others use would be made again as it was, and by
                # content they are then up to date
                todo.append(("rm", [r.choice(sorted(
                    set(self.outs) - self.used))]))
                todo.append(("build", []))
            elif k == "forgive":
                todo += [("forgive", []), ("build", [])]
            elif k == "target" and self.outs:
                t = r.choice(self.outs + ["nothing", "alia1"] + [
                    s for s in self.sources if s not in self.headers])
                todo.append(("build", [t + r.choice(["", "", "^"])]))
            elif k == "dry" and "dd.in" not in self.files:
                # ninja wants to read a dyndep file that it did not make
                todo += [("edit", [r.choice(self.sources)]),
                         ("build", ["-n"])]
            elif k == "verbose":
                todo += [("edit", [r.choice(self.sources)]),
                         ("build", ["-v"])]
            elif k == "quiet":
                todo += [("edit", [r.choice(self.sources)]),
                         ("build", ["--quiet"])]
            elif k == "keep":
                todo.append(("build", ["-k", str(r.randint(0, 3))]))
            elif k == "command":
                todo += [("command", []), ("build", [])]
            elif k == "status":
                todo += [("edit", [r.choice(self.sources)]), ("status", [])]
            elif k == "tool":
                todo.append(("build", self.tool()))
        return todo

    def tool(self):
        r = self.r
        t = os.path.normpath(r.choice(self.outs)) if self.outs else "none"
        return r.choice([
            ["-t", "targets", "all"], ["-t", "targets", "depth", "2"],
            ["-t", "targets", "rule", "cc"], ["-t", "targets", "rule"],
            ["-t", "query", t], ["-t", "commands", t], ["-t", "commands"],
            ["-t", "commands", "-s", t], ["-t", "inputs", t],
            ["-t", "inputs", "-d", t], ["-t", "inputs", "-E", t],
            ["-t", "multi-inputs", t], ["-t", "rules"],
            ["-t", "rules", "-d"], ["-t", "compdb"],
            ["-t", "compdb-targets", t], ["-t", "graph", t],
            ["-n", "-t", "clean"], ["-n", "-t", "clean", t],
            ["-n", "-t", "clean", "-r", "cc"], ["-t", "clean"],
            ["-t", "missingdeps"], ["-t", "deps"], ["-t", "recompact"],
            ["-t", "restat"], ["-t", "cleandead"], ["-t", "nonsense"],
        ])


def spoil(r, text):
    """A mistake somewhere."""
    at = r.randrange(len(text))
    how = r.randrange(6)
    if how == 0:
        return text[:at] + text[at + r.randint(1, 3):]
    if how == 1:
        return text[:at] + r.choice("$:|=\t @\n#{}") + text[at:]
    lines = text.split("\n")
    i = r.randrange(len(lines))
    if how == 2:
        del lines[i]
    elif how == 3:
        lines.insert(i, lines[r.randrange(len(lines))])
    elif how == 4:
        lines[i] = "  " + lines[i]
    else:
        lines[i] = lines[i].lstrip()
    return "\n".join(lines)


class Side:
    """One of the two programs, in its directory."""

    def __init__(self, program, where, maker, text):
        self.program = program
        self.where = where
        os.makedirs(where)
        for name, content in maker.files.items():
            self.write(name, content)
        self.write("build.ninja", text)

    def write(self, name, content):
        path = os.path.join(self.where, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        newest = self.newest()
        while True:
            with open(path, "w") as f:
                f.write(content)
            if os.stat(path).st_mtime_ns > newest:
                break

    def newest(self):
        """Later than anything that was written before."""
        path = os.path.join(self.where, ".clock")
        with open(path, "w"):
            pass
        os.utime(path)
        return os.stat(path).st_mtime_ns

    def run(self, args, env=None):
        e = {k: v for k, v in os.environ.items() if k not in (
            "NINJA_STATUS", "MAKEFLAGS", "CLICOLOR_FORCE", "FORCE_COLOR")}
        e.update(env or {})
        e["TERM"] = "dumb"
        e["TGRAPH_CACHE"] = ""  # nothing is restored
        trace = os.path.join(self.where, "trace")
        if os.path.exists(trace):
            os.unlink(trace)
        try:
            p = subprocess.run(
                ["ninja"] + ([] if "-t" in args else ["-j1"]) + args,
                executable=self.program, cwd=self.where, env=e,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, timeout=60)
        except subprocess.TimeoutExpired:
            return {"code": "timeout"}
        ran = ""
        if os.path.exists(trace):
            with open(trace) as f:
                ran = f.read()
        where = self.where.encode()
        out = p.stdout.replace(where, b"HERE")
        if "graph" in args:
            out = name_ids(out)
        if "deps" in args:
            out = re.sub(rb", deps mtime [0-9]+ ", b", deps mtime N ", out)
        return {"code": p.returncode, "ran": ran, "out": out,
                "err": p.stderr.replace(where, b"HERE")}

    def act(self, what, args):
        if what == "build":
            return self.run(args)
        if what == "status":
            return self.run([], {"NINJA_STATUS": args[0] if args else
                                 "[%s/%t %r %u %f %p %%] "})
        if what == "edit":
            for name in args:
                path = os.path.join(self.where, name)
                old = ""
                if os.path.exists(path):
                    with open(path) as f:
                        old = f.read()
                if name == "dd.in":
                    continue
                self.write(name, old + "more\n")
        elif what == "rm":
            for name in args:
                path = os.path.join(self.where, os.path.normpath(name))
                if os.path.isfile(path):
                    os.unlink(path)
        elif what == "forgive":
            self.write("forgive", "")
        elif what == "command":
            path = os.path.join(self.where, "build.ninja")
            with open(path) as f:
                text = f.read()
            self.write("build.ninja", text.replace(
                "sh step.sh $name", "sh ./step.sh $name", 1))
        return None


def name_ids(text):
    """Calls what -t graph draws by the order in which it is met."""
    met = {}
    return re.sub(rb'"(0x[0-9a-f]+|[ns][0-9]+)"(?=[ \n])', lambda m: b"%d" %
                  met.setdefault(m[1], len(met)), text)


def show(result):
    if result.get("code") == "timeout":
        return "timed out"
    return "exit %s\nran: %s\n--- stdout\n%s\n--- stderr\n%s" % (
        result["code"], result["ran"].split(),
        result["out"].decode(errors="replace"),
        result["err"].decode(errors="replace"))


def one(seed, tgraph, ninja, work, verbose):
    maker = Maker(seed)
    text = maker.manifest()
    if seed % 4 == 3:
        text = spoil(maker.r, text)
    todo = maker.actions()
    sides = [Side(p, os.path.join(work, n, "w"), maker, text)
             for p, n in ((tgraph, "t"), (ninja, "n"))]
    for i, (what, args) in enumerate(todo):
        got, want = (s.act(what, args) for s in sides)
        if verbose:
            print("# %d: %s %s" % (seed, what, args))
        if got == want or not got:
            continue
        print("seed %d: %s\n=== tgraph: %s\n=== ninja: %s" % (
            seed, todo[:i + 1], show(got),
            show(want)))
        return False
    return True


def main():
    p = argparse.ArgumentParser()
    p.add_argument("-n", type=int, default=100)
    p.add_argument("-s", type=int, default=0)
    p.add_argument("-k", action="store_true", help="keep going")
    p.add_argument("-v", action="store_true")
    p.add_argument("--keep", help="directory to leave the last case in")
    p.add_argument("tgraph")
    p.add_argument("ninja")
    a = p.parse_args()
    bad = 0
    with tempfile.TemporaryDirectory() as top:
        link = os.path.join(top, "ninja")
        os.symlink(os.path.abspath(a.tgraph), link)
        for seed in range(a.s, a.s + a.n):
            work = a.keep or os.path.join(top, "w")
            shutil.rmtree(work, ignore_errors=True)
            if not one(seed, link, a.ninja, work, a.v):
                bad += 1
                if not a.k:
                    break
    print("%d of %d seeds differ" % (bad, seed - a.s + 1))
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
