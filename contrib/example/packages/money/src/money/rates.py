"""Exchange rates, from a JSON file."""
from __future__ import annotations

import datetime
import json
from decimal import Decimal
from pathlib import Path

from .amount import Amount
from .currency import Currency


class Rates:
    """Units of each currency for one of the base, day by day."""

    def __init__(self, base: str, days: dict[str, dict[str, str]]):
        self.base = base
        self.days = {datetime.date.fromisoformat(day): rates
                     for day, rates in days.items()}

    @classmethod
    def load(cls, path: Path) -> Rates:
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls(data["base"], data["days"])

    def rate(self, code: str, day: datetime.date) -> Decimal:
        if code == self.base:
            return Decimal(1)
        known = [d for d in self.days if d <= day and code in self.days[d]]
        if not known:
            raise LookupError(f"no rate of {code} on or before {day}")
        return Decimal(self.days[max(known)][code])

    def convert(self, amount: Amount, to: Currency,
                day: datetime.date) -> Amount:
        value = amount.value / self.rate(amount.currency.code, day)
        return Amount.of(value * self.rate(to.code, day), to)
