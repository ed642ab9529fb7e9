#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tgraph, a worker or its child is killed at a random moment: what finished is
# kept, the rest runs again. tests/fault/kill.py does more rounds by hand.
. "$(dirname "$0")/../lib.sh"

t 'after a kill the next run is right and repeats nothing that had finished'
T_checks=1
"$T_VENV/bin/python" "$TG_SRC/tests/fault/kill.py" "$T_TGRAPH" \
	"$T_VENV/bin/python" 6 >"$T_OUT" 2>"$T_ERR" || fail 'a round went wrong'

end
