# SPDX-License-Identifier: Apache-2.0
"""Does once in a session what each child forked from it would do again:
patterns, directory listings of sys.path, the writers of results.
"""


def session(config, opts):
    """Fill the caches of a configured session, started for `opts`."""
    import importlib.util
    from ..runner import match      # noqa: F401
    from ..runner.collect import fits
    importlib.util.find_spec("_tgraph_no_such_module")
    fits(config.rootpath, config.getini("norecursedirs"))
    fits(config.rootpath, config.getini("python_files"))
    results(opts)


def results(opts):
    """Run the writers of results once, on an empty result."""
    from ..runner import results
    doc = {"items": [], "collect_errors": [], "status": "passed", "start": 0,
           "duration": 0.0, "imported": ["a"], "done": True}
    results.depfile(opts, doc)
    results.encode(doc)
