#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Steps that change in place what others have made: it counts as it is left.
. "$(dirname "$0")/../lib.sh"

for how in 'sed -i.old /debug/d lib' 'echo signed >>lib' \
		'grep -v debug lib >new; mv new lib' 'sh sign lib'; do
	t "$how"
	fresh
	put sign <<\END
grep -v debug $1 >new
cat new >$1
END
	manifest <<END
rule make
  command = cat \$in >\$out; echo debug >>\$out
  description = \$out
rule change
  command = $how; touch \$out
  description = \$out
rule use
  command = cat \$in >\$out
  description = \$out
build lib: make in
build stamp: change lib
build out: use lib | stamp
END
	echo 1 >in
	build
	ran lib stamp out
	check cmp -s lib out
	cp lib first
	case $how in
	sh*)
		# whose doing it is shows when it is done again
		build
		ran stamp out
		;;
	esac
	build_null
	build_null
	check cmp -s lib first
	echo 2 >in
	build
	ran lib stamp out
	check cmp -s lib out
	check grep -q 2 out
	case $how in
	sh*) build ;;
	esac
	build_null
	# what somebody else does to it is undone
	echo other >lib
	build
	ran lib stamp out
	check cmp -s lib out
	check_not grep -q other out
done

t 'each time another content, by a script: not for ever'
fresh
manifest <<\END
rule make
  command = cat $in >$out
  description = $out
rule change
  command = sh sign lib; touch $out
  description = $out
build lib: make in
build stamp: change lib
END
echo 'echo x >>$1' >sign
echo 1 >in
build
for i in 2 3; do
	build
	ran stamp
done
build_null
echo 2 >in
build
ran lib stamp
check grep -q 2 lib

t 'nobody says that the file is its input'
fresh
manifest <<\END
rule make
  command = cat $in >$out; echo debug >>$out
  description = $out
rule change
  command = sh sign; touch $out
  description = $out
rule use
  command = cat $in >$out
  description = $out
build lib: make in
build stamp: change in2 || lib
build out: use lib || stamp
END
put sign <<\END
grep -v debug lib >new
mv new lib
END
echo 1 >in
echo 1 >in2
build
holds out 1
build_null
echo 2 >in
build
ran lib out
echo 2 >in2
build
ran stamp
build
ran out
holds out 2
build_null

t 'an input that is linked to or touched is not another one'
fresh
manifest <<\END
rule ln
  command = ln -f $in $out; chmod 600 $in
  description = $out
build out: ln in
END
echo 1 >in
build
build_null

t 'a failure leaves it to be made again'
fresh
manifest <<\END
rule make
  command = cat $in >$out
  description = $out
rule change
  command = echo half >lib; test ! -e bad
  description = $out
build lib: make in
build stamp: change lib
END
echo 1 >in
: >bad
build_fail 1
rm bad
build -k0 lib
ran lib
holds lib 1

end
