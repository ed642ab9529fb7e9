#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the scanner with CPython's own parser.

usage: scan_oracle.py SCAN_DUMP [-v] [-r] [PATH ...]

SCAN_DUMP is the program of tests/unit/scan_dump.c. Every .py file below each
PATH (default: the standard library of the Python that runs this) is parsed by
`ast` and scanned; imports, definitions, assigned names and names used must be
the same. Files that this Python cannot parse are counted and left out, but the
scanner must survive them. -r: scans go through a record and back. The exit
status is 1 if any file differs.
"""

import ast
import json
import os
import subprocess
import sys
import sysconfig
import unicodedata
import warnings

LAZY, CONDITIONAL, OPTIONAL, TYPING, STAR, FROM = 1, 2, 4, 8, 16, 32
OTHER_KINDS = 64 | 128 | 256
CLASS, ASYNC, DEF_CONDITIONAL, GENERATOR = 1, 2, 4, 8
SOFT = {"match", "case", "type", "_"}
CAUGHT = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


def dotted(node):
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
        return ".".join(reversed(parts))
    return None


class Walk:
    """One file as ast sees it, in the words of the scan."""

    def __init__(self, tree):
        self.imports, self.defs = [], []
        self.assigned, self.stored = set(), set()
        self.used = {}      # owner -> names that must be there
        self.allowed = {}   # owner -> names that may be there
        self.type_checking = {"TYPE_CHECKING", "typing.TYPE_CHECKING"}
        for n in ast.walk(tree):
            if isinstance(n, ast.Import):
                self.type_checking.update(
                    a.asname + ".TYPE_CHECKING" for a in n.names
                    if a.asname and a.name in ("typing", "typing_extensions"))
        self.body(tree.body, -1, 0, False, False)

    # names

    def note(self, owner, name, must):
        if must:
            self.used.setdefault(owner, set()).add(name)
        self.allowed.setdefault(owner, set()).add(name)

    def expr(self, node, owner):
        if node is None:
            return
        for n in ast.walk(node):
            if isinstance(n, ast.Name):
                self.note(owner, n.id, isinstance(n.ctx, ast.Load))
            elif isinstance(n, ast.Attribute):
                self.note(owner, n.attr, isinstance(n.ctx, ast.Load))
            elif isinstance(n, ast.arg):
                self.note(owner, n.arg, False)
            elif isinstance(n, (ast.Yield, ast.YieldFrom)):
                self.yields = True
            elif isinstance(n, ast.AST):
                for field in ("name", "rest"):
                    value = getattr(n, field, None)
                    if isinstance(value, str):
                        self.note(owner, value, False)

    # statements

    def body(self, body, owner, flags, function, conditional):
        for node in body:
            self.statement(node, owner, flags, function, conditional)

    def statement(self, node, owner, flags, function, cond):
        if isinstance(node, ast.Import):
            for a in node.names:
                self.imports.append((a.name, a.asname or "", 0, (),
                                     getattr(a, "lineno", None), flags,
                                     owner))
        elif isinstance(node, ast.ImportFrom):
            f = flags | FROM
            names = tuple((a.name, a.asname or "") for a in node.names)
            if names == (("*", ""),):
                names, f = (), f | STAR
            self.imports.append((node.module or "", "", node.level, names,
                                 node.lineno, f, owner))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef,
                               ast.ClassDef)):
            self.definition(node, owner, flags, cond)
        elif isinstance(node, ast.If):
            self.if_(node, owner, flags, function)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            for field in ("target", "iter", "test"):
                self.expr(getattr(node, field, None), owner)
            for part in (node.body, node.orelse):
                self.body(part, owner, flags | CONDITIONAL, function, True)
        elif type(node).__name__ in ("Try", "TryStar"):
            self.try_(node, owner, flags, function)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            names = set()
            for item in node.items:
                self.expr(item.context_expr, owner)
                self.expr(item.optional_vars, owner)
                for n in ast.walk(item.context_expr):
                    if isinstance(n, ast.Name):
                        names.add(n.id)
                    elif isinstance(n, ast.Attribute):
                        names.add(n.attr)
            f = flags
            if names & CAUGHT and names & {"suppress", "raises"}:
                f |= OPTIONAL
            self.body(node.body, owner, f, function, True)
        elif type(node).__name__ == "Match":
            self.expr(node.subject, owner)
            for case in node.cases:
                self.expr(case.pattern, owner)
                self.expr(case.guard, owner)
                self.body(case.body, owner, flags | CONDITIONAL, function,
                          True)
        else:
            self.simple(node, owner, function)

    def simple(self, node, owner, function):
        self.expr(node, owner)
        for n in ast.walk(node):
            if isinstance(n, (ast.Global, ast.Nonlocal)):
                for name in n.names:
                    self.note(owner, name, False)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store):
                self.stored.add((owner, n.id))
        if function:
            return
        targets = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AugAssign):
            targets = [node.target]
        elif isinstance(node, ast.AnnAssign) and node.value:
            targets = [node.target]
            if not node.simple:
                targets = []
        elif type(node).__name__ == "TypeAlias":
            targets = [node.name]
        for t in targets[:1]:
            if isinstance(t, ast.Name):
                self.assigned.add((owner, t.id))

    def if_(self, node, owner, flags, function):
        test, negated = node.test, False
        self.expr(test, owner)
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            test, negated = test.operand, True
        name = dotted(test)
        constant = name in self.type_checking or (
            isinstance(test, ast.Constant) and
            (test.value is False or test.value == 0 and
             type(test.value) is int))
        f = flags | CONDITIONAL
        self.body(node.body, owner,
                  f | (TYPING if constant and not negated else 0),
                  function, True)
        orelse = node.orelse
        if len(orelse) == 1 and isinstance(orelse[0], ast.If) and \
                orelse[0].col_offset == node.col_offset:
            self.if_(orelse[0], owner, flags, function)
        else:
            self.body(orelse, owner,
                      f | (TYPING if constant and negated else 0),
                      function, True)

    def try_(self, node, owner, flags, function):
        caught = False
        f = flags | CONDITIONAL
        for h in node.handlers:
            if h.type is None:
                caught = True
                continue
            for n in ast.walk(h.type):
                name = getattr(n, "id", getattr(n, "attr", None))
                caught |= name in CAUGHT
        self.body(node.body, owner, f | (OPTIONAL if caught else 0),
                  function, True)
        for h in node.handlers:
            self.expr(h.type, owner)
            if h.name:
                self.note(owner, h.name, False)
            self.body(h.body, owner, f, function, True)
        self.body(node.orelse, owner, f, function, True)
        self.body(node.finalbody, owner, flags, function, True)

    def definition(self, node, owner, flags, cond):
        me = len(self.defs)
        is_class = isinstance(node, ast.ClassDef)
        decos = tuple(
            dotted(d.func if isinstance(d, ast.Call) else d) or ""
            for d in node.decorator_list)
        for d in node.decorator_list:
            self.expr(d, me)
        for p in getattr(node, "type_params", ()):
            self.expr(p, me)
        kind = 0
        bases = params = ()
        if is_class:
            kind = CLASS
            bases = []
            for b in node.bases:
                self.expr(b, me)
                if isinstance(b, ast.Subscript):
                    b = b.value
                if dotted(b):
                    bases.append(dotted(b))
            bases = tuple(bases)
            for k in node.keywords:
                self.expr(k.value, me)
        else:
            if isinstance(node, ast.AsyncFunctionDef):
                kind |= ASYNC
            a = node.args
            params = [p.arg for p in a.posonlyargs + a.args]
            params += [a.vararg.arg] if a.vararg else []
            params += [p.arg for p in a.kwonlyargs]
            params += [a.kwarg.arg] if a.kwarg else []
            params = tuple(params)
            for p in a.posonlyargs + a.args + a.kwonlyargs + \
                    [x for x in (a.vararg, a.kwarg) if x]:
                self.expr(p.annotation, me)
            for d in a.defaults + a.kw_defaults:
                self.expr(d, me)
            self.expr(node.returns, me)
        if cond:
            kind |= DEF_CONDITIONAL
        self.defs.append([node.name, owner, kind, node.lineno,
                          node.end_lineno, bases, params, decos])
        f = flags if is_class else flags | LAZY
        self.body(node.body, me, f, not is_class, False)


def normal(text):
    return unicodedata.normalize("NFKC", text)


def from_scan(scan):
    imports = []
    for i in scan["imports"]:
        if i["flags"] & OTHER_KINDS:
            continue
        names = tuple((normal(n), normal(a)) for n, a in i["names"])
        imports.append((normal(i["module"]), normal(i["as"]), i["level"],
                        names, i["line"], i["flags"], i["owner"]))
    defs = []
    for d in scan["defs"]:
        defs.append([normal(d["name"]), d["parent"],
                     d["flags"] & (CLASS | ASYNC | DEF_CONDITIONAL),
                     d["line"], d["end"],
                     tuple(normal(b) for b in d["bases"]),
                     tuple(normal(p) for p in d["params"]),
                     tuple(normal(n) for n in d["decos"])])
    return imports, defs


def segments(refs):
    return {normal(part) for r in refs for part in r.split(".") if part}


def compare(path, tree, scan, tell):
    walk = Walk(tree)
    imports, defs = from_scan(scan)
    bad = []
    if scan["error"]:
        bad.append("error: %s, line %d" % (scan["error"], scan["error_line"]))
    unsafe = not any(i[5] & TYPING for i in imports)
    mine = [i for i in walk.imports]
    if unsafe:  # TYPE_CHECKING is not typing's in this file
        mine = [i[:5] + (i[5] & ~TYPING, i[6]) for i in mine]
    for a, b in zip(mine, imports):
        if a[4] is None:  # before Python 3.10
            a = a[:4] + (b[4],) + a[5:]
        if a != b:
            bad.append("import: ast %r, scan %r" % (a, b))
            break
    if len(mine) != len(imports):
        bad.append("imports: ast %d, scan %d" % (len(mine), len(imports)))
    for a, b in zip(walk.defs, defs):
        if a != b:
            bad.append("definition: ast %r, scan %r" % (a, b))
            break
    if len(walk.defs) != len(defs):
        bad.append("definitions: ast %d, scan %d" %
                   (len(walk.defs), len(defs)))
    assigned = {(a["owner"], normal(a["name"])) for a in scan["assigns"]}
    if walk.assigned - assigned:
        bad.append("assigned, not seen: %r" %
                   sorted(walk.assigned - assigned)[:5])
    if assigned - walk.stored - walk.assigned:
        bad.append("not assigned: %r" %
                   sorted(assigned - walk.stored - walk.assigned)[:5])
    refs = {n: segments(d["refs"]) for n, d in enumerate(scan["defs"])}
    refs[-1] = segments(scan["refs"])
    for owner, names in sorted(walk.used.items()):
        missing = names - refs.get(owner, set())
        if missing:
            bad.append("names of %d not seen: %r" %
                       (owner, sorted(missing)[:5]))
            break
    for owner, names in sorted(refs.items()):
        # soft keywords are names to a scanner
        extra = names - walk.allowed.get(owner, set()) - SOFT
        if extra:
            bad.append("names of %d that are not there: %r" %
                       (owner, sorted(extra)[:5]))
            break
    for line in bad:
        tell("%s: %s" % (path, line))
    return not bad


def files(roots):
    for root in roots:
        if os.path.isfile(root):
            yield root
        for base, dirs, names in os.walk(root):
            dirs.sort()
            for n in sorted(names):
                path = os.path.join(base, n)
                # a link may lead nowhere
                if n.endswith(".py") and os.path.isfile(path):
                    yield path


def parse(path):
    with open(path, "rb") as f:
        data = f.read()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compile(data, path, "exec", ast.PyCF_ONLY_AST,
                       dont_inherit=True)


def main(args):
    if not args:
        print(__doc__)
        return 2
    dump, args = args[0], args[1:]
    options = [a for a in args if a == "-r"]
    verbose = "-v" in args
    roots = [a for a in args if not a.startswith("-")]
    if not roots:
        roots = [sysconfig.get_path("stdlib")]
    paths = [p for p in files(roots) if "\n" not in p]
    run = subprocess.Popen([dump] + options + ["-"], stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE)
    same = differ = unparsed = 0
    # the dump reads a path and writes a line; a few at a time fit the pipes
    for path in paths:
        run.stdin.write(os.fsencode(path) + b"\n")
        run.stdin.flush()
        line = run.stdout.readline()
        if not line:
            print("%s: the scanner died" % path)
            return 1
        try:
            tree = parse(path)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            unparsed += 1
            continue
        scan = json.loads(line.decode("utf-8", "surrogateescape"))
        if compare(path, tree, scan, print):
            same += 1
        else:
            differ += 1
    run.stdin.close()
    if run.wait():
        print("the scanner failed")
        return 1
    print("%d files the same, %d differ, %d not parsed by Python %s" %
          (same, differ, unparsed, sys.version.split()[0]))
    if verbose:
        print("\n".join(paths))
    return 1 if differ or not same else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
