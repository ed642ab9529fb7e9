# SPDX-License-Identifier: Apache-2.0
"""The marker tgraph: what counts for a file besides what can be seen of it.

    @pytest.mark.tgraph(cache=False)        it is always run
    @pytest.mark.tgraph(inputs=["../schema/*.json"], env=["CI"])

It holds for the file of the item that has it. Inputs are globs (** is any number
of directories), from the directory of that file.
"""

import os

LINE = "tgraph(cache=True, inputs=(), env=()): what a test depends on besides " \
    "what tgraph sees; cache=False: it is always run"


ABSENT = "look:"        # a question of its own for tgraph: src/state/asked.h


class Wrong(Exception):
    """A marker says what it can't say."""


class Marked:
    """What the markers of some items say in all."""

    def __init__(self):
        self.known = {}         # by id and directory: markers that were read
        self.always = False
        self.inputs = set()
        self.env = set()

    def read(self, item):
        """Add the markers of an item; Wrong."""
        for mark in item.iter_markers("tgraph"):
            directory = os.path.dirname(str(item.path))
            # That of a module is one for all of its items.
            if (id(mark), directory) not in self.known:
                self.known[id(mark), directory] = mark
                self.add(mark, directory)

    def add(self, mark, directory):
        if mark.args:
            raise Wrong("expected cache=, inputs= or env=, not %r"
                        % (mark.args[0],))
        for name, value in mark.kwargs.items():
            if name == "cache" and type(value) is bool:
                self.always |= not value
            elif name == "cache":
                raise Wrong("cache must be True or False, not %r" % (value,))
            elif name == "inputs":
                for pattern in _strings(name, value):
                    self.inputs.update(found(directory, pattern))
            elif name == "env":
                self.env.update(_strings(name, value))
            else:
                raise Wrong("%s is not cache, inputs or env" % name)

    def complete(self, doc, opts):
        """Add to a result document what is known."""
        if self.always:
            doc["always"] = True
        if self.inputs:
            doc["inputs"] = sorted(
                opts.below(f) if os.path.lexists(f) else ABSENT + opts.below(f)
                for f in self.inputs)
        if self.env:
            doc["env"] = sorted(self.env.union(doc["env"]))


def _strings(name, value):
    if not isinstance(value, (list, tuple)) or \
            not all(type(x) is str and x for x in value):
        raise Wrong("%s must be a list of strings, not %r" % (name, value))
    return value


def found(directory, pattern):
    """The files that a glob means, and the directories in which there may be
    more of them one day, or that such a one is not there. A plain path counts
    whether there is anything or not."""
    from glob import escape, glob, has_magic
    if not has_magic(pattern):
        return {os.path.normpath(os.path.join(directory, pattern))}
    names, tops = set(), {"/" if pattern[0] == "/" else directory}
    for part in filter(None, pattern.split("/")):
        if not has_magic(part):
            below = {os.path.join(top, part) for top in tops}
            tops = set(filter(os.path.lexists, below))
            names |= below - tops
            continue
        names |= tops
        tops = {d for top in tops for d in glob(
            os.path.join(escape(top), part, ""), recursive=True)}
        if part == "**":
            names |= tops
    names.update(glob(os.path.join(escape(directory), pattern),
                      recursive=True))
    return {os.path.normpath(name) for name in names}
