# SPDX-License-Identifier: Apache-2.0
"""Arguments of pytest that are part of no key: they say what is shown of
failures, and when a run stops. tgraph hands them over in a variable, which
nothing that is under test may see.
"""

import os

NAME = "TGRAPH_PYTEST_ARGS"
words = []


def take():
    """Take the variable out of the environment."""
    text = os.environ.pop(NAME, None)
    if text:
        import shlex
        words[:] = shlex.split(text)


def give():
    """Put it back, for a process that this one becomes."""
    if words:
        import shlex
        os.environ[NAME] = " ".join(map(shlex.quote, words))
