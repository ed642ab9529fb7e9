# SPDX-License-Identifier: Apache-2.0
"""Which functions leave nothing behind, judged by their source.

A function is pure here if executing it, given arguments that pure functions
make or meet, can change no object that was there before: neither modules,
classes and functions nor the containers they hold, nor anything outside the
process. Its source may be made of what is named in this file only; whatever
else is in it makes it impure. What the names that it does not bind itself stand
for is looked up later (values.py): facts() says which those are.

The rules, and why they are enough:

- Statements bind local names, never global ones; no function defines others or
  imports. What is assigned to an item, by `+=`, or changed by a method that
  changes its object (MUTATORS) is a local name that is bound to new containers
  and constants only. `self.x = ...` stands in __init__ only, and that is called
  by nothing but a class that makes an object.
- An attribute of a value that nothing is known of is no special one, leads to
  no frame, and is none of MUTATORS. The objects that were there before and can
  be reached are constants, lists, dicts, sets, classes and functions
  (values.py): these have no other ways to be changed, and none to reach a
  module.
- The class of an object is not had as a value (type(x) is compared or shown
  only): those of files, of `list[int]` or of classes can do more than their
  objects.
"""

import ast
import re

# Methods of list, dict, set and bytearray that change their object, and those
# of collections.Counter, which is written in Python, that change any dict.
MUTATORS = frozenset((
    "append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse",
    "update", "setdefault", "popitem", "add", "discard", "difference_update",
    "intersection_update", "symmetric_difference_update", "subtract",
    "_keep_positive"))
# Beginnings of attributes by which a function's frame or what holds it can be
# had, and of what changes an abstract class.
_FRAMES = ("f_", "gi_", "cr_", "ag_", "tb_", "co_", "func_", "_abc_")
# Attributes that lead to a frame (of pytest's ExceptionInfo), to an object that
# nothing is known of (of AttributeError), to the file below a file and so to a
# class that writes, and to base classes; pytest's marks, which are functions
# that mark; what registers with an abstract class; what reads attributes that
# a text names.
_HOLDERS = frozenset((
    "traceback", "_traceback", "tb", "frame", "getrepr", "_getreprcrash",
    "_excinfo", "obj", "raw", "detach", "mro", "pytestmark", "register",
    "format", "format_map"))
# Special methods that a class may define.
_SPECIAL = frozenset("__%s__" % name for name in (
    "init repr str bytes format eq ne lt le gt ge hash bool len iter next "
    "reversed contains getitem call enter exit index int float complex abs "
    "neg pos invert round trunc floor ceil add sub mul matmul truediv "
    "floordiv mod divmod pow lshift rshift and or xor").split())
# In a text that formats: an attribute or an item of what is formatted.
_REACHES = re.compile(r"\{[^{}:!]*[.\[]").search
# Of the global names that begin with two underscores, those that are texts.
_TEXTS = frozenset(("__file__", "__name__", "__doc__"))
BUILT_IN = "()"


class Impure(Exception):
    """Carries why, and the line."""


class Facts:
    """Of a pure function: the global names and dotted names it uses, as
    tuples of their parts, BUILT_IN last where it must be Python's own; the
    names bound in its lambdas and comprehensions; and its ast.Asserts."""

    __slots__ = ("chains", "inner", "asserts")

    def __init__(self):
        self.chains = set()
        self.inner = set()
        self.asserts = []


def facts(tree):
    """{(line, name): Facts, or None if it is impure} of the functions of
    modules and classes in the module `tree` (ast.Module). The line is
    co_firstlineno: that of the first decorator."""
    found = {}
    for node in tree.body:
        _definitions(node, found, None)
    return found


def _definitions(node, found, owner):
    if isinstance(node, ast.ClassDef):
        for inner in node.body:
            _definitions(inner, found, node)
    elif isinstance(node, ast.FunctionDef):
        first = node.decorator_list[0] if node.decorator_list else node
        key = min(first.lineno, node.lineno), node.name
        try:
            made = _Function(node, owner).facts
        except Impure:
            made = None
        # two of one name on one line: neither can be told
        found[key] = None if key in found else made
    elif isinstance(node, (ast.If, ast.Try)):
        for inner in ast.iter_child_nodes(node):
            if isinstance(inner, ast.ExceptHandler):
                for more in inner.body:
                    _definitions(more, found, owner)
            elif isinstance(inner, ast.stmt):
                _definitions(inner, found, owner)


def deny(node, why):
    raise Impure("%d: %s" % (getattr(node, "lineno", 0), why))


def plain_attribute(name):
    """May this attribute of any value be read? (_x_ are enumerations' own.)"""
    return name not in MUTATORS and name not in _HOLDERS and \
        not name.startswith("__") and not name.startswith(_FRAMES) and \
        not (name[0] == name[-1] == "_")


