#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is printed through a link named ninja, to the byte, and exit codes.
. "$(dirname "$0")/../lib.sh"
as_ninja

manifest <<\END
rule say
  command = echo "says $out"
  description = SAY $out
rule fail
  command = echo oops; exit $code
rule cp
  command = cp $in $out
pool one
  depth = 1
build a: say
build f: fail
  code = 7
build g: fail
  code = 9
build needs: say f
build c: cp in
default a
END
echo 1 >in

t 'status lines, then nothing to do for what exists only'
touch b
build c
expect_lines "$T_OUT" <<\END
[1/1] cp in c
END
build c
expect_lines "$T_OUT" <<\END
ninja: no work to do.
END

t 'a description, the output after it'
build -j1
expect_lines "$T_OUT" <<\END
[1/1] SAY a
says a
END
build -v
expect_lines "$T_OUT" <<\END
[1/1] echo "says a"
says a
END
build --quiet
expect_lines "$T_OUT" <<\END
says a
END

t 'a failure has its code and is the exit code'
build_fail 7 f
expect_lines "$T_OUT" <<\END
[1/1] echo oops; exit 7
FAILED: [code=7] f 
echo oops; exit 7
oops
ninja: build stopped: subcommand failed.
END
build_fail 9 -j1 -k0 f g
expect_out 'ninja: build stopped: cannot make progress due to previous errors.'
build_fail 9 -j1 -k2 f g
expect_out 'ninja: build stopped: subcommands failed.'
build_fail 7 -j1 -k0 needs a
expect_out 'ninja: build stopped: cannot make progress due to previous errors.'
no_out 'SAY needs'

