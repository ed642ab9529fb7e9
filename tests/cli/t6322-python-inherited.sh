#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What tests inherit of whoever starts tgraph counts, or is always the same.
. "$(dirname "$0")/../lib.sh"

put pyproject.toml <<\END
[project]
name = "inherited"
version = "1"
END
put tests/test_mode.py <<\END
import os
import subprocess


def mode(path):
    return os.stat(path).st_mode & 0o777


def test_file(tmp_path):
    (tmp_path / "f").write_text("")
    assert mode(tmp_path / "f") == 0o644


def test_directory(tmp_path):
    (tmp_path / "d").mkdir()
    assert mode(tmp_path / "d") == 0o755


def test_child(tmp_path):
    subprocess.check_call(["touch", str(tmp_path / "f")])
    assert mode(tmp_path / "f") == 0o644
END
put tests/test_zone.py <<\END
import time


def test():
    assert time.localtime(0).tm_hour == 0
END
put tests/test_locale.py <<\END
import locale


def test():
    assert locale.setlocale(locale.LC_TIME, "") == "C"
END
put tests/test_flags.py <<\END
import sys


def test():
    assert not sys.dont_write_bytecode
END
put tests/test_input.py <<\END
import sys


def test(capfd):
    with capfd.disabled():
        assert open(0, closefd=False).read() == ""
END
git_all 'Inherited'
umask 022
export TZ=UTC
unset LC_ALL LC_TIME LANG PYTHONDONTWRITEBYTECODE

for how in '' --no-workers; do
	t "as it is, $how"
	build_tests --rerun $how
	counts passed=7
	build_tests $how
	tests_ran -

	t "the umask, $how"
	umask 077
	build_tests_fail 1 $how
	status tests/test_mode.py failed
	counts failed=3 passed=4
	build_tests_fail 1 $how
	tests_ran tests/test_mode.py
	umask 022
	build_tests $how
	tests_ran -
	umask 027
	build_tests_fail 1 --no-cache -d explain $how
	status tests/test_mode.py failed
	expect_err 'umask'
	umask 022
	build_tests --no-cache $how
	counts passed=7

	t "the time zone, $how"
	TZ=JST-9 build_tests_fail 1 $how
	status tests/test_zone.py failed
	build_tests $how

	t "one part of the locale, $how"
	LC_TIME=C.UTF-8 build_tests_fail 1 $how
	status tests/test_locale.py failed
	build_tests $how

	t "what Python itself reads, $how"
	PYTHONDONTWRITEBYTECODE=1 build_tests_fail 1 $how
	status tests/test_flags.py failed
	build_tests $how
	tests_ran -

	t "not the way to the directory, $how"
	ln -s "$PWD" "$T_DIR/way"
	cd "$T_DIR/way" || exit 1
	build_tests $how
	tests_ran -
	cd - >/dev/null || exit 1
	rm "$T_DIR/way"

	t "nor what a process may use, or is fed with, $how"
	echo something >input
	(ulimit -f 100000 && nice "$T_PROG" --rerun $how <input) >"$T_OUT" 2>&1
	same 0 $?
	(ulimit -n 200 && "$T_PROG" $how <input) >"$T_OUT" 2>&1
	same 0 $?
	expect_out '5 files cached'
	rm input

	t "signals that are ignored or blocked, $how"
	python - "$T_PROG" --rerun $how >"$T_OUT" 2>&1 <<\END
import os
import signal
import sys
signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
signal.signal(signal.SIGPIPE, signal.SIG_IGN)
signal.alarm(120)
os.execv(sys.argv[1], sys.argv[1:])
END
	same 0 $?
done

t 'whether it is the superuser who runs it'
# as_nobody ARG...: tgraph as a user without rights.
as_nobody() {
	chown -R 65534:65534 .
	HOME=$PWD python - "$T_PROG" --no-cache "$@" >"$T_OUT" 2>&1 <<\END
import os
import sys
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
os.execv(sys.argv[1], sys.argv[1:])
END
}
fresh
put pyproject.toml <<\END
[project]
name = "rights"
version = "1"
END
put test_rights.py <<\END
import os


def test():
    assert os.access("closed", os.R_OK)
END
: >closed
git_all 'Rights'
if [ "$(id -u)" != 0 ] || ! as_nobody -t targets; then
	skip 'needs the superuser, and a directory that others can read'
else
	git config --global --add safe.directory '*'
	chmod 0 closed
	build_tests --no-cache
	as_nobody
	same 1 $?
	expect_out 'test_rights.py'
fi
end
