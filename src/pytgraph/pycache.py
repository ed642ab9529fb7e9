# SPDX-License-Identifier: Apache-2.0
"""Where .pyc files go.

sys.pycache_prefix (PEP 3147, Python 3.8) moves all of them, also those of the
standard library and of installed distributions, whose own caches would then be
ignored and compiled again. Here the prefix holds for the user's tree only.
"""

import os
import sys


def install(prefix):
    """Let .pyc files of first-party source go below `prefix` (absolute)."""
    import importlib._bootstrap_external as external
    os.environ["PYTHONPYCACHEPREFIX"] = prefix
    if sys.pycache_prefix == prefix:
        return
    sys.pycache_prefix = prefix
    plain = getattr(external.cache_from_source, "tgraph_plain",
                    external.cache_from_source)
    roots = _installed()

    def cache_from_source(path, *args, **kwargs):
        if isinstance(path, str) and path.startswith(roots):
            saved = sys.pycache_prefix
            sys.pycache_prefix = None
            try:
                return plain(path, *args, **kwargs)
            finally:
                sys.pycache_prefix = saved
        return plain(path, *args, **kwargs)

    cache_from_source.tgraph_plain = plain
    external.cache_from_source = cache_from_source


def _installed():
    """Directories of the standard library and of installed distributions,
    each with a separator at its end."""
    roots = [os.path.dirname(os.__file__),
             os.path.dirname(os.path.abspath(__file__))]
    roots += [p for p in sys.path
              if os.path.basename(p) in ("site-packages", "dist-packages")]
    return tuple(os.path.join(p, "") for p in roots)
