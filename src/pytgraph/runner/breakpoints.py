# SPDX-License-Identifier: Apache-2.0
"""A test that stops for a debugger where there is no terminal: it is said how it
can be debugged, in the place of what the debugger has come to."""

import os

_DEBUGGERS = ("bdb.py", "pdb.py", "debugging.py")


def quits(kind):
    """Is it the exception of a debugger that has nobody to ask?"""
    return kind is not None and kind.__name__ == "BdbQuit" and \
        kind.__module__ == "bdb"


def text(traceback, name, below):
    """What to say of it; `name`: what to debug; below(path): how a file is
    called."""
    where = ""
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if os.path.basename(file) not in _DEBUGGERS:
            where = "%s:%d: " % (below(file), traceback.tb_lineno)
        traceback = traceback.tb_next
    return "%sa debugger was called, and there is no terminal for it here; " \
        "use: tgraph --debug '%s'" % (where, name)
