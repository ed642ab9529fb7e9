#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# CMake with tgraph for its ninja: configure, build, edit, install, clean.
. "$(dirname "$0")/../lib.sh"

command -v cmake >/dev/null 2>&1 || skip_all 'there is no CMake'
as_ninja
fortran=
command -v gfortran >/dev/null 2>&1 && fortran=Fortran

mkdir -p src/glob src/inc
put src/CMakeLists.txt <<END
cmake_minimum_required(VERSION 3.20)
project(demo C CXX $fortran)
add_library(alpha STATIC alpha.c)
target_include_directories(alpha PUBLIC inc)
add_custom_command(OUTPUT gen.h
	COMMAND \${CMAKE_COMMAND} -E copy \${CMAKE_SOURCE_DIR}/gen.in gen.h
	DEPENDS gen.in VERBATIM)
add_executable(prog prog.cpp \${CMAKE_CURRENT_BINARY_DIR}/gen.h)
target_include_directories(prog PRIVATE \${CMAKE_CURRENT_BINARY_DIR})
target_link_libraries(prog alpha)
file(GLOB files CONFIGURE_DEPENDS glob/*.c)
add_library(globbed STATIC \${files})
if(NOT "x$fortran" STREQUAL "x")
	add_executable(fort f.f90 second.f90 first.f90)
endif()
install(TARGETS prog RUNTIME DESTINATION bin)
END
put src/alpha.c <<\END
#include "alpha.h"
int alpha(void) { return ALPHA; }
END
put src/inc/alpha.h <<\END
#define ALPHA 3
END
put src/prog.cpp <<\END
#include <cstdio>
#include "gen.h"
extern "C" int alpha(void);
int main() { std::printf("%d\n", alpha() + GEN); }
END
echo '#define GEN 4' >src/gen.in
echo 'int one;' >src/glob/one.c
put src/first.f90 <<\END
module first
  integer :: one = 1
end module
END
put src/second.f90 <<\END
module second
  use first
  integer :: two = 2
end module
END
put src/f.f90 <<\END
program f
  use second
  print *, one + two
end program
END

cm() {
	cmake "$@" >"$T_OUT" 2>"$T_ERR" </dev/null 3>&-
	T_rc=$?
	T_checks=$((T_checks + 1))
	[ $T_rc = 0 ] || fail "cmake $*: exited with $T_rc"
}
null() {
	cm --build b
	expect_out 'ninja: no work to do.'
	no_out 'Building'
	no_out 'Re-running'
}

t 'configure and build'
cm -G Ninja -S src -B b -DCMAKE_INSTALL_PREFIX="$T_DIR/work/inst"
cm --build b
same 7 "$(b/prog)" 'the program prints'
null

t 'a header'
echo '#define ALPHA 5' >src/inc/alpha.h
cm --build b
expect_out 'Building C object CMakeFiles/alpha.dir/alpha.c.o'
no_out 'one.c.o'
same 9 "$(b/prog)" 'the program prints'
null

t 'a generated header'
echo '#define GEN 6' >src/gen.in
cm --build b
same 11 "$(b/prog)" 'the program prints'
null

t 'and back: what was built before is taken'
echo '#define ALPHA 3' >src/inc/alpha.h
cm --build b -- -d stats
expect_out 'Linking'
no_out 'ran 3'
same 9 "$(b/prog)" 'the program prints'
null

t 'but not what another command has made again'
echo '#define GEN 4' >src/gen.in
cm --build b -- -d stats
no_out 'ran 1'
same 7 "$(b/prog)" 'the program prints'
null

t 'a header that changes nothing in the object'
echo '/* nothing */' >>src/inc/alpha.h
cm --build b -- -d stats
expect_out 'alpha.c.o'
no_out 'Linking'
null

t 'CMakeLists.txt: CMake runs once'
echo '# more' >>src/CMakeLists.txt
cm --build b
same 1 "$(grep -c 'Re-running CMake' "$T_OUT")" 'runs of CMake'
null
echo '# more' >>src/CMakeLists.txt
cm b
null

t 'a new file under a glob'
echo 'int two;' >src/glob/two.c
cm --build b
expect_out 'glob/two.c.o'
no_out 'glob/one.c.o'
null

if [ -n "$fortran" ]; then
	t 'Fortran modules by dyndep'
	same '           3' "$(b/fort)" 'the program prints'
	sed 's/one = 1/one = 5/' src/first.f90 >new
	mv new src/first.f90
	cm --build b
	same '           7' "$(b/fort)" 'the program prints'
	null
fi

t 'install, help, clean, and all again'
cm --build b --target install
exists inst/bin/prog
cm --build b --target help
expect_out 'alpha: phony'
cm --build b --target clean
missing b/prog b/libalpha.a
cm --build b
same 7 "$(b/prog)" 'the program prints'
null

end
