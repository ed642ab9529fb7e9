# SPDX-License-Identifier: Apache-2.0
"""Options in `addopts` and PYTEST_ADDOPTS that are meant for a whole run.

tgraph decides itself about distribution over processes, coverage, reports,
stopping early, what failed last and where temporary directories are; the
options for these are taken out of the words before pytest parses them. The
user's files are never edited. Hooks of plugins may add such options too
(pytest-enabler does, and pytest's manual shows how): see Added.
"""

# name: 0 no value, 1 one value, "?" a value if the next word is none
_DROP = {
    "-n": 1, "--numprocesses": 1, "--maxprocesses": 1, "--dist": 1, "--tx": 1,
    "--rsyncdir": 1, "--rsyncignore": 1, "--max-worker-restart": 1,
    "--testrunuid": 1, "--looponfail": 0, "-f": 0, "-d": 0,
    "--maxschedchunk": 1, "--no-loadscope-reorder": 0, "--loadscope-reorder": 0,
    "--px": 1,
    "--cov": "?", "--cov-report": 1, "--cov-config": 1, "--no-cov": 0,
    "--no-cov-on-fail": 0, "--cov-append": 0, "--cov-branch": 0,
    "--cov-fail-under": 1, "--cov-context": 1, "--cov-precision": 1,
    "--cov-reset": 0,
    "--junitxml": 1, "--junit-xml": 1, "--junitprefix": 1,
    "--junit-prefix": 1, "--html": 1, "--self-contained-html": 0, "--css": 1,
    "--report-log": 1, "--json-report": 0, "--json-report-file": 1,
    "-x": 0, "--exitfirst": 0, "--maxfail": 1,
    "--lf": 0, "--last-failed": 0, "--ff": 0, "--failed-first": 0, "--nf": 0,
    "--new-first": 0, "--lfnf": 1, "--last-failed-no-failures": 1,
    "--sw": 0, "--stepwise": 0, "--sw-skip": 0, "--stepwise-skip": 0,
    "--sw-reset": 0, "--stepwise-reset": 0, "--cache-clear": 0,
    "--cache-show": "?",
    "--durations": 1, "--durations-min": 1, "--basetemp": 1,
    "--pdb": 0, "--trace": 0, "--pdbcls": 1, "--color": 1, "--pastebin": 1,
    "--testmon": 0, "--picked": "?", "--co": 0, "--collect-only": 0,
}
# Short options of pytest that take a value, attached or as the next word.
_SHORT_VALUE = "kmpWocrn"
_SHORT_DROP = "xfd"
_LONG_VALUE = frozenset((
    "--rootdir", "--confcutdir", "--ignore", "--ignore-glob", "--deselect",
    "--tb", "--capture", "--import-mode", "--override-ini", "--config-file",
    "--log-level", "--log-format", "--log-date-format", "--log-cli-level",
    "--log-cli-format", "--log-file", "--log-file-level", "--verbosity",
    "--assert", "--pythonwarnings", "--show-capture", "--doctest-glob",
    "--doctest-report", "--asyncio-mode", "--pyargs-value"))


def neutralise(words):
    """`words` (list of str) without the options of _DROP."""
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
    arity = _DROP.get(name)
    if arity is None:
        out.append(word)
        if not eq and name in _LONG_VALUE and todo:
            out.append(todo.pop())
    elif eq or arity == 0 or not todo:
        pass
    elif arity == 1 or not todo[-1].startswith("-"):
        todo.pop()


def _short(word, todo, out):
    kept = ""
    for i, char in enumerate(word[1:], 1):
        if char in _SHORT_VALUE:
            value = word[i + 1:] or (todo.pop() if todo else None)
            if kept:
                out.append("-" + kept)
            if "-" + char in _DROP:
                return
            out.append("-" + char)
            if value is not None:
                out[-1] += value
            return
        if char not in _SHORT_DROP:
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
