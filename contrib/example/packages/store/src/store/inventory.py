"""What is in stock."""
from __future__ import annotations

from collections import Counter


class OutOfStock(Exception):
    pass


class Inventory:
    def __init__(self, **counts: int):
        self._free = Counter(counts)
        self._reserved = Counter()

    def free(self, sku: str) -> int:
        return self._free[sku]

    def add(self, sku: str, count: int) -> None:
        self._free[sku] += count

    def reserve(self, sku: str, count: int) -> None:
        if self._free[sku] < count:
            raise OutOfStock(f"{sku}: {self._free[sku]} left, not {count}")
        self._free[sku] -= count
        self._reserved[sku] += count

    def ship(self, sku: str, count: int) -> None:
        if self._reserved[sku] < count:
            raise ValueError(f"{sku}: {count} were not reserved")
        self._reserved[sku] -= count

    def release(self, sku: str, count: int) -> None:
        self.ship(sku, count)
        self.add(sku, count)
