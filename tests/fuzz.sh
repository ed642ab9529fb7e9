#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh SRCDIR: runs every fuzzer FUZZ_TIME seconds from its corpus, which is
# only read; what is found new stays in obj/fuzz/found.
set -u
rc=0
for f in "$1"/tests/fuzz/fuzz_*.c; do
	n=$(basename "$f" .c)
	p=${n#fuzz_}
	[ -x "obj/fuzz/$n" ] || continue
	mkdir -p "obj/fuzz/found/$p"
	echo "$n: ${FUZZ_TIME:-60} s"
	"obj/fuzz/$n" -max_total_time="${FUZZ_TIME:-60}" -timeout=10 \
		-rss_limit_mb=1024 \
		-artifact_prefix="obj/fuzz/$p-" "obj/fuzz/found/$p" \
		"$1/tests/fuzz/corpus/$p" >"obj/fuzz/$n.log" 2>&1 || {
		tail -n 60 "obj/fuzz/$n.log"
		echo "$n: FAILED"
		rc=1
	}
done
exit $rc
