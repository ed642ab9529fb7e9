#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh SRCDIR GROUP...: runs groups of tests from the build directory, several
# tests at once, and prints their results in that order. Each test prints TAP.
# The last line is "N passed, N failed".
#
# TESTS: patterns of test names, all if empty. V=1: print everything, not only
# what failed. TEST_JOBS: how many at once; some more than there are processors,
# as many wait most of the time. TEST_TIMEOUT: seconds for each, many, as a test
# may have to share its machine with twenty others. What each has used of the
# processor is in obj/tests/out/GROUP/NUMBER.times.
set -u

# One test: run.sh --one NUMBER. The results go to files named by the number;
# NUMBER.sum, written last, tells that they are there.
if [ "$1" = --one ]; then
	n=$2
	IFS='	' read -r group name cmd <<END
$(sed -n "${n}p" "$TG_OUT/list")
END
	limit=
	if command -v timeout >/dev/null 2>&1; then
		limit="timeout -k 10 ${TEST_TIMEOUT:-1800}"
	fi
	# shellcheck disable=SC2086
	$limit sh -c "$cmd" >"$TG_OUT/$n.out" 2>"$TG_OUT/$n.err" </dev/null
	awk -v rc=$? -v sum="$TG_OUT/$n.new" '
	{ print }
	/^1\.\.[0-9]+/ { plan = substr($1, 4) + 0; planned = 1 }
	/^ok\>?/ { if ($1 == "ok") { if (/# SKIP/) skip++; else pass++ } }
	# cmocka 1.1 has it so.
	/^not ok [0-9]+ # SKIP/ { skip++; next }
	$1 == "not" && $2 == "ok" { fail++ }
	END {
		if (rc == 124 || rc == 137)
			print "not ok - timed out or was killed"
		else if (rc && !fail)
			print "not ok - exited with " rc
		else if (!planned)
			print "not ok - printed no plan"
		else if (plan != pass + skip + fail)
			print "not ok - planned " plan " tests, ran " \
				pass + skip + fail
		else
			fine = 1
		if (!fine)
			fail++
		print pass + 0, fail + 0, skip + 0 >sum
	}' "$TG_OUT/$n.out" >"$TG_OUT/$n.tap"
	times >"$TG_OUT/$n.times"
	mv "$TG_OUT/$n.new" "$TG_OUT/$n.sum"
	exit 0
fi

TG_SRC=$(cd "$1" && pwd -P) || exit 2
TG_BUILD=$(pwd -P)
shift
TG_OUT=$TG_BUILD/obj/tests/out/$(echo "$*" | tr ' ' -)
export TG_SRC TG_BUILD TG_OUT
# A test that starts tgraph or make is not part of the make that runs it.
unset MAKEFLAGS MFLAGS MAKELEVEL CARGO_MAKEFLAGS MAKE_TERMERR MAKE_TERMOUT \
	PYTEST_ADDOPTS PYTEST_PLUGINS PYTHONPATH PYTHONHOME PYTHONUNBUFFERED \
	PYTHONWARNINGS PYTHONSAFEPATH PYTHONUTF8
rm -rf "$TG_OUT"
mkdir -p "$TG_OUT" || exit 2

wanted() {
	[ -n "${TESTS-}" ] || return 0
	set -f
	for p in $TESTS; do
		# shellcheck disable=SC2254
		case $1 in $p) set +f; return 0 ;; esac
	done
	set +f
	return 1
}
python() { # python VENV FILE: "", or -7, -8 for another pytest
	add "$group" "py/$(basename "$2" .py)$1" \
		"PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$TG_SRC/src \
		obj/tests/venv$1/bin/python $t/tap.py $2"
}
add() { ! wanted "$2" || printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$TG_OUT/list"; }

: >"$TG_OUT/list"
t=$TG_SRC/tests
for group do
	case $group in
	layers|headers|sizes|man)
		add "$group" "$group" "sh $t/$group.sh $TG_SRC" ;;
	unit)
		for f in "$t"/unit/test_*.c; do
			n=$(basename "$f" .c)
			[ -f "$f" ] && add unit "$n" \
				"CMOCKA_MESSAGE_OUTPUT=TAP obj/tests/unit/$n"
		done ;;
	fuzz)
		for f in "$t"/fuzz/fuzz_*.c; do
			n=$(basename "$f" .c)
			[ -f "$f" ] && add fuzz "$n" "obj/tests/fuzz/$n \
				$t/fuzz/corpus/${n#fuzz_}"
		done ;;
	golden)
		for f in "$t"/golden/*/*.test; do
			n=${f#"$t"/golden/}
			[ -f "$f" ] && add golden "golden/${n%.test}" \
				"${PYTHON:-python3} $t/golden.py $f"
		done ;;
	py)
		# Compiled once: each of the tests starts it many times.
		obj/tests/venv/bin/python -m compileall -q \
			"$TG_SRC/src/pytgraph" >/dev/null 2>&1
		for f in "$t"/py/test_pytgraph_*.py; do
			python "" "$f"
		done
		for n in worker nodes private; do
			python -8 "$t/py/test_pytgraph_$n.py"
			python -7 "$t/py/test_pytgraph_$n.py"
		done ;;
	driven)
		for f in "$t"/py/test_*.py; do
			case $f in
			*/test_pytgraph_*) ;;
			*) python "" "$f" ;;
			esac
		done ;;
	e2e)
		for f in "$t"/cli/t[0-9]*.sh; do
			[ -f "$f" ] && add e2e "$(basename "$f" .sh)" "sh $f"
		done ;;
	*) echo "run.sh: unknown group $group" >&2; exit 2 ;;
	esac
done

jobs=${TEST_JOBS:-$(($(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) + 2))}
total=$(wc -l <"$TG_OUT/list")
next=1 passed=0 failed=0 skipped=0
show() { # show NUMBER: one line; all of it if something failed
	IFS='	' read -r group name cmd <<END
$(sed -n "$1p" "$TG_OUT/list")
END
	read -r p f s <"$TG_OUT/$1.sum" || { p=0 f=1 s=0; }
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	what="$p passed"
	[ "$s" = 0 ] || what="$what, $s skipped"
	[ "$f" = 0 ] || what="$what, $f FAILED"
	printf '%-8s %-44s %s\n' "$group" "$name" "$what"
	if [ "$f" != 0 ] || [ "${V-}" = 1 ]; then
		sed 's/^/    /' "$TG_OUT/$1.tap"
		tail -n 60 "$TG_OUT/$1.err" | sed 's/^/    ! /'
	fi
}
awk '{ print NR }' "$TG_OUT/list" |
	xargs -n 1 -P "$jobs" sh "$t/run.sh" --one &
runner=$!
trap 'kill $runner 2>/dev/null' INT TERM HUP
while [ "$next" -le "$total" ]; do
	if [ -f "$TG_OUT/$next.sum" ]; then
		show "$next"
		next=$((next + 1))
	elif kill -0 $runner 2>/dev/null; then
		sleep 0.2 2>/dev/null || sleep 1
	elif [ ! -f "$TG_OUT/$next.sum" ]; then
		show "$next"
		next=$((next + 1))
	fi
done
wait $runner
[ "$skipped" = 0 ] || echo "$skipped skipped"
[ "$total" != 0 ] || { echo "no test has such a name"; failed=1; }
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
