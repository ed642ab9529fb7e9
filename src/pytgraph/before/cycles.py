# SPDX-License-Identifier: Apache-2.0
"""Modules whose bodies depend on what was imported before them, for early.py.

In a cycle, which body runs first depends on where the first import came from.
That makes no difference as long as no body takes anything out of another
module of the cycle: it may only bind the modules themselves.

A body that uses a submodule of a package without importing it works only if
something else has imported it; a name that a package binds, and that is one of
its modules' too, is the one or the other.
"""

import os
import sys


def absolute(name, package):
    """The absolute name of an import that may be relative to `package`."""
    from importlib.util import resolve_name
    try:
        return resolve_name(name, package)
    except (ImportError, ValueError):
        return name.lstrip(".")     # the import itself will tell


def tangled(calls, ours):
    """May what the modules of a cycle hold, or whether they can be imported,
    depend on their order? `calls`: module name: __import__ arguments
    (name, fromlist, level) of its body, of all that were imported at once;
    `ours`: is this file first-party source?"""
    edges = {}
    for name, made in calls.items():
        module = sys.modules.get(name)
        if module is None and made:
            return True         # its import has failed
        edges[name] = {target for call in made
                       for target in targets(module, call)
                       if target in calls}
    for members in circles(edges):
        for name in members:
            if takes(name, calls[name], members) or reads(name, ours):
                return True
    return False


def targets(module, call):
    """Names of the modules that an import statement of `module` loads."""
    source = name = full(module, call)
    while name:
        yield name
        name = name.rpartition(".")[0]
    for more in call[1]:
        if "%s.%s" % (source, more) in sys.modules:
            yield "%s.%s" % (source, more)


def full(module, call):
    """The name of the module that an import statement of `module` names."""
    name, _, level = call
    return absolute("." * level + name,
                    getattr(module, "__package__", None) or "")


def circles(edges):
    """The sets of names that reach each other (strongly connected, two or
    more)."""
    reach = {name: set(out) for name, out in edges.items()}
    changed = True
    while changed:
        changed = False
        for name, out in reach.items():
            more = set().union(*(reach.get(n, ()) for n in out)) - out
            if more:
                out |= more
                changed = True
    found = set()
    for name, out in reach.items():
        if name in out:
            found.add(frozenset(n for n in out if name in reach.get(n, ()))
                      | {name})
    return [members for members in found if len(members) > 1]


def takes(name, made, members):
    """Does a from-import of module `name` take something out of a member? A
    package may bind a name that is one of its modules' too."""
    module = sys.modules[name]
    return any(call[1] and full(module, call) in members for call in made)


def reads(name, ours):
    """Does the body of module `name` use a first-party module that it has
    bound? In doubt, yes."""
    module = sys.modules[name]

    def bad(value, attributes):
        return ours(getattr(value, "__file__", None) or "")

    return uses(module, bad)


def uses(module, bad):
    """Is bad(value, names) true of a module that the body of `module` (not
    that of its functions) has a name of, followed by these attributes? True
    too if that can't be told."""
    import ast
    space = module.__dict__
    try:
        with open(module.__file__, "rb") as stream:
            todo = list(ast.parse(stream.read()).body)
    except (AttributeError, OSError, TypeError, SyntaxError, ValueError):
        return True
    while todo:
        node = todo.pop()
        attributes, root = [], node
        while isinstance(root, ast.Attribute):
            attributes.insert(0, root.attr)
            root = root.value
        if isinstance(root, ast.Name):
            value = space.get(root.id)
            if isinstance(value, type(sys)) and bad(value, attributes):
                return True
            continue
        function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef,
                                     ast.Lambda))
        for field, value in ast.iter_fields(node):
            if not (function and field == "body"):
                todo += [v for v in (value if isinstance(value, list) else
                                     [value]) if isinstance(v, ast.AST)]
    return False


def relies(calls, ours):
    """Does the body of one of the first-party modules in `calls` use a
    submodule that it has not imported itself?"""
    from functools import lru_cache
    listed = lru_cache(None)(children)
    for name, made in calls.items():
        module = sys.modules.get(name)
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and ours(file) and \
                borrows(module, made, listed):
            return True
    return False


def borrows(module, made, children):
    kind = type(sys)
    for call in made:
        package = sys.modules.get(full(module, call))
        for name in call[1]:
            if name in children(package) and \
                    package.__dict__.get(name) is not sys.modules.get(
                        "%s.%s" % (package.__name__, name)):
                return True
    packages = [v for v in list(module.__dict__.values())
                if type(v) is kind and hasattr(v, "__path__")]
    if not packages:
        return False
    names = attributes(module)
    mine = {target for call in made for target in targets(module, call)}
    while names is not None:
        if not packages:
            return False
        package = packages.pop()
        subs = {"%s.%s" % (package.__name__, n)
                for n in names & children(package)}
        if not subs <= mine:
            break
        packages += [sys.modules[n] for n in subs
                     if n != package.__name__ and n in sys.modules]

    def bad(value, attributes):
        if not hasattr(value, "__path__"):
            return False
        for name in attributes:
            if name not in children(value):
                return False
            name = "%s.%s" % (value.__name__, name)
            if name not in mine:
                return True
            value = sys.modules.get(name)
        return not attributes

    return uses(module, bad)


def children(package):
    """Names of the modules that the directories of a package hold."""
    found = set()
    for where in getattr(package, "__path__", ()):
        try:
            found.update(n.partition(".")[0] for n in os.listdir(where))
        except OSError:
            continue
    return found


def attributes(module):
    """Names that the body of a module uses, those in functions left out;
    None if there is no code to look at."""
    try:
        code = module.__spec__.loader.get_code(module.__name__)
    except Exception:
        return None
    if code is None:
        return None
    names, todo = set(), [code]
    while todo:
        code = todo.pop()
        names.update(code.co_names)
        todo += [c for c in code.co_consts if isinstance(c, type(code)) and
                 (c.co_name.startswith("<") or not c.co_flags & 1)]
    return names
