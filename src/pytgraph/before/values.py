# SPDX-License-Identifier: Apache-2.0
"""Which values pure functions (pure.py) may meet.

A value is harmless if nothing that a pure function may do with it changes it,
or anything else that was there before: constants, containers of harmless
values, pure functions, classes whose methods are pure, and what the tables
below name of Python's library and of pytest. Everything is looked at as it is
in this process.
"""

import ast
import builtins
import os
import re
import sys
import types
import warnings
from importlib.machinery import SourceFileLoader

from . import pure
from ..process.process import in_library, stamp

_BUILTINS = """abs all any ascii bin bool bytearray bytes callable chr complex
dict divmod enumerate filter float format frozenset hash hex int isinstance
issubclass iter len list map max min next object oct ord pow range repr
reversed round set slice sorted str sum tuple zip""".split()
# Used in some forms only: see pure.py.
_FORMS = ("open", "type", "super")
# Module: names of functions that change nothing, whatever they are given, and
# of classes of which an object, once made, is reached by its maker only.
_LIBRARY = {
    "math": None,               # all that are functions
    "posixpath": """abspath basename commonpath commonprefix dirname exists
        isabs isdir isfile join normpath realpath relpath split splitext""",
    "os": "fspath",
    "time": """monotonic monotonic_ns perf_counter perf_counter_ns process_time
        sleep time time_ns""",
    "json": "dumps loads",
    "re": """compile escape findall finditer fullmatch match search split sub
        subn""",
    "copy": "copy",
    "functools": "reduce",
    "itertools": """accumulate chain combinations combinations_with_replacement
        compress count cycle dropwhile filterfalse groupby islice permutations
        product repeat starmap takewhile tee zip_longest pairwise""",
    "operator": """add and_ contains eq floordiv ge getitem gt index invert
        itemgetter le lt matmul mod mul ne neg not_ or_ pos pow sub truediv
        truth xor""",
    "collections": "Counter OrderedDict defaultdict deque",
    "string": "capwords",
    "textwrap": "dedent fill indent shorten wrap",
    "fractions": "Fraction",
    "datetime": "date datetime time timedelta timezone",
    "io": "BytesIO StringIO",
    "typing": "cast",
    "contextlib": "suppress",
    "pytest": "approx raises",
}
_ATOMS = (int, float, complex, str, bytes, bool, type(None), type(...), range,
          type(NotImplemented), re.Pattern, re.RegexFlag)
_BASES = (object, int, float, complex, str, bytes, tuple, list, dict, set,
          frozenset)
_FUNCTION = types.FunctionType
_BUILT_IN = (types.BuiltinFunctionType, type)
_SLOTS = (types.MemberDescriptorType, types.GetSetDescriptorType)
# Of a class's namespace, what is there for Python's own use.
_OF_CLASS = frozenset("__%s__" % name for name in (
    "module qualname doc dict weakref annotations slots static_attributes "
    "firstlineno parameters orig_bases annotations_cache match_args "
    "hash").split())
_UNREAD = frozenset(("__annotate__", "__annotate_func__", "pytestmark"))


class Source:
    """A first-party file, with its functions and its ast.Module."""

    __slots__ = ("stamp", "functions", "tree")

    def __init__(self, file):
        self.stamp = stamp(file)
        try:
            with open(file, "rb") as stream:
                self.tree = parse(stream.read(), file)
            self.functions = pure.facts(self.tree)
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            self.functions = {}
        if self.stamp is None or stamp(file) != self.stamp:
            self.functions = {}

    def pure(self):
        """Are all its functions, of which there are some?"""
        return bool(self.functions) and None not in self.functions.values()


