# SPDX-License-Identifier: Apache-2.0
# bash completion for tgraph
_tgraph()
{
	local cur=$2 prev=$3 i dir=. file= tool=
	local opts='-C -f -j -k -l -n -v -d -t -w -h --help --version --verbose
		--quiet --fail-fast --timeout --retries --rerun
		--failed --since --last --cache --no-cache --jobserver
		--jobserver-style --no-wait --package --python
		--all-pythons --include-prerelease --require-all-pythons
		--package-jobs --version-jobs --no-parallel-packages --match --pytest-k
		--pytest-m --color --expand --junit --json --trace
		--min-memory --no-workers --isolation --cache-read-only
		--environment --default-index --index --find-links --no-index
		--index-strategy --offline
		--cache-size -x --exitfirst --maxfail --lf --last-failed --ff
		--failed-first -m --tb --showlocals --debug --pdb --show
		-r -s --durations --durations-min --profile
		--coverage --coverage-report --coverage-branch
		--coverage-fail-under --no-coverage'

	COMPREPLY=()
	# --option=value arrives as three words.
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD-2]}
	fi
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-C) dir=${COMP_WORDS[i+1]} ;;
		-f) file=${COMP_WORDS[i+1]} ;;
		-t) tool=${COMP_WORDS[i+1]} ;;
		esac
	done
	case $prev in
	-C|--package|--cache)
		compopt -o dirnames 2>/dev/null
		return ;;
	-f|--junit|--json|--trace|--update)
		compopt -o default 2>/dev/null
		return ;;
	-d)
		COMPREPLY=($(compgen -W 'list stats explain keepdepfile
			keeprsp' -- "$cur"))
		return ;;
	-t)
		COMPREPLY=($(compgen -W "$(tgraph -t list 2>/dev/null |
			awk 'NR > 1 { print $1 }')" -- "$cur"))
		return ;;
	--color)
		COMPREPLY=($(compgen -W 'auto always never' -- "$cur"))
		return ;;
	--tb)
		COMPREPLY=($(compgen -W 'auto long short line native no' \
			-- "$cur"))
		return ;;
	--coverage-report)
		COMPREPLY=($(compgen -W 'term term-missing html xml json lcov' \
			-- "$cur"))
		return ;;
	--isolation)
		COMPREPLY=($(compgen -W 'fork process batch shared' -- "$cur"))
		return ;;
	--environment)
		COMPREPLY=($(compgen -W 'active venv uv' -- "$cur"))
		return ;;
	--index-strategy)
		COMPREPLY=($(compgen -W 'first-index unsafe-first-match
			unsafe-best-match' -- "$cur"))
		return ;;
	--jobserver)
		COMPREPLY=($(compgen -W 'auto off' -- "$cur"))
		return ;;
	--jobserver-style)
		COMPREPLY=($(compgen -W 'pipe fifo none' -- "$cur"))
		return ;;
	--python)
		COMPREPLY=($(compgen -W '3.8 3.9 3.10 3.11 3.12 3.13 3.14 3.15' \
			-- "$cur"))
		return ;;
	--since)
		COMPREPLY=($(compgen -W "$(git -C "${dir:-.}" for-each-ref \
			--format='%(refname:short)' 2>/dev/null)" -- "$cur"))
		return ;;
	-j|-k|-l|-w|--min-memory|--cache-size|--timeout|--retries|--package-jobs|\
	--version-jobs|--match|--pytest-k|--pytest-m|-m|--maxfail|\
	-r|--durations|--durations-min|--profile)
		return ;;
	esac
	if [[ $tool == releases ]]; then
		COMPREPLY=($(compgen -W '--update --reset' -- "$cur"))
	elif [[ $tool == browse && $cur == -* ]]; then
		COMPREPLY=($(compgen -W '--port --hostname --no-browser' \
			-- "$cur"))
	elif [[ $tool == affected && $cur == -* ]]; then
		COMPREPLY=($(compgen -W '--since --json -0' -- "$cur"))
	elif [[ $tool == tests-for && $cur == -* ]]; then
		COMPREPLY=($(compgen -W '--json' -- "$cur"))
	elif [[ $tool == affected || $tool == tests-for ]]; then
		compopt -o default 2>/dev/null
	elif [[ $tool == doctor && $cur == -* ]]; then
		COMPREPLY=($(compgen -W '--json --pollution' -- "$cur"))
	elif [[ $tool == query && $cur == -* ]]; then
		COMPREPLY=($(compgen -W '--json --dot -0' -- "$cur"))
	elif [[ $tool == cache ]]; then
		COMPREPLY=($(compgen -W 'stats gc verify clear' -- "$cur"))
	elif [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$opts" -- "$cur"))
	else
		compopt -o default 2>/dev/null
		COMPREPLY=($(compgen -W "$(tgraph -C "$dir" ${file:+-f "$file"} \
			-t targets all 2>/dev/null | sed 's/: [^:]*$//')" \
			-- "$cur"))
	fi
}
complete -F _tgraph tgraph
