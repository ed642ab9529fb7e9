#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files whose content does not tell what they stand for: stamps, lists and the
# like; and what is touched as a message. Who needs one runs when it was made.
. "$(dirname "$0")/../lib.sh"

manifest <<\END
rule stamp
  command = cat $in >log; sleep 0.05; touch $out
  description = $out
rule use
  command = cat log >$out
  description = $out
build stamp: stamp in
build out: use stamp
build out2: use | out
END
echo 1 >in

t 'who needs a stamp runs when its step had other inputs'
build -j1
build_null
echo 2 >in
build -j1
ran stamp out out2
holds out 2
build_null

t 'a stamp that was touched or copied still stands for the same'
touch stamp
build_null
cp -p stamp new
mv new stamp
build_null

t 'removed, it is made again: nobody knows what else is new'
rm stamp
build -j1
ran stamp out out2
build_null

t 'and back: what the step of a stamp does is not in the cache'
echo 1 >in
build -j1
holds out 1
holds out2 1
build_null

t 'a compiled interface stands for those that it imports too'
fresh
manifest <<\END
rule interface
  command = grep -v '^value' $in >$out
  description = $out
rule use
  command = cat lib/*.txt >$out
  description = $out
build base.pcm: interface lib/base.txt
build shape.pcm: interface lib/shape.txt | base.pcm
build out: use | shape.pcm
END
mkdir lib
printf 'base\nvalue 1\n' >lib/base.txt
echo shape >lib/shape.txt
build -j1
build_null
printf 'base\nvalue 2\n' >lib/base.txt
build -j1
ran base.pcm shape.pcm out
build_null
touch shape.pcm
build_null
echo other >shape.pcm
build -j1
ran shape.pcm out
build_null

t 'one that a restat step did not write is as it was'
sed 's/command = grep.*/command = grep -v "^value" $in >new; cmp -s new $out || mv new $out\n  restat = 1/' \
	build.ninja >changed
mv changed build.ninja
build -j1
build_null
printf 'base\nvalue 3\n' >lib/base.txt
build -j1
ran base.pcm
build_null

t 'a thin archive stands for its members'
fresh
manifest <<\END
rule ar
  command = rm -f $out && ar $flags $out $in
  description = $out
rule use
  command = cat *.o >$out
  description = $out
build thin.a: ar 1.o
  flags = qcTD
build fat.a: ar 1.o
  flags = qcD
build thin: use | thin.a
build fat: use | fat.a
END
echo 1 >1.o
if ar qcTD probe.a 1.o 2>/dev/null; then
	build -j1
	build_null
	echo 2 >1.o
	build -j1
	ran thin.a fat.a thin fat
	build_null
	echo 1 >1.o
	build -j1
	holds thin 1
	touch thin.a fat.a
	build_null
else
	check true
fi

t 'a text that names inputs of its step stands for them'
fresh
manifest <<\END
rule cp
  command = cp $in $out
  description = $out
rule list
  command = printf '%s\n' $names >$out
  description = $out
rule use
  command = cat `cat $in` >$out
  description = $out
build o/1.o: cp 1.c
build o/2.o: cp 2.c
build objects: phony o/1.o o/2.o
build list: list o/1.o o/2.o
  names = o/1.o o/2.o
build all.list: list objects
  names = "`pwd`/o/1.o" ./o/2.o
build src.list: list 1.c 2.c
  names = 1.c 2.c
build other.list: list 1.c
  names = empty
build by-list: use list
build by-all: use all.list
build by-src: use src.list
build by-other: use other.list
END
: >empty
echo 1 >1.c
echo 2 >2.c
build -j1
build_null
echo 3 >2.c
build -j1
ran o/2.o list all.list src.list by-list by-all by-src
holds by-list '1
3'
holds by-all '1
3'
holds by-src '1
3'
build_null
touch list all.list src.list
build_null
echo 4 >1.c
build -j1
ran o/1.o list all.list src.list other.list by-list by-all by-src by-other
build_null

t 'and back'
echo 1 >1.c
build -j1
holds by-list '1
3'
build_null
echo 2 >2.c
build -j1
holds by-list '1
2'
holds by-all '1
2'
build_null

t 'a generator runs when a check of this build touched its input'
fresh
manifest <<\END
rule check
  command = test ! -e want || touch $out
  restat = 1
  description = check
rule regen
  command = rm -f want; cp build.ninja new; mv new build.ninja; echo x >>runs
  generator = 1
  description = regen
rule cp
  command = cp $in $out
build force: phony
build checked: check force
build build.ninja: regen checked
build out: cp in
END
echo 1 >in
echo text >checked
touch build.ninja
build
ran check check out
missing runs
: >want
build
ran check regen check
holds runs x
build
ran check check
holds runs x

t 'a directory that others make files in'
fresh
manifest <<\END
rule mkdir
  command = mkdir -p $out
  description = $out
rule touch
  command = touch $out
  description = $out
rule list
  command = ls $in >$out
  description = $out
build dir: mkdir
build dir/a: touch || dir
build list: list dir
END
build -j1 dir/a
ran dir dir/a
build_null dir/a
build list
build_null list dir/a
# who reads it sees it change
touch dir/b
build dir/a list
ran list
build_null list dir/a
rm -r dir
build -j1 dir/a
ran dir dir/a
build_null dir/a

t 'an interface that a dyndep file names and that was not written'
fresh
manifest <<\END
rule compile
  command = cat $in >$out; cmp -s iface a.mod || cp iface a.mod
  description = $out
rule use
  command = cat $in a.mod >$out
  description = $out
build a: compile in || dd
  dyndep = dd
build b: use a || dd
  dyndep = dd
END
put dd <<\END
ninja_dyndep_version = 1
build a | a.mod: dyndep
  restat = 1
build b: dyndep | a.mod
END
echo 1 >in
echo 1 >iface
build
build_null
for i in 2 3; do
	echo $i >in
	build
	ran a b
	build_null
	# the records are written anew, and the manifest is read again
	echo "# $i" >>build.ninja
	build_null
	build -t recompact
	build_null
done
# nor is it work to find out that there is none
touch in
build_null -n
expect_out 'no work to do.'

t 'a dyndep file that is made after what another one is about'
fresh
manifest <<\END
rule cp
  command = cp $in $out
  description = $out
rule lib
  command = cp $in $out; cp $in lib.mod
  description = $out
rule use
  command = cat $in lib.mod >$out
  description = $out
build lib.dd: cp lib.ddi
build lib.o: lib lib.c || lib.dd
  dyndep = lib.dd
build test.dd: cp test.ddi || lib.o
build test.o: use test.c || test.dd
  dyndep = test.dd
END
put lib.ddi <<\END
ninja_dyndep_version = 1
build lib.o | lib.mod: dyndep
  restat = 1
END
put test.ddi <<\END
ninja_dyndep_version = 1
build test.o: dyndep | lib.mod
END
echo 1 >lib.c
echo 1 >test.c
build test.o
for i in 2 3; do
	build_null test.o
	build_null -n test.o
	echo $i >lib.c
	build -n test.o
	ran lib.o test.o
	build test.o
	ran lib.o test.o
	holds test.o "1
$i"
done

end
