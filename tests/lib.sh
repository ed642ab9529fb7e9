# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What every end-to-end test reads first:
#
#	. "$(dirname "$0")/../lib.sh"
#	t 'a touched file runs nothing'
#	manifest <<\END
#	rule copy
#	  command = cp $in $out
#	build out: copy in
#	END
#	echo 1 >in
#	build
#	ran out
#	touch in
#	build_null
#	end
#
# A test is a sequence of cases; t begins one, and it passes if all checks up
# to the next t or end hold. A case without any check fails, and so does a
# script that does not come to its end. Every script has its own directory,
# home and cache, and the tests' own Python first in PATH. Nothing here
# sleeps; a file's time is set with old.

set -u
# Remarks reach the log from wherever a helper is called.
exec 3>&1

TG_SRC=${TG_SRC:-$(cd "$(dirname "$0")/../.." && pwd -P)}
TG_BUILD=${TG_BUILD:-$(pwd -P)}
T_TGRAPH=${TGRAPH:-$TG_BUILD/tgraph}
T_VENV=$TG_BUILD/obj/tests/venv
export TG_SRC TG_BUILD

T_DIR=$(mktemp -d "${TMPDIR:-/tmp}/tgraph-test.XXXXXX") || exit 2
T_DIR=$(cd "$T_DIR" && pwd -P)
T_n=0 T_name='' T_skip='' T_bad=0 T_checks=0 T_failed=0 T_ended=0
T_OUT=$T_DIR/.out T_ERR=$T_DIR/.err T_JSON=$T_DIR/.json T_rc=0

# Nothing of the caller's surroundings may change what a test sees.
unset MAKEFLAGS MFLAGS MAKELEVEL NINJA_STATUS TGRAPH_STATUS TGRAPH_CACHE \
	PYTEST_ADDOPTS PYTEST_PLUGINS PYTHONPATH PYTHONHOME VIRTUAL_ENV \
	PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX PYTHONHASHSEED \
	PYTHONUNBUFFERED PYTHONWARNINGS PYTHONSAFEPATH PYTHONUTF8 \
	CLICOLOR_FORCE FORCE_COLOR NO_COLOR CDPATH ENV GIT_DIR GIT_WORK_TREE \
	GIT_INDEX_FILE CONDA_PREFIX UV_PYTHON PYENV_VERSION PYENV_ROOT
T_CALLERS_PATH=$PATH
HOME=$T_DIR/home XDG_CACHE_HOME=$T_DIR/cache XDG_CONFIG_HOME=$T_DIR/home/.config
GIT_CONFIG_GLOBAL=$HOME/.gitconfig GIT_CONFIG_NOSYSTEM=1
GIT_AUTHOR_NAME=Tester GIT_AUTHOR_EMAIL=tester@example.org
GIT_COMMITTER_NAME=Tester GIT_COMMITTER_EMAIL=tester@example.org
LC_ALL=C TZ=UTC TERM=dumb
PATH=$T_DIR/bin:$T_VENV/bin:/usr/bin:/bin:/usr/sbin:/sbin:/opt/homebrew/bin:/usr/local/bin
export HOME XDG_CACHE_HOME XDG_CONFIG_HOME GIT_CONFIG_GLOBAL GIT_CONFIG_NOSYSTEM \
	GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME \
	GIT_COMMITTER_EMAIL LC_ALL TZ TERM PATH
# For a tgraph that was built with the leak sanitizer.
LSAN_OPTIONS=suppressions=$TG_SRC/tests/lsan.supp:print_suppressions=0${LSAN_OPTIONS:+:$LSAN_OPTIONS}
export LSAN_OPTIONS
mkdir -p "$HOME" "$XDG_CACHE_HOME" "$T_DIR/bin" "$T_DIR/work"
ln -s "$T_TGRAPH" "$T_DIR/bin/tgraph"
cd "$T_DIR/work" || exit 2

T_cleanup() {
	rc=$?
	trap '' EXIT
	cd /
	chmod -R u+rwX "$T_DIR" 2>/dev/null
	rm -rf "$T_DIR"
	if [ $T_ended = 0 ]; then
		echo "not ok - $(basename "$0") did not come to its end ($rc)"
		exit 1
	fi
	exit "$T_failed"
}
trap T_cleanup EXIT
trap 'exit 130' INT TERM HUP

