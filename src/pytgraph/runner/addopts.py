# SPDX-License-Identifier: Apache-2.0
"""Options in `addopts` and PYTEST_ADDOPTS that are meant for a whole run.

tgraph decides itself about distribution over processes, coverage, reports,
stopping early, what failed last and where temporary directories are; the
options for these are taken out of the words before pytest parses them. The
user's files are never edited. Hooks of plugins may add such options too
(pytest-enabler does, and pytest's manual shows how): see Added.
"""

import os


def _read():
    """What each option in the table takes, and those that are dropped. The
    table lies beside this package as tgraph is installed, or in its sources.
    """
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    takes, drop = {}, set()
    for up in ("..", os.path.join("..", "..")):
        path = os.path.join(here, up, "rules", "pytest-options")
        if os.path.isfile(path):
            break
    with open(path, encoding="ascii") as f:
        for line in f:
            words = line.split()
            if not words or line.startswith("#"):
                continue
            takes[words[0]] = words[1]
            if words[2:] == ["drop"]:
                drop.add(words[0])
    return takes, frozenset(drop)


_TAKES, _DROP = _read()


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


class Added:
    """A pytest plugin: takes out whole-run options that hooks add to the
    command line while the initial conftests are loaded."""

    def pytest_load_initial_conftests(self, early_config, args):
        before = list(args)
        known = early_config.known_args_namespace
        had = "no_cov" in known
        plain = getattr(known, "no_cov", False)
        # A hook may have pytest-cov look at the options at once.
        known.no_cov = True
        yield
        if had:
            known.no_cov = plain
        else:
            del known.no_cov
        manager = early_config.pluginmanager
        if manager.has_plugin("_cov"):
            manager.unregister(name="_cov")
        args[:] = without_added(before, args)

    pytest_load_initial_conftests.pytest_impl = {
        "hookwrapper": True, "tryfirst": True}


def without_added(before, after):
    """The words `after`, neutralised but for the words `before` in them."""
    for i in range(len(after) - len(before) + 1):
        end = i + len(before)
        if after[i:end] == before:
            return neutralise(after[:i]) + before + neutralise(after[end:])
    return after
