# SPDX-License-Identifier: Apache-2.0
"""Which tests come out otherwise in a process with other files' tests than
alone, and which files it takes for that: `pollution OUT IN`, descriptors of the
answer and of the request, JSON both.

Request: {"steps": [{"args": TEXT, "file": FILE, "result": PATH}]}. `args`: of
the file's plain command, as a shell would read them, paths from the directory
that this is started in; `result`: of its last run, if that is current. Files run
together whose arguments are the same but for what names the file.

Answer: {"finished": true, "files": N, "runs": N, "found": [...],
"unsteady": [...], "said": [...]}, `finished` if every process came to its end;
`said` why one did not. Found: {"file", "ids", "kind", "with"}; kind is "fails"
(it passes alone), "passes" (it fails alone), or "differs"; `with` are the files,
in their order, in whose company it is so, none of which can be left out.
Unsteady: {"file", "ids"}, what comes out otherwise from one time to the next.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile

from . import options

GOOD = ("passed", "skipped", "xfailed", "xpassed")
OWN = ("--result", "--log", "--depfile")
TOGETHER = ("batch", "shared")
MOST = 400              # processes, for one file


class Died(Exception):
    """A process that has not come to its end, and why."""


class Runs:
    """Runs files of a group, in one process."""

    def __init__(self, group, directory):
        self.args = group["args"]
        self.order = {f: i for i, f in enumerate(group["files"])}
        self.directory = directory
        self.known = {}
        self.owners = None      # see know_owners()
        self.count = 0

    def run(self, files, again=False):
        """What by_file() has of a process that runs these files, in their
        order in the group; Died."""
        files = tuple(sorted(files, key=self.order.__getitem__))
        if again or files not in self.known:
            self.known[files] = by_file(self.document(files), files,
                                        self.owners)
        return self.known[files]

    def know_owners(self, alone):
        """unittest has no files in the names of tests: they are of the file
        that has them alone. Those that several have are left out of `alone`
        too."""
        if "unittest" not in self.args:
            return
        self.owners = {}
        for file, outcomes in alone.items():
            for nodeid in outcomes:
                name = nodeid.partition("::")[2]
                self.owners[name] = None if name in self.owners else file
        for outcomes in alone.values():
            for nodeid in list(outcomes):
                if self.owners[nodeid.partition("::")[2]] is None:
                    del outcomes[nodeid]

    def document(self, files):
        self.count += 1
        stem = os.path.join(self.directory, "%d" % self.count)
        words = [sys.executable, "-B", sys.modules["_pytgraph"].__path__[0],
                 "run", *self.args[:end_of(self.args)],
                 "--result", stem + ".json", "--log", stem + ".log"]
        if len(files) > 1:
            words += ["--granularity", "package"]
            if "unittest" not in self.args:
                words += ["--pytest", "--continue-on-collection-errors"]
        subprocess.run(words + list(files) + self.args[end_of(self.args):],
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        doc = read(stem + ".json")
        if doc is None or "crash" in doc:
            raise Died("%s: %s\n%s" % (
                ", ".join(short(files)), doc and doc.get("reason") or
                "no result", tail(stem + ".log")))
        return doc


def in_common(text):
    """The arguments of a file's command without those that are its own: a
    tuple."""
    words, kept = shlex.split(text)[::-1], []
    while words:
        word = words.pop()
        if word == "--":
            return tuple(kept + [word] + words[::-1])
        name, eq, _ = word.partition("=")
        takes = not eq and name in options.ONE | options.MANY
        value = [words.pop()] if takes and words else []
        if name.startswith("--") and name not in OWN and \
                not name.startswith("--coverage"):
            kept += [word] + value
    return tuple(kept)


def grouped(steps):
    """Groups of files for Group(); those of which several always run in one
    process, and what hooks make tests of, are in none."""
    groups = {}
    for step in steps:
        args = in_common(step["args"])
        if "--others" in args or "--granularity" in args:
            continue
        group = groups.setdefault(args, {"args": list(args), "files": [],
                                         "results": {}})
        group["files"].append(step["file"])
        if step.get("result"):
            group["results"][step["file"]] = step["result"]
    return list(groups.values())


def end_of(args):
    """Where the arguments of the runner itself begin."""
    return args.index("--") if "--" in args else len(args)


def short(files):
    return list(files[:3]) + (["and %d more" % (len(files) - 3)]
                              if len(files) > 3 else [])


def read(path):
    """A result document; None."""
    try:
        with open(path, "rb") as stream:
            doc = json.load(stream)
    except (OSError, ValueError):
        return None
    return doc if isinstance(doc, dict) and doc.get("done") else None


def tail(path):
    try:
        with open(path, "rb") as stream:
            return stream.read()[-2000:].decode("utf-8", "replace")
    except OSError:
        return ""


def by_file(doc, files, owners=None):
    """{file: {id: outcome}} of a result document; an id without "::" is the
    collection's. `owners`: files by what follows "::"."""
    found = {f: {} for f in files}
    told = [(i["id"], i["outcome"]) for i in doc["items"]]
    told += [(e["id"], "error") for e in doc["collect_errors"]]
    for nodeid, outcome in told:
        path = os.path.normpath(os.path.join(
            doc["rootdir"] or "", nodeid.partition("::")[0]))
        if len(files) == 1:
            path = files[0]
        elif owners is not None:
            name = nodeid.partition("::")[2]
            path = owners.get(name)
            if path is None:
                continue
            nodeid = "%s::%s" % (path, name)
        found.setdefault(path, {})[nodeid] = outcome
    return found


