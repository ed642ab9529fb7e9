#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The table of Python releases, and one of the user's own.
. "$(dirname "$0")/../lib.sh"

put pyproject.toml <<\END
[project]
name = "one"
version = "1.0"
requires-python = ">=3.8"
END
echo 'def test_a(): pass' >test_a.py
mkdir .git sub
own=$XDG_CONFIG_HOME/tgraph/python-releases
v=$("$T_VENV/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')

# table: the versions and their status that -t releases shows
table() { awk 'NR > 2 { print $1, $2 }' "$T_OUT"; }

t 'the table that comes with the program'
build -t releases
expect_out '/rules/python-releases'
check grep -q '^3\.9 *end-of-life *2020-10-05 *2025-10' "$T_OUT"
missing "$own"

t 'another one, as a file of the same form'
put new.txt <<\END
# mine
3.8	bugfix	2019-10-14	2099-10
3.99	security	2020-10-01	2099-01-01
END
build --all-pythons
build -t releases --update new.txt
expect_out "# $own"
same '3.8 bugfix
3.99 security' "$(table)"
check cmp -s new.txt "$own"
build -t matrix 3.99
expect_out 'not asked for (--all-pythons)'
build --all-pythons -t matrix 3.99
expect_out 'interpreter missing'
build_fail 2 -t matrix 3.97
expect_err "'3.97' is no package or Python version here"

t 'what is written decides the next run, and no result is lost by it'
build_tests --all-pythons
expect_out '3.99'
tests_ran -
build -t releases --reset
expect_out '/rules/python-releases'
missing "$own"
build_tests --all-pythons
tests_ran -
no_out '3.99'

t "python.org's release cycle"
put cycle.json <<\END
{
  "3.17": {"branch": "main", "pep": 1, "status": "feature",
           "first_release": "2090-10-01", "end_of_life": "2095-10"},
  "3.10": {"branch": "3.10", "pep": 619, "status": "security",
           "first_release": "2021-10-04", "end_of_life": "2026-10",
           "release_manager": "Someone"},
  "3.8": {"status": "end-of-life", "first_release": "2019-10-14",
          "end_of_life": "2024-10-07"},
  "2.7": {"status": "end-of-life", "first_release": "2010-07-03",
          "end_of_life": "2020-01-01"}
}
END
cd sub || exit 2
build -t releases --update=../cycle.json
cd .. || exit 2
same '3.8 end-of-life
3.10 security
3.17 prerelease' "$(table)"

t 'lists of endoflife.date, old and new: status by the dates'
put eol.json <<\END
[{"cycle": "3.90", "releaseDate": "2001-10-07", "eol": "2090-10-31",
  "support": "2080-10-01", "latest": "3.90.1", "lts": false},
 {"cycle": "3.89", "releaseDate": "2001-10-07", "eol": "2090-10-31",
  "support": "2002-10-01"},
 {"cycle": "3.88", "releaseDate": "2001-10-07", "eol": "2002-10-31",
  "support": "2002-10-01"},
 {"cycle": "3.91", "releaseDate": "2089-10-07", "eol": "2090-10-31",
  "support": "2090-01-01"}]
END
build -t releases --update eol.json
same '3.88 end-of-life
3.89 security
3.90 bugfix
3.91 prerelease' "$(table)"
put eol.json <<\END
{"schema_version": "1.2.0", "result": {"name": "python", "releases": [
 {"name": "3.90", "releaseDate": "2001-10-07", "eolFrom": "2090-10-31",
  "eoasFrom": "2080-10-01"}]}}
END
build -t releases --update eol.json
same '3.90 bugfix' "$(table)"

t 'what is no such table is refused, and the old one stays'
refuse() {
	build_fail 2 -t releases --update "$1"
	expect_err "tgraph: $1: $2"
	check grep -q '^3.90' "$own"
}
echo '{"3.14": ' >bad
refuse bad 'not valid JSON'
echo '{"3.14": {"status": "bugfix"}}' >bad
refuse bad '3.14 has no day of its first release'
echo '{"3.14": {"first_release": "2025-10-07", "end_of_life": "soon"}}' >bad
refuse bad 'expected two dates after the status'
echo '{"new": {}}' >bad
refuse bad "'new' is not a version such as 3.12"
echo '[1, 2]' >bad
refuse bad 'expected a list or table of releases'
echo '{}' >bad
refuse bad 'no releases in the table'
: >bad
refuse bad 'no releases in the table'
refuse nowhere 'no such file'
build_fail 3 -t releases --update sub
expect_err 'sub: Is a directory'
build_fail 2 -t releases --frobnicate
expect_err 'expected --update FILE, --reset, or nothing'

t 'a table that was damaged is told with its name'
echo junk >"$own"
build_fail 2
expect_err "$own"
expect_err "not a version such as 3.12: 'junk'"
build -t releases --reset
build

t 'a table that cannot be written'
mkdir -p "$own"
touch "$own/x"
build_fail 3 -t releases --update new.txt
expect_err "$own"

end
