#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files that must not meet: [[tool.tgraph.group]].
. "$(dirname "$0")/../lib.sh"

# What lies in a cache of pytest's is no input.
mkdir "$T_DIR/.pytest_cache"
NOTES=$T_DIR/.pytest_cache/notes
COMPANY=$T_DIR/.pytest_cache/company
export NOTES COMPANY

# Tests that note when they begin and end. The first whose name has the word that
# is in COMPANY goes on until a second one of these has begun.
member() {
	put "$1" <<END
import os
import time


def note(text):
    with open(os.environ["NOTES"], "a") as out:
        out.write(text + "\n")


def met(word):
    with open(os.environ["NOTES"]) as notes:
        return sum(line.startswith("begin ") and word in line.split()[1]
                   for line in notes) > 1


def test():
    note("begin $1 %s %s" % (os.environ.get("DB"),
                             os.environ.get("PYTEST_XDIST_WORKER")))
    until = time.monotonic() + 30
    if os.path.exists(os.environ["COMPANY"]):
        with open(os.environ["COMPANY"]) as company:
            word = company.read().strip()
        while word in "$1" and not met(word) and time.monotonic() < until:
            time.sleep(0.01)
    note("end $1")
END
}

# most [WORD]: how many of those whose names have the word ran at once.
most() {
	awk -v word="$1" 'index($2, word) == 0 { next }
		$1 == "begin" { n++; if (n > most) most = n }
		$1 == "end" { n-- }
		END { print most + 0 }' "$NOTES"
}

app() {
	fresh
	rm -f "$NOTES" "$COMPANY"
	put pyproject.toml <<END
[project]
name = "app"
version = "1"

$1
END
	for T_i in a b c d e f; do
		member tests/db/test_$T_i.py
	done
	for T_i in g h i j; do
		member tests/test_$T_i.py
	done
	git_all 'App'
}

t 'one at a time, unless more are allowed'
app '[[tool.tgraph.group]]
paths = ["tests/db"]'
echo test >"$COMPANY"
build_tests -j4
counts passed=10
same 1 "$(most /db/)"
check [ "$(most test)" -gt 1 ]
app '[[tool.tgraph.group]]
paths = ["tests/**/test_[a-f].py"]
limit = 2'
echo /db/ >"$COMPANY"
build_tests -j4
counts passed=10
same 2 "$(most /db/)"

t 'every way'
for way in process batch shared; do
	app '[[tool.tgraph.group]]
paths = ["tests/db/"]
env = { DB = "db{slot}" }'
	build_tests -j4 --isolation $way
	counts passed=10
	same 1 "$(most /db/)"
	same 'db0' "$(sed -n 's/^begin .*db.test_..py \([^ ]*\).*/\1/p' \
		"$NOTES" | sort -u)"
done

t 'members know their slots, and the others nothing of them'
app '[[tool.tgraph.group]]
paths = ["tests/db"]
limit = 2
env = { DB = "test_{slot}", OTHER = "it'"'"'s $HOME {slot}{slot}" }'
echo /db/ >"$COMPANY"
build_tests -j4
rm "$COMPANY"
counts passed=10
same 2 "$(most /db/)"
same 'test_0 test_1' "$(sed -n 's/^begin .*db.test_..py \([^ ]*\).*/\1/p' \
	"$NOTES" | sort -u | xargs)"
same None "$(sed -n 's/^begin tests.test_..py \([^ ]*\).*/\1/p' "$NOTES" |
	sort -u)"
# No two that run have the same one.
awk '$1 == "begin" && $3 != "None" {
		if ($3 in has) { print "both in " $3; exit 1 }
		has[$3] = $2; slot[$2] = $3 }
	$1 == "end" && ($2 in slot) { delete has[slot[$2]] }' "$NOTES" ||
	fail "$(cat "$NOTES")"

t 'a slot is no input'
build_null
build_null -j1
export DB=theirs
build_tests -j1
tests_ran tests/test_g.py tests/test_h.py tests/test_i.py tests/test_j.py
unset DB
build_tests -j1

t 'but what stands in the settings is'
put tests/db/test_a.py <<\END
import os


def test():
    assert os.environ["OTHER"] == "it's $HOME 00"
END
build_tests -j1
counts passed=10
sed 's/test_{slot}/new_{slot}/' pyproject.toml >p && mv p pyproject.toml
rm -f "$NOTES"
build_tests -j1
check_not grep -q test_0 "$NOTES"
check grep -q 'begin tests/db/test_b.py new_0' "$NOTES"