T_finish() {
	[ -n "$T_name" ] || return 0
	if [ -n "$T_skip" ]; then
		echo "ok $T_n - $T_name # SKIP $T_skip"
		return 0
	fi
	if [ $T_bad = 0 ] && [ $T_checks = 0 ]; then
		echo '# the case checks nothing'
		T_bad=1
	fi
	if [ $T_bad = 0 ]; then
		echo "ok $T_n - $T_name"
	else
		echo "not ok $T_n - $T_name"
		T_failed=1
	fi
}

# t NAME: begins a case.
t() {
	T_finish
	T_n=$((T_n + 1)) T_name=$1 T_bad=0 T_checks=0 T_skip=''
}

# end: the last line of a script.
end() {
	T_finish
	T_name='' T_ended=1
	echo "1..$T_n"
}

# skip_all REASON: ends a script that cannot be run here.
skip_all() {
	T_ended=1
	echo "ok 1 - $(basename "$0" .sh) # SKIP $1"
	echo 1..1
	exit 0
}

# skip REASON: the case cannot be run here; what it should do is left out.
skip() { T_skip=$1; }

# at_least VERSION WANTED: is it that version of something, or a newer one?
at_least() {
	[ "$(printf '%s\n%s\n' "$2" "$1" | sort -t. -k1,1n -k2,2n |
		head -n 1)" = "$2" ]
}

# in_path NAME...: where the caller's PATH has programs of these names, a line
# for each: newer ones than the tests' own PATH may be there.
in_path() (
	IFS=:
	for T_x do
		for T_f in $T_CALLERS_PATH; do
			[ ! -x "${T_f:-.}/$T_x" ] || echo "${T_f:-.}/$T_x"
		done
	done
)

# fail WHAT: fails the case; the first time it shows what the last run printed.
fail() {
	{
		printf '%s\n' "$*" | sed 's/^/# /'
		if [ $T_bad = 0 ]; then
			for T_f in "$T_OUT" "$T_ERR"; do
				[ ! -f "$T_f" ] || tail -n 40 "$T_f" |
					sed "s/^/#   ${T_f##*/.}: /"
			done
		fi
	} >&3
	T_bad=1
	return 1
}

# check COMMAND...: the command must succeed.
check() {
	T_checks=$((T_checks + 1))
	"$@" 3>&- || fail "failed: $*"
}

# check_not COMMAND...: the command must fail.
check_not() {
	T_checks=$((T_checks + 1))
	if "$@" 3>&-; then fail "should have failed: $*"; fi
}

# same EXPECTED GOT [WHAT]
same() {
	T_checks=$((T_checks + 1))
	[ "$1" = "$2" ] || fail "${3-}: expected '$1', got '$2'"
}

# ---- running tgraph ----

# as_ninja: from here on tgraph is called through a link named ninja, by run and
# whoever looks for ninja in PATH.
as_ninja() {
	mkdir -p "$T_DIR/as"
	ln -sf "$T_TGRAPH" "$T_DIR/as/ninja"
	T_PROG=$T_DIR/as/ninja PATH=$T_DIR/as:$PATH
}

# run ARG...: runs tgraph; what it prints is in $T_OUT and $T_ERR, its exit
# code in $T_rc.
T_PROG=$T_DIR/bin/tgraph
run() {
	"$T_PROG" "$@" >"$T_OUT" 2>"$T_ERR" \
		</dev/null 3>&-
	T_rc=$?
}

# build ARG...: must exit with 0.
build() {
	T_checks=$((T_checks + 1))
	run "$@"
	[ $T_rc = 0 ] || fail "tgraph $*: exited with $T_rc"
}

# build_fail CODE ARG...: must exit with just that code.
build_fail() {
	T_code=$1
	shift
	T_checks=$((T_checks + 1))
	run "$@"
	[ $T_rc = "$T_code" ] ||
		fail "tgraph $*: exited with $T_rc instead of $T_code"
}

# build_null ARG...: there must be nothing to do; if the summary speaks of test
# files, none of them ran.
build_null() {
	build "$@" || return
	ran
	T_checks=$((T_checks + 1))
	T_got=$(sed -n 's/^\([0-9]* files\{0,1\}\): .*/\1/p' "$T_OUT")
	[ -z "$T_got" ] || grep -qF "($T_got cached, " "$T_OUT" ||
		fail "test files ran:" "$(cat "$T_OUT")"
}