def _literal(node):
    """Is it a constant, or a new container of constants?"""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.UnaryOp):
        return _literal(node.operand)
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return all(map(_literal, node.elts))
    return isinstance(node, ast.Dict) and None not in node.keys and \
        all(map(_literal, node.keys)) and all(map(_literal, node.values))


_DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp,
             ast.SetComp)
_MAKERS = frozenset(("list", "dict", "set", "sorted"))


class _Function:
    """One function, read from top to bottom. What depends on which names are
    local is decided at its end."""

    def __init__(self, node, owner):
        self.facts = Facts()
        self.first = None       # the parameter `self` of __init__
        self.initial = owner is not None and node.name == "__init__"
        self.params = set()
        self.stores = {}        # name: are all that it is bound to new?
        self.loads = set()      # names read on their own
        self.dotted = set()     # (name, attribute, ...) read
        self.fresh = set()      # names that must be bound to what is new
        self.bare = set()       # names that must be global ones: open, ...
        self.makers = set()     # list, dict ... where they make what is new
        self.holding = 0        # how deep in with and try
        self.lambdas = 0        # how deep in such
        self.definition(node, owner)
        for statement in node.body:
            self.statement(statement)
        self.settle(node)

    def definition(self, node, owner):
        name = node.name
        if name.startswith("__") and name.endswith("__") and (
                owner is None or name not in _SPECIAL or node.decorator_list):
            deny(node, "special function")
        if getattr(node, "type_params", None):
            deny(node, "type parameters")
        self.params.update(self.parameters(node))
        if "request" in self.params:
            deny(node, "fixture request")
        if self.initial:
            named = node.args.posonlyargs + node.args.args
            self.first = named[0].arg if named else None

    def parameters(self, node):
        """Names of the parameters of a function or lambda."""
        args = node.args
        if not all(_literal(d) for d in args.defaults + args.kw_defaults
                   if d is not None):
            deny(node, "default value")
        found = args.posonlyargs + args.args + args.kwonlyargs
        return [a.arg for a in found + [args.vararg, args.kwarg] if a]

    def settle(self, node):
        """Tell local names from global ones, and check what was put off."""
        made = self.facts
        stored = set(self.stores)
        own = self.params | stored
        if made.inner & own or (self.bare | self.makers) & (own | made.inner):
            deny(node, "a name with two meanings")
        if any(name.startswith("__") for name in own | made.inner):
            deny(node, "a name that a class may change")
        for name in self.fresh:
            if not self.stores.get(name) or name in self.params:
                deny(node, "changes %s" % name)
        own |= made.inner
        if self.first in stored:
            deny(node, "binds %s" % self.first)
        for name in self.loads - own:
            made.chains.add((name,))
        for chain in self.dotted:
            if chain[0] not in own:
                made.chains.add(chain)
            elif not all(map(plain_attribute, chain[1:])):
                if chain[1] not in MUTATORS or chain[0] not in stored or \
                        not self.stores[chain[0]] or chain[0] in self.params \
                        or not all(map(plain_attribute, chain[2:])):
                    deny(node, "attribute " + ".".join(chain))
        made.chains.update((name, BUILT_IN) for name in self.makers)

    # --- statements

    def statement(self, node):
        method = getattr(self, "do_" + type(node).__name__, None)
        if method is None:
            deny(node, type(node).__name__)
        method(node)

    def block(self, nodes):
        for node in nodes:
            self.statement(node)

    def do_Pass(self, node):
        return

    do_Break = do_Continue = do_Pass

    def do_Expr(self, node):
        self.value(node.value)

    def do_Return(self, node):
        if node.value is not None:
            self.value(node.value)

    def do_Assert(self, node):
        self.facts.asserts.append(node)
        self.value(node.test)
        if node.msg is not None:
            self.value(node.msg)

    def do_Raise(self, node):
        for value in (node.exc, node.cause):
            if value is not None:
                self.value(value)

    def do_If(self, node):
        self.value(node.test)
        self.block(node.body)
        self.block(node.orelse)

    do_While = do_If

    def do_For(self, node):
        self.value(node.iter)
        self.target(node.target, False)
        self.block(node.body)
        self.block(node.orelse)

    def do_With(self, node):
        for item in node.items:
            self.value(item.context_expr)
            if item.optional_vars is not None:
                self.target(item.optional_vars, False)
        self.held(node.body)

    def held(self, nodes):
        """The body of a statement that does something at its end: in a
        generator that was left there, whenever that is collected."""
        self.holding += 1
        self.block(nodes)
        self.holding -= 1

    def do_Try(self, node):
        self.held(node.body)
        for handler in node.handlers:
            if handler.type is not None:
                self.value(handler.type)
            if handler.name:
                self.stores[handler.name] = False
            self.block(handler.body)
        self.block(node.orelse)
        self.block(node.finalbody)

    def do_Assign(self, node):
        self.value(node.value)
        new = self.is_new(node.value)
        for target in node.targets:
            self.target(target, new)

    def do_AnnAssign(self, node):
        if not isinstance(node.target, ast.Name):
            deny(node, "annotated part")
        if node.value is not None:
            self.value(node.value)
            self.target(node.target, self.is_new(node.value))
        else:
            self.stores.setdefault(node.target.id, True)

    def do_AugAssign(self, node):
        self.value(node.value)
        target = node.target
        # numbers do nothing to a container but multiply it
        number = isinstance(node.value, ast.Constant) and \
            type(node.value.value) in (int, float, complex) and \
            not isinstance(node.op, ast.Mult)
        if isinstance(target, ast.Subscript) and number:
            self.item(target)
        elif not isinstance(target, ast.Name):
            deny(node, "changes a part in place")
        elif number:
            self.stores.setdefault(target.id, True)
        else:
            self.fresh.add(target.id)

    def do_Delete(self, node):
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.stores.setdefault(target.id, True)
            else:
                self.target(target, False)

    def is_new(self, node):
        """Is its value a new object that can be changed, or a constant?"""
        if isinstance(node, _DISPLAYS) or isinstance(node, ast.Constant):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) \
                and node.func.id in _MAKERS:
            self.makers.add(node.func.id)
            return True
        return False

    def target(self, node, new):
        if isinstance(node, ast.Name):
            self.stores[node.id] = new and self.stores.get(node.id, True)
        elif isinstance(node, (ast.Tuple, ast.List)):
            for inner in node.elts:
                self.target(inner, False)
        elif isinstance(node, ast.Starred):
            self.target(node.value, False)
        elif isinstance(node, ast.Subscript):
            self.item(node)
        elif isinstance(node, ast.Attribute) and self.first and \
                isinstance(node.value, ast.Name) and \
                node.value.id == self.first and \
                not node.attr.startswith("__"):
            return
        else:
            deny(node, "assignment to a part")

    def item(self, node):
        """name[...] as a target."""
        if not isinstance(node.value, ast.Name):
            deny(node, "assignment to an item")
        self.fresh.add(node.value.id)
        self.value(node.slice)

    # --- expressions

    def value(self, node):
        kind = type(node)
        if kind is ast.Constant:
            return
        if kind is ast.Yield and self.holding:
            deny(node, "yield in with or try")
        if kind is ast.Name:
            if node.id.startswith("__") and node.id not in _TEXTS:
                deny(node, node.id)
            self.loads.add(node.id)
        elif kind is ast.Attribute:
            self.attribute(node)
        elif kind is ast.Call:
            self.call(node)
        elif kind is ast.Compare:
            self.compare(node)
        elif kind is ast.FormattedValue and _is_type(node.value):
            self.type_of(node.value)
            if node.format_spec is not None:
                self.value(node.format_spec)
        elif kind in _SIMPLE:
            for name in _SIMPLE[kind]:
                part = getattr(node, name)
                if part is None:
                    continue
                if isinstance(part, list):
                    for inner in part:
                        if inner is not None:
                            self.value(inner)
                else:
                    self.value(part)
        elif kind in _COMPREHENSIONS:
            self.comprehension(node, kind)
        elif kind is ast.Lambda:
            self.facts.inner.update(self.parameters(node))
            self.lambdas += 1
            self.value(node.body)
            self.lambdas -= 1
        elif kind is ast.NamedExpr:
            if self.lambdas:
                deny(node, "binds a name of a lambda")
            self.value(node.value)
            self.target(node.target, False)
        else:
            deny(node, kind.__name__)

    def compare(self, node):
        parts = [node.left] + node.comparators
        if any(map(_is_type, parts)) and not all(
                isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops):
            # __eq__ of an object would be given the class
            for part in parts:
                self.global_value(part)
        for part in parts:
            if _is_type(part):
                self.type_of(part)
            else:
                self.value(part)

    def global_value(self, node):
        """A value that is no object of a first-party class."""
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            for inner in node.elts:
                self.global_value(inner)
            return
        while isinstance(node, ast.Attribute):
            node = node.value
        if isinstance(node, ast.Name):
            self.bare.add(node.id)
        elif not isinstance(node, ast.Constant) and not _is_type(node):
            deny(node, "compares a class")

    def type_of(self, node):
        """type(x) where it goes nowhere else."""
        self.bare.add("type")
        self.facts.chains.add(("type", BUILT_IN))
        self.value(node.args[0])

    def attribute(self, node):
        if node.attr == "__name__" and _is_type(node.value):
            self.type_of(node.value)
            return
        if node.attr == "format" and isinstance(node.value, ast.Constant) \
                and isinstance(node.value.value, str) and \
                not _REACHES(node.value.value):
            return
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        parts.reverse()
        if isinstance(node, ast.Name):
            if node.id.startswith("__"):
                deny(node, node.id)
            self.dotted.add((node.id,) + tuple(parts))
            return
        if not all(map(plain_attribute, parts)):
            deny(node, "attribute ." + ".".join(parts))
        self.value(node)

    def comprehension(self, node, kind):
        for generator in node.generators:
            if generator.is_async:
                deny(node, "asynchronous")
            self.value(generator.iter)
            self.inner_target(generator.target)
            for test in generator.ifs:
                self.value(test)
        for name in _COMPREHENSIONS[kind]:
            self.value(getattr(node, name))

    def inner_target(self, node):
        if isinstance(node, ast.Name):
            self.facts.inner.add(node.id)
        elif isinstance(node, (ast.Tuple, ast.List)):
            for inner in node.elts:
                self.inner_target(inner)
        elif isinstance(node, ast.Starred):
            self.inner_target(node.value)
        else:
            deny(node, "assignment to a part")

    def call(self, node):
        function = node.func
        if not self.special_call(node, function):
            self.value(function)
        for arg in node.args:
            self.value(arg)
        for keyword in node.keywords:
            self.value(keyword.value)

    def special_call(self, node, function):
        """What is harmless in this form only."""
        if isinstance(function, ast.Name) and function.id in _FORMS:
            if not _FORMS[function.id](node):
                deny(node, function.id)
            self.bare.add(function.id)
            self.facts.chains.add((function.id, BUILT_IN))
            if function.id == "open" and isinstance(node.args[0], ast.Call):
                self.bare.add("os")
                self.facts.chains.add(_JOIN + (BUILT_IN,))
            return True
        # a lambda's super() takes the lambda's argument
        if isinstance(function, ast.Attribute) and self.initial and \
                not self.lambdas and function.attr == "__init__" and \
                isinstance(function.value, ast.Call) and \
                isinstance(function.value.func, ast.Name) and \
                function.value.func.id == "super":
            self.call(function.value)
            return True
        return False


