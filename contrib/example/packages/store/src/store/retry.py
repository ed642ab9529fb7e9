"""Tries again what fails now and then."""
from __future__ import annotations

import time
from typing import Callable, TypeVar

T = TypeVar("T")


class TemporaryError(Exception):
    pass


def retry(call: Callable[[], T], attempts: int = 4, delay: float = 0.2,
          sleep: Callable[[float], None] = time.sleep) -> T:
    """Calls up to so many times, waiting twice as long each time."""
    for attempt in range(attempts):
        try:
            return call()
        except TemporaryError:
            if attempt == attempts - 1:
                raise
            sleep(delay * 2 ** attempt)
    raise ValueError("attempts must be at least 1")
