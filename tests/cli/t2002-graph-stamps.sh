#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files whose content says nothing: stamps, and what is touched as a message.
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

t 'removed, it is made again; its users have what they need'
rm stamp
build
ran stamp
build_null

t 'and back: what the step of a stamp does is not in the cache'
echo 1 >in
build -j1
holds out 1
holds out2 1
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

end
