"""Waits for real, so this is the slow file of the workspace."""
import time

import pytest

from store.retry import TemporaryError, retry


class Flaky:
    def __init__(self, failures):
        self.failures, self.calls = failures, 0

    def __call__(self):
        self.calls += 1
        if self.calls <= self.failures:
            raise TemporaryError(f"call {self.calls}")
        return "done"


def test_waits_longer_each_time():
    call, start = Flaky(3), time.monotonic()
    assert retry(call) == "done"
    assert time.monotonic() - start >= 1.4
    assert call.calls == 4


def test_delays_double():
    delays = []
    assert retry(Flaky(3), delay=1, sleep=delays.append) == "done"
    assert delays == [1, 2, 4]


def test_gives_up():
    with pytest.raises(TemporaryError, match="call 2"):
        retry(Flaky(9), attempts=2, sleep=lambda _: None)
