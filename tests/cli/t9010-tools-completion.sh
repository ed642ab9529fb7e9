#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Completion in bash, asked as the shell asks it.
. "$(dirname "$0")/../lib.sh"

command -v bash >/dev/null || skip_all 'no bash'

# complete WORD...: what the last word can become, sorted, in $T_OUT.
complete() {
	bash -c '
	. "$TG_SRC/contrib/completion/tgraph.bash"
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
	_tgraph tgraph "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
	[ ${#COMPREPLY[@]} = 0 ] || printf "%s\n" "${COMPREPLY[@]}"
	' bash "$@" 2>"$T_ERR" | LC_ALL=C sort >"$T_OUT"
}

manifest <<\END
rule touch
  command = touch $out
build first: touch
build final: touch first
END

t 'options'
complete tgraph --ju
expect_lines "$T_OUT" <<\END
--junit
END

t 'values of options'
complete tgraph -d ke
expect_lines "$T_OUT" <<\END
keepdepfile
keeprsp
END
complete tgraph --color = n
expect_lines "$T_OUT" <<\END
never
END

t 'tools, as the program lists them'
complete tgraph -t comp
expect_lines "$T_OUT" <<\END
compdb
compdb-targets
END

t 'words of tools'
complete tgraph -t releases --u
expect_lines "$T_OUT" <<\END
--update
END
complete tgraph -t browse --no
expect_lines "$T_OUT" <<\END
--no-browser
END
complete tgraph -t browse fi
expect_lines "$T_OUT" <<\END
final
first
END
complete tgraph -t cache st
expect_lines "$T_OUT" <<\END
stats
END

t 'targets, also of another directory'
complete tgraph fi
expect_lines "$T_OUT" <<\END
final
first
END
mkdir sub
complete tgraph -C sub fi
expect_lines "$T_OUT" </dev/null
mv build.ninja sub
complete tgraph -C sub fi
expect_lines "$T_OUT" <<\END
final
first
END

t 'targets of a Python repository'
fresh
py_workspace low mid:low
complete tgraph lo
expect_lines "$T_OUT" <<\END
low
END
complete tgraph packages/
expect_lines "$T_OUT" <<\END
packages/low/tests/test_low.py
packages/mid/tests/test_mid.py
END
complete tgraph -C packages/mid te
expect_lines "$T_OUT" <<\END
tests/test_mid.py
END
complete tgraph -t query m
expect_lines "$T_OUT" <<\END
mid
END
complete tgraph .tg
expect_lines "$T_OUT" </dev/null

end
