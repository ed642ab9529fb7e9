#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tg_observe = 1: what a step was seen to ask for counts as an input.
. "$(dirname "$0")/../lib.sh"

[ -f "$TG_BUILD/libtgraph-observe.so" ] ||
	skip_all 'nothing can be observed on this system'

t 'a compiler: headers, and one that comes before another'
manifest <<\END
rule cc
  command = cc -Ione -Itwo -c $in -o $out
  description = $out
  tg_observe = 1
build out/a.o: cc a.c
END
mkdir -p one two
printf '#include "a.h"\nint x = A;\n' >a.c
echo '#define A 1' >two/a.h
build
ran out/a.o
build_null
echo '#define A 2' >two/a.h
build -d explain
ran out/a.o
expect_err 'content of two/a.h changed'
build_null
# it was looked for there, and not found
echo '#define A 3' >one/a.h
build -d explain
ran out/a.o
expect_err 'one/a.h, which was looked for, is there now'
build_null
echo '#define A 4' >two/a.h
build_null
touch a.c one/a.h
build_null
# no program of it looks at the whole environment
run -t deps out/a.o
case $(readlink -f "$(command -v cc)") in
*gcc*) no_out 'env:*' ;;
esac
rm one/a.h
build
ran out/a.o
build_null
run -t deps out/a.o
expect_out '    two/a.h'
expect_out '    look:one/a.h'

t 'an interpreter that reads data'
fresh
manifest <<\END
rule py
  command = python3 -S -E -B tools/gen.py $out
  description = $out
  tg_observe = 1
build out/g.txt: py
END
mkdir -p tools lib data
put tools/gen.py <<\END
import json, os, sys
sys.path.insert(0, "lib")
import names
with open("data/table.json") as f:
    table = json.load(f)
extra = os.path.exists("data/extra.json")
with open(sys.argv[1], "w") as f:
    print(table[names.KEY], extra, sorted(os.listdir("data/parts")), file=f)
END
echo 'KEY = "a"' >lib/names.py
echo '{"a": 1, "b": 2}' >data/table.json
mkdir data/parts
build
ran out/g.txt
holds out/g.txt '1 False []'
build_null
echo 'KEY = "b"' >lib/names.py
build
ran out/g.txt
holds out/g.txt '2 False []'
build_null
echo '{"a": 1, "b": 3}' >data/table.json
build
ran out/g.txt
build_null
echo >data/other.json
build_null
echo >data/extra.json
build
ran out/g.txt
holds out/g.txt '3 True []'
build_null
echo >data/parts/one
build
ran out/g.txt
holds out/g.txt "3 True ['one']"
build_null
rm data/parts/one
build
ran out/g.txt
build_null
# it may have read any variable of its environment
ANY=1 build
ran out/g.txt

t 'a script: itself, what it calls, modes, links, directories'
fresh
manifest <<\END
rule sh
  command = ./tool >$out
  description = $out
  tg_observe = 1
