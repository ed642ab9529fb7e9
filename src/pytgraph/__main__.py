# SPDX-License-Identifier: Apache-2.0
"""Entry of the Python that runs inside test processes.

    PYTHON PYTGRAPH_DIR run [options] FILE...     one test file, complete
    PYTHON PYTGRAPH_DIR worker --fd N --ring-fd M [--preload MODULE]...
    PYTHON PYTGRAPH_DIR debug [options] FILE...   the same, in the foreground
    PYTHON PYTGRAPH_DIR show [options] FILE...    how to do that by hand
    PYTHON PYTGRAPH_DIR match EXPR                can EXPR be used?
    PYTHON PYTGRAPH_DIR collects FD RUNNER ...    what is there (collects.py)
    PYTHON PYTGRAPH_DIR pollution OUT IN          pollution.py
    PYTHON PYTGRAPH_DIR combine ..., coverage-report ...   (combine.py)
    PYTHON PYTGRAPH_DIR environment ...           make one (environment.py)

The interpreter puts this directory first on sys.path; it is taken off again
before anything else is imported, and the modules beside this file are reached
as the private package `_pytgraph`, so that neither their names nor their
directory can be seen by the code under test. They have built-in functions of
their own: a test that puts another one in the place of `len`, say, and leaves
it there, must not change what is said of it.
"""

import sys


def bootstrap():
    """Make `_pytgraph` importable and this directory invisible; returns the
    directory (absolute path)."""
    import os
    here = os.path.dirname(os.path.abspath(__file__))
    if sys.path and os.path.abspath(sys.path[0] or ".") == here:
        del sys.path[0]
    package = type(sys)("_pytgraph")
    package.__path__ = [here]
    package.__package__ = "_pytgraph"
    sys.modules["_pytgraph"] = package
    own_builtins([here] + [entry.path for entry in os.scandir(here)
                           if entry.is_dir()])
    return here


def own_builtins(directories):
    """Let modules in `directories` have a copy of what is built in now."""
    import builtins
    external = sys.modules["_frozen_importlib_external"]
    own = dict(vars(builtins))

    class Loader(external.SourceFileLoader):
        def exec_module(self, module):
            vars(module)["__builtins__"] = own
            super().exec_module(module)

    for path in directories:
        sys.path_importer_cache[path] = external.FileFinder(
            path, (Loader, [".py"]))


def main():
    bootstrap()
    from _pytgraph.observe import library
    library.begin()
    from _pytgraph.process import shown
    shown.take()
    mode = sys.argv[1] if len(sys.argv) > 1 else ""
    if mode == "run":
        from _pytgraph.command.plain import main as entry
    elif mode == "worker":
        from _pytgraph.warm.worker import main as entry
    elif mode == "debug":
        from _pytgraph.command.debug import main as entry
    elif mode == "show":
        from _pytgraph.command.debug import show as entry
    elif mode in ("combine", "coverage-report"):
        from _pytgraph.command import combine
        entry = combine.mode(combine.combine if mode == "combine"
                             else combine.report)
    elif mode == "collects":
        from _pytgraph.command.collects import main as entry
    elif mode == "pollution":
        from _pytgraph.command.pollution import main as entry
    elif mode == "environment":
        from _pytgraph.command.environment import main as entry
    elif mode == "match":
        from _pytgraph.runner.match import main as entry
    else:
        sys.stderr.write("usage: pytgraph run [options] FILE...\n"
                         "       pytgraph worker --fd N --ring-fd M\n"
                         "       pytgraph debug|show [options] FILE...\n"
                         "       pytgraph match EXPR\n"
                         "       pytgraph collects FD RUNNER [ARG]...\n"
                         "       pytgraph pollution OUT IN\n"
                         "       pytgraph combine|coverage-report [options]\n"
                         "       pytgraph environment [options] -- COMMAND...\n")
        return 2
    return entry(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
