import asyncio
import unittest

import pytest

from money import parse
from store.catalog import Product
from store.checkout import checkout
from store.customer import Customer
from store.inventory import Inventory, OutOfStock

TEA = Product("tea", "Tea", parse("4.20 EUR"))


class Bank:
    def __init__(self, delay=0.0, error=None):
        self.delay, self.error, self.charged = delay, error, []

    async def charge(self, name, amount):
        await asyncio.sleep(self.delay)
        if self.error:
            raise self.error
        self.charged.append((name, str(amount)))
        return f"receipt {len(self.charged)}"


def order_of(count):
    order = Customer("Ada").order()
    order.add(TEA, count)
    return order


class CheckoutTest(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.stock = Inventory(tea=3)

    async def test_success(self):
        bank = Bank()
        self.assertEqual("receipt 1",
                         await checkout(order_of(2), self.stock, bank))
        self.assertEqual([("Ada", "8.40 EUR")], bank.charged)
        self.assertEqual(1, self.stock.free("tea"))

    async def test_refused(self):
        with self.assertRaises(PermissionError):
            await checkout(order_of(2), self.stock, Bank(error=PermissionError()))
        self.assertEqual(3, self.stock.free("tea"))

    async def test_too_many(self):
        with self.assertRaises(OutOfStock):
            await checkout(order_of(4), self.stock, Bank())


def test_a_bank_that_hangs():
    stock = Inventory(tea=3)
    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(checkout(order_of(1), stock, Bank(delay=60), timeout=0.01))
    assert stock.free("tea") == 3


def test_two_customers_and_one_cup_of_tea():
    stock = Inventory(tea=1)

    async def both():
        return await asyncio.gather(
            checkout(order_of(1), stock, Bank(delay=0.01)),
            checkout(order_of(1), stock, Bank()), return_exceptions=True)

    first, second = asyncio.run(both())
    assert first == "receipt 1"
    assert isinstance(second, OutOfStock)
