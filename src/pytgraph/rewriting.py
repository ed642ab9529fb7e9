# SPDX-License-Identifier: Apache-2.0
"""A quicker walk for pytest's assertion rewriting.

After rewriting an assert statement, pytest gives every node of the statements
it made the place of the assert (ast.copy_location), reaching them by a
recursive generator that yields operators and contexts too, which have no
place. The walk here is a loop over the nodes that have one: what is compiled
is the same.
"""

import ast


def install():
    """Replace the walk in _pytest.assertion.rewrite, if it is the one that is
    known here (pytest 7 to 9)."""
    from _pytest.assertion import rewrite
    plain = getattr(rewrite, "traverse_node", None)
    code = getattr(plain, "__code__", None)
    if code is not None and code.co_varnames[:2] == ("node", "child") and \
            set(code.co_names) == {"ast", "iter_child_nodes",
                                   "traverse_node"}:
        rewrite.traverse_node = with_place


def with_place(node):
    """The nodes below `node`, and itself, that have a line number."""
    found, todo = [], [node]
    take = todo.pop
    while todo:
        node = take()
        kind = node.__class__
        if kind._attributes:
            found.append(node)
        for name in kind._fields:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                if value._fields or value._attributes:
                    todo.append(value)
            elif isinstance(value, list):
                for item in value:
                    if isinstance(item, ast.AST):
                        todo.append(item)
    return found
