#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Inputs are edited in many ways while steps run, and builds killed: what comes
# out then is what a clean directory has. MEANWHILE_ROUNDS=2000 tries more.
. "$(dirname "$0")/../lib.sh"

rounds=${MEANWHILE_ROUNDS:-10}

t 'edited while steps run'
python3 "$TG_SRC/tests/py/meanwhile.py" -n "$rounds" "$T_TGRAPH" >"$T_OUT" \
	2>"$T_ERR" 3>&-
same 0 $? 'exit code'
expect_out "$rounds passed, 0 failed"

t 'and killed as well'
python3 "$TG_SRC/tests/py/meanwhile.py" -k -n "$rounds" "$T_TGRAPH" >"$T_OUT" \
	2>"$T_ERR" 3>&-
same 0 $? 'exit code'
expect_out "$rounds passed, 0 failed"

end
