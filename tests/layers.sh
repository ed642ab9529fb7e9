#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# layers.sh SRCDIR: every #include "..." below src names a header of its own
# room or of one that src/LAYERS allows, written "room/file.h"; another room's
# internal.h is private; a room uses only rooms above it in the list, each has
# a line that says what it is for, and HACKING says the same; nobody calls a
# banned function; the functions that doc/design/ways names are there; and files
# do not need each other in a circle, as the objects in the working directory
# have it, which is where it was built. TAP.
set -u
build=$(pwd)
cd "$1/src" || exit 2
echo 1..5
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
bad=$(grep -oE '[a-z_0-9]+\(\)' ../doc/design/ways | sort -u | while read -r f; do
	grep -rqE "^(static inline [a-z_ *]+)?${f%??}\(" . ||
		echo "there is no $f"
done)
tell "doc/design/ways names functions that there are" "$bad"
# A file needs another whose functions or data it uses. Those that need no
# other one are taken away, and those that no other one needs, as long as there
# are any. The library of observe/preload is linked by itself.
objects=$(find . -name '*.c' | LC_ALL=C sort | sed 's|^\./\(.*\)c$|obj/src/\1o|' |
	(cd "$build" && while read -r o; do [ ! -f "$o" ] || echo "$o"; done))
bad=$(cd "$build" && nm -A -P -g $objects 2>&1 | awk '
# Does the way from one file lead to another?
function leads(from, to,  arrow, at) {
	met[from] = 1
	for (arrow in names) {
		split(arrow, at, SUBSEP)
		if (at[1] == from && (at[2] == to ||
		    (!(at[2] in met) && leads(at[2], to))))
			return 1
	}
	return 0
}
{
	file = $1
	sub(/^obj\/src\//, "", file); sub(/\.o:$/, ".c", file)
	name = $2
	if (file ~ /^observe\/preload\//)
		name = "preload " name
	if ($3 == "U") {
		needs[++n] = file
		what[n] = name
	} else if ($3 !~ /[vw]/) {
		has[name] = file
	}
}
END {
	for (i = 1; i <= n; i++) {
		to = has[what[i]]
		if (to == "" || to == needs[i])
			continue
		edges++
		arrow = needs[i] SUBSEP to
		names[arrow] = names[arrow] " " what[i]
	}
	if (edges < 100)
		print "nm has found but " edges + 0 " uses"
	do {
		split("", out); split("", in_)
		for (arrow in names) {
			split(arrow, at, SUBSEP)
			out[at[1]] = in_[at[2]] = 1
		}
		gone = 0
		for (arrow in names) {
			split(arrow, at, SUBSEP)
			if (!(at[2] in out) || !(at[1] in in_)) {
				delete names[arrow]
				gone = 1
			}
		}
	} while (gone)
	for (arrow in names) {
		split(arrow, at, SUBSEP)
		split("", met)
		if (leads(at[2], at[1]))
			print at[1] " needs" names[arrow] " of " at[2]
	}
}' | LC_ALL=C sort)
tell "no files need each other in a circle" "$bad"
exit $rc
