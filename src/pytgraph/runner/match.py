# SPDX-License-Identifier: Apache-2.0
"""Which test items --match EXPR means.

EXPR is a glob, in which `*` stands for any characters and `?` for one, and
brackets for themselves because node ids have them; without a `*` it fits
anywhere in a node id, else it fits the whole of one. Between slashes it is a
regular expression, in Python's syntax, that is searched for.

    PYTHON PYTGRAPH_DIR match EXPR      is this Python content with EXPR?
"""

import os
import re
import sys

WRONG = 3       # exit code of `match`: stdout says what is wrong with EXPR


def pattern(expr):
    """The search function of an expression; ValueError."""
    if len(expr) > 1 and expr.startswith("/") and expr.endswith("/"):
        try:
            return re.compile(expr[1:-1]).search
        except (re.error, ValueError, OverflowError, RecursionError) as exc:
            raise ValueError("--match %s: %s" % (expr, exc))
    text = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c)
                   for c in expr)
    return re.compile("\\A%s\\Z" % text if "*" in expr else text,
                      re.DOTALL).search


class Matcher:
    """The items that an Options with `match` wants."""

    def __init__(self, opts):
        self.search = pattern(opts.match)
        self.opts = opts

    def wants(self, nodeid, top):
        """Does a node id fit, as the runner spells it (its file relative to
        the directory `top`) or with the file relative to the root?"""
        if self.search(nodeid):
            return True
        head, colons, rest = nodeid.partition("::")
        head = os.path.relpath(os.path.join(top, head), self.opts.base)
        return bool(self.search(head + colons + rest))


def matcher(opts):
    """A Matcher, or None if nothing was asked for; ValueError."""
    return None if opts.match is None else Matcher(opts)


def chosen(opts, ids, top):
    """Whether each of `ids`, node ids as the runner spells them, is wanted;
    None: all are. ValueError."""
    wanted = matcher(opts)
    fit = None if wanted is None else [wanted.wants(i, top) for i in ids]
    failed = {f.partition("::")[2] for f in opts.failed}
    known = [i.partition("::")[2] in failed for i in ids]
    if not any(known):
        return fit
    return known if fit is None else [a and b for a, b in zip(fit, known)]


def main(argv):
    """`match EXPR`: is asked once, before any test runs."""
    try:
        pattern(argv[0])
    except ValueError as exc:
        sys.stdout.buffer.write(os.fsencode(str(exc)))
        return WRONG
    return 0
