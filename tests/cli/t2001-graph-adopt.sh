#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A build directory that was ninja's is taken over as it is.
. "$(dirname "$0")/../lib.sh"

real=$(ls "$T_VENV"/lib*/python*/site-packages/ninja/data/bin/ninja \
	"$T_VENV"/bin/ninja /usr/bin/ninja 2>/dev/null | head -n 1)
[ -n "$real" ] && "$real" --version >/dev/null 2>&1 ||
	skip_all 'there is no ninja'

for builddir in '' bd; do
	fresh
	manifest <<END
${builddir:+builddir = $builddir}
rule cc
  command = cat \$in inc.h >\$out && echo "\$out: inc.h" >\$out.d
  depfile = \$out.d
  deps = gcc
  description = \$out
rule cat
  command = cat \$in >\$out
  description = \$out
rule keep
  command = cmp -s \$in \$out || cp \$in \$out
  restat = 1
rule touch
  command = touch \$out
rule dd
  command = cp \$in \$out
rule mod
  command = cat \$in >\$out && cat \$in >dyn.mod
  description = \$out
build dd: dd dd.in
build a.o: cc a.c
build b.o: cc b.c
build all.txt: cat a.o b.o | stamp
build stamp: touch gen
build gen: keep in
build dyn: mod a.c || dd
  dyndep = dd
build alias: phony all.txt dyn
END
	echo a >a.c
	echo b >b.c
	echo h >inc.h
	echo in >in
	printf 'ninja_dyndep_version = 1\nbuild dyn | dyn.mod: dyndep | inc.h\n' >dd.in

	t "nothing runs after ninja ran it all ${builddir:+(builddir)}"
	check "$real" >"$T_OUT" 2>&1
	build_null -d explain
	expect_err 'explain: 7 steps are up to date by .ninja_log'

	t "from there on content decides ${builddir:+(builddir)}"
	touch a.c inc.h in
	build_null
	echo h2 >inc.h
	build
	ran a.o b.o all.txt dyn
	build_null

	t "what ninja would run runs ${builddir:+(builddir)}"
	rm -rf .tgraph
	check "$real" >"$T_OUT" 2>&1
	rm dyn
	build -d explain
	ran dyn
	expect_err "output dyn doesn't exist"
	build_null
done

t 'another command is another step'
fresh
manifest <<\END
rule cat
  command = cat $in >$out
  description = $out
build out: cat in
build out2: cat in
END
echo 1 >in
check "$real" >"$T_OUT" 2>&1
sed 's/cat \$in >/cat <$in >/' build.ninja >new
mv new build.ninja
build
ran out out2

t 'a log that cannot be read is none'
fresh
manifest <<\END
rule cat
  command = cat $in >$out
build out: cat in
END
echo 1 >in
echo 2 >out
printf 'not a log\n' >.ninja_log
build
expect_err 'warning: build log version is too old; starting over'
holds out 1
build_null
check_not grep starting "$T_ERR"

t 'records that cannot be used are told of'
rm -rf .tgraph
printf '# ninja log v8\n' >.ninja_log
build
expect_err 'warning: build log version is too new; starting over'
rm -rf .tgraph
printf '# ninja log v7\n' >.ninja_log
printf '# ninjadeps\nxxxx' >.ninja_deps
build
expect_err 'warning: bad deps log signature or version; starting over'
rm -rf .tgraph
printf '# ninjadeps\n\004\0\0\0xxxxxx' >.ninja_deps
build
expect_err 'warning: premature end of file; recovering'
rm -rf .tgraph .ninja_deps
printf '# ninja log v4\n' >.ninja_log
run -t recompact
same 0 "$T_rc"
expect_err 'warning: build log version is too old; starting over'

end
