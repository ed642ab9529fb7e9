#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Under GNU make and above it: one number of jobs for all of them. With the
# system's make, and with one of 4.4 or newer, which has a named pipe, if there
# is one in PATH.
. "$(dirname "$0")/../lib.sh"

version() { "$1" --version 2>/dev/null | sed -n 's/^GNU Make //p'; }

# new NUMBER: the makes that are from 4.4 on if it is 1, else those before.
find_make() {
	in_path make gmake make44 make-4.4 | while read -r m; do
		v=$(version "$m")
		[ -n "$v" ] || continue
		if at_least "$v" 4.4; then n=1; else n=0; fi
		[ "$n" != "$1" ] || { echo "$m"; break; }
	done
}

# How many tokens lie in the jobserver that MAKEFLAGS names.
put count.py <<\END
import os
import re
import select

auth = re.findall(r"--jobserver-(?:auth|fds)=(\S+)", os.environ["MAKEFLAGS"])
if auth[-1].startswith("fifo:"):
    r = w = os.open(auth[-1][5:], os.O_RDWR)
else:
    r, w = map(int, auth[-1].split(","))
got = b""
while select.select([r], [], [], 0)[0]:
    got += os.read(r, 1)
os.write(w, got)
print(len(got))
END

# job NAME: as long as it runs it is to be seen in run/; how many do is noted.
put job <<\END
mkdir -p "$T_JOBS/run/$1" && ls "$T_JOBS/run" | wc -l >>"$T_JOBS/peaks"
sleep 0.03
rmdir "$T_JOBS/run/$1"
END
# both NAME OTHER: ends well only if the other one runs at the same time.
put both <<\END
: >"$T_JOBS/$1.up"
i=0
until [ -e "$T_JOBS/$2.up" ]; do
	[ $i -lt 1200 ] || exit 1
	i=$((i + 1))
	sleep 0.05
done
END
T_JOBS=$T_DIR/work
export T_JOBS

manifest <<\END
rule job
  command = sh job $out
rule both
  command = sh both $out $other
rule inner
  command = $MAKE -f inner.mk NAME=$out
rule crash
  command = kill -9 $$$$
rule interrupt
  command = kill -INT $$PPID; sleep 60
build j1: job
build j2: job
build j3: job
build j4: job
build j5: job
build jobs: phony j1 j2 j3 j4 j5
build b1: both
  other = b2
build b2: both
  other = b1
build both: phony b1 b2
build i1: inner
build i2: inner
build i3: inner
build inner: phony i1 i2 i3
build crash: crash
build interrupt: interrupt
include make.ninja
END
put inner.mk <<\END
all: $(NAME)a $(NAME)b $(NAME)c
$(NAME)a $(NAME)b $(NAME)c:
	@sh job $@
.PHONY: all $(NAME)a $(NAME)b $(NAME)c
END
put Makefile <<\END
tokens:
	+tgraph $(WHAT); code=$$?; python3 count.py >tokens; exit $$code
plain:
	tgraph $(WHAT)
.PHONY: tokens plain
END

most() { # most N: so many ran at once, not more
	T_checks=$((T_checks + 1))
	T_got=$(sort -n peaks | tail -n 1)
	[ "${T_got:-0}" -ge 1 ] && [ "$T_got" -le "$1" ] ||
		fail "at most $1 may run at once: $T_got"
	rm -f peaks
}
mk() { # mk ARG...: runs make
	"$make" "$@" >"$T_OUT" 2>"$T_ERR" </dev/null 3>&-
	T_rc=$?
}

for new in 0 1; do
	make=$(find_make $new)
	what="make $(version "${make:-false}")"
	why=
	if [ $new = 1 ]; then
		[ -n "$make" ] || what='make 4.4' why='there is no make 4.4'
		styles='pipe fifo'
	else
		[ -n "$make" ] || what='make before 4.4' why='there is none'
		styles=pipe
	fi
	printf 'MAKE = %s\n' "${make:-make}" >make.ninja

	t "$what: steps use make's jobs, and no more than these"
	if [ -n "$why" ]; then skip "$why"; else
		mk -j3 WHAT=jobs tokens
		same 0 $T_rc 'exit code'
		no_err warning
		most 3
		holds tokens 2
	fi

	t "$what: and these at once"
	if [ -n "$why" ]; then skip "$why"; else
		rm -f ./*.up
		mk -j2 WHAT=both tokens
		same 0 $T_rc 'exit code'
		holds tokens 1
	fi

	t "$what: three levels"
	if [ -n "$why" ]; then skip "$why"; else
		rm -rf .tgraph
		mk -j3 WHAT=inner tokens
		same 0 $T_rc 'exit code'
		no_err warning
		same 9 "$(wc -l <peaks | tr -d ' ')" 'jobs'
		most 3
		holds tokens 2
	fi

	t "$what: tokens come back when a step dies, and when we are stopped"
	if [ -n "$why" ]; then skip "$why"; else
		mk -j4 WHAT='-k0 jobs crash' tokens
		expect_out 'FAILED: [code=137] crash'
		holds tokens 3
		mk -j4 WHAT='jobs interrupt' tokens
		expect_out 'build stopped: interrupted by user'
		holds tokens 3
	fi
	rm -f peaks
	rm -rf run

	for style in $styles; do
		t "$what below a jobserver of ours: $style"
		if [ -n "$why" ]; then skip "$why"; continue; fi
		rm -rf .tgraph
		build -j3 --jobserver-style="$style" inner
		no_out warning
		no_err warning
		same 9 "$(wc -l <peaks | tr -d ' ')" 'jobs'
		most 3
		rm -rf .tgraph
		build -j1 --jobserver-style="$style" inner
		no_out warning
		no_err warning
		same 9 "$(wc -l <peaks | tr -d ' ')" 'jobs'
		most 1
	done

	t "$what without +: it is told why, and all is done"
	if [ -n "$why" ]; then skip "$why"; else
		rm -rf .tgraph
		mk -j2 WHAT=j1 plain
		same 0 $T_rc 'exit code'
		if [ $new = 0 ]; then
			expect_err "put a '+' before the command"
		else
			no_err warning
		fi
	fi
done

end
