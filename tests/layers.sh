#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# layers.sh SRCDIR: every #include "..." below src names a header of its own
# folder or of one that src/LAYERS allows, written "dir/file.h"; another
# folder's internal.h is private; and nobody calls a banned function. TAP.
set -u
cd "$1/src" || exit 2
echo 1..2
bad=$(find . -name '*.[ch]' | LC_ALL=C sort | sed 's|^\./||' | xargs awk '
FILENAME == "LAYERS" {
	sub(/#.*/, "")
	if (split($0, a, ":") == 2) {
		may[a[1]] = " " a[2] " "
		sub(/[ \t]/, "", a[1])
	}
	next
}
FNR == 1 {
	dir = FILENAME ~ /\// ? FILENAME : "main"
	sub(/\/.*/, "", dir)
	if (!(dir in may))
		print FILENAME ": " dir " is not in src/LAYERS"
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	h = $0
	sub(/^[^"]*"/, "", h); sub(/".*/, "", h)
	if (h == "config.h")
		next
	if (h !~ /^[a-z]+\/[a-z0-9_]+\.h$/) {
		print FILENAME ":" FNR ": \"" h "\" is not dir/file.h"
		next
	}
	to = h; sub(/\/.*/, "", to)
	if (to == dir)
		next
	if (!index(may[dir], " " to " "))
		print FILENAME ":" FNR ": " dir " may not use " to
	else if (h ~ /\/internal\.h$/)
		print FILENAME ":" FNR ": " h " is private to " to
}' LAYERS /dev/null)
if [ -z "$bad" ]; then
	echo "ok 1 - includes go downwards"
else
	echo "not ok 1 - includes go downwards"
	echo "$bad" | sed 's/^/# /'
fi
bad=$(find . -name '*.[ch]' | LC_ALL=C sort | xargs grep -nE \
	'(^|[^a-zA-Z0-9_>.])(strcpy|strcat|strncpy|strncat|strtok|sprintf|vsprintf|gets|system|popen|alloca)[ ]*\(' \
	/dev/null | grep -v ':[0-9]*:[[:space:]]*[/ ]\*')
if [ -z "$bad" ]; then
	echo "ok 2 - no banned function is called"
else
	echo "not ok 2 - no banned function is called"
	echo "$bad" | sed 's/^/# /'
fi
[ -z "$bad" ]