_SIMPLE = {
    ast.JoinedStr: ("values",), ast.FormattedValue: ("value", "format_spec"),
    ast.Tuple: ("elts",), ast.List: ("elts",), ast.Set: ("elts",),
    ast.Dict: ("keys", "values"), ast.Starred: ("value",),
    ast.BinOp: ("left", "right"), ast.UnaryOp: ("operand",),
    ast.BoolOp: ("values",), ast.IfExp: ("test", "body", "orelse"),
    ast.Subscript: ("value", "slice"), ast.Slice: ("lower", "upper", "step"),
    ast.Yield: ("value",),
}
for _old in "Index", "ExtSlice":         # until Python 3.8
    if _old not in _SIMPLE and hasattr(ast, _old):
        _SIMPLE[getattr(ast, _old)] = ("value",) if _old == "Index" else \
            ("dims",)
_COMPREHENSIONS = {
    ast.ListComp: ("elt",), ast.SetComp: ("elt",),
    ast.GeneratorExp: ("elt",), ast.DictComp: ("key", "value"),
}
_JOIN = "os", "path", "join"


def _opens(node):
    """open(a text[, "r"][, encoding=, errors=, newline=]): to read."""
    args = node.args
    if not 1 <= len(args) <= 2 or not _text(args[0]) or \
            len(args) == 2 and not _reads(args[1]):
        return False
    for keyword in node.keywords:
        if keyword.arg == "mode":
            if not _reads(keyword.value):
                return False
        elif keyword.arg not in ("encoding", "errors", "newline"):
            return False
    return True


def _reads(node):
    return isinstance(node, ast.Constant) and \
        node.value in ("r", "rb", "rt", "br", "tr")


def _text(node):
    """Is it a text, and not the number of an open file?"""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        path = node.func.value
        return node.func.attr == "join" and \
            isinstance(path, ast.Attribute) and path.attr == "path" and \
            isinstance(path.value, ast.Name) and path.value.id == "os"
    return isinstance(node, ast.JoinedStr)


def _is_type(node):
    """Is it type(x)?"""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) \
        and node.func.id == "type" and len(node.args) == 1 and \
        not node.keywords and not isinstance(node.args[0], ast.Starred)


def _no_argument(node):
    return not node.args and not node.keywords


# Global names that may be used as the function of a call in this form only.
_FORMS = {"open": _opens, "super": _no_argument}
