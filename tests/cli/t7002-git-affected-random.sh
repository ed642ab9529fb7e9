#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Nothing that a run would run again because of what has changed is left out by
# --since and -t affected: random edits, and what a run does after them. They
# are asked before the run, and after it, when what was used is known.
. "$(dirname "$0")/../lib.sh"

put "$T_DIR/edit.py" <<\END
"""edit.py SEED: some random edits of the working tree."""
import os, random, shutil, subprocess, sys

r = random.Random(int(sys.argv[1]))
tracked = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"],
                         capture_output=True, text=True).stdout.split("\n")
files = sorted(f for f in tracked if f and os.path.isfile(f))
n = 0


def text(path, words, mode="a"):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, mode) as f:
        f.write(words)


def pick(*ends, inside=""):
    fit = [f for f in files if f.endswith(ends) and inside in f and
           os.path.isfile(f)]
    return r.choice(fit) if fit else None


def package():
    return "packages/" + r.choice(["low", "mid", "top"])


def name():
    return r.choice(["core", "extra", "util", "helper", "more", "deep"])


def modify():
    path = pick(".py")
    if path:
        text(path, f"\nX{r.randrange(99)} = {r.randrange(10 ** 6)}\n")


def comment():
    path = pick(".py", inside="/src/")
    if path:
        text(path, f"# {r.randrange(10 ** 6)}\n")


def remove():
    path = pick("extra.py", "util.py", "helper.py", "more.py", ".txt",
                "conftest.py", "deep.py")
    if path:
        os.remove(path)


def rename():
    path = pick(".py", ".txt", inside="packages/")
    if path:
        to = os.path.join(os.path.dirname(path), r.choice(
            ["moved", "helper", "extra"]) + os.path.splitext(path)[1])
        os.replace(path, to)


def module():
    where = package()
    base = r.choice([where + "/src/" + os.path.basename(where),
                     where + "/tests", where, where + "/src",
                     where + "/src/" + os.path.basename(where) + "/sub"])
    text(f"{base}/{name()}.py", f"V = {r.randrange(10 ** 6)}\n", "w")


def imports():
    path = pick(".py", inside="packages/")
    what = r.choice(["import helper", "from low import extra",
                     "from mid import util, more", "import top.deep",
                     "from . import helper", "import low.sub.deep",
                     "from low.sub import *", "import sub.core"])
    if path:
        old = open(path).read()
        text(path, f"try:\n    {what}\nexcept ImportError:\n    pass\n" + old,
             "w")


def init():
    where = package()
    path = r.choice([where + "/tests", where + "/src/" +
                     os.path.basename(where) + "/sub"]) + "/__init__.py"
    if os.path.exists(path):
        os.remove(path)
    elif os.path.isdir(os.path.dirname(path)):
        text(path, "", "w")


def conftest():
    text(r.choice(["", package() + "/", package() + "/tests/"]) +
         "conftest.py", f"C = {r.randrange(10 ** 6)}\n")


def data():
    text(r.choice(["data.txt", package() + "/data.txt", package() +
                   "/tests/more.txt", ".github/ci.yml", "notes/a.txt"]),
         f"{r.randrange(10 ** 6)}\n")


def doctest():
    text(package() + "/tests/test_text.txt", r.choice(
        ["words\n", ">>> 1 + 1\n2\n"]), "w")


def settings():
    where = package()
    if r.random() < 0.5:
        text(where + "/pyproject.toml", f"# {r.randrange(10 ** 6)}\n")
    elif os.path.exists(where + "/pytest.ini"):
        os.remove(where + "/pytest.ini")
    else:
        text(where + "/pytest.ini", "[pytest]\n", "w")


def sys_path():
    path = pick(".py", inside="/tests/")
    if path:
        text(path, "\nimport sys\nsys.path.insert(0, 'packages/low/src/low')\n")


def test():
    where = package()
    text(f"{where}/tests/{r.choice(['', 'part/'])}test_{name()}.py",
         "def test_it():\n    pass\n", "w")


def link():
    path = package() + "/linked"
    if os.path.islink(path):
        os.remove(path)
    else:
        os.symlink(r.choice(["../shared", "../low/src/low/core.py"]), path)


def shared():
    path = f"packages/shared/{name()}.py"
    if os.path.exists(path) and r.random() < 0.5:
        os.remove(path)
    else:
        text(path, f"S = {r.randrange(10 ** 6)}\n")


def generated():
    text("packages/low/src/low/_generated.py", f"G = {r.randrange(99)}\n", "w")


def folder():
    where = package() + "/" + r.choice(["lib", "tests/part", "scripts"])
    if os.path.isdir(where):
        shutil.rmtree(where)
    else:
        text(where + f"/{name()}.py", "F = 1\n", "w")


edits = [modify] * 5 + [comment] * 2 + [
    remove, rename, module, module, imports, imports, init, conftest, data,
    data, doctest, settings, sys_path, test, test, link, shared, generated,
    folder]
for _ in range(r.choice([1, 1, 1, 2, 3])):
    r.choice(edits)()
how = r.random()
if how < 0.3:
    subprocess.run(["git", "add", "-A"], check=True)
