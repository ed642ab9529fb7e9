#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# C++20 modules: CMake scans for them and tells by dyndep files what needs what.
. "$(dirname "$0")/../lib.sh"

as_ninja
cmake='' cxx='' scan=''
for c in $(in_path cmake); do
	v=$("$c" --version | sed -n 's/^cmake version //p')
	! at_least "${v:-0.0}" 3.28 || { cmake=$c; break; }
done
[ -n "$cmake" ] || skip_all 'there is no CMake 3.28'
for s in '' -22 -21 -20 -19 -18 -17 -16; do
	cxx=$(in_path "clang++$s" | head -n 1)
	scan=$(in_path "clang-scan-deps$s" | head -n 1)
	v=$("${cxx:-false}" -dumpversion 2>/dev/null)
	[ -z "$scan" ] || ! at_least "${v:-0.0}" 16.0 || break
	scan=
done
[ -n "$scan" ] || skip_all 'there is no clang 16 with clang-scan-deps'

put src/CMakeLists.txt <<\END
cmake_minimum_required(VERSION 3.28)
project(demo CXX)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_EXTENSIONS OFF)
add_executable(prog main.cpp)
target_sources(prog PRIVATE FILE_SET CXX_MODULES FILES one.cppm two.cppm)
END
put src/one.cppm <<\END
export module one;
export int one() { return 1; }
END
put src/two.cppm <<\END
export module two;
import one;
export int two() { return one() + one(); }
END
put src/main.cpp <<\END
import two;
int main() { return two(); }
END

cm() {
	"$cmake" "$@" >"$T_OUT" 2>"$T_ERR" </dev/null 3>&-
	T_rc=$?
	T_checks=$((T_checks + 1))
	[ $T_rc = 0 ] || fail "cmake $*: exited with $T_rc"
}
null() {
	cm --build b
	expect_out 'ninja: no work to do.'
}
prog() {
	b/prog
	same "$1" $? 'the program returns'
}
edit() { sed "$2" "src/$1" >new && mv new "src/$1"; }

t 'configure and build'
cm -G Ninja -S src -B b -DCMAKE_CXX_COMPILER="$cxx" \
	-DCMAKE_CXX_COMPILER_CLANG_SCAN_DEPS="$scan"
cm --build b
prog 2
null

t 'a module that others import'
edit one.cppm 's/return 1/return 3/'
cm --build b
prog 6
null

t 'a module that comes and one that goes'
edit two.cppm '/import one/d; s/one() + one()/5/'
edit main.cpp 's/import two;/import two; import one;/; s/two()/two() + one()/'
cm --build b
prog 8
null

t 'and back'
edit main.cpp 's/ import one;//; s/ + one()//'
edit two.cppm 's/^export module two;/&\nimport one;/; s/return 5/return one() + one()/'
cm --build b
prog 6
null

t 'a cycle of modules is told of'
edit one.cppm 's/^export module one;/&\nimport two;/'
"$cmake" --build b >"$T_OUT" 2>&1 </dev/null 3>&-
check_not [ $? = 0 ]
expect_out 'Circular dependency'
edit one.cppm '/import two/d'
cm --build b
prog 6
null

end
