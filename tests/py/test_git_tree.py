# SPDX-License-Identifier: Apache-2.0
"""What git ignores and tracks, by our reader (tree_dump) and by git itself:
generated rules over generated trees, and indexes of all kinds."""
import os
import random
import subprocess
import tempfile
import unittest

BUILD = os.environ.get("TG_BUILD", os.getcwd())
DUMP = os.path.join(BUILD, "obj/tests/unit/tree_dump")
ROUNDS = int(os.environ.get("ROUNDS", "15"))

DIRS = ["", "a/", "b/", "a/b/", "a/b/c/", "b/a/", "Src/", "a/x y/", "build/"]
NAMES = ["a.py", "b.py", "A.py", "a.txt", "test_a.py", "[x].py", "#h.py",
         "!n.py", "sp .py", "tail ", "d\\.py", "ä.py", "ab.pyc", "x-y.py",
         "longer_name.py"]
PARTS = ["a", "b", "c", "*", "*.py", "a.py", "?.py", "[ab].py", "a*", "[!a]*",
         "[^b].py", "**", "*.txt", "Src", "x y", "x\\ y", "[a-c]", "\\#h.py",
         "\\!n.py", "\\a.py", "[[]x].py", "test_*", "*y*", "??", "sp\\ .py",
         "tail\\ ", "d\\\\.py", "A.py", "*.p[y]", "[[:alpha:]].py", "ä.py",
         "longer_name.py", "*_name.py", "#h.py", "*.py[co]", "build", "[a",
         "[]-a]", "a\\", "***"]
ENDS = ["", "", "", "", "/", " ", "\t", "\r", "  ", "/ ", " \t", "\\ ", "//"]


def pattern(r):
    text = "# words" if r.random() < 0.05 else ""
    text += "!" if r.random() < 0.3 else ""
    text += "/" if r.random() < 0.2 else ""
    text += "**/" if r.random() < 0.12 else ""
    text += "/".join(r.choice(PARTS) for _ in range(r.choice([1, 1, 2, 3])))
    text += "/**" if r.random() < 0.1 else ""
    return text + r.choice(ENDS)


def rules(r):
    text = "\ufeff" if r.random() < 0.05 else ""
    text += "\n".join(pattern(r) for _ in range(r.randint(1, 5)))
    return text + ("" if r.random() < 0.1 else "\n")


def write(path, text=""):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", newline="") as f:
        f.write(text)


class Tree:
    def __init__(self, r):
        self.dir = tempfile.TemporaryDirectory()
        self.root = os.path.realpath(self.dir.name)
        self.env = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1",
                    "GIT_CONFIG_GLOBAL": os.devnull, "HOME": self.root}
        self.git("init", "-q")
        self.files = [d + n for d in DIRS for n in NAMES if r.random() < 0.4]
        for file in self.files:
            write(f"{self.root}/{file}")
        for d in DIRS:
            if not d or r.random() < 0.25:
                write(f"{self.root}/{d}.gitignore", rules(r))
        if r.random() < 0.3:
            write(f"{self.root}/.git/info/exclude", rules(r))

    def git(self, *words, text=b"", ok=(0,)):
        done = subprocess.run(["git", *words], cwd=self.root, env=self.env,
                              input=text, stdout=subprocess.PIPE)
        assert done.returncode in ok, words
        return [os.fsdecode(w) for w in done.stdout.split(b"\0")[:-1]]

    def ignored(self, *options):
        names = b"".join(os.fsencode(f) + b"\0" for f in self.files)
        return set(self.git("check-ignore", "-z", "--stdin", *options,
                            text=names, ok=(0, 1)))

    def ours(self):
        """The files that are ignored: marked so, or not even listed."""
        done = subprocess.run([DUMP, self.root], stdout=subprocess.PIPE,
                              check=True)
        words = [os.fsdecode(w) for w in done.stdout.split(b"\0")[:-1]]
        kept = {w[1:] for w in words if w[0] == "+"}
        return {f for f in self.files if f not in kept}

    def all_rules(self):
        text = ""
        for d in DIRS + [".git/info/"]:
            name = d + ("exclude" if ".git" in d else ".gitignore")
            if os.path.exists(f"{self.root}/{name}"):
                with open(f"{self.root}/{name}", newline="") as f:
                    text += f"{name}: {f.read()!r}\n"
        return text


class GitTree(unittest.TestCase):
    def trees(self, seed):
        for i in range(ROUNDS):
            tree = Tree(random.Random(seed + i))
            with tree.dir:
                self.at = f"seed {seed + i}"
                yield tree, random.Random(-seed - i)

    def same(self, tree, want):
        self.maxDiff = None
        self.assertEqual(sorted(tree.ours()), sorted(want),
                         f"{self.at}\n{tree.all_rules()}")

    def test_ignored(self):
        for tree, _ in self.trees(1000):
            self.same(tree, tree.ignored("--no-index"))

    def test_tracked_is_not_ignored(self):
        """Whatever rules say; in each kind of index."""
        kinds = [[], [("update-index", "--index-version", "4")],
                 [("update-index", "--split-index")],
                 [("update-index", "--index-version", "4"),
                  ("update-index", "--split-index")]]
        for n, (tree, r) in enumerate(self.trees(2000)):
            some = [f for f in tree.files if r.random() < 0.4]
            late = some[len(some) // 2:]
            some = some[:len(some) // 2]
            if some:
                tree.git("add", "-f", "--", *some)
            for words in kinds[n % len(kinds)]:
                tree.git(*words)
            # a split index has what is new in a part of its own
            if late:
                tree.git("add", "-f", "--", *late)
            gone = [f for f in some if r.random() < 0.2]
            if gone:
                tree.git("rm", "-q", "--cached", "--", *gone)
            tracked = set(tree.git("ls-files", "-z"))
            self.same(tree, tree.ignored("--no-index") - tracked)

    def test_skip_worktree(self):
        """Flags make entries of another size (version 3)."""
        for tree, r in self.trees(3000):
            if not tree.files:
                continue
            tree.git("add", "-f", "--", *tree.files)
            for flag in ("--skip-worktree", "--assume-unchanged"):
                some = [f for f in tree.files if r.random() < 0.3]
                if some:
                    tree.git("update-index", flag, "--", *some)
            self.same(tree, set())

    def test_the_users_own_excludes(self):
        """core.excludesFile does not count: the result must not depend on
        whose machine it is."""
        tree = Tree(random.Random(1))
        with tree.dir:
            before = tree.ours()
            write(f"{tree.root}/.git/mine", "*.py\n")
            tree.git("config", "core.excludesFile", f"{tree.root}/.git/mine")
            self.assertEqual(tree.ours(), before)
            self.assertNotEqual(tree.ignored("--no-index"), before)


if __name__ == "__main__":
    unittest.main()
