"""Amounts as people write them."""
from __future__ import annotations

import re
from decimal import Decimal

from .amount import Amount
from .currency import CURRENCIES, currency

_SYMBOLS = {c.symbol: c.code for c in CURRENCIES.values()}
_PATTERN = re.compile(
    r"\s*(?P<sign>-)?\s*(?P<before>[^\d\s.,-]+)?\s*"
    r"(?P<number>\d[\d,]*(?:\.\d+)?)\s*(?P<after>[^\d\s.,]+)?\s*")


def parse(text: str) -> Amount:
    """Reads "12.50 EUR", "$1,000" or "-¥300"."""
    m = _PATTERN.fullmatch(text)
    if not m or bool(m["before"]) == bool(m["after"]):
        raise ValueError(f"not an amount: {text!r}")
    name = m["before"] or m["after"]
    number = Decimal(m["number"].replace(",", ""))
    return Amount.of(-number if m["sign"] else number,
                     currency(_SYMBOLS.get(name, name)))
