"""Currencies and how many decimal places they have."""
from __future__ import annotations

from typing import NamedTuple


class Currency(NamedTuple):
    code: str
    places: int
    symbol: str

    @property
    def unit(self) -> int:
        """How many of the smallest coins make one."""
        return 10 ** self.places


CURRENCIES = {c.code: c for c in (
    Currency("CHF", 2, "CHF"),
    Currency("EUR", 2, "€"),
    Currency("JPY", 0, "¥"),
    Currency("KWD", 3, "KD"),
    Currency("USD", 2, "$"),
)}


def currency(code: str) -> Currency:
    try:
        return CURRENCIES[code.upper()]
    except KeyError:
        raise LookupError(f"unknown currency {code!r}") from None
