#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tests that call the C library by other ways than Python's.
. "$(dirname "$0")/../lib.sh"

put libc.py <<\END
import ctypes

OWN = ctypes.CDLL(None)
try:
    LIBC = ctypes.CDLL("libc.so.6")
except OSError:
    LIBC = OWN
for lib in OWN, LIBC:
    lib.getenv.restype = ctypes.c_char_p
END
put test_own.py <<\END
import ctypes


def test_own():
    own = ctypes.CDLL(None)
    own.getenv.restype = ctypes.c_char_p
    assert own.getenv(b"GREETING") != b"bad"
END
put test_named.py <<\END
from libc import LIBC


def test_named():
    assert LIBC.getenv(b"GREETING") != b"bad"
END
put test_environ.py <<\END
import ctypes


def test_environ():
    env = ctypes.POINTER(ctypes.c_char_p).in_dll(
        ctypes.CDLL(None), "environ")
    i = 0
    while env[i]:
        assert env[i] != b"GREETING=bad"
        i += 1
END
put test_system.py <<\END
from libc import LIBC


def test_system():
    assert LIBC.system(b'test "$GREETING" != bad') == 0
END
put test_open.py <<\END
import os

from libc import LIBC


def test_open():
    fd = LIBC.open(b"data", os.O_RDONLY)
    assert os.read(fd, 10) != b"bad\n"
    os.close(fd)
END
put test_other.py <<\END
def test_other():
    pass
END
echo good >data
git_all 'C'
seeing='test_own.py test_named.py test_environ.py test_system.py'
unset GREETING

for way in '' --no-workers --isolation=batch; do
	t "a variable and a file $way"
	# shellcheck disable=SC2086
	build_tests $way
	counts passed=6
	# shellcheck disable=SC2086
	build_tests $way
	tests_ran -
	# shellcheck disable=SC2086
	GREETING=bad build_tests_fail 1 $way
	for f in $seeing; do
		status $f failed
	done
	counts passed=2 failed=4
	# shellcheck disable=SC2086
	build_tests $way
	echo bad >data
	# shellcheck disable=SC2086
	build_tests_fail 1 $way
	status test_open.py failed
	status test_own.py passed
	git checkout -q .
	# shellcheck disable=SC2086
	build_tests $way
done

end
