#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is run is what plain pytest collects: the ids are compared, on trees of
# the kinds that were got wrong.
. "$(dirname "$0")/../lib.sh"

# same_tests [DIR]...: the ids of the last report are those that pytest collects
# when it is run in each of these directories (none: here).
same_tests() {
	T_checks=$((T_checks + 1))
	python - "$T_JSON" "$@" 3>&- >"$T_DIR/.diff" <<\END || fail "$(cat "$T_DIR/.diff")"
import json, os, subprocess, sys
report, dirs = sys.argv[1], sys.argv[2:] or ["."]
wanted = set()
for d in dirs:
    p = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "--collect-only", "-q",
         "-p", "no:cacheprovider"], cwd=d, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, universal_newlines=True)
    for line in p.stdout.splitlines():
        if "::" in line and not line.startswith(("ERROR", " ", "<", "E ")):
            file, colons, rest = line.partition("::")
            wanted.add(os.path.normpath(os.path.join(d, file)) + "::" + rest)
with open(report) as f:
    doc = json.load(f)
got = set()
for f in doc["files"]:
    for i in f["items"]:
        file, colons, rest = i["id"].partition("::")
        if rest:
            # Ids are from where pytest runs; the file is from the root.
            base = i.get("file") or f["file"]
            if os.path.basename(base) == os.path.basename(file):
                file = base
            got.add(os.path.normpath(file) + "::" + rest)
for i in sorted(wanted - got):
    print("pytest has", i)
for i in sorted(got - wanted):
    print("pytest has not", i)
sys.exit(not wanted or wanted != got)
END
}

# project NAME: a new repository, committed later.
project() {
	fresh
	put pyproject.toml <<END
[project]
name = "$1"
version = "1"
END
	put tests/test_a.py <<\END
def test_a(): pass
class TestA:
    def test_b(self): pass
END
}

t 'git ignores test files, and directories of them'
project ignored
put .gitignore <<\END
*_gen.py
/gen/
tests/local/conftest.py
/build/
END
for f in tests/test_x_gen.py gen/test_g.py gen/deep/test_h.py build/test_i.py; do
	mkdir -p "$(dirname $f)"
	echo 'def test(): pass' >$f
done
put tests/local/conftest.py <<\END
import pytest
@pytest.fixture
def v(): return 1
END
echo 'def test_v(v): assert v == 1' >tests/local/test_local.py
git_all 'Ignored'
mkdir tests/excluded
echo tests/excluded >>.git/info/exclude
echo 'def test(): pass' >tests/excluded/test_e.py
build_tests
same_tests
build_tests
tests_ran -
sed 's/return 1/return 2/' tests/local/conftest.py >new
mv new tests/local/conftest.py
build_tests_fail 1
tests_ran tests/local/test_local.py
echo 'def test(): assert 0' >gen/deep/test_h.py
build_tests_fail 1
status gen/deep/test_h.py failed

t 'git tracks what it ignores: it counts like any other file'
project tracked
put .gitignore <<\END
*.log
lib/
data/
.env
END
mkdir -p tests/data lib/tests
echo 1 >tests/sample.log
echo 1 >tests/data/x.json
echo 1 >.env
echo 'def test_lib(): pass' >lib/tests/test_lib.py
for n in sample.log data/x.json ../.env; do
	f=tests/test_$(echo $n | tr -dc a-z).py
	cat >"$f" <<END
from pathlib import Path
def test():
    assert (Path(__file__).parent / "$n").read_text() == "1\\n"
END
done
git init -q -b main .
git add -f .
git commit -q -m Tracked
for version in 2 3 4; do
	git update-index --index-version $version
	rm -rf .tgraph
	build_tests
	same_tests
	for f in tests/sample.log tests/data/x.json .env; do
		echo 2 >$f
		build_tests_fail 1
		echo 1 >$f
		build_tests
	done
done
git update-index --split-index
echo 'def test_more(): pass' >lib/tests/test_more.py
git add -f lib/tests/test_more.py
build_tests
same_tests

t 'repositories within, and submodules'
project nested
mkdir -p nested/tests sub/tests
git init -q nested
echo 'def test_nested(): pass' >nested/tests/test_nested.py
echo '/tests/' >nested/.gitignore
echo 'gitdir: ../.git/modules/sub' >sub/.git
echo 'def test_sub(): pass' >sub/tests/test_sub.py
git init -q -b main .
mkdir -p .git/modules/sub
build_tests
same_tests

t 'directories that links lead to'
project links
mkdir -p shared/suite a/tests b/tests "$T_DIR/out/more"
for p in a b; do
	put $p/pyproject.toml <<END
[project]
name = "$p"
version = "1"
[tool.pytest.ini_options]
testpaths = ["tests"]
END
	put $p/tests/conftest.py <<END
