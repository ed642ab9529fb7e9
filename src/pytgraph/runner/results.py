# SPDX-License-Identifier: Apache-2.0
"""Result JSON and depfile of one run.

The result document, version 1; keys in this order, `done` last and only when
the run came to its end:

    version 1, runner, runner_version, python, file (relative to cwd), files
    (with granularity package), cwd and rootdir (from where the run was
    started, if they are below), partial (only some items were
    selected), exitstatus (the runner's own: pytest's 0 to 5), status (passed,
    failed, error, empty), reason (why, when items do not say it), crash
    (how the process ended, if the rest is what it had noted: story.py),
    collected,
    deselected, start (seconds since the epoch), duration (seconds), items,
    collect_errors, warnings, show (letters of pytest's -r: what its reporter
    shows at the end; w: warnings), env, env_all, imported, unsaid (what of it the
    depfile can't name), wrote (files of the repository that the tests
    opened to write them), always (it is run whatever is known of it), inputs
    (that markers name: marks.py), functions (file, qualified name, line; with
    --functions), entered (numbers of those that were entered beside
    items), summary, fixtures (seconds that
    session fixtures took to set up), others (with --others), way (process: by
    the plain command; start: from the start, in a child of a warm worker;
    fork: in a child of a session, branch or node; batch, shared: in a process
    in which other files ran too; split: in several processes), parts (how many
    they were), of (which one), why (it was done so, and not
    by a fork), times (seconds by part of the work, see clock.py), done

An item: id, outcome (passed, failed, error, skipped, xfailed, xpassed), entered
(numbers of functions),
duration (seconds), line (1-based), and where they apply message, longrepr,
reason, at (file and line where it was skipped), sections, properties, phases
(of an item whose setup, call and teardown disagree), subtests.

A warning: message, category, file (from where the run was started, if it is
below), line, source (that line), id (of the item, or ""), when, count (if more
than one).
"""

import os
import sys

from ..observe import environ, imported

PASSED = ("passed", "empty")
SECTION_LIMIT = 1 << 20


def write_atomic(path, data):
    """Write `data` (bytes) so that `path` is the whole of it or as before;
    OSError."""
    temp = "%s.%d.tmp" % (path, os.getpid())
    fd = _open_new(temp)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view):]
    except BaseException:
        os.close(fd)
        os.unlink(temp)
        raise
    os.close(fd)
    os.replace(temp, path)


def _open_new(path):
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o666)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, flags, 0o666)


def unwritten(exc):
    """The errno for which a log or result can't be written, whoever tries; 0 if
    an OSError is not of that kind: somebody has taken it away meanwhile."""
    import errno
    return 0 if exc.errno == errno.ENOENT else exc.errno or errno.EIO


def common(opts, files=()):
    """What a result document has whatever the runner; `files` are first-party
    files that sys.modules may not know (any more)."""
    names, everything = environ.snapshot()
    doc = {"python": "%d.%d.%d" % sys.version_info[:3],
           "file": opts.name(opts.files[0]), "cwd": opts.below(opts.cwd),
           "partial": bool(opts.select or opts.failed or opts.deselect or opts.pytest_k or
                           opts.pytest_m or opts.match or
                           opts.pytest)}
    if len(opts.files) > 1:
        doc["files"] = [opts.name(f) for f in opts.files]
    doc["env"] = names
    doc["env_all"] = everything
    doc["imported"] = names = imported.imported(opts.base, files)
    asked = [opts.below(f) for f in opts.files]
    unsaid = [n for n in names if not sayable(n) and n not in asked]
    if unsaid:
        doc["unsaid"] = unsaid
    wrote = environ.written(opts.base)
    if wrote:
        doc["wrote"] = wrote
    return doc


def warning(caught, nodeid, opts):
    """A warning, as the module warnings records it, as a document has it."""
    from linecache import getline
    name = caught.filename
    source = getline(name, caught.lineno).strip()
    return {"message": str(caught.message),
            "category": caught.category.__name__,
            "file": opts.below(name) if opts and os.path.isabs(name) else name,
            "line": caught.lineno, "source": source, "id": nodeid}


