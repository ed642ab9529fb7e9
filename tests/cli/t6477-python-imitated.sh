#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tests that speak to the library as the runner's own processes do: they keep
# nothing to themselves by it.
. "$(dirname "$0")/../lib.sh"

put imitated.py <<\END
import os

QUIET = "/.//././"


def say(what):
    os.access(QUIET + what, os.F_OK)


def read(name):
    with open(name) as stream:
        return stream.read()
END
for f in passes quiet log fork join; do
	echo good >data_$f
	put test_$f.py <<END
import os

from imitated import QUIET, read, say


def test_$f():
    assert $f() == "good\n"


def passes():
    say(":pass:" + os.getcwd())
    return read("data_passes")


def quiet():
    return read(QUIET + os.path.abspath("data_quiet")[1:])


def log():
    say(":log:/dev/null:0123456789abcdef")
    return read("data_log")


def fork():
    say(":fork")
    return read("data_fork")


def join():
    say(":join:/dev/null:0123456789abcdef")
    return read("data_join")
END
done
echo good >data_started
put test_started.py <<\END
import subprocess
import sys

CODE = """
import os
os.environ["TGRAPH_TICKET"] = "0123456789abcdef"
for what in ":key:0123456789abcdef", ":pass:" + os.getcwd(), ":fork":
    os.access("/.//././" + what, 0)
print(open("/.//././" + os.path.abspath("data_started")[1:]).read())
"""


def test_started():
    got = subprocess.check_output([sys.executable, "-c", CODE])
    assert got == b"good\n\n"
END
put test_ticket.py <<\END
import os
import subprocess


def test_ticket():
    assert "TGRAPH_TICKET" not in os.environ
    assert "TICKET" not in subprocess.check_output("env", text=True)
    for pid in "self", os.getppid():
        with open("/proc/%s/environ" % pid, "rb") as stream:
            assert b"TICKET" not in stream.read()
END
git_all 'Imitated'
all='passes quiet log fork join started'

for way in '' --no-workers --isolation=batch --isolation=shared; do
	t "imitated $way"
	# shellcheck disable=SC2086
	build_tests $way
	counts passed=7
	# shellcheck disable=SC2086
	build_tests $way
	# shellcheck disable=SC2086
	build_tests $way
	tests_ran -
	for f in $all; do
		echo bad >data_$f
	done
	# shellcheck disable=SC2086
	build_tests_fail 1 $way
	for f in $all; do
		status test_$f.py failed
	done
	git checkout -q .
	# shellcheck disable=SC2086
	build_tests $way
done

end
