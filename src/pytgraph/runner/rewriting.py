# SPDX-License-Identifier: Apache-2.0
"""A quicker way to give rewritten asserts their place.

After rewriting an assert statement, pytest gives the nodes of the statements it
made the place of the assert: it walks them by a recursive generator that yields
operators and contexts too, which have no place, and calls ast.copy_location()
for each. Here one loop does both: what is compiled is the same.
"""

import ast

from . import private


def install():
    """Do so, if pytest does it in a way that is known here (7 to 9)."""
    rewriter = private.AssertRewriter.find()
    if rewriter is None:
        return
    plain = rewriter.visit
    missing = rewriter.only_missing()

    def visit_Assert(self, assert_):
        statements = plain(self, assert_)
        place(statements, assert_, missing)
        return statements

    rewriter.replace(visit_Assert)


_PLACE = ("lineno", "col_offset", "end_lineno", "end_col_offset")
# Types of values in nodes that are no nodes, or that are nodes without fields
# and place.
_BARE = {type(None), type(...), bool, int, float, complex, str, bytes, tuple,
         frozenset}
_BARE.update(kind for kind in vars(ast).values()
             if isinstance(kind, type) and issubclass(kind, ast.AST) and
             not kind._fields and not kind._attributes)


def place(nodes, where, missing):
    """Give `nodes`, and all below them, the place of the node `where`; with
    `missing` only those that have none."""
    there = {name: getattr(where, name) for name in _PLACE
             if hasattr(where, name)}
    todo = list(nodes)
    take, bare = todo.pop, _BARE
    while todo:
        node = take()
        kind = node.__class__
        if kind in bare:
            continue
        space = node.__dict__
        for value in space.values():
            if value.__class__ is list:
                todo += value
            elif value.__class__ not in bare:
                todo.append(value)
        if kind._attributes and not (
                missing and space.get("lineno") is not None):
            space.update(there)
