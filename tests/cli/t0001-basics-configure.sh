#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../lib.sh"

MAKE=${MAKE:-make}
# The compiler and libraries that the build under test was configured with.
configure() {
	(
		mkdir -p "$1" && cd "$1" && shift || exit 9
		"$TG_SRC/configure" "$@"
	) >"$T_OUT" 2>"$T_ERR"
}

t 'an unknown option is refused, by name'
check_not configure a --frobnicate
expect_err 'unknown option --frobnicate'
missing a/Makefile a/config.mk

t 'an unknown variable is refused, by name'
check_not configure a CFALGS=-O3
expect_err 'unknown variable CFALGS'

t 'a relative prefix is refused'
check_not configure a --prefix=usr
expect_err '--prefix must be absolute'

t 'a compiler that does not work is named'
check_not configure a CC=/nonexistent/cc
expect_err '/nonexistent/cc does not work'

t 'all missing libraries are named with their packages'
put bin/pkg-config <<\END
#!/bin/sh
case $* in *libxxhash*|*libzstd*) exit 1 ;; esac
exec pkg-config "$@"
END
chmod +x bin/pkg-config
check_not configure a PKG_CONFIG="$PWD/bin/pkg-config"
expect_err 'libxxhash >= 0.8.0 (Debian: libxxhash-dev, Homebrew: xxhash)'
expect_err 'libzstd >= 1.4.0 (Debian: libzstd-dev, Homebrew: zstd)'
no_err libcjson

t 'what packagers pass is taken'
check configure b --build=x86_64-linux-gnu --prefix=/usr --sysconfdir=/etc \
	--localstatedir=/var --libdir=/usr/lib --mandir=/usr/share/man \
	--disable-silent-rules --disable-maintainer-mode \
	--disable-dependency-tracking CFLAGS=-O3
check grep -q '^prefix = /usr$' b/config.mk
check grep -q '^CFLAGS = -O3$' b/config.mk
check grep -q '#define TG_DATADIR "/usr/share/tgraph"' b/config.h

t 'the same configuration again leaves config.h alone'
old b/config.h
check configure b --prefix=/usr CFLAGS=-O3
same '' "$(find b/config.h -newer "$TG_SRC/configure")" 'newer'

t 'a sanitizer goes into compiling and linking'
check configure c --enable-sanitize=undefined --enable-werror
check grep -q '^SAN_CFLAGS = -fsanitize=undefined' c/config.mk
check grep -q '^WARN_CFLAGS = .*-Werror$' c/config.mk

t 'nothing is left to do after make'
# The outcome of tests that are running now is not make's business here.
check "$MAKE" -q -C "$TG_BUILD" all

t 'a touched header rebuilds its users, and only these'
h=$(sed -n 's/.* \([^ ]*src\/util\/os\.h\).*/\1/p' \
	"$TG_BUILD/obj/src/util/os.d" | sed -n 1p)
"$MAKE" -n -C "$TG_BUILD" -W "$h" libtgraph.a V=1 >"$T_OUT" 2>"$T_ERR"
sed -n 's/.* -c -o obj\/\(.*\)\.o .*/\1.c/p' "$T_OUT" | LC_ALL=C sort >got
# Objects of files that have moved since may lie about.
(cd "$TG_BUILD/obj" && grep -l 'src/util/os\.h' $(find src -mindepth 2 -name '*.d') | sed 's/d$/c/') |
	while read -r c; do [ ! -e "$TG_SRC/$c" ] || echo "$c"; done |
	LC_ALL=C sort >want
check [ -s want ]
check cmp want got

t 'make install keeps to DESTDIR'
check "$MAKE" -s -C "$TG_BUILD" install DESTDIR="$PWD/dest" prefix=/usr \
	>"$T_OUT" 2>&1
check [ -x dest/usr/bin/tgraph ]
exists dest/usr/share/man/man1/tgraph.1 dest/usr/share/man/man5/tgraph.5 \
	dest/usr/share/tgraph/pytgraph \
	dest/usr/share/tgraph/browse/browse.py dest/usr/share/tgraph/tgraph.mk \
	dest/usr/share/bash-completion/completions/tgraph \
	dest/usr/share/zsh/site-functions/_tgraph \
	dest/usr/share/fish/vendor_completions.d/tgraph.fish

t 'what was installed does the main job, wherever it was put'
mv dest elsewhere
mkdir ws
(
	cd ws || exit 1
	py_workspace one two:one
	../elsewhere/usr/bin/tgraph >"$T_OUT" 2>"$T_ERR"
)
expect_out '2 files: 4 passed'
mv elsewhere dest

t 'make uninstall takes all of it away'
"$MAKE" -s -C "$TG_BUILD" uninstall DESTDIR="$PWD/dest" prefix=/usr \
	>"$T_OUT" 2>&1
same '' "$(find dest -type f)" 'left behind'

end
