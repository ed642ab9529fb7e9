# SPDX-License-Identifier: Apache-2.0
"""Does once in a session what each child forked from it would do again:
patterns, directory listings of sys.path, the writers of results.
"""


def session(config, opts):
    """Fill the caches of a configured session, started for `opts`."""
    import importlib.util
    importlib.util.find_spec("_tgraph_no_such_module")
    from _pytest.pathlib import fnmatch_ex
    for pattern in config.getini("norecursedirs"):
        fnmatch_ex(pattern, config.rootpath)
    for pattern in config.getini("python_files"):
        fnmatch_ex(pattern, config.rootpath / "test_.py")
    results(opts)


def results(opts):
    """Run the writers of results once, on an empty result."""
    from ..runner import results
    doc = {"items": [], "collect_errors": [], "status": "passed", "start": 0,
           "duration": 0.0, "imported": ["a"], "done": True}
    results.depfile(opts, doc)
    results.encode(doc)
