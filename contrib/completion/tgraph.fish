# SPDX-License-Identifier: Apache-2.0
# fish completion for tgraph

function __tgraph_targets
    set -l words (commandline -opc)
    set -l where
    for i in (seq 2 (count $words))
        switch $words[$i]
            case -C -f
                set -l next (math $i + 1)
                test $next -le (count $words); and set -a where $words[$i] $words[$next]
        end
    end
    tgraph $where -t targets all 2>/dev/null | string replace -r ': [^:]*$' ''
end

function __tgraph_tools
    tgraph -t list 2>/dev/null | tail -n +2 | string trim | string replace -r '\s+' \t
end

complete -c tgraph -a '(__tgraph_targets)' -d target
complete -c tgraph -s C -x -a '(__fish_complete_directories)' -d 'Change to a directory first'
complete -c tgraph -s f -r -d 'Read the graph from a file'
complete -c tgraph -s j -x -d 'Steps at once'
complete -c tgraph -s k -x -d 'Stop after so many failures'
complete -c tgraph -s l -x -d 'Load average above which nothing starts'
complete -c tgraph -s n -d 'Show what would run'
complete -c tgraph -s d -x -a 'list stats explain keepdepfile keeprsp' -d Debugging
complete -c tgraph -s t -x -a '(__tgraph_tools)' -d 'Run a tool'
complete -c tgraph -s w -x -a list -d Warnings
complete -c tgraph -s v -l verbose -d 'Show commands and all output'
complete -c tgraph -s h -l help -d 'Show the options'
complete -c tgraph -l version -d 'Show the version'
complete -c tgraph -l quiet -d 'Show only what failed'
complete -c tgraph -l fail-fast -d 'Start nothing after a failure'
complete -c tgraph -s x -l exitfirst -d 'Stop at the first failed test'
complete -c tgraph -l maxfail -x -d 'Stop after so many failed tests'
complete -c tgraph -l timeout -x -d 'Stop a step that runs longer'
complete -c tgraph -l retries -x -d 'Run failed test files again'
complete -c tgraph -l rerun -d 'As if nothing were known'
complete -c tgraph -l since -x -a '(git for-each-ref --format="%(refname:short)" 2>/dev/null)' -d 'Only what could have changed since a revision'
complete -c tgraph -l failed -d 'Only what failed last time'
complete -c tgraph -l lf -d 'The same, or all if nothing failed'
complete -c tgraph -l last-failed -d 'The same, or all if nothing failed'
complete -c tgraph -l ff -d 'All, what failed first'
complete -c tgraph -l failed-first -d 'All, what failed first'
complete -c tgraph -l debug -d 'One test in the foreground, with pdb'
complete -c tgraph -l pdb -d 'The same of what failed, after the run'
complete -c tgraph -l show -d 'Print the commands that run one test'
complete -c tgraph -l last -d 'Show the last results'
complete -c tgraph -l cache -x -a '(__fish_complete_directories)' -d 'Directory of the cache'
complete -c tgraph -l cache-read-only -d 'Put nothing into the cache'
complete -c tgraph -l cache-size -x -d 'How large the cache may become, MiB'
complete -c tgraph -l min-memory -x -d 'Start nothing while less is free, MiB'
complete -c tgraph -l no-workers -d 'A process of its own for each test file'
complete -c tgraph -x -l isolation -a 'fork process batch shared' -d 'How test files are kept apart'
complete -c tgraph -x -l environment -a 'active venv uv' -d 'Where tests find what they need'
complete -c tgraph -x -l default-index -d 'Where packages are found'
complete -c tgraph -x -l index -d 'Also there'
complete -c tgraph -x -l find-links -a '(__fish_complete_directories)' -d 'And there'
complete -c tgraph -l no-index -d 'Packages are found nowhere else'
complete -c tgraph -x -l index-strategy -a 'first-index unsafe-first-match unsafe-best-match' -d 'How several indexes count'
complete -c tgraph -l offline -d 'Without a network'
complete -c tgraph -l coverage -d 'Measure coverage'
complete -c tgraph -x -l coverage-report -a 'term term-missing html xml json lcov' -d 'A report of coverage'
complete -c tgraph -l coverage-branch -d 'Measure branches too'
complete -c tgraph -x -l coverage-fail-under -d 'Fail if less is covered'
complete -c tgraph -l no-coverage -d 'Not even if addopts ask for it'
complete -c tgraph -l no-cache -d 'Do not use the cache'
complete -c tgraph -l jobserver -x -a 'auto off' -d 'Take part in a jobserver'
complete -c tgraph -l jobserver-style -x -a 'pipe fifo none' -d 'How to serve'
complete -c tgraph -l no-wait -d 'Do not wait for another tgraph'
complete -c tgraph -l package -x -a '(__fish_complete_directories)' -d 'Only this package'
complete -c tgraph -l python -x -a '3.8 3.9 3.10 3.11 3.12 3.13 3.14 3.15' -d 'Only this version'
complete -c tgraph -l all-pythons -d 'Every version that requires-python allows'
complete -c tgraph -l include-prerelease -d 'The same, and versions not yet released'
complete -c tgraph -l require-all-pythons -d 'A missing interpreter is an error'
complete -c tgraph -l package-jobs -x -d 'Packages at once'
complete -c tgraph -l version-jobs -x -d 'Versions at once'
complete -c tgraph -l no-parallel-packages -d 'One package after the other'
complete -c tgraph -s m -x -d 'pytest -m'
complete -c tgraph -s r -x -d 'Say which tests were skipped and the like'
complete -c tgraph -s s -d 'Show what passed tests have printed'
complete -c tgraph -l durations -x -d 'The slowest tests'
complete -c tgraph -l durations-min -x -d 'That took so many seconds'
complete -c tgraph -l profile -x -d 'Settings by name'
complete -c tgraph -l tb -x -a 'auto long short line native no' -d 'How failures are shown'
complete -c tgraph -l showlocals -d 'Show local variables of failures'
complete -c tgraph -l match -x -d 'Only tests with such ids'
complete -c tgraph -l pytest-k -x -d 'pytest -k'
complete -c tgraph -l pytest-m -x -d 'pytest -m'
complete -c tgraph -l color -x -a 'auto always never' -d 'Use colours'
complete -c tgraph -l expand -d 'A row for each package and version'
complete -c tgraph -l trace -r -d 'Write when each step ran, for Chrome'
complete -c tgraph -l junit -r -d 'Write a JUnit XML report'
complete -c tgraph -l json -r -d 'Write a JSON report'