t 'conftests and imports find them too, in every slot'
app '[[tool.tgraph.group]]
paths = ["tests/db"]
limit = 2
env = { DB = "test_{slot}" }'
put tests/db/conftest.py <<\END
import os
import pytest

AT_IMPORT = os.environ["DB"]


@pytest.fixture(autouse=True)
def check():
    assert AT_IMPORT == os.environ["DB"]
END
build_tests -j4
counts passed=10

t 'a file may be in several, of its package and of those above'
fresh
rm -f "$NOTES"
put pyproject.toml <<\END
[[tool.tgraph.group]]
paths = ["libs/*/tests/test_port*.py"]

[[tool.tgraph.group]]
paths = ["libs/a"]
limit = 2
END
for p in a b; do
	put libs/$p/pyproject.toml <<END
[project]
name = "$p"
version = "1"

[[tool.tgraph.group]]
paths = ["tests/test_*_db.py"]
END
	for f in port1 port2 port3_db m_db n_db x y; do
		member libs/$p/tests/test_$f.py
	done
done
git_all 'Two'
echo libs/a/ >"$COMPANY"
build_tests -j6
rm "$COMPANY"
counts passed=14
same 1 "$(most port)"
same 2 "$(most libs/a/)"
for p in a b; do
	sed "s,libs/$p/tests/\(.*_db\),$p-\1," "$NOTES" >n
	check [ "$(NOTES=n most $p-)" -le 1 ]
done
rm -f "$NOTES"
build_tests -j6 --rerun --package-jobs 1
counts passed=14
same 1 "$(most port)"
same 1 "$(most libs/a/)"
same 1 "$(most libs/b/)"

t 'a package that is one step counts as all its files'
app '[tool.tgraph]
granularity = "package"
[[tool.tgraph.group]]
paths = ["tests/db/test_a.py"]
env = { DB = "one{slot}" }'
build_tests
counts passed=10
same one0 "$(sed -n 's/^begin [^ ]* \([^ ]*\).*/\1/p' "$NOTES" | sort -u)"

t 'the statements say it'
app '[[tool.tgraph.group]]
paths = ["tests/db/test_a.py", "tests/db/test_b.py"]
limit = 3
env = { DB = "d" }
[[tool.tgraph.group]]
paths = ["tests/db/test_b.py"]'
build -t manifest
expect_out 'pool tg_group_1'
expect_out '  depth = 3'
expect_out 'pool tg_group_2'
expect_out '  pool = tg_group_1'
expect_out '  tg_pools = tg_group_2'
expect_out "  tg_slots = 'tg_group_1:DB=d'"

t 'what is wrong in one is an error, with its place'
wrong() {
	put pyproject.toml <<END
[project]
name = "app"

[[tool.tgraph.group]]
$1
END
	build_fail 2
	expect_err "pyproject.toml:$2"
	expect_err "$3"
}
wrong 'limit = 2' 4 '[[tool.tgraph.group]] needs paths = ["..."]'
wrong 'paths = ["a"]
limit = 0' 6 'limit: must be at least 1'
wrong 'paths = ["a"]
limit = "2"' 6 'limit: expected an integer'
wrong 'paths = ["a"]
limits = 2' 6 "unknown key 'limits' in [[tool.tgraph.group]]; did you mean 'limit'?"
wrong 'paths = ["a"]
env = ["DB"]' 6 'env: expected a table'
wrong 'paths = ["a"]
env = { DB = 1 }' 6 'env: expected a string for DB, not an integer'
wrong 'paths = ["a"]
env = { "1x" = "a" }' 6 "env: '1x' is not the name of a variable"
wrong 'paths = ["a"]
env = { PATH = "a" }' 6 'env: PATH is not for a group to set'

t 'in a ninja file'
fresh
manifest <<\END
pool one
  depth = 1
pool two
  depth = 2
rule say
  command = echo begin $out >>log; sleep 0.1; echo end $out >>log; : >$out
build a1: say
  pool = one
  tg_pools = two
build a2: say
  tg_pools = two one
build b1: say
  pool = two
build b2: say
  tg_pools = two
build c: say
END
build -j5
same '1 2' "$(NOTES=log most a) $(awk '/ c$/ { next } /begin/ { n++
	if (n > m) m = n } /end/ { n-- } END { print m }' log)"
build_null
manifest <<\END
rule say
  command = : >$out
build a: say
  tg_pools = two
END
build_fail 2
expect_err "unknown pool name 'two'"

end