build out/l: sh
END
put tool <<\END
#!/bin/sh
. ./part
cat link
for f in list/*; do echo "$f"; done
if [ -x maybe ]; then echo runs; fi
[ -d empty ] && echo there
exit 0
END
chmod +x tool
echo 'cat a' >part
echo 1 >a
echo 2 >b
echo 3 >maybe
ln -s a link
mkdir list
build
ran out/l
holds out/l '1
1
list/*'
build_null
ln -sf b link
build -d explain
ran out/l
expect_err 'link: its type, permissions or target changed'
holds out/l '1
2
list/*'
build_null
echo 'cat b' >part
build
ran out/l
build_null
echo >list/new
build
ran out/l
build_null
chmod +x maybe
build
ran out/l
mkdir empty
build
ran out/l
holds out/l '2
2
list/new
runs
there'
build_null
rmdir empty
build -d explain
ran out/l
expect_err 'empty is not there any more'
chmod -x tool
build_fail 1
chmod +x tool
build
build_null

t 'variables: only those that are read'
fresh
manifest <<\END
rule sh
  command = printf '%s\n' "$${COLOR-none} $$SIZE" >$out
  description = $out
  tg_observe = 1
build out/v: sh
END
SIZE=1
export SIZE
build
ran out/v
holds out/v 'none 1'
build_null
OTHER=1 build_null
SIZE=2
build
ran out/v
holds out/v 'none 2'
build_null
COLOR=red
export COLOR
build -d explain
ran out/v
holds out/v 'red 2'
build_null
unset COLOR
build
ran out/v
holds out/v 'none 2'
unset SIZE

t 'what the build makes: in order, and what it makes itself is no input'
fresh
manifest <<\END
rule gen
  command = sleep 0; cat seed >$out
  description = $out
rule use
  command = test -f gen.h || echo none >cache; cat gen.h >$out; rm -f tmp; $
    echo 1 >tmp; cat tmp >>$out; rm tmp; cat cache >>$out; echo 2 >>cache
  description = $out
  tg_observe = 1
build out: use | in || gen.h
build gen.h: gen seed
build all: phony out gen.h
END
echo 1 >seed
echo 0 >cache
echo >in
build
ran gen.h out
build_null
echo 2 >seed
build
ran gen.h out
build_null
run -t missingdeps all
expect_out 'No missing dependencies on generated files found.'
# its own memory counts as it was left
echo 3 >cache
build
ran out
build_null
# without the order, what was read of the last build orders the next
sed -i.old 's/| in || gen.h/| in/' build.ninja
build
build
build_null
echo 3 >seed
build
ran gen.h out
build_null
run -t missingdeps all
expect_out 'Missing dep: out uses gen.h'

t 'a depfile and what was seen'
fresh
manifest <<\END
rule cc
  command = cc -MD -MF $out.d -I. -c $in -o $out && cat note >/dev/null
  description = $out
  depfile = $out.d
  deps = gcc
  tg_observe = 1
build a.o: cc a.c
END
printf '#include "a.h"\n' >a.c
echo >a.h
echo >note
build
ran a.o
build_null
echo >>note
build
ran a.o
echo >>a.h
build
ran a.o
build_null

t 'what cannot be observed is said, and then what is declared counts'
fresh
manifest <<\END
rule run
  command = ./static $in >$out && cat seen >>$out
  description = $out
  tg_observe = 1
build out: run a
END
put static.c <<\END
#include <stdio.h>
int main(int c, char **v)
{
	FILE *f = fopen(v[c - 1], "r");
	int ch;
	while ((ch = getc(f)) != EOF)
		putchar(ch);
	return 0;
}
END
if cc -static -o static static.c 2>"$T_ERR"; then
	with=$T_PROG
	without_follower
	echo 1 >a
	echo 1 >seen
	build -d explain
	ran out
	expect_err 'not all is known of what out is made from: '
	expect_err '/static: it is linked statically'
	build_null
	run -t why out
	expect_out '/static: it is linked statically'
	echo 2 >a
	build
	ran out
	build_null
	echo 2 >seen
	build
	ran out
	build_null
	T_PROG=$with
else
	skip 'no static programs here'
fi

t 'in a build statement and at the top too; other values mean nothing'
fresh
manifest <<\END
rule cat
  command = cat $file >$out
  description = $out
build one: cat
  file = a
  tg_observe = 1
build two: cat
  file = b
build three: cat
  file = c
  tg_observe = 0
END
echo >a
echo >b
echo >c
build
ran one two three
echo 1 >>a
echo 1 >>b
echo 1 >>c
build
ran one
sed -i.old '1i\
tg_observe = 1
' build.ninja
build
ran two
build_null
echo 2 >>a
echo 2 >>b
echo 2 >>c
build
ran one two

t 'what ninja has made was not observed'
fresh
manifest <<\END
rule cat
  command = cat file >$out
  description = $out
build one: cat
  tg_observe = 1
build two: cat
END
echo 1 >file
if ninja >"$T_OUT" 2>&1; then
	build
	ran one
	build_null
else
	skip 'no ninja here'
fi

t 'what was seen before is found in the cache'
fresh
manifest <<\END
rule cat
  command = cat file >$out
  description = $out
  tg_observe = 1
build out: cat
  tg_cache = 1
END
echo 1 >file
build --cache "$T_DIR/store"
ran out
echo 2 >file
build --cache "$T_DIR/store"
ran out
echo 1 >file
build --cache "$T_DIR/store" -d stats
expect_out 'restored 1, ran 0'
holds out 1

t 'other programs beside it: a user, a variable of the same kind'
fresh
manifest <<\END
rule cat
  command = cat file; echo "$$LD_PRELOAD" >$out; $
    [ -n "$$TGRAPH_OBSERVE" ] || exit 1
  description = $out
  tg_observe = 1
build out: cat
END
echo 1 >file
printf 'int nothing;\n' >p.c
cc -shared -fPIC -o p.so p.c
# (a sanitizer of our own wants to come first)
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 \
	LD_PRELOAD=$PWD/p.so build
check grep -q "^$PWD/p.so:.*/libtgraph-observe.so\$" out
missing .tgraph/observe/*
end
