"""Takes the goods and the money, or neither."""
from __future__ import annotations

import asyncio
from typing import Protocol

from money import Amount

from .inventory import Inventory
from .order import Order


class Bank(Protocol):
    async def charge(self, name: str, amount: Amount) -> str: ...


async def checkout(order: Order, stock: Inventory, bank: Bank,
                   timeout: float = 5.0) -> str:
    """Returns the bank's receipt. If anything fails, nothing is reserved."""
    reserved = []
    try:
        for line in order.lines:
            stock.reserve(line.product.sku, line.count)
            reserved.append(line)
        receipt = await asyncio.wait_for(
            bank.charge(order.customer.name, order.total), timeout)
    except BaseException:
        for line in reserved:
            stock.release(line.product.sku, line.count)
        raise
    for line in reserved:
        stock.ship(line.product.sku, line.count)
    return receipt
