#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files that are edited while steps run, or shortly before.
. "$(dirname "$0")/../lib.sh"

# start ARG...: builds while the script goes on; wait_for FILE...: until they
# are there.
start() {
	"$T_PROG" "$@" >"$T_OUT" 2>"$T_ERR" </dev/null 3>&- &
	T_pid=$!
}
wait_for() {
	for T_x do
		while [ ! -e "$T_x" ] && kill -0 $T_pid 2>/dev/null; do
			sleep 0.01
		done
	done
}
done_with() {
	T_checks=$((T_checks + 1))
	wait $T_pid || fail "the build exited with $?"
}

# A step that has read, and ends when it is told to.
held() {
	put held.sh <<\END
# held.sh OUT FILE...
out=$1
shift
cat "$@" >$out.new
: >$out.read
while [ ! -e $out.go ]; do sleep 0.01; done
mv $out.new $out
END
}

for kind in declared deps depfile; do
	t "two steps have read it when it is edited: $kind"
	fresh
	held
	case $kind in
	declared) in=h more='true' vars='' ;;
	deps) in='' more="echo '\$out: h' >\$out.d" vars='  depfile = $out.d
  deps = gcc' ;;
	depfile) in='' more="echo '\$out: h' >\$out.d" vars='  depfile = $out.d' ;;
	esac
	manifest <<END
rule held
  command = sh held.sh \$out h; $more
  description = \$out
$vars
build fast: held $in
build slow: held $in
END
	echo 1 >h
	old h
	start -j2
	wait_for fast.read slow.read
	echo 2 >h
	: >fast.go
	wait_for fast
	: >slow.go
	done_with
	build
	ran fast slow
	holds fast 2
	holds slow 2
	build_null
	# nor does the cache hold what was made meanwhile
	echo 1 >h
	build
	holds fast 1
	holds slow 1
	build_null
done

t 'behind a name for several'
fresh
held
manifest <<\END
rule held
  command = sh held.sh $out a b
  description = $out
build headers: phony a more
build more: phony b
build fast: held | headers
build slow: held | headers
END
echo a >a
echo b >b
old a b
start -j2
wait_for fast.read slow.read
echo c >b
: >fast.go
wait_for fast
: >slow.go
done_with
build
ran fast slow
holds slow 'a
c'
build_null
echo b >b
build
holds slow 'a
b'

for how in inplace cp mv; do
	t "there and back, times and all: $how"
	fresh
	manifest <<\END
rule read
  command = : >begun; while [ ! -e edited ]; do sleep 0.01; done; $
    cat in >$out; : >read; while [ ! -e go ]; do sleep 0.01; done
  description = $out
build out: read in
END
	echo 1 >in
	old in
	cp -p in saved
	start
	wait_for begun
	[ $how != mv ] || mv in kept
	echo 2 >in
	: >edited
	wait_for read
	case $how in
	inplace) echo 1 >in && touch -r saved in ;;
	cp) cp -p saved in ;;
	mv) mv kept in ;;
	esac
	: >go
	done_with
	build
	ran out
	holds out 1
	build_null
done

t 'edited before the step begins, it is read as it is'
fresh
manifest <<\END
rule wait
  command = : >begun; while [ ! -e go ]; do sleep 0.01; done; touch $out
  description = $out
rule cat
  command = : >>tick; cat in >$out
  description = $out
build first: wait
build out: cat in || first
build out2: cat in || out
END
echo 1 >in
old in
start -j1
wait_for begun
echo 2 >in
: >tick
# times of files may go in steps
until [ -n "$(find tick -newer in)" ]; do : >tick; done
: >go
done_with
holds out 2
holds out2 2
build_null
echo 1 >in
build
holds out 1
build_null

t 'it is removed while who has read it runs'
fresh
manifest <<\END
rule cc
  command = cat h >$out && echo "$out: h" >$out.d && : >read && $
    while [ ! -e go ]; do sleep 0.01; done
  depfile = $out.d
  deps = gcc
build out: cc
END
echo 1 >h
old h
start
wait_for read
rm h
: >go
done_with
build_fail 1

t 'what makes it ends while who reads it runs'
fresh
manifest <<\END
rule gen
  command = if [ -e slow ]; then $
    while [ ! -e two.read ]; do sleep 0.01; done; fi; cat gin >$out
  description = $out
rule cc
  command = cat gen.h >$out.new; : >$out.read; if [ -e slow ]; then $
    while [ "`cat gen.h`" != 2 ]; do sleep 0.01; done; fi; $
    echo '$out: gen.h' >$out.d; mv $out.new $out
  description = $out
  depfile = $out.d
  deps = gcc
build gen.h: gen gin
build one: cc || gen.h
END
echo 1 >gin
build
holds one 1
echo 'build two: cc' >>build.ninja
echo 2 >gin
: >slow
rm -f one.read
start -j2
done_with
rm slow
holds two 1
build
ran two
holds two 2
build_null

t 'what was made is changed by hand before it is read'
fresh
manifest <<\END
rule gen
  command = cat in >$out
  description = $out
rule wait
  command = : >begun; while [ ! -e go ]; do sleep 0.01; done; touch $out
  description = $out
rule use
  command = cat gen >$out
  description = $out
build gen: gen in
build first: wait || gen
build out: use gen || first
END
echo 1 >in
start
wait_for begun
echo hand >gen
: >go
done_with
build
same "$(cat gen)" "$(cat out)"
build_null

t 'a generator runs again when what it reads was edited meanwhile'
fresh
mkdir src b
cd b
manifest <<\END
rule regen
  command = cat ../src/lists >seen; : >read; $
    if [ -e hold ]; then while [ ! -e go ]; do sleep 0.01; done; fi; $
    echo $$(($$(cat cache) + 1)) >cache; touch build.ninja
  generator = 1
  description = regen
rule use
  command = cat seen >$out
  description = $out
build build.ninja: regen ../src/lists cache
build out: use ../src/lists
END
echo 2 >../src/lists
echo 0 >cache
# its own cache is not what it reads
old build.ninja
build
holds seen 2
holds cache 1
build_null
: >hold
echo 3 >../src/lists
rm read
start
wait_for read
echo 4 >../src/lists
: >go
done_with
build
holds seen 4
holds out 4
build_null
cd ..

end