# ran NAME...: the last build ran just these steps, in any order. A step is
# named by the last word of its line in the output: of its description if it
# has one, of its command if not.
ran() {
	T_checks=$((T_checks + 1))
	T_got=$(sed -n 's/^\[[0-9]*\/[0-9]*\] \(.* \)\{0,1\}//p' "$T_OUT" |
		LC_ALL=C sort)
	T_want=$([ $# = 0 ] || printf '%s\n' "$@" | LC_ALL=C sort)
	[ "$T_got" = "$T_want" ] ||
		fail "expected to run:" "$T_want" "did run:" "$T_got"
}

# build_tests ARG..., build_tests_fail CODE ARG...: as build and build_fail, in
# a Python repository; tests_ran and the others then know what the report
# says.
build_tests() {
	rm -f "$T_JSON"
	build --json="$T_JSON" "$@"
}
build_tests_fail() {
	T_c=$1
	shift
	rm -f "$T_JSON"
	build_fail "$T_c" --json="$T_JSON" "$@"
}

# build_hangs FILE ARG...: as build_tests_fail 1, with a time limit that one test
# does not keep: it is in FILE, and hangs when it has made the file $T_HANGS. On a
# busy machine the limit grows until it stops nothing else, and not too soon.
T_HANGS=$T_DIR/.hangs
export T_HANGS
build_hangs() {
	T_f=$1
	shift
	T_checks=$((T_checks + 1))
	for T_x in 2 8 32 128; do
		rm -f "$T_JSON" "$T_HANGS"
		run --json="$T_JSON" --timeout "$T_x" "$@"
		[ "$(T_field '' timeout)" != "$T_f" ] || [ ! -e "$T_HANGS" ] || break
	done
	[ $T_rc = 1 ] || fail "tgraph $*: exited with $T_rc instead of 1"
}

# installed NAME: makes T_PROG a tgraph that is installed in a directory of this
# name, without what belongs to it but its data; without_follower: one that can't
# follow static programs.
installed() {
	mkdir -p "$T_DIR/$1/bin" "$T_DIR/$1/share/tgraph"
	cp "$TG_BUILD/tgraph" "$T_DIR/$1/bin/"
	ln -sf "$TG_SRC/rules" "$TG_SRC/src/pytgraph" "$TG_SRC/src/browse" \
		"$T_DIR/$1/share/tgraph/"
	T_PROG=$T_DIR/$1/bin/tgraph
}
without_follower() {
	installed without_follower
	cp "$TG_BUILD/libtgraph-observe.so" "${T_PROG%/*}/"
}

# tests_ran FILE..., tests_cached FILE...: just these test files were run, or
# were up to date or restored, in any order; - alone: none.
tests_ran() { T_tests False "$@"; }
tests_cached() { T_tests True "$@"; }
T_tests() {
	T_checks=$((T_checks + 1))
	T_got=$(T_report "$1")
	shift
	[ "$1" != - ] || shift
	T_want=$([ $# = 0 ] || printf '%s\n' "$@" | LC_ALL=C sort)
	[ "$T_got" = "$T_want" ] ||
		fail "expected test files:" "$T_want" "got:" "$T_got"
}
T_report() {
	[ -f "$T_JSON" ] || { echo 'no report'; return; }
	"$T_VENV/bin/python" - "$T_JSON" "$1" <<\END 3>&-
import json, sys
with open(sys.argv[1]) as f:
    files = json.load(f)["files"]
print("\n".join(sorted(f["file"] for f in files
                       if str(f.get("cached")) == sys.argv[2])))
END
}

# counts KEY...=N: the report's sums of tests, for example passed=3 failed=0.
# status FILE WORD: what the report says of a test file: passed, empty,
# failed, timeout, crashed or "not run".
counts() {
	for T_x do
		same "${T_x#*=}" "$(T_field summary "${T_x%%=*}")" "$T_x"
	done
}
status() { same "$2" "$(T_field "$1" status)" "status of $1"; }
T_field() {
	[ -f "$T_JSON" ] || { echo 'no report'; return; }
	"$T_VENV/bin/python" - "$T_JSON" "$@" <<\END 3>&-
import json, sys
with open(sys.argv[1]) as f:
    report = json.load(f)
if sys.argv[2] == "summary":
    print(report["summary"]["tests"].get(sys.argv[3]))
elif not sys.argv[2]:  # the files that ended so
    print(",".join(sorted({f["file"] for f in report["files"]
                           if f["status"] == sys.argv[3]})))
else:
    print(",".join(sorted({str(f.get(sys.argv[3])) for f in report["files"]
                           if f["file"] == sys.argv[2]})))
END
}

# expect_out TEXT, expect_err TEXT: what the last run printed has a line with
# TEXT in it (a fixed string). no_out, no_err: it has none.
expect_out() { T_has "$T_OUT" "$1" || fail "stdout has no '$1'"; }
expect_err() { T_has "$T_ERR" "$1" || fail "stderr has no '$1'"; }
no_out() { ! T_has "$T_OUT" "$1" || fail "stdout has '$1'"; }
no_err() { ! T_has "$T_ERR" "$1" || fail "stderr has '$1'"; }
T_has() {
	T_checks=$((T_checks + 1))
	grep -qF -e "$2" "$1"
}

# expect_lines FILE <<END: the file's text is just what is on stdin.
expect_lines() {
	T_checks=$((T_checks + 1))
	cat >"$T_DIR/.want"
	diff -u "$T_DIR/.want" "$1" >"$T_DIR/.diff" 2>&1 ||
		fail "$1 differs:
$(cat "$T_DIR/.diff")"
}

# holds FILE TEXT: the file is there with just this text and a newline.
holds() {
	T_checks=$((T_checks + 1))
	[ -f "$1" ] || { fail "there is no file $1"; return; }
	[ "$(cat "$1")" = "$2" ] || fail "$1 holds '$(cat "$1")', not '$2'"
}

exists() { for T_f do check [ -e "$T_f" ]; done; }
missing() { for T_f do check [ ! -e "$T_f" ]; done; }

# ---- making inputs ----

# put FILE <<END: writes a file, with the directories above it.
put() {
	mkdir -p "$(dirname "$1")"
	cat >"$1"
}

# manifest <<END: build.ninja
manifest() { put build.ninja; }

# old FILE...: sets the time of files back by years.
old() { touch -t 200102030405 "$@"; }

# new_env DIR: a virtual environment with what the tests' own has; what is
# installed in it besides belongs into $T_SITE. It fails if none can be made.
new_env() {
	"$T_VENV/bin/python" -m venv --without-pip "$1" || return
	T_SITE=$(site_of "$1")
	site_of "$T_VENV" >"$T_SITE/tests.pth"
}
# site_of DIR: where what is installed in an environment lies
site_of() {
	"$1/bin/python" -c \
		'import sysconfig; print(sysconfig.get_path("purelib"))'
}

# fresh: an empty directory with no state and no cache.
fresh() {
	cd "$T_DIR" || exit 2
	chmod -R u+rwX work cache
	rm -rf work cache
	mkdir work cache
	cd work || exit 2
}

# git_all MESSAGE: commits everything.
git_all() {
	[ -d .git ] || git init -q -b main .
	git add -A
	git commit -q -m "$1"
}

# py_package DIR NAME [DEPENDENCY...]: a package with src layout: a module
# NAME.core that adds up what the dependencies' cores return, and
# tests/test_NAME.py with two tests.
py_package() {
	T_d=$1 T_p=$2
	shift 2
	T_req='' T_imp='' T_sum=1 T_exp=1
	for T_x do
		T_req="$T_req\"$T_x\", "
		T_imp="${T_imp}from $T_x.core import value as value_of_$T_x
"
		T_sum="$T_sum + value_of_$T_x()"
	done
	put "$T_d/pyproject.toml" <<END
[project]
name = "$T_p"
version = "1.0"
requires-python = ">=3.8"
dependencies = [${T_req%, }]
END
	put "$T_d/src/$T_p/__init__.py" <<END
"""The package $T_p."""
END
	put "$T_d/src/$T_p/core.py" <<END
$T_imp

def value():
    return $T_sum
END
	put "$T_d/tests/test_$T_p.py" <<END
from $T_p.core import value


def test_positive():
    assert value() >= $T_exp


def test_integer():
    assert isinstance(value(), int)
END
}

# py_workspace NAME[:DEPENDENCY[,DEPENDENCY...]]...: a repository of packages
# below packages/, importable by plain pytest from its root, committed.
py_workspace() {
	T_path=''
	for T_w do
		T_path="$T_path\"packages/${T_w%%:*}/src\", "
	done
	put pyproject.toml <<END
[tool.pytest.ini_options]
pythonpath = [${T_path%, }]
END
	for T_w do
		T_deps=''
		case $T_w in
		*:*) T_deps=$(echo "${T_w#*:}" | tr , ' ') ;;
		esac
		# shellcheck disable=SC2086
		py_package "packages/${T_w%%:*}" "${T_w%%:*}" $T_deps
	done
	git_all 'A workspace'
}
