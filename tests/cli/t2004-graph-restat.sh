#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# -t restat --builddir: only what is recorded for that directory is accepted.
. "$(dirname "$0")/../lib.sh"

for builddir in '' bd; do
	fresh
	manifest <<END
${builddir:+builddir = $builddir}
rule cat
  command = cat \$in >\$out
  description = \$out
build out: cat in
END
	echo 1 >in

	t "nothing is recorded yet ${builddir:+(builddir)}"
	build -t restat --builddir="$builddir"
	build
	ran out

	t "the manifest's own, however it is written ${builddir:+(builddir)}"
	mkdir -p "${builddir:-.}/x"
	ln -s "${builddir:-.}" link
	for dir in "./${builddir:-.}" "$PWD/$builddir" "${builddir:-.}/x/.." \
			link; do
		echo "$dir" >out
		build -t restat --builddir="$dir"
		build_null
	done

	t "another directory ${builddir:+(builddir)}"
	echo 2 >out
	mkdir other
	for dir in other nowhere; do
		build_fail 2 -t restat --builddir=$dir
		expect_err "--builddir=$dir: the builddir of build.ninja is '${builddir:-.}'"
		build_fail 2 -t restat --builddir=$dir out
	done
	build
	ran out
	holds out 1
	build_fail 2 -t restat --builddir
	expect_out 'usage: tgraph -t restat'
done

t 'as ninja, nothing is done, and that is told'
as_ninja
echo 2 >out
build -t restat --builddir=other
expect_err "ninja: warning: --builddir=other: the builddir of build.ninja is 'bd'"
build
ran out
echo 3 >out
build -t restat --builddir=bd
check [ ! -s "$T_ERR" ]
build_null
rm build.ninja
build -t restat --builddir=bd

real=$(ls "$T_VENV"/lib*/python*/site-packages/ninja/data/bin/ninja \
	"$T_VENV"/bin/ninja /usr/bin/ninja 2>/dev/null | head -n 1)
if [ -n "$real" ] && "$real" --version >/dev/null 2>&1; then
	t "what ninja's records in it say is taken over first"
	fresh
	manifest <<\END
builddir = bd
rule cat
  command = cat $in >$out
  description = $out
build out: cat in
END
	echo 1 >in
	check "$real" >"$T_OUT" 2>&1
	echo 2 >out
	build -t restat --builddir=bd
	build_null
	holds out 2
fi

end
