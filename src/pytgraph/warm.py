# SPDX-License-Identifier: Apache-2.0
"""Does once in a session process what each of its children would do again:
patterns compiled at first use, directory listings of sys.path. Nothing of a test is run and nothing that a test can see changes."""


def session(config):
    """Fill the caches of a configured session."""
    import importlib.util
    from . import collect
    importlib.util.find_spec("_tgraph_no_such_module")
    from _pytest.pathlib import fnmatch_ex
    for pattern in config.getini("norecursedirs"):
        fnmatch_ex(pattern, config.rootpath)
    for pattern in config.getini("python_files"):
        fnmatch_ex(pattern, config.rootpath / "test_.py")
    collect.Listing()
    results()


def results():
    """Run the writers of results once, on an empty result."""
    from . import options, results
    opts = options.Options()
    opts.base = opts.result = "/"
    doc = {"items": [], "collect_errors": [], "status": "passed", "start": 0,
           "duration": 0.0, "imported": ["a"], "done": True}
    results.junit(doc, "")
    results.escape("&")
    results.depfile(opts, doc)
    results.encode(doc)
