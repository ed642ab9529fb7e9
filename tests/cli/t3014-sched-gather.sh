#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../lib.sh"

t 'what gathers runs when all has ended, and again when more is there'
manifest <<\EOF
rule make
  command = test -f ok.$out && echo $out >$out
rule copy
  command = cat $in >$out
rule gather
  command = cat $in 2>/dev/null >$out; true
build a: make
build b: make
build c: copy b
build sum: gather a b c
  tg_gather = 1
build top: copy sum
EOF
touch ok.a
build_fail 1 -k 0 top
check grep -qx a top
check_not grep -q b top
build_fail 1 -k 0 top
touch ok.b
build -k 0 top
same 'a b b' "$(tr '\n' ' ' <top | sed 's/ $//')"
build_null top

t 'it does not begin after the run was to stop'
rm -f ok.a a sum top
build_fail 1 -k 1 -j 1 top
check_not test -f top
end
