#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# man.sh SRCDIR: the manual pages are clean mdoc, and name every option and
# tool that the program knows. TAP.
set -u
n=0 rc=0
page=$1/man/tgraph.1
check() { # check NAME WHAT-IS-WRONG
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		echo "$2" | sed 's/^/# /'
		rc=1
	fi
}
for f in "$1"/man/*.[1-9]; do
	if command -v mandoc >/dev/null 2>&1; then
		check "$(basename "$f")" "$(mandoc -Tlint -Wwarning "$f" 2>&1)"
	else
		n=$((n + 1))
		echo "ok $n - $(basename "$f") # SKIP no mandoc"
	fi
done
if [ -x ./tgraph ]; then
	# The page's source with \& and \- taken out, one word a line.
	words=$(sed 's/\\&//g; s/\\-/-/g' "$page" | tr -s ' \t,|' '\n\n\n\n')
	missing=
	for o in $(./tgraph --help 2>&1 | grep -oE -- '--[a-z][a-z-]+' | sort -u); do
		printf '%s\n' "$words" | grep -qxF -e "$o" -e "-${o#--}" \
			-e "${o#-}" || missing="$missing $o"
	done
	check 'every option is in tgraph.1' "$missing"
	missing=
	for o in $(./tgraph --help 2>&1 | grep -oE -- '--[a-z][a-z-]+' | sort -u); do
		for f in tgraph.bash _tgraph tgraph.fish; do
			grep -qE -e "(--|-l )${o#--}([^a-z-]|\$)" \
				"$1/contrib/completion/$f" ||
				missing="$missing $f:$o"
		done
	done
	check 'every option is completed' "$missing"
	missing=
	for t in $(./tgraph -t list 2>/dev/null | awk 'NR > 1 { print $1 }'); do
		grep -qE "^\.It Fl t (Cm )?$t( |\$)" "$page" ||
			missing="$missing $t"
	done
	check 'every tool is in tgraph.1' "$missing"
fi
echo "1..$n"
exit $rc