import pytest
@pytest.fixture
def impl(): return "$p"
END
	ln -s ../../shared/suite $p/tests/suite
	ln -s "$T_DIR/out/more" $p/tests/more
done
echo 'def test_c(impl): assert impl in "ab"' >shared/suite/test_conform.py
echo 'def test_m(impl): assert impl in "ab"' >"$T_DIR/out/more/test_more.py"
ln -s .. a/tests/up
ln -s nowhere a/tests/broken
printf 'norecursedirs = ["up"]\n' >>a/pyproject.toml
git_all 'Links'
build_tests a b
same_tests a b
build_tests a b
tests_ran -
echo 'def test_m(impl): assert impl == "a"' >"$T_DIR/out/more/test_more.py"
build_tests_fail 1 a b
tests_ran a/tests/more/test_more.py b/tests/more/test_more.py
status a/tests/more/test_more.py passed

t 'a link out of the repository that git ignores: it is said'
project built
mkdir -p "$T_DIR/store/deep"
echo 'def test(): pass' >"$T_DIR/store/deep/test_far.py"
ln -s "$T_DIR/store" result
echo result >.gitignore
git_all 'Built'
build_tests
tests_ran tests/test_a.py
expect_err 'result: leads out of the repository, and git ignores it; tests in'
printf '[tool.tgraph]\nexclude = ["result"]\n' >>pyproject.toml
build_tests
no_err result

t 'texts with examples'
project texts
cat >>pyproject.toml <<\END
[tool.pytest.ini_options]
addopts = "--doctest-glob=*.md"
testpaths = ["tests", "README.md", "NOTES.rst", "docs"]
END
mkdir docs
for f in README.md NOTES.rst docs/guide.md docs/other.rst docs/test_x.txt; do
	printf '>>> 1 + 1\n2\n' >$f
done
echo 'no examples' >docs/none.md
git_all 'Texts'
build_tests
same_tests
printf '>>> 1 + 1\n3\n' >README.md
build_tests_fail 1
status README.md failed
status NOTES.rst passed

t 'rules that a conftest changes when it is configured'
project changed
echo 'def test_c(): pass' >tests/check_c.py
printf '"""\n>>> 1\n1\n"""\n' >lib.py
put conftest.py <<\END
def pytest_configure(config):
    config.addinivalue_line("python_files", "check_*.py")
    config.addinivalue_line("markers", "slow: slow")
    config.option.doctestmodules = True
END
git_all 'Changed'
build_tests
same_tests
build_tests
tests_ran -
echo 'def test_c(): assert 0' >tests/check_c.py
build_tests_fail 1

t 'a random tree'
for seed in 1 2 3 4; do
	fresh
	python - $seed <<\END
import os, random, subprocess, sys
r = random.Random(int(sys.argv[1]))
names = ["tests", "test", "lib", "src", "build", "data", "x", ".hid", "dist",
         "sub.egg", "pkg"]
files = ["test_%s.py", "%s_test.py", "check_%s.py", "conftest.py",
         "__init__.py", "%s.py", "test_%s.txt", "%s.md"]
dirs, n, seen = ["."], 0, set()
for _ in range(40):
    d = r.choice(dirs)
    if r.random() < 0.4:
        d = os.path.join(d, r.choice(names))
        os.makedirs(d, exist_ok=True)
        dirs.append(d)
        continue
    n += 1
    name = r.choice(files)
    path = os.path.join(d, name % n if "%" in name else name)
    with open(path, "w") as f:
        if path.endswith((".txt", ".md")):
            f.write(">>> 1\n1\n")
        elif "conftest" not in path and "__init__" not in path:
            f.write("def test_%d(): pass\n" % n)
            if r.random() < .5:
                f.write("class TestK:\n    def test_k(self): pass\n")
with open("pytest.ini", "w") as f:
    f.write("[pytest]\naddopts = --import-mode=importlib\n")
    if r.random() < .5:
        f.write("testpaths = tests lib src x\n")
    if r.random() < .5:
        f.write("norecursedirs = x .*\n")
    if r.random() < .5:
        f.write("python_files = test_*.py check_*.py\n")
with open(".gitignore", "w") as f:
    f.write("\n".join(r.sample(names, 3) + ["*_1*.py"]) + "\n")
subprocess.check_call(["git", "init", "-q", "."])
if r.random() < .5:
    subprocess.check_call(["git", "add", "-f", "."])
END
	run --json="$T_JSON"
	if python -B -m pytest --collect-only -q -p no:cacheprovider 2>&1 |
		grep -q ::; then
		same_tests
	else
		check [ $T_rc != 0 ]
	fi
done

end