def differing(a, b):
    """The ids whose outcomes are not the same in both."""
    return {i for i in a.keys() | b.keys() if a.get(i) != b.get(i)}


def least(items, holds):
    """As few of `items` as can be for which holds(items) still is true: none
    of them can be left out. (Zeller's delta debugging.)"""
    n = 2
    while len(items) > 1:
        size = -(-len(items) // n)
        parts = [items[i:i + size] for i in range(0, len(items), size)]
        rests = [[x for x in items if x not in part] for part in parts]
        smaller = next((x for x in parts if holds(x)), None)
        if smaller is not None:
            items, n = smaller, 2
            continue
        smaller = len(parts) > 2 and next(
            (x for x in rests if holds(x)), None)
        if smaller:
            items, n = smaller, max(n - 1, 2)
        elif n >= len(items):
            break
        else:
            n = min(len(items), 2 * n)
    return items


def kind_of(nodeid, alone, whole):
    """In one word how a test differs in company: `alone` and `whole` have the
    outcomes of its file. One that is not there has failed, if that is for its
    file can't be collected."""
    good = []
    for outcomes in alone, whole:
        outcome = outcomes.get(nodeid)
        if outcome is None and "::" not in nodeid:
            outcome = "passed"
        elif outcome is None and any("::" not in i for i in outcomes):
            outcome = "error"
        good.append(None if outcome is None else outcome in GOOD)
    return {(True, False): "fails", (False, True): "passes"}.get(
        tuple(good), "differs")


class Group:
    """Files that are run with the same arguments."""

    def __init__(self, group, directory, say):
        self.files = group["files"]
        self.results = group["results"]
        self.runs = Runs(group, directory)
        self.say = say
        self.found = []
        self.unsteady = []
        self.said = []

    def examine(self):
        try:
            alone = {f: self.alone(f) for f in self.files}
            if len(self.files) < 2:
                return
            self.runs.know_owners(alone)
            self.say("%d files in one process" % len(self.files))
            whole = self.runs.run(self.files)
            if all(not differing(alone[f], whole[f]) for f in self.files):
                return
            again = self.runs.run(self.files, True)
        except Died as exc:
            self.said.append(str(exc))
            return
        for file in self.files:
            try:
                self.compare(file, alone[file], whole[file], again[file])
            except Died as exc:
                self.said.append(str(exc))

    def alone(self, file):
        """{id: outcome} of a file by itself."""
        doc = file in self.results and read(self.results[file])
        if doc and doc.get("way") not in TOGETHER and not doc["partial"] and \
                "crash" not in doc:
            return by_file(doc, (file,))[file]
        self.say("%s alone" % file)
        return self.runs.run((file,))[file]

    def compare(self, file, alone, whole, again):
        ids = differing(alone, whole)
        if not ids:
            return
        fresh = self.runs.run((file,), True)[file]
        steady = ids - differing(alone, fresh) - differing(whole, again)
        if ids - steady:
            self.unsteady.append({"file": file, "ids": sorted(ids - steady)})
        self.find(file, fresh, whole, steady)

    def find(self, file, alone, whole, ids):
        """Tell with which files these ids come out as in the whole."""
        others = [f for f in self.files if f != file]
        limit = self.runs.count + MOST
        while ids:
            def like_whole(company):
                got = self.runs.run(company + [file])[file]
                return {i for i in ids if got.get(i) == whole.get(i)}

            def holds(company):
                return self.runs.count < limit and like_whole(company)

            self.say("%s: looking for the files that %d of its tests depend "
                     "on" % (file, len(ids)))
            company = least(others, holds)
            same = like_whole(company)
            if not same:
                self.unsteady.append({"file": file, "ids": sorted(ids)})
                return
            for kind in ("fails", "passes", "differs"):
                of_kind = sorted(i for i in same if kind == kind_of(
                    i, alone, whole))
                if of_kind:
                    self.found.append({"file": file, "ids": of_kind,
                                       "kind": kind, "with": company})
            ids = ids - same


def main(argv):
    """Answer; 0."""
    out, source = map(int, argv)
    with os.fdopen(source, "rb") as stream:
        request = json.load(stream)

    def say(text):
        sys.stderr.write("tgraph: " + text + "\n")
        sys.stderr.flush()

    answer = {"files": 0, "runs": 0, "found": [], "unsteady": [], "said": []}
    with tempfile.TemporaryDirectory(prefix="tgraph-pollution-") as directory:
        for i, one in enumerate(grouped(request["steps"])):
            place = os.path.join(directory, "%d" % i)
            os.mkdir(place)
            group = Group(one, place, say)
            group.examine()
            answer["files"] += len(group.files)
            answer["runs"] += group.runs.count
            for name in "found", "unsteady", "said":
                answer[name] += getattr(group, name)
    answer["finished"] = not answer["said"]
    with os.fdopen(out, "wb") as stream:
        stream.write(json.dumps(answer).encode("ascii"))
    return 0
