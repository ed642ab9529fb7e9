#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every tool says how it is called.
. "$(dirname "$0")/../lib.sh"

manifest <<\END
rule touch
  command = touch $out
build -h: touch
END

t 'every tool has a -h and a --help, and they are the same'
run -t list
tools=$(awk 'NR > 1 { print $1 }' "$T_OUT")
for tool in $tools; do
	build -t "$tool" -h
	check grep -qi '^usage.*-t ' "$T_OUT"
	check [ ! -s "$T_ERR" ]
	cp "$T_OUT" help
	build -t "$tool" --help
	check cmp -s help "$T_OUT"
done

t 'also in a Python repository, and where nothing can be read'
rm build.ninja help
mkdir .git
echo 'broken = ' >pyproject.toml
for tool in $tools; do
	build -t "$tool" -h
	check grep -qi '^usage.*-t ' "$T_OUT"
	check [ ! -s "$T_ERR" ]
done
missing .tgraph

t 'tools of Python repositories say that they are'
manifest </dev/null
for tool in matrix tests; do
	build_fail 2 -t "$tool"
	expect_err "-t $tool is for Python repositories"
done

t 'as ninja, -h is a target like others where ninja takes it for one'
rm pyproject.toml
as_ninja
manifest <<\END
rule touch
  command = touch $out
build -h: touch
END
build -t query -h
expect_out '  input: touch'

end
