# SPDX-License-Identifier: Apache-2.0
# Targets for a Makefile of a Python repository:
#
#	include /usr/local/share/tgraph/tgraph.mk
#
# make -j8 test           bring all test results up to date; tgraph shares
#                         make's -j8 with everything else that make runs
# make test-PACKAGE       only that package (or py3.12, or package@3.12)
# make test-failed        what failed or did not finish the last time
# make test-rerun         as if nothing were known
#
# The + is what makes it share: without it make keeps its jobserver to itself.
# TGRAPH and TGRAPHFLAGS can be set by the Makefile or by the user.

TGRAPH ?= tgraph
TGRAPHFLAGS ?=

.PHONY: test test-failed test-rerun
test:
	+$(TGRAPH) $(TGRAPHFLAGS)
test-failed:
	+$(TGRAPH) $(TGRAPHFLAGS) --failed
test-rerun:
	+$(TGRAPH) $(TGRAPHFLAGS) --rerun
test-%: FORCE
	+$(TGRAPH) $(TGRAPHFLAGS) $*
.PHONY: FORCE
FORCE:
