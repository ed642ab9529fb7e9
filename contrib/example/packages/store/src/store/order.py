"""Orders. An order knows its customer and a customer their orders, so this
module and store.customer import each other."""
from __future__ import annotations

from dataclasses import dataclass, field

import store.customer
from money import Amount

from .catalog import Product


@dataclass
class Line:
    product: Product
    count: int

    @property
    def total(self) -> Amount:
        return self.product.price * self.count


@dataclass
class Order:
    customer: store.customer.Customer
    lines: list[Line] = field(default_factory=list)

    def add(self, product: Product, count: int = 1) -> None:
        if count < 1:
            raise ValueError("count must be at least 1")
        for line in self.lines:
            if line.product.sku == product.sku:
                line.count += count
                return
        self.lines.append(Line(product, count))

    @property
    def total(self) -> Amount:
        if not self.lines:
            raise ValueError("an empty order has no total")
        total = self.lines[0].total
        for line in self.lines[1:]:
            total += line.total
        return total - self.customer.discount(total)
