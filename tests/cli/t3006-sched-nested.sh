#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Steps that call tgraph for the directory that they are built in.
. "$(dirname "$0")/../lib.sh"

# wait_for FILE: until it is there, or nobody is left to make it.
wait_for() {
	T_i=0
	while [ ! -e "$1" ] && [ $T_i -lt 1500 ]; do
		sleep 0.01
		T_i=$((T_i + 1))
	done
}

t 'no step waits for the run that waits for it, and both are recorded'
manifest <<\END
rule c
  command = cat in >$out
  description = $out
rule nest
  command = tgraph $of && touch $out
  description = $out
build a: c in
build n: nest || b
  of = a
build b: c in
build dir: nest
  of = -C sub ../sub/x && sh -c 'cd sub && tgraph -C ..  a'
END
put sub/build.ninja <<\END
rule c
  command = echo x >$out
build ../sub/x: c
END
echo 1 >in
build n
holds a 1
build_null n
build_null a
build dir
build_null dir a b n
echo 2 >in
build a b
ran a b
holds a 2
rm .tgraph/*.state
build
build_null

t 'what it has made is known to who is decided on later'
fresh
manifest <<\END
rule c
  command = echo x >>log-$out; cat $in >$out
  description = $out
rule nest
  command = tgraph b && touch $out
  description = $out
build a: c in
build b: c a in
build n: nest a
build b2: c b n
END
echo 1 >in
build -j1 n b2
holds log-a x
holds log-b2 x
build_null
echo 2 >in
build -j1 n b2
holds b2 '2
2'
build_null n b2
check [ ! -e .tgraph/build.ninja.guest1 ]

t 'a depfile that it has read'
fresh
manifest <<\END
rule c
  command = cat in h >$out && echo "$out: in h" >d
  description = $out
  depfile = d
  deps = gcc
rule nest
  command = tgraph o && touch $out
  description = $out
build o: c
build n: nest
END
echo 1 >in
echo 2 >h
build n
build_null o
echo 3 >h
build o
ran o
holds o '1
3'

t 'two that need the same wait for each other; one in the other does not'
fresh
manifest <<\END
rule c
  command = echo x >>log; echo x >$out
  description = $out
rule nest
  command = tgraph $of && touch $out
  description = $out
build a: c
build n1: nest
  of = a
build n2: nest
  of = a
build deep: nest
  of = n1 n2
build deeper: nest
  of = deep
END
build -j2 n1 n2
holds log x
build_null n1 n2 a
rm a n1 n2 log
build deeper
holds log x
build_null

t 'a step that the outer one is running is waited for, not run beside it'
fresh
manifest <<\END
rule c
  command = echo x >>log; echo head >$out; : >started; $
    while [ ! -e go ]; do sleep 0.01; done; echo tail >>$out
  description = $out
rule nest
  command = while [ ! -e started ]; do sleep 0.01; done; $
    (sleep 0.2; : >go) & tgraph $of && cp a $out
  description = $out
build a: c
build n: nest
  of = a
build m: nest
  of = n2
build n2: nest
  of = a
rule cat
  command = cat $in >$out
build b: cat a
build k: nest
  of = b
END
build -j2 a n
holds log x
holds n 'head
tail'
build_null a n
rm -rf a n log started go .tgraph
build -j3 a m
holds log x
build_null a m n2
rm -rf a log started go .tgraph
build -j2 a k
holds log x
build_null a b k

t 'two that need each other, and the outer one runs both, do not wait for ever'
fresh
manifest <<\END
rule nest
  command = echo $out >>log; until grep -q a log && grep -q b log; do $
    sleep 0.01; done; [ -e deep-$out ] || { : >deep-$out; tgraph $of; }; $
    echo x >$out
build a: nest
  of = b
build b: nest
  of = a
END
build -j2 a b
holds a x
holds b x

t 'a step that calls itself for ever'
fresh
manifest <<\END
rule nest
  command = tgraph
build n: nest
END
build_fail 1
expect_out 'would never end'

t 'tools, and a manifest that is made by who restats it'
fresh
cat >gen <<\END
cat >build.ninja <<\E
rule gen
  command = sh gen
  generator = 1
  description = build.ninja
rule c
  command = cat in >$out
  description = $out
rule tools
  command = tgraph -t targets all >$out && tgraph -n a && $
    tgraph -t query a && tgraph -t recompact && $
    tgraph -t cleandead && tgraph -t restat a && tgraph -t clean b
  description = $out
build build.ninja: gen gen
build a: c in
build b: c in
build t: tools a || b
E
tgraph -t recompact
tgraph -t restat build.ninja
END
sh gen >/dev/null 2>&1
echo 1 >in
build t
missing b
build
ran b
build_null
echo '#' >>gen
build
ran build.ninja
build_null

t 'one whose parent has ended'
fresh
manifest <<\END
rule c
  command = echo x >$out
rule nest
  command = (tgraph a >log 2>&1 &); $
    while ! grep -q waiting log && [ ! -e a ]; do sleep 0.01; done; $
    ! grep waiting log && touch $out
build a: c
build n: nest
END
build n

t 'one that goes on when the outer one has ended is waited for'
fresh
manifest <<\END
rule c
  command = echo x >>log; : >started; $
    while [ ! -e go ]; do sleep 0.01; done; echo x >>$out
rule nest
  command = (tgraph a >/dev/null 2>&1 &); $
    while [ ! -e started ]; do sleep 0.01; done; touch $out
build a: c
build n: nest
END
build n
build_fail 3 --no-wait a
expect_err 'another tgraph'
"$T_PROG" a >second.out 2>&1 </dev/null 3>&- &
second=$!
wait_for second.out
until grep -q waiting second.out; do
	kill -0 $second 2>/dev/null || break
done
: >go
wait $second
same 0 $? 'exit code'
check grep -q 'no work to do' second.out
holds log x
holds a x

t 'killed, both keep what they had done'
fresh
manifest <<\END
rule c
  command = echo x >>log-$out; echo x >$out
  description = $out
rule nest
  command = tgraph a && : >done && while [ ! -e go ]; do sleep 0.01; done; $
    touch $out
  description = $out
build b: c
build a: c
build n: nest || b
END
"$T_PROG" n >/dev/null 2>&1 </dev/null 3>&- &
wait_for 'done'
kill -9 $!
wait $! 2>/dev/null
: >go
build a b n
holds log-a x
holds log-b x
build_null

end
