#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# layers.sh SRCDIR: every #include "..." below src names a header of its own
# room or of one that src/LAYERS allows, written "room/file.h"; another room's
# internal.h is private; a room uses only rooms above it in the list, each has
# a line that says what it is for, and HACKING says the same; and nobody calls a
# banned function. TAP.
set -u
cd "$1/src" || exit 2
echo 1..3
n=0
tell() { # WHAT COMPLAINTS
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		echo "$2" | sed 's/^/# /'
		rc=1
	fi
}
rc=0
bad=$(find . -name '*.[ch]' | LC_ALL=C sort | sed 's|^\./||' | xargs awk '
# Does a list of rooms hold one, by name or as "python/*"?
function holds(list, room,  above) {
	if (index(list, " " room " "))
		return 1
	above = room
	return sub(/\/[^\/]*$/, "/*", above) && index(list, " " above " ")
}
function complain(s) { print FILENAME ":" FNR ": " s }
FILENAME == "LAYERS" {
	if (/^#/ || /^$/)
		next
	if (split($0, half, "|") != 2 || split(half[1], a, ":") != 2 ||
	    half[2] !~ /[a-z]/) {
		complain("is not ROOM: ROOMS | PURPOSE")
		next
	}
	gsub(/[ \t]/, "", a[1])
	k = split(a[2], w, " ")
	may[a[1]] = " "
	for (i = 1; i <= k; i++) {
		if (!holds(seen, w[i]) && !index(kinds, " " w[i] " "))
			complain(w[i] " does not stand above " a[1])
		may[a[1]] = may[a[1]] w[i] " "
	}
	seen = seen " " a[1] " "
	above = a[1]
	if (sub(/\/[^\/]*$/, "/*", above))
		kinds = kinds " " above " "
	next
}
FNR == 1 {
	dir = FILENAME
	if (!sub(/\/[^\/]*$/, "", dir))
		dir = "main"
	if (!(dir in may))
		print FILENAME ": " dir " is not in src/LAYERS"
	found[dir] = 1
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	h = $0
	sub(/^[^"]*"/, "", h); sub(/".*/, "", h)
	if (h == "config.h")
		next
	if (h !~ /^[a-z]+(\/[a-z]+)*\/[a-z0-9_]+\.h$/) {
		complain("\"" h "\" is not room/file.h")
		next
	}
	to = h; sub(/\/[^\/]*$/, "", to)
	if (to == dir)
		next
	if (!holds(may[dir], to))
		complain(dir " may not use " to)
	else if (h ~ /\/internal\.h$/)
		complain(h " is private to " to)
}
END {
	for (room in may)
		if (!(room in found))
			print "LAYERS: " room " has no file"
}' LAYERS)
tell "includes go downwards" "$bad"
bad=$(awk -F'|' '/^[a-z]/ { sub(/:.*/, "", $1); sub(/^ */, "", $2)
	print $1 " " $2 }' LAYERS |
	while read -r room purpose; do
		tr -s ' \t\n' ' ' <../HACKING | grep -qF " $room $purpose" ||
			echo "HACKING does not say of $room: $purpose"
	done)
tell "HACKING has the rooms in the words of src/LAYERS" "$bad"
bad=$(find . -name '*.[ch]' | LC_ALL=C sort | xargs grep -nE \
	'(^|[^a-zA-Z0-9_>.])(strcpy|strcat|strncpy|strncat|strtok|sprintf|vsprintf|gets|system|popen|alloca)[ ]*\(' \
	/dev/null | grep -v ':[0-9]*:[[:space:]]*[/ ]\*')
tell "no banned function is called" "$bad"
exit $rc
