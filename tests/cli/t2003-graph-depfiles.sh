#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Depfiles that stay (no deps): ninja reads them in every run.
. "$(dirname "$0")/../lib.sh"

manifest <<\END
rule cc
  command = cat $in h1 >$out; printf 'out: in h1\n' >out.d
  description = $out
  depfile = out.d
build out: cc in
END
echo 1 >in
echo a >h1
echo b >h2

t 'what it names decides'
build
ran out
build_null
echo c >h1
build
ran out
build_null

t 'without it nothing is known'
rm out.d
build -d explain
ran out
expect_err "depfile 'out.d' is missing"
build_null

t 'who changes it says that other inputs decide'
printf 'out: in h1 h2\n' >out.d
build
ran out
build_null

t 'to touch it says nothing'
touch out.d
build_null

t 'it is not restored, so neither is the output'
echo 2 >in
build
ran out
echo 1 >in
build
ran out
holds out "$(printf '1\nc')"
build_null

t 'that it is younger than the output of a generator says nothing'
manifest <<\END
rule gen
  command = cat $in >$out; printf 'made: in h1\n' >made.d
  description = $out
  depfile = made.d
  generator = 1
build made: gen in
END
build
ran made
build_null
echo d >h1
build
ran made
build_null

t 'as an output of the step too'
fresh
manifest <<\END
rule cc
  command = cat $in >out; printf 'out: in h1\n' >out.d
  description = $out
  depfile = out.d
build out | out.d: cc in
END
echo 1 >in
echo a >h1
build
ran out
build_null
rm out.d
build
ran out
build_null

end
