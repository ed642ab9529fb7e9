# SPDX-License-Identifier: Apache-2.0
"""How a process that has run a file ends.

`python -m pytest` ends as Python does: it calls what is left of finalizers and
takes modules apart. That may crash or end with another exit code, and then the
run has failed. To do so in each child of a session takes longer than to fork
it, as all that was loaded before the fork is taken apart too. So a child ends
as Python does only if

- first-party code mentions what can break a process, or has extension modules;
- a thread goes on;
- it has extension modules of installed distributions in a combination with
  which no sibling has been seen to end well.

Where objects live whose classes have a finalizer in first-party source, a child
calls these. Else it ends at once.
"""

import os
import sys
from threading import active_count
from weakref import ref

from ..observe import environ, imported

WHOLE, FINALIZERS = "whole", "finalizers"
_BREAKS = (b"ctypes", b"cffi")
_FINALIZER = b"__del__"
_LIBRARY = os.path.dirname(os.__file__)
_EXTENSION = (".so", ".pyd", ".dylib")


class Seen:
    """What is known in this process, and so in those forked from it."""

    def __init__(self):
        self.words = set()      # of those above, in first-party sources
        self.natives = frozenset()      # extension modules not of Python's
        self.living = []        # weak references to objects with finalizers
        self.well = set()       # values of natives with which one ended well
        self.harmless = set()   # extension modules that are ours, so to speak


seen = Seen()


def note(source):
    """First-party `source` (bytes) is imported."""
    for word in _BREAKS + (_FINALIZER,):
        if word in source:
            seen.words.add(word)


def rest(ours):
    """Processes will be forked from this one. ours(path): is it first-party
    source?"""
    seen.natives = natives()
    if _FINALIZER not in seen.words:
        return
    for thing in living(ours):
        try:
            seen.living.append(ref(thing))
        except TypeError:
            seen.words.update(_BREAKS)  # who can't be known by all


def how(ours, has):
    """How this process, forked from one that has called rest() and with the
    extension modules `has`, should end: WHOLE, FINALIZERS or None: at once."""
    if not seen.words.isdisjoint(_BREAKS) or active_count() > 1 or \
            any(ours(path) for path in has) or \
            has and has not in seen.well:
        return WHOLE
    if _FINALIZER in seen.words and (seen.living or living(ours)):
        return FINALIZERS
    return None


def finalize(ours):
    """Call what Python would call when it takes everything apart."""
    things = living(ours)
    things += [t for t in (r() for r in seen.living) if t is not None]
    for thing in things:
        try:
            type(thing).__del__(thing)
        except BaseException as exc:
            sys.stderr.write("Exception ignored in: %r: %r\n" % (
                type(thing).__del__, exc))


def natives():
    """The files of extension modules in this process, but Python's own."""
    found = set()
    for path in imported.files():
        if path.endswith(_EXTENSION) and (
                not path.startswith(_LIBRARY) or "-packages" in path):
            found.add(path)
    return frozenset((found | seen.natives) - seen.harmless)


def living(ours):
    """Objects whose classes have finalizers in first-party source, but those
    that are frozen. (One that the collector doesn't know holds no other.)"""
    things = environ.objects()
    kinds = set(filter(lambda kind: _finalizes(kind, ours),
                       set(map(type, things))))
    return [t for t in things if type(t) in kinds] if kinds else []


def _finalizes(kind, ours):
    for base in _bases(kind):
        code = getattr(base.__dict__.get("__del__"), "__code__", None)
        if code is not None and ours(code.co_filename):
            return True
    return False


_bases = type.__dict__["__mro__"].__get__       # what no metaclass changes
