#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Manifests made from seeds, and what is done to them: as ninja 1.13 does it.
. "$(dirname "$0")/../lib.sh"

real=$(ls "$T_VENV"/lib*/python*/site-packages/ninja/data/bin/ninja \
	"$T_VENV"/bin/ninja 2>/dev/null | head -n 1)
case $("${real:-false}" --version 2>/dev/null) in
1.13*) ;;
*) skip_all 'there is no ninja 1.13' ;;
esac

# Another range than the last time is tried with DIFFERENTIAL_SEED=N.
for part in 0 1 2 3; do
	from=$((${DIFFERENTIAL_SEED:-0} + part * 10))
	t "seeds from $from"
	python "$TG_SRC/tests/py/differential.py" -k -s $from -n 10 \
		"$T_TGRAPH" "$real" >"$T_OUT" 2>"$T_ERR" 3>&-
	same 0 $? 'exit code'
	expect_out '0 of 10 seeds differ'
done

end
