#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A test in a warm worker finds what it would find in a process of its own.
. "$(dirname "$0")/../lib.sh"

t 'what the garbage collector knows'
put conftest.py <<\END
import pytest


class Thing:
    pass


KEPT = {"thing": Thing()}


@pytest.fixture
def kept():
    return KEPT
END
put test_gc.py <<\END
import gc


def test_referrers(kept):
    assert any(r is kept for r in gc.get_referrers(kept["thing"]))


def test_objects(kept):
    assert any(r is kept for r in gc.get_objects())


def test_nothing():
    assert gc.get_referrers(object()) == []
END
put pyproject.toml <<\END
[project]
name = "app"
version = "1"
END
git_all 'App'
build_tests --no-cache
counts passed=3
build_tests --no-cache --rerun --no-workers
counts passed=3

end
