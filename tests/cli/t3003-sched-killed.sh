#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SIGKILL in the middle of a build: the next one is right, and then there is
# nothing to do. KILL_ROUNDS=200 tries more.
. "$(dirname "$0")/../lib.sh"

command -v "${CC:-cc}" >/dev/null 2>&1 || skip_all 'there is no C compiler'

t 'after each kill the build comes out as a clean one'
python3 "$TG_SRC/tests/fault/kill_build.py" "$T_TGRAPH" "${KILL_ROUNDS:-6}" \
	>"$T_OUT" 2>"$T_ERR" 3>&-
same 0 $? 'exit code'
expect_out ' passed, 0 failed'

end
