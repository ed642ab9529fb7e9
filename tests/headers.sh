#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# headers.sh SRCDIR: every header compiles alone, has the guard that its name
# gives, and is included first by the .c file of the same name. TAP.
# CC and HFLAGS come from the Makefile.
set -u
rc=0 n=0
top=$(pwd)
headers=$(cd "$1/src" && find . -name '*.h' | LC_ALL=C sort | sed 's|^\./||')
echo "1..$(echo "$headers" | grep -c .)"
for h in $headers; do
	n=$((n + 1)) why=
	guard=TG_$(echo "$h" | tr 'a-z/.' 'A-Z__')
	if ! out=$(echo "#include \"$h\"" | ${CC:-cc} ${HFLAGS-} -I"$top" \
		-I"$1/src" -Werror -Wall -fsyntax-only -x c - 2>&1); then
		why="does not compile alone
$out"
	fi
	grep -q "^#ifndef $guard\$" "$1/src/$h" ||
		why="$why
has no guard $guard"
	c=$1/src/${h%.h}.c
	if [ -f "$c" ]; then
		first=$(sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\([^"]*\)".*/\1/p' \
			"$c" | sed -n 1p)
		[ "$first" = "$h" ] || why="$why
is not the first header of ${h%.h}.c"
	fi
	if [ -z "$why" ]; then
		echo "ok $n - $h"
	else
		echo "not ok $n - $h"
		echo "$why" | sed '/^$/d; s/^/# /'
		rc=1
	fi
done
exit $rc
