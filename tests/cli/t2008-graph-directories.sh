#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Directories as inputs and outputs: what is below them counts for who reads it.
. "$(dirname "$0")/../lib.sh"

t 'a source directory: content, names, deep below'
manifest <<\END
rule all
  command = find -L $in -type f | sort | xargs cat >$out
  description = $out
build out: all dir
build via: all dir | names
build names: phony dir other
END
mkdir -p dir/a/b other
echo 1 >dir/a/b/f
echo 2 >dir/g
build
ran out via
build_null
echo 3 >dir/a/b/f
build
ran out via
holds out '3
2'
build_null
echo 4 >dir/a/b/new
build
ran out via
mv dir/a/b/new dir/a/b/another
build
ran out via
rm dir/a/b/another
build
ran out via
build_null
echo 5 >other/f
build
ran via
# touched, or with another time: the same
touch dir/a/b/f dir/g
build_null
old dir/a/b/f
build_null
# the same size and time
echo 6 >dir/a/b/f
old dir/a/b/f
build
ran out via
holds out '6
2'
build_null

t 'links in it: where they lead, and the file there'
echo 7 >far
ln -s ../far dir/link
ln -s .. dir/up
sed -i.old 's/find -L/find/' build.ninja
build out
build_null out
echo 8 >far
build out
ran out
build_null out
ln -sf ../build.ninja dir/link
build out
ran out
build_null out

t 'a directory that a step makes'
fresh
manifest <<\END
rule make
  command = mkdir -p $out/x; cp $in $out/x/f
  description = $out
rule use
  command = cat made/x/f >$out
  description = $out
build made: make in
build out: use made
build late: use || made
END
echo 1 >in
build out
build_null out
echo 2 >in
build out
ran made out
holds out 2
build_null out
echo 3 >made/x/f
build out
ran out
holds out 3
build_null out

t 'what may not be read counts with its times'
fresh
manifest <<\END
rule read
  command = cat dir/f >$out
  description = $out
build out: read dir
END
mkdir -p dir/closed
echo 1 >dir/f
echo 1 >dir/secret
chmod 0 dir/closed dir/secret
build
build_null
chmod 0644 dir/secret
echo 2 >dir/secret
build
ran out
build_null
chmod 0755 dir/closed

t 'edited while a step reads it'
fresh
manifest <<\END
rule read
  command = cat dir/sub/f >$out; : >read; $
    while [ ! -e go ]; do sleep 0.01; done
  description = $out
build out: read dir
END
mkdir -p dir/sub
echo 1 >dir/sub/f
"$T_PROG" >"$T_OUT" 2>"$T_ERR" </dev/null 3>&- &
while [ ! -e read ]; do sleep 0.01; done
echo 2 >dir/sub/f
: >go
wait $!
build
ran out
holds out 2
build_null

t 'not where the build itself is'
fresh
mkdir -p top/b
cd top/b || exit 2
manifest <<\END
rule list
  command = ls .. >$out
  description = $out
build out: list ..
build here: list .
END
build
build
build_null
echo 1 >../new
build out
ran out

end