t 'directories'
mkdir -p d
cp build.ninja in d
build -C d c
expect_lines "$T_OUT" <<\END
ninja: Entering directory `d'
[1/1] cp in c
END
build_fail 1 -C nowhere
expect_lines "$T_ERR" <<\END
ninja: fatal: chdir to 'nowhere' - No such file or directory
END

t 'NINJA_STATUS'
NINJA_STATUS='[%f/%s/%t/%r/%u/%p/%%] '
export NINJA_STATUS
build a
expect_lines "$T_OUT" <<\END
[1/1/1/1/0/100%/%] SAY a
says a
END
NINJA_STATUS='%q'
build_fail 1 a
expect_lines "$T_ERR" <<\END
ninja: fatal: unknown placeholder '%q' in $NINJA_STATUS
END
build --quiet a
NINJA_STATUS='[%f%'
build_fail 1 a
expect_lines "$T_ERR" <<\END
ninja: fatal: unknown placeholder '%' in $NINJA_STATUS
END
# with recorded times as without, nothing is left at the end
NINJA_STATUS='%E %W %P '
build a
build a
expect_lines "$T_OUT" <<\END
0.000 00:00 100% SAY a
says a
END
unset NINJA_STATUS

t 'options'
build --version
expect_out 1.13.
build_fail 1 -h
expect_err 'usage: ninja [options] [targets...]'
build -j 99999999999 -k 99999999999 -n
# of two that contradict each other the last one counts
build c
build --quiet -v c
expect_out 'ninja: no work to do.'
build -v --quiet c
no_out 'no work'
build_fail 1 -jx
expect_err 'ninja: fatal: invalid -j parameter'
build_fail 1 -d lalala
expect_err "ninja: error: unknown debug setting 'lalala'"
build_fail 1 -w nothing=err
expect_err "ninja: error: unknown warning flag 'nothing=err'"
build_fail 1 -w phonycycle=error
expect_err "ninja: error: unknown warning flag 'phonycycle=error', did you mean 'phonycycle=err'?"
build -w dupbuild=err c
expect_err "ninja: warning: deprecated warning 'dupbuild'"
build_fail 1 clean
expect_err "ninja: error: unknown target 'clean', did you mean 'ninja -t clean'?"
build_fail 1 nedds
expect_err "ninja: error: unknown target 'nedds', did you mean 'needs'?"
build_fail 1 -t lean
expect_err "ninja: fatal: unknown tool 'lean', did you mean 'clean'?"

t 'the usage of restat'
build_fail 1 -t restat -h
expect_lines "$T_OUT" <<\END
usage: ninja -t restat [outputs]
END

t 'why: just before each step'
fresh
manifest <<\END
build .FORCE: phony
rule create_if_non_exist
  command = [ -e $out ] || touch $out
  restat = true
rule write
  command = cp $in $out
build input: create_if_non_exist .FORCE
build mid: write input
build output: write mid
default output
END
"$T_PROG" -v -d explain >both 2>&1 </dev/null
expect_lines both <<\END
ninja explain: .FORCE is dirty
[1/3] [ -e input ] || touch input
ninja explain: input is dirty
[2/3] cp input mid
ninja explain: mid is dirty
[3/3] cp mid output
END
"$T_PROG" -v -d explain >both 2>&1 </dev/null
expect_lines both <<\END
ninja explain: .FORCE is dirty
[1/3] [ -e input ] || touch input
END

t 'escape sequences only where they are wanted'
fresh
manifest <<\END
rule red
  command = printf '\033[31mred\033[0m\n'
  description = RED
build a: red
END
build
expect_lines "$T_OUT" <<\END
[1/1] RED
red
END
# one that is never ended is nothing at all
manifest <<\END
rule red
  command = printf '\033[0'
build a: red
build b: red
END
build -j1
check_not grep -q '^\[0' "$T_OUT"
manifest <<\END
rule red
  command = printf '\033[31mred\033[0m\n'
  description = RED
build a: red
END
CLICOLOR_FORCE=1 "$T_PROG" >"$T_OUT"
printf '[1/1] RED\n\033[31mred\033[0m\n' >want
check cmp want "$T_OUT"

t 'a phony cycle is told of each time'
fresh
manifest <<\END
rule touch
  command = touch $out
build a: phony a
build b: touch a
END
for i in 1 2; do
	build b
	expect_err "ninja: warning: phony target 'a' names itself as an input; ignoring [-w phonycycle=warn]"
done
build_fail 1 -w phonycycle=err b
expect_err 'ninja: error: dependency cycle: a -> a [-w phonycycle=err]'
# what was an error once is a warning again
build b
expect_err 'ignoring [-w phonycycle=warn]'
# a cycle that the flag does not let pass either
manifest <<\END
build a: phony | a
END
build_fail 1 a
expect_lines "$T_ERR" <<\END
ninja: error: dependency cycle: a -> a
END

t 'variables in a circle are an error of tools too'
fresh
manifest <<\END
rule r
  command = $description $in
  description = $command
build a: r b
END
for tool in commands compdb 'compdb-targets a'; do
	# shellcheck disable=SC2086
	build_fail 1 -t $tool
	expect_lines "$T_ERR" <<\END
ninja: fatal: cycle in rule variables: description -> command -> description
END
done
touch b
build_fail 1
expect_err 'ninja: fatal: cycle in rule variables: description -> command -> description'

t 'a generator that lacks an input'
fresh
manifest <<\END
rule regen
  command = touch $out
  generator = 1
build build.ninja: regen nothing
build a: phony
END
build_fail 1
expect_lines "$T_ERR" <<\END
ninja: error: rebuilding 'build.ninja': 'nothing', needed by 'build.ninja', missing and no known rule to make it
END
touch nothing
build
ran build.ninja
build_null
rm nothing
build_fail 1
expect_err "'nothing', needed by 'build.ninja', missing"

t 'a manifest that is always out of date'
fresh
manifest <<\END
rule regen
  command = true
  description = regen
build build.ninja: regen always
build always: phony
build a: phony
END
for i in 1 2; do
	build -v a
	same "[1/1] true $i" "$(grep -F '[' "$T_OUT") $i" 'what was run'
	expect_out 'no work to do'
done

t 'restat: a named output is right as it is, with what it was made from'
fresh
manifest <<\END
rule cat
  command = cat $in >$out
  description = $out
build a: cat in
build b: cat in
build c: cat in
END
echo 1 >in
build
echo 2 >in
old in
cp in a
cp in b
build -t restat a
build -n -j1
ran b c
# but not one that is older than an input, nor one that nobody named
old b
touch in
build -t restat b
build -t restat
build -j1
ran b c
build_null
echo 3 >in
build -j1
ran a b c

t 'a dyndep file that is not there and that nothing makes'
fresh
manifest <<\END
rule touch
  command = touch $out
build a: touch src || dd
  dyndep = dd
END
build_fail 1
expect_lines "$T_ERR" <<\END
ninja: error: loading 'dd': No such file or directory
END
build -t query a
expect_err "ninja: warning: loading 'dd': No such file or directory"

t 'what a dyndep file names as an output is no target of its own'
printf 'ninja_dyndep_version = 1\nbuild a | b: dyndep\n' >dd
touch src b
build
build_fail 1 b
expect_err "ninja: error: unknown target 'b'"
build_null a
build_fail 1 b
expect_err "ninja: error: unknown target 'b'"

t 'cleandead: what a dyndep file does not name as an output any more'
fresh
manifest <<\END
rule touch
  command = touch $out $more
build out: touch || dd
  dyndep = dd
  more = one two
build other: touch
END
printf 'ninja_dyndep_version = 1\nbuild out | one two: dyndep\n' >dd
build
build -t cleandead
exists one two out
printf 'ninja_dyndep_version = 1\nbuild out | two: dyndep\n' >dd
build out
# neither a new manifest nor a build between makes it forget
echo 'x = 1' >>build.ninja
build other
touch one
build -t cleandead
expect_lines "$T_OUT" <<\END
Cleaning... 1 files.
END
missing one
exists two out
build_null

t 'a validation that is no output may be missing'
fresh
manifest <<\END
rule touch
  command = touch $out
build a: touch |@ nothing
END
build
ran a

t 'an unknown kind of deps is no success'
fresh
manifest <<\END
rule touch
  command = touch $out
  deps = guess
build a: touch
END
build_fail 1
expect_out "unknown deps type 'guess'"

t 'deps that were found to be none are known too'
fresh
manifest <<\END
rule cc
  command = touch $out; echo "$out:" >$out.d
  depfile = $out.d
  deps = gcc
build a: cc
build b: cc
END
build a
build -t deps
expect_out 'a: #deps 0, deps mtime'
no_out 'b:'
build -t deps b
expect_out 'b: deps not found'

t 'deps are listed with the source, and a failed step keeps no depfile'
fresh
manifest <<\END
then = true
rule cc
  command = cat $in in.h >$out && echo "$out: $in in.h" >$out.d && $then
  depfile = $out.d
  deps = gcc
build a: cc in.c
build b: cc in.c
  then = false
END
echo 1 >in.c
echo 1 >in.h
build a
build -t deps a
expect_out 'a: #deps 2, deps mtime'
sed 1d "$T_OUT" >list
expect_lines list <<\END
    in.c
    in.h

END
build_fail 1 b
missing b.d

t 'a jobserver in MAKEFLAGS is told of, unless -j was given'
MAKEFLAGS=' -j3 --jobserver-auth=fifo:/nonexistent' "$T_PROG" a >"$T_OUT" 2>&1
expect_out 'ninja: Jobserver mode detected:  -j3 --jobserver-auth=fifo:/nonexistent'
MAKEFLAGS=' -j3 --jobserver-auth=fifo:/nonexistent' "$T_PROG" -j2 a >"$T_OUT" 2>&1
no_out Jobserver
MAKEFLAGS=k "$T_PROG" a >"$T_OUT" 2>&1
no_out Jobserver
# make's way to say that there is none
MAKEFLAGS=' -j3 --jobserver-auth=-2,-2' "$T_PROG" a >"$T_OUT" 2>&1
no_out observer

t 'a dyndep file with a mistake says where'
fresh
manifest <<\END
rule touch
  command = touch $out
rule dd
  command = cp $in $out
build dd: dd ddin
build out: touch || dd
  dyndep = dd
END
printf 'ninja_dyndep_version = 2\n' >ddin
build_fail 1 -j1
expect_out "ninja: build stopped: dd:1: unsupported 'ninja_dyndep_version = 2'"
# its step has no result, and runs again
build_fail 1 -j1
expect_out "ninja: build stopped: dd:1: unsupported 'ninja_dyndep_version = 2'"
printf 'ninja_dyndep_version = 1\nbuild out: dyndep\n' >ddin
build

end