elif how < 0.6:
    subprocess.run(["git", "add", "-A"], check=True)
    subprocess.run(["git", "commit", "-qm", "Edits", "--allow-empty"],
                   check=True)
END

# list again REPORT: the files that ran and passed.
# list ran REPORT BEFORE: those that ran, but for those that failed and had
# failed in the report before: they run anyway.
# list other REPORT BEFORE: those that came out otherwise.
put "$T_DIR/files.py" <<\END
import json, sys


def results(path):
    try:
        report = json.load(open(path))["files"]
    except FileNotFoundError:
        return {}
    return {f["file"]: (f["status"], f.get("tests"))
            for f in report if f["status"] != "not run"}



def files(path, status):
    try:
        report = json.load(open(path))["files"]
    except FileNotFoundError:
        return []
    return [f["file"] for f in report if not f["cached"] and
            f["status"] != "not run" and
            (f["status"] in ("passed", "empty")) == status]


if sys.argv[1] == "other":
    now, before = results(sys.argv[2]), results(sys.argv[3])
    for name in sorted(now):
        if now[name] != before.get(name, now[name]):
            print(name)
    sys.exit()
fine, bad = files(sys.argv[2], True), files(sys.argv[2], False)
if sys.argv[1] == "ran":
    fine += set(bad) - set(files(sys.argv[3], False))
for name in sorted(set(fine)):
    print(name)
END
list() { "$T_VENV/bin/python" "$T_DIR/files.py" "$@"; }

py_workspace low mid:low top:mid
put packages/low/src/low/extra.py <<\END
try:
    from . import _generated
except ImportError:
    pass
END
echo 'V = 1' >packages/mid/src/mid/util.py
mkdir -p packages/low/src/low/sub packages/shared
echo 'V = 1' >packages/low/src/low/sub/core.py
echo 'S = 1' >packages/shared/core.py
put packages/low/tests/test_extra.py <<\END
from low import extra


def test_extra():
    assert extra
END
put packages/mid/tests/test_util.py <<\END
import helper
from mid import util


def test_util():
    assert util.V
END
echo 'H = 1' >packages/mid/tests/helper.py
put packages/top/tests/test_shared.py <<\END
def test_shared():
    pass
END
ln -s ../shared packages/top/shared
echo data >packages/mid/data.txt
echo _generated.py >.gitignore
echo .tgraph >>.gitignore
git_all 'More'
git tag first
build --no-cache

rounds=${ROUNDS:-12} seed=${SEED:-1} chosen=0 ran=0
end_seed=$((seed + rounds))
while [ "$seed" -lt "$end_seed" ]; do
	t "edits of seed $seed"
	if [ $((seed % 6)) = 0 ]; then
		# too much is broken by now
		git read-tree -u --reset first
		git commit -qm Again --allow-empty
		run --no-cache --json="$T_DIR/2.json"
	fi
	git tag -f base >/dev/null
	"$T_VENV/bin/python" "$T_DIR/edit.py" "$seed" 3>&- ||
		fail 'no edits were made'
	{
		git diff --no-renames --name-only base
		git ls-files -o --exclude=.tgraph
	} | LC_ALL=C sort -u >"$T_DIR/changed"
	build --quiet -t affected --since base
	LC_ALL=C sort "$T_OUT" >"$T_DIR/since"
	xargs "$T_PROG" -t affected <"$T_DIR/changed" 2>"$T_ERR" 3>&- |
		LC_ALL=C sort >"$T_DIR/files"
	rm -f "$T_DIR/1.json"
	mv "$T_DIR/2.json" "$T_DIR/before.json" 2>/dev/null
	run --no-cache --since base --json="$T_DIR/1.json"
	check [ -f "$T_DIR/1.json" ]
	run --no-cache --json="$T_DIR/2.json"
	check [ -f "$T_DIR/2.json" ]
	list ran "$T_DIR/1.json" "$T_DIR/before.json" >"$T_DIR/ran"
	same '' "$(list again "$T_DIR/2.json")" 'left out by --since'
	same '' "$(LC_ALL=C comm -23 "$T_DIR/ran" "$T_DIR/since")" \
		'run, but not told by -t affected --since'
	if [ -s "$T_DIR/changed" ]; then
		same '' "$(LC_ALL=C comm -23 "$T_DIR/ran" "$T_DIR/files")" \
			'left out by -t affected FILE'
	fi
	# and when it is asked once they have run
	build --quiet -t affected --since base
	LC_ALL=C sort "$T_OUT" >"$T_DIR/after"
	list other "$T_DIR/2.json" "$T_DIR/before.json" >"$T_DIR/other"
	same '' "$(LC_ALL=C comm -23 "$T_DIR/other" "$T_DIR/after")" \
		'another result, but not told afterwards'
	chosen=$((chosen + $(wc -l <"$T_DIR/since")))
	ran=$((ran + $(wc -l <"$T_DIR/ran")))
	[ $T_bad = 0 ] || { git status --short; cat "$T_DIR/changed"; } |
		sed 's/^/# /'
	git add -A
	git commit -qm "Seed $seed" --allow-empty
	seed=$((seed + 1))
done

t 'and something was chosen, and less than all'
echo "# chosen $chosen, ran $ran"
check [ "$ran" -gt 0 ]
check [ "$chosen" -ge "$ran" ]

end
