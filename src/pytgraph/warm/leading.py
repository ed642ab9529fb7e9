# SPDX-License-Identifier: Apache-2.0
"""The imports at the head of a test file: what its module imports before it
does anything else.

Only statements that bind names stand between them. An import that may fail
(in try, pytest.importorskip) is one of them: what it loads, it loads alone
too. The head ends at the first statement that might change what a later import
finds or does.
"""

import ast

from ..observe.library import quiet

_CONSTANT = (ast.Constant, ast.Name, ast.Load, ast.Store, ast.Tuple, ast.List,
             ast.Dict, ast.Set, ast.UnaryOp, ast.USub, ast.JoinedStr,
             ast.Attribute, ast.Starred, ast.BinOp, ast.Add, ast.Sub,
             ast.Mult, ast.Mod, ast.Div)


def imports(path):
    """The imports at the head of the file: (module, names, level) each, `names`
    of a from import (a tuple). None can be read: ()."""
    try:
        with open(quiet(path), "rb") as stream:
            source = stream.read()
        tree = head(source)
    except (OSError, ValueError, SyntaxError, RecursionError):
        return ()
    found = []
    for node in tree.body:
        if not _take(node, found):
            break
    return tuple(found)


def head(source):
    """The tree of as much of `source` (bytes) as can hold the imports at its
    head; ValueError, SyntaxError. It takes long to parse a whole file."""
    lines = source.splitlines(True)
    end = 0
    for at, line in enumerate(lines):
        word = line.lstrip()
        if not word or word.startswith(b"#"):
            continue
        if line[:1] in b" \t)]}":
            continue
        if line.startswith((b"def ", b"class ", b"async ", b"@", b"if __n")):
            break
        end = at + 1
    else:
        end = len(lines)
    while True:
        text = b"".join(lines[:_whole(lines, end)])
        try:
            return ast.parse(text)
        except SyntaxError:
            # It ended within a statement (a text of several lines, say).
            if end == 0:
                raise
            end = min(end - 1, end * 3 // 4)


def _whole(lines, end):
    """`end`, moved on over the lines that go on with the last statement."""
    while end < len(lines) and (lines[end][:1] in (b" ", b"\t", b")", b"]",
                                                   b"}") or
                                not lines[end].strip()):
        end += 1
    return end


def _take(node, found):
    """Add the imports of a statement; False if it ends the head."""
    if isinstance(node, ast.Import):
        found.extend((alias.name, (), 0) for alias in node.names)
        return True
    if isinstance(node, ast.ImportFrom):
        if node.module != "__future__":
            found.append((node.module or "", tuple(
                alias.name for alias in node.names), node.level))
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) or _skip(node.value, found)
    if isinstance(node, ast.Assign):
        return all(isinstance(t, ast.Name) for t in node.targets) and (
            _plain(node.value) or _skip(node.value, found))
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.target, ast.Name) and _plain(node.annotation) \
            and (node.value is None or _plain(node.value))
    if isinstance(node, ast.If):
        return ast.unparse(node.test).endswith("TYPE_CHECKING") and \
            not node.orelse if hasattr(ast, "unparse") else False
    return isinstance(node, ast.Pass)


def _plain(node):
    """Does evaluating this do nothing but make a value of names' and
    constants' values?"""
    return node is None or all(isinstance(n, _CONSTANT)
                               for n in ast.walk(node)) and \
        not any(isinstance(n, ast.Attribute) and not _mark(n)
                for n in ast.walk(node))


def _mark(node):
    """pytest.mark.NAME, or a part of it."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id == "pytest"


def _skip(node, found):
    """pytest.importorskip("NAME", ...)"""
    if not isinstance(node, ast.Call) or not node.args:
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else \
        getattr(node.func, "id", "")
    module = node.args[0]
    if name != "importorskip" or not isinstance(module, ast.Constant) or \
            not isinstance(module.value, str):
        return False
    found.append((module.value, (), 0))
    return True
