/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "session/options.h"
#include "util/os.h"

/* What -h and --version say. */

const char options_ninja_version[] = "1.13.1";

int
options_default_jobs(void)
{
	int n = os_cpus();

	return n <= 1 ? 2 : n == 2 ? 3 : n + 2;
}

void
options_ninja_help(const struct options *o)
{
	fprintf(stderr,
"usage: %s [options] [targets...]\n"
"\n"
"if targets are unspecified, builds the 'default' target (see manual).\n"
"\n"
"options:\n"
"  --version      print ninja version (\"%s\")\n"
"  -v, --verbose  show all command lines while building\n"
"  --quiet        don't show progress status, just command output\n"
"\n"
"  -C DIR   change to DIR before doing anything else\n"
"  -f FILE  specify input build file [default=build.ninja]\n"
"\n"
"  -j N     run N jobs in parallel (0 means infinity) [default=%d on this system]\n"
"  -k N     keep going until N jobs fail (0 means infinity) [default=1]\n"
"  -l N     do not start new jobs if the load average is greater than N\n"
"  -n       dry run (don't run commands but act like they succeeded)\n"
"\n"
"  -d MODE  enable debugging (use '-d list' to list modes)\n"
"  -t TOOL  run a subtool (use '-t list' to list subtools)\n"
"    terminates toplevel options; further flags are passed to the tool\n"
"  -w FLAG  adjust warnings (use '-w list' to list warnings)\n",
	        o->prog, options_ninja_version, options_default_jobs());
}

void
options_help(void)
{
	printf(
"usage: tgraph [options] [targets...] [-- pytest's options...]\n"
"\n"
"Brings every test result of the Python repository around the working\n"
"directory up to date; with -f, or where there is a build.ninja, builds as\n"
"ninja does. Targets: packages, py3.12, package@3.12, directories, files, node\n"
"ids (tests/test_a.py::test_x), globs, outputs of a manifest.\n"
"\n"
"what to run\n"
"  --python VERSION      only this Python (repeatable)\n"
"  --all-pythons         every Python that requires-python allows, not only the\n"
"                        active one\n"
"  --include-prerelease  the same, and pre-releases too\n"
"  --require-all-pythons the same, and a missing interpreter is an error\n"
"  --package PATH        only this package (repeatable)\n"
"  --match EXPR          only items whose node id fits a glob, or a regular\n"
"                        expression between slashes\n"
"  -k EXPR, -m EXPR      pytest's; also --pytest-k, --pytest-m\n"
"  --failed              only items that failed, and files that did not finish,\n"
"                        last time\n"
"  --lf, --last-failed   the same, but everything if nothing failed\n"
"  --ff, --failed-first  everything, what failed first: as it is in any case\n"
"  --since REV           only what could come out differently because of what\n"
"                        has changed since HEAD and REV parted\n"
"  --rerun               as if no result were known; of a ninja file, every\n"
"                        step that the targets need\n"
"  --debug               one test file or item in the foreground: with the\n"
"                        terminal, pdb where it fails, and no time limit\n"
"  --pdb                 the same, after the run, of what failed\n"
"  --show                print the commands of a shell that run it so\n"
"  --last                show the last results, run nothing\n"
"  -n                    show what would run, run nothing\n"
"how to run\n"
"  -j N                  N steps at once (0: no limit) [%d; tests: processors]\n"
"  -k N                  stop after N failures (0: never) [tests 0, else 1]\n"
"  --fail-fast           the same as -k 1\n"
"  -x, --exitfirst       stop at the first failed test, in its file too\n"
"  --maxfail N           stop at the Nth failed test\n"
"  -l N                  start nothing while the load is above N\n"
"  --min-memory MIB      start nothing while less memory is free\n"
"  --package-jobs N, --version-jobs N, --no-parallel-packages\n"
"                        limits of steps of one package, of one Python, of all\n"
"  --timeout SEC         end a test file that runs longer\n"
"  --retries N           run failed test files, or failed steps of a ninja\n"
"                        file, up to N times more\n"
"  --no-workers          one process a test file, no warm workers\n"
"  --isolation WAY       how test files are kept apart: fork, process,\n"
"                        batch, shared\n"
"  --environment WAY     where tests find what they need: active, venv, uv\n"
"  --default-index URL, --index URL, --find-links DIR, --no-index,\n"
"  --index-strategy WAY, --offline\n"
"                        where packages for environments are found\n"
"  --profile NAME        settings of [tool.tgraph.profile.NAME] too [ci: if CI\n"
"                        is set]\n"
"  --jobserver=auto|off, --jobserver-style=pipe|fifo|none\n"
"  --no-wait             fail if another tgraph works here\n"
"cache and reports\n"
"  --cache DIR           results are kept here and taken from here\n"
"                        [$XDG_CACHE_HOME/tgraph]\n"
"  --no-cache            neither\n"
"  --cache-read-only     only taken\n"
"  --cache-size MIB      what the cache may hold [5120]\n"
"  --junit FILE, --json FILE\n"
"                        reports of all results\n"
"  --coverage[=SOURCE]   measure coverage (of a directory or package; repeatable)\n"
"  --coverage-report KIND[:PATH]\n"
"                        term, term-missing, html, xml, json, lcov (repeatable)\n"
"  --coverage-branch     branches too\n"
"  --coverage-fail-under N\n"
"                        fail if less than N percent is covered\n"
"  --no-coverage         not even if addopts ask for it\n"
"  --trace FILE          when each step ran, for Chrome's tracing\n"
"display\n"
"  -v, --verbose         every item, whole commands and output\n"
"  --quiet               nothing but failures\n"
"  -r CHARS              why tests were skipped and the like, as pytest's\n"
"  -s                    also what passed tests have printed, at the end\n"
"  --durations N, --durations-min SEC\n"
"                        the N slowest tests (0: all) that took so long [0.005]\n"
"  --tb STYLE, --showlocals\n"
"                        how pytest shows failures\n"
"  --expand              a row per package and Python version\n"
"  --color WHEN          always, never or auto\n"
"as ninja\n"
"  -C DIR  -f FILE       go to DIR; read FILE\n"
"  -d MODE               debugging (-d list)\n"
"  -t TOOL               run a tool (-t list; -t TOOL -h)\n"
"  -w FLAG               adjust warnings (-w list)\n"
"  --version, -h, --help\n",
	       options_default_jobs());
}
