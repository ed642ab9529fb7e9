# SPDX-License-Identifier: Apache-2.0
"""Options in `addopts` and PYTEST_ADDOPTS that are meant for a whole run.

tgraph decides itself about distribution over processes, coverage, reports,
stopping early, what failed last and where temporary directories are; the
options for these are taken out of the words before pytest parses them. The
user's files are never edited. Hooks of plugins may add such options too
(pytest-enabler does, and pytest's manual shows how): see plugins.Added.
"""

import os

from ..observe import library


def _read():
    """What each option in the table takes, those that are dropped, and those
    with which no tests are run. The table lies beside this package as tgraph
    is installed, or in its sources."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    takes, drop, ends = {}, set(), set()
    for up in ("..", os.path.join("..", "..")):
        path = os.path.join(here, up, "rules", "pytest-options")
        if os.path.isfile(library.quiet(path)):
            break
    with open(library.quiet(path), encoding="ascii") as f:
        for line in f:
            words = line.split()
            if not words or line.startswith("#"):
                continue
            takes[words[0]] = words[1]
            if words[2:] == ["drop"]:
                drop.add(words[0])
            elif words[2:] == ["ends"]:
                ends.add(words[0])
    return takes, drop, ends


_TAKES, _DROP, _ENDS = _read()


def neutralise(words):
    """`words` (list of str) without the options that are dropped."""
    out = []
    todo = list(words)
    todo.reverse()
    while todo:
        word = todo.pop()
        if word.startswith("--") and len(word) > 2:
            _long(word, todo, out)
        elif word.startswith("-") and len(word) > 1:
            _short(word, todo, out)
        else:
            out.append(word)
    return out


def ending(words):
    """The first of `words` with which pytest runs no tests; None."""
    for word in words:
        if word == "--":
            break
        if word.startswith("--"):
            if word.partition("=")[0] in _ENDS:
                return word
        elif word.startswith("-"):
            for char in word[1:]:
                if _TAKES.get("-" + char) == "1":
                    break
                if "-" + char in _ENDS:
                    return "-" + char
    return None


def _long(word, todo, out):
    name, eq, _ = word.partition("=")
    takes = _TAKES.get(name, "0")
    kept = [word]
    if todo and not eq and (takes == "1" or takes == "?" and
                            not todo[-1].startswith("-")):
        kept.append(todo.pop())
    if name not in _DROP:
        out.extend(kept)


def _short(word, todo, out):
    kept = ""
    for i, char in enumerate(word[1:], 1):
        if _TAKES.get("-" + char) == "1":
            value = word[i + 1:] or (todo.pop() if todo else None)
            if kept:
                out.append("-" + kept)
            if "-" + char in _DROP:
                return
            out.append("-" + char)
            if value is not None:
                out[-1] += value
            return
        if "-" + char not in _DROP:
            kept += char
    if kept:
        out.append("-" + kept)


def without_added(before, after):
    """The words `after`, neutralised but for the words `before` in them."""
    for i in range(len(after) - len(before) + 1):
        end = i + len(before)
        if after[i:end] == before:
            return neutralise(after[:i]) + before + neutralise(after[end:])
    return after
