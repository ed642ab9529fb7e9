"""Customers."""
from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import store.order
from money import Amount


@dataclass
class Customer:
    name: str
    orders: list[store.order.Order] = field(default_factory=list)

    def order(self) -> store.order.Order:
        """Begins a new order."""
        new = store.order.Order(self)
        self.orders.append(new)
        return new

    @property
    def loyal(self) -> bool:
        return len(self.orders) > 3

    def discount(self, total: Amount) -> Amount:
        return total * (Decimal("0.05") if self.loyal else Decimal(0))
