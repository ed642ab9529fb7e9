#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Meson with tgraph for its ninja.
. "$(dirname "$0")/../lib.sh"

command -v meson >/dev/null 2>&1 || skip_all 'there is no Meson'
as_ninja

mkdir -p src/sub
put src/meson.build <<\END
project('demo', 'c')
py = find_program('python3')
gen = custom_target('gen', output: ['gen.h', 'gen.c'], input: 'gen.py',
                    command: [py, '@INPUT@', '@OUTPUT@'])
lib = library('alpha', 'alpha.c', gen, install: true)
exe = executable('prog', 'prog.c', gen[0], link_with: lib, install: true)
test('t', exe)
subdir('sub')
END
put src/gen.py <<\END
import sys
with open(sys.argv[1], 'w') as f:
    f.write('#define GEN 4\nint gen(void);\n')
with open(sys.argv[2], 'w') as f:
    f.write('#include "gen.h"\nint gen(void) { return GEN; }\n')
END
put src/alpha.c <<\END
#include "gen.h"
int alpha(void) { return gen(); }
END
put src/prog.c <<\END
#include <stdio.h>
#include "gen.h"
int alpha(void);
int main(void) { printf("%d\n", alpha() + GEN); return 0; }
END
echo "executable('s', 's.c')" >src/sub/meson.build
printf '#include "s.h"\nint main(void) { return S; }\n' >src/sub/s.c
echo '#define S 0' >src/sub/s.h

ms() {
	meson "$@" >"$T_OUT" 2>"$T_ERR" </dev/null 3>&-
	T_rc=$?
	T_checks=$((T_checks + 1))
	[ $T_rc = 0 ] || fail "meson $*: exited with $T_rc"
}

t 'setup and compile'
ms setup b src --prefix "$T_DIR/work/inst"
exists b/compile_commands.json
ms compile -C b
same 8 "$(b/prog)" 'the program prints'
build_null -C b

t 'edits'
echo '#define S 1' >src/sub/s.h
build -C b
expect_out 'sub/s.p/s.c.o'
no_out alpha.c.o
sed 's/GEN 4/GEN 5/' src/gen.py >new
mv new src/gen.py
build -C b
same 10 "$(b/prog)" 'the program prints'
build_null -C b

t 'meson.build'
echo "executable('s2', 's.c')" >>src/sub/meson.build
build -C b
exists b/sub/s2
build_null -C b
ms setup --reconfigure b src
build_null -C b

t 'test, install, clean, and all again'
ms test -C b
ms install -C b
exists inst/bin/prog
build -C b clean
missing b/prog
build -C b
same 10 "$(b/prog)" 'the program prints'
build_null -C b

end