def parse(source, file):
    """An ast.Module; what Python warns of is a SyntaxError."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return ast.parse(source, file)


class Values:
    """What was found out so far, for one process. `ours(file)`: is a file
    first-party source?"""

    def __init__(self, ours):
        self.ours = ours
        self.sources = {}       # file: Source
        self.harmless = {}      # id: the library's functions and classes
        self.known = set()      # names of library modules looked at
        self.proved = {}        # id: first-party functions and classes
        self.trial = None       # those of the question being answered

    # --- questions

    def all_harmless(self, values, file):
        """Are these values, those of the tests in `file`, harmless, together
        with all that they refer to? What they refer to in a circle is harmless
        if all of it is."""
        self.library()
        self.trial = {}
        try:
            fit = all(map(self.value, values))
        except RecursionError:
            fit = False
        if fit:
            self.remember(file)
        self.trial = None
        self.sources.pop(file, None)
        return fit

    def remember(self, file):
        """Keep what was found out about functions that the tests of other
        files may use too."""
        for key, value in self.trial.items():
            if type(value) is _FUNCTION and \
                    value.__code__.co_filename != file:
                self.proved[key] = value

    # --- the library

    def library(self):
        """Learn the functions of modules loaded since."""
        if not self.known:
            self.learn(builtins, _BUILTINS)
            self.learn(builtins, [
                name for name, value in vars(builtins).items()
                if isinstance(value, type) and
                issubclass(value, BaseException)])
        for name in _LIBRARY.keys() - self.known:
            module = sys.modules.get(name)
            if type(module) is types.ModuleType:
                file = getattr(module, "__file__", None)
                names = _LIBRARY[name]
                if not (isinstance(file, str) and self.ours(file)):
                    self.learn(module, vars(module) if names is None else
                               names.split())
                self.known.add(name)

    def learn(self, module, names):
        own = module.__name__.strip("_"), "posix"
        for name in names:
            value = vars(module).get(name)
            if isinstance(value, _BUILT_IN) and \
                    str(value.__module__).strip("_") in own or \
                    type(value) is _FUNCTION and \
                    self.installed(module, value.__code__.co_filename):
                self.harmless[id(value)] = value

    def installed(self, module, file):
        """Is a function of `module` with this file what came with it?"""
        if module.__name__ == "pytest":
            top = os.path.dirname(os.path.dirname(module.__file__))
            return file.startswith(os.path.join(top, "_pytest", ""))
        return file == "<frozen %s>" % module.__name__ or in_library(file)

    # --- values

    def value(self, value):
        kind = type(value)
        if kind in _ATOMS or id(value) in self.harmless:
            return True
        if kind in (tuple, list, set, frozenset, dict):
            return self.container(value)
        if kind is _FUNCTION and value.__code__.co_name == "__init__":
            return False        # fit only for a class that makes an object
        if id(value) in self.proved or id(value) in self.trial:
            return True
        if kind is _FUNCTION:
            return self.function(value)
        if kind is type:
            return self.class_(value)
        return False

    def container(self, value):
        if id(value) in self.trial:
            return True
        self.trial[id(value)] = value
        if type(value) is dict:
            return all(map(self.value, value)) and \
                all(map(self.value, value.values()))
        return all(map(self.value, value))

    def function(self, function):
        """Is it pure, and harmless what it uses?"""
        space, code = function.__globals__, function.__code__
        made = self.facts(space, code)
        if made is None or code.co_freevars not in ((), ("__class__",)):
            return False
        self.trial[id(function)] = function
        if any(name in space or hasattr(builtins, name)
               for name in made.inner):
            return False
        return self.value(function.__defaults__) and \
            self.value(function.__kwdefaults__) and \
            all(name in _UNREAD or name.startswith("__") or self.value(value)
                for name, value in vars(function).items()) and \
            all(self.chain(space, chain) for chain in made.chains)

    def facts(self, space, code):
        """The Facts of a function's source; None: it is impure, not known, or
        not what was executed."""
        file = code.co_filename
        loader = type(getattr(space.get("__spec__"), "loader", None))
        if space.get("__file__") != file or not self.ours(file) or \
                loader is not SourceFileLoader and \
                loader is not self.rewriting():
            return None
        return self.source(file).functions.get(
            (code.co_firstlineno, code.co_name))

    @staticmethod
    def rewriting():
        """pytest's loader."""
        module = sys.modules.get("_pytest.assertion.rewrite")
        return getattr(module, "AssertionRewritingHook", None)

    def source(self, file):
        source = self.sources.get(file)
        if source is None or source.stamp != stamp(file):
            source = self.sources[file] = Source(file)
        return source

    def chain(self, space, chain):
        """Is what a dotted name stands for harmless?"""
        name = chain[0]
        value = space[name] if name in space else \
            getattr(builtins, name, self)
        for i, name in enumerate(chain[1:], 1):
            if name == pure.BUILT_IN:
                return self.built_in(value, chain)
            if type(value) is types.ModuleType:
                value = vars(value).get(name, self)
            else:
                # attributes of a value, whatever it is
                return chain[-1] != pure.BUILT_IN and \
                    all(map(pure.plain_attribute, chain[i:])) and \
                    self.value(value)
        return self.value(value)

    def built_in(self, value, chain):
        """Is it what its name stands for in Python itself?"""
        if chain[0] == "os":
            return value is os.path.join and id(value) in self.harmless
        return value is getattr(builtins, chain[0], self) and \
            isinstance(value, _BUILT_IN) and \
            (chain[0] in _FORMS or id(value) in self.harmless)

    def class_(self, cls):
        """Is what its objects can do harmless?"""
        self.trial[id(cls)] = cls
        for base in cls.__mro__[1:]:
            if type(base) is not type or base not in _BASES and \
                    id(base) not in self.harmless and not self.value(base):
                return False
        name = cls.__module__
        module = sys.modules.get(name) if isinstance(name, str) else None
        file = getattr(module, "__file__", None)
        return isinstance(file, str) and self.ours(file) and \
            all(name in _OF_CLASS and not callable(value) or
                name in _UNREAD or self.member(name, value)
                for name, value in vars(cls).items())

    def member(self, name, value):
        kind = type(value)
        if kind in _SLOTS:
            return True
        if kind is _FUNCTION:
            # another's name would take it round the rules for its own
            own = value.__code__.co_name
            return (name == own or name[:2] != "__" and own != "__init__") \
                and self.function(value)
        if name.startswith("__"):
            return False
        if kind in (staticmethod, classmethod):
            return self.value(value.__func__)
        if kind is property:
            return all(f is None or self.value(f)
                       for f in (value.fget, value.fset, value.fdel))
        return self.value(value)
