#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sizes.sh SRCDIR: no function is longer than 100 lines and no file longer
# than 1,000, but for those named here with the reason; how many are above
# what we aim at (40 and 400) is told. TAP.
set -u
cd "$1/src" || exit 2
# FUNCTION lines or FILE lines, one a line, each with its reason:
exceptions='
'
echo 1..2
find . \( -name '*.[ch]' -o -name '*.py' \) | LC_ALL=C sort | sed 's|^\./||' |
	xargs awk -v exceptions="$exceptions" '
BEGIN {
	n = split(exceptions, e, "\n")
	for (i = 1; i <= n; i++)
		if (split(e[i], w, " ") >= 2)
			limit[w[1]] = w[2] + 0
}
function file_end() {
	if (!name)
		return
	files++
	if (last > 400)
		longf++
	if (last > (name in limit ? limit[name] : 1000))
		bad_files = bad_files "# " name ": " last " lines\n"
}
FNR == 1 { file_end(); name = FILENAME; fn = "" }
{ last = FNR }
# The house style puts the name of a function that is defined first on its
# line, and its braces alone on theirs.
name ~ /\.c$/ && /^[a-z_][a-zA-Z0-9_]*\(/ { fn = $0; sub(/\(.*/, "", fn) }
/^\{/ { start = FNR }
/^\}/ && fn != "" {
	len = FNR - start - 1
	functions++
	if (len > 40)
		longfn++
	if (len > (fn in limit ? limit[fn] : 100))
		bad = bad "# " name ":" start ": " fn ": " len " lines\n"
	fn = ""
}
END {
	file_end()
	if (bad) print "not ok 1 - functions"; else print "ok 1 - functions"
	printf "%s", bad
	if (bad_files) print "not ok 2 - files"; else print "ok 2 - files"
	printf "%s", bad_files
	printf "# %d of %d functions are over 40 lines, %d of %d files over 400\n",
		longfn, functions, longf, files
	exit (bad || bad_files) ? 1 : 0
}'