def clip(text, limit=SECTION_LIMIT):
    """`text` cut to `limit` characters, its end kept, with a note."""
    if len(text) <= limit:
        return text
    return "[%d characters left out]\n%s" % (len(text) - limit, text[-limit:])


def encode(doc):
    """`doc` as JSON bytes; lone surrogates come out escaped."""
    import json
    text = json.dumps(doc, separators=(",", ":"))
    if "\\ud" in text:
        text = json.dumps(doc, separators=(",", ":"), ensure_ascii=False)
        text = "".join(map(_no_surrogate, text))
    return text.encode("utf-8")


def _no_surrogate(c):
    """Half a character (a byte of a file's name that is not UTF-8, say) is
    not to be had in JSON that others read: a text in its place."""
    if not "\ud800" <= c <= "\udfff":
        return c
    return "\\\\x%02x" % (ord(c) - 0xdc00) if "\udc80" <= c <= "\udcff" \
        else "\\\\u%04x" % ord(c)


def remove_old(opts):
    """Remove what an earlier run left, so that it can't be taken for this
    run's; OSError."""
    remove(opts.outputs())
    remove_parts(opts)


def remove_parts(opts):
    """Remove what processes of the tests have measured for themselves."""
    if opts.coverage:
        from shutil import rmtree
        from .measure import parts
        rmtree(parts(opts), ignore_errors=True)


def remove(paths):
    for path in paths:
        try:
            os.unlink(path)
        except FileNotFoundError:
            pass


def accept(opts, parcel):
    """Write what the process that ran the file(s) of `opts` has handed over
    (see parcel()), the result last; its bytes. None: it has handed over
    nothing, and then there is no result, whatever tests have written. OSError.
    """
    remove_parts(opts)
    if parcel is None:
        remove(p for p in (opts.result, opts.depfile, opts.coverage) if p)
        return None
    doc = parcel["doc"]
    opts.clock.end_of(doc["times"])
    if parcel.get("coverage") is not None:
        write_atomic(opts.coverage, parcel["coverage"])
    if opts.depfile:
        write_atomic(opts.depfile, depfile(opts, doc))
    data = encode(doc)
    write_atomic(opts.result, data)
    if parcel["temporary"]:
        from shutil import rmtree
        rmtree(parcel["temporary"], ignore_errors=True)
    return data


def temporary(result):
    """A directory for the run with this result file, not yet made, in one
    that only this user can write; OSError."""
    import stat
    import tempfile
    import zlib
    name = os.fsencode(result)
    parent = os.path.join(os.path.realpath(tempfile.gettempdir()),
                          "tgraph-%d" % os.getuid())
    try:
        os.mkdir(parent, 0o700)
    except FileExistsError:
        info = os.lstat(parent)
        if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.getuid() or \
                info.st_mode & 0o077:
            parent = tempfile.mkdtemp(prefix="tgraph-")
    return os.path.join(parent, "%08x%08x" % (zlib.crc32(name),
                                              zlib.crc32(name[::-1])))


def parcel(doc, temporary, natives, ends, coverage=None):
    """What a process hands over: the result document, a directory that is to be
    removed, for ending.py the extension modules that it has, and how it ends;
    and what was measured (see measure.Found)."""
    return {"doc": doc, "temporary": temporary, "natives": list(natives),
            "ends": ends, "coverage": coverage}


def passed(parcel):
    return parcel is not None and parcel["doc"]["status"] in PASSED


_PLAIN = frozenset("+?\"'&,/_:.~()}{%=@[]!- #$")


def sayable(path):
    """Could a depfile name this file? (See depfile_holds() of src/ninja.)"""
    return path[-1:] != ":" and all(
        c in _PLAIN or c > "\x7f" or c.isalnum() for c in path)


def _dep_word(path):
    return path.replace("$", "$$").replace(" ", "\\ ").replace("#", "\\#")


def depfile(opts, doc):
    """Make's form: the result depends on the first-party files imported."""
    target = os.path.relpath(opts.result, opts.base)
    words = [_dep_word(p) for p in doc["imported"] if sayable(p)]
    text = "%s: %s\n" % (_dep_word(target), " \\\n  ".join(words))
    return text.encode("utf-8", "surrogateescape")
