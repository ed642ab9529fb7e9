#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is known of a step's command decides whether those who need it run after
# it, and whether it is restored from the cache.
. "$(dirname "$0")/../lib.sh"

t 'a step that nothing is known of leaves something beside its output'
for stamp in 'touch $out' 'echo done >$out' 'echo in >$out' \
		'echo in | gzip -n >$out' 'ln -sfn real $out' \
		'mkdir -p $out; cp in $out/f' 'printf "dlname=real" >$out'; do
	fresh
	manifest <<END
rule make
  command = mkdir -p real; cp in real/lib; $stamp
  description = \$out
rule use
  command = cat real/lib >\$out
  description = \$out
build made: make in
build out: use made
END
	echo 1 >in
	build
	build_null
	echo 2 >in
	build
	ran made out
	holds out 2
	build_null
	# and back: it is run, not restored
	echo 1 >in
	build
	ran made out
	holds real/lib 1
	holds out 1
	build_null
	# nobody knows what else is new
	rm -r made
	build
	ran made out
	build_null
done

t 'nor does it matter that it was interrupted in between'
echo 2 >in
build made
ran made
build
ran out
holds out 2

t 'restat: what was not written did not change, what was did'
fresh
manifest <<\END
rule make
  command = cp in side; [ ! -e $out ] || [ -e write ] || exit 0; echo >$out
  description = $out
  restat = 1
rule use
  command = cat side >$out
  description = $out
build made: make in
build out: use made
END
echo 1 >in
build
echo 2 >in
build
ran made
: >write
echo 3 >in
build
ran made out
holds out 3
build_null
echo 2 >in
build
ran made out
holds side 2
build_null

t 'tg_cache = 1: nothing but the outputs, and their content tells all'
fresh
manifest <<\END
rule first
  command = head -n 1 $in >$out
  description = $out
rule use
  command = cat $in >$out; echo >>log
  description = $out
build made: first in
  tg_cache = 1
build out: use made
END
echo 1 >in
build --cache=c
echo 2 >>in
build --cache=c
ran made
echo 3 >in
build --cache=c
ran made out
echo 1 >in
build --cache=c -d stats
expect_out 'restored 1, ran 1'
holds out 1

command -v gcc >/dev/null 2>&1 && command -v ar >/dev/null 2>&1 || {
	end
	exit
}

t 'a comment in a header: nothing is linked; undone, it is restored'
fresh
manifest <<\END
rule cc
  command = gcc -MD -MF $out.d -c $in -o $out
  depfile = $out.d
  deps = gcc
  description = $out
rule ar
  command = rm -f $out && ar rcs $out $in
  description = $out
rule ld
  command = : && gcc $in -o $out -lm && :
  description = $out
rule run
  command = ./$in >$out
  description = $out
build a.o: cc a.c
build b.o: cc b.c
build b.a: ar b.o
build prog: ld a.o b.a
build out: run prog
END
echo 'int b(void);' >b.h
put a.c <<\END
#include <stdio.h>
#include "b.h"
int main(void) { return printf("%d\n", b()) < 0; }
END
put b.c <<\END
#include "b.h"
#include "value.h"
int b(void) { return VALUE; }
END
echo '#define VALUE 1' >value.h
build --cache=c
holds out 1
echo '/* */' >>value.h
build --cache=c
ran b.o
build_null --cache=c
echo '#define VALUE 2' >value.h
build --cache=c
ran b.o b.a prog out
holds out 2
echo '#define VALUE 1' >value.h
build --cache=c -d stats
expect_out 'restored 3, ran 1'
holds out 1
build_null --cache=c

t 'what a compiler leaves beside an object belongs to it'
sed 's/-MD/--coverage -MD/' build.ninja >new
mv new build.ninja
build --cache=c b.o
cp b.gcno first
echo '#define VALUE 3' >value.h
put b.c <<\END
#include "b.h"
#include "value.h"
int other(int x) { while (x) x--; return x; }
int b(void) { return VALUE; }
END
build --cache=c b.o
check_not cmp -s first b.gcno
sed -i.old /other/d b.c
echo '#define VALUE 1' >value.h
build --cache=c b.o
ran b.o
check_not cmp -s b.gcno no
build_null --cache=c b.o

t 'a thin archive of any name stands for its members'
for ext in a objs; do
	fresh
	manifest <<END
rule cc
  command = gcc -c \$in -o \$out
  description = \$out
rule ar
  command = rm -f \$out && ar rcTD \$out \$in
  description = \$out
rule ld
  command = gcc \$in -Wl,--whole-archive thin.$ext $
    -Wl,--no-whole-archive -o \$out
  description = \$out
build a.o: cc a.c
build b.o: cc b.c
build thin.$ext: ar b.o
build prog: ld a.o | thin.$ext
END
	echo 'int b(void); int main(void) { return b(); }' >a.c
	echo 'int b(void) { return 1; }' >b.c
	run
	[ $T_rc = 0 ] || { skip 'no thin archives here'; break; }
	echo 'int b(void) { return 2; }' >b.c
	build
	./prog
	same 2 $?
	build_null
done

t 'a program stands for the libraries that it runs with'
fresh
manifest <<\END
rule so
  command = gcc -shared -fPIC $in -o $out
  description = $out
rule ld
  command = gcc $in libb.so -Wl,-rpath,. -o $out
  description = $out
rule run
  command = ./$in >$out
  description = $out
build libb.so: so b.c
build prog: ld a.c | libb.so
build out: run prog
END
put a.c <<\END
#include <stdio.h>
int b(void);
int main(void) { return printf("%d\n", b()) < 0; }
END
for i in 1 2 1; do
	echo "int b(void) { return $i; }" >b.c
	build --cache=c
	holds out $i
	build_null --cache=c
done

end
