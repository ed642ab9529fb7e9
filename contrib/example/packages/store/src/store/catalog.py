"""What can be bought, and for how much."""
from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Iterable, Iterator

from money import Amount, parse


@dataclass(frozen=True)
class Product:
    sku: str
    title: str
    price: Amount


class Catalog:
    def __init__(self, products: Iterable[Product] = ()):
        self._by_sku = {}
        for p in products:
            if p.sku in self._by_sku:
                raise ValueError(f"two products are called {p.sku}")
            self._by_sku[p.sku] = p

    @classmethod
    def from_csv(cls, lines: Iterable[str]) -> Catalog:
        return cls(Product(r["sku"], r["title"], parse(r["price"]))
                   for r in csv.DictReader(lines))

    def __getitem__(self, sku: str) -> Product:
        return self._by_sku[sku]

    def __iter__(self) -> Iterator[Product]:
        return iter(self._by_sku.values())

    def __len__(self) -> int:
        return len(self._by_sku)
